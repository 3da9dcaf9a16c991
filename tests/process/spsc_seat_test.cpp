// SPDX-License-Identifier: MIT
//
// The two seats of an spsc channel: who lives keeps its seat, stopped or not; who is dying is
// waited for; who is dead, reaped or not, has none.
#include "process/support/company.hpp"

#include <shunt/core/error.hpp>
#include <shunt/spsc.hpp>

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace shunt::process_test {
namespace {

class SpscSeat : public Company {
protected:
    void SetUp() override {
        first_ = part(Ware::small, false);
        first_.pause_at = 0;
        first_.mark_at = 0;
    }
    [[nodiscard]] static Options hurried() {
        Options options;
        options.seat_timeout = std::chrono::milliseconds{20};
        return options;
    }
    template <class Port>
    [[nodiscard]] static std::string refusal() {
        try {
            const Port port{"stream", hurried()};
        } catch (const Error& error) {
            return error.code() == Errc::already_exists ? error.what() : "another error";
        }
        return "no error";
    }
    [[nodiscard]] static testing::AssertionResult names(const std::string& text, const Child& child,
                                                        const std::string& role) {
        const std::string words =
            "its " + role + " is process " + std::to_string(child.pid()) + ", which lives";
        return text.find(words) != std::string::npos
                   ? testing::AssertionSuccess()
                   : testing::AssertionFailure() << '"' << text << "\" does not say " << words;
    }

    Part first_;
    Shared<Report> holder_;
    Shared<Report> next_;
};

TEST_F(SpscSeat, ASecondProducerIsToldWhoTheFirstIs) {
    Child holder = producer(first_, *holder_);
    ASSERT_TRUE(reaches(*holder_, kPaused));
    EXPECT_TRUE(names(refusal<spsc::Producer<Small>>(), holder, "producer"));
}

TEST_F(SpscSeat, ASecondConsumerIsToldWhoTheFirstIs) {
    Child creator = producer(first_, *next_);
    Child holder = consumer(first_, *holder_);
    ASSERT_TRUE(reaches(*holder_, kPaused));
    EXPECT_TRUE(names(refusal<spsc::Consumer<Small>>(), holder, "consumer"));
}

TEST_F(SpscSeat, WhoIsStoppedKeepsItsSeat) {
    SHUNT_NEEDS_TRACING();
    first_.pause_at = kNever;
    Child holder = producer(first_, *holder_, true);
    ASSERT_EQ(holder.until_marked(), "");
    EXPECT_TRUE(names(refusal<spsc::Producer<Small>>(), holder, "producer"));
}

TEST_F(SpscSeat, WhoWasRefusedLeavesNothingBehind) {
    first_.until = 1;
    Child holder = producer(first_, *holder_);
    ASSERT_TRUE(reaches(*holder_, kPaused));
    const std::uint64_t before = open_descriptors(::getpid());
    EXPECT_TRUE(names(refusal<spsc::Producer<Small>>(), holder, "producer"));
    EXPECT_EQ(open_descriptors(::getpid()), before);
    holder_->resume.set(1);
    Child in = consumer(part(Ware::small, false), *next_);
    EXPECT_TRUE(leaves(holder, *holder_));
    EXPECT_TRUE(leaves(in, *next_));
    EXPECT_EQ(next_->ends_told(), "c");
    EXPECT_TRUE(nothing_left());
}

TEST_F(SpscSeat, AZombieHasNoSeat) {
    Child holder = producer(first_, *holder_);
    ASSERT_TRUE(reaches(*holder_, kPaused));
    holder.kill();
    siginfo_t how{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(holder.pid()), &how, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(refusal<spsc::Producer<Small>>(), "no error");
}

// Held by the tracer on its way out: dead to the world, and all its descriptors still open.
TEST_F(SpscSeat, WhoIsDyingIsWaitedFor) {
    SHUNT_NEEDS_TRACING();
    first_.pause_at = kNever;
    Child holder = producer(first_, *holder_, true);
    ASSERT_EQ(holder.until_marked(), "");
    ASSERT_TRUE(holder.stop_on_exit());
    holder.kill();
    ASSERT_EQ(holder.until_marked(), "");
    Part second = part(Ware::small, false);
    second.until = 5;
    second.options.seat_timeout = kPatience;
    Child successor = producer(second, *next_);
    ASSERT_TRUE(reaches(*next_, kOpening));
    ASSERT_TRUE(eventually([&] { return successor.sleeps_in(SYS_clock_nanosleep); }));
    ASSERT_EQ(next_->phase.get(), kOpening);
    holder.go_on();
    EXPECT_EQ(holder.wait(), "signal 9");
    EXPECT_TRUE(reaches(*next_, kOpen));
    EXPECT_TRUE(leaves(successor, *next_));
}

// The same in a hurry: no tracer, the default patience, and much memory to free first.
TEST_F(SpscSeat, WhoHasJustBeenKilledIsWaitedForByDefault) {
    const Shared<Word> ready;
    Child holder{[&] {
        const spsc::Producer<Small> port{"stream"};
        const std::vector<char> memory(std::size_t{64} << 20, 'x');
        ready->set(1);
        return ready->reaches(1 + static_cast<std::uint32_t>(memory.back())) ? 0 : 1;
    }};
    ASSERT_TRUE(ready->reaches(1));
    holder.kill();
    EXPECT_NO_THROW((spsc::Producer<Small>{"stream"}));
}

}  // namespace
}  // namespace shunt::process_test
