// SPDX-License-Identifier: MIT
#include <shunt_perf/svg.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace shunt::perf::svg {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the character at the front of `text`; 0: it is none of UTF-8, or none of XML.
std::size_t character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    }
    const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < bytes) {
        return 0;
    }
    std::uint32_t point = first & (0x7Fu >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0u) != 0x80u) {
            return 0;
        }
        point = point << 6 | (byte(i) & 0x3Fu);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    const bool none = surrogate || point == 0xFFFE || point == 0xFFFF || point > 0x10FFFF;
    return point < kLeast[bytes] || none ? 0 : bytes;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t bytes = character(text);
        switch (bytes == 1 ? text.front() : '\0') {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += bytes == 0 ? kReplacement : text.substr(0, bytes);
        }
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return out;
}

std::string number(double value) {
    std::string text = fmt::format("{:.2f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
        text.pop_back();
    }
    return text == "-0" ? "0" : text;
}

std::string duration_text(double ns) {
    constexpr std::array<std::string_view, 4> kUnits{"ns", "us", "ms", "s"};
    std::size_t unit = 0;
    // What rounds to 1000 of a unit is 1 of the next.
    for (; unit + 1 < kUnits.size() && ns >= 999.5; ++unit) {
        ns /= 1000;
    }
    return ns < 999.5 ? fmt::format("{:.3g} {}", ns, kUnits[unit])
                      : fmt::format("{:.0f} {}", ns, kUnits[unit]);
}

Element& Element::set(std::string_view name, std::string_view value) {
    attributes_ += fmt::format(" {}=\"{}\"", name, escaped(value));
    return *this;
}

Element& Element::set(std::string_view name, double value) {
    return set(name, std::string_view{number(value)});
}

Element& Element::add(const Element& child) {
    content_ += child.text();
    return *this;
}

Element& Element::write(std::string_view text) {
    content_ += escaped(text);
    return *this;
}

Element& Element::title(std::string_view text) {
    return add(Element{"title"}.write(text));
}

std::string Element::text() const {
    // A reader of HTML takes the empty tag of anything else for one that is not closed.
    constexpr std::array<std::string_view, 5> kEmpty{"rect", "line", "circle", "path", "meta"};
    const bool empty =
        content_.empty() && std::find(kEmpty.begin(), kEmpty.end(), name_) != kEmpty.end();
    return empty ? fmt::format("<{}{}/>\n", name_, attributes_)
                 : fmt::format("<{0}{1}>{2}</{0}>\n", name_, attributes_, content_);
}

Element drawing(double width, double height, std::string_view title) {
    constexpr double kLeastShare = 0.8;
    Element root{"svg"};
    root.set("xmlns", "http://www.w3.org/2000/svg")
        .set("class", "shunt")
        .set("role", "img")
        .set("width", width)
        .set("height", height)
        // On a telephone it scrolls rather than be too small to read.
        .set("style", fmt::format("min-width:{}px", number(width * kLeastShare)))
        .set("viewBox", fmt::format("0 0 {} {}", number(width), number(height)));
    root.title(title);
    return root;
}

Element rect(double x, double y, double width, double height) {
    Element element{"rect"};
    element.set("x", x).set("y", y).set("width", width).set("height", height);
    return element;
}

Element line(double x1, double y1, double x2, double y2) {
    Element element{"line"};
    element.set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2);
    return element;
}

Element text(double x, double y, std::string_view text) {
    Element element{"text"};
    element.set("x", x).set("y", y).write(text);
    return element;
}

// The series are Okabe and Ito's colours, darkened where the paper is white.
std::string_view style() {
    return R"(:root{color-scheme:light dark;
--shunt-paper:#ffffff;--shunt-ink:#1b1f24;--shunt-quiet:#59636e;--shunt-faint:#d9dee3;
--shunt-1:#0072b2;--shunt-2:#b34e00;--shunt-3:#007a5a;--shunt-4:#a14a82;--shunt-5:#7a6a00;
--shunt-6:#2b87c2}
@media (prefers-color-scheme:dark){:root{
--shunt-paper:#16191d;--shunt-ink:#e8eaed;--shunt-quiet:#a2abb5;--shunt-faint:#3a4149;
--shunt-1:#56b4e9;--shunt-2:#e69f00;--shunt-3:#2fc9a0;--shunt-4:#e08fc0;--shunt-5:#f0e442;
--shunt-6:#5f9fe0}}
svg.shunt{background:var(--shunt-paper);max-width:100%;height:auto}
svg.shunt text{fill:var(--shunt-ink);font:12px system-ui,sans-serif;
font-variant-numeric:tabular-nums}
svg.shunt .middle{text-anchor:middle}
svg.shunt .end{text-anchor:end}
svg.shunt .head{font-size:14px;font-weight:600}
svg.shunt .quiet{fill:var(--shunt-quiet);font-size:11px}
svg.shunt .on-dark{fill:#ffffff}
svg.shunt .on-light{fill:#000000}
svg.shunt line{stroke:var(--shunt-ink);stroke-width:1}
svg.shunt line.grid{stroke:var(--shunt-faint)}
)";
}

std::string file_of(Element drawing) {
    drawing.add(Element{"style"}.write(style()));
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + drawing.text();
}

std::string page_of(std::string_view title, std::span<const std::string> paragraphs,
                    std::span<const Element> drawings) {
    Element body{"body"};
    body.add(Element{"h1"}.write(title));
    for (const std::string& paragraph : paragraphs) {
        body.add(Element{"p"}.write(paragraph));
    }
    for (const Element& each : drawings) {
        body.add(Element{"figure"}.add(each));
    }
    return page_of(title, "", body);
}

std::string page_of(std::string_view title, std::string_view css, const Element& body) {
    Element head{"head"};
    head.add(Element{"meta"}.set("charset", "utf-8"));
    head.add(Element{"meta"}
                 .set("name", "viewport")
                 .set("content", "width=device-width, initial-scale=1"));
    head.add(Element{"title"}.write(title));
    // A style is raw text in HTML: it holds nothing that XML would have escaped.
    head.add(Element{"style"}
                 .write(style())
                 .write("body{background:var(--shunt-paper);color:var(--shunt-ink);"
                        "font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:75em;"
                        "padding:0 1em}figure{margin:1em 0;overflow-x:auto}")
                 .write(css));
    Element html{"html"};
    html.set("xmlns", "http://www.w3.org/1999/xhtml").set("lang", "en");
    return "<!DOCTYPE html>\n" + html.add(head).add(body).text();
}

std::string Colour::text() const {
    return fmt::format("#{:02x}{:02x}{:02x}", red, green, blue);
}

bool Colour::dark() const noexcept {
    // Relative luminance, by the W3C's formula; at 0.179 black and white are as well read.
    const auto linear = [](std::uint8_t channel) {
        const double share = channel / 255.0;
        return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) < 0.179;
}

Colour heat(double share) noexcept {
    constexpr std::array<Colour, 9> kStops{{{68, 1, 84},
                                            {71, 44, 122},
                                            {59, 81, 139},
                                            {44, 113, 142},
                                            {33, 144, 141},
                                            {39, 173, 129},
                                            {92, 200, 99},
                                            {170, 220, 50},
                                            {253, 231, 37}}};
    const double at = std::isnan(share) ? 0 : std::clamp(share, 0.0, 1.0) * (kStops.size() - 1);
    const std::size_t low = std::min(static_cast<std::size_t>(at), kStops.size() - 2);
    const double part = at - static_cast<double>(low);
    const auto mix = [&](std::uint8_t Colour::*channel) {
        return static_cast<std::uint8_t>(
            std::lround(kStops[low].*channel * (1 - part) + kStops[low + 1].*channel * part));
    };
    return {mix(&Colour::red), mix(&Colour::green), mix(&Colour::blue)};
}

// What lies farther out is drawn there: distance and ratio of two such are numbers.
constexpr double kFarthest = 1e280;

Scale::Scale(Kind kind, double low, double high, double from, double to) noexcept
    : kind_{kind},
      low_{std::clamp(low, -kFarthest, kFarthest)},
      high_{std::clamp(high, -kFarthest, kFarthest)},
      from_{from},
      to_{to} {
    if (kind_ == Kind::logarithmic) {
        low_ = std::max(low_, 1e-9);
        high_ = high_ > low_ ? high_ : low_ * 10;
    } else if (!(high_ > low_)) {
        high_ = low_ + std::max(1.0, std::abs(low_) * 1e-9);
    }
}

double Scale::share(double value) const noexcept {
    const double inside = std::clamp(value, low_, high_);
    return kind_ == Kind::linear ? (inside - low_) / (high_ - low_)
                                 : std::log(inside / low_) / std::log(high_ / low_);
}

double Scale::at(double value) const noexcept {
    return from_ + share(value) * (to_ - from_);
}

std::vector<double> Scale::ticks(unsigned about) const {
    constexpr double kSlack = 1 + 1e-9;
    if (kind_ == Kind::linear) {
        return even_ticks(about);
    }
    std::vector<double> ticks;
    const double decades = std::log10(high_ / low_);
    const double every = std::max(1.0, std::ceil(decades / about));
    const std::vector<double> steps =
        decades * 3 <= about ? std::vector<double>{1, 2, 5} : std::vector<double>{1};
    for (double power = std::floor(std::log10(low_)); std::pow(10, power) <= high_ * kSlack;
         power += every) {
        for (const double step : steps) {
            const double tick = step * std::pow(10, power);
            if (tick * kSlack >= low_ && tick <= high_ * kSlack) {
                ticks.push_back(tick);
            }
        }
    }
    return ticks.size() < 2 ? even_ticks(about) : ticks;
}

std::vector<double> Scale::even_ticks(unsigned about) const {
    const double rough = (high_ - low_) / std::max(about, 1u);
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double times = rough / power;
    const double step = power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
    const double first = std::ceil(low_ / step - 1e-9);
    std::vector<double> ticks;
    for (unsigned i = 0; i <= 2 * std::max(about, 1u); ++i) {
        if (const double tick = (first + i) * step + 0.0; tick <= high_ + step * 1e-9) {
            ticks.push_back(tick);
        }
    }
    return ticks;
}

}  // namespace shunt::perf::svg
