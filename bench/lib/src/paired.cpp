// SPDX-License-Identifier: MIT
#include "bench/lib/src/paired.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace shunt::bench {

using nlohmann::json;

namespace {

// With four decimals, and what is small with four digits.
double fine(double value) {
    const double size = std::abs(value);
    const double places = size < 0.1 && size > 0 ? 3 - std::floor(std::log10(size)) : 4;
    const double scale = std::pow(10, places);
    return std::round(value * scale) / scale;
}

json compared(std::span<const double> values, double equal) {
    json all = with_interval(values);
    if (all.is_null()) {
        return all;
    }
    const json& interval = all.at("bootstrap");
    all["no_difference"] = interval.is_null() ? json(nullptr)
                                              : json(interval.at("low").get<double>() <= equal &&
                                                     equal <= interval.at("high").get<double>());
    return all;
}

}  // namespace

json with_interval(std::span<const double> values) {
    const auto all = perf::spread(values);
    if (!all) {
        return nullptr;
    }
    const auto interval = perf::median_interval(values);
    return {
        {"median", fine(all->median)},
        {"low", fine(all->low)},
        {"high", fine(all->high)},
        {"n", all->n},
        {"bootstrap", interval ? json{{"low", fine(interval->low)}, {"high", fine(interval->high)}}
                               : json(nullptr)}};
}

json ratio_json(std::span<const perf::Pair> pairs) {
    return compared(perf::ratios_of(pairs), 1);
}

json difference_json(std::span<const double> differences) {
    return compared(differences, 0);
}

std::string_view difference_words(const json& paired) {
    return paired.is_object() && paired.value("no_difference", json()) == true ? "no difference"
                                                                               : "";
}

std::string interval_lines(std::string_view head, const std::vector<RatioRow>& rows) {
    std::string out;
    for (const RatioRow& row : rows) {
        if (!row.paired.is_object() || !row.paired.contains("bootstrap")) {
            continue;
        }
        const json& interval = row.paired.at("bootstrap");
        const std::string_view words = difference_words(row.paired);
        fmt::format_to(std::back_inserter(out), "  {:<20} {}{}{}\n", row.name,
                       interval.is_null()
                           ? fmt::format("not known: it takes five repeats, and there are {}",
                                         row.paired.at("n").get<std::size_t>())
                           : fmt::format("{:.3f} to {:.3f}", interval.at("low").get<double>(),
                                         interval.at("high").get<double>()),
                       words.empty() ? "" : ": ", words);
    }
    return out.empty() ? out : fmt::format("{}\n{}", head, out);
}

}  // namespace shunt::bench
