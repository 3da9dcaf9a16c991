// SPDX-License-Identifier: MIT
//
// shunt demo: the main job on this machine. Two pinned processes pass messages to and fro through a
// channel on huge pages and check each; the distribution stands beside the machine's own floor.
#include "command.hpp"
#include "quantity.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#include <shunt/core/error.hpp>
#include <shunt/spsc.hpp>
#include <shunt_bench/run.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <unistd.h>

namespace shunt::tools {

namespace {

constexpr std::size_t kMessageBytes = 56;  // with its stamp, one cache line

// As many huge pages as the measurement takes at a time: one for the floor, two for the channels.
constexpr std::uint64_t kProbeBytes = 2 * kHugePageBytes;

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt demo\n"
    "  shunt demo --json | jq .result.one_way_ns\n\n"
    "Takes 5 to 30 seconds. Needs two cpus; takes 2 MiB pages if it can have them, and says so.\n"
    "Exit codes: 0 ok, 1 error, 6 a message was lost or changed, 7 one cpu only, 130 interrupted.";

// Why there are no huge pages, with the cure; empty: there are.
std::string why_no_huge_pages() {
    const std::string name = fmt::format("demo.{}", ::getpid());
    try {
        const spsc::BytesProducer probe(
            name,
            {.capacity = kProbeBytes, .pages = pages::huge_2m, .linger = linger::none});
        return {};
    } catch (const Error& error) {
        if (error.code() == Errc::no_huge_pages || error.code() == Errc::no_permission) {
            return error.what();
        }
        throw;
    }
}

bench::Config config_of(const Interrupts& interrupts, Progress& progress) {
    bench::Config config;
    config.sizes = {kMessageBytes};
    config.interrupted = [&] { return interrupts.requested(); };
    config.progress = [&](const bench::Progress& now) {
        progress.show(fmt::format("measuring: {} of {} repeats count, {} tried", now.counted,
                                  now.wanted, now.tried));
    };
    return config;
}

std::string verdict(const nlohmann::json& result) {
    const nlohmann::json& p50 = result.at("one_way_ns").at("p50");
    const nlohmann::json& floor = result.at("floor_ns").at("two_line");
    const nlohmann::json& ratio = result.at("paired").at("floor");
    if (!p50.is_number() || !floor.is_number() || ratio.is_null()) {
        return "The machine changed too much while it was measured; try again when it is quiet.\n";
    }
    return fmt::format(
        "A message of {} bytes crosses in {:.0f} ns, {:.2f} times what two bare cache lines "
        "take ({:.0f} ns).\n",
        kMessageBytes, p50.get<double>(), ratio.at("median").get<double>(), floor.get<double>());
}

std::string text_of(const nlohmann::json& document, const std::string& no_huge_pages) {
    const nlohmann::json& result = document.at("result");
    const std::uint64_t samples = result.at("one_way_ns").at("samples").get<std::uint64_t>();
    std::string out =
        bold("shunt demo: two processes, one channel, every message checked") + "\n\n";
    if (no_huge_pages.empty()) {
        out += "memory    2 MiB pages, proven from the kernel's own files\n";
    } else {
        out += "memory    4 KiB pages, going on without 2 MiB ones: " + no_huge_pages + "\n";
    }
    out += fmt::format("messages  {} of {} bytes, none lost, none changed\n\n",
                       count_text(2 * samples), kMessageBytes);
    out += bench::render(document, columns_of(STDOUT_FILENO));
    return out + "\n" + bold(verdict(result));
}

Outcome demo(unsigned repeats) {
    const Interrupts interrupts;
    Progress progress;
    bench::Config config = config_of(interrupts, progress);
    config.repeats = repeats;
    const std::string no_huge_pages = why_no_huge_pages();
    config.pages = no_huge_pages.empty() ? pages::huge_2m : pages::base;
    progress.show("measuring");
    nlohmann::json document = bench::run_pingpong(config);
    progress.clear();
    document["schema"] = "shunt/demo/1";
    Outcome outcome;
    outcome.text = text_of(document, no_huge_pages);
    if (!no_huge_pages.empty()) {
        document["warnings"].push_back({{"id", "base-pages"}, {"msg", no_huge_pages}});
    }
    outcome.document = std::move(document);
    if (interrupts.requested()) {
        outcome.error = "interrupted; what counted so far is shown";
        outcome.exit = static_cast<int>(Exit::interrupted);
    }
    return outcome;
}

}  // namespace

void add_demo(CLI::App& app, Invocation& invocation) {
    auto repeats = std::make_shared<unsigned>(15);
    CLI::App* const sub =
        add_command(app, invocation, "demo", "See it work: latency on this machine, in seconds",
                    kExamples, [repeats] { return demo(*repeats); });
    sub->add_option("--repeats", *repeats, "Repeats that count; four times as many are tried")
        ->type_name("N")
        ->check(parses(parse_count))
        ->capture_default_str();
}

}  // namespace shunt::tools
