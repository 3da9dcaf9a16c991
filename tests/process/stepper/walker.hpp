// SPDX-License-Identifier: MIT
//
// Drives a traced child through instructions of this program's own text, the library's among them;
// calls that leave it (libc, libstdc++, the kernel) are run through at full speed. x86-64 only: a
// breakpoint is one of the processor's debug registers, so no byte of the child is changed.
#pragma once

#include "process/support/child.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace shunt::stepper {

using process_test::Child;

/// An instruction of ours, by its number from where the child stopped first.
struct Point {
    std::uint64_t address = 0;  // of the instruction that comes next
    std::uint64_t calls = 0;    // system calls so far that others can notice
    std::uint64_t memory = 0;   // what shared memory holds, as a hash
    std::uint64_t anchor = 0;   // the point up to here that is reached at the least cost ...
    std::uint64_t times = 0;    // ... by running to its address so often; 0: it is point 0
};
using Trace = std::vector<Point>;

class Walker {
public:
    /// `asleep` is called once, when the child sleeps in a futex.
    explicit Walker(Child& child, std::function<void()> asleep = {});

    [[nodiscard]] std::uint64_t here() const;
    /// One instruction of ours further. False: the child has ended.
    [[nodiscard]] bool step();
    /// To the n-th time from here that it is about to execute the instruction at `address`.
    [[nodiscard]] bool run_to(std::uint64_t address, std::uint64_t times);
    /// To point `k` of `trace`, from point 0. False: it came elsewhere, or ended.
    [[nodiscard]] bool go_to(const Trace& trace, std::uint64_t k);
    /// Until `over()`: every point on the way. `memory()` tells what shared memory holds.
    [[nodiscard]] Trace record(const std::function<bool()>& over,
                               const std::function<std::uint64_t()>& memory);

private:
    [[nodiscard]] bool resume(int request);
    [[nodiscard]] bool wait_or_see_it_sleep();
    [[nodiscard]] bool leave_foreign_text();
    [[nodiscard]] bool run_until_at(std::uint64_t address, std::uint64_t stack_above);
    void note_call();

    Child& child_;
    std::function<void()> asleep_;
    bool counts_ = false;
    std::uint64_t calls_ = 0;
};

/// The points that are worth a death: all, but of an instruction that is executed again and again
/// while nothing shared changes only the first three times.
[[nodiscard]] std::vector<std::uint64_t> distinct_points(const Trace& trace);
/// Those next to which memory or the kernel's state changes, and their neighbours.
[[nodiscard]] std::vector<std::uint64_t> points_of_change(const Trace& trace);

}  // namespace shunt::stepper
