// SPDX-License-Identifier: MIT
//
// Who sits in which lane, as the explorer runs it: the registry is one word a lane, token and
// state. Whoever dies leaves its word as it is, and by the kernel's word others may free it. What
// the ports do (join.cpp, registry.cpp) is done here in few words.
#pragma once

#include "model/explorer.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::model {

inline constexpr std::size_t kMostLanes = 2;
inline constexpr std::size_t kMostSeated = 4;  // threads

/// What such a program remembers, at the least.
struct SeatAccount {
    std::array<std::uint8_t, kMostSeated> token;  // of each thread's life
    std::array<std::uint8_t, kMostSeated> news;   // since it looked last
    std::uint8_t tokens;                          // drawn
    std::uint8_t unused[3];
    std::uint32_t dead;  // bits: tokens, as the kernel knows
};

template <class P, class Account>
class LaneSeats : public Program {
public:
    std::string_view threads() const override { return keys_; }
    std::vector<Region> regions() override {
        return {{{bytes_at(&account_), sizeof account_}, Place::other},
                {{bytes_at(seats_.data()), sizeof seats_}, Place::registry}};
    }
    bool died(int thread) override {
        account_.dead |= 1u << account_.token[static_cast<std::size_t>(thread)];
        tell_everybody();
        return true;
    }

protected:
    /// `told`: the thread that is told where somebody leaves.
    LaneSeats(std::string keys, std::uint32_t lanes, std::size_t told)
        : keys_{std::move(keys)}, lanes_{lanes}, told_{told} {}

    // Hooks: may it have the lane in whose seat it sits; may it sit down there.
    virtual bool may_have(std::uint32_t) { return true; }
    virtual bool may_sit(std::uint32_t) { return true; }

    static void expect(bool right, const char* what) {
        if (!right) {
            Explorer::now().fail(what);
        }
    }
    Account& account() { return account_; }
    const Account& account() const { return account_; }
    std::atomic<std::uint64_t>& seat(std::uint32_t lane) { return seats_[lane]; }

    // What somebody waits for that no single word says: told in the access that made it so.
    void tell(std::size_t thread) {
        account_.news[thread] = 1;
        Explorer::now().wake(&account_.news, 1u << thread);
    }
    void tell_everybody() {
        for (std::size_t thread = 0; thread < keys_.size(); ++thread) {
            tell(thread);
        }
    }
    void tell_everybody_but(std::size_t me) {
        for (std::size_t thread = 0; thread < keys_.size(); ++thread) {
            if (thread != me) {
                tell(thread);
            }
        }
    }
    void sleep_without_news(std::size_t me) {
        Explorer::now().saw(account_.news[me]);
        if (account_.news[me] == 0) {
            Explorer::now().sleep_on(&account_.news, 1u << me);
        }
    }

    static constexpr std::uint64_t kJoining = 1;
    static constexpr std::uint64_t kAlive = 2;
    static constexpr std::uint64_t seated(std::uint64_t token, std::uint64_t state) {
        return token << 2 | state;
    }
    bool is_dead(std::uint64_t token) {
        const bool dead = (account_.dead >> token & 1) != 0;
        Explorer::now().saw(dead ? 1 : 0);
        return dead;
    }
    // What a port does that finds nothing, or no lane.
    void free_the_dead() {
        for (std::uint32_t lane = 0; lane < lanes_; ++lane) {
            std::uint64_t found = P::load(seats_[lane], std::memory_order_acquire);
            if (found != 0 && is_dead(found >> 2) &&
                P::compare_exchange(seats_[lane], found, std::uint64_t{0},
                                    std::memory_order_acq_rel)) {
                tell_everybody();
            }
        }
    }

    std::uint32_t join(std::size_t me, std::uint64_t token) {
        for (;;) {
            account_.news[me] = 0;
            Explorer::now().settle(as_bytes(token), 1);
            for (std::uint32_t lane = 0; lane < lanes_; ++lane) {
                std::uint64_t nobody = 0;
                if (!may_sit(lane) ||
                    !P::compare_exchange(seats_[lane], nobody, seated(token, kJoining),
                                         std::memory_order_acq_rel)) {
                    continue;
                }
                if (may_have(lane)) {
                    P::store(seats_[lane], seated(token, kAlive), std::memory_order_release);
                    return lane;
                }
                leave(lane);
            }
            free_the_dead();
            sleep_without_news(me);
        }
    }
    // Somebody may have met the seat held for a moment.
    void leave(std::uint32_t lane) {
        P::store(seats_[lane], std::uint64_t{0}, std::memory_order_release);
        tell(told_);
    }

    bool nobody_sits(std::uint32_t lane) {
        return P::load(seats_[lane], std::memory_order_acquire) == 0;
    }
    template <class N>
    static std::span<const std::byte> as_bytes(const N& n) {
        return std::as_bytes(std::span{&n, 1});
    }
    template <class Any>
    static std::byte* bytes_at(Any* at) {
        return static_cast<std::byte*>(static_cast<void*>(at));
    }

private:
    std::string keys_;
    std::uint32_t lanes_;
    std::size_t told_;
    std::array<std::atomic<std::uint64_t>, kMostLanes> seats_{};
    Account account_{};
};

}  // namespace shunt::model
