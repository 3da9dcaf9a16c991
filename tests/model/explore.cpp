// SPDX-License-Identifier: MIT
#include "model/explore.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace shunt::model {
namespace {

constexpr std::size_t kTold = 60;

// The end of a trace: what led to the failure.
std::string told(const Report& report, std::size_t most) {
    std::string text;
    const std::size_t lines = report.trace.size();
    for (std::size_t i = lines > most ? lines - most : 0; i < lines; ++i) {
        text += "    " + std::to_string(i) + "  " + report.trace[i] + "\n";
    }
    return text;
}

// The schedule that SHUNT_MODEL_REPLAY has for this program, if it is set at all.
bool replays(const std::string& name, std::string& schedule) {
    const char* const asked = std::getenv("SHUNT_MODEL_REPLAY");
    if (asked == nullptr) {
        return false;
    }
    const std::string_view text{asked};
    if (text.starts_with(name + ":")) {
        schedule = text.substr(name.size() + 1);
    }
    return true;
}

}  // namespace

void expect_holds(const std::string& name, Program& program, Limits limits) {
    if (std::string schedule; replays(name, schedule)) {
        if (!schedule.empty()) {
            const Report report = Explorer{program, limits}.replay(schedule);
            std::printf("%s\n%s", name.c_str(), told(report, report.trace.size()).c_str());
            EXPECT_EQ(report.failure, "");
        }
        return;
    }
    const auto begun = std::chrono::steady_clock::now();
    const Report report = Explorer{program, limits}.explore();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    std::printf("%-44s %8llu runs %8llu states %9.2g schedules, at most %zu steps, %.0f ms\n",
                name.c_str(), static_cast<unsigned long long>(report.runs),
                static_cast<unsigned long long>(report.states), report.schedules, report.longest,
                took.count());
    EXPECT_EQ(report.failure, "") << "to see it again: SHUNT_MODEL_REPLAY='" << name << ":"
                                  << report.schedule << "'\n"
                                  << told(report, kTold);
}

void expect_fails(const std::string& name, Program& program, Limits limits,
                  const std::string& with) {
    const Report report = Explorer{program, limits}.explore();
    ASSERT_NE(report.failure, "") << name << " holds, in " << report.runs << " runs";
    std::printf("%-44s caught in run %llu: %s [%s]\n", name.c_str(),
                static_cast<unsigned long long>(report.runs), report.failure.c_str(),
                report.schedule.c_str());
    EXPECT_NE(report.failure.find(with), std::string::npos)
        << name << ": wanted '" << with << "', found '" << report.failure << "'";
    const Report again = Explorer{program, limits}.replay(report.schedule);
    EXPECT_EQ(again.failure, report.failure) << "the schedule " << report.schedule;
}

}  // namespace shunt::model
