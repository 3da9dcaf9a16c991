// SPDX-License-Identifier: MIT
//
// The ports of a named spsc channel of fixed-size messages: one producer, one consumer, each
// message once and in order, none lost: full means full. The ring is core/ring/spsc.hpp; these add
// the name, waiting, waking, ends and deaths.
//
// All calls of a port belong to one thread at a time, but for notify() and interrupt(), which any
// thread may make. try_ calls are wait-free; in a polling channel, and in their _quiet forms, they
// never enter the kernel; in a wakeable channel they do so only to wake a registered sleeper.
#pragma once

#include <shunt/channel/each_message.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/core/ring/spsc.hpp>
#include <shunt/core/type_name.hpp>
#include <shunt/spsc/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

namespace shunt::spsc {

template <class T>
class Producer : public channel::Port {
public:
    /// Opens the channel, creating it where there is none. Blocks while a dying predecessor's seat
    /// is not yet free. Goes on where the last producer stopped. Throws Error.
    explicit Producer(std::string_view name, const Options& options = {})
        : Port(fixed_request<T>(name, layout::Role::producer, options), layout::Role::consumer,
               layout::RegionId::wake_data, layout::RegionId::wake_room),
          ring_{place().region(layout::RegionId::slots), header().capacity, consumer_words(place()),
                header().start_pos} {
        refuse_broken(place(), ring_.broken());
    }
    Producer(Producer&&) noexcept = default;
    ~Producer() { close(); }

    /// Copies one message in. `full`, `closed`, `peer_dead`: nothing was written.
    [[nodiscard, gnu::always_inline]] Status try_push(const T& message) noexcept {
        if (!wakeable()) {
            const Status status = ring_.try_push(message);
            return status ? status : not_pushed(status);
        }
        const Status status = ring_.template try_push<std::memory_order_seq_cst>(message);
        if (!status) [[unlikely]] {
            return not_pushed(status);
        }
        woken(1);
        return status;
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(const T& message) noexcept {
        const Status status = ring_.try_push(message);
        owe();
        return status ? status : not_pushed(status);
    }
    /// Copies one message in, waiting for room. Blocks.
    Status push(const T& message) noexcept { return push_until(message, channel::kNoDeadline); }
    Status push_until(const T& message, channel::Deadline deadline) noexcept {
        return block(
            Status::full, [&] { return try_push(message); }, [this] { return ring_.writable(); },
            deadline);
    }
    Status push(const T& message, const std::stop_token& stop) {
        return block(
            Status::full, [&] { return try_push(message); }, [this] { return ring_.writable(); },
            stop);
    }
    /// Copies as many messages in as there is room for; returns how many. One wake-up for all.
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        if (!wakeable()) {
            return ring_.try_push_n(messages);
        }
        const std::size_t pushed = ring_.template try_push_n<std::memory_order_seq_cst>(messages);
        if (pushed != 0) {
            woken(pushed);
        }
        return pushed;
    }

    /// The next message's place, to be filled in and published; null: full, or nobody to read it
    /// any more (try_push then says which).
    [[nodiscard]] T* try_claim() noexcept {
        T* const place = ring_.try_claim();
        if (place == nullptr) [[unlikely]] {
            no_place();
        }
        return place;
    }
    /// Publishes the claimed place. Only after a successful try_claim.
    void publish() noexcept {
        if (!wakeable()) {
            ring_.publish();
            return;
        }
        ring_.template publish<std::memory_order_seq_cst>();
        woken(1);
    }
    void publish_quiet() noexcept {
        ring_.publish();
        owe();
    }
    /// Gives the claimed place back.
    void abandon() noexcept { ring_.abandon(); }

    /// Waits until there is room. Blocks.
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::full,
            [this] { return ring_.writable() ? Status{Status::ok} : not_pushed(no_room()); },
            [this] { return ring_.writable(); }, deadline);
    }

    /// True if there is room now; changes nothing.
    [[nodiscard]] bool ready() noexcept { return ring_.writable(); }
    /// Before an event loop polls fd(). False: there is room, or an end or an interrupt to be told,
    /// now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return ring_.writable(); });
    }

    /// Position of the next message; the first one ever was header().start_pos.
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// Messages not yet read. Reads a word that the consumer writes with each message.
    [[nodiscard]] std::uint64_t size_approx() const noexcept {
        return ring_.position() - read_position(place());
    }
    [[nodiscard]] std::uint64_t free_approx() const noexcept { return capacity() - size_approx(); }
    /// The newest message ever published in this channel, read or not; null: none. A successor
    /// learns from it how far its predecessor came.
    [[nodiscard]] const T* last_published() const noexcept { return ring_.last_published(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, faults in its code, and takes the lines of the first messages into this core's
    /// caches. No message takes a page fault then. What this cannot do is run the caller's code for
    /// the first time: do that on a channel of its own, before. Throws Error.
    void prepare_rt() {
        prepare_memory();
        ring_.warm();
    }

    /// Leaves the channel; the consumer gets all that was published, then `closed`. Idempotent.
    void close() noexcept { leave(); }

private:
    [[nodiscard]] Status no_room() const noexcept {
        return ring_.broken() ? Status::broken : Status::full;
    }
    [[gnu::noinline]] void no_place() noexcept {
        if (ring_.broken()) {
            mark_broken(place(), layout::Role::consumer);
        } else {
            count(counters().full);
        }
    }
    [[gnu::noinline]] Status not_pushed(Status status) noexcept {
        if (status != Status::full) {
            mark_broken(place(), layout::Role::consumer);
            return status;
        }
        count(counters().full);
        const Status end = ended();
        if (end == Status::ok || ring_.writable()) {
            return Status::full;
        }
        told_end();
        return end;
    }

    ring::SpscProducer<T> ring_;
};

template <class T>
class Consumer : public channel::Port {
public:
    /// Opens the channel, waiting for it to appear (options.open_timeout). Goes on at the exact
    /// message where the last consumer stopped. Throws Error.
    explicit Consumer(std::string_view name, const Options& options = {})
        : Port(fixed_request<T>(name, layout::Role::consumer, options), layout::Role::producer,
               layout::RegionId::wake_room, layout::RegionId::wake_data),
          ring_{place().region(layout::RegionId::slots),
                header().capacity,
                consumer_words(place()),
                header().start_pos,
                options.consume == consume::throughput,
                wakeable()},
          freed_seen_{ring_.freed()} {
        refuse_broken(place(), ring_.broken());
        if (wakeable()) {
            woken(1);  // taking over stored free_pos
        }
    }
    Consumer(Consumer&&) noexcept = default;
    ~Consumer() { close(); }

    /// Copies the oldest message out. `empty`, `closed`, `peer_dead`: `message` is untouched.
    [[nodiscard, gnu::always_inline]] Status try_pop(T& message) noexcept {
        const Status status = ring_.try_pop(message);
        if (wakeable()) {
            freed();
        }
        return status ? status : not_popped(status);
    }
    /// try_pop that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(T& message) noexcept {
        const Status status = ring_.try_pop(message);
        owe();
        return status ? status : not_popped(status);
    }
    /// Copies the oldest message out, waiting for one. Blocks. After the last message of a producer
    /// that left: `closed` or `peer_dead`, once; then a successor's messages.
    Status pop(T& message) noexcept { return pop_until(message, channel::kNoDeadline); }
    Status pop_until(T& message, channel::Deadline deadline) noexcept {
        return block(
            Status::empty, [&] { return try_pop(message); }, [this] { return ring_.readable(); },
            deadline);
    }
    Status pop(T& message, const std::stop_token& stop) {
        return block(
            Status::empty, [&] { return try_pop(message); }, [this] { return ring_.readable(); },
            stop);
    }
    /// Copies up to messages.size() messages out; returns how many.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        const std::size_t popped = ring_.try_pop_n(messages);
        if (wakeable()) {
            freed();
        }
        return popped;
    }

    /// The oldest message, in place until release(); null: none.
    [[nodiscard]] const T* try_peek() noexcept {
        const std::span<const T> one = try_peek_n(1);
        return one.empty() ? nullptr : one.data();
    }
    /// Up to `max` messages that lie side by side, in place until release().
    [[nodiscard]] std::span<const T> try_peek_n(std::size_t max) noexcept {
        const std::span<const T> shown = ring_.try_peek_n(max);
        if (shown.empty()) [[unlikely]] {
            nothing_shown();
        }
        return shown;
    }
    /// Releases what the last peek showed.
    void release() noexcept {
        ring_.release();
        if (wakeable()) {
            freed();
        }
    }
    void release_quiet() noexcept {
        ring_.release();
        owe();
    }
    /// Calls visit(const T&) for up to `max` messages in place; returns how many.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        const std::size_t drained = ring_.drain(std::forward<Visit>(visit), max);
        if (wakeable()) {
            freed();
        }
        return drained;
    }

    /// Waits until a message is there, and leaves it there. Blocks. Ends are told as by pop().
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::empty,
            [this] { return ring_.readable() ? Status{Status::ok} : not_popped(nothing()); },
            [this] { return ring_.readable(); }, deadline);
    }

    /// True if a message is there now; changes nothing.
    [[nodiscard]] bool ready() const noexcept { return ring_.readable(); }
    /// Before an event loop polls fd(). False: a message is there, or an end or an interrupt to be
    /// told, now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return ring_.readable(); });
    }

    /// Position of the message delivered last (popped, or the first one peeked at).
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    /// True if that message may have been seen by a predecessor that died before releasing it.
    [[nodiscard]] bool redelivered() const noexcept { return ring_.redelivered(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// Messages not yet read. Looks at every stamp: not for the hot path.
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return unread(place()); }
    [[nodiscard]] std::uint64_t lag() const noexcept { return size_approx(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, faults in its code, and takes the lines of the first messages into this core's
    /// caches. No message takes a page fault then. What this cannot do is run the caller's code for
    /// the first time: do that on a channel of its own, before. Throws Error.
    void prepare_rt() {
        prepare_memory();
        ring_.warm();
    }

    /// Leaves the channel; unread messages stay for a successor. Idempotent.
    void close() noexcept {
        if (open()) {
            ring_.store_free();
            leave();
        }
    }

    /// `for (const T& t : in)`.
    using Iterator = channel::EachMessage<Consumer, T>;
    [[nodiscard]] Iterator begin() { return Iterator{this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    friend Iterator;

    // Wakes a producer that sleeps for room, if store_free ran since we last looked.
    void freed() noexcept {
        if (ring_.freed() != freed_seen_) {
            freed_seen_ = ring_.freed();
            woken(1);
        }
    }
    [[nodiscard]] Status nothing() const noexcept {
        return ring_.broken() ? Status::broken : Status::empty;
    }
    [[gnu::noinline]] void nothing_shown() noexcept {
        if (ring_.broken()) {
            mark_broken(place(), layout::Role::producer);
        } else {
            count(counters().empty_polls);
        }
    }
    [[gnu::noinline]] Status not_popped(Status status) noexcept {
        if (status != Status::empty) {
            mark_broken(place(), layout::Role::producer);
            return status;
        }
        count(counters().empty_polls);
        const Status end = ended();
        if (end == Status::ok || ring_.readable()) {
            return Status::empty;
        }
        told_end();
        return end;
    }

    ring::SpscConsumer<T> ring_;
    std::uint64_t freed_seen_;
};

}  // namespace shunt::spsc
