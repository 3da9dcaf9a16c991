// SPDX-License-Identifier: MIT
//
// The subscribing side of the broadcast log; broadcast.hpp has the invariants (B1 to B5) and the
// edges.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/broadcast_gate.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/stage.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// Where a subscriber begins: at the oldest message that is still there, behind the newest, or at
/// any position: one that is gone counts as lost, one that is yet to come is waited for.
namespace from {
inline constexpr std::uint64_t oldest = UINT64_MAX;
inline constexpr std::uint64_t latest = UINT64_MAX - 1;
}  // namespace from

/// Where a subscriber goes on that the publisher overtook.
enum class resume : std::uint8_t {
    oldest,  // at the oldest message that will stay for a while: an eighth of the log further
    newest,  // at the newest message
};

/// What a subscriber is given where it cannot follow.
enum class policy : std::uint8_t {
    lossy,     // what is left; nobody waits for it
    gated,     // everything: the publisher waits for it, or evicts it
    conflate,  // the newest message only, each time; what is passed over counts as lost
};

/// What subscribers have in common, whatever their messages are. One thread at a time; every call
/// is wait-free and real-time safe. It writes nothing but its own SubscriberWords.
template <std::uint64_t kBytes, class P>
class LogReader {
public:
    /// Position of the next message to be read.
    [[nodiscard]] std::uint64_t next_position() const noexcept { return read_pos_; }
    /// Position of the message that was delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    /// Messages that were overwritten, or passed over, before this subscriber had read them, since
    /// it began. With those it was given they are all that were published since, exactly.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.capacity(); }
    /// Impossible words were found; permanent.
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    /// The publisher waits for this subscriber: nothing from next_position() on is lost.
    [[nodiscard]] bool gated() const noexcept { return gated_ && !gate_.evicted(); }
    /// Of a gate: what was told last; it grows whenever the publisher may have got room. Already
    /// when the gate was opened, by whoever met an earlier cursor of it.
    [[nodiscard]] std::uint64_t told() const noexcept { return gate_.cursor(); }
    /// Tells a publisher at once what has been read. Before sleeping.
    void tell() noexcept {
        if (gated_ && gate_.cursor() < read_pos_) {
            move_gate();
        }
    }
    /// Messages published and not yet read or lost.
    [[nodiscard]] std::uint64_t lag() const noexcept {
        const std::uint64_t write_pos = newest();
        return write_pos > read_pos_ ? write_pos - read_pos_ : 0;
    }
    /// True if a call would find something: a message, or a loss to be told. Changes nothing.
    [[nodiscard]] bool readable() const noexcept {
        // edge broadcast.publish acquire <- LogWriter::end: this is also the look of a sleeper
        // (WakeRegion, step 3), so seq_cst
        const std::uint64_t stamp =
            P::load_peer(slots_.stamp(read_pos_), std::memory_order_seq_cst);
        return broken_ || stamp >= stamp_readable(read_pos_);
    }

    /// True if all that was read so far of what try_peek showed was of that message. Only between
    /// a successful try_peek and its release.
    [[nodiscard]] bool still_valid() const noexcept {
        SHUNT_CHECK(shows(), "still_valid() without try_peek()");
        keep_before();
        // edge broadcast.overwrite acquire <- LogWriter::begin: as LogReader::whole
        const std::uint64_t stamp =
            P::load_peer(slots_.stamp(read_pos_), std::memory_order_acquire);
        return stamp == stamp_readable(read_pos_) && !broken_;
    }

protected:
    using Slots = LogSlots<kBytes>;

    /// `begin`: a position, or one of ring::from.
    LogReader(const Slots& slots, const layout::PublisherWords& words, layout::SubscriberWords& own,
              std::uint64_t start_pos, std::uint64_t begin, resume how, policy which,
              const GatePlace& gate) noexcept
        : slots_{slots},
          words_{&words},
          own_{&own},
          start_pos_{start_pos},
          resume_{how},
          conflates_{which == policy::conflate},
          gate_{gate, own} {
        const std::uint64_t write_pos = newest();
        broken_ = write_pos >= kPositionLimit;
        const std::uint64_t at = begin == from::oldest   ? oldest(write_pos)
                                 : begin == from::latest ? write_pos
                                                         : std::max(begin, start_pos);
        // Nothing is published beyond the limit; far beyond it stamps would begin anew.
        read_pos_ = std::min(at, kPositionLimit);
        if (which == policy::gated && !broken_) {
            open_gate(begin);
        }
        plain_ = !conflates_ && !broken_;
        position_ = read_pos_;
        note();
        // relaxed: our own word, for display
        P::store(own_->lost, std::uint64_t{0}, std::memory_order_relaxed);
    }

    [[nodiscard]] const Slots& slots() const noexcept { return slots_; }

    // ok: the message of read_pos_ is there, complete.
    [[nodiscard, gnu::always_inline]] Status look() noexcept {
        // edge broadcast.publish acquire <- LogWriter::end: the message is complete
        const std::uint64_t stamp =
            P::load_peer(slots_.stamp(read_pos_), std::memory_order_acquire);
        return stamp == stamp_readable(read_pos_) && plain_ ? Status{Status::ok}
                                                            : look_closer(stamp);
    }
    // After the message was copied: it was that of read_pos_ throughout. Else it is lost.
    [[nodiscard, gnu::always_inline]] Status whole() noexcept {
        // edge broadcast.overwrite acquire <- LogWriter::begin: who copied a word of the message
        // that comes next in this slot finds its stamp here (and acquire: broadcast.newest)
        const std::uint64_t stamp =
            P::load_peer(slots_.stamp(read_pos_), std::memory_order_acquire);
        return stamp == stamp_readable(read_pos_) ? Status{Status::ok} : no_message(stamp);
    }
    // The message of read_pos_ is shown in place.
    void show() noexcept { shown_ = read_pos_ + 1; }
    // Behind all that was read of it: it was whole throughout, and counts as received.
    [[nodiscard]] Status give_back() noexcept {
        SHUNT_CHECK(shows(), "release() without try_peek()");
        shown_ = 0;
        keep_before();
        const Status status = broken_ ? Status{Status::broken} : whole();
        if (status) [[likely]] {
            received();
        }
        return status;
    }
    void received() noexcept {
        position_ = read_pos_;
        ++read_pos_;
        note();
        if (read_pos_ >= tell_at_) [[unlikely]] {
            move_gate();
        }
    }
    [[nodiscard]] Status break_down() noexcept {
        broken_ = true;
        plain_ = false;
        return Status::broken;
    }

private:
    // What stands at read_pos_ was read by plain loads, which may not be moved behind the look.
    static void keep_before() noexcept {
        // edge broadcast.overwrite acquire <- LogWriter::keep_behind: who read a byte of the next
        // message finds the stamp changed
        P::fence(std::memory_order_acquire);
    }
    [[nodiscard]] bool shows() const noexcept { return shown_ == read_pos_ + 1; }
    [[nodiscard]] std::uint64_t newest() const noexcept {
        // edge broadcast.newest acquire <- LogWriter::store_write_pos, begin: all before it was
        // published
        return std::max(P::load_peer(words_->write_pos, std::memory_order_acquire), start_pos_);
    }
    // A message that a publisher at full speed does not overwrite at once.
    [[nodiscard]] std::uint64_t margin() const noexcept {
        return std::max<std::uint64_t>(1, capacity() / 8);
    }
    [[nodiscard]] std::uint64_t oldest(std::uint64_t write_pos) const noexcept {
        if (write_pos - start_pos_ < capacity()) {
            return start_pos_;
        }
        const std::uint64_t first = write_pos - capacity();
        // edge broadcast.publish acquire <- LogWriter::end: it is there still
        const std::uint64_t stamp = P::load_peer(slots_.stamp(first), std::memory_order_acquire);
        if (stamp == stamp_readable(first)) {
            return first;
        }
        // One that was only begun took one message's place, and may stay so: a claim, a death.
        return stamp == stamp_writing(write_pos) ? first + 1 : first + margin();
    }

    // Who conflates goes on to the newest first.
    [[gnu::noinline]] Status look_closer(std::uint64_t stamp) noexcept {
        if (conflates_ && !broken_) {
            pass_over();
            // edge broadcast.publish acquire <- LogWriter::end: the message is complete
            stamp = P::load_peer(slots_.stamp(read_pos_), std::memory_order_acquire);
        }
        return stamp == stamp_readable(read_pos_) && !broken_ ? Status{Status::ok}
                                                              : no_message(stamp);
    }
    [[gnu::noinline]] Status no_message(std::uint64_t stamp) noexcept {
        if (broken_ || !slots_.plausible(stamp, read_pos_)) {
            return break_down();
        }
        if (stamp < stamp_readable(read_pos_)) {
            tell();
            return Status::empty;
        }
        return overtaken();
    }
    // The slot has a later message, or is getting it: that of read_pos_, and others, are lost.
    Status overtaken() noexcept {
        const std::uint64_t write_pos = newest();
        if (write_pos < read_pos_ + capacity() || write_pos >= kPositionLimit) {
            return break_down();  // B4
        }
        if (gated_ && gate_.cursor() > read_pos_) {
            lose_until(gate_.cursor());  // it began before what a gate could keep
            return Status::lapped;
        }
        if (gated_) {
            leave_gate();
        }
        lose_until(resume_ == resume::newest || conflates_ ? write_pos - 1
                                                           : write_pos - capacity() + margin());
        return Status::lapped;
    }
    void lose_until(std::uint64_t to) noexcept {
        lost_ += to - read_pos_;
        read_pos_ = to;
        note();
        // relaxed: our own word, for display
        P::store(own_->lost, lost_, std::memory_order_relaxed);
    }
    // All but the newest message.
    void pass_over() noexcept {
        const std::uint64_t write_pos = newest();
        if (write_pos >= kPositionLimit) {
            broken_ = true;
        } else if (write_pos > read_pos_ + 1) {
            lose_until(write_pos - 1);
        }
    }
    void open_gate(std::uint64_t begin) noexcept {
        const std::uint64_t cursor = gate_.open(read_pos_, capacity(), *words_, start_pos_);
        if (cursor == Gate<P>::kImpossible) {
            broken_ = true;
            gate_.close();
            return;
        }
        gated_ = true;
        tell_at_ = cursor + margin();
        if (begin == from::oldest || begin == from::latest) {
            read_pos_ = cursor;
        }
    }
    // The publisher may go on up to where we are.
    [[gnu::noinline]] void move_gate() noexcept {
        gate_.move(read_pos_);
        tell_at_ = read_pos_ + margin();
        if (gate_.evicted()) {
            leave_gate();
        }
    }
    // Lossy from now on.
    void leave_gate() noexcept {
        gated_ = false;
        tell_at_ = UINT64_MAX;
        gate_.close();
    }
    void note() noexcept {
        // relaxed: our own word, for display
        P::store(own_->read_pos, read_pos_, std::memory_order_relaxed);
    }

    Slots slots_;
    const layout::PublisherWords* words_;
    layout::SubscriberWords* own_;
    std::uint64_t start_pos_;
    std::uint64_t read_pos_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t lost_ = 0;
    std::uint64_t shown_ = 0;             // by the last peek: that position + 1; 0: released
    std::uint64_t tell_at_ = UINT64_MAX;  // read_pos_ where the gate is moved next
    resume resume_;
    bool conflates_;
    bool gated_ = false;
    bool broken_ = false;
    bool plain_ = true;  // neither conflates_ nor broken_
    Gate<P> gate_;
};

/// A subscriber to messages of type T. Where a call returns `lapped`, the publisher has overtaken:
/// lost() has grown, and the next call goes on where `resume` says. `empty`: all was read.
template <class T, class P = DefaultPolicy>
class BroadcastSubscriber : public LogReader<LogShape<T>::kSlotBytes, P> {
    using Reader = LogReader<LogShape<T>::kSlotBytes, P>;

public:
    /// `memory` and `capacity` as LogShape<T>::of() gave them; never written.
    BroadcastSubscriber(std::byte* memory, std::uint64_t capacity,
                        const layout::PublisherWords& words, layout::SubscriberWords& own,
                        std::uint64_t start_pos, std::uint64_t begin = from::oldest,
                        resume how = resume::oldest, policy which = policy::lossy,
                        const GatePlace& gate = {}) noexcept
        : Reader{{memory, capacity}, words, own, start_pos, begin, how, which, gate} {}

    /// Copies the next message out. Where it is not ok, `message` may hold parts of several.
    [[nodiscard, gnu::always_inline]] Status try_pop(T& message) noexcept {
        if (const Status status = this->look(); !status) {
            return status;
        }
        // edge broadcast.overwrite acquire <- BroadcastPublisher::write: by each of its words
        P::template copy_out_ordered<sizeof(T)>(bytes_of(message),
                                                this->slots().slot(this->next_position()));
        if (const Status status = this->whole(); !status) [[unlikely]] {
            return status;
        }
        this->received();
        return Status::ok;
    }
    /// Copies up to messages.size() messages out; `popped` is how many. Not ok: why it ended
    /// before.
    [[nodiscard]] Status try_pop_n(std::span<T> messages, std::size_t& popped) noexcept {
        for (popped = 0; popped < messages.size(); ++popped) {
            if (const Status status = try_pop(messages[popped]); !status) {
                return status;
            }
        }
        return Status::ok;
    }

    /// Shows the next message in place, to be used only as still_valid() and release() say: the
    /// publisher may overwrite it at any time.
    [[nodiscard]] Status try_peek(const T*& message) noexcept {
        if (const Status status = this->look(); !status) {
            return status;
        }
        this->show();
        message = object_at<const T>(
            stage_.template shown<P>(this->slots().slot(this->next_position()), sizeof(T)));
        return Status::ok;
    }
    /// Done with it. `ok`: it was valid throughout, and counts as received. Else it counts as lost.
    [[nodiscard]] Status release() noexcept { return this->give_back(); }

private:
    Stage stage_;
};

}  // namespace shunt::ring
