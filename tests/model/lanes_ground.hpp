// SPDX-License-Identifier: MIT
//
// Lanes and who sits in them, as the explorer runs it: the registry is one word a lane, token and
// state. Whoever dies leaves its word as it is, and by the kernel's word others may free it. What
// the ports do (join.cpp, registry.cpp) is done here in few words; the rings, the merge and
// lane_is_free are the headers.
#pragma once

#include "model/explorer.hpp"
#include "model/lanes_inside.hpp"
#include "model/line_program.hpp"
#include "model/model_policy.hpp"
#include "unit/core/mpsc_rig.hpp"

#include <shunt/core/ring/inspect.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

struct LanesCase {
    std::uint32_t lanes = 2;
    std::uint64_t slots = 1;  // of a lane
    int producers = 2;
    std::uint64_t messages = 2;  // of each stay
    std::uint64_t stays = 1;     // of each producer
    Pop pop = Pop::one;
    std::uint64_t batch = 1;
};

/// What the memory of lanes holds.
template <class Rig>
void add_lanes(std::vector<Region>& all, Rig& rig) {
    const auto word = [&](std::atomic<std::uint64_t>& at, Place place) {
        all.push_back({{static_cast<std::byte*>(static_cast<void*>(&at)), 8}, place});
    };
    using Shape = typename Rig::Shape;
    for (std::uint32_t lane = 0; lane < rig.lanes; ++lane) {
        std::byte* slot = rig.memory.data() + lane * rig.stride;
        for (std::uint64_t i = 0; i < rig.geometry.slots; ++i, slot += Shape::kSlotBytes) {
            all.push_back({{slot, Shape::kStampOffset}, Place::payload});
            all.push_back({{slot + Shape::kStampOffset, 8}, Place::stamp});
        }
        layout::ConsumerWords& words = rig.words()[lane];
        word(words.peek_pos, Place::peek_pos);
        word(words.read_pos, Place::read_pos);
        word(words.handed_pos, Place::handed_pos);
        word(words.free_pos, Place::free_pos);
        word(rig.tokens()[lane].token, Place::token);
    }
}

template <class T, class P, class Turns>
class LanesGround : public Program {
public:
    using Rig = test::MpscRig<T, P, Turns>;
    static constexpr std::size_t kMostLanes = 2;
    static constexpr std::size_t kMostThreads = 3;
    static constexpr std::size_t kMessages = 16;

    explicit LanesGround(const LanesCase& c)
        : case_{c},
          keys_{std::string{"pq"}.substr(0, static_cast<std::size_t>(c.producers)) + "c"},
          rig_{c.lanes, c.slots * Rig::Shape::kPerSlot} {}

    std::string_view threads() const override { return keys_; }
    std::vector<Region> regions() override {
        std::vector<Region> all{{{bytes_at(&account_), sizeof account_}, Place::other},
                                {{bytes_at(seats_.data()), sizeof seats_}, Place::registry}};
        add_lanes(all, rig_);
        return all;
    }
    void begin() override {
        for (const Region& region : regions()) {
            std::memset(region.bytes.data(), 0, region.bytes.size());
        }
    }
    bool died(int thread) override {
        account_.dead |= 1u << account_.token[static_cast<std::size_t>(thread)];
        tell_everybody();
        return true;
    }
    bool may_rest(int thread) const override { return thread == case_.producers; }

    std::string finish() override {
        for (std::size_t m = 0; m < kMessages; ++m) {
            if (account_.acked[m] != 0 && account_.told[m] == 0) {
                return "an acknowledged message was not delivered";
            }
        }
        for (std::uint32_t lane = 0; lane < case_.lanes; ++lane) {
            if (seats_[lane].load(std::memory_order_relaxed) != 0 ||
                !rig_.free_at(lane, account_.acked_pos[lane])) {
                return "a lane is lost";
            }
        }
        return rig_.guards_whole() ? "" : "written outside of the ring";
    }

protected:
    template <class N>
    using EachLane = std::array<N, kMostLanes>;
    template <class N>
    using EachMessage = std::array<N, kMessages>;

    struct Account {
        EachMessage<std::uint8_t> begun;  // a push of it has begun
        EachMessage<std::uint8_t> acked;
        EachMessage<std::uint8_t> told;             // delivered, or in the hands of one that died
        EachMessage<std::uint8_t> owner;            // token of who pushed it
        EachLane<std::array<std::uint8_t, 16>> at;  // message + 1 of each position
        EachLane<std::uint8_t> acked_pos;           // of each lane: acknowledged up to here
        EachLane<std::uint8_t> pushing;             // and one more may be there
        EachLane<std::uint8_t> done;                // released, or died in somebody's hands
        EachLane<std::uint8_t> shown;               // no peek was asked for beyond it
        std::uint8_t in_hand;                       // at most so many more are being read
        std::uint8_t missed;  // looks in a row that found nothing though something was there
        std::uint8_t tokens;  // drawn
        std::uint8_t unused;
        std::array<std::uint8_t, kMostThreads + 1> next;   // of each producer, its next message
        std::array<std::uint8_t, kMostThreads + 1> token;  // of each thread's life
        std::array<std::uint8_t, kMostThreads + 1> news;   // since it looked last
        std::uint32_t dead;                                // bits: tokens, as the kernel knows
    };

    // Hooks of those with a bug.
    virtual bool may_have(std::uint32_t lane) { return lane_is_free(lane); }
    virtual bool may_sit(std::uint32_t) { return true; }

    static void expect(bool right, const char* what) {
        if (!right) {
            Explorer::now().fail(what);
        }
    }
    Rig& rig() { return rig_; }
    Account& account() { return account_; }
    const LanesCase& the_case() const { return case_; }
    std::size_t consumer_thread() const { return static_cast<std::size_t>(case_.producers); }

    // The position behind the lane's last message, as the port asks for it.
    std::uint64_t write_pos(std::uint32_t lane) {
        const std::byte* const memory = rig_.memory.data() + lane * rig_.stride;
        const auto stamp = [&](std::uint64_t offset) {
            return P::load(*object_at<const std::atomic<std::uint64_t>>(memory + offset),
                           std::memory_order_relaxed);
        };
        return ring::inspect_line(stamp, rig_.capacity(), sizeof(T), rig_.words()[lane], 0)
            .write_pos;
    }
    bool lane_is_free(std::uint32_t lane) {
        return ring::lane_is_free<P>(rig_.words()[lane], write_pos(lane), 0);
    }

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
        for (std::uint32_t lane = 0; lane < case_.lanes; ++lane) {
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
            for (std::uint32_t lane = 0; lane < case_.lanes; ++lane) {
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
    // The consumer may have met the seat held for a moment.
    void leave(std::uint32_t lane) {
        P::store(seats_[lane], std::uint64_t{0}, std::memory_order_release);
        tell(consumer_thread());
    }

    bool nobody_sits(std::uint32_t lane) {
        return P::load(seats_[lane], std::memory_order_acquire) == 0;
    }
    template <class N>
    static std::span<const std::byte> as_bytes(const N& n) {
        return std::as_bytes(std::span{&n, 1});
    }

private:
    template <class Any>
    static std::byte* bytes_at(Any* at) {
        return static_cast<std::byte*>(static_cast<void*>(at));
    }

    LanesCase case_;
    std::string keys_;
    Rig rig_;
    std::array<std::atomic<std::uint64_t>, kMostLanes> seats_{};
    Account account_{};
};

}  // namespace shunt::model
