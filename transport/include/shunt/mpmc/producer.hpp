// SPDX-License-Identifier: MIT
//
// A producer of a named mpmc channel of fixed-size messages. shunt/mpmc.hpp says what such a
// channel is, and what holds for all of its calls.
#pragma once

#include <shunt/channel/port.hpp>
#include <shunt/core/ring/mpmc_producer.hpp>
#include <shunt/mpmc/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>

namespace shunt::mpmc {

template <class T>
class Producer : public channel::Port {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit Producer(std::string_view name, const Options& options = {})
        : Port(fixed_request<T>(name, layout::Role::producer, options), layout::Role::consumer,
               layout::RegionId::wake_data, layout::RegionId::wake_room),
          ring_{place().region(layout::RegionId::slots), header().capacity, ring_words(place()),
                owner_of(place())} {}
    Producer(Producer&&) noexcept = default;
    ~Producer() { close(); }

    /// Copies one message in. `full`, `closed`, `peer_dead`: nothing was written. `full` means that
    /// the oldest slot is not released yet, whatever else is free.
    [[nodiscard]] Status try_push(const T& message) noexcept {
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
    /// Copies as many messages in as there is room for; returns how many. They need not lie side by
    /// side: others may come between. One wake-up for all.
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        std::size_t pushed = 0;
        while (pushed < messages.size() && push_one_of(messages, pushed)) {
            ++pushed;
        }
        if (wakeable() && pushed != 0) {
            woken(pushed);
        }
        return pushed;
    }

    /// The next message's place, to be filled in and published; null: full, or nobody to read it
    /// any more (try_push then says which). Consumers wait for it, so fill it soon.
    [[nodiscard]] T* try_claim() noexcept {
        T* const place = ring_.try_claim();
        if (place == nullptr) [[unlikely]] {
            count(counters().full);
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
    /// Gives the claimed place up; its position becomes a gap.
    void abandon() noexcept {
        if (!wakeable()) {
            ring_.abandon();
            return;
        }
        ring_.template abandon<std::memory_order_seq_cst>();
        woken(1);
    }

    /// Waits until there is room. Blocks. Another may be faster to take it.
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::full,
            [this] { return ring_.writable() ? Status{Status::ok} : not_pushed(Status::full); },
            [this] { return ring_.writable(); }, deadline);
    }

    /// True if there is room now; changes nothing.
    [[nodiscard]] bool ready() const noexcept { return ring_.writable(); }
    /// Before an event loop polls fd(). False: there is room, or an end or an interrupt to be told,
    /// now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return ring_.writable(); });
    }

    /// Asks the kernel for the dead and gives back what they held; how many there were. For those
    /// who make no blocking calls. About 0.3 us a participant, and a look at each slot for each
    /// death.
    std::uint32_t recover() noexcept { return place().reap(); }

    /// Position of the message that was claimed last.
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// Messages that no consumer has taken yet.
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return untaken_approx(place()); }
    [[nodiscard]] std::uint64_t free_approx() const noexcept { return capacity() - size_approx(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, and faults in its code. Throws Error.
    void prepare_rt() { prepare_memory(); }

    /// Leaves the channel; a claim becomes a gap. Idempotent.
    void close() noexcept { leave(); }

private:
    [[nodiscard]] bool push_one_of(std::span<const T> messages, std::size_t i) noexcept {
        return bool{wakeable() ? ring_.template try_push<std::memory_order_seq_cst>(messages[i])
                               : ring_.try_push(messages[i])};
    }
    [[gnu::noinline]] Status not_pushed(Status status) noexcept {
        count(counters().full);
        const Status end = ended();
        if (end == Status::ok || ring_.writable()) {
            return status;
        }
        told_end();
        return end;
    }

    ring::MpmcProducer<T> ring_;
};

}  // namespace shunt::mpmc
