// SPDX-License-Identifier: MIT
//
// Charts of figures: lines over two axes, and bars. What they say in words is their caller's.
#pragma once

#include <shunt_perf/svg.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace shunt::perf {

struct Axis {
    std::string name;  // and unit
    svg::Scale::Kind kind = svg::Scale::Kind::linear;
    /// What stands at a tick, and is told of a value.
    std::function<std::string(double)> text = svg::number;
    std::optional<double> from{};  // reaches as far as that too
};

struct Point {
    double x;
    double y;
    bool hollow = false;  // does not count: a ring that the line leaves out
    std::string told{};   // of it, beside its figures; may be empty
};

struct Series {
    std::string name;
    std::vector<Point> points;  // x ascending
    bool joined = true;         // by a line; else dots alone
};

/// Series in the order of their colours, which come round after svg::kSeriesColours. The axes reach
/// as far as the points; on a logarithmic one values of zero and below are left out. Without a
/// point: axes and the words "no figures".
[[nodiscard]] svg::Element line_chart(const std::string& title, const Axis& x, const Axis& y,
                                      std::span<const Series> series);

struct Bar {
    std::string name;
    double value;
    unsigned colour = 0;  // of which series
    std::string told;     // beside the value; may be empty
};

/// Bars from left to right, one below the other, in the order given, from the axis's low end: zero,
/// or, if logarithmic, a power of ten below the least. `groups`: what the colours mean.
[[nodiscard]] svg::Element bar_chart(const std::string& title, const Axis& axis,
                                     std::span<const Bar> bars,
                                     std::span<const std::string> groups);

}  // namespace shunt::perf
