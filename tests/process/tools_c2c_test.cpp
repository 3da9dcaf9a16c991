// SPDX-License-Identifier: MIT
//
// shunt c2c as a command. What it measures is the machine's affair; that it measures every pair,
// and how it says so, is tested with perf/experiments.
#include "process/support/command.hpp"
#include "unit/perf/xml.hpp"

#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <csignal>

namespace shunt::process_test {
namespace {

using nlohmann::json;
using perf_test::Xml;

class ToolsC2c : public testing::Test {
protected:
    void SetUp() override {
        if (perf::allowed_cpus().size() < 2) {
            GTEST_SKIP() << "one cpu only";
        }
    }
    [[nodiscard]] static std::string two() {
        const std::vector<int> allowed = perf::allowed_cpus();
        return std::to_string(allowed[1]) + "," + std::to_string(allowed[0]);
    }
    [[nodiscard]] static Ended c2c(const std::vector<std::string>& options) {
        std::vector<std::string> args{"c2c", "--cpus", two(), "--samples", "20", "--batch", "20"};
        args.insert(args.end(), options.begin(), options.end());
        return run(args);
    }

    Place place_;
};

TEST_F(ToolsC2c, ADocumentHasThePathsThatScriptsRelyOn) {
    for (const char* mode : {"one-line", "two-lines", "add", "ring"}) {
        const Ended ended = c2c({"--mode", mode, "--json"});
        ASSERT_EQ(ended.exit, 0) << ended.err;
        EXPECT_EQ(ended.err, "");
        const json document = ended.document();
        EXPECT_EQ(document.at("schema"), "shunt/c2c/1");
        EXPECT_EQ(document.at("ok"), true);
        const json& result = document.at("result");
        EXPECT_EQ(result.at("mode"), mode);
        ASSERT_EQ(result.at("matrix").size(), 2u);
        for (std::size_t i = 0; i < 2; ++i) {
            ASSERT_EQ(result.at("matrix").at(i).size(), 2u);
            EXPECT_TRUE(result.at("matrix").at(i).at(i).is_null());
            EXPECT_TRUE(result.at("matrix").at(i).at(1 - i).is_number());
        }
        EXPECT_EQ(result.at("cpus").at(0).at("cpu"), perf::allowed_cpus()[1]);
        for (const char* key : {"min", "p50", "p99"}) {
            EXPECT_TRUE(result.at("pairs").at(0).at("one_way_ns").contains(key)) << key;
        }
        EXPECT_TRUE(result.at("clock").contains("source"));
    }
}

TEST_F(ToolsC2c, AStreamIsLinesAndBytesASecond) {
    const Ended ended = c2c({"--stream", "--json"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    const json pair = ended.document().at("result").at("pairs").at(0);
    EXPECT_GT(pair.at("lines_per_s"), 0);
    EXPECT_EQ(ended.document().at("result").at("unit"), "lines_per_s");
    EXPECT_TRUE(contains(c2c({"--stream"}).out, "GB/s of cache lines"));
}

TEST_F(ToolsC2c, TextAndNumbers) {
    const Ended text = c2c({});
    ASSERT_EQ(text.exit, 0) << text.err;
    for (const char* part :
         {"one-line, ns one way", "from \\ to", "relation", "memory on the node"}) {
        EXPECT_TRUE(contains(text.out, part)) << part << "\n" << text.out;
    }
    const Ended numbers = c2c({"--csv"});
    ASSERT_EQ(numbers.exit, 0) << numbers.err;
    EXPECT_EQ(std::count(numbers.out.begin(), numbers.out.end(), '\n'), 2);
    EXPECT_EQ(numbers.out.front(), ',');
    EXPECT_EQ(numbers.out.substr(numbers.out.size() - 2), ",\n");
    EXPECT_EQ(numbers.out.find_first_not_of("0123456789.,\n"), std::string::npos) << numbers.out;
}

TEST_F(ToolsC2c, DrawsAMapThatNeedsNothingElse) {
    const std::string svg = place_.file("map.svg");
    const std::string html = place_.file("map.html");
    const Ended ended = c2c({"--svg", svg, "--html", html});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    for (const std::string& path : {svg, html}) {
        const std::string drawn = content_of(path);
        EXPECT_TRUE(Xml::well_formed(drawn)) << path;
        EXPECT_TRUE(contains(drawn, "from cpu ")) << path;
        EXPECT_FALSE(contains(drawn, "<script")) << path;
    }
    EXPECT_TRUE(contains(content_of(html), "<h1>shunt c2c</h1>"));
    EXPECT_TRUE(contains(content_of(html), "Linux "));
}

TEST_F(ToolsC2c, AHomeIsWhatTheHostHas) {
    const Ended remote = c2c({"--home", "remote", "--json"});
    ASSERT_EQ(remote.exit, 0) << remote.err;
    const json document = remote.document();
    const json& warnings = document.at("warnings");
    const bool warned = std::any_of(warnings.begin(), warnings.end(),
                                    [](const json& each) { return each.at("id") == "one_node"; });
    EXPECT_EQ(warned, document.at("result").at("memory_nodes") == 1);
    const Ended none = c2c({"--home", "node:1000"});
    EXPECT_NE(none.exit, 0);
    EXPECT_TRUE(none.err.starts_with("shunt c2c: ")) << none.err;
}

TEST_F(ToolsC2c, AnInterruptKeepsThePairsThatAreDone) {
    const std::string svg = place_.file("map.svg");
    Command command{{"c2c", "--cpus", two(), "--samples", "100000", "--batch", "100000", "--json",
                     "--svg", svg}};
    // The file is opened when Ctrl-C is a request already.
    ASSERT_TRUE(until([&] { return ::access(svg.c_str(), F_OK) == 0; }));
    command.signal(SIGINT);
    const Ended ended = command.wait();
    EXPECT_EQ(ended.exit, 130) << ended.end;
    EXPECT_TRUE(contains(ended.err, "interrupted; the pairs that were done are shown"))
        << ended.err;
    EXPECT_EQ(ended.document().at("ok"), false);
    EXPECT_EQ(ended.document().at("result").at("partial"), true);
    EXPECT_TRUE(Xml::well_formed(content_of(svg)));
}

TEST_F(ToolsC2c, RefusesWhatWouldMeasureTheScheduler) {
    const std::string one = std::to_string(perf::allowed_cpus().front());
    const Ended twice = run({"c2c", "--cpus", one + "," + one});
    EXPECT_EQ(twice.exit, 7);
    EXPECT_TRUE(contains(twice.err, "Name each cpu once")) << twice.err;
    const Ended alone = run({"c2c", "--cpus", one});
    EXPECT_EQ(alone.exit, 7);
    EXPECT_TRUE(contains(alone.err, "1 of 2 cpus")) << alone.err;
}

TEST_F(ToolsC2c, WrongCommandLines) {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--mode", "fast"}, "write one-line, two-lines, add or ring"},
        {{"--mode", "stream"}, "write one-line, two-lines, add or ring"},
        {{"--mode", "ring", "--stream"}, "excludes"},
        {{"--home", "node:x"}, "'x' is no whole number"},
        {{"--home", "far"}, "write local, remote or node:N"},
        {{"--stat", "mean"}, "write min, p50 or p99"},
        {{"--samples", "0"}, "1 to 100000 are possible"},
        {{"--samples", "10"}, "at least --samples 20"},
        {{"--stat", "p99", "--samples", "999"}, "at least --samples 1000"},
        {{"--batch", "100001"}, "1 to 100000 are possible"},
        {{"--batch", "0"}, "1 to 100000 are possible"},
        {{"--cpus", "0-"}, "is neither a cpu number"},
        {{"--cpus", std::to_string(CPU_SETSIZE - 1)}, "not one that this process may use"},
        {{"--csv", "--json"}, "excludes"},
        {{"surplus"}, "surplus"}};
    for (const auto& [options, part] : cases) {
        std::vector<std::string> args{"c2c"};
        args.insert(args.end(), options.begin(), options.end());
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 2) << part;
        EXPECT_TRUE(contains(ended.err + ended.out, part)) << part << "\n" << ended.err;
    }
    EXPECT_EQ(run({"c2c", "--svg", place_.file("no/such/folder")}).exit, 1);
    EXPECT_TRUE(contains(run({"c2c", "--help"}).out, "Examples:"));
}

}  // namespace
}  // namespace shunt::process_test
