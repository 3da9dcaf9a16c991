// SPDX-License-Identifier: MIT
//
// shunt bench fanin: the command line of shunt_bench/fanin.hpp.
#include "bench_crowd.hpp"
#include "bench_words.hpp"

#include <shunt_bench/fanin.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt bench fanin --producers 2\n"
    "  shunt bench fanin --peer mpmc,boost,vyukov\n"
    "  shunt bench fanin --kind mpmc --producers 4 --consumers 4 --size 56\n"
    "  shunt bench fanin --producers 8 --json | jq .result.jain.median\n\n"
    "A process each, where the scheduler puts it, or pinned to --cpus in turn. Jain's index\n"
    "of the producers' shares is 1 where all got through equally, and 1/N where one of N had\n"
    "everything: by rate, of what came of each in the same time; by finish, of how fast each got\n"
    "the same number of messages through.\n"
    "A peer is measured in the same repeats: the other one of mpsc and mpmc, or one queue that\n"
    "all share, with --capacity messages in all where mpsc has as many in each lane. Queues know\n"
    "no sleep: with --wait park or adaptive their processes poll 64 times and then give the cpu\n"
    "away, for as long as it takes; else they poll as shunt does.\n"
    "Exit codes: 0 measured, 1 error, 2 usage, 6 a message was lost, changed or out of order,\n"
    "7 refused: a control group would stop these processes, 8 permission, 130 interrupted.";

struct FaninArguments {
    bench::FaninConfig config;
    std::string kind = "mpsc";
    CrowdArguments crowd;
};

Outcome fanin(const FaninArguments& given) {
    bench::FaninConfig config = given.config;
    config.kind = bench_kind_of(given.kind);
    take_crowd_options(config, given.crowd);
    return measure_crowd(Interrupts{}, std::move(config), bench::run_fanin, bench::render_fanin);
}

}  // namespace

void add_fanin(CLI::App& bench, Invocation& invocation) {
    auto given = std::make_shared<FaninArguments>();
    bench::FaninConfig& config = given->config;
    CLI::App* const sub = add_command(bench, invocation, "fanin",
                                      "Several producers: messages per second, and fairness",
                                      kExamples, [given] { return fanin(*given); });
    sub->add_option("--kind", given->kind, "Kind of channel: mpsc, mpmc")
        ->check(parses(bench_kind_of))
        ->capture_default_str();
    const auto number = [&](const char* name, auto& value, const char* text) {
        sub->add_option(name, value, text)
            ->type_name("N")
            ->check(parses(parse_count))
            ->capture_default_str();
    };
    number("--producers", config.producers, "Processes that send");
    number("--consumers", config.consumers, "Processes that receive (mpmc)");
    number("--capacity", config.capacity, "Messages; of mpsc in each lane; of peers 1024 or 8192");
    number("--repeats", config.repeats, "Repeats");
    sub->add_option("--peer", config.peers,
                    fmt::format("Rivals in the same repeats: of mpsc {}; of mpmc {}",
                                fmt::join(bench::fanin_peer_names(bench::Kind::mpsc), ", "),
                                fmt::join(bench::fanin_peer_names(bench::Kind::mpmc), ", ")))
        ->type_name("NAME[,NAME...]")
        ->delimiter(',');
    add_crowd_options(*sub, given->crowd, "Pin them to these in turn (default: not)");
}

}  // namespace shunt::tools
