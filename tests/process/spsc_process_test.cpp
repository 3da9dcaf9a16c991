// SPDX-License-Identifier: MIT
//
// Two processes and an spsc channel: both start orders, restarts of either side, ends.
#include "process/support/company.hpp"

#include <shunt/spsc.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <tuple>

namespace shunt::process_test {
namespace {

constexpr std::uint64_t kMany = 3000;

class SpscProcesses : public Company, public testing::WithParamInterface<std::tuple<Ware, bool>> {
protected:
    void SetUp() override { SHUNT_NEEDS_OWN_HUGE_PAGES(huge()); }
    [[nodiscard]] Ware ware() const { return std::get<0>(GetParam()); }
    [[nodiscard]] bool huge() const { return std::get<1>(GetParam()); }
    [[nodiscard]] Part part(Verb verb = Verb::single) const {
        return Company::part(ware(), huge(), verb);
    }
    [[nodiscard]] Part part_until(std::uint64_t until, Verb verb = Verb::single) const {
        Part part = this->part(verb);
        part.until = until;
        return part;
    }

    // Everything that the producer sent came, then one `closed`.
    void expect_whole_stream(Child& producer, Child& consumer, std::uint64_t total) {
        EXPECT_TRUE(leaves(producer, *producing_));
        EXPECT_TRUE(leaves(consumer, *consuming_));
        EXPECT_EQ(consuming_->first.load(std::memory_order_relaxed), 0u);
        EXPECT_EQ(consuming_->seen.load(std::memory_order_relaxed), total);
        EXPECT_EQ(consuming_->flagged_end.load(std::memory_order_relaxed), 0u);
        EXPECT_EQ(consuming_->ends_told(), "c");
        EXPECT_EQ(producing_->ends_told(), "");
        EXPECT_TRUE(nothing_left());
    }

    Shared<Report> producing_;
    Shared<Report> consuming_;
};

TEST_P(SpscProcesses, ProducerFirst) {
    Child out = producer(part_until(kMany, Verb::batch), *producing_);
    ASSERT_TRUE(reaches(*producing_, kOpen));
    Child in = consumer(part(Verb::drain), *consuming_);
    expect_whole_stream(out, in, kMany);
}

TEST_P(SpscProcesses, ConsumerFirst) {
    Child in = consumer(part(Verb::in_place), *consuming_);
    ASSERT_TRUE(reaches(*consuming_, kOpening));
    ASSERT_TRUE(eventually([&] { return in.sleeps_in(SYS_clock_nanosleep); }));
    ASSERT_EQ(consuming_->phase.get(), kOpening);  // it naps between looks for the name
    Child out = producer(part_until(kMany, Verb::in_place), *producing_);
    expect_whole_stream(out, in, kMany);
}

TEST_P(SpscProcesses, ConsumersInTurnResumeExactly) {
    Child out = producer(part_until(kMany), *producing_);
    constexpr Verb kVerbs[] = {Verb::single, Verb::in_place, Verb::batch, Verb::drain};
    std::uint64_t next = 0;
    for (std::uint64_t turn = 0; turn < 4; ++turn) {
        const Shared<Report> report;
        Child in = consumer(part_until((turn + 1) * 700, kVerbs[turn]), *report);
        ASSERT_TRUE(leaves(in, *report)) << "turn " << turn;
        EXPECT_EQ(report->first.load(std::memory_order_relaxed), next) << "turn " << turn;
        EXPECT_EQ(report->ends_told(), "");
        next = report->seen.load(std::memory_order_relaxed);
    }
    Child in = consumer(part(), *consuming_);
    EXPECT_TRUE(leaves(out, *producing_));
    EXPECT_TRUE(leaves(in, *consuming_));
    EXPECT_EQ(consuming_->first.load(std::memory_order_relaxed), next);
    EXPECT_EQ(consuming_->seen.load(std::memory_order_relaxed), kMany);
    EXPECT_EQ(consuming_->flagged_end.load(std::memory_order_relaxed), 0u);
    EXPECT_EQ(producing_->ends_told().find('d'), std::string::npos);  // closed, and nobody died
    EXPECT_LE(producing_->ends_told().size(), 4u);
    EXPECT_TRUE(nothing_left());
}

TEST_P(SpscProcesses, ProducersInTurnResumeExactlyAndEachEndIsToldOnce) {
    Part all = part(Verb::in_place);
    all.closes = 4;
    constexpr Verb kVerbs[] = {Verb::batch, Verb::in_place, Verb::single, Verb::batch};
    Child in = consumer(all, *consuming_);
    for (std::uint32_t turn = 0; turn < 4; ++turn) {
        const Shared<Report> report;
        Child out = producer(part_until((turn + 1) * 333, kVerbs[turn]), *report);
        ASSERT_TRUE(leaves(out, *report)) << "turn " << turn;
        EXPECT_EQ(report->first.load(std::memory_order_relaxed), turn * 333) << "turn " << turn;
        ASSERT_TRUE(consuming_->told.reaches(turn + 1));  // else two closes may be told as one
    }
    EXPECT_TRUE(leaves(in, *consuming_));
    EXPECT_EQ(consuming_->seen.load(std::memory_order_relaxed), 4u * 333);
    EXPECT_EQ(consuming_->ends_told(), "cccc");
    EXPECT_TRUE(nothing_left());
}

TEST_P(SpscProcesses, MessagesComeBeforeTheCloseThatFollowedThem) {
    Part late = part();
    late.pause_at = 0;
    Child out = producer(part_until(10), *producing_);
    Child in = consumer(late, *consuming_);
    ASSERT_TRUE(reaches(*consuming_, kPaused));
    ASSERT_TRUE(leaves(out, *producing_));
    consuming_->resume.set(1);
    EXPECT_TRUE(leaves(in, *consuming_));
    EXPECT_EQ(consuming_->seen.load(std::memory_order_relaxed), 10u);
    EXPECT_EQ(consuming_->done_at_end.load(std::memory_order_relaxed), 10u);
    EXPECT_EQ(consuming_->ends_told(), "c");
    EXPECT_TRUE(nothing_left());
}

TEST_P(SpscProcesses, MessagesComeBeforeTheDeathThatFollowedThem) {
    Part late = part();
    late.pause_at = 0;
    Child out = producer(part_until(10), *producing_);
    Child in = consumer(late, *consuming_);
    ASSERT_TRUE(reaches(*consuming_, kPaused));
    ASSERT_TRUE(reaches(*producing_, kFinished));
    out.kill();
    ASSERT_EQ(out.wait(), "signal 9");
    consuming_->resume.set(1);
    ASSERT_TRUE(consuming_->told.reaches(1));
    EXPECT_EQ(consuming_->done_at_end.load(std::memory_order_relaxed), 10u);
    const Shared<Report> report;
    Child successor = producer(part_until(15), *report);
    ASSERT_TRUE(leaves(successor, *report));
    EXPECT_EQ(report->first.load(std::memory_order_relaxed), 10u);
    EXPECT_TRUE(leaves(in, *consuming_));
    EXPECT_EQ(consuming_->seen.load(std::memory_order_relaxed), 15u);
    EXPECT_EQ(consuming_->ends_told(), "dc");
    EXPECT_TRUE(nothing_left());
}

TEST_P(SpscProcesses, WhatADrainedLingerKeepsIsThereForALateConsumer) {
    Child out = producer(part_until(10), *producing_);
    ASSERT_TRUE(leaves(out, *producing_));
    EXPECT_EQ(ground_.files(), (std::vector<std::string>{"stream.shunt"}));
    Child in = consumer(part(), *consuming_);
    EXPECT_TRUE(leaves(in, *consuming_));
    EXPECT_EQ(consuming_->seen.load(std::memory_order_relaxed), 10u);
    EXPECT_EQ(consuming_->ends_told(), "c");
    EXPECT_TRUE(nothing_left());
}

std::string name_of(const testing::TestParamInfo<std::tuple<Ware, bool>>& info) {
    constexpr const char* kWares[] = {"Small", "Large", "Bytes", "DenseBytes"};
    return std::string{kWares[static_cast<std::size_t>(std::get<0>(info.param))]} +
           (std::get<1>(info.param) ? "HugePages" : "BasePages");
}
INSTANTIATE_TEST_SUITE_P(All, SpscProcesses,
                         testing::Combine(testing::Values(Ware::small, Ware::large, Ware::bytes,
                                                          Ware::dense),
                                          testing::Bool()),
                         name_of);

// What only the port itself can tell; the consumer is this process.
class SpscEnds : public Company {
protected:
    [[nodiscard]] static Status pop_soon(spsc::Consumer<Small>& in, Small& message) {
        return in.pop_until(message, std::chrono::steady_clock::now() + kPatience);
    }
    [[nodiscard]] static Part ten() {
        Part part = Company::part(Ware::small, false);
        part.until = 10;
        return part;
    }
    void pop_ten(spsc::Consumer<Small>& in) {
        Small message{};
        for (std::uint64_t i = 0; i < 10; ++i) {
            ASSERT_EQ(pop_soon(in, message), Status::ok);
            ASSERT_EQ(message.number, i);
        }
    }
    Shared<Report> report_;
};

TEST_F(SpscEnds, AnEndIsToldOnceThenTheRingIsEmpty) {
    Child out = producer(ten(), *report_);
    spsc::Consumer<Small> in{"stream"};
    ASSERT_TRUE(leaves(out, *report_));
    pop_ten(in);
    Small message{};
    EXPECT_EQ(pop_soon(in, message), Status::closed);
    EXPECT_EQ(in.try_pop(message), Status::empty);
    EXPECT_EQ(in.pop_until(message, std::chrono::steady_clock::now()), Status::timeout);
}

TEST_F(SpscEnds, ADeathIsToldByEveryCallWhereThatWasAskedFor) {
    Child out = producer(ten(), *report_);
    spsc::Consumer<Small> in{"stream", {.on_death = on_death::fail}};
    ASSERT_TRUE(reaches(*report_, kFinished));
    out.end();
    pop_ten(in);
    Small message{};
    EXPECT_EQ(pop_soon(in, message), Status::peer_dead);
    EXPECT_EQ(in.try_pop(message), Status::peer_dead);
    EXPECT_EQ(pop_soon(in, message), Status::peer_dead);
}

TEST_F(SpscEnds, WhoExitsWithoutClosingHasClosed) {
    Child out{[] {
        static auto* const port = new spsc::Producer<Small>{"stream"};
        Small message{};
        fill(message, 0);
        (void)port->push(message);
        std::exit(0);
        return 1;
    }};
    spsc::Consumer<Small> in{"stream"};
    ASSERT_EQ(out.wait(), "exit 0");
    Small message{};
    EXPECT_EQ(pop_soon(in, message), Status::ok);
    EXPECT_EQ(pop_soon(in, message), Status::closed);
}

TEST_F(SpscEnds, WhoLeavesByUnderscoreExitHasDied) {
    Child out{[] {
        auto* const port = new spsc::Producer<Small>{"stream"};
        Small message{};
        fill(message, 0);
        (void)port->push(message);
        return 0;
    }};
    spsc::Consumer<Small> in{"stream"};
    ASSERT_EQ(out.wait(), "exit 0");
    Small message{};
    EXPECT_EQ(pop_soon(in, message), Status::ok);
    EXPECT_EQ(pop_soon(in, message), Status::peer_dead);
}

TEST_F(SpscEnds, AProducerIsToldOfADeathOnlyWhenThereIsNoRoomAndOnce) {
    spsc::Producer<Small> out{"stream", {.capacity = 64, .pages = pages::base}};
    Child in = consumer(Company::part(Ware::small, false), *report_);
    ASSERT_TRUE(reaches(*report_, kOpen));
    in.end();
    Small message{};
    for (std::uint64_t i = 0; i < out.capacity(); ++i) {
        fill(message, i);
        ASSERT_EQ(out.push(message), Status::ok);
    }
    const auto soon = [] {
        return std::chrono::steady_clock::now() + std::chrono::milliseconds{5};
    };
    EXPECT_EQ(out.push_until(message, std::chrono::steady_clock::now() + kPatience),
              Status::peer_dead);
    EXPECT_EQ(out.try_push(message), Status::full);
    EXPECT_EQ(out.push_until(message, soon()), Status::timeout);
}

// A consumer that dies between a peek and its release, at that very place.
TEST_F(SpscEnds, WhatADeadConsumerLookedAtComesAgainFlagged) {
    Part many = ten();
    Child out = producer(many, *report_);
    const Shared<Word> looked;
    Child victim{[&] {
        spsc::Consumer<Small> in{"stream"};
        Small message{};
        for (int i = 0; i < 5; ++i) {
            (void)in.pop(message);
        }
        (void)in.wait(channel::kNoDeadline);
        if (in.try_peek() != nullptr) {
            looked->set(1);
        }
        return looked->reaches(2) ? 0 : 1;
    }};
    ASSERT_TRUE(reaches(*report_, kFinished));
    ASSERT_TRUE(looked->reaches(1));
    victim.end();
    spsc::Consumer<Small> in{"stream"};
    Small message{};
    for (std::uint64_t i = 5; i < 10; ++i) {
        ASSERT_EQ(pop_soon(in, message), Status::ok);
        EXPECT_EQ(message.number, i);
        EXPECT_EQ(in.redelivered(), i == 5) << i;
    }
}

}  // namespace
}  // namespace shunt::process_test
