// SPDX-License-Identifier: MIT
//
// One reader's way through many lanes: whose turn it is, and which lanes are looked at less often.
// The consumer of mpsc goes so through its rings (mpsc.hpp has the invariants, L1 and L2, and the
// edges), a subscriber through the logs of several publishers (broadcast_lanes.hpp).
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/layout/segment.hpp>
#include <shunt/core/layout/wake.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace shunt::ring {

/// What a lane's words say before its next producer joins: true if it may have it. `write_pos`: the
/// position behind the last message that was ever published in it.
template <class P = DefaultPolicy>
[[nodiscard]] bool lane_is_free(const layout::ConsumerWords& words, std::uint64_t write_pos,
                                std::uint64_t start_pos) noexcept {
    // edge mpsc.hand acquire <- LaneMerge::hand_back: the consumer has done with all of it
    const std::uint64_t handed = P::load_peer(words.handed_pos, std::memory_order_acquire);
    return std::max(handed, start_pos) == write_pos;
}

/// How often which lane has its turn. kTurn: in positions of a lane, so messages, and losses.
struct LaneTurns {
    static constexpr std::uint64_t kTurn = 128;
    static constexpr std::uint32_t kQuietLooks = 64;
    static constexpr int kIdleLooks = 4;
    static constexpr std::uint32_t kRoundsPerLook = 256;
};

/// `Ring` is a reader of one lane. One thread at a time; allocates at construction only.
///
/// A lane that has messages keeps its turn for kTurn positions, to the end of the line it is amid
/// of then (SpscConsumer::in_run), and while one of them is in hand. Lanes that had nothing
/// kQuietLooks times in a row are idle: behind each round one of them is looked at, and kIdleLooks
/// where nothing else has messages. The lane that had one last is never idle.
template <class Ring, class P = DefaultPolicy, class Turns = LaneTurns>
class LaneMerge {
    friend Turns;  // those of a test write down what a merge goes by

public:
    /// `make(i)` gives the ring of lane i. `consumer` and `producers`: the words of each.
    template <class Make>
    LaneMerge(std::span<layout::ConsumerWords> consumer,
              std::span<const layout::ProducerWords> producers, Make&& make)
        : LaneMerge{static_cast<std::uint32_t>(consumer.size()), make} {
        consumer_ = consumer;
        producers_ = producers;
    }
    /// Of lanes that are not handed back, and whose producers the caller asks for elsewhere.
    template <class Make>
    LaneMerge(std::uint32_t lanes, Make&& make)
        : lanes_{make_lanes(lanes, make)}, here_{lanes_.front().ring}, current_{lanes_.data()} {
        active_.reserve(lanes);
        idle_.reserve(lanes);
        for (Lane& lane : lanes_) {
            idle_.push_back(&lane);
        }
    }

    /// Calls attempt(Ring&) of the lane whose turn it is, and of the others while it says `empty`.
    /// What it says else is returned, and current() is that lane. A lane that is `broken` says so
    /// once; then the others go on without it.
    template <class Attempt>
    [[nodiscard, gnu::always_inline]] Status next(Attempt&& attempt) noexcept {
        Status status = Status::empty;
        return has_turn(attempt, status) ? status : next_lane(attempt);
    }
    /// The same of attempt(Ring&, T&), which puts into `message` what it finds. What the next lane
    /// has is copied once more: so no function that is not inlined has the address of `message`,
    /// and a loop that reads one after the other keeps it in registers.
    template <class T, class Attempt>
    [[nodiscard, gnu::always_inline]] Status next_into(T& message, Attempt&& attempt) noexcept {
        const auto here = [&](Ring & ring) __attribute__((always_inline)) {
            return attempt(ring, message);
        };
        Status status = Status::empty;
        if (has_turn(here, status)) [[likely]] {
            return status;
        }
        if constexpr (sizeof(T) > kLineBytes) {
            return next_lane(here);
        } else {
            alignas(T) std::byte found[sizeof(T)];
            status = next_lane([&](Ring& ring) { return attempt(ring, *object_at<T>(found)); });
            if (status) {
                std::memcpy(bytes_of(message), found, sizeof(T));
            }
            return status;
        }
    }

    /// The lane of the message that was delivered last.
    [[nodiscard]] Ring& current() noexcept { return here_; }
    [[nodiscard]] const Ring& current() const noexcept { return here_; }
    [[nodiscard]] std::uint32_t lane() const noexcept { return current_->index; }
    [[nodiscard]] std::uint32_t lanes() const noexcept {
        return static_cast<std::uint32_t>(lanes_.size());
    }
    [[nodiscard]] const Ring& ring(std::uint32_t lane) const noexcept {
        return ring_of(lanes_[lane]);
    }
    /// Whose message that was: its producer's token.
    [[nodiscard]] std::uint64_t token() const noexcept {
        // edge mpsc.token acquire <- move_in: before the lane's first message of that producer (L2)
        return P::load_peer(producers_[lane()].token, std::memory_order_acquire);
    }

    /// True if some lane has a message now. Changes nothing. The look of the wake-up protocol.
    [[nodiscard]] bool readable() const noexcept {
        return std::any_of(lanes_.begin(), lanes_.end(),
                           [this](const Lane& lane) { return ring_of(lane).readable(); });
    }

    /// Tells all producers at once what has been released.
    void store_free() noexcept {
        for (Lane& lane : lanes_) {
            ring_of(lane).store_free();
            note_freed(lane);
        }
    }
    /// False: there is nothing that room_due() or look_due() would tell. Asked behind each call.
    [[nodiscard, gnu::always_inline]] bool anything_due() const noexcept {
        return here_.freed() != current_->freed_told || others_due();
    }
    /// The same where the current lane has freed nothing.
    [[nodiscard, gnu::always_inline]] bool others_due() const noexcept { return due_ != 0; }
    /// Wake-up bits of the producers that may have got room since this was told last.
    [[nodiscard]] std::uint32_t room_due() noexcept {
        note_freed(*current_);
        return static_cast<std::uint32_t>(std::exchange(due_, due_ & kLookDue));
    }
    /// True once every kRoundsPerLook rounds: time to look for producers that are gone.
    [[nodiscard]] bool look_due() noexcept {
        if ((due_ & kLookDue) == 0) [[likely]] {
            return false;
        }
        due_ &= ~kLookDue;
        rounds_ = 0;
        return true;
    }
    /// The lane's producer is gone for good, as the caller knows from before this call: gives the
    /// lane to another. False: not yet, something in it is not read or in hand. (One that is broken
    /// goes to nobody.)
    [[nodiscard]] bool hand_back(std::uint32_t lane) noexcept {
        const Ring& ring = this->ring(lane);
        if (ring.readable()) {
            return false;
        }
        if (ring.broken()) {
            return true;
        }
        // relaxed: our own word
        if (P::load(consumer_[lane].handed_pos, std::memory_order_relaxed) !=
            ring.read_position()) {
            // edge mpsc.hand release -> lane_is_free: done with it (L1)
            P::store(consumer_[lane].handed_pos, ring.read_position(), std::memory_order_release);
        }
        return true;
    }

private:
    struct alignas(kLinePairBytes) Lane {
        Ring ring;  // where it is current_: moved to here_
        std::uint32_t index;
        std::uint32_t quiet = 0;       // looks in a row that found nothing
        std::uint64_t freed_told = 0;  // as in due_
    };

    template <class Make>
    [[nodiscard]] static std::vector<Lane> make_lanes(std::uint32_t lanes, Make&& make) {
        std::vector<Lane> made;
        made.reserve(lanes);
        for (std::uint32_t i = 0; i < lanes; ++i) {
            made.push_back(Lane{make(i), i});
            made.back().freed_told = made.back().ring.freed();
        }
        return made;
    }

    // A loop that pops finds the ring of its lane in one place, whose turn it ever is, and asks for
    // no address on the way of a message. For that a change of turns moves two rings.
    [[nodiscard]] Ring& ring_of(Lane& lane) noexcept {
        return &lane == current_ ? here_ : lane.ring;
    }
    [[nodiscard]] const Ring& ring_of(const Lane& lane) const noexcept {
        return &lane == current_ ? here_ : lane.ring;
    }
    void turn_to(Lane& lane) noexcept {
        if (&lane != current_) {
            current_->ring = std::move(here_);
            here_ = std::move(lane.ring);
            current_ = &lane;
        }
    }

    // True: the lane whose turn it is said so.
    template <class Attempt>
    [[nodiscard, gnu::always_inline]] bool has_turn(Attempt&& attempt, Status& status) noexcept {
        if (here_.read_position() >= turn_end_ && !keeps_turn()) [[unlikely]] {
            return false;
        }
        status = attempt(here_);
        if (status) [[likely]] {
            return true;
        }
        if (status == Status::lapped) {
            --turn_end_;  // or who laps us before each call has the turn for ever
        }
        return status == Status::too_small || status == Status::lapped;
    }
    // The turn is over: true if it begins anew where it is, as no other lane has anything. The look
    // at an idle lane is the one that a round has. A lane that had nothing last goes the usual way.
    [[nodiscard, gnu::noinline]] bool keeps_turn() noexcept {
        if (active_.size() != 1 || active_.front() != current_ || current_->quiet != 0) {
            return false;
        }
        end_of_turn();
        if (rouse(1)) {
            return false;  // and next_lane() has that one next
        }
        turn_end_ = here_.read_position() + Turns::kTurn;
        return true;
    }

    void end_of_turn() noexcept {
        note_freed(*current_);
        if (++rounds_ >= Turns::kRoundsPerLook) {
            due_ |= kLookDue;
        }
    }

    template <class Attempt>
    [[nodiscard, gnu::noinline]] Status next_lane(Attempt&& attempt) noexcept {
        end_of_turn();
        turn_end_ = 0;
        for (std::size_t left = active_.size(); left != 0; --left) {  // some retire in it
            at_ = at_ + 1 < active_.size() ? at_ + 1 : 0;
            if (at_ == 0 && rouse(1)) {
                at_ = active_.size() - 1;  // its turn comes first
                ++left;
            }
            Lane& lane = *active_[at_];
            const Status status = turn_of(lane, attempt);
            note_freed(lane);
            if (status != Status::empty) {
                return status;
            }
            if (++lane.quiet > Turns::kQuietLooks && active_.size() > 1) {
                retire(lane);
            }
        }
        if (!rouse(Turns::kIdleLooks)) {
            return Status::empty;
        }
        at_ = active_.size() - 1;
        return turn_of(*active_[at_], attempt);
    }

    template <class Attempt>
    [[nodiscard, gnu::always_inline]] Status turn_of(Lane& lane, Attempt&& attempt) noexcept {
        Ring& ring = ring_of(lane);
        const std::uint64_t begin = ring.read_position();
        const Status status = attempt(ring);
        if (status == Status::empty) {  // or it rests from its ring (Lookahead)
            return status;
        }
        turn_to(lane);
        lane.quiet = 0;
        if (status == Status::broken) {
            drop(active_, at_);
        } else if (status != Status::lapped) {  // who laps us has no turn for it
            turn_end_ = begin + Turns::kTurn;
        }
        return status;
    }

    // Looks at up to `looks` idle lanes; true if one has a message, and is active now.
    [[nodiscard]] bool rouse(int looks) noexcept {
        for (; looks != 0 && !idle_.empty(); --looks) {
            idle_at_ = idle_at_ + 1 < idle_.size() ? idle_at_ + 1 : 0;
            Lane* const lane = idle_[idle_at_];
            if (ring_of(*lane).readable()) {
                drop(idle_, idle_at_);
                lane->quiet = 0;
                active_.push_back(lane);
                return true;
            }
        }
        return false;
    }
    void retire(Lane& lane) noexcept {
        drop(active_, at_);
        at_ = at_ != 0 ? at_ - 1 : active_.size() - 1;
        idle_.push_back(&lane);
    }
    static void drop(std::vector<Lane*>& from, std::size_t at) noexcept {
        from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
    }

    void note_freed(Lane& lane) noexcept {
        const std::uint64_t freed = ring_of(lane).freed();
        if (freed != lane.freed_told) {
            lane.freed_told = freed;
            due_ |= wake_bit_of(lane.index);
        }
    }
    [[nodiscard]] static std::uint32_t wake_bit_of(std::uint32_t lane) noexcept {
        const std::uint32_t index = lane + layout::kFirstSharedSeat;
        return index < layout::kWakeBits ? std::uint32_t{1} << index : 0;
    }

    std::vector<Lane> lanes_;
    Ring here_;  // of current_
    Lane* current_;
    std::uint64_t turn_end_ = 0;  // from this position on it has none
    static constexpr std::uint64_t kLookDue = std::uint64_t{1} << layout::kWakeBits;
    std::uint64_t due_ = 0;  // wake-up bits, and kLookDue
    std::uint32_t rounds_ = 0;
    std::size_t at_ = 0;       // in active_
    std::size_t idle_at_ = 0;  // in idle_
    std::vector<Lane*> active_;
    std::vector<Lane*> idle_;
    std::span<layout::ConsumerWords> consumer_;
    std::span<const layout::ProducerWords> producers_;
};

}  // namespace shunt::ring
