// SPDX-License-Identifier: MIT
//
// For tests of logs: a side that dies before any of its accesses, and each of its accesses with its
// order.
#pragma once

#include "broadcast_rig.hpp"
#include "stepping_policy.hpp"

#include <shunt/core/policy.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace shunt::test {

/// Memory as it was when somebody died.
struct Moment {
    std::vector<std::byte> slots;
    std::uint64_t write_pos = 0;

    void keep(const LogMemory& log) {
        slots.assign(log.slots.data(), log.slots.data() + log.slots.size());
        write_pos = log.write_pos();
    }
    void give_back(LogMemory& log) const {
        std::copy(slots.begin(), slots.end(), log.slots.data());
        log.words->write_pos.store(write_pos, std::memory_order_relaxed);
    }
};

/// `operation` dies before its access number `at`; false: it has no such access.
[[nodiscard]] inline bool dies(LogMemory& log, int at, const std::function<void()>& operation) {
    Moment moment;
    bool died = false;
    SteppingPolicy::other_side = [&] {
        moment.keep(log);
        died = true;
    };
    SteppingPolicy::at = at;
    operation();
    SteppingPolicy::at = -1;
    SteppingPolicy::other_side = nullptr;
    if (died) {
        moment.give_back(log);
    }
    return died;
}

/// Every access that others see, in its order. What weaker ones would allow no test on x86 shows.
struct Written : DefaultPolicy {
    static inline std::string all;

    static const char* name(std::memory_order order) {
        return order == std::memory_order_relaxed   ? "relaxed"
               : order == std::memory_order_acquire ? "acquire"
               : order == std::memory_order_release ? "release"
                                                    : "seq_cst";
    }
    static void write(const char* verb, std::memory_order order) {
        all += std::string{all.empty() ? "" : ", "} + verb + " " + name(order);
    }
    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) {
        write("load", order);
        return word.load(order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        write("look", order);
        return word.load(order);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        write("store", order);
        word.store(value, order);
    }
    static void fence(std::memory_order order) {
        write("fence", order);
        DefaultPolicy::fence(order);
    }
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) {
        all += ", in";
        DefaultPolicy::copy_in_ordered<N>(to, from);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) {
        all += ", out";
        DefaultPolicy::copy_out_ordered<N>(to, from);
    }
    static std::string taken() { return std::exchange(all, {}); }
};

}  // namespace shunt::test
