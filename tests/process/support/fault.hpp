// SPDX-License-Identifier: MIT
//
// The first thing in a play of processes that is not as it should be.
#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace shunt::process_test {

class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void expect(bool as_it_should_be, const std::string& what) {
    if (!as_it_should_be) {
        throw Fault(what);
    }
}

inline void expect_within(std::uint64_t value, std::uint64_t low, std::uint64_t high,
                          const std::string& what) {
    expect(value >= low && value <= high, what + " is " + std::to_string(value) + " (wanted " +
                                              std::to_string(low) + " to " + std::to_string(high) +
                                              ")");
}

[[nodiscard]] inline std::uint64_t get(const std::atomic<std::uint64_t>& word) {
    return word.load(std::memory_order_acquire);
}

}  // namespace shunt::process_test
