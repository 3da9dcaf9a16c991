// SPDX-License-Identifier: MIT
//
// SVG by elements, and what every chart shares: escaped text, scales with round ticks, a colour
// scale that the colour-blind can read, one style for light and dark. A drawing is text that needs
// nothing else: no script, no font, no address outside itself. What is drawn is the charts' affair.
//
//   auto drawing = svg::drawing(200, 100, "Two cpus");
//   drawing.add(svg::rect(10, 10, 80, 40).set("fill", svg::heat(0.3).text()).title("cpu 0: 27
//   ns")); drawing.add(svg::text(50, 34, "27").set("class", "middle"));
//   write(svg::file_of(drawing));
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::perf::svg {

/// As it may stand in an element or an attribute: markup escaped; what XML does not allow, or is no
/// UTF-8, is U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);
/// At most two digits behind the point, none that say nothing: "12", "0.5".
[[nodiscard]] std::string number(double value);
/// "850 ns", "1.25 us", "18 ms", "2 s": three digits.
[[nodiscard]] std::string duration_text(double ns);

class Element {
public:
    /// `name` and the names of attributes are the caller's own words and not escaped.
    explicit Element(std::string_view name) : name_{name} {}

    Element& set(std::string_view name, std::string_view value);
    Element& set(std::string_view name, double value);
    /// Behind what is in it already.
    Element& add(const Element& child);
    Element& write(std::string_view text);
    /// What a pointer over it is told.
    Element& title(std::string_view text);

    [[nodiscard]] std::string text() const;

private:
    std::string name_;
    std::string attributes_;
    std::string content_;
};

/// The root of a drawing, in units of CSS pixels; it shrinks with the page, to four fifths, and
/// scrolls in a narrower one. `title` is what a screen reader says.
[[nodiscard]] Element drawing(double width, double height, std::string_view title);
[[nodiscard]] Element rect(double x, double y, double width, double height);
[[nodiscard]] Element line(double x1, double y1, double x2, double y2);
/// Classes: "middle" and "end" say where x is of it, "quiet" is small print, "head" a heading.
[[nodiscard]] Element text(double x, double y, std::string_view text);

/// CSS of all drawings, in light and in dark. Colours are variables: --shunt-paper, --shunt-ink,
/// --shunt-quiet (small print), --shunt-faint (grid lines), --shunt-1 to --shunt-6 (series).
[[nodiscard]] std::string_view style();
inline constexpr unsigned kSeriesColours = 6;

/// A drawing as a file of its own.
[[nodiscard]] std::string file_of(Element drawing);
/// A page (HTML that is also XML) of paragraphs and the drawings below them.
[[nodiscard]] std::string page_of(std::string_view title, std::span<const std::string> paragraphs,
                                  std::span<const Element> drawings);

/// A page with that body, which may hold drawings; `css` is of the rest.
[[nodiscard]] std::string page_of(std::string_view title, std::string_view css,
                                  const Element& body);

struct Colour {
    std::uint8_t red;
    std::uint8_t green;
    std::uint8_t blue;

    [[nodiscard]] std::string text() const;  // "#rrggbb"
    /// What is written on it is white; else black.
    [[nodiscard]] bool dark() const noexcept;
};

/// From dark blue (0) over green to yellow (1), ever lighter: the "viridis" of matplotlib by
/// Nathaniel Smith and Stéfan van der Walt, whose order also the colour-blind and a black-and-white
/// print keep.
[[nodiscard]] Colour heat(double share) noexcept;

/// Where values lie between two places.
class Scale {
public:
    enum class Kind { linear, logarithmic };

    /// `low` < `high`, above zero if logarithmic; where they are one value there is room made.
    Scale(Kind kind, double low, double high, double from, double to) noexcept;

    /// Values outside are put to the nearer end.
    [[nodiscard]] double at(double value) const noexcept;
    [[nodiscard]] double share(double value) const noexcept;  // 0 to 1
    /// Round values within, ascending: some `about` of them; if logarithmic, powers of ten, and
    /// 2 and 5 times those where there is room, unless fewer than two of these are within.
    [[nodiscard]] std::vector<double> ticks(unsigned about = 6) const;

private:
    [[nodiscard]] std::vector<double> even_ticks(unsigned about) const;

    Kind kind_;
    double low_;
    double high_;
    double from_;
    double to_;
};

}  // namespace shunt::perf::svg
