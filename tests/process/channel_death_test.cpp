// SPDX-License-Identifier: MIT
//
// Deaths in the registry: a participant killed anywhere while it joins, leaves or recovers others,
// and what its peers and its successor then find.
#include <shunt/channel/lock.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/wake/futex.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "process/channel_race.hpp"

namespace shunt::channel {
namespace {

using layout::Role;
using process::Actor;
using process::Script;

class Death : public ChannelRace {
protected:
    static std::uint64_t word(const Participant& place, std::uint32_t index) {
        const auto* entries =
            object_at<layout::RegistryEntry>(place.region(layout::RegionId::registry));
        // relaxed: whoever wrote it has ended, and was waited for
        return entries[index].word.load(std::memory_order_relaxed);
    }
    // Recovers whoever is dead beside the producer, and is driven at it.
    static void recovers(Script& script) {
        Request request = producer();
        request.seat = 2;
        auto* mine = new Participant{request};
        script.stop_here();
        mine->reap();
        script.say("done");
    }
    // In recovers(): entry and exit of the questions to the kernel for entries 0 and 1.
    static constexpr int kAnswers = 4;

    // A consumer that was ALIVE and is dead. Its token.
    static std::uint64_t dead_consumer() {
        Actor victim{[](Script& script) {
            const auto* place = new Participant{consumer()};
            script.say(std::to_string(place->token()));
            script.stop_here();
        }};
        const std::string token = victim.hear();
        victim.kill();
        return std::stoull(token);
    }
};

TEST_F(Death, IsSeenReapedAndSucceeded) {
    Participant place{producer()};
    const std::uint64_t token = dead_consumer();
    ASSERT_EQ(place.peers().size(), 2u);
    EXPECT_FALSE(place.peers()[1].alive);
    EXPECT_EQ(last_died(place.control(), Role::consumer), 0u) << "nobody has looked yet";
    EXPECT_EQ(place.reap(), 1u);
    EXPECT_EQ(last_died(place.control(), Role::consumer), token);
    EXPECT_EQ(last_closed(place.control(), Role::consumer), 0u);
    EXPECT_EQ(place.peers().size(), 1u);
    EXPECT_EQ(place.reap(), 0u);
    // relaxed: one thread
    EXPECT_EQ(place.counters().recovered.load(std::memory_order_relaxed), 1u);
    const Participant successor{consumer()};
    EXPECT_EQ(successor.token(), token + 1);
}

TEST_F(Death, IsRecoveredByASuccessorInTheSameSeat) {
    const Participant place{producer()};
    const std::uint64_t token = dead_consumer();
    Request at_once = consumer();
    at_once.options.seat_timeout = std::chrono::milliseconds{0};
    const Participant successor{at_once};
    EXPECT_EQ(last_died(place.control(), Role::consumer), token);
    EXPECT_EQ(successor.index(), 1u);
}

TEST_F(Death, OfTheLastOneLeavesTheChannelForASuccessor) {
    Actor victim{[](Script& script) {
        const auto* place = new Participant{lingering(producer(), linger::none)};
        place->region(layout::RegionId::slots)[5] = std::byte{9};
        script.stop_here();
    }};
    victim.kill();
    ASSERT_NE(named(), 0u);
    {
        const Participant successor{producer()};
        EXPECT_FALSE(successor.created());
        EXPECT_EQ(successor.region(layout::RegionId::slots)[5], std::byte{9});
        EXPECT_EQ(last_died(successor.control(), Role::producer), 1u);
    }
    EXPECT_TRUE(files().empty()) << "a graceful last closer removes it, whatever died before";
}

TEST_F(Death, OfAStoppedOneIsNotBelieved) {
    Actor stopped{[](Script& script) {
        new Participant{producer()};
        script.stop_here();
    }};
    Participant place{consumer()};
    EXPECT_EQ(place.reap(), 0u);
    const Attempt second = attempt(producer());
    EXPECT_TRUE(second.text.starts_with("error already taken")) << second.text;
    EXPECT_NE(second.text.find("process " + std::to_string(stopped.pid())), std::string::npos)
        << second.text;
    stopped.kill();
    EXPECT_EQ(place.reap(), 1u);
}

TEST_F(Death, WakesWhoeverSleeps) {
    Participant place{producer()};
    for (const auto id : {layout::RegionId::wake_data, layout::RegionId::wake_room}) {
        static_cast<void>(dead_consumer());
        auto& region = *object_at<layout::WakeRegion>(place.region(id));
        // relaxed: whoever changes it does so below
        const std::uint32_t seen = region.wake_seq.load(std::memory_order_relaxed);
        constexpr std::uint64_t kBoundNs = 100'000'000'000;  // longer than the test may take
        std::thread sleeper{[&] {
            // relaxed: the value itself is the condition
            while (region.wake_seq.load(std::memory_order_relaxed) == seen) {
                FutexOps::wait(region.wake_seq, seen, 1, kBoundNs);
            }
        }};
        EXPECT_EQ(place.reap(), 1u);
        sleeper.join();
    }
}

TEST_F(Death, OfAJoinerAnywhereFreesTheSeat) {
    Participant place{lingering(producer(), linger::none)};
    int told = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        const std::uint64_t before = last_died(place.control(), Role::consumer);
        Actor victim{[](Script& script) {
            script.stop_here();
            new Participant{consumer()};
        }};
        if (!victim.step(k)) {
            break;
        }
        victim.kill();
        const std::uint64_t left = word(place, 1);
        const bool was_alive = state_of(left) == layout::EntryState::alive;
        EXPECT_EQ(place.reap(), was_alive ? 1u : 0u) << "step " << k;
        EXPECT_EQ(last_died(place.control(), Role::consumer), was_alive ? token_of(left) : before);
        EXPECT_EQ(word(place, 1), 0u) << "step " << k;
        told += was_alive ? 1 : 0;
        const Attempt successor = attempt(consumer());
        ASSERT_NE(successor.place, nullptr) << "step " << k << ": " << successor.text;
    }
    EXPECT_GT(k, 20) << "the joiner was not driven";
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(told, 0);
    EXPECT_LT(told, k);
}

TEST_F(Death, IsNeverDeclaredOfAJoinerThatIsStopped) {
    Participant place{producer()};
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        Actor joiner{[](Script& script) {
            script.stop_here();
            script.say((new Attempt{attempt(consumer())})->text);
            script.wait();
        }};
        for (int i = 0; i < k && !joiner.has_spoken(); ++i) {
            joiner.step();
        }
        if (joiner.has_spoken()) {
            break;
        }
        EXPECT_EQ(place.reap(), 0u) << "step " << k;
        joiner.go();
        EXPECT_TRUE(in_named_file(joiner.hear())) << "step " << k;
        ASSERT_EQ(place.peers().size(), 2u) << "step " << k;
        EXPECT_TRUE(place.peers()[1].alive) << "step " << k;
        joiner.kill();
        EXPECT_EQ(place.reap(), 1u) << "step " << k;
    }
    EXPECT_GT(k, 20) << "the joiner was not driven";
    EXPECT_LT(k, kTooManySteps);
}

TEST_F(Death, IsNeverDeclaredOfALeaverThatIsStopped) {
    Participant place{lingering(producer(), linger::none)};
    int k = 0;
    for (bool lives = true; lives; ++k) {
        Actor leaver{[](Script& script) {
            auto* mine = new Participant{consumer()};
            script.say(std::to_string(mine->token()));
            script.stop_here();
            mine->close();
        }};
        const std::uint64_t token = std::stoull(leaver.hear());
        lives = leaver.step(k);
        EXPECT_EQ(place.reap(), 0u) << "step " << k;
        leaver.go();
        leaver.join();
        EXPECT_EQ(last_died(place.control(), Role::consumer), 0u) << "step " << k;
        EXPECT_EQ(last_closed(place.control(), Role::consumer), token) << "step " << k;
    }
    EXPECT_GT(k, 5) << "the leaver was not driven";
}

// By instructions up to the first system call, which comes after the last store.
TEST_F(Death, OfALeaverAnywhereIsToldOnceAndRight) {
    Participant place{lingering(producer(), linger::none)};
    int closed = 0;
    int died = 0;
    bool freed = false;
    for (int n = 0; !freed; n += 1 + n / 20) {
        Actor victim{[](Script& script) {
            auto* mine = new Participant{consumer()};
            script.say(std::to_string(mine->token()));
            script.stop_here();
            mine->close();
        }};
        const std::uint64_t token = std::stoull(victim.hear());
        ASSERT_TRUE(victim.step_instructions(n));
        victim.kill();
        freed = word(place, 1) == 0;
        EXPECT_EQ(place.reap(), freed ? 0u : 1u);
        EXPECT_EQ(word(place, 1), 0u) << "instruction " << n;
        const bool was_closed = last_closed(place.control(), Role::consumer) == token;
        const bool was_dead = last_died(place.control(), Role::consumer) == token;
        EXPECT_NE(was_closed, was_dead) << "instruction " << n;
        closed += was_closed ? 1 : 0;
        died += was_dead ? 1 : 0;
    }
    EXPECT_GT(closed, 0);
    EXPECT_GT(died, 0);
}

// By instructions from the answer of the kernel that entry 1 is dead until the entry is free.
TEST_F(Death, OfARecovererAnywhereIsMadeGoodByTheNext) {
    Participant place{producer()};
    int decided = 0;
    bool freed = false;
    for (int n = 0; !freed; n += 1 + n / 20) {
        const std::uint64_t token = dead_consumer();
        Actor recoverer{recovers};
        ASSERT_TRUE(recoverer.step(kAnswers) && recoverer.step_instructions(n));
        recoverer.kill();
        freed = word(place, 1) == 0;
        decided += state_of(word(place, 1)) == layout::EntryState::dead ? 1 : 0;
        EXPECT_EQ(place.reap(), freed ? 1u : 2u) << "instruction " << n;
        EXPECT_EQ(last_died(place.control(), Role::consumer), token) << "instruction " << n;
        EXPECT_EQ(word(place, 1), 0u);
        EXPECT_EQ(word(place, 2), 0u);
    }
    EXPECT_GT(decided, 0) << "no recoverer died between DEAD and FREE";
}

// The same, but the recoverer goes on when others have long done its work and the seat is taken
// again.
TEST_F(Death, IsNotDeclaredOfTheSuccessorByALateRecoverer) {
    Participant place{producer()};
    bool freed = false;
    for (int n = 0; !freed; n += 1 + n / 20) {
        const std::uint64_t token = dead_consumer();
        Actor late{recovers};
        ASSERT_TRUE(late.step(kAnswers) && late.step_instructions(n));
        freed = word(place, 1) == 0;
        place.reap();
        const Participant successor{consumer()};
        late.go();
        EXPECT_EQ(late.hear(), "done");
        EXPECT_EQ(word(place, 1), entry_word(layout::EntryState::alive, successor.token()))
            << "instruction " << n;
        EXPECT_EQ(last_died(place.control(), Role::consumer), token) << "instruction " << n;
        late.join();
        place.reap();
    }
}

}  // namespace
}  // namespace shunt::channel
