// SPDX-License-Identifier: MIT
//
// shunt send and shunt recv: streams arrive exactly, in both start orders, and whoever is killed
// and restarted.
#include "process/support/command.hpp"
#include "process/support/company.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>

namespace shunt::process_test {
namespace {

constexpr std::size_t kBytes = 3'000'017;

class ToolsStream : public testing::Test {
protected:
    ToolsStream() { write_file(in_, data_); }

    // The one line that every failure prints.
    static void expect_one_line(const Ended& ended, const std::string& part) {
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
        EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
    }
    static void expect_success(Command& each) {
        const Ended ended = each.wait();
        EXPECT_EQ(ended.exit, 0) << ended.err;
        EXPECT_EQ(ended.err, "");
    }
    void expect_exact() {
        EXPECT_TRUE(content_of(out_) == data_)
            << size_of(out_) << " bytes of " << data_.size() << ", or not the same";
        EXPECT_EQ(place_.channels(), std::vector<std::string>{});
    }
    [[nodiscard]] bool exists(const std::string& channel) const {
        const auto all = place_.channels();
        return std::find(all.begin(), all.end(), channel + ".shunt") != all.end();
    }
    // A sender that has filled the ring and sleeps for room.
    [[nodiscard]] static bool stuck(const Command& sender) {
        return until([&] { return sender.sleeps_in(SYS_futex); });
    }

    Place place_;
    const std::string data_ = noise(kBytes, 1);
    const std::string in_ = place_.file("in");
    const std::string out_ = place_.file("received");
};

TEST_F(ToolsStream, SenderFirst) {
    Command sender{{"send", "ch", "--file", in_}};
    ASSERT_TRUE(until([&] { return exists("ch"); }));
    Command receiver{{"recv", "ch", "--file", out_}};
    expect_success(receiver);
    expect_success(sender);
    expect_exact();
}

TEST_F(ToolsStream, ReceiverFirst) {
    Command receiver{{"recv", "ch", "--file", out_}};
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_ppoll); }));
    Command sender{{"send", "ch", "--file", in_}};
    expect_success(sender);
    expect_success(receiver);
    expect_exact();
}

TEST_F(ToolsStream, ThroughPipesOnBothSides) {
    Command receiver{{"recv", "ch"}, {.drain = true}};
    Command sender{{"send", "ch"}, {.feed = true}};
    std::string got;
    for (std::size_t at = 0; at < data_.size(); at += 50'000) {
        const std::string part = data_.substr(at, 50'000);
        sender.feed(part);
        got += receiver.take(part.size());
    }
    sender.feed_no_more();
    EXPECT_EQ(receiver.take_all(), "");
    expect_success(sender);
    expect_success(receiver);
    EXPECT_TRUE(got == data_);
}

TEST_F(ToolsStream, HoweverEachSideWaits) {
    for (const char* wait : {"spin", "spin_pause"}) {
        write_file(out_, "");
        Command receiver{{"recv", "ch", "--file", out_, "--wait", wait}};
        Command sender{{"send", "ch", "--file", in_, "--wait", wait, "--capacity", "64K"}};
        expect_success(sender);
        expect_success(receiver);
        expect_exact();
    }
}

TEST_F(ToolsStream, AnEmptyStreamMakesAnEmptyFile) {
    write_file(out_, "what was there before");
    Command receiver{{"recv", "ch", "--file", out_}};
    Command sender{{"send", "ch"}};
    expect_success(sender);
    expect_success(receiver);
    EXPECT_EQ(content_of(out_), "");
}

TEST_F(ToolsStream, ReceiverKilledFiveTimesAndRestartedWithAppend) {
    Command sender{{"send", "ch"}, {.feed = true}};
    const std::size_t part = data_.size() / 6;
    for (std::size_t round = 0; round < 5; ++round) {
        Command receiver{{"recv", "ch", "--file", out_, "--append"}};
        sender.feed(data_.substr(round * part, part));
        // Anywhere between its first byte and its last.
        ASSERT_TRUE(until([&] { return size_of(out_) > round * part; })) << receiver.err();
        receiver.kill();
    }
    Command receiver{{"recv", "ch", "--file", out_, "--append"}};
    sender.feed(data_.substr(5 * part));
    sender.feed_no_more();
    expect_success(receiver);
    expect_success(sender);
    expect_exact();
}

TEST_F(ToolsStream, PiecesThatAFileHasAlreadyAreDroppedAndTheOneAcrossItsEndIsCut) {
    write_file(out_, data_.substr(0, 100'000));  // neither at a message's end nor at 0
    Command sender{{"send", "ch", "--file", in_}};
    Ended receiver = run({"recv", "ch", "--file", out_, "--append", "--json"});
    EXPECT_EQ(receiver.exit, 0) << receiver.err;
    const auto result = receiver.document().at("result");
    EXPECT_EQ(result.at("dropped_bytes"), 100'000);
    EXPECT_EQ(result.at("bytes"), kBytes - 100'000);
    EXPECT_EQ(result.at("begin"), 100'000);
    EXPECT_EQ(result.at("total"), kBytes);
    expect_success(sender);
    expect_exact();
}

TEST_F(ToolsStream, SenderKilledWhileStuckAndResumed) {
    Command receiver{{"recv", "ch"}, {.drain = true}};
    std::string got;
    for (int round = 0; round < 3; ++round) {
        Command sender{{"send", "ch", "--file", in_, "--capacity", "64K", "--resume"}};
        got += receiver.take(300'000);
        ASSERT_TRUE(stuck(sender));
        sender.kill();
    }
    Command sender{{"send", "ch", "--file", in_, "--resume"}};
    got += receiver.take_all();
    expect_success(receiver);
    expect_success(sender);
    EXPECT_TRUE(got == data_) << got.size();
}

TEST_F(ToolsStream, SenderResumesBehindTheLastMessageOfADrainedRing) {
    Command receiver{{"recv", "ch", "--file", out_}};
    Command first{{"send", "ch"}, {.feed = true}};
    first.feed(data_.substr(0, 500'000));
    ASSERT_TRUE(until([&] { return size_of(out_) == 500'000; })) << receiver.err();
    first.kill();
    Command second{{"send", "ch", "--resume"}, {.feed = true}};  // skips what was sent
    second.feed(data_);
    second.feed_no_more();
    expect_success(receiver);
    expect_success(second);
    expect_exact();
}

TEST_F(ToolsStream, SenderKilledAfterTheEndIsNotSentTwice) {
    write_file(in_, data_.substr(0, 100'000));
    Command first{{"send", "ch", "--file", in_}};
    ASSERT_TRUE(stuck(first));  // waits for draining: all is in the ring
    first.kill();
    Command second{{"send", "ch", "--file", in_, "--resume"}};
    ASSERT_TRUE(stuck(second));  // later there would be no channel that says what was sent
    const Ended receiver = run({"recv", "ch", "--file", out_});
    EXPECT_EQ(receiver.exit, 0) << receiver.err;
    const Ended resumed = second.wait();
    EXPECT_EQ(resumed.exit, 0) << resumed.err;
    EXPECT_TRUE(content_of(out_) == data_.substr(0, 100'000));
    EXPECT_EQ(place_.channels(), std::vector<std::string>{});
}

TEST_F(ToolsStream, BothKilledAndRestarted) {
    for (int round = 0; round < 3; ++round) {
        Command receiver{{"recv", "ch", "--file", out_, "--append"}};
        Command sender{{"send", "ch", "--file", in_, "--resume", "--rate", "4M"}};
        const std::size_t before = size_of(out_);
        ASSERT_TRUE(until([&] { return size_of(out_) > before; })) << receiver.err();
        (round % 2 == 0 ? sender : receiver).kill();
    }
    Command receiver{{"recv", "ch", "--file", out_, "--append"}};
    Command sender{{"send", "ch", "--file", in_, "--resume"}};
    expect_success(receiver);
    expect_success(sender);
    expect_exact();
}

TEST_F(ToolsStream, AReceiverThatJoinsAfterTheSenderWasKilledGetsAllThatWasSentAndTheRest) {
    Command first{{"send", "ch", "--file", in_}};
    ASSERT_TRUE(stuck(first));
    first.kill();
    Command receiver{{"recv", "ch", "--file", out_}};
    ASSERT_TRUE(until([&] { return size_of(out_) > 0; })) << receiver.err();
    Command second{{"send", "ch", "--file", in_, "--resume"}};
    expect_success(receiver);
    expect_success(second);
    expect_exact();
}

TEST_F(ToolsStream, ASenderWhoseReceiverLeftWaitsForASuccessorAndSaysThatNoneCame) {
    Command sender{{"send", "ch", "--file", in_, "--peer-timeout", "0.3"}};
    EXPECT_EQ(run({"recv", "ch", "--count", "2", "--file", out_}).exit, 0);
    const Ended ended = sender.wait();
    EXPECT_EQ(ended.exit, 4);
    expect_one_line(ended, "the receiver left, and no other came within 0.3 s");
}

TEST_F(ToolsStream, AReceiverWhoseSenderDiedWaitsForASuccessorAndSaysThatNoneCame) {
    Command receiver{{"recv", "ch", "--file", out_, "--peer-timeout", "0.3", "--json"}};
    Command sender{{"send", "ch"}, {.feed = true}};
    sender.feed("twelve bytes");
    ASSERT_TRUE(until([&] { return size_of(out_) == 12; })) << receiver.err();
    sender.kill();
    const Ended ended = receiver.wait();
    EXPECT_EQ(ended.exit, 4);
    expect_one_line(ended,
                    "the sender died, and no other came within 0.3 s; the stream is "
                    "unfinished at byte 12");
    EXPECT_EQ(ended.document().at("ok"), false);
    EXPECT_EQ(ended.document().at("result").at("end"), 12);
    EXPECT_EQ(ended.document().at("result").at("complete"), false);
}

TEST_F(ToolsStream, NoPeerAtAllIsTimedOutForTheSenderAndNotFoundForTheReceiver) {
    const Ended sender = run({"send", "ch", "--count", "3", "--open-timeout", "0.2"});
    EXPECT_EQ(sender.exit, 4);
    expect_one_line(sender, "no receiver came within 0.2 s");
    const Ended receiver = run({"recv", "nothing", "--open-timeout", "0.2"});
    EXPECT_EQ(receiver.exit, 3);
    expect_one_line(receiver, "there is no channel 'nothing'");
}

TEST_F(ToolsStream, AnInterruptedSenderSaysSoAndItsStreamIsResumed) {
    Command sender{{"send", "ch", "--file", in_, "--json"}};
    ASSERT_TRUE(stuck(sender));
    sender.signal(SIGINT);
    const Ended ended = sender.wait();
    EXPECT_EQ(ended.exit, 130);
    expect_one_line(ended, "interrupted after ");
    EXPECT_EQ(ended.document().at("result").at("partial"), true);
    EXPECT_EQ(ended.document().at("ok"), false);
    Command receiver{{"recv", "ch", "--file", out_}};
    Command second{{"send", "ch", "--file", in_, "--resume"}};
    expect_success(receiver);
    expect_success(second);
    expect_exact();
}

TEST_F(ToolsStream, AnInterruptEndsEveryKindOfWait) {
    Command for_name{{"recv", "nothing"}};
    ASSERT_TRUE(until([&] { return for_name.sleeps_in(SYS_ppoll); }));
    Command for_input{{"send", "one"}, {.feed = true}};
    ASSERT_TRUE(until([&] { return for_input.sleeps_in(SYS_ppoll); }));
    Command for_data{{"recv", "one"}};
    ASSERT_TRUE(until([&] { return for_data.sleeps_in(SYS_futex); }));
    Command for_time{{"send", "two", "--generate", "--rate", "0.001"}};
    ASSERT_TRUE(until([&] { return for_time.sleeps_in(SYS_ppoll); }));
    for (Command* const each : {&for_name, &for_input, &for_data, &for_time}) {
        each->signal(SIGINT);
        const Ended ended = each->wait();
        EXPECT_EQ(ended.exit, 130) << ended.end;
        expect_one_line(ended, "interrupted");
    }
}

TEST_F(ToolsStream, AReceiverInterruptedAtAFullPipeHasReleasedWhatItWroteOnly) {
    Command sender{{"send", "ch", "--file", in_}};
    Command to_pipe{{"recv", "ch"}, {.drain = true}};
    ASSERT_TRUE(until([&] { return to_pipe.untaken() > 0 && to_pipe.sleeps_in(SYS_ppoll); }));
    to_pipe.signal(SIGTERM);
    EXPECT_EQ(to_pipe.wait().exit, 130);
    write_file(out_, to_pipe.take_all());
    EXPECT_GT(size_of(out_), 0u);
    Command rest{{"recv", "ch", "--file", out_, "--append"}};
    expect_success(rest);
    expect_success(sender);
    expect_exact();
}

TEST_F(ToolsStream, AnInterruptedReceiverLosesNothing) {
    Command sender{{"send", "ch", "--file", in_, "--rate", "8M"}};
    Command first{{"recv", "ch", "--file", out_}};
    ASSERT_TRUE(until([&] { return size_of(out_) > 0; }));
    first.signal(SIGINT);
    const Ended ended = first.wait();
    if (ended.exit != 0) {
        EXPECT_EQ(ended.exit, 130);
        Command second{{"recv", "ch", "--file", out_, "--append"}};
        expect_success(second);
    }
    expect_success(sender);
    expect_exact();
}

class ToolsPages : public ToolsStream, public testing::WithParamInterface<const char*> {
protected:
    void SetUp() override { SHUNT_NEEDS_OWN_HUGE_PAGES(huge_); }

    const std::string pages_ = GetParam();
    const bool huge_ = pages_ == "2m";
};

TEST_P(ToolsPages, HoldTheStreamAndAreProven) {
    Command sender{{"send", "ch", "--file", in_, "--pages", pages_, "--capacity", "2M"}};
    ASSERT_TRUE(stuck(sender));
    const Ended info = run({"info", "ch", "--json"});
    ASSERT_EQ(info.exit, 0) << info.err;
    const auto placement = info.document().at("result").at("placement");
    EXPECT_EQ(placement.at("page_bytes"), huge_ ? 2u << 20 : 4096u);
    EXPECT_EQ(placement.at("resident_pages"), placement.at("pages"));
    EXPECT_TRUE(placement.at("node").is_number());
    EXPECT_EQ(slots_files().size(), huge_ ? 1u : 0u);
    EXPECT_TRUE(contains(sender.err(), huge_ ? " in 2 MiB pages on node" : " in 4 KiB pages"))
        << sender.err();
    Command receiver{{"recv", "ch", "--file", out_}};
    expect_success(receiver);
    EXPECT_EQ(sender.wait().exit, 0);
    expect_exact();
    EXPECT_TRUE(slots_files().empty());
}

TEST_P(ToolsPages, HoldTheStreamWhoeverIsKilled) {
    const std::size_t part = data_.size() / 3;
    Command sender{{"send", "ch", "--pages", pages_}, {.feed = true}};
    {
        Command receiver{{"recv", "ch", "--file", out_, "--append"}};
        sender.feed(data_.substr(0, part));
        ASSERT_TRUE(until([&] { return size_of(out_) > 0; })) << receiver.err();
        receiver.kill();
    }
    Command receiver{{"recv", "ch", "--file", out_, "--append"}};
    sender.feed(data_.substr(part, part));
    ASSERT_TRUE(until([&] { return size_of(out_) > part; })) << receiver.err();
    sender.kill();
    Command resumed{{"send", "ch", "--pages", pages_, "--resume"}, {.feed = true}};
    resumed.feed(data_);
    resumed.feed_no_more();
    expect_success(receiver);
    const Ended ended = resumed.wait();
    EXPECT_EQ(ended.exit, 0) << ended.err;
    expect_exact();
    EXPECT_TRUE(slots_files().empty());
}

INSTANTIATE_TEST_SUITE_P(Sizes, ToolsPages, testing::Values("4k", "2m"),
                         [](const auto& each) { return "Of" + std::string{each.param}; });

}  // namespace
}  // namespace shunt::process_test
