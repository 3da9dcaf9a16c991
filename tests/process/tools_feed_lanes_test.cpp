// SPDX-License-Identifier: MIT
//
// shunt send --kind broadcast --lanes and shunt recv: several senders, each with a lane of its own,
// and every gated receiver gets all that each of them sent, in one output or a file each.
#include "process/support/command.hpp"
#include "process/support/company.hpp"

#include <shunt/channel/list.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <filesystem>
#include <set>
#include <sstream>

namespace shunt::process_test {
namespace {

using Strings = std::vector<std::string>;

class ToolsFeedLanes : public testing::Test {
protected:
    ToolsFeedLanes() {
        for (std::size_t i = 0; i < 3; ++i) {
            data_.push_back(noise(1'000'000 + 7 * i, static_cast<unsigned>(i) + 1));
            write_file(in(i), data_.back());
        }
    }
    [[nodiscard]] std::string in(std::size_t i) const {
        return place_.file("in" + std::to_string(i));
    }
    [[nodiscard]] std::string out(std::size_t receiver) const {
        return place_.file("received" + std::to_string(receiver));
    }
    static Strings send(const Strings& more, const std::string& lanes = "3") {
        Strings args{"send", "ch", "--kind", "broadcast", "--lanes", lanes};
        args.insert(args.end(), more.begin(), more.end());
        return args;
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
    // In some order: one file for each of the first inputs.
    void expect_exact(const std::string& folder, std::size_t senders) const {
        std::multiset<std::string> wanted{data_.begin(),
                                          data_.begin() + static_cast<std::ptrdiff_t>(senders)};
        std::multiset<std::string> got;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            EXPECT_TRUE(contains(entry.path().filename().string(), "lane-0"));
            got.insert(content_of(entry.path().string()));
        }
        EXPECT_TRUE(got == wanted) << folder << " has " << got.size() << " files";
    }
    // Of one sender, so that they are told apart; in order.
    static std::string lines_of(const std::string& sender, std::size_t from, std::size_t to) {
        std::string text;
        for (std::size_t i = from; i < to; ++i) {
            text += sender + " " + std::to_string(1'000'000 + i) + "\n";
        }
        return text;
    }
    static std::string lines_from(const std::string& sender, const std::string& text) {
        std::string some;
        std::istringstream from{text};
        for (std::string line; std::getline(from, line);) {
            if (line.starts_with(sender + " ")) {
                some += line + "\n";
            }
        }
        return some;
    }
    // Bytes in all of its files.
    [[nodiscard]] static std::uint64_t received(const std::string& folder) {
        std::uint64_t all = 0;
        if (std::filesystem::exists(folder)) {
            for (const auto& entry : std::filesystem::directory_iterator{folder}) {
                all += entry.file_size();
            }
        }
        return all;
    }
    [[nodiscard]] static std::uint64_t published(std::size_t lane) {
        return channel::observe("ch").condition().lanes.at(lane).ring.write_pos;
    }
    void expect_nothing_left() const { EXPECT_EQ(place_.channels(), Strings{}); }

    Place place_;
    std::vector<std::string> data_;
};

TEST_F(ToolsFeedLanes, EachOfTwoReceiversGetsAFileOfEachOfThreeSenders) {
    std::deque<Command> receivers;
    for (std::size_t i = 0; i < 2; ++i) {
        receivers.emplace_back(Strings{"recv", "ch", "--split", out(i), "--streams", "3"});
    }
    std::deque<Command> senders;
    for (std::size_t i = 0; i < 3; ++i) {
        senders.emplace_back(send({"--subscribers", "2", "--file", in(i)}));
    }
    for (Command& sender : senders) {
        expect_success(sender);
    }
    for (std::size_t i = 0; i < 2; ++i) {
        expect_success(receivers[i]);
        expect_exact(out(i), 3);
    }
    expect_nothing_left();
}

// The second one does not say --lanes, and is given what the channel has.
TEST_F(ToolsFeedLanes, OneOutputTakesTheLinesOfAllEachSendersInOrder) {
    constexpr std::size_t kLines = 20'000;
    Command receiver{{"recv", "ch", "--kind", "broadcast", "--file", out(0), "--json"}};
    Command one{send({"--lines", "--capacity", "64"}), {.feed = true}};
    one.feed(lines_of("one", 0, 1));
    ASSERT_TRUE(until([&] { return size_of(out(0)) > 0; })) << receiver.err() << one.err();
    Command other{{"send", "ch", "--lines", "--json"}, {.feed = true}};
    other.feed(lines_of("other", 0, kLines));
    one.feed(lines_of("one", 1, kLines));
    other.feed_no_more();
    const Ended sent = other.wait();
    EXPECT_EQ(sent.exit, 0) << sent.err;
    EXPECT_EQ(sent.document().at("result").at("lane"), 1);
    EXPECT_EQ(sent.document().at("result").at("capacity_messages"), 64);
    one.feed_no_more();
    expect_success(one);
    const Ended ended = receiver.wait();
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(ended.document().at("result").at("messages"), 2 * kLines);
    const std::string got = content_of(out(0));
    EXPECT_TRUE(lines_from("one", got) == lines_of("one", 0, kLines));
    EXPECT_TRUE(lines_from("other", got) == lines_of("other", 0, kLines));
    expect_nothing_left();
}

// The other's positions are far ahead of its own: it looks at its own lane alone.
TEST_F(ToolsFeedLanes, ASenderStaysUntilItsOwnLaneWasReadAndForNoOther) {
    Command receiver{{"recv", "ch", "--split", out(0), "--streams", "2"}};
    Command busy{send({"--size", "1K"}), {.feed = true}};
    busy.feed(data_[0].substr(0, 900'000));
    ASSERT_TRUE(until([&] {
        try {
            return published(0) >= 900'000 / 1024;
        } catch (const std::exception&) {
            return false;
        }
    })) << busy.err();
    Command brief{send({"--file", in(1)})};
    expect_success(brief);
    busy.feed(data_[0].substr(900'000));
    busy.feed_no_more();
    expect_success(busy);
    expect_success(receiver);
    expect_exact(out(0), 2);
    expect_nothing_left();
}

TEST_F(ToolsFeedLanes, AReceiverThatReadsNothingHoldsASenderUpUntilItsPatienceEnds) {
    Command receiver{{"recv", "ch"}, {.drain = true}};
    write_file(in(0), lines_of("first", 0, 20'000));  // more than its pipe holds
    Command first{send({"--lines", "--capacity", "16", "--file", in(0)})};
    ASSERT_TRUE(until([&] { return receiver.untaken() > 0 && receiver.sleeps_in(SYS_ppoll); }));
    Command second{send({"--lines", "--peer-timeout", "0.3"}), {.feed = true}};
    second.feed("never read\n");
    second.feed_no_more();
    expect_end(second.wait(), 4,
               "process " + std::to_string(receiver.pid()) + " has read nothing for");
    receiver.kill();
    expect_success(first);
}

TEST_F(ToolsFeedLanes, LossesOfALossyReceiverAndItsLinesAreAllThatWasSent) {
    constexpr std::size_t kLines = 5'000;
    Command receiver{{"recv", "ch", "--policy", "lossy", "--file", out(0), "--json"}};
    std::deque<Command> senders;
    for (const char* const name : {"a", "b"}) {
        senders.emplace_back(send({"--lines", "--capacity", "64"}), Command::Streams{.feed = true});
        senders.back().feed(lines_of(name, 0, 1));
        const std::string first = lines_of(name, 0, 1);
        ASSERT_TRUE(until([&] { return contains(content_of(out(0)), first); })) << receiver.err();
    }
    receiver.signal(SIGSTOP);
    senders[0].feed(lines_of("a", 1, kLines));
    senders[1].feed(lines_of("b", 1, kLines));
    for (Command& sender : senders) {
        sender.feed_no_more();
        expect_success(sender);
    }
    receiver.signal(SIGCONT);
    const Ended ended = receiver.wait();
    expect_end(ended, 6, "the output is not all that was sent to channel 'ch'");
    const auto result = ended.document().at("result");
    const auto got = result.at("messages").get<std::size_t>();
    EXPECT_EQ(result.at("lost"), 2 * kLines - got);
    EXPECT_GT(result.at("lost"), 2 * 1'000) << "in both lanes";
    const std::string text = content_of(out(0));
    for (const std::string name : {"a", "b"}) {
        EXPECT_TRUE(text.find(lines_of(name, kLines - 1, kLines)) != std::string::npos) << name;
    }
}

// As many lanes as live senders: the next one can have that of the dead one alone.
TEST_F(ToolsFeedLanes, AStreamWhoseSenderWasKilledIsNamedAndTheNextInItsLaneHasAFileOfItsOwn) {
    Command receiver{{"recv", "ch", "--split", out(0), "--peer-timeout", "0.1", "--json"}};
    Command killed{send({}, "2"), {.feed = true}};
    killed.feed(data_[0].substr(0, 100'000));
    ASSERT_TRUE(until([&] { return received(out(0)) == 100'000; })) << receiver.err();
    Command stays{send({}, "2"), {.feed = true}};
    stays.feed(data_[1]);
    ASSERT_TRUE(until([&] { return received(out(0)) == 100'000 + data_[1].size(); }));
    killed.kill();
    Command next{send({"--file", in(2), "--json"}, "2")};
    const Ended sent = next.wait();
    EXPECT_EQ(sent.exit, 0) << sent.err;
    EXPECT_EQ(sent.document().at("result").at("lane"), 0);
    stays.feed_no_more();
    expect_success(stays);
    const Ended ended = receiver.wait();
    expect_end(ended, 4, " is unfinished at byte 100000");
    std::set<std::uint64_t> producers;
    const nlohmann::json document = ended.document();
    for (const auto& stream : document.at("result").at("streams")) {
        producers.insert(stream.at("producer").get<std::uint64_t>());
        EXPECT_EQ(stream.at("complete"), stream.at("bytes") != 100'000);
    }
    EXPECT_EQ(producers.size(), 3u);
}

TEST_F(ToolsFeedLanes, OneOutputCannotHoldTheStreamsOfTwo) {
    Command receiver{{"recv", "ch", "--file", out(0)}};
    Command one{send({}), {.feed = true}};
    Command other{send({}), {.feed = true}};
    one.feed("one");
    other.feed("other");
    expect_end(receiver.wait(), 6, "--split DIR");
    one.kill();
    other.kill();
}

TEST_F(ToolsFeedLanes, RefusesWhatDoesNotBelongToIt) {
    const auto refused = [](const Strings& args, const std::string& part) {
        expect_end(run(args), 2, part);
    };
    refused(send({"--resume", "--file", in(0)}), "each is one of its own");
    refused({"send", "ch", "--kind", "latest", "--lines", "--lanes", "2", "--file", in(0)},
            "a latest value has one sender");
    refused({"send", "ch", "--kind", "mpmc", "--lines", "--lanes", "2", "--file", in(0)},
            "--lanes is of mpsc and broadcast");
    refused({"recv", "ch", "--kind", "latest", "--split", out(0)}, "a latest value has one");
    expect_nothing_left();
    Command alone{{"send", "ch", "--kind", "broadcast", "--file", in(0)}};
    ASSERT_TRUE(until([&] { return !place_.channels().empty(); }));
    expect_end(run(send({"--file", in(1)})), 1,
               "kind is broadcast_bytes, wanted broadcast_lanes_bytes");
    alone.kill();
}

}  // namespace
}  // namespace shunt::process_test
