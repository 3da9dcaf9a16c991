// SPDX-License-Identifier: MIT
//
// shunt bench and shunt demo as commands: what they print, and that an interrupt keeps what there
// is. How they measure is tested with bench/lib.
#include "process/support/command.hpp"

#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace shunt::process_test {
namespace {

using nlohmann::json;

class ToolsBench : public testing::Test {
protected:
    void SetUp() override {
        if (perf::allowed_cpus().size() < 2) {
            GTEST_SKIP() << "this process may use one cpu only";
        }
    }
    static json measured(const std::vector<std::string>& args, const std::string& schema) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 0) << ended.err;
        const json document = ended.document();
        EXPECT_EQ(document.at("schema"), schema);
        EXPECT_EQ(document.at("ok"), true);
        return document.at("result");
    }

    Place place_;
};

TEST_F(ToolsBench, PingpongHasThePathsThatScriptsRelyOn) {
    const json result = measured({"bench", "pingpong", "--repeats", "1", "--size", "8", "--floor",
                                  "--peer", "boost,futex", "--json"},
                                 "shunt/bench-pingpong/1");
    for (const char* key : {"min", "p50", "p90", "p99", "p999", "p9999", "max"}) {
        EXPECT_TRUE(result.at("one_way_ns").contains(key)) << key;
    }
    for (const char* key : {"two_line", "same_line", "best"}) {
        EXPECT_TRUE(result.at("floor_ns").contains(key)) << key;
    }
    EXPECT_TRUE(result.at("peers").contains("boost"));
    EXPECT_TRUE(result.at("peers").contains("futex"));
    EXPECT_TRUE(result.at("paired").contains("floor"));
    EXPECT_TRUE(result.at("repeats").is_array());
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, ThroughputTakesAListOfSizes) {
    const json result =
        measured({"bench", "throughput", "--repeats", "1", "--size", "8,56", "--json"},
                 "shunt/bench-throughput/1");
    ASSERT_EQ(result.at("sizes").size(), 2u);
    EXPECT_EQ(result.at("sizes").at(0).at("size"), 8);
    EXPECT_EQ(result.at("sizes").at(1).at("size"), 56);
    EXPECT_TRUE(result.at("sizes").at(0).contains("msgs_per_s"));
    EXPECT_TRUE(result.contains("lines_ratio"));
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, EveryOptionReachesTheMeasurement) {
    const std::vector<int> allowed = perf::allowed_cpus();
    const std::string cpus = std::to_string(allowed[1]) + "," + std::to_string(allowed[0]);
    const Ended ended =
        run({"bench",    "throughput", "--repeats",  "1",  "--kind",    "spsc",    "--size",  "32",
             "--wait",   "park",       "--pages",    "4k", "--consume", "latency", "--batch", "4",
             "--fields", "8",          "--capacity", "2K", "--cpus",    cpus,      "--json"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    const json args = ended.document().at("args");
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
    Command bench{{"bench", "pingpong", "--repeats", "1000", "--json"}};
    ASSERT_TRUE(until([&] { return !place_.channels().empty(); }));
    bench.signal(SIGINT);
    const Ended ended = bench.wait();
    EXPECT_EQ(ended.exit, 130) << ended.end;
    EXPECT_EQ(ended.document().at("ok"), false);
    EXPECT_EQ(ended.document().at("result").at("partial"), true);
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, DemoSaysWhichPagesItGotAndShowsTheFloorBesideTheMessage) {
    const Ended ended = run({"demo", "--repeats", "1"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    for (const char* part : {"memory ", "none lost, none changed", "floor, two lines", "p99.9"}) {
        EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\n" << ended.out;
    }
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsBench, DemoAsADocument) {
    const Ended ended = run({"demo", "--repeats", "1", "--json"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    const json document = ended.document();
    EXPECT_EQ(document.at("schema"), "shunt/demo/1");
    EXPECT_TRUE(document.at("result").contains("one_way_ns"));
    const bool huge = document.at("result").at("page_bytes") == (2u << 20);
    const auto& warnings = document.at("warnings");
    const bool warned = std::any_of(warnings.begin(), warnings.end(),
                                    [](const json& each) { return each.at("id") == "base-pages"; });
    EXPECT_NE(huge, warned);
}

TEST_F(ToolsBench, DemoTakesHugePagesWhereThereAreSome) {
    if (!own_huge_pages().empty()) {
        GTEST_SKIP() << own_huge_pages();
    }
    const Ended ended = run({"demo", "--repeats", "1"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    EXPECT_NE(ended.out.find("memory    2 MiB pages"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("56 bytes, 2 MiB pages"), std::string::npos) << ended.out;
    EXPECT_TRUE(slots_files().empty());
}

}  // namespace
}  // namespace shunt::process_test
