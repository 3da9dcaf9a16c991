// SPDX-License-Identifier: MIT
//
// shunt send: the command line of Sender, WorkSender and FeedSender.
#include "command.hpp"
#include "feed_sender.hpp"
#include "option_words.hpp"
#include "sender.hpp"
#include "work_sender.hpp"

#include <shunt/channel/list.hpp>
#include <shunt/core/error.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  tar c dir | shunt send backup\n"
    "  shunt send backup --file dir.tar --resume      go on where a killed sender stopped\n"
    "  shunt send load --count 1000000 --size 64 --rate 50000\n"
    "  shunt send gather --kind mpsc --file part1     one of several senders; see recv --split\n"
    "  find . -type f | shunt send jobs --kind mpmc --lines    a line each for whoever is free\n"
    "  shunt send image --kind broadcast --subscribers 3 --file F   all of it to each of three\n"
    "  feed | shunt send feeds --kind broadcast --lanes 4 --lines    one of at most four senders\n"
    "  feed | shunt send ticks --kind broadcast --lines --subscribers 0    to whoever listens\n"
    "  sensor | shunt send reading --kind latest --lines       the newest line is the value\n\n"
    "Without --file and without --count or --generate the bytes come from standard input.\n"
    "Each message carries its offset in the stream, so that 'shunt recv --append' is exact\n"
    "whoever is killed. Sizes: K, M and G are powers of 1024.\n\n"
    "An mpmc channel shares work out: any number of senders, and each message goes to one of\n"
    "several 'shunt recv'. So there is no stream, and a message must stand by itself: --lines, or\n"
    "--size for records of so many bytes each. The sender stays until receivers have written all\n"
    "that it sent. One that is killed leaves what it had sent, and at most one gap, of which a\n"
    "receiver is told; what it had not sent is sent by another, who may send all of the input\n"
    "again: lines that were sent before come twice then.\n\n"
    "A broadcast channel brings every message to every receiver: a stream, as of spsc, or lines. "
    "The\n"
    "sender waits for --subscribers of them before the first byte, and ends when each gated one "
    "that\n"
    "lives has everything. A gated receiver that is slow holds up all, --peer-timeout at most "
    "(exit\n"
    "4), unless --on-slow says evict or drop; others are never waited for. One that dies is let "
    "go\n"
    "at once. Several senders, each with a stream or lines of its own, share a channel that "
    "--lanes\n"
    "made; each waits for no other. A latest value keeps the newest message only: the sender "
    "waits\n"
    "for nobody, and what it sent last stays until somebody has read it.\n\n"
    "Exit codes: 0 the receiver (of mpmc: receivers; of broadcast: each gated one that lives) has\n"
    "everything, 1 error, 2 usage, 3 no such file, 4 no receiver, or a gated one too slow, 6 not "
    "the\n"
    "input that was begun, 8 permission, 130 interrupted.";

struct SendArguments {
    std::string channel;
    std::string file;
    std::string size;
    std::string kind;
    std::uint32_t lanes = 0;
    std::string max_message;
    std::string rate;
    std::optional<std::uint64_t> subscribers;
    std::string on_slow;
    std::uint64_t count = 0;
    bool has_count = false;
    bool generate = false;
    bool blocks = false;
    bool lines = false;
    bool raw = false;
    bool resume = false;
    PortWords port;
};

constexpr std::size_t kGeneratedBytes = 1024;

std::uint64_t size_of(const SendArguments& given) {
    const std::uint64_t size = given.size.empty() ? 0 : parse_bytes(given.size);
    if (!given.size.empty() && size == 0) {
        throw Failure(Exit::usage, "--size is the payload of a message: at least 1");
    }
    return size;
}

// Made up, as nothing says where it comes from.
bool makes_up(const SendArguments& given) {
    return given.generate || (given.has_count && given.file.empty() && !given.lines);
}

std::unique_ptr<Source> source_of(const SendArguments& given, std::uint64_t size,
                                  const Interrupts& interrupts) {
    if (!given.file.empty()) {
        return open_file(given.file, size != 0, interrupts);
    }
    if (!makes_up(given)) {
        return standard_input(size != 0, interrupts);
    }
    std::optional<std::uint64_t> total;
    if (given.has_count) {
        if (given.count > std::numeric_limits<std::uint64_t>::max() / size) {
            throw Failure(Exit::usage, fmt::format("--count {} times --size {} is beyond 64 bits",
                                                   given.count, size));
        }
        total = given.count * size;
    }
    return generated(total);
}

// What all requests have.
template <class Request>
Request common_of(const SendArguments& given) {
    Request request;
    request.channel = given.channel;
    request.size = size_of(given);
    if (makes_up(given) && request.size == 0) {
        request.size = kGeneratedBytes;
    }
    if (given.has_count) {
        request.count = given.count;
    }
    if (!given.rate.empty()) {
        request.rate = parse_rate(given.rate);
    }
    request.tell_pages = !given.port.pages.empty() || !given.port.node.empty();
    request.options = options_of(given.port);
    request.patience = patience_of(given.port);
    return request;
}

void refuse(bool wrong, const char* text) {
    if (wrong) {
        throw Failure(Exit::usage, text);
    }
}

void refuse_listeners(const SendArguments& given) {
    refuse(given.subscribers.has_value(),
           "--subscribers is of a broadcast channel, or a latest value: add --kind broadcast");
    refuse(!given.on_slow.empty(),
           "--on-slow is of a broadcast channel: here a sender waits for its receiver");
}

SendRequest request_of(const SendArguments& given, StreamKind kind) {
    const bool lanes = kind == StreamKind::mpsc;
    refuse_listeners(given);
    refuse(given.resume && lanes,
           "--resume goes on where the last sender of an spsc channel stopped; in an mpsc channel "
           "each sender is one of its own: send without it");
    refuse(given.lanes != 0 && !lanes,
           "--lanes is of mpsc and broadcast, which may have several senders: add --kind mpsc");
    refuse(
        given.lines,
        "--lines is of mpmc, broadcast and latest, where a message is a line; here the bytes are "
        "one stream, and lines stay as they are: leave it away, or add --kind mpmc");
    refuse(!given.max_message.empty(),
           "--max-message is of mpmc, broadcast and latest: here a message holds an eighth of "
           "--capacity");
    auto request = common_of<SendRequest>(given);
    request.kind = kind;
    request.raw = given.raw;
    request.resume = given.resume;
    request.options.lanes = given.lanes;
    return request;
}

bool exists(const std::string& channel) {
    try {
        (void)channel::observe(channel);
        return true;
    } catch (const Error&) {  // whoever opens it is told what is wrong with it
        return false;
    }
}

// `size`: of a message, which a channel that is made must hold; 0: it is not known.
void take_max_message(Options& options, const SendArguments& given, std::uint64_t size,
                      std::uint64_t least) {
    if (!given.max_message.empty()) {
        options.max_message = parse_bytes(given.max_message);
        refuse(options.max_message == 0, "a channel with a --max-message of 0 holds none");
    } else if (size > least && !exists(given.channel)) {
        options.max_message = size;
    }
}

// As it is asked for, or as the channel is.
bool asked_or_is(bool asked, bool (*is)(const std::string&), const std::string& channel) {
    try {
        return asked || is(channel);
    } catch (const Error&) {  // there is none
        return false;
    }
}

WorkSendRequest work_request_of(const SendArguments& given) {
    refuse_listeners(given);
    refuse(given.resume,
           "--resume goes on where the last sender of an spsc channel stopped; of an mpmc channel "
           "nobody knows which messages were this sender's: send the rest, for one with 'tail -n "
           "+N'");
    refuse(given.lanes != 0, "--lanes is of mpsc and broadcast: leave it away");
    refuse(!given.lines && given.size.empty() && !makes_up(given),
           "each message of an mpmc channel goes to another receiver, so it must stand by itself: "
           "say --lines for a line each, or --size for records of so many bytes");
    auto request = common_of<WorkSendRequest>(given);
    request.blocks = asked_or_is(given.blocks, is_in_blocks, given.channel);
    request.lines = given.lines;
    take_max_message(request.options, given, request.size, mpmc::kDefaultMaxMessage);
    return request;
}

void refuse_of_feeds(const SendArguments& given, bool value) {
    refuse(value && given.lanes != 0,
           "--lanes is of mpsc and broadcast: a latest value has one sender");
    refuse(given.resume && (value || given.lines || given.raw),
           "--resume goes on in a stream, by the offsets of its messages; there is none here: send "
           "the rest, for one with 'tail -n +N'");
    refuse(value && !given.on_slow.empty(),
           "--on-slow is of a broadcast channel: nobody holds up the sender of a latest value");
    refuse(value && !given.lines && given.size.empty() && !makes_up(given),
           "each message of a latest channel is a value of its own: say --lines for a line each, "
           "or --size for records of so many bytes");
    refuse(!given.on_slow.empty() && on_slow_of(given.on_slow) == on_slow::drop && !given.lines &&
               !given.raw,
           "--on-slow drop leaves holes, and a stream with a hole is none: add --lines, or --raw "
           "and --size");
}

// A stream's messages are as large as a read, and as many as make 4 MiB.
constexpr std::uint64_t kStreamBytes = 64 * 1024;
constexpr std::uint64_t kStreamMessages = 64;

FeedSendRequest feed_request_of(const SendArguments& given, StreamKind kind) {
    const bool value = kind == StreamKind::latest;
    refuse_of_feeds(given, value);
    auto request = common_of<FeedSendRequest>(given);
    request.kind = kind;
    request.lines = given.lines;
    request.stream = !value && !given.lines && !given.raw;
    request.resume = given.resume;
    request.in_lanes = !value && asked_or_is(given.lanes != 0, is_in_lanes, given.channel);
    refuse(request.resume && request.in_lanes,
           "--resume goes on where the last sender stopped; where there may be several each is one "
           "of its own: send without it");
    request.subscribers = given.subscribers.value_or(value ? 0 : 1);
    Options& options = request.options;
    options.lanes = given.lanes;
    options.on_slow = given.on_slow.empty() ? on_slow::block : on_slow_of(given.on_slow);
    const bool made = !exists(given.channel);
    const bool reads = !value && !given.lines && request.size == 0;
    const std::uint64_t head = request.stream ? kOffsetBytes : 0;
    if (reads && made && given.max_message.empty()) {
        options.max_message = kStreamBytes + head;
    } else {
        take_max_message(options, given, request.size == 0 ? 0 : request.size + head,
                         broadcast::kDefaultMaxMessage);
    }
    if (made && !value) {
        options.linger = linger::none;  // what was sent is for those who were there
        if (options.capacity == kAnyCapacity &&
            options.max_message > broadcast::kDefaultMaxMessage) {
            options.capacity =
                std::max(kStreamMessages, kStreamMessages * kStreamBytes / options.max_message);
        }
    }
    return request;
}

// What becomes of what was sent: when all was, and when it was interrupted.
struct Fate {
    const char* whole;
    const char* interrupted;
};

template <class Sender>
Outcome run(Sender& sender, const Interrupts& interrupts, const Fate& fate) {
    Outcome outcome;
    try {
        sender.run();
        if (interrupts.requested() && !sender.complete()) {
            throw Failure(Exit::interrupted, fmt::format("interrupted after {}; {}",
                                                         sender.summary(), fate.interrupted));
        }
        Progress{}.note("sent " + sender.summary() + "; " + fate.whole);
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

Outcome send(const SendArguments& given) {
    const Interrupts interrupts;
    const StreamKind kind =
        kind_for(given.channel,
                 given.kind.empty() ? std::nullopt : std::optional{stream_kind_of(given.kind)});
    refuse(given.blocks && kind != StreamKind::mpmc,
           "--blocks is of mpmc, whose messages may lie in blocks: add --kind mpmc");
    if (kind == StreamKind::mpmc) {
        const WorkSendRequest request = work_request_of(given);
        WorkSender sender{request, source_of(given, request.size, interrupts), interrupts};
        return run(sender, interrupts,
                   {"all of it was received", "what was sent stays in the channel"});
    }
    if (kind == StreamKind::broadcast || kind == StreamKind::latest) {
        const FeedSendRequest request = feed_request_of(given, kind);
        FeedSender sender{request, source_of(given, request.size, interrupts), interrupts};
        return run(sender, interrupts,
                   {"each gated receiver has it", "receivers that are here get what was sent"});
    }
    const SendRequest request = request_of(given, kind);
    Sender sender{request, source_of(given, request.size, interrupts), interrupts};
    return run(sender, interrupts,
               {"all of it was received",
                "what was sent stays in the channel, and --resume goes on behind it"});
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
    sub->add_option(
           "--kind", given->kind,
           "spsc; mpsc: one of several senders; mpmc: each message to one of several\n"
           "receivers; broadcast: to all of them; latest: the newest is a value (default:\n"
           "as the channel is, else spsc)")
        ->type_name("K")
        ->check(parses(stream_kind_of));
    sub->add_option("--lanes", given->lanes,
                    "Most senders at a time: of mpsc (default: as it is, else 16); of broadcast\n"
                    "(default: as it is, else one, without lanes)")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    sub->add_flag("--blocks", given->blocks,
                  "Of mpmc: messages in blocks; a sender that is stopped holds nobody up");
    sub->add_option("--max-message", given->max_message,
                    "Greatest message of mpmc, broadcast, latest (default: as it is, else 1K, or\n"
                    "--size; of a broadcast stream 64K)")
        ->type_name("BYTES")
        ->check(parses(parse_bytes));
    sub->add_flag("--lines", given->lines, "Of mpmc, broadcast, latest: a message a line")
        ->excludes(generate)
        ->excludes("--size");
    sub->add_option("--subscribers", given->subscribers,
                    "Of broadcast, latest: wait for so many receivers before the first byte\n"
                    "(default 1; latest 0). 0: whoever listens")
        ->type_name("N")
        ->check(parses(parse_count));
    sub->add_option("--on-slow", given->on_slow,
                    "Of broadcast, where a gated receiver is a whole channel behind: block\n"
                    "(default: wait for it), evict (it goes on without), drop (the message)")
        ->type_name("S")
        ->check(parses(on_slow_of));
    auto* const raw = sub->add_flag("--raw", given->raw, "Payload only, without stream offsets");
    sub->add_flag("--resume", given->resume, "Go on behind the last message that is in the channel")
        ->excludes(raw);
    add_geometry(*sub, given->port);
    add_waiting(*sub, given->port, "receiver");
}

}  // namespace shunt::tools
