// SPDX-License-Identifier: MIT
//
// shunt send and shunt recv of an mpmc channel: messages shared out among several receivers, each
// of them whole; what a killed one had in hand goes to another, which says so.
#include "process/support/command.hpp"
#include "process/support/company.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/mpmc.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <sstream>
#include <string_view>

namespace shunt::process_test {
namespace {

using Strings = std::vector<std::string>;

constexpr std::size_t kLongestLine = 128;

class ToolsWork : public testing::Test {
protected:
    // Lines that tell their sender and their number.
    static std::string lines_of(char sender, std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            text += sender + std::to_string(100'000 + i) + std::string(i % 97, '.') + "\n";
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
    static Strings sorted(Strings lines) {
        std::sort(lines.begin(), lines.end());
        return lines;
    }
    [[nodiscard]] std::string out(std::size_t receiver) const {
        return place_.file("received" + std::to_string(receiver));
    }
    [[nodiscard]] static Ended expect_success(Command& each) {
        Ended ended = each.wait();
        EXPECT_EQ(ended.exit, 0) << ended.err;
        return ended;
    }
    static void expect_silent_success(Command& each) { EXPECT_EQ(expect_success(each).err, ""); }
    // It has a message in hand, for which its pipe has no room.
    [[nodiscard]] static bool stuck_at_its_pipe(const Command& receiver) {
        return until([&] { return receiver.untaken() > 0 && receiver.sleeps_in(SYS_ppoll); });
    }
    [[nodiscard]] bool exists() const {
        return until([&] { return !place_.channels().empty(); });
    }

    Place place_;
};

template <class Consumer>
int die_of_a_message() {
    Consumer port{"ch"};
    ring::BytesView view;
    const Status got = port.peek_until(view, channel::kNoDeadline);
    ::raise(got ? SIGKILL : SIGTERM);
    return 0;
}

// Messages in slots, or in blocks.
class ToolsWorkIn : public ToolsWork, public testing::WithParamInterface<const char*> {
protected:
    [[nodiscard]] static Strings send_lines(Strings more) {
        Strings all{"send", "ch", "--kind", "mpmc", "--lines"};
        if (in_blocks()) {
            all.emplace_back("--blocks");
        }
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] static bool in_blocks() { return std::string_view{GetParam()} == "Blocks"; }
};

INSTANTIATE_TEST_SUITE_P(Of, ToolsWorkIn, testing::Values("Slots", "Blocks"),
                         [](const auto& which) { return std::string{which.param}; });

TEST_F(ToolsWork, LinesOfSeveralSendersAreSharedOutEachWholeAndInEachSendersOrder) {
    std::deque<Command> senders;
    for (int i = 0; i < 3; ++i) {
        senders.emplace_back(Strings{"send", "ch", "--kind", "mpmc", "--lines"},
                             Command::Streams{.feed = true});
        // While one of them is there the others may come.
        ASSERT_TRUE(until([&] { return senders.back().sleeps_in(SYS_ppoll); }));
    }
    std::deque<Command> receivers;
    for (std::size_t i = 0; i < 2; ++i) {
        receivers.emplace_back(Strings{"recv", "ch", "--file", out(i)});
    }
    std::string all;
    for (const char name : {'a', 'b', 'c'}) {
        const std::string text = lines_of(name, 5'000);
        senders[static_cast<std::size_t>(name - 'a')].feed(text);
        all += text;
    }
    for (Command& sender : senders) {
        sender.feed_no_more();
    }
    for (Command& sender : senders) {
        expect_silent_success(sender);
    }
    Strings got;
    for (std::size_t i = 0; i < 2; ++i) {
        expect_silent_success(receivers[i]);
        const Strings lines = split(content_of(out(i)));
        for (const char name : {'a', 'b', 'c'}) {
            Strings its;
            std::copy_if(lines.begin(), lines.end(), std::back_inserter(its),
                         [&](const std::string& line) { return line[0] == name; });
            EXPECT_TRUE(std::is_sorted(its.begin(), its.end())) << name << " of " << i;
        }
        got.insert(got.end(), lines.begin(), lines.end());
    }
    EXPECT_TRUE(sorted(got) == split(all)) << got.size();
    EXPECT_EQ(place_.channels(), Strings{});
}

TEST_P(ToolsWorkIn, WhatAKilledReceiverHadInHandGoesToAnotherFlaggedAndTheSenderStaysForIt) {
    const std::string text = lines_of('a', 2'500);
    Command sender{send_lines({"--json"}), {.feed = true}};
    Command victim{{"recv", "ch"}, {.drain = true}};
    sender.feed(text);
    sender.feed_no_more();
    ASSERT_TRUE(stuck_at_its_pipe(victim)) << victim.err();
    const Ended info = run({"info", "ch", "--json"});
    const auto seats = info.document().at("result").at("peers");
    const auto seat = std::find_if(seats.begin(), seats.end(), [&](const auto& each) {
        return each.at("pid") == victim.pid();
    });
    ASSERT_NE(seat, seats.end());
    ASSERT_EQ(seat->at("holds").size(), 1u);
    const std::uint64_t in_hand = seat->at("holds").at(0).at("position");
    Command heir{{"recv", "ch", "--file", out(0), "--json"}};
    ASSERT_TRUE(until([&] { return size_of(out(0)) > 0; })) << heir.err();
    victim.kill();
    const Ended inherited = expect_success(heir);
    EXPECT_EQ(std::count(inherited.err.begin(), inherited.err.end(), '\n'), 1) << inherited.err;
    EXPECT_TRUE(contains(inherited.err, "it may be in both outputs")) << inherited.err;
    const auto result = inherited.document().at("result");
    EXPECT_EQ(result.at("redelivered"), 1);
    const auto& again = result.at("redeliveries").at(0);
    EXPECT_EQ(again.at("position"), in_hand);
    const std::string its = content_of(out(0));
    EXPECT_TRUE(contains(text, its.substr(again.at("at_byte"), again.at("bytes"))));
    // Of the victim's pipe a whole line is taken or nothing.
    const Strings before = split(victim.take_all());
    EXPECT_EQ(before.size(), in_hand);
    Strings got = split(its);
    EXPECT_EQ(result.at("messages"), got.size());
    got.insert(got.end(), before.begin(), before.end());
    EXPECT_TRUE(sorted(got) == split(text)) << got.size();
    const Ended sent = expect_success(sender);
    EXPECT_EQ(sent.document().at("result").at("messages"), 2'500);
    EXPECT_EQ(sent.document().at("result").at("blocks"), in_blocks());
    EXPECT_EQ(sent.document().at("result").at("complete"), true);
    EXPECT_EQ(place_.channels(), Strings{});
}

TEST_P(ToolsWorkIn, NothingIsLostWhoeverIsKilledAndReplacedAndWhatComesTwiceIsFlagged) {
    const std::string text = lines_of('a', 6'000);
    const std::size_t part = text.size() / 6;
    Command sender{send_lines({"--capacity", "64"}), {.feed = true}};
    Command stays{{"recv", "ch", "--file", out(0), "--json"}};
    std::uint64_t flagged = 0;
    for (std::size_t round = 0; round < 5; ++round) {
        Command victim{{"recv", "ch", "--file", out(1), "--append"}};
        const std::size_t before = size_of(out(1));
        sender.feed(text.substr(round * part, part));
        // Anywhere, be it between a write and its release; or the other one took all whole lines.
        ASSERT_TRUE(until([&] {
            return size_of(out(1)) > before ||
                   size_of(out(0)) + before + kLongestLine > (round + 1) * part;
        })) << victim.err();
        victim.kill();
    }
    Command last{{"recv", "ch", "--file", out(1), "--append", "--json"}};
    ASSERT_TRUE(until([&] { return last.sleeps_in(SYS_futex); })) << last.err();
    sender.feed(text.substr(5 * part));
    sender.feed_no_more();
    Strings got;
    for (Command* const receiver : {&stays, &last}) {
        flagged +=
            expect_success(*receiver).document().at("result").at("redelivered").get<unsigned>();
    }
    EXPECT_EQ(expect_success(sender).err, "");
    for (std::size_t i = 0; i < 2; ++i) {
        const Strings lines = split(content_of(out(i)));
        got.insert(got.end(), lines.begin(), lines.end());
    }
    got = sorted(got);
    const std::size_t twice = got.size();
    got.erase(std::unique(got.begin(), got.end()), got.end());
    EXPECT_TRUE(got == split(text)) << got.size();
    // A victim's heir may itself be a victim, which has told nobody.
    EXPECT_LE(twice - got.size(), flagged + 4);
}

TEST_F(ToolsWork, AClaimOfASenderThatDiedIsAGapThatIsToldAndTheRestComes) {
    Command receiver{{"recv", "ch", "--kind", "mpmc", "--file", out(0), "--json"}};
    Command sender{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
    sender.feed("one\n");
    ASSERT_TRUE(until([&] { return content_of(out(0)) == "one\n"; })) << receiver.err();
    Child claimer{[] {
        mpmc::BytesProducer port{"ch"};
        std::span<std::byte> place;
        (void)port.try_claim(5, place);
        ::raise(SIGKILL);
        return 0;
    }};
    EXPECT_EQ(claimer.wait(), "signal 9");
    sender.feed("two\n");
    sender.feed_no_more();
    expect_silent_success(sender);
    const Ended ended = expect_success(receiver);
    EXPECT_TRUE(contains(ended.err, "while it wrote message 1, which nobody gets")) << ended.err;
    EXPECT_EQ(ended.document().at("result").at("gaps"), 1);
    EXPECT_EQ(ended.document().at("result").at("messages"), 2);
    EXPECT_EQ(content_of(out(0)), "one\ntwo\n");
}

// Nor does a sender have to say so again to join.
TEST_F(ToolsWork, ABlockOfASenderThatDiedIsNoGap) {
    Command receiver{{"recv", "ch", "--kind", "mpmc", "--file", out(0), "--json"}};
    Command sender{{"send", "ch", "--kind", "mpmc", "--blocks", "--lines"}, {.feed = true}};
    sender.feed("one\n");
    ASSERT_TRUE(until([&] { return content_of(out(0)) == "one\n"; })) << receiver.err();
    Child claimer{[] {
        mpmc::BlockBytesProducer port{"ch"};
        std::span<std::byte> place;
        (void)port.try_claim(5, place);
        ::raise(SIGKILL);
        return 0;
    }};
    EXPECT_EQ(claimer.wait(), "signal 9");
    Command joins{{"send", "ch", "--lines", "--json"}, {.feed = true}};
    joins.feed("two\n");
    joins.feed_no_more();
    EXPECT_EQ(expect_success(joins).document().at("result").at("blocks"), true);
    sender.feed_no_more();
    expect_silent_success(sender);
    const Ended ended = expect_success(receiver);
    EXPECT_EQ(ended.err, "");
    EXPECT_EQ(ended.document().at("result").at("gaps"), 0);
    EXPECT_EQ(content_of(out(0)), "one\ntwo\n");
}

TEST_F(ToolsWork, BlocksAreNotThereWhereTheChannelHasNone) {
    Command sender{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
    ASSERT_TRUE(until([&] { return sender.sleeps_in(SYS_ppoll); })) << sender.err();
    const Ended other = run({"send", "ch", "--kind", "mpmc", "--blocks", "--count", "1"});
    EXPECT_NE(other.exit, 0);
    EXPECT_TRUE(contains(other.err, "kind is mpmc_bytes, wanted mpmc_blocks_bytes")) << other.err;
    const Ended stream = run({"send", "stream", "--blocks", "--count", "1"});
    EXPECT_EQ(stream.exit, 2);
    EXPECT_TRUE(contains(stream.err, "--blocks is of mpmc")) << stream.err;
}

TEST_P(ToolsWorkIn, AMessageThatManyReceiversDiedOfIsALossAndTheExitCodeSaysSo) {
    Command sender{send_lines({}), {.feed = true}};
    sender.feed("deadly\nharmless\n");
    ASSERT_TRUE(exists());
    for (int i = 0; i < (in_blocks() ? 8 : 16); ++i) {
        Child victim{[] {
            return in_blocks() ? die_of_a_message<mpmc::BlockBytesConsumer>()
                               : die_of_a_message<mpmc::BytesConsumer>();
        }};
        ASSERT_EQ(victim.wait(), "signal 9");
    }
    Command receiver{{"recv", "ch", "--file", out(0), "--json"}};
    sender.feed_no_more();
    const Ended ended = receiver.wait();
    EXPECT_EQ(ended.exit, 6);
    EXPECT_TRUE(contains(ended.err, "gave a message of channel 'ch' up")) << ended.err;
    EXPECT_TRUE(contains(ended.err, in_blocks() ? ": eight receivers" : ": sixteen receivers"));
    EXPECT_EQ(ended.document().at("result").at("dead_letters"), 1);
    EXPECT_EQ(content_of(out(0)), "harmless\n");
    EXPECT_EQ(sender.wait().exit, 0);
}

TEST_F(ToolsWork, ASenderThatDiedIsWaitedForAndTheNextOnesWorkGoesOn) {
    Command first{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
    Command receiver{{"recv", "ch", "--file", out(0)}};
    first.feed("one\nand the begin of ");
    ASSERT_TRUE(until([&] { return content_of(out(0)) == "one\n"; })) << receiver.err();
    first.kill();
    Command second{{"send", "ch", "--lines"}, {.feed = true}};
    second.feed("two\nthree, without its end");
    second.feed_no_more();
    expect_silent_success(second);
    expect_silent_success(receiver);
    EXPECT_EQ(content_of(out(0)), "one\ntwo\nthree, without its end\n");
}

TEST_F(ToolsWork, NobodyComingIsTimedOutForEitherSide) {
    Command sender{{"send", "ch", "--kind", "mpmc", "--count", "3", "--open-timeout", "0.2"}};
    const Ended sent = sender.wait();
    EXPECT_EQ(sent.exit, 4);
    EXPECT_TRUE(contains(sent.err, "no receiver came within 0.2 s, 3 messages unread")) << sent.err;
    Command dies{{"send", "ch", "--lines"}, {.feed = true}};
    ASSERT_TRUE(until([&] { return dies.sleeps_in(SYS_ppoll); })) << dies.err();
    Command receiver{{"recv", "ch", "--file", out(0), "--peer-timeout", "0.1"}};
    dies.feed("four\n");
    ASSERT_TRUE(until([&] { return size_of(out(0)) == 3 * 1024 + 5; })) << receiver.err();
    dies.kill();
    const Ended received = receiver.wait();
    EXPECT_EQ(received.exit, 4);
    EXPECT_TRUE(
        contains(received.err, "the sender died, and no other came within 0.1 s; 4 messages"))
        << received.err;
    EXPECT_EQ(run({"recv", "nothing", "--kind", "mpmc", "--open-timeout", "0.1"}).exit, 3);
}

TEST_F(ToolsWork, AReceiverThatStaysTakesTheWorkOfTheNextSender) {
    Command receiver{{"recv", "ch", "--file", out(0), "--stay", "30"}};
    for (const char* const text : {"one\n", "two\n"}) {
        Command sender{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
        sender.feed(text);
        sender.feed_no_more();
        expect_silent_success(sender);
    }
    EXPECT_EQ(content_of(out(0)), "one\ntwo\n");
    receiver.signal(SIGINT);
    EXPECT_EQ(receiver.wait().exit, 130);
}

TEST_F(ToolsWork, NoWorkMakesAnEmptyFile) {
    write_file(out(0), "what was there before");
    Command sender{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
    Command receiver{{"recv", "ch", "--file", out(0), "--stay", "0.01"}};
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_futex); })) << receiver.err();
    sender.feed_no_more();
    expect_silent_success(sender);
    expect_silent_success(receiver);
    EXPECT_EQ(content_of(out(0)), "");
}

TEST_F(ToolsWork, RecordsComeAsTheyAreAndGreaterOnesMakeTheChannelsGreatest) {
    const std::string data = noise(100'050, 1);
    write_file(place_.file("in"), data);
    for (const char* const size : {"100", "5000"}) {
        Command sender{
            {"send", "ch", "--kind", "mpmc", "--size", size, "--file", place_.file("in")}};
        const Ended ended = run({"recv", "ch", "--file", out(0), "--json"});
        EXPECT_EQ(ended.exit, 0) << ended.err;
        EXPECT_TRUE(content_of(out(0)) == data) << size_of(out(0));
        EXPECT_EQ(ended.document().at("result").at("messages"),
                  (data.size() + std::stoul(size) - 1) / std::stoul(size));
        expect_silent_success(sender);
    }
}

TEST_F(ToolsWork, ALineTooLongEndsTheSenderAndWhatItSentBeforeComes) {
    Command receiver{{"recv", "ch", "--file", out(0), "--peer-timeout", "0.1"}};
    Command sender{{"send", "ch", "--kind", "mpmc", "--lines", "--max-message", "10"},
                   {.feed = true}};
    sender.feed("just ten.\n\neleven bytes\nten again\n");
    const Ended ended = sender.wait();
    EXPECT_EQ(ended.exit, 1);
    EXPECT_TRUE(contains(ended.err, "line 3 is longer than 10 bytes")) << ended.err;
    EXPECT_TRUE(contains(ended.err, "tail -n +3")) << ended.err;
    EXPECT_EQ(receiver.wait().exit, 0);
    EXPECT_EQ(content_of(out(0)), "just ten.\n\n");
}

TEST_F(ToolsWork, AnInterruptedReceiverLeavesWhatItHadInHandToAnother) {
    const std::string text = lines_of('a', 2'500);
    Command sender{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
    Command first{{"recv", "ch"}, {.drain = true}};
    sender.feed(text);
    sender.feed_no_more();
    ASSERT_TRUE(stuck_at_its_pipe(first)) << first.err();
    first.signal(SIGTERM);
    EXPECT_EQ(first.wait().exit, 130);
    const Ended second = run({"recv", "ch", "--file", out(0), "--json"});
    EXPECT_EQ(second.exit, 0);
    EXPECT_EQ(second.document().at("result").at("redelivered"), 1);
    expect_silent_success(sender);
    EXPECT_TRUE(sorted(split(first.take_all() + content_of(out(0)))) == split(text));
}

TEST_F(ToolsWork, AppendCutsALineWithoutItsEndAndRefusesRecords) {
    write_file(out(0), "zero\nhalf of o");
    Command sender{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
    sender.feed("one\n");
    sender.feed_no_more();
    const Ended cut = run({"recv", "ch", "--file", out(0), "--append", "--json"});
    EXPECT_EQ(cut.exit, 0);
    EXPECT_TRUE(contains(cut.err, "cut 9 bytes without a line's end")) << cut.err;
    EXPECT_EQ(cut.document().at("result").at("cut_bytes"), 9);
    EXPECT_EQ(content_of(out(0)), "zero\none\n");
    expect_silent_success(sender);

    write_file(out(1), "zero\nhalf");
    Command nothing{{"send", "ch", "--kind", "mpmc", "--lines"}, {.feed = true}};
    Command idle{{"recv", "ch", "--file", out(1), "--append"}};
    ASSERT_TRUE(until([&] { return idle.sleeps_in(SYS_futex); })) << idle.err();
    nothing.feed_no_more();
    const Ended none = expect_success(idle);
    EXPECT_TRUE(contains(none.err, "the last 4 bytes of ")) << none.err;
    EXPECT_EQ(content_of(out(1)), "zero\nhalf");
    expect_silent_success(nothing);

    Command records{{"send", "ch", "--kind", "mpmc", "--count", "2"}};
    const Ended refused = run({"recv", "ch", "--file", out(1), "--append"});
    EXPECT_EQ(refused.exit, 2);
    EXPECT_TRUE(contains(refused.err, "are no lines")) << refused.err;
    EXPECT_EQ(content_of(out(1)), "zero\nhalf");
    EXPECT_EQ(run({"recv", "ch", "--file", out(2), "--count", "2"}).exit, 0);
    expect_silent_success(records);
}

TEST_F(ToolsWork, ProgressOnATerminal) {
    Terminal sending;
    Terminal receiving;
    if (receiving.path().empty()) {
        GTEST_SKIP() << "this host has no pseudo-terminals";
    }
    Command sender{{"send", "ch", "--kind", "mpmc", "--generate", "--rate", "1M"},
                   {.terminal = sending.path()}};
    Command receiver{{"recv", "ch", "--file", out(0)}, {.terminal = receiving.path()}};
    const auto shows = [](Terminal& terminal, const std::string& part) {
        return until([&] { return contains(terminal.shown(), part); });
    };
    EXPECT_TRUE(shows(sending, "\r\x1b[Ksent "));
    EXPECT_TRUE(shows(receiving, "\r\x1b[Kreceived "));
    sender.signal(SIGINT);
    EXPECT_EQ(sender.wait().exit, 130);
    EXPECT_TRUE(shows(sending, "interrupted after "));
    EXPECT_EQ(receiver.wait().exit, 0);
    EXPECT_TRUE(shows(receiving, "received "));
}

TEST_F(ToolsWork, RefusesWhatDoesNotBelongToIt) {
    const auto refused = [](const Strings& args, const std::string& part) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 2) << ended.err;
        EXPECT_TRUE(contains(ended.err, part)) << ended.err;
    };
    refused({"send", "ch", "--kind", "mpmc"}, "--lines for a line each, or --size");
    refused({"send", "ch", "--kind", "mpmc", "--lines", "--resume"}, "tail -n +N");
    refused({"send", "ch", "--kind", "mpmc", "--lines", "--lanes", "2"}, "--lanes");
    refused({"send", "ch", "--kind", "mpmc", "--lines", "--size", "2"}, "excludes");
    refused({"send", "ch", "--kind", "mpmc", "--lines", "--max-message", "0"}, "--max-message");
    refused({"send", "ch", "--lines"}, "--lines is of mpmc, broadcast");
    refused({"send", "ch", "--kind", "mpsc", "--max-message", "9"}, "--max-message is of mpmc");
    refused({"recv", "ch", "--kind", "mpmc", "--split", out(0)},
            "--split is of mpsc and broadcast");
    refused({"recv", "ch", "--kind", "spsc", "--stay", "1"}, "--stay is of an mpmc channel");
    EXPECT_EQ(place_.channels(), Strings{});
    Command sender{{"send", "ch", "--kind", "mpmc", "--count", "1", "--max-message", "1K"}};
    ASSERT_TRUE(exists());
    refused({"send", "ch", "--size", "1025"}, "--size 1025 does not fit");
    const Ended other = run({"send", "ch", "--kind", "spsc", "--count", "1"});
    EXPECT_EQ(other.exit, 1);
    EXPECT_TRUE(contains(other.err, "kind is mpmc_bytes, wanted spsc_bytes")) << other.err;
    EXPECT_EQ(run({"recv", "ch", "--file", out(0)}).exit, 0);
    expect_silent_success(sender);
}

}  // namespace
}  // namespace shunt::process_test
