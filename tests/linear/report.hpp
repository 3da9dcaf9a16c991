// SPDX-License-Identifier: MIT
//
// How long a history is to be, and what is said of it.
#pragma once

#include "history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace shunt::linear {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr std::uint64_t kManyMessages = 50'000;
#else
inline constexpr std::uint64_t kManyMessages = 500'000;
#endif
[[nodiscard]] inline std::uint64_t many_messages() {
    return std::getenv("SHUNT_TEST_FULL") != nullptr ? 4 * kManyMessages : kManyMessages;
}

/// Of its calls so many overlap the next one that began.
[[nodiscard]] inline std::size_t overlaps(std::vector<Operation> history) {
    std::erase_if(history, [](const Operation& each) { return each.what == What::freed; });
    std::sort(history.begin(), history.end(), [](const Operation& one, const Operation& other) {
        return one.called < other.called;
    });
    std::size_t found = 0;
    for (std::size_t i = 1; i < history.size(); ++i) {
        found += before(history[i - 1], history[i]) ? 0u : 1u;
    }
    return found;
}

/// All messages went in and came out. Prints what the calls came to; how many overlap the next.
inline std::size_t expect_complete(const std::vector<Operation>& history, std::uint64_t messages) {
    const auto count = [&](What what) {
        return static_cast<unsigned long long>(
            std::count_if(history.begin(), history.end(),
                          [&](const Operation& each) { return each.what == what; }));
    };
    EXPECT_EQ(count(What::push), messages);
    EXPECT_EQ(count(What::pop), messages);
    EXPECT_EQ(count(What::freed), messages);
    EXPECT_GT(count(What::full) + count(What::empty), 0u);
    const std::size_t overlapping = overlaps(history);
    std::printf("%zu calls: %llu pushed, %llu full, %llu empty; %zu overlap the next\n",
                history.size(), count(What::push), count(What::full), count(What::empty),
                overlapping);
    return overlapping;
}

}  // namespace shunt::linear
