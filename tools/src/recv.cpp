// SPDX-License-Identifier: MIT
//
// shunt recv: the command line of Receiver.
#include "command.hpp"
#include "option_words.hpp"
#include "receiver.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <unistd.h>
#include <memory>
#include <optional>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt recv backup | tar x -C /elsewhere\n"
    "  shunt recv backup --file dir.tar --append      exact, whoever is killed and restarted\n"
    "  shunt recv load --hex --count 3\n"
    "  shunt recv gather --split into --streams 4     of four senders, a file each\n\n"
    "A message is written first and released then. With --append the file's length is where the\n"
    "stream goes on: what is in it already is dropped. With --split the files are called\n"
    "lane-LANE.SENDER, and a receiver that is started again with --append goes on in the same "
    "ones.\n"
    "Exit codes: 0 the stream is complete, 1 error, 2 usage, 3 no such channel, 4 the sender is\n"
    "gone, 6 bytes of the stream are missing or doubled, 8 permission, 130 interrupted.";

struct RecvArguments {
    std::string channel;
    std::string file;
    std::string kind;
    std::string split;
    std::uint64_t streams = 0;
    std::uint64_t count = 0;
    bool has_count = false;
    bool append = false;
    bool hex = false;
    const CLI::Option* json = nullptr;
    PortWords port;
};

ReceiveRequest request_of(const RecvArguments& given) {
    if (given.file.empty() && given.split.empty() && (given.append || given.json->count() != 0)) {
        throw Failure(Exit::usage, fmt::format("{} requires --file or --split",
                                               given.append ? "--append" : "--json"));
    }
    ReceiveRequest request;
    request.channel = given.channel;
    if (given.has_count) {
        request.count = given.count;
    }
    if (!given.kind.empty()) {
        request.kind = stream_kind_of(given.kind);
    }
    request.split = given.split;
    request.streams = given.streams;
    request.hex = given.hex;
    request.append = given.append;
    request.quiet = given.file.empty() && given.split.empty() && ::isatty(STDOUT_FILENO) == 1;
    request.options = options_of(given.port);
    request.patience = patience_of(given.port);
    return request;
}

std::optional<Sink> sink_of(const RecvArguments& given, const Interrupts& interrupts) {
    if (!given.split.empty()) {
        return std::nullopt;
    }
    return given.file.empty() ? Sink{interrupts} : Sink{given.file, given.append, interrupts};
}

Outcome recv(const RecvArguments& given) {
    const Interrupts interrupts;
    const ReceiveRequest request = request_of(given);
    std::optional<Sink> sink = sink_of(given, interrupts);
    Receiver receiver{request, sink ? &*sink : nullptr, interrupts};
    Outcome outcome;
    try {
        receiver.run();
        if (interrupts.requested() && !receiver.complete()) {
            throw Failure(Exit::interrupted,
                          fmt::format("interrupted after {}; what is unread stays in the channel",
                                      receiver.summary()));
        }
        Progress{request.quiet}.note("received " + receiver.summary());
    } catch (const std::exception& why) {
        outcome.fail(why);
    }
    outcome.result = receiver.result();
    if (outcome.exit == static_cast<int>(Exit::interrupted)) {
        outcome.result["partial"] = true;
    }
    outcome.warnings = receiver.warnings();
    return outcome;
}

}  // namespace

void add_recv(CLI::App& app, Invocation& invocation) {
    auto given = std::make_shared<RecvArguments>();
    CLI::App* const sub = add_command(app, invocation, "recv", "Receive bytes from a channel",
                                      kExamples, [given] { return recv(*given); });
    sub->add_option("channel", given->channel, "Name; waits until there is one")->required();
    auto* const file =
        sub->add_option("--file", given->file, "Write to this file in place of standard output");
    file->type_name("F");
    auto* const append =
        sub->add_flag("--append", given->append, "Keep what is in the file, and go on behind it");
    auto* const split = sub->add_option(
        "--split", given->split, "Of an mpsc channel: a file for each sender, in this folder");
    split->type_name("DIR")->excludes(file);
    sub->add_option("--streams", given->streams,
                    "Leave when so many streams are complete (default: when the last sender left)")
        ->type_name("N")
        ->check(CLI::PositiveNumber)
        ->needs(split);
    sub->add_option("--kind", given->kind, "spsc or mpsc (default: as the channel is)")
        ->type_name("K")
        ->check(parses(stream_kind_of));
    sub->add_option_function<std::uint64_t>(
           "--count",
           [given](std::uint64_t value) {
               given->count = value;
               given->has_count = true;
           },
           "Receive that many messages and leave the rest")
        ->type_name("N")
        ->check(parses(parse_count));
    sub->add_flag("--hex", given->hex, "Print each message in hexadecimal")->excludes(append);
    given->json = sub->get_option("--json");
    sub->get_option("--json")->description(
        "Print one JSON document to stdout; the data needs a --file or --split then");
    add_waiting(*sub, given->port, "sender");
}

}  // namespace shunt::tools
