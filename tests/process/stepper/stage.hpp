// SPDX-License-Identifier: MIT
//
// What a play is made of: what its processes tell each other in shared memory, a fault that ends
// it, and a look at what is left when it is over.
#pragma once

#include "process/support/child.hpp"
#include "process/support/playground.hpp"
#include "process/support/shared.hpp"

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace shunt::stepper {

using process_test::Child;
using process_test::Playground;
using process_test::Shared;

enum Phase : std::uint32_t { kNotYet, kReady, kDone, kOver };

/// What a victim or a survivor in a process of its own writes down.
struct Log {
    std::atomic<std::uint32_t> phase{kNotYet};
    std::atomic<std::uint32_t> call{0};   // the measured call under way; 0: none
    std::atomic<std::uint64_t> acked{0};  // messages acknowledged, from the beginning
    std::atomic<std::uint64_t> seen{0};   // a consumer had looked at all below; in a crowd: at so
                                          // many, or a producer had so many claims
    std::atomic<std::uint64_t> token{0};
    std::atomic<std::uint32_t> seat{0};
    std::atomic<std::uint32_t> found{0};  // of the dead, by one that asked for them
    std::atomic<std::uint32_t> text_size{0};
    char text[400] = {};

    void say(const std::string& what) noexcept;
    [[nodiscard]] std::string said() const;
};

/// A play is over at the first thing that is not as it should be.
class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};
void expect(bool as_it_should_be, const std::string& what);
void expect_within(std::uint64_t value, std::uint64_t low, std::uint64_t high,
                   const std::string& what);

/// In a traced child: stops here for its tracer, in our own text.
inline void halt() noexcept {
    asm volatile("int3" : : : "memory");
}

/// The directory of one process's plays, and what must be left of them: nothing.
class World {
public:
    explicit World(bool may_be_huge);

    [[nodiscard]] const Playground& ground() const noexcept { return ground_; }
    /// To be called with no port open; keeps count of descriptors and mappings from the first time
    /// on. Throws Fault for a file, a lock, a descriptor or a mapping that is left.
    void expect_clean();
    /// After a fault: the next play finds nothing of this one.
    void sweep() noexcept;

private:
    Playground ground_;
    std::uint64_t descriptors_ = 0;
    std::uint64_t mappings_ = 0;
};

}  // namespace shunt::stepper
