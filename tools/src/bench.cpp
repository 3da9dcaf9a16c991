// SPDX-License-Identifier: MIT
//
// shunt bench: the command line of bench/lib.
#include "command.hpp"
#include "histogram_files.hpp"
#include "option_words.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#include <shunt_bench/run.hpp>
#include <shunt_perf/cpus.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <unistd.h>

namespace shunt::tools {

namespace {

using Run = nlohmann::json (*)(const bench::Config&);

constexpr const char* kFooter =
    "Exit codes: 0 measured (also where the machine did not settle: a warning says so), 1 error,\n"
    "2 usage, 6 a message was lost or changed, 7 refused: the figures would mean nothing,\n"
    "8 permission, 130 interrupted (with --json: what counted so far).";

constexpr const char* kPingpongExamples =
    "Examples:\n"
    "  shunt bench pingpong --size 8 --floor --peer boost\n"
    "  shunt bench pingpong --wait park --peer futex\n"
    "  shunt bench pingpong --size 56 --hgrm shunt.hgrm --hlog all.hlog --peer boost\n"
    "  shunt bench pingpong --json | jq .result.paired.floor.median\n\n";

constexpr const char* kThroughputExamples =
    "Examples:\n"
    "  shunt bench throughput --size 8,56 --peer boost,boost-batch\n"
    "  shunt bench throughput --bytes --size 65536 --peer memcpy\n"
    "  shunt bench throughput --size 8 --consume latency --json\n\n";

struct BenchArguments {
    bench::Config config;
    std::vector<std::string> sizes;
    std::string cpus;
    std::string wait = "spin";
    std::string pages = "prefer";
    std::string consume;
    std::string capacity;
    std::string hgrm;
    std::string hlog;
};

consume consume_of(const std::string& word) {
    if (word == "latency") {
        return consume::latency;
    }
    if (word == "throughput") {
        return consume::throughput;
    }
    throw std::invalid_argument("'" + word + "' is no tuning: write latency or throughput");
}

bench::Config config_of(const BenchArguments& given) {
    bench::Config config = given.config;
    if (!given.sizes.empty()) {
        config.sizes.clear();
    }
    for (const std::string& size : given.sizes) {
        config.sizes.push_back(parse_bytes(size));
    }
    config.cpus = given.cpus.empty() ? std::vector<int>{} : perf::parse_cpu_list(given.cpus);
    config.wait = wait_of(given.wait);
    config.pages = pages_of(given.pages);
    if (!given.consume.empty()) {
        config.consume = consume_of(given.consume);
    }
    if (!given.capacity.empty()) {
        config.capacity = parse_bytes(given.capacity);
        if (config.capacity == 0) {  // to the harness: the default
            throw Failure(Exit::usage, "a channel with a capacity of 0 holds no message");
        }
    }
    return config;
}

Outcome measure(const BenchArguments& given, Run run) {
    const Interrupts interrupts;
    Progress progress;
    bench::Config config = config_of(given);
    if (!given.hgrm.empty() && config.sizes.size() > 1) {
        throw Failure(Exit::usage,
                      fmt::format("--hgrm holds one histogram, and {} sizes were asked for: give "
                                  "one --size, or take --hlog",
                                  config.sizes.size()));
    }
    HistogramFiles files(given.hgrm, given.hlog, interrupts);
    const auto start = std::chrono::system_clock::now();
    config.interrupted = [&] { return interrupts.requested(); };
    config.progress = [&](const bench::Progress& now) {
        progress.show(fmt::format("{} of {} repeats count, {} tried", now.counted, now.wanted,
                                  now.tried));
    };
    progress.show("measuring");
    Outcome outcome;
    outcome.document = run(config);
    progress.clear();
    const std::chrono::duration<double> start_s = start.time_since_epoch();
    const std::chrono::duration<double> length_s = std::chrono::system_clock::now() - start;
    files.write(outcome.document, start_s.count(), length_s.count());
    outcome.text = bench::render(outcome.document, columns_of(STDOUT_FILENO));
    if (interrupts.requested()) {
        outcome.error = "interrupted; what counted so far is shown";
        outcome.exit = static_cast<int>(Exit::interrupted);
    }
    return outcome;
}

void add_shape(CLI::App& app, BenchArguments& given) {
    bench::Config& config = given.config;
    app.add_option("--kind", config.kind, "Kind of channel: spsc")->capture_default_str();
    app.add_option("--size", given.sizes,
                   fmt::format("Payload bytes (default 8): {}; with --bytes any from 8 on",
                               fmt::join(bench::typed_sizes(), ", ")))
        ->type_name("N[,N...]")
        ->delimiter(',')
        ->check(parses(parse_bytes));
    app.add_flag("--bytes", config.bytes, "The bytes ring in place of the typed one");
    app.add_flag("--in-place", config.in_place, "Claim and peek in place of push and pop");
    app.add_option("--batch", config.batch, "Messages a call (throughput)")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    app.add_option("--fields", config.fields,
                   "Write the payload field by field, 4 or 8 bytes each")
        ->type_name("4|8")
        ->check(parses(parse_count));
    app.add_option("--capacity", given.capacity,
                   "Messages (default 1024); with --bytes bytes of the ring (default 1M)")
        ->type_name("N")
        ->check(parses(parse_bytes));
    app.add_option("--pages", given.pages, "4k, thp, 2m, 1g, prefer")
        ->type_name("P")
        ->check(parses(pages_of))
        ->capture_default_str();
}

void add_running(CLI::App& app, BenchArguments& given) {
    bench::Config& config = given.config;
    app.add_option("--cpus", given.cpus, "The two cpus (default: chosen, same cache, other core)")
        ->type_name("A,B")
        ->check(parses([](const std::string& text) { return perf::parse_cpu_list(text); }));
    app.add_option("--wait", given.wait,
                   "spin, spin_pause, or park (a wakeable channel; else a polling one)")
        ->type_name("W")
        ->check(parses(wait_of))
        ->capture_default_str();
    app.add_option("--consume", given.consume, "latency or throughput (default: what is measured)")
        ->type_name("C")
        ->check(parses(consume_of));
    app.add_option("--repeats", config.repeats, "Repeats that count; four times as many are tried")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    app.add_flag("--floor", config.floor,
                 "Measure the one-line floor and the best pause count too");
    app.add_option("--peer", config.peers,
                   fmt::format("Rivals in the same repeats: {}",
                               fmt::join(bench::peer_names(), ", ")))
        ->type_name("NAME[,NAME...]")
        ->delimiter(',');
}

void add_measurement(CLI::App& parent, Invocation& invocation, const std::string& name,
                     const std::string& description, const std::string& examples, Run run) {
    auto given = std::make_shared<BenchArguments>();
    CLI::App* const sub = add_command(parent, invocation, name, description, examples + kFooter,
                                      [given, run] { return measure(*given, run); });
    add_shape(*sub, *given);
    add_running(*sub, *given);
    if (run == bench::run_pingpong) {
        sub->add_option("--hgrm", given->hgrm,
                        "Percentiles of shunt, ns, as HdrHistogram's plotters read them")
            ->type_name("F");
        sub->add_option("--hlog", given->hlog, "Everybody's histograms, ns, as a log 1.3")
            ->type_name("F");
    }
}

}  // namespace

void add_bench(CLI::App& app, Invocation& invocation) {
    CLI::App* const bench = app.add_subcommand("bench", "Measure on this machine, beside rivals");
    bench->footer(std::string{kPingpongExamples} + kFooter);
    bench->require_subcommand(1);
    add_measurement(*bench, invocation, "pingpong", "Latency: one message there and one back",
                    kPingpongExamples, bench::run_pingpong);
    add_measurement(*bench, invocation, "throughput", "Messages per second, as fast as it goes",
                    kThroughputExamples, bench::run_throughput);
}

}  // namespace shunt::tools
