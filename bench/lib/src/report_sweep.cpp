// SPDX-License-Identifier: MIT
//
// What a report of a sweep has beside that of sizes.
#include "bench/lib/src/paired.hpp"
#include "bench/lib/src/report_view.hpp"
#include "bench/lib/src/words.hpp"

#include <string>

namespace shunt::bench {

namespace {

using nlohmann::json;

const Task& task_of(const View& view) {
    return view.plan().tasks[view.size().rows[0]];
}

}  // namespace

void add_sweep_value(json& point, const View& view) {
    const Swept swept = view.plan().swept;
    const Task& task = task_of(view);
    if (swept == Swept::capacity) {
        point["asked_capacity"] = task.capacity;
    } else if (swept != Swept::nothing) {
        point[std::string{to_string(swept)}] = sweep_value(swept, task);
    }
}

void add_over_first(json& point, const View& view, const View& first,
                    const std::vector<Repeat>& repeats) {
    if (view.plan().swept == Swept::nothing || &view == &first) {
        return;
    }
    std::vector<perf::Pair> pairs;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
        if (view.counts(i) && first.counts(i)) {
            pairs.push_back({view.figure(repeats[i], view.size().rows[0]),
                             first.figure(repeats[i], first.size().rows[0])});
        }
    }
    point["paired"]["first"] = ratio_json(pairs);
}

void add_sweep_args(json& args, const Config& config) {
    const Swept swept = swept_by(config);
    if (swept == Swept::nothing) {
        return;
    }
    json values = json::array();
    for (const shunt::pages pages : config.sweep.pages) {
        values.push_back(to_word(pages));
    }
    for (const Waiting& waiting : config.sweep.waits) {
        values.push_back(to_word(waiting.wait, waiting.loop));
    }
    for (const std::uint64_t capacity : config.sweep.capacities) {
        values.push_back(capacity);
    }
    args["sweep"] = to_string(swept);
    args[std::string{to_string(swept)}] = std::move(values);
}

}  // namespace shunt::bench
