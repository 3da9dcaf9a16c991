// SPDX-License-Identifier: MIT
#include <shunt_experiments/gap_class.hpp>

#include <algorithm>
#include <array>

namespace shunt::perf::jitter {

std::string_view to_string(GapClass gap_class) noexcept {
    constexpr std::array<std::string_view, kGapClasses> kWords{"periodic", "all-cpus",
                                                               "several-cpus", "single-cpu"};
    return kWords[static_cast<std::size_t>(gap_class)];
}

namespace {

constexpr std::array<std::uint64_t, 6> kPeriodsNs{1'000'000,  3'333'333,   4'000'000,
                                                  10'000'000, 100'000'000, 1'000'000'000};
constexpr std::uint64_t kSlackNs = 10'000;  // between two cpus

// How far from a period away the next gap of a row may be.
std::uint64_t tolerance_of(std::uint64_t period_ns) {
    return std::clamp<std::uint64_t>(period_ns / 200, 10'000, 1'000'000);
}

// A gap of `at` (ascending) within `tolerance` of `wanted`.
bool any_near(const std::vector<std::uint64_t>& at, std::uint64_t wanted, std::uint64_t tolerance) {
    const std::uint64_t from = wanted - std::min(wanted, tolerance);
    const auto found = std::lower_bound(at.begin(), at.end(), from);
    return found != at.end() && *found <= wanted + tolerance;
}

// Indices of the gaps that have another a period before or behind them; none where that is chance.
std::vector<std::size_t> row_of(const Watched& watched, const std::vector<std::size_t>& open,
                                std::uint64_t period_ns) {
    constexpr std::size_t kLeast = 5;
    constexpr double kShareOfTimes = 0.25;
    constexpr double kAboveChance = 5;
    const auto times = static_cast<double>(watched.watched_ns) / static_cast<double>(period_ns);
    const std::uint64_t tolerance = tolerance_of(period_ns);
    std::vector<std::uint64_t> at;
    for (const std::size_t i : open) {
        at.push_back(watched.list[i].at_ns);
    }
    std::vector<std::size_t> row;
    for (const std::size_t i : open) {
        const std::uint64_t here = watched.list[i].at_ns;
        if (any_near(at, here + period_ns, tolerance) ||
            (here >= period_ns && any_near(at, here - period_ns, tolerance))) {
            row.push_back(i);
        }
    }
    const auto gaps = static_cast<double>(open.size());
    const double by_chance = gaps * std::min(1.0, gaps * 4 * static_cast<double>(tolerance) /
                                                      static_cast<double>(watched.watched_ns));
    const bool found = row.size() >= kLeast &&
                       static_cast<double>(row.size()) >= kShareOfTimes * times &&
                       static_cast<double>(row.size()) >= kAboveChance * by_chance;
    return found ? row : std::vector<std::size_t>{};
}

// Whether another cpu has a gap that began at the same instant and is no part of a row.
bool began_with(const std::vector<Gap>& others, const std::vector<GapClass>& classes,
                const Gap& gap) {
    // Of long gaps the beginnings may be further apart: a hypervisor stops one cpu after another.
    const std::uint64_t most = kSlackNs + gap.length_ns / 10;
    const auto from =
        std::lower_bound(others.begin(), others.end(), gap.at_ns - std::min(gap.at_ns, most),
                         [](const Gap& other, std::uint64_t time) { return other.at_ns < time; });
    for (auto other = from; other != others.end() && other->at_ns <= gap.at_ns + most; ++other) {
        const std::uint64_t apart =
            std::max(other->at_ns, gap.at_ns) - std::min(other->at_ns, gap.at_ns);
        const auto index = static_cast<std::size_t>(other - others.begin());
        if (classes[index] != GapClass::periodic && apart <= kSlackNs + other->length_ns / 10) {
            return true;
        }
    }
    return false;
}

}  // namespace

Classified classify(std::span<const Watched> cpus) {
    Classified result;
    for (const Watched& watched : cpus) {
        std::vector<GapClass>& classes = result.of.emplace_back();
        classes.assign(watched.list.size(), GapClass::single_cpu);
        for (const std::uint64_t period_ns : kPeriodsNs) {
            std::vector<std::size_t> open;
            for (std::size_t i = 0; i < classes.size(); ++i) {
                if (classes[i] != GapClass::periodic) {
                    open.push_back(i);
                }
            }
            const std::vector<std::size_t> row = row_of(watched, open, period_ns);
            for (const std::size_t i : row) {
                classes[i] = GapClass::periodic;
            }
            if (!row.empty()) {
                result.periods.push_back({watched.cpu, period_ns, row.size()});
            }
        }
    }
    for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
        for (std::size_t i = 0; i < result.of[cpu].size(); ++i) {
            if (result.of[cpu][i] == GapClass::periodic) {
                continue;
            }
            std::size_t hit = 1;
            for (std::size_t other = 0; other < cpus.size(); ++other) {
                if (other != cpu &&
                    began_with(cpus[other].list, result.of[other], cpus[cpu].list[i])) {
                    ++hit;
                }
            }
            if (hit > 1) {
                result.of[cpu][i] =
                    hit == cpus.size() ? GapClass::all_cpus : GapClass::several_cpus;
            }
        }
    }
    return result;
}

}  // namespace shunt::perf::jitter
