// SPDX-License-Identifier: MIT
#include "report_jitter.hpp"

#include "jitter_chart.hpp"
#include "quantity.hpp"
#include "report_charts.hpp"
#include "report_html.hpp"
#include "report_input.hpp"

#include <shunt_perf/strip_chart.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace shunt::tools {

namespace {

using perf::svg::duration_text;
using perf::svg::Element;

std::string name_of(const Part& cpu) {
    return fmt::format("cpu {}", cpu.at("cpu").count());
}

// --fail-above of such a run, in ns.
std::optional<double> budget_of(const Part& document) {
    const auto args = document.find("args");
    const auto limit = args ? args->find("fail-above") : std::nullopt;
    if (!limit || limit->text().empty()) {
        return std::nullopt;
    }
    try {
        return parse_nanoseconds(limit->text());
    } catch (const std::invalid_argument&) {
        limit->refuse("is no time");
    }
}

void add_budget(Element& to, const Part& document, const std::vector<Part>& cpus) {
    const auto budget = budget_of(document);
    if (!budget) {
        return;
    }
    std::string over;
    for (const Part& cpu : cpus) {
        if (const double worst = cpu.at("gap_ns").at("max").number(); worst > *budget) {
            over += fmt::format("{}{} ({})", over.empty() ? "" : ", ", name_of(cpu),
                                duration_text(worst));
        }
    }
    const std::string limit = fmt::format("Budget: no gap above {}. ", duration_text(*budget));
    to.add(Element{"p"}.add(
        wordy("b", limit + (over.empty() ? "It was kept." : "EXCEEDED on " + over + "."))));
}

Element cpus_table(const Part& result, const std::vector<Part>& cpus) {
    HtmlTable table;
    const double operation = result.at("operation_ns").number();
    table.head(std::vector<std::string>{"", "gaps", "p50", "p99", "p99.9", "worst", "together",
                                        "share of the time",
                                        duration_text(operation) + " operation hit", "shortest"});
    const auto share = [](const std::optional<double>& value, const char* unit, double times) {
        return value ? fmt::format("{:.3g}{}", *value * times, unit) : "–";
    };
    for (const Part& cpu : cpus) {
        const Part gap = cpu.at("gap_ns");
        table.row(std::vector<std::string>{
            name_of(cpu), count_text(cpu.at("gaps").count()), time_text(gap.number("p50")),
            time_text(gap.number("p99")), time_text(gap.number("p999")),
            time_text(gap.number("max")), time_text(cpu.number("lost_ns")),
            share(cpu.number("share_lost"), " %", 100), share(cpu.number("chance_of_a_hit"), "", 1),
            time_text(cpu.number("shortest_ns"))});
    }
    return table.element();
}

void add_classes(Element& to, const Part& result) {
    HtmlTable table;
    table.head(std::vector<std::string>{"when", "gaps", "together", "worst"});
    for (const auto& [name, each] : result.members("classes")) {
        if (each.at("gaps").count() != 0) {
            table.row(std::vector<std::string>{name, count_text(each.at("gaps").count()),
                                               time_text(each.number("lost_ns")),
                                               time_text(each.number("max_ns"))});
        }
    }
    to.add(wordy("h4", "When it was"));
    to.add(table.element());
    for (const Part& period : result.items("periods")) {
        to.add(wordy("p",
                     fmt::format("{}: {} gaps {} apart", name_of(period), period.at("gaps").count(),
                                 duration_text(period.at("period_ns").number()))));
    }
}

// "LOC 7, 24 2 (disk)": the most frequent first.
std::string causes_text(const Part& cpu, const std::string& key, const Part& result) {
    constexpr std::size_t kShown = 6;
    std::vector<std::pair<std::string, std::uint64_t>> counts;
    for (const auto& [name, count] : cpu.members(key)) {
        counts.emplace_back(name, count.count());
    }
    std::stable_sort(counts.begin(), counts.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    const auto names = result.find("interrupt_names");
    std::string text;
    for (std::size_t i = 0; i < std::min(counts.size(), kShown); ++i) {
        const auto& [row, count] = counts[i];
        const std::string name = names && key == "interrupts" ? names->text(row, "") : "";
        text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", row, count_text(count),
                            name.empty() ? "" : " (" + name + ")");
    }
    return text.empty() ? "–" : text;
}

void add_causes(Element& to, const Part& result, const std::vector<Part>& cpus) {
    HtmlTable table{"words broad"};
    table.head(std::vector<std::string>{"", "switches, voluntary and not", "stolen", "interrupts",
                                        "softirqs"});
    for (const Part& cpu : cpus) {
        const Part switches = cpu.at("switches");
        table.row(std::vector<std::string>{name_of(cpu),
                                           fmt::format("{}, {}", switches.at("voluntary").count(),
                                                       switches.at("involuntary").count()),
                                           time_text(cpu.number("steal_ns")),
                                           causes_text(cpu, "interrupts", result),
                                           causes_text(cpu, "softirqs", result)});
    }
    to.add(wordy("h4", "Whose it was, by the kernel's counts meanwhile"));
    to.add(table.element());
    for (const Part& file : result.items("not_read")) {
        to.add(wordy("p", fmt::format("{} could not be read: {}", file.text("path", "a file"),
                                      file.text("why", "no reason is given"))));
    }
}

// Of the cpus with the longest gaps, as many as there are colours.
void add_curves(Element& to, const std::string& title, std::vector<Part> cpus) {
    const auto longest = [](const Part& cpu) { return cpu.at("gap_ns").at("max").number(); };
    std::stable_sort(cpus.begin(), cpus.end(),
                     [&](const Part& a, const Part& b) { return longest(a) > longest(b); });
    const std::size_t shown = std::min<std::size_t>(cpus.size(), perf::svg::kSeriesColours);
    std::vector<std::pair<std::string, perf::Histogram>> histograms;
    for (std::size_t i = 0; i < shown; ++i) {
        if (auto histogram = histogram_of(cpus[i])) {
            histograms.emplace_back(name_of(cpus[i]), std::move(*histogram));
        }
    }
    Curves curves{"gaps", "gap", {}};
    for (const auto& [name, histogram] : histograms) {
        curves.lines.emplace_back(name, &histogram);
    }
    if (curves.lines.empty()) {
        return;
    }
    if (shown < cpus.size()) {
        to.add(wordy("p", fmt::format("The lines are of the {} cpus with the longest gaps, of {}.",
                                      shown, cpus.size())));
    }
    to.add(figure(percentile_chart(title, curves)));
    to.add(figure(more_than_chart(title, curves)));
}

}  // namespace

void add_jitter_section(Element& to, const Part& document) {
    const Part result = document.at("result");
    const JitterHead head = jitter_head(result);
    const std::vector<Part> cpus = result.at("cpus").items();
    to.add(wordy("h3", head.sleep ? "How late an idle twin woke" : "What a spinning thread felt"));
    to.add(wordy("p", head.text() + ". The longest: " + jitter_worst(result).text() +
                          (result.flag("partial", false) ? ". It was interrupted." : ".")));
    if (head.sleep) {
        to.add(wordy("p",
                     "The twin sleeps to even times beside whatever runs there and costs next to "
                     "nothing, so it has no share of the time: a gap is by how much a wake-up was "
                     "late."));
    }
    add_budget(to, document, cpus);
    const perf::StripChart strips = jitter_chart(result);
    to.add(figure(perf::draw(strips)));
    to.add(cpus_table(result, cpus));
    add_curves(to, strips.title, cpus);
    add_classes(to, result);
    add_causes(to, result, cpus);
}

}  // namespace shunt::tools
