// SPDX-License-Identifier: MIT
//
// What the sections of a report are made of: words, tables, drawings, and figures as text.
#pragma once

#include <shunt_perf/statistics.hpp>
#include <shunt_perf/svg.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shunt::tools {

/// Of all of them, beside that of drawings.
[[nodiscard]] std::string_view report_css();

/// An element that holds a text: wordy("p", "...").
[[nodiscard]] perf::svg::Element wordy(std::string_view name, std::string_view text);

class HtmlTable {
public:
    /// Class "words": of texts, "words broad" of many columns; else of numbers, with a name in
    /// front.
    explicit HtmlTable(std::string_view css = "");

    void head(std::span<const std::string> cells) { row("th", cells); }
    void row(std::span<const std::string> cells) { row("td", cells); }
    /// Scrolls by itself where the page is narrow.
    [[nodiscard]] perf::svg::Element element() const;

private:
    void row(std::string_view cell, std::span<const std::string> cells);
    perf::svg::Element table_;
};

[[nodiscard]] perf::svg::Element figure(const perf::svg::Element& drawing);
/// To be opened by who reads.
[[nodiscard]] perf::svg::Element folded(const std::string& summary,
                                        const perf::svg::Element& inside);
/// Every value in `of`, with its path.
[[nodiscard]] perf::svg::Element facts_of(const nlohmann::json& of);

/// What there is not is "–".
[[nodiscard]] std::string text_of(const nlohmann::json& value);
[[nodiscard]] std::string time_text(const std::optional<double>& ns);
[[nodiscard]] std::string whole_text(const std::optional<double>& value);
/// "12.3 M/s".
[[nodiscard]] std::string rate_text(const std::optional<double>& per_s);
/// "0.72".
[[nodiscard]] std::string ratio_text(double ratio);
/// "0.72 (0.70 to 0.96)".
[[nodiscard]] std::string spread_text(const std::optional<perf::Spread>& spread,
                                      const std::function<std::string(double)>& text);

}  // namespace shunt::tools
