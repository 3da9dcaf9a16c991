// SPDX-License-Identifier: MIT
//
// shunt bench slow: the command line of shunt_bench/slow.hpp.
#include "bench_crowd.hpp"
#include "bench_words.hpp"
#include "histogram_files.hpp"

#include <shunt_bench/slow.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <memory>
#include <string>
#include <utility>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt bench slow\n"
    "  shunt bench slow --work 20us --row spsc,gated-block,lossy\n"
    "  shunt bench slow --wait spin --cpus 0,1\n"
    "  shunt bench slow --json | jq '.result.rows[] | [.name, .send_ns.p99]'\n\n"
    "One process sends as fast as it can, another takes --work for each message. Rows are kinds "
    "of\n"
    "channels, and what their senders do where there is no room: spsc, mpsc, mpmc and gated-block\n"
    "wait, gated-drop does not send the message, gated-evict waits for that subscriber no more,\n"
    "lossy, conflate and latest overwrite what was not read. Each message is checked, and what "
    "was\n"
    "accepted is exactly what was received and what was told as lost, or the run ends with exit "
    "6.\n"
    "Exit codes: 0 measured, 1 error, 2 usage, 6 a message was lost without being counted, or was\n"
    "changed or out of order, 7 refused: a control group would stop these processes, 8 "
    "permission,\n"
    "130 interrupted.";

struct SlowArguments {
    bench::SlowConfig config;
    std::string work = "1us";
    std::string capacity = "1024";
    CrowdArguments crowd;
    std::string hlog;
};

Outcome slow(const SlowArguments& given) {
    const Interrupts interrupts;
    bench::SlowConfig config = given.config;
    config.work = std::chrono::nanoseconds(std::llround(parse_nanoseconds(given.work)));
    config.capacity = parse_bytes(given.capacity);
    take_crowd_options(config, given.crowd);
    HistogramFiles files("", given.hlog, interrupts);
    const auto start = std::chrono::system_clock::now();
    Outcome outcome =
        measure_crowd(interrupts, std::move(config), bench::run_slow, bench::render_slow);
    const std::chrono::duration<double> start_s = start.time_since_epoch();
    const std::chrono::duration<double> length_s = std::chrono::system_clock::now() - start;
    files.write(outcome.document, start_s.count(), length_s.count());
    return outcome;
}

}  // namespace

void add_slow(CLI::App& bench, Invocation& invocation) {
    auto given = std::make_shared<SlowArguments>();
    CLI::App* const sub = add_command(bench, invocation, "slow",
                                      "A receiver that takes its time: what its sender meets",
                                      kExamples, [given] { return slow(*given); });
    sub->add_option("--work", given->work, "That the receiver takes for each message, up to 10ms")
        ->type_name("T")
        ->check(parses(parse_nanoseconds))
        ->capture_default_str();
    sub->add_option(
           "--row", given->config.rows,
           fmt::format("Only these (default all): {}", fmt::join(bench::slow_row_names(), ", ")))
        ->type_name("NAME[,NAME...]")
        ->delimiter(',');
    sub->add_option("--capacity", given->capacity, "Messages; of latest there are 4 buffers")
        ->type_name("N")
        ->check(parses(parse_bytes))
        ->capture_default_str();
    sub->add_option("--repeats", given->config.repeats, "Repeats")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
    add_crowd_options(*sub, given->crowd, "The sender's and the receiver's (default: not pinned)");
    sub->add_option("--hlog", given->hlog, "How long sends took, a row each, ns, as a log 1.3")
        ->type_name("F");
}

}  // namespace shunt::tools
