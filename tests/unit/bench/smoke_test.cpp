// SPDX-License-Identifier: MIT
//
// Every contender in every form for a few milliseconds: that it runs, checks what it moves, ends,
// leaves nothing behind, and that the document has its shape. No figure is asserted.
#include "unit/bench/smoke.hpp"
#include "bench/lib/src/contenders/floor.hpp"
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/loops.hpp"
#include "bench/lib/src/run.hpp"
#include "unit/allocators/sandbox.hpp"

#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt_bench/fanin.hpp>
#include <shunt_bench/run.hpp>
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace shunt::bench {
namespace {

TEST_F(Smoke, PingPongOfEveryRival) {
    config_.slice = kSleepers;
    config_.repeats = 2;
    config_.floor = true;
    const json document = run(config_, Mode::pingpong, {&kMemcpy, &kBoost, &kFutex, &kEpoll});
    for (const char* row : {"memcpy", "boost", "futex", "epoll"}) {
        expect_raw(document, row, "p50_ns");
    }
    EXPECT_EQ(document.at("schema"), "shunt/bench-pingpong/1");
    const json& result = document.at("result");
    for (const char* key : {"one_way_ns", "floor_ns", "paired", "peers", "repeats", "discarded",
                            "unsettled", "size"}) {
        EXPECT_TRUE(result.contains(key)) << key;
    }
    for (const char* key : {"min", "p50", "p90", "p99", "p999", "p9999", "max"}) {
        EXPECT_TRUE(result.at("one_way_ns").contains(key)) << key;
    }
    for (const char* key : {"two_line", "same_line", "best"}) {
        EXPECT_TRUE(result.at("floor_ns").contains(key)) << key;
    }
    EXPECT_EQ(result.at("floor_ns").at("one_way_ns").at("p50"),
              result.at("floor_ns").at("two_line"));
    EXPECT_EQ(document.at("host").at("cpus").size(), 2u);
    EXPECT_FALSE(render(document).empty());
}

TEST_F(Smoke, ThroughputOfEveryRival) {
    config_.batch = 16;
    config_.peers = {};
    const json document =
        run(config_, Mode::throughput, {&kMemcpy, &kLinesFloor, &kBoost, &kBoostBatch, &kFutex});
    for (const char* row : {"memcpy", "lines", "boost", "boost-batch", "futex"}) {
        expect_rate(document, row);
    }
    EXPECT_EQ(document.at("schema"), "shunt/bench-throughput/1");
    EXPECT_FALSE(render(document).empty());
}

TEST_F(Smoke, BareLinesCarryMessagesOfOneLineAndOfMany) {
    config_.sizes = {8, 56, 64, 248, 4096};
    config_.peers = {"lines"};
    const json document = run_throughput(config_);
    expect_rate(document, "lines");
    for (const json& size : document.at("result").at("sizes")) {
        const json& row = size.at("peers").at("lines");
        EXPECT_TRUE(size.at("counted") == 0 || row.at("capacity") == 2048) << row;
    }
}

TEST_F(Smoke, FanInOfBothKindsCountsEachProducersShare) {
    FaninConfig config;
    config.repeats = 2;
    config.slice = std::chrono::milliseconds{20};
    config.producers = 3;
    for (const Kind kind : {Kind::mpsc, Kind::mpmc}) {
        config.kind = kind;
        config.consumers = kind == Kind::mpmc ? 2 : 1;
        const json document = run_fanin(config);
        EXPECT_EQ(document.at("schema"), "shunt/bench-fanin/1");
        EXPECT_GT(document.at("result").at("msgs_per_s").at("median"), 0);
        const double jain = document.at("result").at("jain").at("median");
        EXPECT_GT(jain, 1.0 / 3 - 1e-9);
        EXPECT_LE(jain, 1 + 1e-9);
        EXPECT_EQ(document.at("result").at("repeats").at(0).at("messages").size(), 3u);
        EXPECT_FALSE(render_fanin(document).empty());
    }
}

TEST_F(Smoke, FanInBesideItsRivalsComparesThemInTheSameRepeats) {
    FaninConfig config;
    config.repeats = 2;
    config.slice = std::chrono::milliseconds{20};
    config.producers = 3;
    for (const Kind kind : {Kind::mpsc, Kind::mpmc}) {
        config.kind = kind;
        config.peers.assign(fanin_peer_names(kind).begin(), fanin_peer_names(kind).end());
        ASSERT_EQ(config.peers.size(), 3u);
        const json document = run_fanin(config);
        const json& result = document.at("result");
        for (const std::string& peer : config.peers) {
            const json& row = result.at("peers").at(peer);
            EXPECT_GT(row.at("msgs_per_s").at("median"), 0) << peer;
            const json& one = result.at("repeats").at(1);
            const double ratio = one.at("msgs_per_s").get<double>() /
                                 one.at("peers").at(peer).at("msgs_per_s").get<double>();
            const json& paired = result.at("paired").at(peer);
            EXPECT_EQ(paired.at("n"), 2) << peer;
            EXPECT_TRUE(paired.at("bootstrap").is_null()) << peer << ": of two repeats";
            EXPECT_GE(ratio, paired.at("low").get<double>() * 0.999) << peer;
            EXPECT_LE(ratio, paired.at("high").get<double>() * 1.001) << peer;
            const json& times = one.at("peers").at(peer).at("finish_ms");
            ASSERT_EQ(times.size(), 3u);
            std::vector<double> speeds;
            for (const json& time : times) {
                EXPECT_GT(time, 0);
                speeds.push_back(1 / time.get<double>());
            }
            EXPECT_DOUBLE_EQ(one.at("peers").at(peer).at("jain_by_finish"), jain_index(speeds));
        }
        EXPECT_NE(render_fanin(document).find("vyukov"), std::string::npos);
    }
}

TEST_F(Smoke, FanInRefusesPeersThatItDoesNotHave) {
    FaninConfig config;
    const auto refused = [&](const std::string& part) {
        try {
            (void)run_fanin(config);
            ADD_FAILURE() << part;
        } catch (const Failure& why) {
            EXPECT_EQ(why.exit_code(), 2);
            EXPECT_NE(std::string{why.what()}.find(part), std::string::npos) << why.what();
        }
    };
    config.peers = {"memcpy"};
    refused("there are mpmc, boost, vyukov");
    config.peers = {"mpsc"};
    refused("there is no peer 'mpsc' of mpsc");
    config.peers = {"boost", "boost"};
    refused("named twice");
    config.peers = {"vyukov"};
    config.capacity = 2048;
    refused("--capacity may be 1024, 8192");
    config.kind = Kind::mpmc;
    config.consumers = 2;
    config.peers = {"mpsc"};
    refused("an mpsc channel has one consumer");
}

TEST(Fanin, JainsIndexIsOneOfEqualsAndOneOverNWhereOneHasAll) {
    EXPECT_DOUBLE_EQ(jain_index({5, 5, 5, 5}), 1);
    EXPECT_DOUBLE_EQ(jain_index({0, 0, 7, 0}), 0.25);
    EXPECT_DOUBLE_EQ(jain_index({1, 3}), 16.0 / 20);
    EXPECT_EQ(jain_index({}), 0);
    EXPECT_EQ(jain_index({0, 0}), 0);
}

TEST_F(Smoke, BroadcastWithIdleSubscribersBesideSpsc) {
    config_.kind = Kind::broadcast;
    config_.sizes = {8, 1024};
    config_.idle_subscribers = 3;
    config_.peers = {"spsc", "shunt-throughput"};
    const json latency = run_pingpong(config_);
    const json rate = run_throughput(config_);
    for (const char* row : {"shunt", "spsc", "shunt-throughput"}) {
        expect_raw(latency, row, "p50_ns");
        expect_rate(rate, row);
    }
    EXPECT_EQ(latency.at("args").at("kind"), "broadcast");
    EXPECT_EQ(latency.at("args").at("idle_subscribers"), 3);
    EXPECT_EQ(latency.at("args").at("pop"), nullptr);
    config_.peers = {};
    config_.slice = kSleepers;
    config_.wait = shunt::wait::park;
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
}

TEST_F(Smoke, MpscWithIdleLanesBesideSpscAndItsRivals) {
    config_.kind = Kind::mpsc;
    config_.sizes = {8};
    config_.idle_lanes = 3;
    config_.peers = {"spsc", "boost", "vyukov", "shunt-throughput"};
    const json latency = run_pingpong(config_);
    const json rate = run_throughput(config_);
    for (const char* row : {"shunt", "spsc", "boost", "vyukov", "shunt-throughput"}) {
        expect_raw(latency, row, "p50_ns");
        expect_rate(rate, row);
    }
    EXPECT_EQ(latency.at("args").at("kind"), "mpsc");
    EXPECT_EQ(latency.at("args").at("idle_lanes"), 3);
    config_.peers = {};
    config_.in_place = true;
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    config_.slice = kSleepers;
    config_.wait = shunt::wait::park;
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
}

TEST_F(Smoke, MpmcInEachFormBesideItsRivals) {
    config_.kind = Kind::mpmc;
    config_.sizes = {8, 56};
    config_.peers = {"boost", "vyukov", "shunt-copy", "shunt-blocks"};
    const json latency = run_pingpong(config_);
    const json rate = run_throughput(config_);
    for (const char* row : {"shunt", "boost", "vyukov", "shunt-copy", "shunt-blocks"}) {
        expect_raw(latency, row, "p50_ns");
        expect_rate(rate, row);
    }
    EXPECT_EQ(latency.at("args").at("kind"), "mpmc");
    EXPECT_EQ(latency.at("args").at("pop"), "in-place");
    config_.peers = {};
    config_.pop = shunt::pop::copy;
    const json copied = run_pingpong(config_);
    expect_raw(copied, "shunt", "p50_ns");
    EXPECT_EQ(copied.at("args").at("pop"), "copy");
    config_.pop = shunt::pop::in_place;
    config_.bytes = true;
    config_.sizes = {8, 100};
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    expect_rate(run_throughput(config_), "shunt");
    config_.bytes = false;
    config_.sizes = {8, 56};
    config_.in_place = true;
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    expect_rate(run_throughput(config_), "shunt");
    config_.slice = kSleepers;
    config_.wait = shunt::wait::park;
    for (const bool in_place : {true, false}) {
        config_.in_place = in_place;
        expect_raw(run_pingpong(config_), "shunt", "p50_ns");
        expect_rate(run_throughput(config_), "shunt");
    }
}

TEST_F(Smoke, MpmcWithBlocksInEachForm) {
    config_.kind = Kind::mpmc;
    config_.blocks = true;
    config_.peers = {};
    for (const shunt::wait wait : {shunt::wait::spin, shunt::wait::park}) {
        config_.wait = wait;
        config_.slice = wait == shunt::wait::park ? kSleepers : config_.slice;
        for (const bool bytes : {false, true}) {
            config_.bytes = bytes;
            config_.sizes = {bytes ? 100u : 56u};
            for (const bool in_place : {false, true}) {
                config_.in_place = in_place;
                const json latency = run_pingpong(config_);
                expect_raw(latency, "shunt", "p50_ns");
                EXPECT_EQ(latency.at("args").at("blocks"), true);
                expect_rate(run_throughput(config_), "shunt");
            }
        }
    }
}

TEST_F(Smoke, PingPongOfShuntAtSizesOfEachShape) {
    config_.sizes = {8, 56, 64, 1024};
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
}

TEST_F(Smoke, ThroughputOfShuntInEachForm) {
    config_.sizes = {8, 24, 256};
    expect_rate(run_throughput(config_), "shunt");
    config_.consume = shunt::consume::latency;
    expect_rate(run_throughput(config_), "shunt");
    for (const unsigned fields : {4u, 8u}) {
        config_.fields = fields;
        expect_rate(run_throughput(config_), "shunt");
    }
    config_.batch = 100;
    expect_rate(run_throughput(config_), "shunt");
    config_.batch = 1;
    config_.in_place = true;
    expect_rate(run_throughput(config_), "shunt");
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
}

TEST_F(Smoke, ShuntParkedInEachForm) {
    config_.slice = kSleepers;
    config_.wait = shunt::wait::park;
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    expect_rate(run_throughput(config_), "shunt");
    config_.in_place = true;
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    expect_rate(run_throughput(config_), "shunt");
    config_.in_place = false;
    config_.batch = 16;
    expect_rate(run_throughput(config_), "shunt");
}

TEST_F(Smoke, ShuntAdaptiveAndInEventLoops) {
    config_.slice = kSleepers;
    config_.wait = shunt::wait::adaptive;
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    expect_rate(run_throughput(config_), "shunt");
    config_.wait = shunt::wait::park;
    for (const shunt::events how : {shunt::events::any, shunt::events::thread}) {
        config_.loop = how;
        expect_raw(run_pingpong(config_), "shunt", "p50_ns");
        expect_rate(run_throughput(config_), "shunt");
    }
}

TEST_F(Smoke, BytesRingInEachForm) {
    config_.bytes = true;
    config_.sizes = {13, 1024, 65536};
    config_.peers = {"memcpy"};
    config_.slice = 40ms;  // twenty large ones, for a median
    expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    config_.slice = 2ms;
    const json document = run_throughput(config_);
    expect_rate(document, "shunt");
    expect_rate(document, "memcpy");
    config_.in_place = true;
    expect_rate(run_throughput(config_), "shunt");
    config_.in_place = false;
    config_.batch = 4;
    expect_rate(run_throughput(config_), "shunt");
    config_.batch = 1;
    config_.wait = shunt::wait::park;
    expect_rate(run_throughput(config_), "shunt");
}

TEST_F(Smoke, AnOpenLoopStampsEveryMessageAgainstTheTimeItWasDue) {
    config_.rates = {20'000, 200'000};
    config_.slice = 20ms;
    config_.peers = {"boost", "memcpy", "shunt-throughput"};
    for (const Arrivals arrivals : {Arrivals::constant, Arrivals::poisson}) {
        config_.arrivals = arrivals;
        const json document = run_openloop(config_);
        EXPECT_EQ(document.at("schema"), "shunt/bench-openloop/1");
        ASSERT_EQ(document.at("result").at("points").size(), 2u);
        const json& point = document.at("result").at("points").at(1);
        EXPECT_EQ(point.at("asked_per_s"), 200'000);
        for (const json* row : {&point, &point.at("peers").at("boost")}) {
            for (const char* key : {"one_way_ns", "late_ns", "achieved_per_s", "missed",
                                    "missed_repeats", "clock_offset_ns", "clock_bound_ns"}) {
                EXPECT_TRUE(row->contains(key)) << key;
            }
        }
        EXPECT_FALSE(render(document).empty());
    }
}

TEST_F(Smoke, ABurstHasFiguresOfItsLastMessage) {
    config_.arrivals = Arrivals::burst;
    config_.burst = 16;
    config_.every = 100us;
    config_.slice = 20ms;
    const json point = run_openloop(config_).at("result").at("points").at(0);
    EXPECT_EQ(point.at("asked_per_s"), 160'000);
    if (point.at("counted") != 0 && point.at("missed_repeats") == 0) {
        const auto all = point.at("one_way_ns").at("samples").get<std::uint64_t>();
        EXPECT_EQ(point.at("last_of_burst_ns").at("samples").get<std::uint64_t>(), all / 2)
            << "each eighth is looked at, and the last";
        EXPECT_GE(point.at("last_of_burst_ns").at("min"), point.at("one_way_ns").at("min"));
    }
}

TEST_F(Smoke, ARateThatNobodyKeepsIsMarkedAndNotInTheFigures) {
    config_.rates = {1e9};
    const json document = run_openloop(config_);
    for (const json& repeat : document.at("result").at("repeats")) {
        const json& row = repeat.at("points").at(0).at("rows").at("shunt");
        EXPECT_EQ(row.at("missed"), true);
        EXPECT_TRUE(row.at("p50_ns").is_null());
        EXPECT_LT(row.at("achieved_per_s"), 1e9);
    }
    const json& point = document.at("result").at("points").at(0);
    if (point.at("counted") != 0) {
        EXPECT_EQ(point.at("missed"), true);
        EXPECT_TRUE(point.at("one_way_ns").at("p50").is_null());
        EXPECT_NE(render(document).find("MISSED its rate"), std::string::npos);
    }
}

TEST_F(Smoke, LoadsArePartsOfAKneeThatIsFoundFirst) {
    config_.loads = {10, 50};
    config_.slice = 5ms;
    try {
        const json document = run_openloop(config_);
        const json& result = document.at("result");
        const auto knee = result.at("knee").at("per_s").get<double>();
        EXPECT_GE(knee, 1e5);
        EXPECT_FALSE(result.at("knee").at("probes").empty());
        EXPECT_NEAR(result.at("points").at(1).at("asked_per_s").get<double>(), knee / 2, 1);
    } catch (const Failure& failure) {  // a machine that keeps no rate at all says so
        EXPECT_EQ(failure.exit_code(), 7);
    }
    config_.sizes = {8, 56};
    EXPECT_THROW((void)run_openloop(config_), Failure);
}

TEST_F(Smoke, PacedMeasuresBothWaysToConsumeInTheSameRepeats) {
    config_.gaps_ns = {500, 5000};
    config_.sizes = {8, 56};
    const json document = run_paced(config_);
    EXPECT_EQ(document.at("schema"), "shunt/bench-paced/1");
    const json& points = document.at("result").at("points");
    ASSERT_EQ(points.size(), 4u);
    EXPECT_EQ(points.at(1).at("gap_ns"), 5000);
    EXPECT_EQ(points.at(2).at("size"), 56);
    EXPECT_TRUE(points.at(0).at("peers").contains("shunt-throughput"));
    EXPECT_TRUE(points.at(0).at("paired_p99").contains("shunt-throughput"));
    expect_raw(document, "shunt-throughput", "achieved_per_s");
}

TEST_F(Smoke, WakeSendsToSleepersOnly) {
    config_.slice = kSleepers;
    config_.wait = shunt::wait::park;
    config_.peers = {"futex"};
    const json document = run_wake(config_);
    EXPECT_EQ(document.at("schema"), "shunt/bench-wake/1");
    for (const char* row : {"shunt", "futex"}) {
        expect_raw(document, row, "p50_ns");
    }
    EXPECT_TRUE(document.at("result").contains("send_ns"));
    config_.peers = {"boost"};
    try {
        (void)run_wake(config_);
        FAIL() << "boost never sleeps";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.exit_code(), 7);
        EXPECT_NE(std::string(failure.what()).find("boost"), std::string::npos) << failure.what();
    }
}

TEST_F(Smoke, ColdstartOpensByNewProcessesEachTimePreparedAndNot) {
    config_.after = 1000;
    const json document = run_coldstart(config_);
    EXPECT_EQ(document.at("schema"), "shunt/bench-coldstart/1");
    for (const char* row : {"shunt", "shunt-rehearsed", "shunt-unprepared"}) {
        expect_raw(document, row, "first_ns");
    }
    const json& result = document.at("result");
    for (const char* key : {"first_ns", "first_over_steady", "minor_faults", "without_faults"}) {
        EXPECT_TRUE(result.contains(key)) << key;
        EXPECT_TRUE(result.at("peers").at("shunt-unprepared").contains(key)) << key;
    }
    EXPECT_EQ(result.at("first_ns").size(), 32u);
    EXPECT_FALSE(render(document).empty());
}

// A transport that delivers one message twice, an early one.
struct DoublingLink {
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) noexcept {
        // relaxed: the word is all there is
        mine.store(seq + 1, std::memory_order_relaxed);
        return true;
    }
    bool try_receive(std::uint64_t& seq) noexcept {
        // relaxed: the word is all there is
        const std::uint64_t word = theirs.load(std::memory_order_relaxed);
        const bool fresh = word != seen;
        seen = word;
        seq = seen == 5 ? 3 : seen - 1;
        return fresh;
    }

    std::atomic<std::uint64_t>& mine;
    std::atomic<std::uint64_t>& theirs;
    std::uint64_t seen = 0;
};

const Contender kDoubling{
    "doubling", [](const Task&) {}, [](const Task&) { return std::uint64_t{2 * kLinePairBytes}; },
    [](Stage& stage) {
        using Word = std::atomic<std::uint64_t>;
        Word& a = *object_at<Word>(stage.task().memory);
        Word& b = *object_at<Word>(stage.task().memory + kLinePairBytes);
        DoublingLink link = stage.first() ? DoublingLink{a, b} : DoublingLink{b, a};
        pingpong(link, stage);
    }};

TEST_F(Smoke, ATransportThatDoublesAMessageIsExitSix) {
    config_.slice = 200ms;  // on the busiest machine enough for four messages
    try {
        (void)run(config_, Mode::pingpong, {&kDoubling});
        FAIL() << "nobody noticed";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.exit_code(), 6);
        EXPECT_NE(std::string(failure.what()).find("message 4 was due and an old one"),
                  std::string::npos)
            << failure.what();
    }
}

// In a child with a hugetlbfs mount of its own; "" where all is as it should be.
std::string pages_of(const Config& config) {
    sandbox::own_mounts();
    sandbox::mount_at(sandbox::kMount, "hugetlbfs", "pagesize=2M,mode=1777");
    Config huge = config;
    huge.pages = shunt::pages::huge_2m;
    huge.peers = {"boost"};
    huge.repeats = 1;
    huge.slice = 20ms;
    const json document = run_pingpong(huge);
    const json& result = document.at("result");
    if (result.at("counted") == 0) {
        return "restless";
    }
    return result.at("page_bytes").dump() + " " +
           result.at("peers").at("boost").at("page_bytes").dump();
}

TEST_F(Smoke, HugePagesAreProvenForTheRingAndItsRivals) {
    SHUNT_NEEDS_HUGE_PAGES(4);
    SHUNT_NEEDS_OWN_MOUNTS();
    std::string pages = "restless";
    for (int tries = 0; tries < 5 && pages == "restless"; ++tries) {
        pages = sandbox::in_child([&] { return pages_of(config_); });
    }
    EXPECT_EQ(pages, "2097152 2097152");
}

TEST_F(Smoke, AnInterruptedRunKeepsWhatItHasAndLeavesNoChannel) {
    unsigned asked = 0;
    config_.repeats = 100;
    config_.slice = 200ms;
    config_.interrupted = [&] { return ++asked > 3; };
    const json document = run_pingpong(config_);
    EXPECT_EQ(document.at("result").at("partial"), true);
    EXPECT_EQ(document.at("ok"), false);
    EXPECT_LT(document.at("result").at("repeats").size(), 100u);
}

TEST_F(Smoke, ProgressIsToldAfterEachRepeat) {
    unsigned told = 0;
    config_.progress = [&](const Progress& progress) {
        EXPECT_EQ(progress.tried, ++told);
        EXPECT_LE(progress.counted, progress.tried);
        EXPECT_EQ(progress.wanted, 1u);
    };
    const json document = run_pingpong(config_);
    EXPECT_EQ(document.at("result").at("repeats").size(), told);
    EXPECT_GE(told, 1u);
}

}  // namespace
}  // namespace shunt::bench
