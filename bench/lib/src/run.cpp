// SPDX-License-Identifier: MIT
#include <shunt_bench/run.hpp>

#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/knee.hpp"
#include "bench/lib/src/repeat.hpp"
#include "bench/lib/src/report.hpp"
#include "bench/lib/src/report_view.hpp"
#include "bench/lib/src/run.hpp"
#include "bench/lib/src/witness.hpp"

#include <shunt_perf/environment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>

namespace shunt::bench {

namespace {

using nlohmann::json;

void warn_of(Plan& plan, const std::vector<Repeat>& repeats) {
    const Verdicts verdicts = judge_all(plan, repeats);
    const unsigned counted = counted_everywhere(verdicts);
    if (counted < plan.wanted) {
        plan.warnings.push_back(
            {"unsettled", fmt::format("{} of {} repeats count, {} were wanted: the machine changed "
                                      "too often between and within them",
                                      counted, repeats.size(), plan.wanted)});
    }
    for (std::size_t i = 0; i < plan.sizes.size(); ++i) {
        const auto more = warm_up_warnings({plan, plan.sizes[i], verdicts[i], repeats});
        plan.warnings.insert(plan.warnings.end(), more.begin(), more.end());
    }
    for (const SizePlan& size : plan.sizes) {
        const std::uint64_t ours = repeats.empty() ? 0 : repeats.back()[size.rows[0]].page_bytes;
        const std::uint64_t theirs =
            repeats.empty() ? 0 : repeats.back()[size.floor_before].page_bytes;
        if (ours != theirs) {
            plan.warnings.push_back(
                {"pages_differ",
                 fmt::format("{} bytes{}: the ring lies in pages of {} bytes, its rivals in pages "
                             "of {}; give --pages 4k or 2m",
                             size.size, sweep_words(plan.swept, plan.tasks[size.rows[0]]), ours,
                             theirs)});
        }
    }
}

}  // namespace

json run(const Config& asked, Mode mode, const std::vector<const Contender*>& rows,
         const Surroundings& around) {
    refuse_throttled(2, around);
    Config config = asked;
    const std::optional<Knee> knee = find_loads(config, mode, rows);
    Plan plan = make_plan(config, mode, rows);
    Witness witness(plan.clock, {plan.cpus[0], plan.cpus[1]}, around);
    std::vector<Repeat> repeats;
    std::vector<double> ended_ms;  // of each, since the first began
    const auto begun = std::chrono::steady_clock::now();
    bool interrupted = knee && knee->interrupted;
    while (!interrupted && repeats.size() < plan.most_tries) {
        auto repeat = run_repeat(plan, static_cast<unsigned>(repeats.size()), config.interrupted);
        if (!repeat) {
            interrupted = true;
            break;
        }
        repeats.push_back(std::move(*repeat));
        const std::chrono::duration<double, std::milli> since =
            std::chrono::steady_clock::now() - begun;
        ended_ms.push_back(since.count());
        witness.after_repeat(repeats.back());
        const unsigned counted = counted_everywhere(judge_all(plan, repeats));
        if (config.progress) {
            config.progress({static_cast<unsigned>(repeats.size()), counted, plan.wanted});
        }
        if (counted >= plan.wanted) {
            break;
        }
    }
    warn_of(plan, repeats);
    std::ranges::move(witness.warnings(), std::back_inserter(plan.warnings));
    json result = result_of(plan, repeats, interrupted);
    for (std::size_t i = 0; i < ended_ms.size(); ++i) {
        result["repeats"][i]["at_ms"] = rounded(ended_ms[i]);
    }
    if (knee) {
        result["knee"] = to_json(*knee);
    }
    json document = perf::envelope("bench-" + std::string(to_string(mode)), args_of(config, mode),
                                   std::move(result), plan.warnings, !interrupted);
    const auto first = perf::place_of(plan.cpus[0]);
    const auto second = perf::place_of(plan.cpus[1]);
    document["host"]["cpus"] = {perf::to_json(first), perf::to_json(second)};
    document["host"]["cpus_relation"] = perf::relation(first, second);
    witness.testify(document);
    return document;
}

json run_pingpong(const Config& config) {
    return run(config, Mode::pingpong, rows_of(config));
}

json run_throughput(const Config& config) {
    return run(config, Mode::throughput, rows_of(config));
}

json run_openloop(const Config& config) {
    return run(config, Mode::openloop, rows_of(config));
}

json run_paced(const Config& config) {
    auto rows = rows_of(config);
    if (std::find(rows.begin(), rows.end(), &kShuntThroughput) == rows.end()) {
        rows.insert(rows.begin() + 1, &kShuntThroughput);
    }
    return run(config, Mode::paced, rows);
}

json run_wake(const Config& config) {
    return run(config, Mode::wake, rows_of(config));
}

json run_coldstart(const Config& config) {
    if (!config.peers.empty()) {
        throw Failure(Exit::usage,
                      "coldstart compares shunt with itself, prepared and not: "
                      "peers have nothing to prepare");
    }
    return run(config, Mode::coldstart, {&kShunt, &kShuntRehearsed, &kShuntUnprepared});
}

}  // namespace shunt::bench
