// SPDX-License-Identifier: MIT
//
// The fixture of tests that put producers and consumers of one channel into processes: a
// playground, the parts that they play, and what to ask of them. Whatever runs when a test ends is
// killed.
#pragma once

#include "process/support/actors.hpp"
#include "process/support/child.hpp"
#include "process/support/playground.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <string>

namespace shunt::process_test {

class Company : public testing::Test {
protected:
    static void SetUpTestSuite() { (void)own_huge_pages(); }

    [[nodiscard]] static Part part(Ware ware, bool huge, Verb verb = Verb::single) {
        Part part;
        part.channel = "stream";
        part.ware = ware;
        part.verb = verb;
        part.options.capacity = is_typed(ware) ? 64 : 8192;
        part.options.pages = huge ? pages::huge_2m : pages::base;
        part.options.frame_align = ware == Ware::dense ? 8 : is_typed(ware) ? 0 : 64;
        return part;
    }
    [[nodiscard]] static Child producer(const Part& part, Report& report, bool traced = false) {
        return Child{[part, &report] { return produce(part, report); }, {.traced = traced}};
    }
    [[nodiscard]] static Child consumer(const Part& part, Report& report, bool traced = false) {
        return Child{[part, &report] { return consume(part, report); }, {.traced = traced}};
    }

    [[nodiscard]] static testing::AssertionResult reaches(const Report& report,
                                                          std::uint32_t phase) {
        const bool there = report.phase.reaches(phase);
        if (report.faulty.get() != 0) {
            return testing::AssertionFailure() << report.fault;
        }
        return there ? testing::AssertionSuccess()
                     : testing::AssertionFailure() << "it stays in phase " << report.phase.get();
    }
    /// Lets an actor that has finished leave, and sees that it does so in good order.
    [[nodiscard]] static testing::AssertionResult leaves(Child& child, Report& report) {
        if (const auto finished = reaches(report, kFinished); !finished) {
            return finished;
        }
        report.leave.set(1);
        const std::string end = child.wait();
        return end == "exit 0" ? testing::AssertionSuccess()
                               : testing::AssertionFailure() << end << ": " << report.fault;
    }
    /// Looks until it is so; false: it never was.
    template <class Look>
    [[nodiscard]] static bool eventually(Look&& look) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!look()) {
            if (std::chrono::steady_clock::now() > until) {
                return false;
            }
            ::sched_yield();
        }
        return true;
    }

    [[nodiscard]] testing::AssertionResult nothing_left() const {
        if (const auto files = ground_.files(); !files.empty()) {
            return testing::AssertionFailure() << files.front() << " is left";
        }
        if (const auto slots = slots_files(); !slots.empty()) {
            return testing::AssertionFailure() << slots.front() << " is left";
        }
        return testing::AssertionSuccess();
    }

    Playground ground_;
};

}  // namespace shunt::process_test

#define SHUNT_NEEDS_TRACING()                                               \
    if (!shunt::process_test::may_trace()) {                                \
        GTEST_SKIP() << "ptrace is refused: nobody may trace its children"; \
    }                                                                       \
    static_assert(true)

#define SHUNT_NEEDS_OWN_HUGE_PAGES(huge)                                             \
    if ((huge) && !shunt::process_test::own_huge_pages().empty()) {                  \
        GTEST_SKIP() << "no 2 MiB pages: " << shunt::process_test::own_huge_pages(); \
    }                                                                                \
    static_assert(true)
