// SPDX-License-Identifier: MIT
#include "bench/peers/src/helpers.hpp"

#include <shunt_perf/cpus.hpp>

#include <algorithm>

namespace shunt::peers {

namespace {

// Before anybody was pinned.
const std::vector<int> kCpus = perf::allowed_cpus();

}  // namespace

bool room_for_helpers() noexcept {
    return kCpus.size() > 2;
}

HelpersElsewhere::HelpersElsewhere(const bench::Task& task) : before_{perf::allowed_cpus()} {
    std::vector<int> others;
    std::copy_if(kCpus.begin(), kCpus.end(), std::back_inserter(others), [&](int cpu) {
        return std::find(task.cpus.begin(), task.cpus.end(), cpu) == task.cpus.end();
    });
    perf::pin_to(others.empty() ? std::vector<int>(task.cpus.begin(), task.cpus.end()) : others);
}

HelpersElsewhere::~HelpersElsewhere() {
    perf::pin_to(before_);
}

}  // namespace shunt::peers
