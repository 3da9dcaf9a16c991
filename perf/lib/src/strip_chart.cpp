// SPDX-License-Identifier: MIT
#include <shunt_perf/strip_chart.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

namespace shunt::perf {

namespace {

constexpr double kLeft = 128;
constexpr double kTop = 62;
constexpr double kWidth = 820;  // of a lane, and as many places
constexpr double kRight = 24;
constexpr double kBetween = 14;
constexpr double kBar = 2;

double lane_height(std::size_t lanes) {
    return std::clamp(480.0 / static_cast<double>(std::max<std::size_t>(lanes, 1)), 40.0, 150.0);
}

std::string colour_of(unsigned series) {
    return fmt::format("fill:var(--shunt-{})", series % svg::kSeriesColours + 1);
}

class Drawing {
public:
    explicit Drawing(const StripChart& chart)
        : chart_{chart},
          height_{lane_height(chart.lanes.size())},
          time_{svg::Scale::Kind::linear, 0, chart.length_s, kLeft, kLeft + kWidth},
          most_ns_{most_of(chart)} {}

    [[nodiscard]] svg::Element draw() const {
        const double bottom =
            kTop + static_cast<double>(chart_.lanes.size()) * (height_ + kBetween);
        svg::Element root = svg::drawing(kLeft + kWidth + kRight, bottom + 64, chart_.title);
        root.add(svg::text(10, 22, chart_.title).set("class", "head"));
        root.add(svg::text(10, 42, chart_.subtitle).set("class", "quiet"));
        double top = kTop;
        for (const StripChart::Lane& lane : chart_.lanes) {
            add_lane(root, lane, top);
            top += height_ + kBetween;
        }
        add_times(root, bottom - kBetween);
        add_legend(root, bottom + 44);
        return root;
    }

private:
    // The top of every lane: the power of ten above the longest mark.
    static double most_of(const StripChart& chart) {
        double most = chart.least_ns * 10;
        for (const StripChart::Lane& lane : chart.lanes) {
            for (const StripChart::Mark& mark : lane.marks) {
                most = std::max(most, mark.ns);
            }
        }
        return std::pow(10, std::ceil(std::log10(most) - 1e-9));
    }

    void add_lane(svg::Element& root, const StripChart::Lane& lane, double top) const {
        const double bottom = top + height_;
        const svg::Scale length{svg::Scale::Kind::logarithmic, chart_.least_ns, most_ns_, bottom,
                                top};
        root.add(svg::text(10, top + height_ / 2 + 4, lane.name));
        const auto room = static_cast<unsigned>(height_ / 16);
        for (const double tick : length.ticks(std::max(room, 2u))) {
            const double y = length.at(tick);
            root.add(svg::line(kLeft, y, kLeft + kWidth, y).set("class", "grid"));
            root.add(
                svg::text(kLeft - 8, y + 4, svg::duration_text(tick)).set("class", "end quiet"));
        }
        root.add(svg::line(kLeft, bottom, kLeft + kWidth, bottom));
        struct Place {
            const StripChart::Mark* longest;
            std::size_t marks;
        };
        std::map<long, Place> places;
        for (const StripChart::Mark& mark : lane.marks) {
            Place& place =
                places.try_emplace(std::lround(time_.at(mark.at_s) / kBar), Place{&mark, 0})
                    .first->second;
            place.longest = place.longest->ns < mark.ns ? &mark : place.longest;
            ++place.marks;
        }
        for (const auto& [at, place] : places) {
            const double y = std::min(length.at(place.longest->ns), bottom - 1);
            root.add(svg::rect(static_cast<double>(at) * kBar - kBar / 2, y, kBar, bottom - y)
                         .set("style", colour_of(place.longest->series))
                         .title(tip_of(lane, *place.longest, place.marks)));
        }
    }

    [[nodiscard]] std::string tip_of(const StripChart::Lane& lane, const StripChart::Mark& mark,
                                     std::size_t marks) const {
        std::string tip =
            fmt::format("{}, at {:.6f} s: {}", lane.name, mark.at_s, svg::duration_text(mark.ns));
        if (mark.series < chart_.series.size()) {
            tip += ", " + chart_.series[mark.series];
        }
        return marks == 1 ? tip : tip + fmt::format("; the longest of {}", marks);
    }

    void add_times(svg::Element& root, double bottom) const {
        for (const double tick : time_.ticks(10)) {
            const double x = time_.at(tick);
            root.add(svg::line(x, bottom, x, bottom + 5));
            root.add(svg::text(x, bottom + 18, tick > 0 ? svg::duration_text(tick * 1e9) : "0")
                         .set("class", "middle"));
        }
    }

    void add_legend(svg::Element& root, double y) const {
        constexpr double kLetter = 7.2;
        double x = kLeft;
        for (unsigned i = 0; i < chart_.series.size(); ++i) {
            root.add(svg::rect(x, y, 10, 10).set("style", colour_of(i)));
            root.add(svg::text(x + 15, y + 10, chart_.series[i]));
            x += 40 + kLetter * static_cast<double>(chart_.series[i].size());
        }
    }

    const StripChart& chart_;
    double height_;
    svg::Scale time_;
    double most_ns_;
};

}  // namespace

svg::Element draw(const StripChart& chart) {
    return Drawing{chart}.draw();
}

}  // namespace shunt::perf
