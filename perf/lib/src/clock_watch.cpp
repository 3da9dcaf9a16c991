// SPDX-License-Identifier: MIT
#include <shunt_perf/clock_watch.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace shunt::perf {

bool ClockDrift::beyond(double most_ppm) const noexcept {
    return std::abs(ppm) - bound_ppm > most_ppm;
}

ClockWatch::ClockWatch(const Clock& clock, Look look)
    : clock_{clock}, look_{std::move(look)}, first_{look_()}, last_{first_} {}

void ClockWatch::mark() {
    const ClockMoment now = look_();
    stretches_.push_back(between(last_, now));
    last_ = now;
}

void ClockWatch::begin() {
    last_ = look_();
}

ClockDrift ClockWatch::last() const {
    return stretches_.empty() ? ClockDrift{} : stretches_.back();
}

ClockDrift ClockWatch::between(const ClockMoment& begin, const ClockMoment& end) const {
    const auto raw_ns = static_cast<double>(static_cast<std::int64_t>(end.raw_ns - begin.raw_ns));
    if (raw_ns <= 0) {
        return {};
    }
    const auto ticks = static_cast<double>(static_cast<std::int64_t>(end.ticks - begin.ticks));
    const auto unsure = static_cast<double>(begin.within_ticks + end.within_ticks) / 2;
    return {raw_ns, (clock_.to_ns(ticks) - raw_ns) / raw_ns * 1e6,
            clock_.to_ns(unsure) / raw_ns * 1e6};
}

ClockDrift ClockWatch::all() const {
    return between(first_, last_);
}

ClockDrift ClockWatch::worst() const {
    const auto sure = [](const ClockDrift& drift) { return std::abs(drift.ppm) - drift.bound_ppm; };
    const auto worst =
        std::max_element(stretches_.begin(), stretches_.end(),
                         [&](const auto& a, const auto& b) { return sure(a) < sure(b); });
    return worst == stretches_.end() ? ClockDrift{} : *worst;
}

bool ClockWatch::is_wrong() const {
    constexpr std::size_t kLeast = 3;
    const auto wrong = std::count_if(stretches_.begin(), stretches_.end(),
                                     [](const auto& drift) { return drift.beyond(kWrongPpm); });
    return stretches_.size() >= kLeast && 2 * static_cast<std::size_t>(wrong) > stretches_.size();
}

nlohmann::json ClockWatch::to_json() const {
    if (!clock_.is_counter() || stretches_.empty()) {
        return nullptr;
    }
    const auto fine = [](double value) { return std::round(value * 1000) / 1000; };
    const ClockDrift whole = all();
    return {{"elapsed_ns", std::round(whole.elapsed_ns)},
            {"ppm", fine(whole.ppm)},
            {"bound_ppm", fine(whole.bound_ppm)},
            {"worst_ppm", fine(worst().ppm)},
            {"stretches", stretches_.size()}};
}

}  // namespace shunt::perf
