// SPDX-License-Identifier: MIT
//
// Witness: what happened around a run that its figures do not show, and whether they mean anything
// at all. It looks before the first repeat and after each one, never inside.
#pragma once

#include <shunt_perf/clock.hpp>
#include <shunt_perf/clock_watch.hpp>
#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <vector>

namespace shunt::bench {

/// Where a witness looks; others for tests.
struct Surroundings {
    perf::ClockWatch::Look look = perf::clock_moment;
};

class Witness {
public:
    /// The clock must outlive it.
    Witness(const perf::Clock& clock, const Surroundings& around);

    /// Throws Failure (exit 7) where the clock has shown to be wrong.
    void after_repeat();

    [[nodiscard]] std::vector<perf::Warning> warnings() const;
    /// Into `.host` of the document.
    void testify(nlohmann::json& host) const;

private:
    const perf::Clock& clock_;
    perf::ClockWatch watch_;
};

}  // namespace shunt::bench
