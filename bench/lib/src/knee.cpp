// SPDX-License-Identifier: MIT
#include "bench/lib/src/knee.hpp"

#include "bench/lib/src/repeat.hpp"

#include <fmt/format.h>

#include <cmath>

namespace shunt::bench {

namespace {

// A rate is kept if one of some tries keeps it: what the machine does meanwhile can only make it
// miss.
constexpr unsigned kTries = 3;

class Prober {
public:
    Prober(Config config, const std::vector<const Contender*>& rows) {
        config.rates = {kFromPerS};
        config.arrivals = Arrivals::constant;
        config.floor = false;
        interrupted_ = config.interrupted;
        plan_ = make_plan(config, Mode::openloop, {rows.front()});
    }

    bool kept(double per_second) {
        for (unsigned i = 0; i < kTries && !stopped_; ++i) {
            const std::size_t task = plan_.sizes[0].rows[0];
            plan_.tasks[task].pace.per_second = per_second;
            const auto repeat = run_repeat(plan_, runs_++, interrupted_);
            stopped_ = !repeat;
            if (repeat && !(*repeat)[task].missed()) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] bool stopped() const { return stopped_; }

    static constexpr double kFromPerS = 1e5;

private:
    Plan plan_;
    std::function<bool()> interrupted_;
    unsigned runs_ = 0;
    bool stopped_ = false;
};

}  // namespace

std::optional<Knee> find_loads(Config& config, Mode mode,
                               const std::vector<const Contender*>& rows) {
    if (mode != Mode::openloop || config.arrivals == Arrivals::burst || !config.rates.empty()) {
        return std::nullopt;
    }
    if (config.loads.empty()) {
        config.loads = {50, 80, 95};
    }
    for (const double percent : config.loads) {
        if (!(percent >= 1 && percent <= 200)) {
            throw Failure(Exit::usage,
                          fmt::format("a load of {:g} %; 1 to 200 are possible", percent));
        }
    }
    if (config.sizes.size() > 1) {
        throw Failure(Exit::usage, "each size has a knee of its own: give one --size, or --rate");
    }
    Prober prober(config, rows);
    Knee knee = search_knee(Prober::kFromPerS, 1e9,
                            [&](double per_second) { return prober.kept(per_second); });
    knee.interrupted = prober.stopped();
    if (knee.per_second == 0 && !knee.interrupted) {
        throw Failure(Exit::refused,
                      fmt::format("{} did not keep even {:g} messages a second: the cpus are busy "
                                  "with something else; give --rate to measure nevertheless",
                                  rows.front()->name, Prober::kFromPerS));
    }
    for (const double percent : config.loads) {
        config.rates.push_back(std::max(knee.per_second, Prober::kFromPerS) * percent / 100);
    }
    return knee;
}

nlohmann::json to_json(const Knee& knee) {
    nlohmann::json probes = nlohmann::json::array();
    for (const Probe& probe : knee.probes) {
        probes.push_back({{"per_s", std::round(probe.per_second)}, {"kept", probe.kept}});
    }
    return {{"per_s", std::round(knee.per_second)}, {"probes", std::move(probes)}};
}

}  // namespace shunt::bench
