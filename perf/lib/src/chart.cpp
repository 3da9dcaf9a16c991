// SPDX-License-Identifier: MIT
#include <shunt_perf/chart.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace shunt::perf {

namespace {

using svg::Element;
using svg::Scale;

constexpr double kWidth = 720;
constexpr double kTop = 34;  // the title stands above
constexpr double kRight = kWidth - 20;
constexpr double kLegendLine = 18;
constexpr std::size_t kFewPoints = 24;
constexpr double kDigitWidth = 6.6;  // of the small print, at most

std::string colour(std::size_t of) {
    return fmt::format("var(--shunt-{})", of % svg::kSeriesColours + 1);
}

double width_of(const std::string& text) {
    return kDigitWidth * static_cast<double>(text.size());
}

// Where entries of a legend stand: as many in a line as there is room for.
class Legend {
public:
    Legend(double left, double top) : left_{left}, x_{left}, y_{top} {}
    void add(Element& to, std::size_t series, const std::string& name) {
        const double width = 28 + width_of(name);
        if (x_ > left_ && x_ + width > kRight) {
            x_ = left_;
            y_ += kLegendLine;
        }
        to.add(svg::rect(x_, y_ - 9, 10, 10).set("fill", colour(series)));
        to.add(svg::text(x_ + 14, y_, name));
        x_ += width + 8;
    }
    [[nodiscard]] double bottom() const noexcept { return y_ + 10; }

private:
    double left_;
    double x_;
    double y_;
};

class Range {
public:
    explicit Range(Scale::Kind kind) : logarithmic_{kind == Scale::Kind::logarithmic} {}
    [[nodiscard]] bool takes(double value) const noexcept {
        return std::isfinite(value) && (!logarithmic_ || value > 0);
    }
    void include(double value) noexcept {
        low_ = std::min(low_, value);
        high_ = std::max(high_, value);
    }
    [[nodiscard]] bool empty() const noexcept { return low_ > high_; }
    [[nodiscard]] double low() const noexcept { return empty() ? 1 : low_; }
    [[nodiscard]] double high() const noexcept { return empty() ? 10 : high_; }

private:
    bool logarithmic_;
    double low_ = std::numeric_limits<double>::infinity();
    double high_ = -std::numeric_limits<double>::infinity();
};

struct Plot {
    double left;
    double bottom;
    const Axis& x_axis;
    const Axis& y_axis;
    Scale x;
    Scale y;
};

void draw_axes(Element& to, const Plot& plot) {
    for (const double tick : plot.y.ticks(6)) {
        const double at = plot.y.at(tick);
        to.add(svg::line(plot.left, at, kRight, at).set("class", "grid"));
        to.add(svg::text(plot.left - 6, at + 4, plot.y_axis.text(tick)).set("class", "end quiet"));
    }
    double free_from = 0;  // ticks whose words would touch have none
    for (const double tick : plot.x.ticks(8)) {
        const double at = plot.x.at(tick);
        const std::string words = plot.x_axis.text(tick);
        to.add(svg::line(at, kTop, at, plot.bottom).set("class", "grid"));
        if (at - width_of(words) / 2 >= free_from) {
            const double inside = std::min(at, kWidth - 4 - width_of(words) / 2);
            to.add(svg::text(inside, plot.bottom + 16, words).set("class", "middle quiet"));
            free_from = at + width_of(words) / 2 + 6;
        }
    }
    to.add(svg::line(plot.left, plot.bottom, kRight, plot.bottom));
    to.add(svg::line(plot.left, kTop, plot.left, plot.bottom));
    to.add(svg::text((plot.left + kRight) / 2, plot.bottom + 34, plot.x_axis.name)
               .set("class", "middle quiet"));
}

Element dot_of(const Plot& plot, const std::string& name, const Point& point, std::size_t index) {
    Element dot{"circle"};
    dot.set("cx", plot.x.at(point.x)).set("cy", plot.y.at(point.y)).set("r", 3.0);
    dot.set("stroke", colour(index));
    dot.set("fill", point.hollow ? "var(--shunt-paper)" : colour(index));
    const std::string figures =
        fmt::format("{}: {}, {}", name, plot.x_axis.text(point.x), plot.y_axis.text(point.y));
    return dot.title(point.told.empty() ? figures : figures + "; " + point.told);
}

void draw_series(Element& to, const Plot& plot, const Series& series, std::size_t index) {
    const Range x{plot.x_axis.kind};
    const Range y{plot.y_axis.kind};
    std::string path;
    Element dots{"g"};
    for (const Point& point : series.points) {
        if (!x.takes(point.x) || !y.takes(point.y)) {
            continue;
        }
        if (!point.hollow) {
            path += fmt::format("{}{} {}", path.empty() ? "M" : "L",
                                svg::number(plot.x.at(point.x)), svg::number(plot.y.at(point.y)));
        }
        // A line of many points is told by itself.
        if (!series.joined || point.hollow || series.points.size() <= kFewPoints) {
            dots.add(dot_of(plot, series.name, point, index));
        }
    }
    if (series.joined && !path.empty()) {
        Element line{"path"};
        line.set("d", path).set("fill", "none").set("stroke", colour(index));
        to.add(line.set("stroke-width", 2.0).title(series.name));
    }
    to.add(dots);
}

}  // namespace

Element line_chart(const std::string& title, const Axis& x, const Axis& y,
                   std::span<const Series> series) {
    constexpr double kBottom = 310;
    Range xs{x.kind};
    Range ys{y.kind};
    for (const Series& each : series) {
        for (const Point& point : each.points) {
            if (xs.takes(point.x) && ys.takes(point.y)) {
                xs.include(point.x);
                ys.include(point.y);
            }
        }
    }
    for (const auto& [axis, range] : {std::pair{&x, &xs}, {&y, &ys}}) {
        if (axis->from && !range->empty() && range->takes(*axis->from)) {
            range->include(*axis->from);
        }
    }
    double left = 40;
    const Scale probe{y.kind, ys.low(), ys.high(), 0, 1};
    for (const double tick : probe.ticks(6)) {
        left = std::max(left, 16 + width_of(y.text(tick)));
    }
    const Plot plot{left,
                    kBottom,
                    x,
                    y,
                    Scale{x.kind, xs.low(), xs.high(), left, kRight},
                    Scale{y.kind, ys.low(), ys.high(), kBottom - 6, kTop + 6}};
    Element body{"g"};
    Legend legend{left, kBottom + 58};
    draw_axes(body, plot);
    for (std::size_t i = 0; i < series.size(); ++i) {
        draw_series(body, plot, series[i], i);
        legend.add(body, i, series[i].name);
    }
    if (xs.empty()) {
        body.add(svg::text((left + kRight) / 2, kBottom / 2, "no figures").set("class", "middle"));
    }
    Element drawing = svg::drawing(kWidth, legend.bottom(), title);
    drawing.add(svg::text(8, 18, fmt::format("{}: {}", title, y.name)).set("class", "head"));
    return drawing.add(body);
}

Element bar_chart(const std::string& title, const Axis& axis, std::span<const Bar> bars,
                  std::span<const std::string> groups) {
    constexpr double kStep = 22;
    Range range{axis.kind};
    double left = 40;
    double beside = 0;
    for (const Bar& bar : bars) {
        left = std::max(left, 16 + 1.1 * width_of(bar.name));
        beside = std::max(beside, 12 + 1.1 * width_of(axis.text(bar.value) + "  " + bar.told));
        if (range.takes(bar.value)) {
            range.include(bar.value);
        }
    }
    const double low = axis.kind == Scale::Kind::linear
                           ? 0
                           : std::pow(10, std::floor(std::log10(range.low()) - 0.05));
    const Scale scale{axis.kind, low, range.high(), left, std::max(left + 60, kRight - beside)};
    const double bottom = kTop + kStep * static_cast<double>(bars.size()) + 6;
    Element body{"g"};
    for (const double tick : scale.ticks(5)) {
        const double at = scale.at(tick);
        body.add(svg::line(at, kTop, at, bottom).set("class", "grid"));
        body.add(svg::text(at, bottom + 14, axis.text(tick)).set("class", "middle quiet"));
    }
    double y = kTop + 4;
    for (const Bar& bar : bars) {
        body.add(svg::text(left - 8, y + 13, bar.name).set("class", "end"));
        const double end = range.takes(bar.value) ? scale.at(bar.value) : left;
        body.add(svg::rect(left, y, std::max(end - left, 1.0), kStep - 6)
                     .set("fill", colour(bar.colour))
                     .title(fmt::format("{}: {}", bar.name, axis.text(bar.value))));
        body.add(svg::text(end + 6, y + 13, axis.text(bar.value)));
        if (!bar.told.empty()) {
            body.add(svg::text(end + 12 + 1.1 * width_of(axis.text(bar.value)), y + 13, bar.told)
                         .set("class", "quiet"));
        }
        y += kStep;
    }
    Legend legend{left, bottom + 38};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        legend.add(body, i, groups[i]);
    }
    Element drawing = svg::drawing(kWidth, legend.bottom(), title);
    drawing.add(svg::text(8, 18, fmt::format("{}: {}", title, axis.name)).set("class", "head"));
    return drawing.add(body);
}

}  // namespace shunt::perf
