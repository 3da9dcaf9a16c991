// SPDX-License-Identifier: MIT
//
// shunt gc: what the dead have left in $SHUNT_DIR and on hugetlbfs, and why it may go or must stay.
// What is garbage is decided, and removed, by the library (shunt/channel/collect.hpp).
#include "channel_view.hpp"
#include "command.hpp"
#include "quantity.hpp"
#include "table.hpp"

#include <shunt/channel/collect.hpp>
#include <shunt/channel/directory.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

namespace shunt::tools {

namespace {

using channel::Finding;
using channel::Verdict;

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt gc                                   what would go, and what stays and why\n"
    "  shunt gc --apply --older-than 1h\n"
    "  shunt gc --check --json | jq '.result.findings[] | select(.verdict == \"remove\") .path'\n\n"
    "Nothing goes that a living process holds, stopped or not. A channel in which nobody lives "
    "goes\n"
    "with all that is unread in it, unless its linger is keep. What cannot be read is not "
    "touched.\n"
    "AGE counts from the file's modification time: of a channel on tmpfs from its birth.\n"
    "Exit codes: 0 ok, 1 something could not be removed, 2 usage, 5 with --check: there is\n"
    "something to remove, 8 the directory is not ours.";

struct GcArguments {
    bool apply = false;
    bool check = false;
    std::string older_than = "0";
};

struct Totals {
    std::uint64_t to_remove = 0;
    std::uint64_t removed = 0;
    std::uint64_t failed = 0;
    std::uint64_t kept = 0;
    std::uint64_t ignored = 0;
    std::uint64_t bytes = 0;  // of what is to be removed, or was
};

Totals totals_of(const std::vector<Finding>& findings) {
    const auto one_if = [](bool is) { return static_cast<std::uint64_t>(is); };
    Totals totals;
    for (const Finding& finding : findings) {
        const bool garbage = finding.verdict == Verdict::remove;
        totals.to_remove += one_if(garbage);
        totals.removed += one_if(finding.removed);
        totals.failed += one_if(!finding.failure.empty());
        totals.kept += one_if(finding.verdict == Verdict::keep);
        totals.ignored += one_if(finding.verdict == Verdict::ignore);
        totals.bytes += garbage && finding.failure.empty() ? finding.bytes : 0;
    }
    return totals;
}

std::string verdict_text(const Finding& finding) {
    return finding.removed            ? "removed"
           : !finding.failure.empty() ? "failed"
                                      : std::string{channel::to_string(finding.verdict)};
}

std::string age_text(std::chrono::seconds age) {
    const auto seconds = age.count();
    return seconds < 120          ? fmt::format("{} s", seconds)
           : seconds < 2 * 3600   ? fmt::format("{} min", seconds / 60)
           : seconds < 2 * 86'400 ? fmt::format("{} h", seconds / 3600)
                                  : fmt::format("{} d", seconds / 86'400);
}

void add_row(Table& table, const Finding& finding) {
    const bool foreign = finding.verdict == Verdict::ignore;
    table.add(
        {std::string{channel::to_string(finding.what)}, printable(finding.name),
         foreign ? "-" : age_text(finding.age),
         finding.bytes == 0 ? "-" : bytes_text(static_cast<double>(finding.bytes)),
         finding.unread && finding.header ? amount_text(*finding.header, *finding.unread) : "-",
         verdict_text(finding),
         printable(finding.failure.empty() ? finding.reason : finding.failure)});
}

nlohmann::json to_json(const Finding& finding) {
    const auto or_null = [](bool known, nlohmann::json value) {
        return known ? std::move(value) : nlohmann::json(nullptr);
    };
    return {{"what", channel::to_string(finding.what)},
            {"name", finding.name},
            {"path", finding.path},
            {"verdict", channel::to_string(finding.verdict)},
            {"reason", finding.reason},
            {"removed", finding.removed},
            {"failure", or_null(!finding.failure.empty(), finding.failure)},
            {"bytes", finding.bytes},
            {"age_s", finding.age.count()},
            {"unread", or_null(finding.unread.has_value(), finding.unread.value_or(0))}};
}

std::string summary(const Totals& totals, bool applied) {
    const std::string size = bytes_text(static_cast<double>(totals.bytes));
    if (totals.to_remove == 0) {
        return "nothing to remove\n";
    }
    if (!applied) {
        return fmt::format("{} to remove, {}: shunt gc --apply\n", totals.to_remove, size);
    }
    return fmt::format("{} removed, {}\n", totals.removed, size);
}

Outcome gc(const GcArguments& given) {
    const std::vector<Finding> findings =
        channel::collect({.apply = given.apply, .older_than = parse_duration(given.older_than)});
    const Totals totals = totals_of(findings);
    Outcome outcome;
    Table table{{"WHAT", "NAME", ">AGE", ">SIZE", ">UNREAD", "VERDICT", "REASON"}};
    auto rows = nlohmann::json::array();
    for (const Finding& finding : findings) {
        add_row(table, finding);
        rows.push_back(to_json(finding));
        if (!finding.failure.empty() && outcome.error.empty()) {
            outcome.error = fmt::format("{} could not be removed: {}", totals.failed,
                                        printable(finding.failure));
        }
    }
    outcome.text = (rows.empty() ? "" : table.text() + "\n") + summary(totals, given.apply);
    outcome.result = {{"directory", channel::directory_path()},
                      {"applied", given.apply},
                      {"findings", std::move(rows)},
                      {"to_remove", totals.to_remove},
                      {"removed", totals.removed},
                      {"failed", totals.failed},
                      {"kept", totals.kept},
                      {"ignored", totals.ignored},
                      {"bytes", totals.bytes}};
    if (totals.failed != 0) {
        outcome.exit = static_cast<int>(Exit::runtime);
    } else if (given.check && totals.to_remove != 0) {
        outcome.exit = static_cast<int>(Exit::limit);
    }
    return outcome;
}

}  // namespace

void add_gc(CLI::App& app, Invocation& invocation) {
    auto given = std::make_shared<GcArguments>();
    CLI::App* const sub = add_command(app, invocation, "gc", "Find what the dead have left",
                                      kExamples, [given] { return gc(*given); });
    auto* const apply = sub->add_flag("--apply", given->apply, "Remove it");
    sub->add_flag("--check", given->check, "Exit with 5 if there is something to remove")
        ->excludes(apply);
    sub->add_option("--older-than", given->older_than,
                    "Keep what is younger: 90, 90s, 10m, 2h or 7d")
        ->type_name("DURATION")
        ->check(parses(parse_duration));
}

}  // namespace shunt::tools
