// SPDX-License-Identifier: MIT
//
// shunt-peers: what else passes a message from one process to another, beside shunt.
#include "command.hpp"
#include "peers_view.hpp"
#include "quantity.hpp"
#include "signals.hpp"
#include "table.hpp"
#include "terminal.hpp"

#include <shunt_bench/run.hpp>
#include <shunt_peers/peers.hpp>
#include <shunt_perf/cpus.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

namespace shunt::tools {

namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  shunt-peers                                  every peer, messages of 8 bytes\n"
    "  shunt-peers --only pipe,unix_stream --size 8,56,4096\n"
    "  shunt-peers --throughput --only pipe,zeromq  messages a second\n"
    "  shunt-peers --json | jq .result.peers.pipe.one_way_ns.p50\n\n"
    "Two pinned processes; all rows in the same repeats, between the same floors. Who polls is\n"
    "compared with shunt, who blocks with shunt-park; two threads of one process, for queues that\n"
    "know no processes, with shunt-threads.\n\n"
    "Exit codes: 0 measured (also where the machine did not settle: a warning says so), 1 error,\n"
    "2 usage, 6 a message was lost or changed, 7 refused: the figures would mean nothing,\n"
    "8 permission, 130 interrupted (with --json: what counted so far).";

struct Arguments {
    std::vector<std::string> only;
    std::vector<std::string> sizes{"8"};
    std::string cpus;
    std::string repeats = "15";
    bool throughput = false;
    bool list = false;
};

Outcome list(const std::vector<std::string>& keys) {
    Table table({"peer", "waits", "between", ">copies", "capacity", "order", "what"});
    Outcome outcome;
    outcome.result["absent"] = nlohmann::json::object();
    for (const std::string& key : keys) {
        if (const std::string_view why = peers::not_built(key); !why.empty()) {
            outcome.result["absent"][key] = why;
            continue;
        }
        const nlohmann::json about = peers::about(key);
        outcome.result["peers"][key] = about;
        table.add({key, about["waits"], about["between"],
                   std::to_string(about["copies"].get<int>()), about["capacity"], about["order"],
                   about["what"]});
    }
    outcome.text = table.text() + absent_text(outcome.result["absent"]);
    return outcome;
}

Outcome run(const Arguments& given) {
    if (given.list) {
        const std::vector<std::string_view> all = peers::all_keys();
        return list(given.only.empty() ? std::vector<std::string>(all.begin(), all.end())
                                       : given.only);
    }
    const Interrupts interrupts;
    Progress progress;
    bench::Config config;
    config.sizes.clear();
    for (const std::string& size : given.sizes) {
        config.sizes.push_back(parse_bytes(size));
    }
    config.cpus = given.cpus.empty() ? std::vector<int>{} : perf::parse_cpu_list(given.cpus);
    config.repeats = static_cast<unsigned>(
        std::min<std::uint64_t>(parse_count(given.repeats), std::numeric_limits<unsigned>::max()));
    config.interrupted = [&] { return interrupts.requested(); };
    config.progress = [&](const bench::Progress& now) {
        progress.show(
            fmt::format("{} of {} repeats count, {} tried", now.counted, now.wanted, now.tried));
    };
    progress.show("measuring");
    Outcome outcome;
    outcome.document = given.throughput ? peers::measure_throughput(config, given.only)
                                        : peers::measure(config, given.only);
    progress.clear();
    outcome.text = peers_text(outcome.document);
    if (interrupts.requested()) {
        outcome.error = "interrupted; what counted so far is shown";
        outcome.exit = static_cast<int>(Exit::interrupted);
    }
    return outcome;
}

int run_peers(int argc, const char* const* argv) {
    CLI::App app{"Ways to pass messages between two processes, measured beside shunt",
                 "shunt-peers"};
    Invocation invocation;
    Arguments given;
    make_command(app, invocation, "peers", kFooter, [&] { return run(given); });
    app.add_option("--only", given.only, "These peers (default: all)")
        ->type_name("KEY[,KEY...]")
        ->delimiter(',')
        ->check(parses([](const std::string& key) { return peers::not_built(key); }));
    app.add_option("--size", given.sizes,
                   fmt::format("Payload bytes: {}", fmt::join(peers::sizes(), ", ")))
        ->type_name("N[,N...]")
        ->delimiter(',')
        ->check(parses(parse_bytes));
    app.add_option("--cpus", given.cpus, "The two cpus (default: chosen, same cache, other core)")
        ->type_name("A,B")
        ->check(parses([](const std::string& text) { return perf::parse_cpu_list(text); }));
    app.add_option("--repeats", given.repeats, "Repeats that count; four times as many are tried")
        ->type_name("N")
        ->check(parses(parse_count));
    app.add_flag("--throughput", given.throughput, "Messages a second one way, not a ping-pong");
    app.add_flag("--list", given.list, "What each peer is, and measure nothing");
    return run_program(app, invocation, argc, argv);
}

}  // namespace

}  // namespace shunt::tools

int main(int argc, char** argv) {
    return shunt::tools::run_peers(argc, argv);
}
