// SPDX-License-Identifier: MIT
#include "bench/lib/src/witness.hpp"

#include <shunt_bench/config.hpp>

#include <fmt/format.h>

#include <cmath>

namespace shunt::bench {

using nlohmann::json;

Witness::Witness(const perf::Clock& clock, const Surroundings& around)
    : clock_{clock}, watch_{clock, around.look} {}

void Witness::after_repeat() {
    watch_.mark();
    if (clock_.is_counter() && watch_.is_wrong()) {
        throw Failure(
            Exit::refused,
            fmt::format("the time stamp counter and the kernel's clock part by {:.0f} millionths, "
                        "and by more than a thousandth in most repeats: its ns would be wrong in "
                        "digits that are shown. It was calibrated before the run, so it does not "
                        "go evenly here; look at dmesg for the clock source, and measure on "
                        "another host",
                        std::abs(watch_.worst().ppm)));
    }
}

std::vector<perf::Warning> Witness::warnings() const {
    std::vector<perf::Warning> warnings;
    constexpr double kMost = perf::ClockWatch::kMostPpm;
    if (clock_.is_counter() && (watch_.worst().beyond(kMost) || watch_.all().beyond(kMost))) {
        warnings.push_back(
            {"clock_drift",
             fmt::format("the time stamp counter and the kernel's clock parted by {:.0f} ppm over "
                         "the run and by {:.0f} ppm in one repeat; its ns are wrong by as much",
                         watch_.all().ppm, watch_.worst().ppm)});
    }
    return warnings;
}

void Witness::testify(json& host) const {
    host["clock"] = perf::to_json(clock_);
    host["clock"]["run"] = watch_.to_json();
}

}  // namespace shunt::bench
