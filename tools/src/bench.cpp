// SPDX-License-Identifier: MIT
//
// shunt bench: the command line of bench/lib.
#include "bench_words.hpp"
#include "command.hpp"
#include "histogram_files.hpp"
#include "option_words.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#include <shunt_bench/run.hpp>
#include <shunt_perf/cpus.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace shunt::tools {

namespace {

using Run = nlohmann::json (*)(const bench::Config&);

constexpr const char* kFooter =
    "Exit codes: 0 measured (also where the machine did not settle: a warning says so), 1 error,\n"
    "2 usage, 6 a message was lost or changed, 7 refused: the figures would mean nothing,\n"
    "8 permission, 130 interrupted (with --json: what counted so far).";

constexpr const char* kSweeps =
    "A list of one of --capacity, --pages and --wait is a sweep: every repeat holds every value,\n"
    "between floors of its own, and each is compared with the first.\n\n";

constexpr const char* kPingpongExamples =
    "Examples:\n"
    "  shunt bench pingpong --size 8 --floor --peer boost\n"
    "  shunt bench pingpong --kind broadcast --peer spsc\n"
    "  shunt bench pingpong --wait park --peer futex\n"
    "  shunt bench pingpong --wait fd --peer epoll\n"
    "  shunt bench pingpong --wait spin,park,adaptive\n"
    "  shunt bench pingpong --size 8,1024 --cold l2 --peer boost\n"
    "  shunt bench pingpong --size 56 --hgrm shunt.hgrm --hlog all.hlog --peer boost\n"
    "  shunt bench pingpong --json | jq .result.paired.floor.median\n\n";

constexpr const char* kThroughputExamples =
    "Examples:\n"
    "  shunt bench throughput --size 8,56 --peer boost,boost-batch\n"
    "  shunt bench throughput --kind mpmc --size 8,56 --peer boost,vyukov,shunt-copy\n"
    "  shunt bench throughput --bytes --size 65536 --peer memcpy\n"
    "  shunt bench throughput --kind mpmc --bytes --size 100 --pop copy\n"
    "  shunt bench throughput --kind mpmc --size 1024 --in-place --peer shunt-blocks\n"
    "  shunt bench throughput --size 8,1024 --capacity 64,1K,64K\n"
    "  shunt bench throughput --size 8 --consume latency --json\n\n";

constexpr const char* kOpenloopExamples =
    "Examples:\n"
    "  shunt bench openloop --load 50,80,95 --peer boost\n"
    "  shunt bench openloop --rate 1M,10M --arrivals poisson\n"
    "  shunt bench openloop --arrivals burst --burst 32 --every 50us --peer shunt-throughput\n"
    "  shunt bench openloop --json | jq '.result.points[] | [.asked_per_s, .one_way_ns.p99]'\n\n"
    "Latency counts from the time a message was due, whenever it left. A repeat in which the\n"
    "sender ended behind its schedule is marked and not in the figures.\n\n";

constexpr const char* kPacedExamples =
    "Examples:\n"
    "  shunt bench paced --gap 15,30,60,120,1us\n"
    "  shunt bench paced --size 56 --peer boost --json\n\n"
    "shunt is measured with .consume = latency, shunt-throughput with .consume = throughput.\n\n";

constexpr const char* kWakeExamples =
    "Examples:\n"
    "  shunt bench wake --peer futex\n"
    "  shunt bench wake --peer futex --json | jq .result.paired.futex.median\n\n"
    "Before each message the receiver is seen asleep in the kernel, twice, 50 us apart.\n\n";

constexpr const char* kColdstartExamples =
    "Examples:\n"
    "  shunt bench coldstart\n"
    "  shunt bench coldstart --repeats 15 --after 1M --json | jq .result.without_faults\n\n"
    "Each repeat opens a channel by two new processes: with prepare_rt() (shunt), with it and the\n"
    "same code run on another channel before (shunt-rehearsed), without it (shunt-unprepared).\n\n";

struct BenchArguments {
    bench::Config config;
    std::vector<std::string> sizes;
    std::string kind = "spsc";
    std::string cpus;
    std::vector<std::string> waits{"spin"};    // several: a sweep
    std::vector<std::string> pages{"prefer"};  // the same
    std::vector<std::string> capacities;       // the same; none: the default
    std::string consume;
    std::string cold;  // empty: no
    std::string pop = "in-place";
    std::string hgrm;
    std::string hlog;
    std::vector<std::string> rates;
    std::vector<std::string> loads;
    std::vector<std::string> gaps;
    std::string arrivals = "constant";
    std::string every = "50us";
    std::string seed = "1";
    std::string after;
};

// fd: the ports of the channel in an epoll loop.
std::optional<events> loop_of(const std::string& word) {
    return word == "fd"          ? std::optional{events::any}
           : word == "fd-thread" ? std::optional{events::thread}
                                 : std::nullopt;
}

// park for both of them.
wait bench_wait_of(const std::string& word) {
    constexpr std::array<std::string_view, 4> kPlain{"spin", "spin_pause", "park", "adaptive"};
    if (loop_of(word)) {
        return wait::park;
    }
    if (std::find(kPlain.begin(), kPlain.end(), word) == kPlain.end()) {
        throw std::invalid_argument("'" + word +
                                    "' is no way to wait: write spin, spin_pause, "
                                    "park, adaptive, fd or fd-thread");
    }
    return wait_of(word);
}

consume consume_of(const std::string& word) {
    if (word == "latency") {
        return consume::latency;
    }
    if (word == "throughput") {
        return consume::throughput;
    }
    throw std::invalid_argument("'" + word + "' is no tuning: write latency or throughput");
}

pop pop_of(const std::string& word) {
    if (word == "in-place") {
        return pop::in_place;
    }
    if (word == "copy") {
        return pop::copy;
    }
    throw std::invalid_argument("'" + word + "' is no way to pop: write in-place or copy");
}

bench::Arrivals arrivals_of(const std::string& word) {
    for (const auto& [name, arrivals] : {std::pair{"constant", bench::Arrivals::constant},
                                         std::pair{"poisson", bench::Arrivals::poisson},
                                         std::pair{"burst", bench::Arrivals::burst}}) {
        if (word == name) {
            return arrivals;
        }
    }
    throw std::invalid_argument("'" + word +
                                "' is no way to arrive: write constant, poisson or "
                                "burst");
}

// What only an open loop, or a cold start, is asked for.
void take_pace(bench::Config& config, const BenchArguments& given) {
    for (const std::string& rate : given.rates) {
        config.rates.push_back(parse_message_rate(rate));
    }
    for (const std::string& load : given.loads) {
        config.loads.push_back(parse_percent(load));
    }
    config.arrivals = arrivals_of(given.arrivals);
    if (!config.rates.empty() && !config.loads.empty()) {
        throw Failure(Exit::usage, "--rate is a rate, --load finds one: give one of them");
    }
    if (config.arrivals == bench::Arrivals::burst &&
        !(given.rates.empty() && given.loads.empty())) {
        throw Failure(Exit::usage,
                      "the rate of bursts is --burst over --every: leave --rate and "
                      "--load away");
    }
    config.every = std::chrono::nanoseconds(std::llround(parse_nanoseconds(given.every)));
    config.seed = parse_count(given.seed);
    if (!given.gaps.empty()) {
        config.gaps_ns.clear();
    }
    for (const std::string& gap : given.gaps) {
        config.gaps_ns.push_back(parse_nanoseconds(gap));
    }
    if (!given.after.empty()) {
        config.after = static_cast<std::uint64_t>(parse_message_rate(given.after));
    }
}

bench::Cold cold_of(const std::string& word) {
    if (word == "l2") {
        return bench::Cold::l2;
    }
    if (word == "all") {
        return bench::Cold::all;
    }
    throw std::invalid_argument("'" + word + "' is no cache to be cold: write l2 or all");
}

std::uint64_t capacity_of(const std::string& word) {
    const std::uint64_t capacity = parse_bytes(word);
    if (capacity == 0) {  // to the harness: the default
        throw Failure(Exit::usage, "a channel with a capacity of 0 holds no message");
    }
    return capacity;
}

// What one value is given of, or a list of them.
void take_swept(bench::Config& config, const BenchArguments& given) {
    bench::Sweep& sweep = config.sweep;
    for (const std::string& word : given.waits) {
        sweep.waits.push_back({bench_wait_of(word), loop_of(word)});
    }
    for (const std::string& word : given.pages) {
        sweep.pages.push_back(pages_of(word));
    }
    for (const std::string& word : given.capacities) {
        sweep.capacities.push_back(capacity_of(word));
    }
    if (sweep.waits.size() == 1) {
        config.wait = sweep.waits[0].wait;
        config.loop = sweep.waits[0].loop;
        sweep.waits.clear();
    }
    if (sweep.pages.size() == 1) {
        config.pages = sweep.pages[0];
        sweep.pages.clear();
    }
    if (sweep.capacities.size() == 1) {
        config.capacity = sweep.capacities[0];
        sweep.capacities.clear();
    }
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
    config.kind = bench_kind_of(given.kind);
    config.pop = pop_of(given.pop);
    if (!given.consume.empty()) {
        config.consume = consume_of(given.consume);
    }
    if (!given.cold.empty()) {
        config.cold = cold_of(given.cold);
    }
    take_swept(config, given);
    take_pace(config, given);
    return config;
}

// A file of percentiles has room for those of one size at one rate.
void refuse_several(const BenchArguments& given, const bench::Config& config, Run run) {
    if (given.hgrm.empty()) {
        return;
    }
    if (config.sizes.size() > 1) {
        throw Failure(Exit::usage,
                      fmt::format("--hgrm holds one histogram, and {} sizes were asked for: give "
                                  "one --size, or take --hlog",
                                  config.sizes.size()));
    }
    const std::size_t points = std::max(
        {config.sweep.pages.size(), config.sweep.waits.size(), config.sweep.capacities.size()});
    if (points > 1) {
        throw Failure(Exit::usage,
                      fmt::format("--hgrm holds one histogram, and {} points were asked for: give "
                                  "one of each option, or take --hlog",
                                  points));
    }
    const bool bursts = config.arrivals == bench::Arrivals::burst;
    const std::size_t loads = config.rates.empty() && config.loads.empty()
                                  ? 3
                                  : config.rates.size() + config.loads.size();
    const std::size_t paces = run == bench::run_paced                 ? config.gaps_ns.size()
                              : run == bench::run_openloop && !bursts ? loads
                                                                      : 1;
    if (paces > 1) {
        throw Failure(Exit::usage,
                      fmt::format("--hgrm holds one histogram, and {} paces were asked for: give "
                                  "one, or take --hlog",
                                  paces));
    }
}

Outcome measure(const BenchArguments& given, Run run) {
    const Interrupts interrupts;
    Progress progress;
    bench::Config config = config_of(given);
    refuse_several(given, config, run);
    HistogramFiles files(given.hgrm, given.hlog, interrupts);
    const auto start = std::chrono::system_clock::now();
    config.interrupted = [&] { return interrupts.requested(); };
    config.progress = [&](const bench::Progress& now) {
        progress.show(
            fmt::format("{} of {} repeats count, {} tried", now.counted, now.wanted, now.tried));
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
    app.add_option("--kind", given.kind, "Kind of channel: spsc, mpsc, mpmc, broadcast")
        ->check(parses(bench_kind_of))
        ->capture_default_str();
    app.add_option("--size", given.sizes,
                   fmt::format("Payload bytes (default 8): {}; with --bytes any from 8 on",
                               fmt::join(bench::typed_sizes(), ", ")))
        ->type_name("N[,N...]")
        ->delimiter(',')
        ->check(parses(parse_bytes));
    app.add_flag("--bytes", config.bytes, "Byte messages in place of structs");
    app.add_flag("--blocks", config.blocks,
                 "Of mpmc: messages in blocks beside the ring, so that nobody waits for who fills "
                 "one");
    app.add_flag("--in-place", config.in_place, "Claim and peek in place of push and pop");
    app.add_option("--idle-lanes", config.idle_lanes,
                   "Of mpsc: so many more producers that send nothing")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    app.add_option("--idle-subscribers", config.idle_subscribers,
                   "Of broadcast: so many more, lossy ones, that read nothing")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    app.add_option("--pop", given.pop,
                   "mpmc: in-place (the slot bears the consumer's name meanwhile) or copy")
        ->type_name("P")
        ->check(parses(pop_of))
        ->capture_default_str();
    app.add_option("--batch", config.batch, "Messages a call (throughput)")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    app.add_option("--fields", config.fields, "Write the payload field by field, 4 or 8 bytes each")
        ->type_name("4|8")
        ->check(parses(parse_count));
}

// Where a list is a sweep, that is what the type's name says.
void add_swept(CLI::App& app, BenchArguments& given, bool lists) {
    const auto type = [&](const char* name) {
        return lists ? fmt::format("{}[,{}...]", name, name) : std::string{name};
    };
    app.add_option("--capacity", given.capacities,
                   "Messages (default 1024); of spsc with --bytes bytes of the ring (default 1M)")
        ->type_name(type("N"))
        ->delimiter(',')
        ->check(parses(parse_bytes));
    app.add_option("--pages", given.pages, "4k, thp, 2m, 1g, prefer")
        ->type_name(type("P"))
        ->delimiter(',')
        ->check(parses(pages_of))
        ->default_str(given.pages.front());
    app.add_option("--wait", given.waits,
                   "spin, spin_pause; in a wakeable channel park, adaptive, fd (an epoll loop), "
                   "fd-thread (without io_uring)")
        ->type_name(type("W"))
        ->delimiter(',')
        ->check(parses(bench_wait_of))
        ->default_str(given.waits.front());
}

void add_running(CLI::App& app, BenchArguments& given) {
    bench::Config& config = given.config;
    app.add_option("--cpus", given.cpus, "The two cpus (default: chosen, same cache, other core)")
        ->type_name("A,B")
        ->check(parses([](const std::string& text) { return perf::parse_cpu_list(text); }));
    app.add_option("--consume", given.consume, "latency or throughput (default: what is measured)")
        ->type_name("C")
        ->check(parses(consume_of));
    app.add_option("--repeats", config.repeats, "Repeats that count; four times as many are tried")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    app.add_flag("--floor", config.floor,
                 "Measure the one-line floor and the best pause count too");
    app.add_option(
           "--peer", config.peers,
           fmt::format("Rivals in the same repeats: {}; of mpsc {}; of mpmc {}; of broadcast {}",
                       fmt::join(bench::peer_names(bench::Kind::spsc), ", "),
                       fmt::join(bench::peer_names(bench::Kind::mpsc), ", "),
                       fmt::join(bench::peer_names(bench::Kind::mpmc), ", "),
                       fmt::join(bench::peer_names(bench::Kind::broadcast), ", ")))
        ->type_name("NAME[,NAME...]")
        ->delimiter(',');
}

void add_openloop(CLI::App& app, BenchArguments& given) {
    app.add_option("--rate", given.rates, "Messages a second, 1M being 1,000,000")
        ->type_name("R[,R...]")
        ->delimiter(',')
        ->check(parses(parse_message_rate));
    app.add_option("--load", given.loads,
                   "Percent of the knee, the highest rate that is kept, found first\n"
                   "(default 50,80,95)")
        ->type_name("P[,P...]")
        ->delimiter(',')
        ->check(parses(parse_percent));
    app.add_option("--arrivals", given.arrivals, "constant, poisson, burst")
        ->type_name("A")
        ->check(parses(arrivals_of))
        ->capture_default_str();
    app.add_option("--burst", given.config.burst, "Messages due at once (with burst)")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    app.add_option("--every", given.every, "From one burst to the next")
        ->type_name("T")
        ->check(parses(parse_nanoseconds))
        ->capture_default_str();
    app.add_option("--seed", given.seed, "Of poisson arrivals")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
}

void add_own(CLI::App& app, BenchArguments& given, Run run) {
    if (run == bench::run_openloop) {
        add_openloop(app, given);
    } else if (run == bench::run_pingpong) {
        app.add_option("--cold", given.cold,
                       "Before each message both sides walk over other memory: l2, twice what L2 "
                       "holds;\n"
                       "all, of L3 too. The walk is in no figure")
            ->type_name("C")
            ->check(parses(cold_of));
    } else if (run == bench::run_paced) {
        app.add_option("--gap", given.gaps,
                       "From one message to the next (default 15,30,60,120,1us)")
            ->type_name("T[,T...]")
            ->delimiter(',')
            ->check(parses(parse_nanoseconds));
    } else if (run == bench::run_coldstart) {
        app.add_option("--after", given.after,
                       "Round trips after the first ones, 1M being 1,000,000 (default 20K)")
            ->type_name("N")
            ->check(parses(parse_message_rate));
    }
}

void add_measurement(CLI::App& parent, Invocation& invocation, const std::string& name,
                     const std::string& description, const std::string& examples, Run run) {
    auto given = std::make_shared<BenchArguments>();
    if (run == bench::run_wake) {
        given->waits = {"park"};
    } else if (run == bench::run_coldstart) {
        given->config.repeats = 100;
    }
    const bool sweeps = run == bench::run_pingpong || run == bench::run_throughput;
    CLI::App* const sub = add_command(parent, invocation, name, description,
                                      examples + (sweeps ? kSweeps : "") + kFooter,
                                      [given, run] { return measure(*given, run); });
    add_shape(*sub, *given);
    add_swept(*sub, *given, sweeps);
    add_running(*sub, *given);
    add_own(*sub, *given, run);
    if (run != bench::run_throughput) {
        sub->add_option("--hgrm", given->hgrm,
                        "Percentiles of shunt, ns, as HdrHistogram's plotters read them")
            ->type_name("F");
        sub->add_option("--hlog", given->hlog, "Everybody's histograms, ns, as a log 1.3")
            ->type_name("F");
    }
}

}  // namespace

bench::Kind bench_kind_of(const std::string& word) {
    for (const bench::Kind kind : bench::kKinds) {
        if (to_string(kind) == word) {
            return kind;
        }
    }
    throw std::invalid_argument("there are spsc, mpsc, mpmc and broadcast");
}

void add_bench(CLI::App& app, Invocation& invocation) {
    CLI::App* const bench = app.add_subcommand("bench", "Measure on this machine, beside rivals");
    bench->footer(std::string{kPingpongExamples} + kFooter);
    bench->require_subcommand(1);
    add_measurement(*bench, invocation, "pingpong", "Latency: one message there and one back",
                    kPingpongExamples, bench::run_pingpong);
    add_measurement(*bench, invocation, "throughput", "Messages per second, as fast as it goes",
                    kThroughputExamples, bench::run_throughput);
    add_fanin(*bench, invocation);
    add_fanout(*bench, invocation);
    add_slow(*bench, invocation);
    add_measurement(*bench, invocation, "openloop", "Latency of messages that are due at a rate",
                    kOpenloopExamples, bench::run_openloop);
    add_measurement(*bench, invocation, "paced",
                    "Latency of a message every so often, tuned both "
                    "ways",
                    kPacedExamples, bench::run_paced);
    add_measurement(*bench, invocation, "wake", "Latency to a process that sleeps in the kernel",
                    kWakeExamples, bench::run_wake);
    add_measurement(*bench, invocation, "coldstart", "Latency of the first messages after opening",
                    kColdstartExamples, bench::run_coldstart);
}

}  // namespace shunt::tools
