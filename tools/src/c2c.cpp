// SPDX-License-Identifier: MIT
//
// shunt c2c: the command line of perf/experiments' core to core.
#include "c2c_map.hpp"
#include "c2c_view.hpp"
#include "command.hpp"
#include "drawing_files.hpp"
#include "option_words.hpp"
#include "quantity.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace shunt::tools {

namespace {

namespace c2c = perf::c2c;

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt c2c                                  every pair of cpus, both directions\n"
    "  shunt c2c --cpus 0-7,!4 --stat min --html map.html\n"
    "  shunt c2c --mode ring                      a message through shunt's spsc ring\n"
    "  shunt c2c --stream                         bytes a second from cpu to cpu\n"
    "  shunt c2c --home node:1 --csv > matrix.csv\n"
    "  shunt c2c --json | jq '.result.pairs | min_by(.one_way_ns.p50) | [.from, .to]'\n\n"
    "Two threads hand each other a cache line; the figure is half a round trip, from the cpu of\n"
    "the row to that of the column. A sample is the mean of a batch; --stat is of the samples.\n"
    "Exit codes: 0 measured, 2 usage, 6 a line changed on its way, 7 refused: a cpu twice, or\n"
    "only one, 8 memory may not be bound to a node, 130 interrupted: the pairs that are done.";

struct Arguments {
    std::string cpus;
    std::string mode = "one-line";
    bool stream = false;
    std::string home = "local";
    std::string stat = "p50";
    std::uint32_t samples = 1000;
    std::string batch;
    bool csv = false;
    std::string svg;
    std::string html;
};

c2c::Mode mode_of(const std::string& word) {
    for (const c2c::Mode mode : c2c::kModes) {
        if (mode != c2c::Mode::stream && word == c2c::to_string(mode)) {
            return mode;
        }
    }
    throw std::invalid_argument("'" + word +
                                "' is no mode: write one-line, two-lines, add or ring");
}

c2c::Home home_of(const std::string& word) {
    if (word == "local" || word == "remote") {
        return {word == "local" ? c2c::Home::Where::local : c2c::Home::Where::remote, -1};
    }
    constexpr std::string_view kNode = "node:";
    if (word.starts_with(kNode)) {
        constexpr std::uint64_t kMostNodes = 1024;
        if (const auto node = parse_count(word.substr(kNode.size())); node < kMostNodes) {
            return {c2c::Home::Where::node, static_cast<int>(node)};
        }
    }
    throw std::invalid_argument("'" + word +
                                "' is no home of memory: write local, remote or node:N");
}

void check_between(const char* option, std::uint64_t value) {
    constexpr std::uint64_t kMost = 100'000;
    if (value < 1 || value > kMost) {
        throw Failure(Exit::usage,
                      fmt::format("{} {}; 1 to {} are possible", option, value, kMost));
    }
}

c2c::Config config_of(const Arguments& given, C2cView::Stat stat) {
    c2c::Config config;
    config.mode = given.stream ? c2c::Mode::stream : mode_of(given.mode);
    config.home = home_of(given.home);
    config.samples = given.samples;
    const std::uint64_t batch = !given.batch.empty() ? parse_count(given.batch)
                                : given.stream       ? 4000
                                                     : 200;
    check_between("--samples", config.samples);
    check_between("--batch", batch);
    config.batch = static_cast<std::uint32_t>(batch);
    const std::uint32_t least = stat == C2cView::Stat::p99   ? 1000
                                : stat == C2cView::Stat::p50 ? 20
                                                             : 1;
    if (config.samples < least) {
        throw Failure(Exit::usage,
                      fmt::format("a {} needs ten samples beyond it: give at least --samples {}, "
                                  "or another --stat",
                                  to_string(stat), least));
    }
    config.cpus = measured_cpus(given.cpus, 2);
    return config;
}

// "12 of 56 pairs, 8 s left"
std::string progress_text(const c2c::Progress& now, std::chrono::steady_clock::time_point start) {
    const std::chrono::duration<double> so_far = std::chrono::steady_clock::now() - start;
    const double left =
        so_far.count() * static_cast<double>(now.pairs - now.done) / static_cast<double>(now.done);
    return fmt::format("{} of {} pairs, {} left", now.done, now.pairs, seconds_text(left));
}

c2c::Result checked(const c2c::Config& config) {
    try {
        return c2c::measure(config);
    } catch (const c2c::Damaged& damaged) {
        throw Failure(Exit::integrity, damaged.what());
    }
}

Outcome run(const Arguments& given) {
    const Interrupts interrupts;
    Progress progress;
    const C2cView::Stat stat = stat_of(given.stat);
    c2c::Config config = config_of(given, stat);
    DrawingFiles files(given.svg, given.html, interrupts);
    const auto start = std::chrono::steady_clock::now();
    config.interrupted = [&] { return interrupts.requested(); };
    config.progress = [&](const c2c::Progress& now) {
        if (progress.due()) {
            progress.show(progress_text(now, start));
        }
    };
    std::vector<perf::CpuPlace> places;
    for (const int cpu : config.cpus) {
        places.push_back(perf::place_of(cpu));
    }
    const c2c::Result result = checked(config);
    progress.clear();
    const C2cView view(config, places, result, stat, c2c::memory_nodes());
    Outcome outcome;
    outcome.result = view.document();
    outcome.warnings = view.warnings();
    outcome.text = given.csv ? view.csv() : view.text();
    for (const perf::Warning& warning : outcome.warnings) {
        if (given.csv) {
            say("shunt c2c: " + warning.text);
        }
    }
    files.write("shunt c2c", perf::draw(c2c_map(Part{outcome.result})));
    if (result.partial) {
        outcome.error = "interrupted; the pairs that were done are shown";
        outcome.exit = static_cast<int>(Exit::interrupted);
    }
    return outcome;
}

}  // namespace

void add_c2c(CLI::App& app, Invocation& invocation) {
    const auto given = std::make_shared<Arguments>();
    CLI::App* const sub =
        add_command(app, invocation, "c2c", "How long a cache line takes from core to core",
                    kExamples, [given] { return run(*given); });
    add_cpus(*sub, given->cpus);
    sub->add_option("--mode", given->mode,
                    "one-line (compare-and-swap), two-lines (a store each), add (fetch_add), ring "
                    "(a message there and back)")
        ->type_name("M")
        ->check(parses(mode_of))
        ->capture_default_str();
    sub->add_flag("--stream", given->stream, "Whole lines one way, as fast as they go")
        ->excludes("--mode");
    sub->add_option("--home", given->home,
                    "Whose memory the lines are: local (of who begins), remote, node:N")
        ->type_name("H")
        ->check(parses(home_of))
        ->capture_default_str();
    sub->add_option("--stat", given->stat, "What of the samples is shown: min, p50, p99")
        ->type_name("S")
        ->check(parses(stat_of))
        ->capture_default_str();
    sub->add_option("--samples", given->samples, "Samples of each pair")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    sub->add_option("--batch", given->batch,
                    "Round trips of a sample (default 200), or lines (4000)")
        ->type_name("N")
        ->check(parses(parse_count));
    sub->add_flag("--csv", given->csv, "The matrix as comma-separated numbers, without a head")
        ->excludes("--json");
    add_drawings(*sub, given->svg, given->html, "The map");
}

}  // namespace shunt::tools
