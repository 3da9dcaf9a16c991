// SPDX-License-Identifier: MIT
//
// shunt report as a command: the page of what bench wrote, and that one which cannot be made
// leaves the one that is there. What is on it is tested with its parts.
#include "process/support/command.hpp"
#include "unit/perf/xml.hpp"

#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace shunt::process_test {
namespace {

using nlohmann::json;
using perf_test::Xml;

class ToolsReport : public testing::Test {
protected:
    [[nodiscard]] std::string put(const std::string& name, const std::string& text) const {
        std::ofstream(place_.file(name)) << text;
        return place_.file(name);
    }
    [[nodiscard]] std::string page() const {
        std::ifstream in(place_.file("r.html"), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] Ended report(std::vector<std::string> in) const {
        in.insert(in.begin(), "report");
        in.insert(in.end(), {"-o", place_.file("r.html"), "--json"});
        return run(in);
    }

    Place place_;
};

TEST_F(ToolsReport, APageOfWhatBenchWroteHasItsRowsAndItsCommand) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    const std::vector<std::string> pingpong{"bench", "pingpong",  "--size", "8,56",  "--peer",
                                            "boost", "--repeats", "1",      "--json"};
    const std::vector<std::string> throughput{"bench", "throughput", "--repeats", "1", "--json"};
    const Ended ended =
        report({put("a.json", run(pingpong).out), put("b.json", run(throughput).out)});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    const json result = ended.document().at("result");
    EXPECT_EQ(result.at("documents").at(1).at("command"), "bench-throughput");
    EXPECT_EQ(result.at("bytes"), page().size());
    EXPECT_TRUE(Xml::well_formed(page()));
    EXPECT_NE(page().find("shunt bench pingpong --size 8,56 --peer boost --repeats 1 --json"),
              std::string::npos);
    EXPECT_NE(page().find("<h3>56 B</h3>"), std::string::npos);
    EXPECT_NE(page().find(">boost</td>"), std::string::npos);
}

TEST_F(ToolsReport, APageOfC2cHasTheMapOfEachMode) {
    if (perf::allowed_cpus().size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    const auto c2c = [&](const std::vector<std::string>& options) {
        std::vector<std::string> args{"c2c", "--samples", "20", "--batch", "20", "--json"};
        args.insert(args.end(), options.begin(), options.end());
        return put(options.back() + ".json", run(args).out);
    };
    const Ended ended = report({c2c({"--mode", "ring"}), c2c({"--stream"})});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    EXPECT_TRUE(Xml::well_formed(page()));
    EXPECT_EQ(perf_test::count(page(), "<title>Core to core</title>"), 1u);
    EXPECT_EQ(perf_test::count(page(), "<title>Cache lines from cpu to cpu</title>"), 1u);
    EXPECT_NE(page().find("shunt c2c --samples 20 --batch 20 --json --mode ring"),
              std::string::npos);
}

TEST_F(ToolsReport, APageOfJitterHasTheStripsAndTheTwin) {
    const auto jitter = [&](const std::string& how, std::vector<std::string> options) {
        options.insert(options.begin(), {"jitter", "--duration", "50ms", "--json"});
        return put(how + ".json", run(options).out);
    };
    const Ended ended = report({jitter("spin", {"--threshold", "20ns", "--fail-above", "21ns"}),
                                jitter("sleep", {"--control", "--threshold", "20ns"})});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    EXPECT_TRUE(Xml::well_formed(page()));
    EXPECT_NE(page().find("Budget: no gap above 21 ns. EXCEEDED on cpu "), std::string::npos);
    EXPECT_EQ(perf_test::count(page(), "<title>Gaps</title>"), 3u) << "strips and two charts";
    EXPECT_EQ(perf_test::count(page(), "<title>Late wake-ups</title>"), 3u);
}

TEST_F(ToolsReport, APageOfSeveralProcessesHasFairnessAndWhatReadersGot) {
    const std::string fanin =
        put("in.json", run({"bench", "fanin", "--repeats", "1", "--json"}).out);
    const std::string fanout =
        put("out.json", run({"bench", "fanout", "--subscribers", "1", "--policy", "lossy",
                             "--messages", "10K", "--repeats", "1", "--json"})
                            .out);
    const Ended ended = report({fanin, fanout});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    EXPECT_TRUE(Xml::well_formed(page()));
    EXPECT_NE(page().find("mpsc: 2 producers, 1 consumer, 8 B"), std::string::npos);
    EXPECT_NE(page().find("<td>nobody idle: reader 1</td>"), std::string::npos);
}

TEST_F(ToolsReport, APageThatCannotBeMadeLeavesTheOneThatIsThere) {
    (void)put("r.html", "as it was");
    const std::string cut = put("cut.json", R"({"schema":"shunt/peers/1","res)");
    Ended ended = report({cut});
    EXPECT_EQ(ended.exit, 6);
    EXPECT_NE(ended.err.find(cut + ": no JSON, or not all of it"), std::string::npos) << ended.err;
    EXPECT_EQ(page(), "as it was");

    ended = report({place_.file("none.json")});
    EXPECT_EQ(ended.exit, 3);
    EXPECT_NE(ended.err.find("cannot open"), std::string::npos) << ended.err;
    EXPECT_EQ(report({place_.directory()}).exit, 1) << "a directory";
    EXPECT_EQ(run({"report", cut}).exit, 2) << "no page is named";
    EXPECT_EQ(page(), "as it was");
}

}  // namespace
}  // namespace shunt::process_test
