// SPDX-License-Identifier: MIT
#include <shunt_perf/heat_map.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace shunt::perf {

namespace {

constexpr double kTop = 62;      // title and subtitle
constexpr double kLetter = 7.2;  // width of one, about
constexpr double kSmallLetter = 6.4;
constexpr double kLine = 12;   // height of small print
constexpr double kRoomy = 30;  // a cell of that size has its number in it
constexpr double kGap = 6;     // between two clusters
constexpr double kStrongGap = 12;
constexpr double kLegendHeight = 60;
constexpr double kLeastWidth = 420;  // the title has room

double cell_size(std::size_t n) {
    return std::clamp(std::floor(900.0 / static_cast<double>(std::max<std::size_t>(n, 1))), 3.0,
                      48.0);
}

std::string figure_text(double figure) {
    return fmt::format("{:.{}f}", figure, figure >= 100 ? 0 : figure >= 10 ? 1 : 2);
}

class Drawing {
public:
    explicit Drawing(const HeatMap& map)
        : map_{map}, n_{map.labels.size()}, cell_{cell_size(n_)}, scale_{scale_of(map)} {
        double at = 0;
        std::size_t next = 0;
        for (std::size_t i = 0; i < n_; ++i) {
            if (next < map.clusters.size() && map.clusters[next].first == i) {
                at += i == 0 ? 0 : map.clusters[next].strong ? kStrongGap : kGap;
                ++next;
            }
            places_.push_back(at);
            at += cell_;
        }
        side_ = at;
        std::size_t longest = map.row_name.size();
        for (const std::string& label : map.labels) {
            longest = std::max(longest, label.size());
        }
        left_ = 24 + kLetter * static_cast<double>(longest);
        std::size_t name = 0;
        for (const HeatMap::Cluster& cluster : map.clusters) {
            name = std::max(name, cluster.name.size());
        }
        right_ = 16 + kLetter * static_cast<double>(name);
        top_ = kTop + 36;
    }

    [[nodiscard]] svg::Element draw() const {
        const double small_print = 20 + kSmallLetter * static_cast<double>(map_.subtitle.size());
        const double width = std::max({left_ + side_ + right_, small_print, kLeastWidth});
        svg::Element root = svg::drawing(width, top_ + side_ + kLegendHeight + 10, map_.title);
        root.add(svg::text(10, 22, map_.title).set("class", "head"));
        root.add(svg::text(10, 42, map_.subtitle).set("class", "quiet"));
        add_labels(root);
        add_cells(root);
        add_clusters(root);
        add_legend(root);
        return root;
    }

private:
    static svg::Scale scale_of(const HeatMap& map) {
        double low = 0;
        double high = 0;
        bool any = false;
        for (const auto& figure : map.figures) {
            if (figure) {
                low = any ? std::min(low, *figure) : *figure;
                high = any ? std::max(high, *figure) : *figure;
                any = true;
            }
        }
        const bool wide = low > 0 && high > 5 * low;
        // Figures that are nearly alike have colours that are.
        high = std::max(high, 1.25 * low);
        return {wide ? svg::Scale::Kind::logarithmic : svg::Scale::Kind::linear, low, high, 0, 1};
    }
    [[nodiscard]] std::string with_unit(double figure) const {
        return figure_text(figure) + " " + map_.unit;
    }

    void add_labels(svg::Element& root) const {
        root.add(
            svg::text(left_ + side_ / 2, top_ - 24, map_.column_name).set("class", "middle quiet"));
        root.add(svg::text(left_ - 8, top_ - 24, map_.row_name).set("class", "end quiet"));
        // As many as there is room for.
        std::size_t longest = 0;
        for (const std::string& label : map_.labels) {
            longest = std::max(longest, label.size());
        }
        const auto every = [&](double room) {
            return static_cast<std::size_t>(std::ceil(room / cell_));
        };
        const std::size_t rows = every(13);
        const std::size_t columns = every(kLetter * static_cast<double>(longest) + 4);
        for (std::size_t i = 0; i < n_; ++i) {
            const double middle = places_[i] + cell_ / 2;
            if (i % rows == 0) {
                root.add(
                    svg::text(left_ - 8, top_ + middle + 4, map_.labels[i]).set("class", "end"));
            }
            if (i % columns == 0) {
                root.add(
                    svg::text(left_ + middle, top_ - 8, map_.labels[i]).set("class", "middle"));
            }
        }
    }

    void add_cells(svg::Element& root) const {
        const double seam = cell_ >= 10 ? 1 : 0;
        for (std::size_t row = 0; row < n_; ++row) {
            for (std::size_t column = 0; column < n_; ++column) {
                const auto& figure = map_.figures[row * n_ + column];
                const double x = left_ + places_[column];
                const double y = top_ + places_[row];
                svg::Element cell = svg::rect(x, y, cell_ - seam, cell_ - seam);
                if (!figure) {
                    root.add(cell.set("fill", "var(--shunt-faint)").set("fill-opacity", 0.5));
                    continue;
                }
                const svg::Colour colour = svg::heat(scale_.share(*figure));
                root.add(cell.set("fill", colour.text())
                             .title(map_.row_name + " " + map_.labels[row] + ", " +
                                    map_.column_name + " " + map_.labels[column] + ": " +
                                    with_unit(*figure)));
                if (cell_ >= kRoomy) {
                    root.add(
                        svg::text(x + cell_ / 2, y + cell_ / 2 + 4, figure_text(*figure))
                            .set("class", colour.dark() ? "middle on-dark" : "middle on-light"));
                }
            }
        }
    }

    void add_clusters(svg::Element& root) const {
        double free_from = 0;  // names that would touch are left out
        for (std::size_t i = 0; i < map_.clusters.size(); ++i) {
            const HeatMap::Cluster& cluster = map_.clusters[i];
            const std::size_t end = i + 1 < map_.clusters.size() ? map_.clusters[i + 1].first : n_;
            const double begin = places_[cluster.first];
            const double middle = (begin + places_[end - 1] + cell_) / 2;
            if (middle >= free_from) {
                root.add(svg::text(left_ + side_ + 8, top_ + middle + 4, cluster.name)
                             .set("class", "quiet"));
                free_from = middle + kLine;
            }
            if (i == 0) {
                continue;
            }
            const double at = begin - (cluster.strong ? kStrongGap : kGap) / 2 - 0.5;
            const double thick = cluster.strong ? 2.5 : 1;
            root.add(svg::line(left_ + at, top_ - 4, left_ + at, top_ + side_)
                         .set("style", fmt::format("stroke-width:{}", svg::number(thick))));
            root.add(svg::line(left_ - 4, top_ + at, left_ + side_, top_ + at)
                         .set("style", fmt::format("stroke-width:{}", svg::number(thick))));
        }
    }

    void add_legend(svg::Element& root) const {
        constexpr int kSteps = 64;
        const double y = top_ + side_ + 20;
        const double length = std::clamp(side_, 240.0, 400.0);
        for (int i = 0; i < kSteps; ++i) {
            root.add(svg::rect(left_ + length * i / kSteps, y, length / kSteps + 0.5, 12)
                         .set("fill", svg::heat((i + 0.5) / kSteps).text()));
        }
        for (const double tick : scale_.ticks(6)) {
            const double x = left_ + length * scale_.share(tick);
            root.add(svg::line(x, y + 12, x, y + 16));
            root.add(svg::text(x, y + 30, svg::number(tick)).set("class", "middle"));
        }
        root.add(svg::text(left_ + length + 24, y + 11, map_.unit));
    }

    const HeatMap& map_;
    std::size_t n_;
    double cell_;
    svg::Scale scale_;
    std::vector<double> places_;
    double side_ = 0;
    double left_ = 0;
    double right_ = 0;
    double top_ = 0;
};

}  // namespace

svg::Element draw(const HeatMap& map) {
    return Drawing{map}.draw();
}

}  // namespace shunt::perf
