// SPDX-License-Identifier: MIT
#include "jitter_view.hpp"

#include "jitter_chart.hpp"
#include "quantity.hpp"
#include "table.hpp"

#include <shunt_perf/hdr.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace shunt::tools {

namespace {

using nlohmann::json;
using perf::jitter::GapClass;
using perf::jitter::Noise;
using perf::jitter::Watched;
using perf::svg::duration_text;

constexpr double kNsPerSecond = 1e9;

std::string duration_or_dash(const std::optional<double>& ns) {
    return ns ? duration_text(*ns) : "-";
}

json integer_or_null(const std::optional<double>& ns) {
    return ns ? json(static_cast<std::uint64_t>(std::llround(*ns))) : json(nullptr);
}

double share_lost(const Watched& watched) {
    return watched.watched_ns == 0
               ? 0
               : static_cast<double>(watched.lost_ns) / static_cast<double>(watched.watched_ns);
}

std::uint64_t worst_of(const Watched& watched) {
    return watched.gaps.count() == 0 ? 0 : watched.gaps.max();
}

}  // namespace

JitterView::JitterView(const perf::jitter::Config& config, const perf::jitter::Result& result,
                       const perf::jitter::NoiseReading& before,
                       const perf::jitter::NoiseReading& after, std::uint64_t operation_ns)
    : config_{config},
      result_{result},
      before_{before},
      after_{after},
      operation_ns_{operation_ns},
      classified_{perf::jitter::classify(result.cpus)} {}

std::uint64_t JitterView::worst_ns() const {
    std::uint64_t worst = 0;
    for (const Watched& watched : result_.cpus) {
        worst = std::max(worst, worst_of(watched));
    }
    return worst;
}

std::string JitterView::worst_text() const {
    JitterWorst worst;
    for (const Watched& watched : result_.cpus) {
        const std::uint64_t ns = worst_of(watched);
        if (static_cast<double>(ns) <= worst.ns) {
            continue;
        }
        worst = {static_cast<double>(ns), static_cast<std::uint64_t>(watched.cpu), std::nullopt};
        const auto gap = std::find_if(watched.list.begin(), watched.list.end(),
                                      [&](const auto& each) { return each.length_ns == ns; });
        if (gap != watched.list.end()) {
            worst.at_ns = static_cast<double>(gap->at_ns);
        }
    }
    return worst.text();
}

std::vector<JitterView::Sum> JitterView::sums() const {
    std::vector<Sum> sums(perf::jitter::kGapClasses);
    for (std::size_t cpu = 0; cpu < result_.cpus.size(); ++cpu) {
        const Watched& watched = result_.cpus[cpu];
        for (std::size_t i = 0; i < watched.list.size(); ++i) {
            Sum& sum = sums[static_cast<std::size_t>(classified_.of[cpu][i])];
            ++sum.gaps;
            sum.lost_ns += watched.list[i].length_ns;
            sum.worst_ns = std::max(sum.worst_ns, watched.list[i].length_ns);
        }
    }
    return sums;
}

std::string JitterView::head() const {
    std::uint64_t watched_ns = 0;
    for (const Watched& watched : result_.cpus) {
        watched_ns = std::max(watched_ns, watched.watched_ns);
    }
    return JitterHead{config_.sleep, result_.cpus.size(), static_cast<double>(watched_ns),
                      static_cast<double>(config_.threshold_ns),
                      static_cast<double>(config_.interval_ns)}
        .text();
}

std::string JitterView::cpus_text() const {
    const std::string hit = ">" + duration_text(static_cast<double>(operation_ns_)) + " op hit";
    Table table{{">cpu", ">gaps", ">p50", ">p99", ">p99.9", ">worst", ">lost", hit, ">shortest"}};
    for (const Watched& watched : result_.cpus) {
        const bool looked = watched.watched_ns != 0;
        table.add(
            {std::to_string(watched.cpu), count_text(watched.gaps.count()),
             duration_or_dash(watched.gaps.percentile(0.5)),
             duration_or_dash(watched.gaps.percentile(0.99)),
             duration_or_dash(watched.gaps.percentile(0.999)),
             watched.gaps.count() == 0 ? "-"
                                       : duration_text(static_cast<double>(watched.gaps.max())),
             config_.sleep ? "-" : fmt::format("{:.4f} %", 100 * share_lost(watched)),
             config_.sleep
                 ? "-"
                 : fmt::format("{:.2g}", perf::jitter::chance_of_a_hit(watched, operation_ns_)),
             looked ? duration_text(static_cast<double>(watched.shortest_ns)) : "-"});
    }
    return table.text();
}

std::string JitterView::classes_text() const {
    const auto all = sums();
    Table table{{"when", ">gaps", ">together", ">worst"}};
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].gaps != 0) {
            table.add({std::string{to_string(static_cast<GapClass>(i))}, count_text(all[i].gaps),
                       duration_text(static_cast<double>(all[i].lost_ns)),
                       duration_text(static_cast<double>(all[i].worst_ns))});
        }
    }
    std::string text = worst_ns() == 0 ? "" : "\n" + table.text();
    for (const auto& period : classified_.periods) {
        text += fmt::format("cpu {}: {} gaps {} apart{}\n", period.cpu, period.gaps,
                            duration_text(static_cast<double>(period.period_ns)),
                            period.period_ns <= 10'000'000 ? ", as a kernel's tick is" : "");
    }
    return text;
}

std::string JitterView::causes_text() const {
    constexpr std::size_t kShown = 4;
    std::string text = "\nmeanwhile, by the kernel's counts\n";
    for (const Watched& watched : result_.cpus) {
        const Noise noise = perf::jitter::noise_between(before_, after_, watched.cpu);
        text += fmt::format("cpu {}: {} voluntary switches, {} involuntary", watched.cpu,
                            watched.voluntary, watched.involuntary);
        if (noise.steal_ns) {
            text += fmt::format("; stolen {}", duration_text(static_cast<double>(*noise.steal_ns)));
        }
        const auto add = [&](const char* what, const perf::jitter::Counts& counts) {
            const auto most = perf::jitter::most_of(counts);
            for (std::size_t i = 0; i < std::min(most.size(), kShown); ++i) {
                const auto name = after_.names.find(most[i].first);
                const bool number =
                    most[i].first.find_first_not_of("0123456789") == std::string::npos;
                text += fmt::format("{} {} {}", i == 0 ? fmt::format("; {}", what) : ",",
                                    most[i].first, most[i].second);
                text += number && name != after_.names.end() ? " (" + name->second + ")" : "";
            }
        };
        add("interrupts", noise.interrupts);
        add("softirqs", noise.softirqs);
        text += "\n";
    }
    return text;
}

std::string JitterView::text() const {
    std::string text = head() + "\n\n" + cpus_text() + "\nworst: " + worst_text() + "\n" +
                       classes_text() + causes_text();
    for (const perf::Warning& warning : warnings()) {
        text += "\nwarning: " + warning.text + "\n";
    }
    return text;
}

std::string JitterView::csv() const {
    const auto field = [](const std::optional<double>& ns) {
        return ns ? fmt::format("{}", std::llround(*ns)) : std::string{};
    };
    std::string text = "cpu,threshold_ns,hiccups,pct99_ns,pct999_ns,max_ns\n";
    for (const Watched& watched : result_.cpus) {
        text += fmt::format("{},{},{},{},{},{}\n", watched.cpu, config_.threshold_ns,
                            watched.gaps.count(), field(watched.gaps.percentile(0.99)),
                            field(watched.gaps.percentile(0.999)), worst_of(watched));
    }
    return text;
}

json JitterView::cpu_json(std::size_t index) const {
    const Watched& watched = result_.cpus[index];
    const Noise noise = perf::jitter::noise_between(before_, after_, watched.cpu);
    json gaps = json::array();
    for (std::size_t i = 0; i < watched.list.size(); ++i) {
        gaps.push_back({{"at_ns", watched.list[i].at_ns},
                        {"length_ns", watched.list[i].length_ns},
                        {"class", to_string(classified_.of[index][i])}});
    }
    const bool spun = !config_.sleep;
    return {{"cpu", watched.cpu},
            {"gaps", watched.gaps.count()},
            {"gap_ns",
             {{"p50", integer_or_null(watched.gaps.percentile(0.5))},
              {"p99", integer_or_null(watched.gaps.percentile(0.99))},
              {"p999", integer_or_null(watched.gaps.percentile(0.999))},
              {"max", worst_of(watched)}}},
            {"hdr", perf::hdr::encode_text(watched.gaps)},
            {"watched_ns", watched.watched_ns},
            {"shortest_ns", watched.watched_ns == 0 ? json(nullptr) : json(watched.shortest_ns)},
            {"lost_ns", watched.lost_ns},
            {"share_lost", spun ? json(share_lost(watched)) : json(nullptr)},
            {"chance_of_a_hit",
             spun ? json(perf::jitter::chance_of_a_hit(watched, operation_ns_)) : json(nullptr)},
            {"switches", {{"voluntary", watched.voluntary}, {"involuntary", watched.involuntary}}},
            {"interrupts", noise.interrupts},
            {"softirqs", noise.softirqs},
            {"steal_ns", noise.steal_ns ? json(*noise.steal_ns) : json(nullptr)},
            {"list", std::move(gaps)},
            {"unlisted", watched.unlisted}};
}

json JitterView::document() const {
    json cpus = json::array();
    for (std::size_t i = 0; i < result_.cpus.size(); ++i) {
        cpus.push_back(cpu_json(i));
    }
    json classes = json::object();
    const auto all = sums();
    for (std::size_t i = 0; i < all.size(); ++i) {
        classes[std::string{to_string(static_cast<GapClass>(i))}] = {
            {"gaps", all[i].gaps}, {"lost_ns", all[i].lost_ns}, {"max_ns", all[i].worst_ns}};
    }
    json periods = json::array();
    for (const auto& period : classified_.periods) {
        periods.push_back(
            {{"cpu", period.cpu}, {"period_ns", period.period_ns}, {"gaps", period.gaps}});
    }
    json unread = json::array();
    for (const auto& file : after_.unread) {
        unread.push_back({{"path", file.path}, {"why", file.why}});
    }
    return {{"how", config_.sleep ? "sleep" : "spin"},
            {"duration_ns", config_.duration_ns},
            {"threshold_ns", config_.threshold_ns},
            {"interval_ns", config_.sleep ? json(config_.interval_ns) : json(nullptr)},
            {"operation_ns", operation_ns_},
            {"start_s", result_.start_s},
            {"clock", perf::to_json(result_.clock)},
            {"worst_ns", worst_ns()},
            {"cpus", std::move(cpus)},
            {"classes", std::move(classes)},
            {"periods", std::move(periods)},
            {"interrupt_names", after_.names},
            {"not_read", std::move(unread)},
            {"partial", result_.partial}};
}

std::vector<perf::Warning> JitterView::warnings() const {
    std::vector<perf::Warning> warnings;
    if (!result_.clock.note().empty()) {
        warnings.push_back({"clock", result_.clock.note()});
    }
    for (const auto& file : after_.unread) {
        warnings.push_back({"not_read", fmt::format("{} could not be read ({}): what it counts is "
                                                    "left out",
                                                    file.path, file.why)});
    }
    for (const Watched& watched : result_.cpus) {
        constexpr std::uint64_t kFewLooks = 4;
        if (!config_.sleep && watched.watched_ns != 0 &&
            watched.shortest_ns * kFewLooks > config_.threshold_ns) {
            warnings.push_back(
                {"threshold",
                 fmt::format("cpu {} takes {} from one look to the next: a threshold "
                             "of {} is not far from that",
                             watched.cpu, duration_text(static_cast<double>(watched.shortest_ns)),
                             duration_text(double(config_.threshold_ns)))});
        }
        if (watched.unlisted != 0) {
            warnings.push_back({"unlisted", fmt::format("cpu {} had {} gaps more than are listed: "
                                                        "they count, but have no class. Give a "
                                                        "higher --threshold",
                                                        watched.cpu, watched.unlisted)});
        }
    }
    return warnings;
}

std::string JitterView::hlog() const {
    std::vector<perf::hdr::Interval> intervals;
    for (const Watched& watched : result_.cpus) {
        intervals.push_back({fmt::format("cpu{}", watched.cpu), 0,
                             static_cast<double>(watched.watched_ns) / kNsPerSecond, watched.gaps});
    }
    return perf::hdr::write_log(intervals, result_.start_s);
}

}  // namespace shunt::tools
