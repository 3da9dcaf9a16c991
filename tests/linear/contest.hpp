// SPDX-License-Identifier: MIT
//
// Producers and consumers of one owner-word ring, each a thread, and the history of what they did.
#pragma once

#include "check_queue.hpp"
#include "check_ring.hpp"
#include "log.hpp"
#include "players.hpp"
#include "unit/core/block_rig.hpp"
#include "unit/core/mpmc_rig.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace shunt::linear {

struct Contest {
    std::uint64_t slots = 2;
    std::uint32_t producers = 1;
    std::uint32_t consumers = 1;
    std::uint64_t messages = 1000;  // in all
    bool in_place = false;
    std::uint64_t abandon_every = 0;
    std::chrono::milliseconds patience{60'000};
};

/// What is wrong with it, or nothing.
[[nodiscard]] inline std::string judge(std::span<const Operation> history, std::uint64_t slots) {
    const std::string queue = check_queue(history);
    return queue.empty() ? check_ring(history, slots) : queue;
}

/// What a policy may want to know of the ring.
struct Ground {
    static constexpr std::uint64_t kSlotBytes = ring::MpmcShape<Numbered>::kSlotBytes;
    inline static const std::byte* slots = nullptr;
    inline static layout::MpmcWords* words = nullptr;
};

/// A ring and its ends, in slots.
template <class ProducerPolicy, class ConsumerPolicy>
struct Slotted : test::MpmcRig<Numbered> {
    using Out = ring::MpmcProducer<Numbered, ProducerPolicy>;
    using In = ring::MpmcConsumer<Numbered, ConsumerPolicy>;

    explicit Slotted(std::uint64_t slots) : MpmcRig{slots, ring::OwnerWord::kLapMask} {}
    Out out(ring::SlotOwner name) { return {memory.data(), capacity(), *words, name}; }
    In in(ring::SlotOwner name) { return {memory.data(), capacity(), *words, name}; }
};
/// In blocks: so many that no look at all of them finds each just taken.
template <class ProducerPolicy, class ConsumerPolicy>
struct Blocked : test::BlockRig<Numbered> {
    using Out = ring::BlockProducer<Numbered, ProducerPolicy>;
    using In = ring::BlockConsumer<Numbered, ConsumerPolicy>;

    explicit Blocked(std::uint64_t slots) : BlockRig{slots, ring::BlockWord::kLapMask, 1000} {}
    Out out(ring::SlotOwner name) { return {memory.data(), geometry, *words, name}; }
    In in(ring::SlotOwner name) { return {memory.data(), geometry, *words, name}; }
};

template <class ProducerPolicy, class ConsumerPolicy, template <class, class> class Rig = Slotted>
class Contestants {
    using Ring = Rig<ProducerPolicy, ConsumerPolicy>;

public:
    explicit Contestants(const Contest& c) : contest_{c}, rig_{c.slots}, left_{c.producers} {
        Ground::slots = rig_.memory.data();
        Ground::words = &*rig_.words;
        // A consumer may get all of them, and each is two calls: popped, freed.
        for (std::uint32_t i = 0; i < c.producers + c.consumers; ++i) {
            rooms_.emplace_back(
                Log::room_for(i < c.producers ? c.messages / c.producers : 2 * c.messages));
        }
    }

    /// What is wrong with it, or nothing.
    [[nodiscard]] std::string run() {
        std::vector<std::thread> threads;
        for (std::uint32_t i = 0; i < rooms_.size(); ++i) {
            threads.emplace_back([this, i] { play(i); });
        }
        for (std::thread& each : threads) {
            each.join();
        }
        for (const std::vector<Operation>& each : rooms_) {
            history_.insert(history_.end(), each.begin(), each.end());
        }
        const std::string wrong = judge(history_, contest_.slots);
        // relaxed: the threads have ended
        return wrong.empty() && stuck_.load(std::memory_order_relaxed) ? "stuck" : wrong;
    }
    [[nodiscard]] const std::vector<Operation>& history() const { return history_; }

private:
    void play(std::uint32_t me) {
        const ring::SlotOwner name = ring::slot_owner(me, 1);
        Log log{rooms_[me]};
        if (me < contest_.producers) {
            auto producer = rig_.out(name);
            const std::uint64_t each = contest_.messages / contest_.producers;
            produce(producer, {me * each, each, contest_.abandon_every, rig_.start}, log,
                    [this] { return goes_on(); });
            // release: all of ours are in
            left_.fetch_sub(1, std::memory_order_release);
        } else {
            auto consumer = rig_.in(name);
            // acquire: what is not there now will not come
            consume(
                consumer, contest_.in_place, rig_.start, log,
                [this] { return left_.load(std::memory_order_acquire) == 0; },
                [this] { return goes_on(); });
        }
        rooms_[me].resize(log.size());
    }
    bool goes_on() {
        // relaxed: an end of patience, told to all
        if (std::chrono::steady_clock::now() > end_) {
            stuck_.store(true, std::memory_order_relaxed);
        }
        std::this_thread::yield();
        return !stuck_.load(std::memory_order_relaxed);
    }

    Contest contest_;
    Ring rig_;
    std::vector<std::vector<Operation>> rooms_;
    std::vector<Operation> history_;
    std::atomic<std::uint32_t> left_;
    std::atomic<bool> stuck_{false};
    std::chrono::steady_clock::time_point end_ =
        std::chrono::steady_clock::now() + contest_.patience;
};

}  // namespace shunt::linear
