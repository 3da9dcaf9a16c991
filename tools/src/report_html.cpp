// SPDX-License-Identifier: MIT
#include "report_html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace shunt::tools {

using nlohmann::json;
using perf::svg::Element;

std::string_view report_css() {
    return "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
           "th,td{padding:.2em .8em .2em 0;text-align:right;white-space:nowrap;"
           "border-bottom:1px solid var(--shunt-faint)}"
           "th{font-weight:600}th:first-child,td:first-child,table.words td,table.words th"
           "{text-align:left}"
           "table.words td{white-space:normal;vertical-align:top;min-width:5em}"
           "table.broad{min-width:64em}div.wide{overflow-x:auto}code{overflow-wrap:anywhere}"
           "h1,h2,h3,p{overflow-wrap:anywhere}"
           "a{color:var(--shunt-1)}small,summary{color:var(--shunt-quiet)}"
           "h2{margin-top:2em;border-top:2px solid var(--shunt-faint);padding-top:.6em}";
}

Element wordy(std::string_view name, std::string_view text) {
    return std::move(Element{name}.write(text));
}

HtmlTable::HtmlTable(std::string_view css) : table_{"table"} {
    if (!css.empty()) {
        table_.set("class", css);
    }
}

void HtmlTable::row(std::string_view cell, std::span<const std::string> cells) {
    Element line{"tr"};
    for (const std::string& text : cells) {
        line.add(wordy(cell, text));
    }
    table_.add(line);
}

Element HtmlTable::element() const {
    return std::move(Element{"div"}.set("class", "wide").add(table_));
}

Element figure(const Element& drawing) {
    return std::move(Element{"figure"}.add(drawing));
}

Element folded(const std::string& summary, const Element& inside) {
    return std::move(Element{"details"}.add(wordy("summary", summary)).add(inside));
}

Element facts_of(const json& of) {
    HtmlTable table{"words"};
    const json flat = of.flatten();
    for (const auto& [path, value] : flat.items()) {
        std::string name = path.substr(std::min<std::size_t>(1, path.size()));
        std::replace(name.begin(), name.end(), '/', ' ');
        table.row(std::vector<std::string>{name, text_of(value)});
    }
    return table.element();
}

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.is_null() ? "–" : value.dump();
}

std::string time_text(const std::optional<double>& ns) {
    return ns ? perf::svg::duration_text(*ns) : "–";
}

std::string whole_text(const std::optional<double>& value) {
    return value ? fmt::format("{:.0f}", *value) : "–";
}

std::string rate_text(const std::optional<double>& per_s) {
    if (!per_s) {
        return "–";
    }
    constexpr std::array<const char*, 4> kUnits{"/s", " k/s", " M/s", " G/s"};
    double value = *per_s;
    std::size_t unit = 0;
    for (; unit + 1 < kUnits.size() && value >= 999.5; ++unit) {
        value /= 1000;
    }
    return fmt::format("{:.3g}{}", value, kUnits[unit]);
}

std::string ratio_text(double ratio) {
    return ratio >= 999.5 ? fmt::format("{:.0f}", ratio) : fmt::format("{:.3g}", ratio);
}

std::string spread_text(const std::optional<perf::Spread>& spread,
                        const std::function<std::string(double)>& text) {
    return spread ? fmt::format("{} ({} to {})", text(spread->median), text(spread->low),
                                text(spread->high))
                  : "–";
}

}  // namespace shunt::tools
