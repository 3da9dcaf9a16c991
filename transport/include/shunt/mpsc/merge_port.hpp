// SPDX-License-Identifier: MIT
//
// What both mpsc consumers do behind a call: wake the producers whose lanes have room again, and
// give the lanes of those that are gone to others.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/core/layout/segment.hpp>
#include <shunt/lane/request.hpp>

#include <cstdint>
#include <span>

namespace shunt::mpsc {

/// The words of all lanes.
[[nodiscard]] std::span<layout::ConsumerWords> consumer_words(
    const channel::Participant& place) noexcept;
[[nodiscard]] std::span<const layout::ProducerWords> producer_words(
    const channel::Participant& place) noexcept;
/// From one lane's slots to the next one's.
[[nodiscard]] std::uint64_t stride_of(const channel::Participant& place) noexcept;

/// Who sits in a lane's seat.
enum class Seat {
    held,               // a producer that is not known to end
    held_for_a_moment,  // one that is about to leave it, or found dead, or sees whether it may have
                        // it
    left,               // nobody: whoever did has published all that it will
};
[[nodiscard]] Seat seat_of(const channel::Participant& place, std::uint32_t lane) noexcept;

/// Of the consumer `Base`, whose ring merges lanes.
template <class Self, class Base>
class MergePort : public Base {
public:
    /// The lane of the message that was delivered last; a producer's own is its lane().
    [[nodiscard]] std::uint32_t lane() const noexcept { return this->ring().merge().lane(); }
    /// The token of the producer whose message that was: no two producers of a channel have the
    /// same, ever. A look at a line that changes with the producer only.
    [[nodiscard]] std::uint64_t producer() const noexcept { return this->ring().merge().token(); }
    [[nodiscard]] std::uint32_t lanes() const noexcept { return this->ring().merge().lanes(); }
    /// What of one lane is not read yet. Looks at every stamp: not for the hot path.
    using Base::lag;
    [[nodiscard]] std::uint64_t lag(std::uint32_t lane) const noexcept {
        return lane::unread(this->place(), lane);
    }

    /// Asks the kernel for the dead, and frees their seats; how many there were. For those who make
    /// no blocking calls. About 0.3 us a participant.
    std::uint32_t recover() noexcept { return this->place().reap(); }

protected:
    template <class Make>
    MergePort(const channel::Request& request, Make&& make) : Base(request, make) {
        if (this->wakeable()) {
            this->woken(UINT64_MAX);  // taking over stored free_pos
        }
    }

    void settle() noexcept {
        if (this->ring().merge().anything_due()) [[unlikely]] {
            settle_what_is_due();
        }
    }
    void settle_others() noexcept {
        if (this->ring().merge().others_due()) [[unlikely]] {
            settle_what_is_due();
        }
    }
    void settle_quietly() noexcept {
        this->owe();
        look_after_lanes();
    }
    // No lane has anything. A producer whose end is told is about to leave its seat, or has.
    void found_nothing() noexcept {
        // relaxed: what is looked at then is ordered by itself
        const std::uint64_t ends = this->peer_ends().last_died.load(std::memory_order_relaxed) +
                                   // relaxed: as above
                                   this->peer_ends().last_closed.load(std::memory_order_relaxed);
        if (ends != ends_seen_ || pending_) [[unlikely]] {
            ends_seen_ = ends;
            hand_back_lanes(kNone);
        }
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    [[gnu::noinline]] void settle_what_is_due() noexcept {
        const std::uint32_t bits = this->ring().merge().room_due();
        if (bits != 0 && this->wakeable()) {
            this->woken_of(bits);
        }
        look_after_lanes();
    }
    // Not that of the message which this call may have delivered: the caller asks whose it was.
    void look_after_lanes() noexcept {
        if (this->ring().merge().look_due()) [[unlikely]] {
            hand_back_lanes(lane());
        }
    }
    [[gnu::noinline]] void hand_back_lanes(std::uint32_t all_but) noexcept {
        pending_ = false;
        for (std::uint32_t lane = 0; lane < lanes(); ++lane) {
            const Seat seat = seat_of(this->place(), lane);
            const bool stays = seat == Seat::held || (seat == Seat::left && lane != all_but &&
                                                      this->ring().merge().hand_back(lane));
            pending_ = pending_ || !stays;
        }
    }

    std::uint64_t ends_seen_ = 0;  // ends of producers that were told, in sum
    bool pending_ = false;         // a lane is about to be given back
};

}  // namespace shunt::mpsc
