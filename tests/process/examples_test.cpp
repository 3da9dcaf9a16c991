// SPDX-License-Identifier: MIT
//
// The programs of examples/ as they stand; the README shows two of them.
#include "process/support/command.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

struct Tick {
    std::uint64_t id;
    double bid, ask;
};
SHUNT_TYPE(Tick, "md.Tick/1");

namespace shunt::process_test {
namespace {

class Examples : public testing::Test {
protected:
    static std::string published() {
        std::string lines;
        for (int id = 1; id <= 1000; ++id) {
            lines += std::to_string(id) + " 100.25 100.50\n";
        }
        return lines;
    }
    static void expect_success(Command& program) {
        const Ended ended = program.wait();
        EXPECT_EQ(ended.end, "exit 0");
        EXPECT_EQ(ended.err, "");
    }

    Place place_;
    const Command::Streams publisher_{.program = PUBLISHER};
    const Command::Streams receiver_{.drain = true, .program = RECEIVER};
    const Command::Streams event_loop_{.drain = true, .program = EVENT_LOOP};
};

TEST_F(Examples, PublisherFirstAndGone) {
    Command publisher{{}, publisher_};
    expect_success(publisher);
    Command receiver{{}, receiver_};
    EXPECT_EQ(receiver.take_all(), published());
    expect_success(receiver);
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(Examples, ReceiverFirst) {
    Command receiver{{}, receiver_};
    // between two looks for the name
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_clock_nanosleep); }));
    Command publisher{{}, publisher_};
    EXPECT_EQ(receiver.take_all(), published());
    expect_success(receiver);
    expect_success(publisher);
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(Examples, AnEventLoopServesTheChannel) {
    Command receiver{{}, event_loop_};
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_clock_nanosleep); }));
    Command publisher{{}, publisher_};
    EXPECT_EQ(receiver.take_all(), published());
    expect_success(receiver);
    expect_success(publisher);
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(Examples, AnEventLoopSleepsForTheKeyboardToo) {
    spsc::Producer<Tick> out{"md.ticks"};
    Command receiver{{}, event_loop_};
    for (std::uint64_t id = 1; id <= 3; ++id) {
        ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_epoll_wait); }));
        ASSERT_TRUE(out.try_push({id, 100.25, 100.5}));
        ASSERT_TRUE(until([&] { return out.size_approx() == 0; }));
    }
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_epoll_wait); }));
    receiver.signal(SIGINT);
    EXPECT_EQ(receiver.take_all(), "1 100.25 100.50\n2 100.25 100.50\n3 100.25 100.50\n");
    EXPECT_EQ(receiver.wait().end, "exit 130");
}

// Two of three workers are killed, each after it has done something, and replaced.
TEST_F(Examples, AWorkQueueGivesWhatOneProcessGivesWhoeverIsKilled) {
    constexpr int kFiles = 600;
    std::string paths;
    for (int i = 0; i < kFiles; ++i) {
        const std::string path = place_.file("f" + std::to_string(i));
        write_file(path, noise(static_cast<std::size_t>(7 * i), static_cast<unsigned>(i)));
        paths += path + "\n";
    }
    paths += place_.file("missing") + "\n";
    const auto role = [](const char* name, Command::Streams streams) {
        streams.program = WORK_QUEUE;
        return std::make_unique<Command>(std::vector<std::string>{name}, streams);
    };
    const auto lines_of = [](const std::string& text) {
        std::multiset<std::string> lines;
        std::istringstream stream{text};
        for (std::string line; std::getline(stream, line);) {
            lines.insert(line);
        }
        return lines;
    };
    const auto by_one = role("alone", {.feed = true, .drain = true});
    by_one->feed(paths);
    by_one->feed_no_more();
    const auto wanted = lines_of(by_one->take_all());
    expect_success(*by_one);
    ASSERT_EQ(wanted.size(), kFiles + 1u);

    const auto gatherer = role("gather", {.drain = true});
    std::vector<std::unique_ptr<Command>> workers;
    for (int i = 0; i < 3; ++i) {
        workers.push_back(role("work", {}));
    }
    // one that came when the feeder has gone and all is done would wait for the next feeder
    const auto all_workers_wait = [&] {
        return std::all_of(workers.begin(), workers.end(),
                           [](const auto& worker) { return worker->sleeps_in(SYS_futex); });
    };
    const auto feeder = role("feed", {.feed = true});
    ASSERT_TRUE(until(all_workers_wait));
    const std::size_t part = paths.size() / 3;
    std::string got;
    for (std::size_t round = 0; round < 3; ++round) {
        feeder->feed(round < 2 ? paths.substr(round * part, part) : paths.substr(2 * part));
        got += gatherer->take(2000);
        if (round < 2) {
            workers[round]->kill();
            workers[round] = role("work", {});
        }
    }
    ASSERT_TRUE(until(all_workers_wait));
    feeder->feed_no_more();
    got += gatherer->take_all();
    for (const auto& worker : workers) {
        expect_success(*worker);
    }
    expect_success(*feeder);
    expect_success(*gatherer);
    EXPECT_TRUE(lines_of(got) == wanted) << got.size();
    EXPECT_TRUE(place_.channels().empty());
}

// Half a second of it; the receiver's patience is beyond what a busy machine takes away.
TEST_F(Examples, AToneIsInTuneAndWhole) {
    Command receiver{{"receive", "60000"}, {.drain = true, .program = TONE}};
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_clock_nanosleep); }));
    Command sender{{"send", "0.5"}, {.program = TONE}};
    const std::string heard = receiver.take_all();
    EXPECT_EQ(heard.substr(0, 15), "24000 frames, 4") << heard;
    EXPECT_NE(heard.find("verdict: in tune, without a step, no frame lost\n"), std::string::npos)
        << heard;
    expect_success(receiver);
    expect_success(sender);
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(Examples, AToneWhoseSenderDiesHasNoVerdict) {
    Command receiver{{"receive", "60000"}, {.drain = true, .program = TONE}};
    Command sender{{"send", "60"}, {.program = TONE}};
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_futex); }));
    sender.kill();
    EXPECT_EQ(receiver.take_all(), "");
    const Ended ended = receiver.wait();
    EXPECT_EQ(ended.end, "exit 1");
    EXPECT_EQ(ended.err, "tone: the sender is gone: peer_dead\n");
}

// Half a second, at a rate that a busy machine keeps up with.
TEST_F(Examples, TicksReachEachSubscriberAsItAsked) {
    Command ticks{{"0.5", "4000"}, {.drain = true, .program = TICKS}};
    const std::string told = ticks.take_all();
    expect_success(ticks);
    EXPECT_EQ(told.substr(0, 26), "2000 quotes of 8 symbols, ") << told;
    std::istringstream lines{told};
    std::map<std::string, std::vector<std::uint64_t>> got;  // received, lost
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string who;
        std::uint64_t received = 0;
        std::uint64_t lost = 0;
        if (words >> who >> received >> lost && who != "2000") {
            got[who] = {received, lost};
        }
    }
    ASSERT_EQ(got.size(), 3u) << told;
    EXPECT_EQ(got["gated"], (std::vector<std::uint64_t>{2000, 0}));
    for (const char* who : {"lossy", "latest"}) {
        ASSERT_EQ(got[who].size(), 2u) << told;
        EXPECT_GT(got[who][0], 0u);
        EXPECT_EQ(got[who][0] + got[who][1], 2000u);
    }
    EXPECT_NE(told.find("\nverdict: each got what it asked for\n"), std::string::npos) << told;
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(Examples, TicksWhosePublisherDiesHaveNoVerdict) {
    Command ticks{{"60"}, {.drain = true, .program = TICKS}};
    ASSERT_TRUE(until([&] { return place_.channels().size() == 9; }));
    ticks.kill();
    EXPECT_FALSE(contains(ticks.take_all(), "verdict"));  // all three have ended
    for (const char* who : {"gated", "lossy", "latest"}) {
        EXPECT_TRUE(contains(ticks.err(),
                             std::string{"ticks: "} + who + ": the publisher is gone: peer_dead\n"))
            << ticks.err();
    }
}

TEST_F(Examples, ThePublisherLeavesItsTicksUnderTheNameOfTheirType) {
    Command publisher{{}, publisher_};
    expect_success(publisher);
    const Ended info = run({"info", "md.ticks", "--json"});
    ASSERT_EQ(info.exit, 0) << info.err;
    const auto result = info.document().at("result");
    EXPECT_EQ(result.at("header").at("type_name"), "md.Tick/1");
    EXPECT_EQ(result.at("unread"), 1000);
    EXPECT_EQ(result.at("state"), "nobody");
}

}  // namespace
}  // namespace shunt::process_test
