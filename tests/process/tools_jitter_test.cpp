// SPDX-License-Identifier: MIT
//
// shunt jitter as a command. A hiccup is planted by a process that takes cpu time on the cpu that
// is watched; whatever else this machine does, what it took must have been seen.
#include "process/support/child.hpp"
#include "process/support/command.hpp"
#include "unit/perf/xml.hpp"

#include <shunt_perf/cpus.hpp>
#include <shunt_perf/hdr.hpp>

#include <gtest/gtest.h>

#include <sys/syscall.h>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace shunt::process_test {
namespace {

using nlohmann::json;
using perf_test::Xml;
namespace fs = std::filesystem;

constexpr std::uint64_t kMs = 1'000'000;

std::uint64_t cpu_time_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000 * kMs +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// Takes so much time on a cpu, then ends.
int take(std::uint64_t ns) {
    for (const std::uint64_t end = cpu_time_ns() + ns; cpu_time_ns() < end;) {
    }
    return 0;
}

// True once a thread of the process other than its first has spun for three ticks.
bool spins(pid_t pid) {
    std::error_code ignored;
    for (const auto& task :
         fs::directory_iterator("/proc/" + std::to_string(pid) + "/task", ignored)) {
        if (task.path().filename() == std::to_string(pid)) {
            continue;
        }
        const std::string stat = content_of(task.path() / "stat");
        std::istringstream fields{stat.substr(std::min(stat.rfind(')') + 1, stat.size()))};
        const std::vector<std::string> words{std::istream_iterator<std::string>{fields}, {}};
        constexpr std::size_t kUserTime = 11;  // behind the name
        if (words.size() > kUserTime && std::stoul(words[kUserTime]) >= 3) {
            return true;
        }
    }
    return false;
}

class ToolsJitter : public testing::Test {
protected:
    Place place_;
    const int cpu_ = perf::allowed_cpus().front();
    const std::string one_ = std::to_string(cpu_);
};

TEST_F(ToolsJitter, FindsAPlantedHiccup) {
    Command command{
        {"jitter", "--cpus", one_, "--duration", "3600s", "--threshold", "1us", "--json"}};
    ASSERT_TRUE(until([&] { return spins(command.pid()); }));
    Child thief{[] { return take(50 * kMs); }, {.cpu = cpu_}};
    ASSERT_EQ(thief.wait(), "exit 0");
    command.signal(SIGINT);
    const Ended ended = command.wait();
    EXPECT_EQ(ended.exit, 130) << ended.err;
    EXPECT_TRUE(contains(ended.err, "interrupted; what there was so far is shown")) << ended.err;
    const json document = ended.document();
    EXPECT_EQ(document.at("ok"), false);
    const json& result = document.at("result");
    EXPECT_EQ(result.at("partial"), true);
    const json& cpu = result.at("cpus").at(0);
    // What the thief had, the watcher did not have; less what fell between gaps that count.
    EXPECT_GE(cpu.at("lost_ns"), 40 * kMs);
    EXPECT_GE(cpu.at("switches").at("involuntary"), 1);
    EXPECT_GE(result.at("worst_ns"), kMs / 2);
}

TEST_F(ToolsJitter, AGapAboveTheLimitIsExit5) {
    Child thief{[] { return take(3600ull * 1000 * kMs); }, {.cpu = cpu_}};
    const Ended above = run({"jitter", "--cpus", one_, "--duration", "200ms", "--threshold", "1us",
                             "--fail-above", "10us", "--json"});
    EXPECT_EQ(above.exit, 5) << above.err;
    EXPECT_TRUE(contains(above.err, " is above --fail-above 10us")) << above.err;
    EXPECT_EQ(above.document().at("ok"), false);
    EXPECT_EQ(above.document().at("exit"), 5);
    EXPECT_GT(above.document().at("result").at("worst_ns"), 10'000);
    thief.end();
    const Ended below =
        run({"jitter", "--cpus", one_, "--duration", "20ms", "--fail-above", "3600s"});
    EXPECT_EQ(below.exit, 0) << below.err;
}

TEST_F(ToolsJitter, ADocumentHasThePathsThatScriptsRelyOn) {
    const Ended ended = run({"jitter", "--duration", "50ms", "--json"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    const json document = ended.document();
    EXPECT_EQ(document.at("schema"), "shunt/jitter/1");
    EXPECT_EQ(document.at("ok"), true);
    const json& result = document.at("result");
    EXPECT_EQ(result.at("cpus").size(), perf::allowed_cpus().size());
    EXPECT_EQ(result.at("duration_ns"), 50 * kMs);
    EXPECT_EQ(result.at("partial"), false);
    for (const json& cpu : result.at("cpus")) {
        for (const char* key : {"gaps", "lost_ns", "watched_ns"}) {
            EXPECT_TRUE(cpu.at(key).is_number_integer()) << key;
        }
        for (const char* key : {"gap_ns", "hdr", "interrupts", "softirqs", "steal_ns", "switches",
                                "list", "share_lost", "chance_of_a_hit"}) {
            EXPECT_TRUE(cpu.contains(key)) << key;
        }
    }
    for (const char* name : {"periodic", "all-cpus", "several-cpus", "single-cpu"}) {
        EXPECT_TRUE(result.at("classes").contains(name)) << name;
    }
}

TEST_F(ToolsJitter, WritesALogAndChartsForOtherTools) {
    const std::string hlog = place_.file("x.hlog");
    const std::string svg = place_.file("x.svg");
    const std::string html = place_.file("x.html");
    const Ended ended = run({"jitter", "--cpus", one_, "--duration", "50ms", "--threshold", "100ns",
                             "--hlog", hlog, "--svg", svg, "--html", html, "--json"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    std::vector<perf::hdr::Interval> intervals;
    perf::hdr::read_log(content_of(hlog), [&](perf::hdr::Interval&& interval) {
        intervals.push_back(std::move(interval));
    });
    ASSERT_EQ(intervals.size(), 1u);
    EXPECT_EQ(intervals[0].tag, "cpu" + one_);
    EXPECT_EQ(intervals[0].histogram.count(),
              ended.document().at("result").at("cpus").at(0).at("gaps"));
    for (const std::string& path : {svg, html}) {
        EXPECT_TRUE(Xml::well_formed(content_of(path))) << path;
        EXPECT_TRUE(contains(content_of(path), ">cpu " + one_ + "</text>")) << path;
    }
}

TEST_F(ToolsJitter, TextAndLines) {
    const Ended text = run({"jitter", "--cpus", one_, "--duration", "50ms"});
    ASSERT_EQ(text.exit, 0) << text.err;
    EXPECT_EQ(text.err, "");
    for (const char* part : {"1 cpu spun for ", "worst: ", "voluntary switches"}) {
        EXPECT_TRUE(contains(text.out, part)) << part << "\n" << text.out;
    }
    const Ended lines = run({"jitter", "--cpus", one_, "--duration", "20ms", "--csv"});
    EXPECT_TRUE(
        lines.out.starts_with("cpu,threshold_ns,hiccups,pct99_ns,pct999_ns,max_ns\n" + one_ + ","))
        << lines.out;
}

TEST_F(ToolsJitter, AttachedToAProcessItLooksAtItsCpusUntilItEnds) {
    Child other{[] {
                    sigset_t none;
                    ::sigemptyset(&none);
                    return ::sigsuspend(&none);
                },
                {.cpu = cpu_}};
    ASSERT_TRUE(until([&] { return other.sleeps_in(SYS_rt_sigsuspend); }));  // where it is to be
    const std::string pid = std::to_string(other.pid());
    Command command{
        {"jitter", "--attach", pid, "--duration", "3600s", "--threshold", "1us", "--json"}};
    ASSERT_TRUE(until([&] { return command.sleeps_in(SYS_ppoll); }));
    other.end();
    const Ended ended = command.wait();
    ASSERT_EQ(ended.exit, 0) << ended.err;
    const json result = ended.document().at("result");
    EXPECT_EQ(result.at("how"), "sleep");
    EXPECT_EQ(result.at("partial"), false);
    ASSERT_EQ(result.at("cpus").size(), 1u);
    EXPECT_EQ(result.at("cpus").at(0).at("cpu"), cpu_);
    EXPECT_EQ(run({"jitter", "--attach", pid}).exit, 3);
}

TEST_F(ToolsJitter, WrongCommandLines) {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--duration", "soon"}, "'soon' is no time"},
        {{"--duration", "10"}, "10 ms to 86400 s are possible"},
        {{"--threshold", "5"}, "--threshold 5; 20 ns to 1 s are possible"},
        {{"--fail-above", "0"}, "is no time"},
        {{"--control", "--interval", "1us"}, "--interval 1us; 10 us to 1 s are possible"},
        {{"--control", "--interval", "1s", "--duration", "500ms"}, "nobody would look"},
        {{"--attach", "x"}, "'x' is no whole number"},
        {{"--attach", "1", "--cpus", one_}, "excludes"},
        {{"--csv", "--json"}, "excludes"},
        {{"--cpus", "a"}, "is neither a cpu number"}};
    for (const auto& [options, part] : cases) {
        std::vector<std::string> args{"jitter"};
        args.insert(args.end(), options.begin(), options.end());
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 2) << part;
        EXPECT_TRUE(contains(ended.err + ended.out, part)) << part << "\n" << ended.err;
    }
    EXPECT_EQ(run({"jitter", "--cpus", one_ + "," + one_}).exit, 7);
    EXPECT_EQ(run({"jitter", "--hlog", place_.file("no/such/folder")}).exit, 1);
    EXPECT_TRUE(contains(run({"jitter", "--help"}).out, "Examples:"));
}

}  // namespace
}  // namespace shunt::process_test
