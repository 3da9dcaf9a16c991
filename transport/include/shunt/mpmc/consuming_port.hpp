// SPDX-License-Identifier: MIT
//
// What the consumers of an mpmc channel have in common, whatever their messages are: releasing,
// waiting, wake-ups that are owed, ends, recovery, leaving. It knows no message; `Ring` does.
#pragma once

#include <shunt/channel/port.hpp>
#include <shunt/core/ring/mpmc_consumer.hpp>
#include <shunt/mpmc/request.hpp>

#include <cstdint>
#include <optional>

namespace shunt::mpmc {

using ring::Gap;

template <class Ring>
class ConsumingPort : public channel::Port {
public:
    /// Releases what was shown in place; nothing without it.
    void release() noexcept {
        wakeable() ? ring_.template release<std::memory_order_seq_cst>() : ring_.release();
        wake_due();
    }
    void release_quiet() noexcept {
        ring_.release();
        owe();
    }

    /// Waits until a message or a gap is there, and leaves it there. Blocks. Ends are told as by
    /// pop(). Another may be faster to take it.
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::empty,
            [this] { return ring_.readable() ? Status{Status::ok} : taken(Status::empty); },
            [this] { return ring_.readable(); }, deadline);
    }

    /// True if a message is there now; changes nothing.
    [[nodiscard]] bool ready() const noexcept { return ring_.readable(); }
    /// Before an event loop polls fd(). False: a message is there, or an end or an interrupt to be
    /// told, now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return ring_.readable(); });
    }

    /// Asks the kernel for the dead and gives back what they held; how many there were. For those
    /// who make no blocking calls. About 0.3 us a participant, and a look at each slot for each
    /// death.
    std::uint32_t recover() noexcept { return place().reap(); }

    /// Position of the message that was delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    /// True if a consumer died with that message in hand, and may have acted on it.
    [[nodiscard]] bool redelivered() const noexcept { return ring_.redelivered(); }
    /// The position that the last `gap` told of, and who gave it up or died.
    [[nodiscard]] const Gap& last_gap() const noexcept requires(!Ring::kOutOfLine) {
        return ring_.last_gap();
    }
    /// Whose claim the last `busy` waited for; nothing where that one is gone. Asks the kernel.
    [[nodiscard]] std::optional<channel::Peer> held_up_by() const requires(!Ring::kOutOfLine) {
        const ring::SlotOwner owner = ring_.busy_owner();
        for (const channel::Peer& peer : peers()) {
            if (ring::slot_owner(peer.index, peer.token) == owner) {
                return peer;
            }
        }
        return std::nullopt;
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// Messages that no consumer has taken yet.
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return untaken_approx(place()); }
    [[nodiscard]] std::uint64_t lag() const noexcept { return size_approx(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, and faults in its code. Throws Error.
    void prepare_rt() { prepare_memory(); }

    /// Leaves the channel; what was not released goes to another consumer, flagged. Idempotent.
    void close() noexcept { leave(); }

protected:
    // `make(place)`: the ring.
    template <class Make>
    ConsumingPort(const channel::Request& request, Make&& make)
        : Port(request, layout::Role::producer, layout::RegionId::wake_room,
               layout::RegionId::wake_data),
          ring_{make(place())},
          copies_{request.options.pop == pop::copy} {
        ring_.for_throughput(request.options.consume == consume::throughput);
    }
    ConsumingPort(ConsumingPort&&) noexcept = default;
    ~ConsumingPort() { close(); }

    [[nodiscard]] Ring& ring() noexcept { return ring_; }
    [[nodiscard]] const Ring& ring() const noexcept { return ring_; }
    /// .pop of the options.
    [[nodiscard]] bool copies() const noexcept { return copies_; }

    [[nodiscard]] static Status busy_is_empty(Status status) noexcept {
        return status == Status::busy ? Status{Status::empty} : status;
    }
    // Sleepers that the calls since we last looked owe a wake-up.
    void wake_due() noexcept {
        if (!wakeable()) {
            return;
        }
        const typename Ring::Due due = ring_.due();
        if (due.next) {
            woken_beside();
        }
        if (due.room != 0) {
            woken(due.room);
        }
    }
    [[nodiscard]] Status counted(Status status) noexcept {
        if (!status) [[unlikely]] {
            count_untaken(status);
        } else if (ring_.redelivered()) [[unlikely]] {
            count(counters().redelivered);
        }
        return status;
    }
    [[nodiscard]] Status taken(Status status) noexcept {
        static_cast<void>(counted(status));
        return status == Status::empty ? nothing_there() : status;
    }

private:
    [[gnu::noinline]] void count_untaken(Status status) noexcept {
        if (ring_.dead_letters() != dead_letters_told_) {
            count(counters().dead_letters, ring_.dead_letters() - dead_letters_told_);
            dead_letters_told_ = ring_.dead_letters();
        }
        if (status == Status::gap) {
            count(counters().gaps);
        } else if (status == Status::broken) {
            mark_broken(place());
        } else if (status != Status::too_small) {
            count(counters().empty_polls);
        }
    }
    // The end is told once nothing is left that may still come: another consumer may die with what
    // it has in hand.
    [[gnu::noinline]] Status nothing_there() noexcept {
        const Status end = ended();
        if (end == Status::ok || ring_.readable() || anything_held(place(), held_slot_)) {
            return Status::empty;
        }
        told_end();
        return end;
    }

    Ring ring_;
    bool copies_;
    std::uint64_t held_slot_ = 0;
    std::uint64_t dead_letters_told_ = 0;
};

}  // namespace shunt::mpmc
