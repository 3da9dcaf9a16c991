// SPDX-License-Identifier: MIT
//
// shunt bench fanout: the command line of shunt_bench/fanout.hpp.
#include "bench_crowd.hpp"
#include "bench_words.hpp"

#include <shunt_bench/fanout.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt bench fanout --subscribers 3\n"
    "  shunt bench fanout --subscribers 0 --idle-subscribers 0,1,8,64 --stopped\n"
    "  shunt bench fanout --policy lossy --subscribers 4 --every-speed --messages 100M --repeats "
    "1\n"
    "  shunt bench fanout --kind latest --subscribers 1 --size 1024\n"
    "  shunt bench fanout --json | jq .result.rows[0].publish_ns.p99\n\n"
    "A process each, where the scheduler puts it, or pinned to --cpus in turn. Each message is\n"
    "checked, and at the end of each repeat what every reader received and what it was told that\n"
    "it lost are all that was sent, or the run ends with exit 6. Rows are measured by turns, and\n"
    "compared with the first: messages a second as a ratio, the 99th percentile of a publish as a\n"
    "difference, with the 95 % interval of its median (bootstrap over the repeats).\n"
    "Of a latest value a reader loads it all the time: first while it rests, then while the "
    "writer\n"
    "stores as fast as it can.\n"
    "Exit codes: 0 measured, 1 error, 2 usage, 6 a message was lost without being counted, or was\n"
    "changed or out of order, 7 refused: a control group would stop these processes, 8 "
    "permission,\n"
    "130 interrupted.";

struct FanoutArguments {
    bench::FanoutConfig config;
    std::string kind = "broadcast";
    std::string policy;
    std::string messages;
    std::vector<std::string> idle;
    CrowdArguments crowd;
};

bench::Feed feed_of(const std::string& word) {
    for (const bench::Feed feed : bench::kFeeds) {
        if (to_string(feed) == word) {
            return feed;
        }
    }
    throw std::invalid_argument("there are broadcast and latest");
}

std::uint32_t subscribers_of(const std::string& word) {
    const std::uint64_t count = parse_count(word);
    if (count > std::numeric_limits<std::uint16_t>::max()) {
        throw std::invalid_argument("'" + word + "' is too many");
    }
    return static_cast<std::uint32_t>(count);
}

bench::FanoutConfig config_of(const FanoutArguments& given) {
    bench::FanoutConfig config = given.config;
    config.kind = feed_of(given.kind);
    config.policy = given.policy.empty() ? policy::gated : policy_of(given.policy);
    if (!given.messages.empty()) {
        config.messages = static_cast<std::uint64_t>(parse_message_rate(given.messages));
    }
    if (!given.idle.empty()) {
        config.idle.clear();
    }
    for (const std::string& idle : given.idle) {
        config.idle.push_back(subscribers_of(idle));
    }
    take_crowd_options(config, given.crowd);
    return config;
}

Outcome fanout(const FanoutArguments& given) {
    return measure_crowd(Interrupts{}, config_of(given), bench::run_fanout, bench::render_fanout);
}

void add_readers(CLI::App& sub, FanoutArguments& given) {
    bench::FanoutConfig& config = given.config;
    sub.add_option("--subscribers", config.subscribers, "Processes that read")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    sub.add_option("--policy", given.policy, "Theirs: gated (default), lossy, conflate")
        ->type_name("P")
        ->check(parses(policy_of));
    sub.add_flag("--every-speed", config.every_speed,
                 "The n-th rests for 4^n - 1 pauses behind each message");
    sub.add_option("--idle-subscribers", given.idle,
                   "Lossy ones beside them that read nothing (default 0): a row each")
        ->type_name("N[,N...]")
        ->delimiter(',')
        ->check(parses(subscribers_of));
    sub.add_flag("--stopped", config.stopped,
                 "One more row, with a lossy reader that is stopped by SIGSTOP meanwhile");
}

}  // namespace

void add_fanout(CLI::App& bench, Invocation& invocation) {
    auto given = std::make_shared<FanoutArguments>();
    bench::FanoutConfig& config = given->config;
    CLI::App* const sub =
        add_command(bench, invocation, "fanout",
                    "Several that listen: what publishing costs, and what each of them gets",
                    kExamples, [given] { return fanout(*given); });
    sub->add_option("--kind", given->kind, "Kind of channel: broadcast, latest")
        ->check(parses(feed_of))
        ->capture_default_str();
    add_readers(*sub, *given);
    sub->add_option("--messages", given->messages,
                    "So many in each repeat, 1M being 1,000,000 (default: for 200 ms)")
        ->type_name("N")
        ->check(parses(parse_message_rate));
    sub->add_option("--capacity", config.capacity, "Messages (default 1024); of latest buffers (4)")
        ->type_name("N")
        ->check(parses(parse_count));
    sub->add_option("--repeats", config.repeats, "Repeats")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    add_crowd_options(*sub, given->crowd, "Pin them to these in turn (default: not)");
}

}  // namespace shunt::tools
