// SPDX-License-Identifier: MIT
//
// shunt send: the command line of Sender.
#include "command.hpp"
#include "option_words.hpp"
#include "sender.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  tar c dir | shunt send backup\n"
    "  shunt send backup --file dir.tar --resume      go on where a killed sender stopped\n"
    "  shunt send load --count 1000000 --size 64 --rate 50000\n"
    "  shunt send gather --kind mpsc --file part1       one of several senders; see recv "
    "--split\n\n"
    "Without --file and without --count or --generate the bytes come from standard input.\n"
    "Each message carries its offset in the stream, so that 'shunt recv --append' is exact\n"
    "whoever is killed. Sizes: K, M and G are powers of 1024.\n"
    "Exit codes: 0 the receiver has everything, 1 error, 2 usage, 3 no such file, 4 no receiver,\n"
    "6 not the input that was begun, 8 permission, 130 interrupted.";

struct SendArguments {
    std::string channel;
    std::string file;
    std::string size;
    std::string kind;
    std::uint32_t lanes = 0;
    std::string rate;
    std::uint64_t count = 0;
    bool has_count = false;
    bool generate = false;
    bool raw = false;
    bool resume = false;
    PortWords port;
};

constexpr std::size_t kGeneratedBytes = 1024;

std::unique_ptr<Source> source_of(const SendArguments& given, SendRequest& request,
                                  const Interrupts& interrupts) {
    if (!given.file.empty()) {
        return open_file(given.file, request.size != 0, interrupts);
    }
    if (!given.generate && !given.has_count) {
        return standard_input(request.size != 0, interrupts);
    }
    if (request.size == 0) {
        request.size = kGeneratedBytes;
    }
    std::optional<std::uint64_t> total;
    if (given.has_count) {
        if (given.count > std::numeric_limits<std::uint64_t>::max() / request.size) {
            throw Failure(Exit::usage, fmt::format("--count {} times --size {} is beyond 64 bits",
                                                   given.count, request.size));
        }
        total = given.count * request.size;
    }
    return generated(total);
}

SendRequest request_of(const SendArguments& given) {
    SendRequest request;
    request.channel = given.channel;
    request.size = given.size.empty() ? 0 : parse_bytes(given.size);
    if (!given.size.empty() && request.size == 0) {
        throw Failure(Exit::usage, "--size is the payload of a message: at least 1");
    }
    if (given.has_count) {
        request.count = given.count;
    }
    if (!given.rate.empty()) {
        request.rate = parse_rate(given.rate);
    }
    request.kind =
        kind_for(given.channel,
                 given.kind.empty() ? std::nullopt : std::optional{stream_kind_of(given.kind)});
    const bool lanes = request.kind == StreamKind::mpsc;
    if (given.resume && lanes) {
        throw Failure(Exit::usage,
                      "--resume goes on where the last sender of an spsc channel stopped; in an "
                      "mpsc channel each sender is one of its own: send without it");
    }
    if (given.lanes != 0 && !lanes) {
        throw Failure(Exit::usage, "--lanes is of an mpsc channel: add --kind mpsc");
    }
    request.raw = given.raw;
    request.resume = given.resume;
    request.tell_pages = !given.port.pages.empty() || !given.port.node.empty();
    request.options = options_of(given.port);
    request.options.lanes = given.lanes;
    request.patience = patience_of(given.port);
    return request;
}

Outcome send(const SendArguments& given) {
    const Interrupts interrupts;
    SendRequest request = request_of(given);
    std::unique_ptr<Source> source = source_of(given, request, interrupts);
    Sender sender{request, std::move(source), interrupts};
    Outcome outcome;
    try {
        sender.run();
        if (interrupts.requested() && !sender.complete()) {
            throw Failure(Exit::interrupted,
                          fmt::format("interrupted after {}; what was sent stays in the channel, "
                                      "and --resume goes on behind it",
                                      sender.summary()));
        }
        Progress{}.note("sent " + sender.summary() + "; the receiver has it all");
    } catch (const std::exception& why) {
        outcome.fail(why);
    }
    outcome.result = sender.result();
    if (outcome.exit == static_cast<int>(Exit::interrupted)) {
        outcome.result["partial"] = true;
    }
    outcome.warnings = sender.warnings();
    return outcome;
}

}  // namespace

void add_send(CLI::App& app, Invocation& invocation) {
    auto given = std::make_shared<SendArguments>();
    CLI::App* const sub = add_command(app, invocation, "send", "Send bytes through a channel",
                                      kExamples, [given] { return send(*given); });
    sub->add_option("channel", given->channel, "Name; made if there is none")->required();
    auto* const file = sub->add_option("--file", given->file, "Send this file")->type_name("F");
    auto* const generate =
        sub->add_flag("--generate", given->generate, "Send made-up bytes, without end or --count");
    generate->excludes(file);
    auto* const count = sub->add_option_function<std::uint64_t>(
        "--count",
        [given](std::uint64_t value) {
            given->count = value;
            given->has_count = true;
        },
        "Send that many messages; without --file made-up ones");
    count->type_name("N")->check(parses(parse_count));
    sub->add_option("--size", given->size,
                    "Payload of a message (default: what a read brings, up to 64K; made up: 1K)")
        ->type_name("BYTES")
        ->check(parses(parse_bytes));
    sub->add_option("--rate", given->rate, "Messages/s; with K, M or G: bytes/s")
        ->type_name("R")
        ->check(parses(parse_rate));
    sub->add_option("--kind", given->kind,
                    "spsc, or mpsc: one of several senders (default: as the channel is, else spsc)")
        ->type_name("K")
        ->check(parses(stream_kind_of));
    sub->add_option("--lanes", given->lanes,
                    "Most senders of an mpsc channel at a time (default: as it is, else 16)")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    auto* const raw = sub->add_flag("--raw", given->raw, "Payload only, without stream offsets");
    sub->add_flag("--resume", given->resume, "Go on behind the last message that is in the channel")
        ->excludes(raw);
    add_geometry(*sub, given->port);
    add_waiting(*sub, given->port, "receiver");
}

}  // namespace shunt::tools
