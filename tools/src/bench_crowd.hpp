// SPDX-License-Identifier: MIT
//
// What the commands share that measure several processes without a floor: fanin, fanout and slow.
#pragma once

#include "command.hpp"
#include "option_words.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#include <shunt_bench/config.hpp>
#include <shunt_perf/cpus.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace shunt::tools {

/// Options of all of them, as given.
struct CrowdArguments {
    std::string size = "8";
    std::string cpus;
    std::string wait = "park";
    std::string pages = "prefer";
};

/// --size, --cpus, --wait and --pages. `pinned`: what --cpus are.
void add_crowd_options(CLI::App& sub, CrowdArguments& given, const std::string& pinned);

template <class Config>
void take_crowd_options(Config& config, const CrowdArguments& given) {
    config.size = parse_bytes(given.size);
    config.cpus = given.cpus.empty() ? std::vector<int>{} : perf::parse_cpu_list(given.cpus);
    config.wait = wait_of(given.wait);
    config.pages = pages_of(given.pages);
}

/// Runs `config`, shows how far it is, and ends early where it is interrupted.
template <class Config, class Run, class Render>
[[nodiscard]] Outcome measure_crowd(const Interrupts& interrupts, Config config, Run&& run,
                                    Render&& render) {
    Progress progress;
    config.interrupted = [&] { return interrupts.requested(); };
    config.progress = [&](const bench::Progress& now) {
        progress.show(fmt::format("{} of {} repeats", now.counted, now.wanted));
    };
    progress.show("measuring");
    Outcome outcome;
    outcome.document = run(config);
    progress.clear();
    outcome.text = render(outcome.document);
    if (interrupts.requested()) {
        outcome.error = "interrupted; what counted so far is shown";
        outcome.exit = static_cast<int>(Exit::interrupted);
    }
    return outcome;
}

}  // namespace shunt::tools
