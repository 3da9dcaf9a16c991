// SPDX-License-Identifier: MIT
//
// shunt bench and shunt demo as commands: what they print, and that an interrupt keeps what there
// is. How they measure is tested with bench/lib.
#include "process/support/command.hpp"
#include "process/support/company.hpp"

#include <shunt_perf/clock.hpp>
#include <shunt_perf/cpus.hpp>
#include <shunt_perf/hdr.hpp>

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>

namespace shunt::process_test {
namespace {

using nlohmann::json;

std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class ToolsBench : public testing::Test {
protected:
    void SetUp() override {
        if (perf::allowed_cpus().size() < 2) {
            GTEST_SKIP() << "one cpu only";
        }
    }
    static json measured(const std::vector<std::string>& args, const std::string& schema) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 0) << ended.err;
        EXPECT_EQ(ended.err, "");
        const json document = ended.document();
        EXPECT_EQ(document.at("schema"), schema);
        EXPECT_EQ(document.at("ok"), true);
        return document;
    }

    Place place_;
};

// Whether a repeat counted is the machine's affair, so no figure is asserted.
TEST_F(ToolsBench, PingpongHasThePathsThatScriptsRelyOn) {
    const json document = measured({"bench", "pingpong", "--repeats", "1", "--size", "8", "--floor",
                                    "--peer", "boost,futex", "--json"},
                                   "shunt/bench-pingpong/1");
    const json& result = document.at("result");
    for (const char* key : {"min", "p50", "p90", "p99", "p999", "p9999", "max", "samples"}) {
        EXPECT_TRUE(result.at("one_way_ns").contains(key)) << key;
    }
    for (const char* key : {"two_line", "same_line", "best"}) {
        EXPECT_TRUE(result.at("floor_ns").contains(key)) << key;
    }
    for (const char* peer : {"boost", "futex"}) {
        EXPECT_TRUE(result.at("peers").contains(peer)) << peer;
        EXPECT_TRUE(result.at("paired").contains(peer)) << peer;
    }
    EXPECT_TRUE(result.at("paired").contains("floor"));
    EXPECT_FALSE(result.at("repeats").empty());
    for (const json& repeat : result.at("repeats")) {
        EXPECT_EQ(repeat.at("disturbance").at("preempted").size(), 2u);
    }
    EXPECT_TRUE(result.at("disturbed").is_number());
    const json& host = document.at("host");
    EXPECT_TRUE(host.at("clock").contains("run"));
    EXPECT_EQ(host.at("cpus_measured").at("looks"), result.at("repeats").size() + 1);
    EXPECT_TRUE(host.at("cgroup").contains("quota_cpus"));
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, WritesItsHistogramsForOtherTools) {
    const std::string hgrm = place_.file("shunt.hgrm");
    const std::string hlog = place_.file("all.hlog");
    const json result = measured({"bench", "pingpong", "--repeats", "1", "--size", "8", "--peer",
                                  "boost", "--hgrm", hgrm, "--hlog", hlog, "--json"},
                                 "shunt/bench-pingpong/1")
                            .at("result");
    const auto samples = result.at("one_way_ns").at("samples").get<std::uint64_t>();
    std::vector<perf::hdr::Interval> intervals;
    perf::hdr::read_log(text_of(hlog), [&](perf::hdr::Interval&& interval) {
        intervals.push_back(std::move(interval));
    });
    ASSERT_EQ(intervals.size(), 2u);
    EXPECT_EQ(intervals[0].tag, "shunt-8B");
    EXPECT_EQ(intervals[1].tag, "boost-8B");
    EXPECT_EQ(intervals[0].histogram.count(), samples);
    EXPECT_GT(intervals[0].length_s, 0);
    EXPECT_EQ(text_of(hgrm), perf::hdr::percentiles(intervals[0].histogram));
    if (samples >= 20) {  // below, there is no p50
        // The log has lost what the bench knows of its clock: how coarsely it steps.
        const perf::Clock clock = perf::Clock::calibrate();
        const double step_ns = clock.to_ns(static_cast<double>(clock.step_ticks()));
        EXPECT_NEAR(*intervals[0].histogram.percentile(0.5),
                    result.at("one_way_ns").at("p50").get<double>(), 2 + step_ns);
    }
}

TEST_F(ToolsBench, ThroughputTakesAListOfSizes) {
    const json result =
        measured({"bench", "throughput", "--repeats", "1", "--size", "8,56", "--json"},
                 "shunt/bench-throughput/1")
            .at("result");
    ASSERT_EQ(result.at("sizes").size(), 2u);
    EXPECT_EQ(result.at("sizes").at(0).at("size"), 8);
    EXPECT_EQ(result.at("sizes").at(1).at("size"), 56);
    EXPECT_TRUE(result.at("sizes").at(0).contains("msgs_per_s"));
    EXPECT_TRUE(result.contains("lines_ratio"));
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, AListOfCapacitiesIsASweep) {
    const std::string hlog = place_.file("all.hlog");
    const json document = measured({"bench", "pingpong", "--repeats", "1", "--size", "8,56",
                                    "--capacity", "64,1K", "--hlog", hlog, "--json"},
                                   "shunt/bench-pingpong/1");
    EXPECT_EQ(document.at("args").at("capacity"), json::array({64, 1024}));
    EXPECT_EQ(document.at("args").at("sweep"), "capacity");
    const json& sweep = document.at("result").at("sweep");
    ASSERT_EQ(sweep.size(), 4u);
    EXPECT_EQ(sweep.at(1).at("asked_capacity"), 1024);
    EXPECT_EQ(sweep.at(2).at("size"), 56);
    EXPECT_TRUE(sweep.at(3).at("paired").contains("first"));
    std::vector<std::string> tags;
    perf::hdr::read_log(text_of(hlog), [&](perf::hdr::Interval&& interval) {
        tags.push_back(std::move(interval.tag));
    });
    EXPECT_EQ(tags, (std::vector<std::string>{"shunt-8B-64", "shunt-8B-1024", "shunt-56B-64",
                                              "shunt-56B-1024"}));
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, OpenLoopTakesRatesAndWritesAHistogramForEach) {
    const std::string hlog = place_.file("all.hlog");
    const json document =
        measured({"bench", "openloop", "--repeats", "1", "--rate", "10K,0.1M", "--arrivals",
                  "poisson", "--seed", "9", "--peer", "shunt-throughput", "--hlog", hlog, "--json"},
                 "shunt/bench-openloop/1");
    EXPECT_EQ(document.at("args").at("rates"), json::array({10'000.0, 100'000.0}));
    EXPECT_EQ(document.at("args").at("arrivals"), "poisson");
    EXPECT_EQ(document.at("args").at("seed"), 9);
    EXPECT_EQ(document.at("result").at("points").size(), 2u);
    std::vector<std::string> tags;
    perf::hdr::read_log(text_of(hlog), [&](perf::hdr::Interval&& interval) {
        tags.push_back(std::move(interval.tag));
    });
    ASSERT_EQ(tags.size(), 4u);
    EXPECT_EQ(tags[0], "shunt-8B-10000Hz");
    EXPECT_EQ(tags[3], "shunt-throughput-8B-100000Hz");
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, EveryLatencyIsWrittenForOtherTools) {
    const std::pair<std::vector<std::string>, std::vector<std::string>> cases[] = {
        {{"openloop", "--rate", "10K"}, {"shunt-8B-10000Hz"}},
        {{"paced", "--gap", "5us"}, {"shunt-8B-5000ns", "shunt-throughput-8B-5000ns"}},
        {{"wake"}, {"shunt-8B"}},
        {{"coldstart", "--after", "1K"}, {"shunt-8B", "shunt-rehearsed-8B", "shunt-unprepared-8B"}},
        {{"slow", "--row", "spsc,lossy"}, {"spsc-8B", "lossy-8B"}}};
    for (const auto& [asked, tags] : cases) {
        const std::vector<std::string>& args = asked;  // a lambda may name this one
        const std::string hlog = place_.file(args[0] + ".hlog");
        std::vector<std::string> all{"bench"};
        all.insert(all.end(), args.begin(), args.end());
        all.insert(all.end(), {"--repeats", "1", "--hlog", hlog});
        const std::string hgrm = place_.file(args[0] + ".hgrm");
        if (args[0] != "slow") {
            all.insert(all.end(), {"--hgrm", hgrm});
        }
        const Ended ended = run(all);
        EXPECT_EQ(ended.exit, 0) << ended.err;
        std::vector<std::string> found;
        perf::hdr::read_log(text_of(hlog), [&](perf::hdr::Interval&& interval) {
            found.push_back(interval.tag);
            if (found.size() == 1 && args[0] != "slow") {
                EXPECT_EQ(text_of(hgrm), perf::hdr::percentiles(interval.histogram)) << args[0];
            }
        });
        EXPECT_EQ(found, tags) << args[0];
    }
}

TEST_F(ToolsBench, ThePacedWakeAndColdstartTablesSayWhatIsTheirOwn) {
    const std::pair<std::vector<std::string>, std::vector<const char*>> cases[] = {
        {{"openloop", "--arrivals", "burst", "--burst", "4", "--every", "1ms"},
         {"4.00 k messages/s", "last of a burst", "sender late by"}},
        {{"paced", "--gap", "1us,2us"}, {"one each 1000 ns", "shunt-throughput", "2000 ns"}},
        {{"wake", "--peer", "futex"}, {"wait park", "the call", "\nfutex "}},
        {{"coldstart", "--after", "1K"}, {"message  1: ", "minor faults", "shunt-unprepared"}}};
    for (const auto& [args, parts] : cases) {
        std::vector<std::string> all{"bench"};
        all.insert(all.end(), args.begin(), args.end());
        all.insert(all.end(), {"--repeats", "1"});
        const Ended ended = run(all);
        EXPECT_EQ(ended.exit, 0) << ended.err;
        for (const char* part : parts) {
            EXPECT_TRUE(contains(ended.out, part)) << part << "\n" << ended.out;
        }
        EXPECT_TRUE(place_.channels().empty());
    }
}

TEST_F(ToolsBench, ASlowReceiverHasARowForEachPolicy) {
    const json document =
        measured({"bench", "slow", "--repeats", "1", "--row", "mpmc,gated-drop,latest", "--work",
                  "5us", "--size", "56", "--capacity", "64", "--wait", "spin_pause", "--json"},
                 "shunt/bench-slow/1");
    EXPECT_EQ(document.at("args").at("work_ns"), 5000);
    EXPECT_EQ(document.at("args").at("size"), 56);
    EXPECT_EQ(document.at("args").at("capacity"), 64);
    EXPECT_EQ(document.at("args").at("wait"), "spin_pause");
    const json& rows = document.at("result").at("rows");
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows.at(2).at("name"), "latest");
    EXPECT_TRUE(rows.at(0).at("send_ns").contains("p999"));
    const Ended ended = run({"bench", "slow", "--repeats", "1", "--row", "lossy"});
    EXPECT_EQ(ended.exit, 0) << ended.err;
    for (const char* part : {"works for 1000 ns a message", "\nlossy ", "overwrites"}) {
        EXPECT_TRUE(contains(ended.out, part)) << part << "\n" << ended.out;
    }
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, ShowsATableWhereNoDocumentWasAskedFor) {
    const Ended ended = run({"bench", "throughput", "--repeats", "1", "--size", "1K", "--bytes",
                             "--capacity", "64K", "--peer", "memcpy"});
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    for (const char* part : {"spsc throughput, bytes, ", "\nshunt ", "\nmemcpy "}) {
        EXPECT_TRUE(contains(ended.out, part)) << part << "\n" << ended.out;
    }
}

TEST_F(ToolsBench, EveryOptionReachesTheMeasurement) {
    const std::vector<int> allowed = perf::allowed_cpus();
    const std::string cpus = std::to_string(allowed[1]) + "," + std::to_string(allowed[0]);
    const json args = measured({"bench",      "throughput", "--repeats", "1",    "--kind",   "spsc",
                                "--size",     "32",         "--wait",    "park", "--pages",  "4k",
                                "--consume",  "latency",    "--batch",   "4",    "--fields", "8",
                                "--capacity", "2K",         "--cpus",    cpus,   "--json"},
                               "shunt/bench-throughput/1")
                          .at("args");
    EXPECT_EQ(args.at("sizes"), json::array({32}));
    EXPECT_EQ(args.at("wait"), "park");
    EXPECT_EQ(args.at("pages"), "4k");
    EXPECT_EQ(args.at("consume"), "latency");
    EXPECT_EQ(args.at("batch"), 4);
    EXPECT_EQ(args.at("fields"), 8);
    EXPECT_EQ(args.at("capacity"), 2048);
    EXPECT_EQ(args.at("cpus"), json::array({allowed[1], allowed[0]}));
    EXPECT_EQ(args.at("repeats"), 1);
}

TEST_F(ToolsBench, AnInterruptKeepsWhatCountedSoFar) {
    for (const std::vector<std::string>& args : {std::vector<std::string>{"bench", "pingpong"},
                                                 {"bench", "throughput"},
                                                 {"demo"},
                                                 {"bench", "fanin"},
                                                 {"bench", "fanout"},
                                                 {"bench", "slow"},
                                                 {"bench", "openloop"},
                                                 {"bench", "coldstart"}}) {
        std::vector<std::string> long_run = args;
        long_run.insert(long_run.end(), {"--repeats", "1000", "--json"});
        Command command{long_run};
        ASSERT_TRUE(until([&] { return !place_.channels().empty(); }));
        command.signal(SIGINT);
        const Ended ended = command.wait();
        EXPECT_EQ(ended.exit, 130) << ended.end;
        EXPECT_TRUE(contains(ended.err, ": interrupted; what counted so far is shown\n"))
            << ended.err;
        EXPECT_EQ(ended.document().at("ok"), false);
        EXPECT_EQ(ended.document().at("result").at("partial"), true);
        EXPECT_TRUE(place_.channels().empty());
    }
}

TEST_F(ToolsBench, DemoSaysWhichPagesItGotAndShowsTheFloorBesideTheMessage) {
    const Ended ended = run({"demo", "--repeats", "1"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    for (const char* part : {"memory ", "none lost, none changed", "floor, two lines", "p99.9"}) {
        EXPECT_TRUE(contains(ended.out, part)) << part << "\n" << ended.out;
    }
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, DemoAsADocumentWarnsOfBasePages) {
    const json document = measured({"demo", "--repeats", "1", "--json"}, "shunt/demo/1");
    EXPECT_TRUE(document.at("result").contains("one_way_ns"));
    const auto& warnings = document.at("warnings");
    const bool warned = std::any_of(warnings.begin(), warnings.end(),
                                    [](const json& each) { return each.at("id") == "base-pages"; });
    EXPECT_EQ(document.at("args").at("pages"), warned ? "4k" : "2m");
}

TEST_F(ToolsBench, DemoTakesHugePagesWhereThereAreSome) {
    SHUNT_NEEDS_OWN_HUGE_PAGES(true);
    const Ended ended = run({"demo", "--repeats", "1"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    EXPECT_TRUE(contains(ended.out, "\nmemory    2 MiB pages, proven")) << ended.out;
    EXPECT_TRUE(slots_files().empty());
}

class ToolsBenchRefuses : public testing::Test {
protected:
    static void expect(const std::vector<std::string>& options, int exit, const std::string& part,
                       const std::string& workload = "pingpong") {
        std::vector<std::string> args{"bench", workload};
        args.insert(args.end(), options.begin(), options.end());
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, exit) << part;
        EXPECT_EQ(ended.out, "");
        EXPECT_TRUE(ended.err.starts_with("shunt bench " + workload + ": ")) << ended.err;
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
        EXPECT_TRUE(contains(ended.err, part)) << ended.err;
    }

    Place place_;
};

TEST_F(ToolsBenchRefuses, WhatItDoesNotHave) {
    expect({"--size", "9"}, 2, "not compiled as a type");
    expect({"--size", "4", "--bytes"}, 2, "no room for its sequence number");
    expect({"--size", "8,8"}, 2, "given twice");
    expect({"--kind", "mpmcs"}, 2, "there are spsc, mpsc, mpmc and broadcast");
    expect({"--kind", "mpmc", "--batch", "8"}, 2, "mpmc is measured one message a call");
    expect({"--pop", "copy"}, 2, "give --kind mpmc");
    expect({"--kind", "mpmc", "--pop", "copy", "--in-place"}, 2, "is not popped");
    expect({"--kind", "mpmc", "--pop", "move"}, 2, "write in-place or copy");
    expect({"--peer", "nobody"}, 2, "there are boost");
    expect({"--peer", "boost,boost"}, 2, "named twice");
    expect({"--fields", "3"}, 2, "there are 4 and 8");
    expect({"--pages", "5m"}, 2, "write 4k, thp, 2m, 1g or prefer");
    expect({"--wait", "sleep"}, 2, "park, adaptive, fd or fd-thread");
    expect({"--wait", "fd", "--bytes"}, 2, "for push and pop of structs");
    expect({"--idle-lanes", "3"}, 2, "--kind mpsc");
    EXPECT_EQ(run({"bench", "throughput", "--peer", "epoll"}).exit, 2);
    EXPECT_EQ(run({"bench", "fanin", "--kind", "spsc"}).exit, 2);
    EXPECT_EQ(run({"bench", "fanin", "--consumers", "2"}).exit, 2);
    expect({"--peer", "futex"}, 2, "there are mpmc, boost, vyukov", "fanin");
    expect({"--idle-subscribers", "3"}, 2, "--kind broadcast");
    expect({"--kind", "broadcast", "--in-place"}, 2, "broadcast is measured one struct a call");
    expect({"--kind", "spsc"}, 2, "there are broadcast and latest", "fanout");
    expect({"--policy", "some"}, 2, "write gated, lossy or conflate", "fanout");
    expect({"--idle-subscribers", "0,few"}, 2, "'few' is no whole number", "fanout");
    expect({"--kind", "latest", "--policy", "lossy"}, 2, "leave --policy", "fanout");
    expect({"--consume", "fast"}, 2, "write latency or throughput");
    expect({"--row", "nobody"}, 2, "there are spsc, mpsc, mpmc, gated-block", "slow");
    expect({"--work", "1s"}, 2, "0 to 10 ms are possible", "slow");
    expect({"--cpus", "0"}, 2, "a sender and a receiver take two", "slow");
}

TEST_F(ToolsBenchRefuses, FilesThatCannotHoldIt) {
    expect({"--size", "8,56", "--hgrm", place_.file("x")}, 2, "take --hlog");
    expect({"--capacity", "64,128", "--hgrm", place_.file("x")}, 2, "2 points were asked for");
    expect({"--hlog", place_.file("no/such/folder")}, 1, "no/such/folder");
}

TEST_F(ToolsBenchRefuses, NumbersThatMeanNothing) {
    expect({"--repeats", "0"}, 2, "1 to 10000 are possible");
    expect({"--repeats", "many"}, 2, "'many' is no whole number");
    expect({"--batch", "0"}, 2, "1 to 65536 messages are possible");
    expect({"--batch", "4"}, 2, "--batch is for throughput");
    expect({"--capacity", "0"}, 2, "a capacity of 0");
    expect({"--capacity", "1T"}, 2, "'1T' is no size");
    expect({"--frobnicate"}, 2, "--frobnicate");
    EXPECT_EQ(run({"bench"}).exit, 2);
    EXPECT_EQ(run({"bench", "latency"}).exit, 2);
}

TEST_F(ToolsBenchRefuses, SweepsThatCompareNothing) {
    expect({"--capacity", "64,128", "--pages", "4k,thp"}, 2, "one may be a list");
    expect({"--wait", "spin,spin"}, 2, "--wait spin is given twice");
    expect({"--wait", "spin,sleep"}, 2, "'sleep' is no way to wait");
    expect({"--capacity", "1K,0"}, 2, "a capacity of 0");
    expect({"--capacity", "1K,1000", "--peer", "boost"}, 2, "256, 1024, 8192, 65536");
    expect({"--pages", "4k,2m"}, 2, "openloop takes one value", "openloop");
}

TEST_F(ToolsBenchRefuses, PacesThatMeanNothing) {
    expect({"--rate", "fast"}, 2, "'fast' is no rate", "openloop");
    expect({"--rate", "1M", "--load", "50"}, 2, "give one of them", "openloop");
    expect({"--arrivals", "burst", "--rate", "1M"}, 2, "--burst over --every", "openloop");
    expect({"--arrivals", "sometimes"}, 2, "write constant, poisson or burst", "openloop");
    expect({"--load", "1000"}, 2, "1 to 200 are possible", "openloop");
    expect({"--rate", "1M,2M", "--hgrm", place_.file("x")}, 2, "2 paces", "openloop");
    expect({"--gap", "soon"}, 2, "'soon' is no time", "paced");
    expect({"--consume", "latency"}, 2, "both ways", "paced");
    expect({"--wait", "spin"}, 2, "never asleep", "wake");
    expect({"--peer", "boost"}, 2, "peers have nothing to prepare", "coldstart");
    expect({"--after", "10"}, 2, "1000 to 100M", "coldstart");
}

TEST_F(ToolsBenchRefuses, CpusThatWouldMeasureTheScheduler) {
    const int cpu = perf::allowed_cpus().front();
    const std::string one = std::to_string(cpu);
    expect({"--cpus", one + "," + one}, 7, "both processes on cpu " + one);
    expect({"--cpus", one}, 2, "a pair of processes takes two");
    expect({"--cpus", one + ",9999x"}, 2, "9999x");
    expect({"--cpus", one + "," + std::to_string(CPU_SETSIZE - 1)}, 2, "not one that this process");
    cpu_set_t all;
    ASSERT_EQ(::sched_getaffinity(0, sizeof(all), &all), 0);
    stay_on(cpu);
    expect({}, 7, "this process may use one cpu only");
    EXPECT_EQ(run({"demo"}).exit, 7);
    EXPECT_EQ(::sched_setaffinity(0, sizeof(all), &all), 0);  // for the tests behind this one
}

}  // namespace
}  // namespace shunt::process_test
