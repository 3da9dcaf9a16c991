// SPDX-License-Identifier: MIT
#include "bench/lib/src/plan.hpp"

#include "bench/lib/src/contenders/floor.hpp"
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/payload.hpp"
#include "unit/bench/own_directory.hpp"

#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace shunt::bench {
namespace {

class PlanTest : public OwnDirectory {
protected:
    // The exit code of a plan that is refused, and its text.
    static std::pair<int, std::string> refusal(const Config& config, Mode mode = Mode::pingpong) {
        try {
            (void)make_plan(config, mode, rows_of(config));
        } catch (const Failure& failure) {
            return {failure.exit_code(), failure.what()};
        }
        return {0, ""};
    }
    static Config with(const std::function<void(Config&)>& change) {
        Config config;
        change(config);
        return config;
    }
};

TEST_F(PlanTest, ARepeatIsFloorShuntPeersFloorForEverySize) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    Config config;
    config.sizes = {8, 56};
    config.peers = {"boost", "futex"};
    const Plan plan = make_plan(config, Mode::pingpong, rows_of(config));
    const std::vector<const Contender*> want{&kTwoLineFloor, &kShunt,        &kBoost, &kFutex,
                                             &kTwoLineFloor, &kTwoLineFloor, &kShunt, &kBoost,
                                             &kFutex,        &kTwoLineFloor};
    ASSERT_EQ(plan.tasks.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_EQ(plan.tasks[i].contender, want[i]) << i;
        EXPECT_EQ(plan.tasks[i].size, i < 5 ? 8u : 56u);
    }
    EXPECT_EQ(plan.sizes[1].floor_before, 5u);
    EXPECT_EQ(plan.sizes[1].floor_after, 9u);
    EXPECT_NE(plan.tasks[0].memory, plan.tasks[5].memory);
}

TEST_F(PlanTest, TheFloorPollsAsTheRowsDo) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    Config config;
    config.wait = shunt::wait::spin_pause;
    config.floor = true;
    const Plan plan = make_plan(config, Mode::pingpong, rows_of(config));
    const SizePlan& size = plan.sizes[0];
    EXPECT_EQ(plan.tasks[size.floor_before].pauses, 1u);
    EXPECT_EQ(plan.tasks[size.rows[0]].pauses, 1u);
    EXPECT_EQ(plan.tasks[size.floor_after].pauses, 1u);
    ASSERT_EQ(size.by_pause.size(), 5u);
    for (const auto& [pauses, task] : size.by_pause) {
        EXPECT_EQ(plan.tasks[task].pauses, pauses);
    }
}

TEST_F(PlanTest, ConsumesForLatencyInAPingPongAndForThroughputElseUnlessTold) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    Config config;
    const auto consumes = [&](Mode mode) {
        const Plan plan = make_plan(config, mode, rows_of(config));
        return plan.tasks[plan.sizes[0].rows[0]].consume;
    };
    EXPECT_EQ(consumes(Mode::pingpong), shunt::consume::latency);
    EXPECT_EQ(consumes(Mode::throughput), shunt::consume::throughput);
    config.consume = shunt::consume::latency;
    EXPECT_EQ(consumes(Mode::throughput), shunt::consume::latency);
}

TEST_F(PlanTest, AnOpenLoopHasAPointForEachSizeAndRate) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    Config config;
    config.sizes = {8, 56};
    config.rates = {1e6, 2e6};
    const Plan plan = make_plan(config, Mode::openloop, rows_of(config));
    ASSERT_EQ(plan.sizes.size(), 4u);
    EXPECT_EQ(plan.sizes[1].size, 8u);
    EXPECT_EQ(plan.sizes[1].pace.per_second, 2e6);
    EXPECT_EQ(plan.tasks[plan.sizes[2].rows[0]].pace.per_second, 1e6);
    EXPECT_EQ(plan.tasks[plan.sizes[0].floor_before].mode, Mode::pingpong);
    config.arrivals = Arrivals::burst;
    config.sizes = {8};
    const Plan bursts = make_plan(config, Mode::openloop, rows_of(config));
    ASSERT_EQ(bursts.sizes.size(), 1u);
    EXPECT_EQ(bursts.sizes[0].pace.burst, 32u);
    EXPECT_DOUBLE_EQ(bursts.sizes[0].pace.per_second, 32 / 50e-6);
}

TEST_F(PlanTest, ShuntBesideItselfDiffersInTheOneThingThatItsNameSays) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    Config config;
    const Plan plan = make_plan(config, Mode::coldstart,
                                {&kShunt, &kShuntThroughput, &kShuntUnprepared, &kShuntRehearsed});
    const auto task = [&](std::size_t row) { return plan.tasks[plan.sizes[0].rows[row]]; };
    EXPECT_EQ(task(0).consume, shunt::consume::latency);
    EXPECT_TRUE(task(0).prepare);
    EXPECT_EQ(task(1).consume, shunt::consume::throughput);
    EXPECT_TRUE(task(1).prepare);
    EXPECT_EQ(task(2).consume, shunt::consume::latency);
    EXPECT_FALSE(task(2).prepare);
    EXPECT_FALSE(task(0).rehearse || task(2).rehearse);
    EXPECT_TRUE(task(3).prepare && task(3).rehearse);
    EXPECT_TRUE(plan.fresh);
}

TEST_F(PlanTest, PortsThatSleepAreCompiledForAChoiceOfSizesAndOneWayToWrite) {
    const auto park = [](std::size_t size, unsigned fields) {
        return with(
            [&](Config& c) { c.wait = shunt::wait::park, c.sizes = {size}, c.fields = fields; });
    };
    EXPECT_EQ(refusal(park(16, 0)).first, 2);
    EXPECT_NE(refusal(park(16, 0)).second.find("8, 32, 56, 64, 256, 1024, 4096"),
              std::string::npos);
    EXPECT_EQ(refusal(park(8, 4)).first, 2);
    if (perf::allowed_cpus().size() >= 2) {
        EXPECT_EQ(refusal(park(32, 0)).first, 0);
    }
}

TEST_F(PlanTest, RefusesPacesThatCannotBeMeasuredAndSaysWhatCan) {
    const struct {
        Mode mode;
        std::function<void(Config&)> change;
        const char* says;
    } cases[] = {
        {Mode::openloop, [](Config& c) { c.rates = {1}; }, "10 to 1G"},
        {Mode::openloop, [](Config& c) { c.rates = {2e9}; }, "10 to 1G"},
        {Mode::openloop, [](Config& c) { c.arrivals = Arrivals::burst, c.burst = 1; }, "65536"},
        {Mode::openloop, [](Config& c) { c.rates = {1e5}, c.batch = 4; }, "throughput"},
        {Mode::paced, [](Config& c) { c.gaps_ns = {0.5}; }, "10 to 1G"},
        {Mode::paced, [](Config& c) { c.consume = shunt::consume::latency; }, "both"},
        {Mode::wake, [](Config&) {}, "--wait park"},
        {Mode::coldstart, [](Config& c) { c.after = 10; }, "1000 to 100M"},
    };
    for (const auto& one : cases) {
        const auto [code, text] = refusal(with(one.change), one.mode);
        EXPECT_EQ(code, 2) << one.says;
        EXPECT_NE(text.find(one.says), std::string::npos) << text;
    }
}

TEST_F(PlanTest, RefusesOneCpuTwice) {
    const int cpu = perf::allowed_cpus().front();
    const auto [code, text] = refusal(with([&](Config& c) { c.cpus = {cpu, cpu}; }));
    EXPECT_EQ(code, 7);
    EXPECT_NE(text.find("two different cpus"), std::string::npos) << text;
}

TEST_F(PlanTest, RefusesWhatCannotBeMeasuredAndSaysWhatCan) {
    const struct {
        std::function<void(Config&)> change;
        const char* says;
    } cases[] = {
        {[](Config& c) { c.sizes = {12}; }, "8, 16, 24, 32, 40, 48, 56, 64, 128, 248"},
        {[](Config& c) { c.sizes = {}; }, "--size"},
        {[](Config& c) {
             c.sizes = {8, 8};
         },
         "twice"},
        {[](Config& c) { c.sizes = {4}, c.bytes = true; }, "sequence number"},
        {[](Config& c) { c.sizes = {65536}, c.bytes = true, c.capacity = 65536; }, "524288"},
        {[](Config& c) { c.capacity = std::uint64_t{1} << 50; }, "no ring holds"},
        {[](Config& c) { c.pop = shunt::pop::copy; }, "--kind mpmc"},
        {[](Config& c) { c.kind = Kind::mpmc, c.bytes = true, c.capacity = 1u << 25; }, "no ring"},
        {[](Config& c) { c.kind = Kind::mpmc, c.fields = 4; }, "--fields"},
        {[](Config& c) { c.kind = Kind::mpmc, c.sizes = {16}; }, "8, 24, 56, 64, 248, 1024"},
        {[](Config& c) { c.kind = Kind::mpmc, c.peers = {"memcpy"}; }, "boost, vyukov"},
        {[](Config& c) { c.blocks = true; }, "--kind mpmc"},
        {[](Config& c) { c.kind = Kind::mpmc, c.blocks = true, c.pop = shunt::pop::copy; },
         "popped in place"},
        {[](Config& c) { c.kind = Kind::mpmc, c.blocks = true, c.capacity = 65536; }, "no ring"},
        {[](Config& c) { c.kind = Kind::mpmc, c.peers = {"vyukov"}, c.capacity = 100; },
         "1024, 8192"},
        {[](Config& c) { c.peers = {"vyukov"}; }, "of spsc"},
        {[](Config& c) { c.kind = Kind::mpsc, c.bytes = true; }, "--bytes"},
        {[](Config& c) { c.kind = Kind::mpsc, c.idle_lanes = 1000; }, "127"},
        {[](Config& c) { c.idle_lanes = 1; }, "--kind mpsc"},
        {[](Config& c) { c.kind = Kind::mpsc, c.peers = {"memcpy"}; }, "spsc, boost, vyukov"},
        {[](Config& c) { c.kind = Kind::broadcast, c.bytes = true; }, "leave --bytes"},
        {[](Config& c) { c.kind = Kind::broadcast, c.in_place = true; }, "--in-place"},
        {[](Config& c) { c.kind = Kind::broadcast, c.sizes = {16}; }, "8, 24, 56, 64, 248, 1024"},
        {[](Config& c) { c.kind = Kind::broadcast, c.idle_subscribers = 121; }, "120"},
        {[](Config& c) { c.kind = Kind::broadcast, c.peers = {"boost"}; }, "spsc, shunt-through"},
        {[](Config& c) { c.idle_subscribers = 1; }, "--kind broadcast"},
        {[](Config& c) { c.fields = 2; }, "4 and 8"},
        {[](Config& c) { c.batch = 8; }, "throughput"},
        {[](Config& c) { c.batch = 0; }, "batch"},
        {[](Config& c) { c.repeats = 0; }, "repeats"},
        {[](Config& c) { c.peers = {"zmq"}; }, "boost, boost-batch, memcpy, lines, futex"},
        {[](Config& c) { c.peers = {"lines"}; }, "a peer of throughput"},
        {[](Config& c) {
             c.peers = {"boost", "boost"};
         },
         "twice"},
        {[](Config& c) { c.peers = {"boost"}, c.capacity = 1000; }, "256, 1024, 8192, 65536"},
        {[](Config& c) { c.peers = {"boost-batch"}; }, "--batch"},
        {[](Config& c) { c.cpus = {0}; }, "two"},
        {[](Config& c) {
             c.cpus = {0, 100'000};
         },
         "100000"},
    };
    for (const auto& one : cases) {
        const auto [code, text] = refusal(with(one.change));
        EXPECT_EQ(code, 2) << one.says;
        EXPECT_NE(text.find(one.says), std::string::npos) << text;
    }
    const auto both = with([](Config& c) { c.batch = 8, c.in_place = true; });
    EXPECT_EQ(refusal(both, Mode::throughput).first, 2);
}

TEST_F(PlanTest, BesideABytesRingBoostTakesTheLargestCapacityThatFits) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    Task task;
    task.bytes = true;
    task.capacity = 1 << 20;
    task.size = 1024;
    EXPECT_EQ(capacity_in_messages(task), 963u);
    EXPECT_EQ(refusal(with([](Config& c) {
                  c.bytes = true, c.peers = {"boost"}, c.sizes = {1024};
              })).first,
              0);
}

TEST_F(PlanTest, SlotsOfAChannelAreCountedAsItsRingCountsThem) {
    Task task;
    task.capacity = 1024;
    task.size = 8;  // 7 a line: 147 lines, so 256
    constexpr std::uint64_t kGuard = 128;
    EXPECT_EQ(slots_bytes_of(task), 256u * 64 + kGuard);
    task.size = 56;
    EXPECT_EQ(slots_bytes_of(task), 1024u * 64 + kGuard);
    task.size = 1024;  // 17 lines a slot
    EXPECT_EQ(slots_bytes_of(task), 1024u * 17 * 64 + kGuard);
    task.bytes = true;
    task.capacity = 1000;  // the least is 1024
    EXPECT_EQ(slots_bytes_of(task), 1024u + kGuard);
    task.bytes = false;
    task.kind = Kind::mpmc;
    task.size = 56;  // and its word of 8
    EXPECT_EQ(capacity_in_messages(task), 1024u);
    EXPECT_EQ(slots_bytes_of(task), 1024u * 64);
    task.bytes = true;  // and a header of 8
    task.capacity = 1000;
    EXPECT_EQ(capacity_in_messages(task), 1024u);
    EXPECT_EQ(slots_bytes_of(task), 1024u * 128);
    task.blocks = true;  // a word of 8 for each, and blocks for all of them and for each port
    EXPECT_EQ(slots_bytes_of(task), 1024u * 8 + (1024u + layout::kDefaultPorts) * 128);
    task.blocks = false;
    task.bytes = false;
    task.capacity = 1024;
    task.kind = Kind::mpsc;
    task.idle_lanes = 3;
    EXPECT_EQ(slots_bytes_of(task), 4 * (1024u * 64 + kGuard));
    task.kind = Kind::broadcast;
    task.capacity = 1000;
    task.size = 56;  // and its stamp of 8
    EXPECT_EQ(capacity_in_messages(task), 1024u);
    EXPECT_EQ(slots_bytes_of(task), ring::LogShape<Message<56>>::of(1000).bytes());
    EXPECT_GE(slots_bytes_of(task), 1024u * 64);
}

}  // namespace
}  // namespace shunt::bench
