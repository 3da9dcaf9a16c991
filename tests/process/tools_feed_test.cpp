// SPDX-License-Identifier: MIT
//
// shunt send and shunt recv of a broadcast channel and of a latest value: every gated receiver gets
// all, whoever else is slow or killed; what a lossy one did not get is counted, and the exit code
// says so.
#include "process/support/command.hpp"
#include "process/support/company.hpp"

#include <shunt/channel/list.hpp>
#include <shunt/core/ring/broadcast_gate.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>

namespace shunt::process_test {
namespace {

using Strings = std::vector<std::string>;

class ToolsFeed : public testing::Test {
protected:
    [[nodiscard]] std::string out(std::size_t receiver) const {
        return place_.file("received" + std::to_string(receiver));
    }
    [[nodiscard]] std::string input(std::size_t bytes) const {
        write_file(in_, noise(bytes, 3));
        return in_;
    }
    // Lines of 1, 2, ... `count`, each some twenty bytes.
    static std::string lines_of(std::size_t count) {
        std::string text;
        for (std::size_t i = 1; i <= count; ++i) {
            text += "line " + std::to_string(1'000'000'000 + i) + "\n";
        }
        return text;
    }
    static Strings split(const std::string& text) {
        Strings lines;
        std::istringstream from{text};
        for (std::string line; std::getline(from, line);) {
            lines.push_back(line);
        }
        return lines;
    }
    static void expect_success(Command& each) {
        const Ended ended = each.wait();
        EXPECT_EQ(ended.exit, 0) << ended.err;
        EXPECT_EQ(ended.err, "");
    }
    static void expect_end(const Ended& ended, int exit, const std::string& part) {
        EXPECT_EQ(ended.exit, exit) << ended.err;
        EXPECT_TRUE(contains(ended.err, part)) << ended.err;
    }
    static Strings send(const Strings& more) {
        Strings args{"send", "ch", "--kind", "broadcast"};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    // The log's positions. Zeros while there is no channel.
    [[nodiscard]] static ring::RingState positions() {
        try {
            return channel::observe("ch").condition().ring;
        } catch (const std::exception&) {
            return {};
        }
    }
    // It has written what its pipe holds, and has a message in hand.
    [[nodiscard]] static bool stuck_at_its_pipe(const Command& receiver) {
        return until([&] { return receiver.untaken() > 0 && receiver.sleeps_in(SYS_ppoll); });
    }
    void expect_nothing_left() const { EXPECT_EQ(place_.channels(), Strings{}); }

    Place place_;
    const std::string in_ = place_.file("in");
};

TEST_F(ToolsFeed, ThreeGatedReceiversGetAllOfIt) {
    const std::string file = input(3'000'017);
    std::deque<Command> receivers;
    for (std::size_t i = 0; i < 2; ++i) {
        receivers.emplace_back(Strings{"recv", "ch", "--file", out(i)});
        ASSERT_TRUE(until([&] { return receivers.back().sleeps_in(SYS_ppoll); }));
    }
    Command sender{send({"--subscribers", "3", "--file", file})};
    ASSERT_TRUE(until([&] { return receivers[1].sleeps_in(SYS_futex); }));
    EXPECT_EQ(positions().write_pos, 0u) << "one is missing";
    receivers.emplace_back(Strings{"recv", "ch", "--kind", "broadcast", "--file", out(2)});
    expect_success(sender);
    for (std::size_t i = 0; i < 3; ++i) {
        expect_success(receivers[i]);
        EXPECT_TRUE(content_of(out(i)) == content_of(file)) << i;
    }
    expect_nothing_left();
}

TEST_F(ToolsFeed, TheSenderStaysUntilTheLastGateHasWrittenAll) {
    const std::string file = input(300'000);
    Command sender{send({"--subscribers", "2", "--file", file})};
    Command quick{{"recv", "ch", "--file", out(0)}};
    Command slow{{"recv", "ch"}, {.drain = true}};
    expect_success(quick);
    ASSERT_TRUE(stuck_at_its_pipe(slow));
    ASSERT_TRUE(until([&] { return sender.sleeps_in(SYS_ppoll); }));
    EXPECT_TRUE(slow.take_all() == content_of(file));
    expect_success(sender);
    expect_success(slow);
    EXPECT_TRUE(content_of(out(0)) == content_of(file));
}

TEST_F(ToolsFeed, AnEmptyStreamMakesEmptyFiles) {
    write_file(out(0), "what was there before");
    Command receiver{{"recv", "ch", "--file", out(0)}};
    expect_end(run(send({})), 0, "");
    expect_success(receiver);
    EXPECT_EQ(content_of(out(0)), "");
    expect_nothing_left();
}

TEST_F(ToolsFeed, LinesComeWholeToEach) {
    const std::string text = lines_of(20'000) + "without an end";
    std::deque<Command> receivers;
    for (std::size_t i = 0; i < 2; ++i) {
        receivers.emplace_back(Strings{"recv", "ch", "--file", out(i)});
    }
    Command sender{send({"--lines", "--subscribers", "2", "--capacity", "64"}), {.feed = true}};
    sender.feed(text);
    sender.feed_no_more();
    expect_success(sender);
    for (std::size_t i = 0; i < 2; ++i) {
        expect_success(receivers[i]);
        EXPECT_TRUE(content_of(out(i)) == text + "\n") << i;
    }
    expect_nothing_left();
}

TEST_F(ToolsFeed, RawMessagesEndWithTheirSender) {
    Command receiver{{"recv", "ch", "--file", out(0)}};
    Command sender{send({"--raw", "--size", "5"}), {.feed = true}};
    sender.feed("five five five");
    sender.feed_no_more();
    expect_success(sender);
    expect_success(receiver);
    EXPECT_EQ(content_of(out(0)), "five five five");
}

TEST_F(ToolsFeed, ASenderSaysHowManyReceiversCame) {
    Command receiver{{"recv", "ch", "--file", out(0), "--peer-timeout", "0.1"}};
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_ppoll); }));
    const Ended ended =
        run(send({"--subscribers", "2", "--file", input(100), "--open-timeout", "1", "--json"}));
    EXPECT_EQ(ended.exit, 4);
    EXPECT_TRUE(contains(ended.err, " of 2 receivers came within 1 s, and nothing was sent"))
        << ended.err;
    EXPECT_EQ(ended.document().at("result").at("messages"), 0);
    EXPECT_EQ(ended.document().at("result").at("complete"), false);
    expect_end(receiver.wait(), 4, "and no other came within 0.1 s");
    EXPECT_EQ(size_of(out(0)), 0u);
}

TEST_F(ToolsFeed, AGatedReceiverThatReadsNothingEndsTheSenderAfterAWhile) {
    Command receiver{{"recv", "ch"}, {.drain = true}};
    const Ended ended = run(send({"--file", input(8'000'000), "--peer-timeout", "0.3", "--json"}));
    EXPECT_EQ(ended.exit, 4);
    const std::string text = "process " + std::to_string(receiver.pid()) + " has read nothing for";
    EXPECT_TRUE(contains(ended.err, text)) << ended.err;
    EXPECT_TRUE(contains(ended.err, "--on-slow evict")) << ended.err;
    const auto result = ended.document().at("result");
    EXPECT_EQ(result.at("kind"), "broadcast");
    EXPECT_EQ(result.at("end_sent"), false);
    EXPECT_GE(result.at("longest_wait_ns"), 300'000'000);
    receiver.kill();
}

TEST_F(ToolsFeed, AnEvictedReceiverIsToldSoAndTheOthersGetAll) {
    constexpr std::size_t kSize = 16 * 1024;
    const std::string file = input(8'000'000);
    Command slow{{"recv", "ch"}, {.drain = true}};
    Command sender{send({"--on-slow", "evict", "--subscribers", "2", "--size", "16K", "--capacity",
                         "128", "--json"}),
                   {.feed = true}};
    Command quick{{"recv", "ch", "--file", out(0)}};
    const std::string data = content_of(file);
    sender.feed(data.substr(0, 1'000'000));
    ASSERT_TRUE(stuck_at_its_pipe(slow));
    for (std::size_t at = 1'000'000; at < data.size(); at += 1'000'000) {
        sender.feed(data.substr(at, 1'000'000));
        // The quick one is to be quick, however the scheduler sees it.
        ASSERT_TRUE(until([&] { return size_of(out(0)) + kSize > at + 1'000'000; }));
    }
    sender.feed_no_more();
    const Ended sent = sender.wait();
    EXPECT_EQ(sent.exit, 0) << sent.err;
    EXPECT_TRUE(contains(sent.err, "1 gated receivers were slower")) << sent.err;
    EXPECT_EQ(sent.document().at("result").at("evicted"), 1);
    EXPECT_EQ(sent.document().at("warnings").back().at("id"), "evicted");
    expect_success(quick);
    EXPECT_TRUE(content_of(out(0)) == data);
    (void)slow.take_all();
    expect_end(slow.wait(), 6, "waits for this receiver no more");
}

TEST_F(ToolsFeed, WhatIsDroppedAndWhatIsReceivedIsAllThatWasSent) {
    constexpr std::size_t kLines = 20'000;
    const std::string text = lines_of(kLines);
    Command slow{{"recv", "ch", "--file", out(0)}};
    Command sender{send({"--on-slow", "drop", "--lines", "--capacity", "64", "--json"}),
                   {.feed = true}};
    sender.feed(text.substr(0, 1'700));
    ASSERT_TRUE(until([&] { return size_of(out(0)) > 0; })) << slow.err();
    slow.signal(SIGSTOP);
    sender.feed(text.substr(1'700));  // more than its pipe holds
    sender.feed_no_more();
    slow.signal(SIGCONT);
    expect_success(slow);
    const Strings got = split(content_of(out(0)));
    const Ended sent = sender.wait();
    EXPECT_EQ(sent.exit, 0) << sent.err;
    const auto result = sent.document().at("result");
    EXPECT_EQ(result.at("messages"), got.size());
    EXPECT_EQ(result.at("dropped"), kLines - got.size());
    EXPECT_GT(result.at("dropped"), 0);
    EXPECT_TRUE(contains(sent.err, " messages were not sent")) << sent.err;
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

// A lossy receiver that is stopped while the log goes around several times.
class ToolsFeedLossy : public ToolsFeed {
protected:
    static constexpr std::size_t kLines = 20'000;

    Ended stopped_while_lines_go_by(const std::string& policy) {
        Command receiver{{"recv", "ch", "--policy", policy, "--file", out(0), "--json"}};
        Command sender{send({"--lines", "--capacity", "64"}), {.feed = true}};
        sender.feed(text_.substr(0, 1'700));
        EXPECT_TRUE(until([&] { return size_of(out(0)) > 0; })) << receiver.err();
        receiver.signal(SIGSTOP);
        sender.feed(text_.substr(1'700));
        sender.feed_no_more();
        expect_success(sender);
        receiver.signal(SIGCONT);
        return receiver.wait();
    }

    const std::string text_ = lines_of(kLines);
};

TEST_F(ToolsFeedLossy, LossesAndLinesAreTogetherAllThatWasSent) {
    const Ended ended = stopped_while_lines_go_by("lossy");
    expect_end(ended, 6, "the output is not all that was sent to channel 'ch'");
    const auto result = ended.document().at("result");
    const Strings got = split(content_of(out(0)));
    EXPECT_EQ(result.at("policy"), "lossy");
    EXPECT_EQ(result.at("messages"), got.size());
    EXPECT_EQ(result.at("lost"), kLines - got.size());
    EXPECT_GT(result.at("lost"), 0);
    EXPECT_EQ(result.at("complete"), false);
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
    EXPECT_EQ(got.back(), split(text_).back());
    expect_nothing_left();
}

TEST_F(ToolsFeedLossy, OneThatConflatesHasTheNewestAndCountsTheRest) {
    const Ended ended = stopped_while_lines_go_by("conflate");
    EXPECT_EQ(ended.exit, 0) << ended.err;
    const auto result = ended.document().at("result");
    const Strings got = split(content_of(out(0)));
    EXPECT_EQ(result.at("lost"), kLines - got.size());
    EXPECT_GT(result.at("lost"), 0);
    EXPECT_EQ(result.at("complete"), true);
    EXPECT_EQ(got.back(), split(text_).back());
}

TEST_F(ToolsFeed, OfAStreamALossyReceiverCountsTheBytesThatAreMissing) {
    const std::string data = noise(4'000'000, 5);
    Command receiver{{"recv", "ch", "--policy", "lossy", "--file", out(0), "--json"}};
    Command sender{send({"--capacity", "16"}), {.feed = true}};
    sender.feed(data.substr(0, 100'000));
    ASSERT_TRUE(until([&] { return size_of(out(0)) == 100'000; }));
    receiver.signal(SIGSTOP);
    sender.feed(data.substr(100'000));
    sender.feed_no_more();
    expect_success(sender);
    receiver.signal(SIGCONT);
    const Ended ended = receiver.wait();
    expect_end(ended, 6, " bytes of the stream are missing");
    const auto result = ended.document().at("result");
    EXPECT_EQ(result.at("bytes"), size_of(out(0)));
    EXPECT_EQ(result.at("missing_bytes"), data.size() - size_of(out(0)));
    EXPECT_GT(result.at("lost"), 0);
    EXPECT_EQ(result.at("total"), data.size());
    EXPECT_EQ(result.at("complete"), false);
}

TEST_F(ToolsFeed, ALossyReceiverThatKeepsUpHasAll) {
    const std::string file = input(50'000);  // less than the log holds
    Command receiver{{"recv", "ch", "--policy", "lossy", "--file", out(0)}};
    expect_end(run(send({"--file", file})), 0, "");
    expect_success(receiver);
    EXPECT_TRUE(content_of(out(0)) == content_of(file));
}

TEST_F(ToolsFeed, WhoComesTooLateIsToldWhatIsMissing) {
    const std::string data = noise(3'000'000, 7);
    Command first{{"recv", "ch", "--file", out(0)}};
    Command sender{send({"--capacity", "16"}), {.feed = true}};
    sender.feed(data.substr(0, 2'000'000));
    ASSERT_TRUE(until([&] { return size_of(out(0)) == 2'000'000; }));
    expect_end(run({"recv", "ch", "--file", out(1)}), 6, "what is before it was overwritten");
    EXPECT_EQ(size_of(out(1)), 0u);
    Command late{{"recv", "ch"}};
    ASSERT_TRUE(until([&] { return late.sleeps_in(SYS_futex); })) << late.err();
    sender.feed(data.substr(2'000'000));
    sender.feed_no_more();
    expect_success(sender);
    expect_success(first);
    EXPECT_TRUE(content_of(out(0)) == data);
    const Ended ended = late.wait();
    expect_end(ended, 6, " bytes of the stream are missing");
    EXPECT_FALSE(ended.out.empty());
    EXPECT_TRUE(data.ends_with(ended.out));
}

TEST_F(ToolsFeed, AKilledSenderIsResumed) {
    const std::string file = input(3'000'000);
    std::deque<Command> receivers;
    for (std::size_t i = 0; i < 2; ++i) {
        receivers.emplace_back(Strings{"recv", "ch", "--file", out(i)});
    }
    {
        Command first{send({"--subscribers", "2"}), {.feed = true}};
        first.feed(content_of(file).substr(0, 1'000'000));
        ASSERT_TRUE(until([&] {
            return size_of(out(0)) == 1'000'000 && size_of(out(1)) == 1'000'000;
        })) << receivers[0].err();
        first.kill();
    }
    expect_end(run(send({"--file", file})), 1, "ends unfinished at byte 1000000");
    Command second{send({"--subscribers", "2", "--file", file, "--resume"})};
    expect_success(second);
    for (std::size_t i = 0; i < 2; ++i) {
        expect_success(receivers[i]);
        EXPECT_TRUE(content_of(out(i)) == content_of(file)) << i;
    }
    expect_nothing_left();
}

TEST_F(ToolsFeed, AnInterruptEndsEveryKindOfWait) {
    Command for_listeners{{"send", "one", "--kind", "broadcast"}, {.feed = true}};
    ASSERT_TRUE(until([&] { return for_listeners.sleeps_in(SYS_ppoll); }));
    Command for_room{send({"--file", input(8'000'000)})};
    Command for_pipe{{"recv", "ch"}, {.drain = true}};
    ASSERT_TRUE(stuck_at_its_pipe(for_pipe));
    ASSERT_TRUE(until([&] { return for_room.sleeps_in(SYS_futex); }));
    for (Command* const each : {&for_listeners, &for_room, &for_pipe}) {
        each->signal(SIGINT);
        const Ended ended = each->wait();
        expect_end(ended, 130, "interrupted after ");
    }
}

TEST_F(ToolsFeed, LatestGivesTheNewestLineAndThenEachChangeThatIsSeen) {
    Command writer{{"send", "ch", "--kind", "latest", "--lines", "--json"}, {.feed = true}};
    writer.feed("one\ntwo\n");
    ASSERT_TRUE(until([&] { return positions().write_pos == 2; }));
    EXPECT_EQ(run({"recv", "ch", "--count", "1"}).out, "two\n");
    Command reader{{"recv", "ch", "--kind", "latest", "--file", out(0), "--json"}};
    ASSERT_TRUE(until([&] { return content_of(out(0)) == "two\n"; })) << reader.err();
    reader.signal(SIGSTOP);
    writer.feed(lines_of(100));
    ASSERT_TRUE(until([&] { return positions().write_pos == 102; }));
    reader.signal(SIGCONT);
    ASSERT_TRUE(until([&] { return contains(content_of(out(0)), "1000000100\n"); }));
    writer.feed_no_more();
    const Ended wrote = writer.wait();
    EXPECT_EQ(wrote.exit, 0) << wrote.err;
    EXPECT_EQ(wrote.document().at("result").at("kind"), "latest");
    EXPECT_EQ(wrote.document().at("result").at("messages"), 102);
    const Ended ended = reader.wait();
    EXPECT_EQ(ended.exit, 0) << ended.err;
    const auto result = ended.document().at("result");
    const Strings got = split(content_of(out(0)));
    EXPECT_EQ(result.at("messages"), got.size());
    EXPECT_EQ(result.at("version"), 102);
    EXPECT_EQ(result.at("skipped"), 101 - got.size());
    EXPECT_EQ(result.at("complete"), true);
    expect_nothing_left();
}

TEST_F(ToolsFeed, ALatestValueThatNobodyHasReadStaysForOne) {
    Command writer{{"send", "ch", "--kind", "latest", "--lines"}, {.feed = true}};
    writer.feed("the setting\n");
    writer.feed_no_more();
    expect_success(writer);
    EXPECT_EQ(run({"recv", "ch", "--count", "1"}).out, "the setting\n");
    expect_nothing_left();
}

TEST_F(ToolsFeed, RefusesWhatDoesNotBelongToIt) {
    const std::string file = input(100);
    const auto refused = [](const Strings& args, const std::string& part) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 2) << ended.err;
        EXPECT_TRUE(contains(ended.err, part)) << ended.err;
    };
    refused(send({"--subscribers", "-1", "--file", file}), "'-1' is no whole number");
    refused(send({"--on-slow", "wait", "--file", file}), "write block, evict or drop");
    refused(send({"--on-slow", "drop", "--file", file}), "a stream with a hole is none");
    refused(send({"--resume", "--lines", "--file", file}), "--resume goes on in a stream");
    refused(send({"--max-message", "100", "--size", "93", "--file", file}),
            "has 100 bytes, 8 of them for the stream offset");
    refused({"send", "ch", "--subscribers", "2", "--file", file}, "add --kind broadcast");
    refused({"send", "ch", "--kind", "mpmc", "--lines", "--subscribers", "2", "--file", file},
            "--subscribers is of a broadcast channel");
    refused({"send", "ch", "--on-slow", "evict", "--file", file}, "--on-slow is of a broadcast");
    refused({"send", "ch", "--kind", "latest", "--file", file}, "is a value of its own");
    refused({"send", "ch", "--kind", "latest", "--lines", "--on-slow", "drop", "--file", file},
            "nobody holds up the sender of a latest value");
    refused({"recv", "ch", "--kind", "spsc", "--policy", "lossy"}, "--policy is of a broadcast");
    refused({"recv", "ch", "--kind", "latest", "--policy", "lossy"}, "--policy is of a broadcast");
    refused({"recv", "ch", "--policy", "all"}, "'all' is no policy: write gated, lossy or conf");
    refused({"recv", "ch", "--kind", "broadcast", "--stay", "1"}, "--stay is of an mpmc channel");
    expect_nothing_left();
}

TEST_F(ToolsFeed, AChannelOfAnotherKindIsNamed) {
    Command sender{send({"--file", input(100)})};
    ASSERT_TRUE(until([&] { return !place_.channels().empty(); }));
    expect_end(run({"recv", "ch", "--kind", "spsc"}), 1,
               "kind is broadcast_bytes, wanted spsc_bytes");
    expect_end(run({"send", "ch", "--kind", "latest", "--lines", "--file", in_}), 1,
               "kind is broadcast_bytes, wanted latest_bytes");
    Command receiver{{"recv", "ch", "--file", out(0)}};
    expect_success(receiver);
    expect_success(sender);
}

// Of three gates one is killed and replaced, again and again, while the channel is busy.
class ToolsFeedDeath : public ToolsFeed {
protected:
    using Clock = std::chrono::steady_clock;

    static bool full() { return std::getenv("SHUNT_TEST_FULL") != nullptr; }
    static std::size_t parts() { return full() ? 100 : 4; }
    static std::uint64_t end_of_stream() { return (parts() * (kPart + 1) + kSize - 1) / kSize; }
    static bool same_files(const std::string& a, const std::string& b) {
        std::ifstream one{a, std::ios::binary};
        std::ifstream other{b, std::ios::binary};
        return std::equal(std::istreambuf_iterator<char>{one}, {},
                          std::istreambuf_iterator<char>{other}, {});
    }
    void make_input() const {
        const std::string part = noise(kPart, 9);
        std::ofstream file{in_, std::ios::binary};
        for (std::size_t i = 0; i < parts(); ++i) {
            file << static_cast<char>(i) << part;
        }
    }
    // The publisher waits for that process; or all is over.
    static bool is_gate_or_over(const Command& receiver) {
        try {
            const channel::Observer log = channel::observe("ch");
            const channel::Condition condition = log.condition();
            const auto peers = log.peers();
            return std::any_of(peers.begin(), peers.end(), [&](const channel::Peer& each) {
                return each.pid == static_cast<std::uint32_t>(receiver.pid()) &&
                       each.role == layout::Role::consumer &&
                       condition.subscribers[each.index].gate == ring::gate_word(each.token);
            });
        } catch (const std::exception&) {
            return true;
        }
    }
    // How long it took behind a death to publish more than the log holds, and so to pass the place
    // where the dead one stood. Nothing: the stream came to its end.
    static std::optional<double> stall_ms() {
        const auto dead = Clock::now();
        const std::uint64_t before = positions().write_pos;
        std::uint64_t now = before;
        EXPECT_TRUE(until([&] {
            now = positions().write_pos;
            return now == 0 || now > before + kMessages || now >= end_of_stream();
        })) << now;
        const std::chrono::duration<double, std::milli> took = Clock::now() - dead;
        return now > before + kMessages ? std::optional{took.count()} : std::nullopt;
    }

    // One stream, in the middle of which a gate is killed again and again: adds how long each death
    // held the others up.
    void send_and_kill(std::vector<double>& stalls) {
        std::deque<Command> stay;
        for (std::size_t i = 0; i < 2; ++i) {
            stay.emplace_back(Strings{"recv", "ch", "--file", out(i)});
        }
        std::optional<Command> victim;
        victim.emplace(Strings{"recv", "ch", "--policy", "gated"});
        Command sender{send({"--subscribers", "3", "--file", in_, "--size", std::to_string(kSize),
                             "--capacity", std::to_string(kMessages), "--json"})};
        for (std::size_t round = 1; round < parts(); ++round) {
            ASSERT_TRUE(until([&] { return size_of(out(0)) > round * kPart - kPart / 2; }))
                << size_of(out(0)) << " bytes after " << stalls.size() << " deaths; "
                << sender.err();
            ASSERT_TRUE(until([&] { return is_gate_or_over(*victim); })) << victim->err();
            victim->kill();
            if (const auto stall = stall_ms()) {
                stalls.push_back(*stall);
            }
            victim.emplace(Strings{"recv", "ch", "--peer-timeout", "1", "--open-timeout", "1"});
        }
        const Ended sent = sender.wait();
        EXPECT_EQ(sent.exit, 0) << sent.err;
        for (std::size_t i = 0; i < 2; ++i) {
            expect_success(stay[i]);
            EXPECT_TRUE(same_files(in_, out(i))) << size_of(out(i)) << " of " << size_of(in_);
            ::unlink(out(i).c_str());
        }
        std::printf("the sender's longest wait for room was %.2f ms\n",
                    sent.document().at("result").at("longest_wait_ns").get<double>() / 1e6);
    }

    static constexpr std::size_t kPart = 3'000'000;
    static constexpr std::size_t kSize = 16 * 1024;
    static constexpr std::size_t kMessages = 64;
};

// In full five streams of 300 MB, some 250 deaths, so that p99 is not the worst of them.
TEST_F(ToolsFeedDeath, OfAGateHoldsTheOthersUpForNoLongerThanItsRecovery) {
    make_input();
    std::vector<double> stalls;
    for (int stream = 0; stream < (full() ? 5 : 1); ++stream) {
        ASSERT_NO_FATAL_FAILURE(send_and_kill(stalls));
    }
    ASSERT_FALSE(stalls.empty()) << "nobody was killed in the middle";
    std::sort(stalls.begin(), stalls.end());
    const auto at = [&](std::size_t percent) {
        return stalls[(stalls.size() * percent + 99) / 100 - 1];
    };
    std::printf(
        "%zu deaths; the sender had passed the dead one's place after %.2f ms (median), "
        "%.2f ms (p95), %.2f ms (p99)\n",
        stalls.size(), at(50), at(95), at(99));
    if (full()) {
        EXPECT_LE(at(99), 10.0);
    }
}

}  // namespace
}  // namespace shunt::process_test
