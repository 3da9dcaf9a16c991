// SPDX-License-Identifier: MIT
//
// SIGKILL of either side of an spsc channel, at instructions and system calls that are counted and
// not at times: each kind, verb, way of waiting and page size; while it opens and while it closes.
#include "process/support/company.hpp"
#include "process/support/round.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "unit/allocators/sandbox.hpp"

namespace shunt::process_test {
namespace {

enum class Side : std::uint32_t { producer, consumer };
enum class Doing : std::uint32_t { working, waiting };

using Combination = std::tuple<Ware, Side, Doing, shunt::wait, bool>;

class SpscKill : public Company, public testing::WithParamInterface<Combination> {};

// A round for every verb, ten where SHUNT_TEST_FULL is set. The instructions differ by combination
// and are the same in each run.
TEST_P(SpscKill, NothingIsLostNothingIsDoubledTheEndIsTold) {
    SHUNT_NEEDS_TRACING();
    const auto [ware, side, doing, waits, huge] = GetParam();
    SHUNT_NEEDS_OWN_HUGE_PAGES(huge);
    const TwoCpus cpus = two_cpus();
    const std::uint64_t seed =
        static_cast<std::uint64_t>(ware) * 16 + static_cast<std::uint64_t>(side) * 8 +
        static_cast<std::uint64_t>(doing) * 4 + (waits == wait::park) * 2 + huge;
    const int verbs = side == Side::producer ? 3 : 4;
    const int rounds = std::getenv("SHUNT_TEST_FULL") != nullptr ? 10 * verbs : verbs;
    for (int round = 0; round < rounds; ++round) {
        Plan plan = draw(seed, static_cast<std::uint64_t>(round), huge);
        plan.ware = ware;
        plan.victim_produces = side == Side::producer;
        plan.victim_waits = doing == Doing::waiting;
        plan.victim_wait = waits;
        plan.survivor_wait = round % 2 == 0 ? wait::park : wait::spin;
        plan.wake = wake::wakeable;
        plan.huge = huge;
        plan.victim_verb = static_cast<Verb>(round % verbs);
        plan.survivor_verb = static_cast<Verb>(round % 3);
        const Outcome outcome = play(plan, ground_, cpus);
        ASSERT_EQ(outcome.fault, "") << describe(plan);
    }
}

std::string name_of(const testing::TestParamInfo<Combination>& info) {
    const auto [ware, side, doing, waits, huge] = info.param;
    constexpr const char* kWares[] = {"Small", "Large", "Bytes", "DenseBytes"};
    return std::string{kWares[static_cast<std::size_t>(ware)]} +
           (side == Side::producer ? "Producer" : "Consumer") +
           (doing == Doing::working ? "Working"
            : waits == wait::park   ? "Parked"
                                    : "Spinning") +
           (doing == Doing::working ? (waits == wait::park ? "Park" : "Spin") : "") +
           (huge ? "HugePages" : "BasePages");
}
INSTANTIATE_TEST_SUITE_P(All, SpscKill,
                         testing::Combine(testing::Values(Ware::small, Ware::large, Ware::bytes,
                                                          Ware::dense),
                                          testing::Values(Side::producer, Side::consumer),
                                          testing::Values(Doing::working, Doing::waiting),
                                          testing::Values(wait::park, wait::spin), testing::Bool()),
                         name_of);

// Plans differ from round to round and from seed to seed, and are the same every time.
TEST(KillPlans, FollowFromSeedAndNumber) {
    EXPECT_EQ(describe(draw(1, 2, true)), describe(draw(1, 2, true)));
    EXPECT_NE(describe(draw(1, 2, true)), describe(draw(1, 3, true)));
    EXPECT_NE(describe(draw(1, 2, true)), describe(draw(2, 2, true)));
    for (std::uint64_t number = 0; number < 100; ++number) {
        EXPECT_FALSE(draw(1, number, false).huge);
    }
}

class SpscKillAtTheEdges : public Company {
protected:
    void SetUp() override { SHUNT_NEEDS_TRACING(); }

    // One more producer after those before: goes on exactly there, and the consumer gets it all.
    void expect_to_go_on(Child& in, Report& consuming, std::uint64_t from) {
        const Shared<Report> report;
        Part rest = part(Ware::small, false);
        rest.until = from + 5;
        Child successor = producer(rest, *report);
        ASSERT_TRUE(leaves(successor, *report));
        EXPECT_EQ(report->first.load(std::memory_order_relaxed), from);
        EXPECT_TRUE(leaves(in, consuming));
        EXPECT_EQ(consuming.seen.load(std::memory_order_relaxed), from + 5);
        EXPECT_TRUE(nothing_left());
    }
};

// How far a victim gets before it is killed: so many stops at system calls, then so many steps.
struct Distance {
    std::uint32_t system_calls = 0;
    std::uint32_t steps = 0;
};

std::string go(Child& victim, Distance distance) {
    std::string instead = victim.step_system_calls(distance.system_calls);
    return instead.empty() ? victim.step(distance.steps) : instead;
}

class SpscKillWhileClosing : public SpscKillAtTheEdges {
protected:
    // What the consumer was told of a producer that got so far in its close(), and of its
    // successor.
    [[nodiscard]] std::string ends_after(Distance distance) {
        SCOPED_TRACE(testing::Message() << distance.system_calls << " system call stops, then "
                                        << distance.steps << " instructions");
        const Shared<Report> producing;
        const Shared<Report> consuming;
        Part ten = part(Ware::small, false);
        ten.until = 10;
        ten.mark_closing = true;
        Part all = part(Ware::small, false);
        all.closes = 9;
        all.ends = 2;
        Child victim = producer(ten, *producing, true);
        Child in = consumer(all, *consuming);
        EXPECT_TRUE(reaches(*consuming, kOpen));
        producing->leave.set(1);
        EXPECT_EQ(victim.until_marked(), "");
        (void)go(victim, distance);
        victim.end();
        EXPECT_TRUE(consuming->told.reaches(1));
        expect_to_go_on(in, *consuming, 10);
        const std::string told = consuming->ends_told();
        EXPECT_TRUE(told == "cc" || told == "dc") << told;
        return told;
    }
};

// A sanitizer's instructions are not ours, and many.
constexpr std::uint32_t kAround = SHUNT_UNDER_SANITIZER ? 4 : 20;

// It closed or it died: the instruction at which that changes is searched for, and all around it
// are tried; so is every system call.
TEST_F(SpscKillWhileClosing, AProducerHasClosedOrDiedAndNotBoth) {
    std::uint32_t died = 0;
    std::uint32_t closed = 20'000;  // with sanitizers too
    ASSERT_EQ(ends_after({0, died}), "dc");
    ASSERT_EQ(ends_after({0, closed}), "cc");
    while (closed - died > 1) {
        const std::uint32_t middle = (died + closed) / 2;
        const std::string told = ends_after({0, middle});
        ASSERT_EQ(told.size(), 2u);
        (told[0] == 'd' ? died : closed) = middle;
    }
    for (std::uint32_t steps = died - std::min(died, kAround); steps < closed + kAround; ++steps) {
        ASSERT_EQ(ends_after({0, steps}).size(), 2u);
    }
    for (std::uint32_t calls = 1; calls < 20; ++calls) {
        ASSERT_EQ(ends_after({calls, calls % 7}).size(), 2u);
    }
}

// Joining a channel that lives. Killed anywhere in it, it is in nobody's way, and where it was not
// yet a participant nobody hears of it.
TEST_F(SpscKillAtTheEdges, AProducerKilledWhileItOpensIsInNobodysWay) {
    bool unnoticed = false;
    for (std::uint32_t calls = 0; calls < 400; calls += 1 + calls % 3) {
        SCOPED_TRACE(testing::Message() << calls << " system call stops");
        const Shared<Report> first;
        const Shared<Report> victims;
        const Shared<Report> consuming;
        Part ten = part(Ware::small, false);
        ten.until = 10;
        Part all = part(Ware::small, false);
        all.closes = 2;
        Child before = producer(ten, *first);
        Child in = consumer(all, *consuming);
        ASSERT_TRUE(reaches(*consuming, kOpen));
        ASSERT_TRUE(leaves(before, *first));
        ASSERT_TRUE(consuming->told.reaches(1));
        Part opening = part(Ware::small, false);
        opening.mark_opening = true;
        opening.pause_at = 0;
        Child victim = producer(opening, *victims, true);
        ASSERT_EQ(victim.until_marked(), "");
        (void)go(victim, {calls, calls % 50});
        const bool opened = victims->phase.get() >= kOpen;
        victim.end();
        ASSERT_NO_FATAL_FAILURE(expect_to_go_on(in, *consuming, 10));
        const std::string told = consuming->ends_told();
        EXPECT_TRUE(told == "cdc" || (told == "cc" && !opened)) << told;
        unnoticed |= told == "cc";
        if (opened) {
            EXPECT_TRUE(unnoticed);  // some died before they were participants
            return;
        }
    }
    FAIL() << "the victim never opened";
}

TEST_F(SpscKillAtTheEdges, AConsumerKilledWhileItOpensIsInNobodysWay) {
    for (std::uint32_t calls = 0; calls < 400; calls += 1 + calls % 3) {
        SCOPED_TRACE(testing::Message() << calls << " system call stops");
        const Shared<Report> producing;
        const Shared<Report> victims;
        const Shared<Report> consuming;
        Part ten = part(Ware::small, false);
        ten.until = 10;
        Child out = producer(ten, *producing);
        ASSERT_TRUE(reaches(*producing, kFinished));
        Part opening = part(Ware::small, false);
        opening.mark_opening = true;
        opening.pause_at = 0;
        Child victim = consumer(opening, *victims, true);
        ASSERT_EQ(victim.until_marked(), "");
        (void)go(victim, {calls, calls % 50});
        const bool opened = victims->phase.get() >= kOpen;
        victim.end();
        Child in = consumer(part(Ware::small, false), *consuming);
        ASSERT_TRUE(reaches(*consuming, kOpen));
        ASSERT_TRUE(leaves(out, *producing));
        ASSERT_TRUE(leaves(in, *consuming));
        EXPECT_EQ(consuming->first.load(std::memory_order_relaxed), 0u);
        EXPECT_EQ(consuming->seen.load(std::memory_order_relaxed), 10u);
        EXPECT_EQ(consuming->ends_told(), "c");
        EXPECT_EQ(consuming->flagged_end.load(std::memory_order_relaxed), 0u);
        ASSERT_TRUE(nothing_left());
        if (opened) {
            return;
        }
    }
    FAIL() << "the victim never opened";
}

}  // namespace
}  // namespace shunt::process_test
