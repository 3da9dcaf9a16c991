// SPDX-License-Identifier: MIT
//
// The programs of examples/ as they stand; the README shows two of them.
#include "process/support/command.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstdint>
#include <string>

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
