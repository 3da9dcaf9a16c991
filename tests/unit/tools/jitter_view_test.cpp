// SPDX-License-Identifier: MIT
#include "tools/src/jitter_view.hpp"

#include "tools/src/jitter_chart.hpp"

#include "unit/perf/xml.hpp"

#include <shunt_perf/hdr.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::tools {
namespace {

namespace jitter = perf::jitter;
using nlohmann::json;

class ViewOfJitter : public testing::Test {
protected:
    ViewOfJitter() {
        config_.cpus = {0, 5};
        config_.threshold_ns = 1000;
        result_.cpus.resize(2);
        for (std::size_t i = 0; i < 2; ++i) {
            jitter::Watched& watched = result_.cpus[i];
            watched.cpu = config_.cpus[i];
            watched.watched_ns = 10'000'000'000;
            watched.shortest_ns = 21;
            watched.involuntary = 3;
        }
        add(0, 1'250'000'000, 18'200);
        add(0, 2'000'000'000, 2000);
        add(1, 2'000'001'000, 4000);
        before_.cpus[0].interrupts = {{"LOC", 100}, {"24", 1}};
        after_.cpus[0].interrupts = {{"LOC", 107}, {"24", 3}};
        before_.cpus[0].steal_ns = 0;
        after_.cpus[0].steal_ns = 10'000'000;
        after_.names = {{"24", "disk"}};
    }
    void add(std::size_t index, std::uint64_t at_ns, std::uint64_t length_ns) {
        jitter::Watched& watched = result_.cpus[index];
        watched.list.push_back({at_ns, length_ns});
        watched.gaps.record(length_ns);
        watched.lost_ns += length_ns;
    }
    [[nodiscard]] JitterView view() const { return {config_, result_, before_, after_, 1000}; }

    jitter::Config config_;
    jitter::Result result_;
    jitter::NoiseReading before_;
    jitter::NoiseReading after_;
};

TEST_F(ViewOfJitter, TheWorstGapIsSaidWithItsCpuAndTime) {
    EXPECT_EQ(view().worst_ns(), 18'200u);
    EXPECT_EQ(view().worst_text(), "18.2 us on cpu 0, 1.250000 s from the start");
    result_.cpus.clear();
    EXPECT_EQ(view().worst_ns(), 0u);
    EXPECT_EQ(view().worst_text(), "none");
}

TEST_F(ViewOfJitter, ADocumentHasGapsClassesBudgetAndCauses) {
    const json document = view().document();
    EXPECT_EQ(document.at("how"), "spin");
    EXPECT_EQ(document.at("worst_ns"), 18'200);
    const json& cpu = document.at("cpus").at(0);
    EXPECT_EQ(cpu.at("gaps"), 2);
    EXPECT_EQ(cpu.at("lost_ns"), 20'200);
    EXPECT_DOUBLE_EQ(cpu.at("share_lost").get<double>(), 20'200 / 1e10);
    EXPECT_NEAR(cpu.at("chance_of_a_hit").get<double>(), 2e-7, 1e-12);
    EXPECT_EQ(cpu.at("interrupts"), (json{{"LOC", 7}, {"24", 2}}));
    EXPECT_EQ(cpu.at("steal_ns"), 10'000'000);
    EXPECT_EQ(cpu.at("switches").at("involuntary"), 3);
    EXPECT_TRUE(cpu.at("gap_ns").at("p50").is_null());  // of two samples
    EXPECT_EQ(cpu.at("gap_ns").at("max"), 18'200);
    EXPECT_EQ(cpu.at("list").at(0),
              (json{{"at_ns", 1'250'000'000}, {"length_ns", 18'200}, {"class", "single-cpu"}}));
    EXPECT_EQ(cpu.at("list").at(1).at("class"), "all-cpus");
    EXPECT_TRUE(document.at("cpus").at(1).at("steal_ns").is_null());
    EXPECT_EQ(document.at("classes").at("all-cpus").at("gaps"), 2);
    EXPECT_EQ(document.at("classes").at("single-cpu").at("max_ns"), 18'200);
    EXPECT_EQ(document.at("classes").at("periodic").at("gaps"), 0);
    EXPECT_TRUE(document.at("not_read").empty());
}

TEST_F(ViewOfJitter, OfSleepersThereIsNoBudget) {
    config_.sleep = true;
    const json cpu = view().document().at("cpus").at(0);
    EXPECT_TRUE(cpu.at("share_lost").is_null());
    EXPECT_TRUE(cpu.at("chance_of_a_hit").is_null());
    EXPECT_NE(view().text().find("looked at each 1 ms for 10 s"), std::string::npos);
}

TEST_F(ViewOfJitter, TextSaysWhatKernelAndFilesSaid) {
    after_.unread = {{"/proc/softirqs", "Permission denied"}};
    const std::string text = view().text();
    for (const char* part :
         {"2 cpus spun for 10 s; gaps of 1 us and more", "worst: 18.2 us on cpu 0", "all-cpus",
          "cpu 0: 0 voluntary switches, 3 involuntary; stolen 10 ms; interrupts LOC 7, 24 2 (disk)",
          "/proc/softirqs could not be read (Permission denied)"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
    EXPECT_EQ(view().document().at("not_read").at(0).at("why"), "Permission denied");
    EXPECT_EQ(view().warnings().at(0).id, "not_read");
}

TEST_F(ViewOfJitter, CommaSeparatedLinesHaveTheHeadOfHiccups) {
    EXPECT_EQ(view().csv(),
              "cpu,threshold_ns,hiccups,pct99_ns,pct999_ns,max_ns\n"
              "0,1000,2,,,18200\n"
              "5,1000,1,,,4000\n");
}

TEST_F(ViewOfJitter, TheLogIsReadBackByTheCodec) {
    std::vector<perf::hdr::Interval> intervals;
    perf::hdr::read_log(view().hlog(), [&](perf::hdr::Interval&& interval) {
        intervals.push_back(std::move(interval));
    });
    ASSERT_EQ(intervals.size(), 2u);
    EXPECT_EQ(intervals[0].tag, "cpu0");
    EXPECT_EQ(intervals[1].tag, "cpu5");
    EXPECT_EQ(intervals[0].histogram.count(), 2u);
    EXPECT_DOUBLE_EQ(intervals[0].length_s, 10);
    EXPECT_EQ(perf::Histogram::index_of(intervals[0].histogram.max()),
              perf::Histogram::index_of(18'200));
}

TEST_F(ViewOfJitter, WarnsOfAThresholdAtTheLooksAndOfGapsWithoutAClass) {
    EXPECT_TRUE(view().warnings().empty());
    result_.cpus[1].shortest_ns = 251;
    result_.cpus[1].unlisted = 9;
    const auto warnings = view().warnings();
    ASSERT_EQ(warnings.size(), 2u);
    EXPECT_EQ(warnings[0].id, "threshold");
    EXPECT_EQ(warnings[1].id, "unlisted");
}

TEST_F(ViewOfJitter, TheChartHasALaneForEachCpu) {
    const json document = view().document();
    const perf::StripChart chart = jitter_chart(Part{document});
    EXPECT_EQ(chart.subtitle,
              "2 cpus spun for 10 s; gaps of 1 us and more; worst: 18.2 us on cpu 0, 1.250000 s "
              "from the start");
    ASSERT_EQ(chart.lanes.size(), 2u);
    EXPECT_EQ(chart.lanes[1].name, "cpu 5");
    EXPECT_EQ(chart.lanes[0].marks.size(), 2u);
    EXPECT_EQ(chart.series[chart.lanes[0].marks[1].series], "all-cpus");
    EXPECT_DOUBLE_EQ(chart.length_s, 10);
    EXPECT_TRUE(perf_test::Xml::well_formed(perf::svg::file_of(perf::draw(chart))));
}

}  // namespace
}  // namespace shunt::tools
