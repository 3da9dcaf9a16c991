// SPDX-License-Identifier: MIT
//
// shunt report: what was measured, as a page.
#include "command.hpp"
#include "report_input.hpp"
#include "report_page.hpp"
#include "signals.hpp"
#include "sink.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt bench pingpong --size 8,56,256 --peer boost --floor --json > here.json\n"
    "  shunt-peers --json > peers.json\n"
    "  shunt report here.json peers.json -o report.html\n"
    "  shunt bench throughput --json | shunt report - -o report.html\n"
    "  shunt c2c --json > c2c.json; shunt jitter --json > jitter.json\n"
    "  shunt report c2c.json jitter.json here.json -o report.html\n\n"
    "The page needs nothing from outside, runs no script, and holds the documents that it was\n"
    "made of. Exit 6: a document is damaged, or is none of these.";

struct Request {
    std::vector<std::string> in;
    std::string out;
    std::string title = "What was measured";
};

Outcome run(const Request& request) {
    const Interrupts interrupts;
    std::vector<Measured> documents;
    nlohmann::json shown = nlohmann::json::array();
    for (const std::string& path : request.in) {
        documents.push_back(read_measured(path));
        shown.push_back({{"path", path}, {"command", documents.back().command}});
    }
    const std::string page = report_page(request.title, documents);
    // Opened last: a page that cannot be made leaves the one that is there.
    Sink(request.out, false, interrupts).put(page);
    Outcome outcome;
    outcome.result = {{"out", request.out}, {"bytes", page.size()}, {"documents", shown}};
    outcome.text = fmt::format("{}: a page of {} KiB\n", request.out, (page.size() + 512) / 1024);
    return outcome;
}

}  // namespace

void add_report(CLI::App& app, Invocation& invocation) {
    const auto request = std::make_shared<Request>();
    CLI::App* const sub = add_command(app, invocation, "report", "Make a page of what was measured",
                                      kExamples, [request] { return run(*request); });
    sub->add_option(
           "IN", request->in,
           "Documents that shunt bench, shunt c2c, shunt jitter, or shunt-peers, wrote with "
           "--json; - is standard input")
        ->type_name("FILE")
        ->required();
    sub->add_option("-o,--out", request->out, "The page, HTML")->type_name("FILE")->required();
    sub->add_option("--title", request->title, "Its title")
        ->type_name("TEXT")
        ->capture_default_str();
}

}  // namespace shunt::tools
