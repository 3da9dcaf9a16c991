// SPDX-License-Identifier: MIT
//
// shunt recv: the command line of Receiver, WorkReceiver, FeedReceiver and ValueReceiver.
#include "await_channel.hpp"
#include "command.hpp"
#include "feed_receiver.hpp"
#include "option_words.hpp"
#include "receiver.hpp"
#include "value_receiver.hpp"
#include "work_receiver.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>

#include <unistd.h>
#include <cerrno>
#include <memory>
#include <optional>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt recv backup | tar x -C /elsewhere\n"
    "  shunt recv backup --file dir.tar --append      exact, whoever is killed and restarted\n"
    "  shunt recv load --hex --count 3\n"
    "  shunt recv gather --split into --streams 4     of four senders, a file each\n"
    "  shunt recv jobs --stay 5 | xargs -n 1 work     one of several receivers of an mpmc channel\n"
    "  shunt recv image --file copy                   one of several that all get all (broadcast)\n"
    "  shunt recv feeds --split into                  of several broadcast senders, a file each\n"
    "  shunt recv ticks --policy lossy                what it reads in time; exit 6 if that is "
    "less\n"
    "  shunt recv setting --count 1                   the value that is there now (latest)\n"
    "\n"
    "A message is written first and released then. With --append the file's length is where the\n"
    "stream goes on: what is in it already is dropped. With --split the files are called\n"
    "lane-LANE.SENDER, and a receiver that is started again with --append goes on in the same "
    "ones.\n"
    "\n"
    "Of an mpmc channel each receiver gets some of the messages, each of them whole; lines get\n"
    "their ends back. A receiver may be killed at any time: what it had in hand goes to another,\n"
    "and may then be in both outputs. The other one warns once, counts such messages, and lists\n"
    "them in --json (redeliveries: position, where in its output, bytes). A line without its end\n"
    "in the output of a killed one does not count: it comes again. --append cuts it off. A sender\n"
    "that is killed while it writes a message leaves a gap, which one receiver warns of. 0 says\n"
    "that the last sender has left and nobody has a message in hand, not that a sender had sent\n"
    "all of its input: its own exit code says that.\n\n"
    "Of a broadcast channel each receiver gets all messages. By default it is gated, as a file or "
    "a\n"
    "pipe wants: the sender waits for it, and a message is written before it is let go; if it "
    "dies\n"
    "the others go on at once. It must be there first: what was overwritten before it came is "
    "gone,\n"
    "and an output that lacks the beginning ends with exit 6. --policy lossy: nobody waits for "
    "it;\n"
    "what it loses is counted (--json: lost, missing_bytes), and ends with exit 6. --policy\n"
    "conflate: the newest message each time; those in between are counted, and are no loss unless\n"
    "they are pieces of a stream. Of several senders (send --lanes) one output takes the lines of "
    "all,\n"
    "and --split a file of each; it ends when the last of them has left.\n\n"
    "Of a latest value it writes the newest, then each change that it sees; versions between are\n"
    "counted (--json: skipped). It ends when the sender has left.\n\n"
    "Exit codes: 0 the stream is complete, 1 error, 2 usage, 3 no such channel, 4 the sender is\n"
    "gone, 6 bytes of the stream are missing or doubled (of mpmc: messages that sixteen receivers\n"
    "died of, or eight where they lie in blocks, were given up; of broadcast: some were lost),\n"
    "8 permission, 130 interrupted.";

struct RecvArguments {
    std::string channel;
    std::string file;
    std::string kind;
    std::string split;
    std::string policy;  // empty: gated
    std::uint64_t streams = 0;
    std::uint64_t count = 0;
    bool has_count = false;
    bool append = false;
    bool hex = false;
    std::optional<double> stay;
    const CLI::Option* json = nullptr;
    PortWords port;
};

bool onto_terminal(const RecvArguments& given) {
    return given.file.empty() && given.split.empty() && ::isatty(STDOUT_FILENO) == 1;
}

void refuse(bool wrong, const char* text) {
    if (wrong) {
        throw Failure(Exit::usage, text);
    }
}

// `kind`: as far as it is known.
void check(const RecvArguments& given, std::optional<StreamKind> kind) {
    if (given.file.empty() && given.split.empty() && (given.append || given.json->count() != 0)) {
        throw Failure(Exit::usage, fmt::format("{} requires --file or --split",
                                               given.append ? "--append" : "--json"));
    }
    refuse(
        kind == StreamKind::mpmc && !given.split.empty(),
        "--split is of mpsc and broadcast: a message of an mpmc channel does not say who sent it; "
        "each receiver writes what it gets into one --file");
    refuse(kind == StreamKind::latest && !given.split.empty(),
           "--split is of channels that may have several senders; a latest value has one: write "
           "what comes into one --file");
    refuse(kind && kind != StreamKind::mpmc && given.stay,
           "--stay is of an mpmc channel: a stream ends where its sender says, and of several "
           "senders --streams says how many");
    refuse(kind && kind != StreamKind::broadcast && !given.policy.empty(),
           "--policy is of a broadcast channel: each message of any other goes to one receiver, or "
           "is the newest: leave it away");
}

// What all requests have.
template <class Request>
Request common_of(const RecvArguments& given) {
    Request request;
    request.channel = given.channel;
    if (given.has_count) {
        request.count = given.count;
    }
    request.hex = given.hex;
    request.quiet = onto_terminal(given);
    request.options = options_of(given.port);
    request.patience = patience_of(given.port);
    return request;
}

ReceiveRequest request_of(const RecvArguments& given, std::optional<StreamKind> kind) {
    auto request = common_of<ReceiveRequest>(given);
    request.kind = kind;
    request.split = given.split;
    request.streams = given.streams;
    request.append = given.append;
    return request;
}

WorkReceiveRequest work_request_of(const RecvArguments& given) {
    auto request = common_of<WorkReceiveRequest>(given);
    request.file = given.file;
    request.append = given.append;
    request.stay = Seconds{given.stay.value_or(0)};
    return request;
}

FeedReceiveRequest feed_request_of(const RecvArguments& given) {
    auto request = common_of<FeedReceiveRequest>(given);
    request.split = given.split;
    request.streams = given.streams;
    request.append = given.append;
    request.options.policy = given.policy.empty() ? policy::gated : policy_of(given.policy);
    return request;
}

std::optional<Sink> sink_of(const RecvArguments& given, const Interrupts& interrupts) {
    if (!given.split.empty()) {
        return std::nullopt;
    }
    return given.file.empty() ? Sink{interrupts} : Sink{given.file, given.append, interrupts};
}

void make_folder(const std::string& path) {
    if (!path.empty() && ::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
        throw Failure(errno == EACCES ? Exit::permission : Exit::runtime,
                      fmt::format("cannot make folder '{}': {}", path,
                                  std::system_category().message(errno)));
    }
}

std::optional<StreamKind> kind_asked(const RecvArguments& given) {
    return given.kind.empty() ? std::nullopt : std::optional{stream_kind_of(given.kind)};
}

// As the channel is, once there is one. Nothing: a request came first.
std::optional<StreamKind> await_kind(const RecvArguments& given, const Interrupts& interrupts) {
    std::optional<StreamKind> kind;
    Progress progress{onto_terminal(given)};
    (void)await_channel(given.channel, patience_of(given.port), interrupts, progress,
                        [&](std::chrono::milliseconds) { kind = kind_of_channel(given.channel); });
    return kind;
}

template <class Receiver>
Outcome run(Receiver& receiver, const Interrupts& interrupts, bool quiet) {
    Outcome outcome;
    try {
        receiver.run();
        if (interrupts.requested() && !receiver.complete()) {
            throw Failure(Exit::interrupted,
                          fmt::format("interrupted after {}; what is unread stays in the channel",
                                      receiver.summary()));
        }
        Progress{quiet}.note("received " + receiver.summary());
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

Outcome recv(const RecvArguments& given) {
    const Interrupts interrupts;
    const std::optional<StreamKind> asked = kind_asked(given);
    check(given, asked);
    std::optional<Sink> sink = sink_of(given, interrupts);
    make_folder(given.split);
    const bool quiet = onto_terminal(given);
    const std::optional<StreamKind> kind = asked ? asked : await_kind(given, interrupts);
    check(given, kind);
    if (kind == StreamKind::mpmc) {
        WorkReceiver receiver{work_request_of(given), *sink, interrupts};
        return run(receiver, interrupts, quiet);
    }
    if (kind == StreamKind::broadcast) {
        FeedReceiver receiver{feed_request_of(given), sink ? &*sink : nullptr, interrupts};
        return run(receiver, interrupts, quiet);
    }
    if (kind == StreamKind::latest) {
        ValueReceiver receiver{common_of<ValueReceiveRequest>(given), *sink, interrupts};
        return run(receiver, interrupts, quiet);
    }
    Receiver receiver{request_of(given, kind), sink ? &*sink : nullptr, interrupts};
    return run(receiver, interrupts, quiet);
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
        "--split", given->split, "Of mpsc, broadcast: a file for each sender, in this folder");
    split->type_name("DIR")->excludes(file);
    sub->add_option("--streams", given->streams,
                    "Leave when so many streams are complete (default: when the last sender left)")
        ->type_name("N")
        ->check(CLI::PositiveNumber)
        ->needs(split);
    sub->add_option("--kind", given->kind,
                    "spsc, mpsc, mpmc, broadcast or latest (default: as the channel is)")
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
    sub->add_option("--stay", given->stay,
                    "Of an mpmc channel: when the last sender has left, wait so long for another\n"
                    "before the exit with 0 (default 0)")
        ->type_name("SECONDS")
        ->check(parses(parse_seconds));
    sub->add_option("--policy", given->policy,
                    "Of a broadcast channel: gated (default: gets all, the sender waits for it),\n"
                    "lossy (what it reads in time), conflate (the newest each time)")
        ->type_name("P")
        ->check(parses(policy_of));
    sub->add_flag("--hex", given->hex, "Print each message in hexadecimal")->excludes(append);
    given->json = sub->get_option("--json");
    sub->get_option("--json")->description(
        "Print one JSON document to stdout; the data needs a --file or --split then");
    add_waiting(*sub, given->port, "sender");
}

}  // namespace shunt::tools
