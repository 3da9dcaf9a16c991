// SPDX-License-Identifier: MIT
//
// A consumer of a named mpmc channel of fixed-size messages. shunt/mpmc.hpp says what such a
// channel is, and what holds for all of its calls.
#pragma once

#include <shunt/channel/each_message.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/core/ring/mpmc_consumer.hpp>
#include <shunt/mpmc/request.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>

namespace shunt::mpmc {

using ring::Gap;

template <class T>
class Consumer : public channel::Port {
    using Due = typename ring::MpmcConsumer<T>::Due;

public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit Consumer(std::string_view name, const Options& options = {})
        : Port(fixed_request<T>(name, layout::Role::consumer, options), layout::Role::producer,
               layout::RegionId::wake_room, layout::RegionId::wake_data),
          ring_{place().region(layout::RegionId::slots), header().capacity, ring_words(place()),
                owner_of(place())},
          copies_{options.pop == pop::copy} {}
    Consumer(Consumer&&) noexcept = default;
    ~Consumer() { close(); }

    /// Copies the next message out and releases it. In every other case `message` is untouched (but
    /// with pop::copy): `empty`; `busy`: the next one is claimed and not yet there, held_up_by()
    /// says by whom; `gap`: a position whose message never came, last_gap() says which; `closed`,
    /// `peer_dead`: no producer is left, and the last one ended so.
    [[nodiscard]] Status try_pop(T& message) noexcept {
        const Status status = copy_next(message);
        wake_due();
        return taken(status);
    }
    /// try_pop that wakes nobody; notify() wakes producers later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(T& message) noexcept {
        const Status status = pop_ring<std::memory_order_release>(message);
        owe();
        return taken(status);
    }
    /// Copies the next message out, waiting for one, busy or not. Blocks. A gap ends it: call
    /// again.
    /// After the last message of producers that are all gone: `closed` or `peer_dead`, once.
    Status pop(T& message) noexcept { return pop_until(message, channel::kNoDeadline); }
    Status pop_until(T& message, channel::Deadline deadline) noexcept {
        return block(
            Status::empty, [&] { return busy_is_empty(try_pop(message)); },
            [this] { return ring_.readable(); }, deadline);
    }
    Status pop(T& message, const std::stop_token& stop) {
        return block(
            Status::empty, [&] { return busy_is_empty(try_pop(message)); },
            [this] { return ring_.readable(); }, stop);
    }
    /// Copies up to messages.size() messages out; returns how many. Ends at a gap, which is passed
    /// over and counted, and behind a message that comes again: redelivered() tells of the last
    /// one, all others are new. Tells no end. One wake-up for all.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        std::size_t popped = 0;
        while (popped < messages.size()) {
            if (!counted(copy_next(messages[popped]))) {
                break;
            }
            ++popped;
            if (ring_.redelivered()) [[unlikely]] {
                break;
            }
        }
        wake_due();
        return popped;
    }

    /// The next message, in place, this consumer's until release(), whatever it pops meanwhile;
    /// null: see last_status(). If this consumer dies, another gets it. Tells no end.
    [[nodiscard]] const T* try_peek() noexcept {
        const T* message = nullptr;
        last_status_ = counted(show_next(message));
        return message;
    }
    /// What the last try_peek() came to: ok, `empty`, `busy` or `gap`.
    [[nodiscard]] Status last_status() const noexcept { return last_status_; }
    /// Releases what try_peek() showed; nothing without one.
    void release() noexcept {
        wakeable() ? ring_.template release<std::memory_order_seq_cst>() : ring_.release();
        wake_due();
    }
    void release_quiet() noexcept {
        ring_.release();
        owe();
    }
    /// Calls visit(const T&) for up to `max` messages in place, of which redelivered() tells;
    /// returns how many. Ends at a gap, which is passed over and counted. Tells no end.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t drained = 0;
        const T* message = nullptr;
        while (drained < max) {
            if (!counted(show_next(message))) {
                break;
            }
            visit(*message);
            release();
            ++drained;
        }
        return drained;
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
    [[nodiscard]] const Gap& last_gap() const noexcept { return ring_.last_gap(); }
    /// Whose claim the last `busy` waited for; nothing where that one is gone. Asks the kernel.
    [[nodiscard]] std::optional<channel::Peer> held_up_by() const {
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

    /// `for (const T& t : in)`.
    using Iterator = channel::EachMessage<Consumer, T>;
    [[nodiscard]] Iterator begin() { return Iterator{this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    friend Iterator;

    [[nodiscard]] static Status busy_is_empty(Status status) noexcept {
        return status == Status::busy ? Status{Status::empty} : status;
    }
    // Sleepers that the calls since we last looked owe a wake-up.
    void wake_due() noexcept {
        if (!wakeable()) {
            return;
        }
        const Due due = ring_.due();
        if (due.next) {
            woken_beside();
        }
        if (due.room != 0) {
            woken(due.room);
        }
    }
    template <std::memory_order order>
    [[nodiscard]] Status pop_ring(T& message) noexcept {
        return copies_ ? ring_.template try_pop_copy<order>(message)
                       : ring_.template try_pop<order>(message);
    }
    [[nodiscard]] Status copy_next(T& message) noexcept {
        return wakeable() ? pop_ring<std::memory_order_seq_cst>(message)
                          : pop_ring<std::memory_order_release>(message);
    }
    [[nodiscard]] Status show_next(const T*& message) noexcept {
        const Status status = wakeable()
                                  ? ring_.template try_peek<std::memory_order_seq_cst>(message)
                                  : ring_.try_peek(message);
        wake_due();
        return status;
    }
    [[nodiscard]] Status counted(Status status) noexcept {
        if (!status) [[unlikely]] {
            count_untaken(status);
        } else if (ring_.redelivered()) [[unlikely]] {
            count(counters().redelivered);
        }
        return status;
    }
    [[gnu::noinline]] void count_untaken(Status status) noexcept {
        if (status == Status::gap) {
            count(counters().gaps);
            return;
        }
        if (ring_.dead_letters() != dead_letters_told_) {
            count(counters().dead_letters, ring_.dead_letters() - dead_letters_told_);
            dead_letters_told_ = ring_.dead_letters();
        }
        count(counters().empty_polls);
    }
    [[nodiscard]] Status taken(Status status) noexcept {
        static_cast<void>(counted(status));
        return status == Status::empty ? nothing_there() : status;
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

    ring::MpmcConsumer<T> ring_;
    bool copies_;  // pop::copy
    Status last_status_ = Status::empty;
    std::uint64_t held_slot_ = 0;
    std::uint64_t dead_letters_told_ = 0;
};

}  // namespace shunt::mpmc
