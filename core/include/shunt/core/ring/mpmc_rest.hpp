// SPDX-License-Identifier: MIT
//
// When a consumer of an owner-word ring leaves an empty ring alone. One that is as fast as its
// producer would poll the very line that is being filled, and take it away after each message. So
// it looks an eighth of the ring ahead instead, for a short time. Where that brought nothing,
// messages come too slowly for it to pay, and the next time is after twice as many.
#pragma once

#include <shunt/core/ring/owner_word.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace shunt::ring {

/// `P`: the policy.
template <class P>
class MpmcRest {
public:
    static constexpr std::uint64_t kLeastCapacity = 64;  // slots; below, there is nothing ahead

    void allow(bool yes) noexcept { allowed_ = yes; }
    [[nodiscard]] bool allowed() const noexcept { return allowed_; }
    [[nodiscard]] bool on() const noexcept { return on_; }

    /// Nothing was there at `position`.
    void begin(std::uint64_t position) noexcept {
        if (allowed_ && position - began_at_ >= careful_) {
            on_ = true;
            began_at_ = position;
            began_ = P::ticks();
        }
    }
    /// True if it is over, by now.
    template <class Slots>
    [[nodiscard, gnu::noinline]] bool over(const Slots& slots) noexcept {
        const std::uint64_t far = began_at_ + slots.laps().capacity() / 8;
        // relaxed: only when to look again
        const std::uint64_t found = P::load_peer(slots.word(far), std::memory_order_relaxed);
        const std::int64_t ahead = slots.laps().ahead(found, far);
        const bool came =
            ahead > 0 || (ahead == 0 && Slots::Packed::of(found).state != SlotState::free);
        if (!came && P::ticks() - began_ < kMostTicks) {
            return false;
        }
        on_ = false;
        careful_ = came ? 0 : std::clamp(2 * careful_, kCareful, kSeldom);
        return true;
    }

private:
    static constexpr std::uint64_t kMostTicks = 8192;  // some 3 us
    static constexpr std::uint64_t kCareful = 64;      // messages
    static constexpr std::uint64_t kSeldom = 1 << 18;  // rests have long not paid

    bool allowed_ = false;
    bool on_ = false;
    std::uint64_t began_at_ = 0;
    std::uint64_t began_ = 0;           // ticks
    std::uint64_t careful_ = kCareful;  // so many messages from one rest to the next
};

}  // namespace shunt::ring
