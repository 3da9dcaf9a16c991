// SPDX-License-Identifier: MIT
#include <shunt_perf/svg.hpp>

#include "unit/perf/xml.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace shunt::perf::svg {
namespace {

using perf_test::Xml;
using namespace std::string_view_literals;

TEST(Xml, TellsWellFormedFromBroken) {
    for (const char* good : {"<a/>", "<a b=\"1\">x &amp; y</a>\n", "<!DOCTYPE html>\n<a><b/>t</a>",
                             "<?xml version=\"1.0\"?>\n<a/>"}) {
        EXPECT_TRUE(Xml::well_formed(good)) << good;
    }
    for (const char* bad : {"", "<a>", "<a></b>", "<a b=\"1\" b=\"2\"/>", "<a>&nbsp;</a>",
                            "<a>&</a>", "<a b=1/>", "<a b=\"<\"/>", "<a/><b/>", "text"}) {
        EXPECT_FALSE(Xml::well_formed(bad)) << bad;
    }
}

TEST(Svg, EscapesMarkup) {
    EXPECT_EQ(escaped("<a href=\"x\">'&'</a>"),
              "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(Svg, KeepsUtf8AndReplacesWhatIsNone) {
    EXPECT_EQ(escaped("µs — 日本 \U0001F600"), "µs — 日本 \U0001F600");
    for (const std::string_view bad :
         {"\xFF"sv, "\xC3"sv, "\xC0\x80"sv, "\xE0\x80\x80"sv, "\x01"sv, "\0"sv, "\x1B"sv}) {
        EXPECT_NE(escaped(bad).find("\xEF\xBF\xBD"), std::string::npos);
        EXPECT_EQ(escaped(bad).find(bad), std::string::npos);
    }
    EXPECT_EQ(escaped("\xED\xA0\x80").find("\xED"), std::string::npos);          // a surrogate
    EXPECT_EQ(escaped("\xEF\xBF\xBF"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // no character
}

TEST(Svg, WritesNumbersShort) {
    EXPECT_EQ(number(12), "12");
    EXPECT_EQ(number(0.5), "0.5");
    EXPECT_EQ(number(1.0 / 3), "0.33");
    EXPECT_EQ(number(-0.001), "0");
    EXPECT_EQ(number(100), "100");
}

TEST(Svg, WritesDurationsWithThreeDigitsAndTheirUnit) {
    EXPECT_EQ(duration_text(0), "0 ns");
    EXPECT_EQ(duration_text(23.45), "23.4 ns");
    EXPECT_EQ(duration_text(999.4), "999 ns");
    EXPECT_EQ(duration_text(999.6), "1 us");
    EXPECT_EQ(duration_text(1250), "1.25 us");
    EXPECT_EQ(duration_text(18.2e6), "18.2 ms");
    EXPECT_EQ(duration_text(2e9), "2 s");
    EXPECT_EQ(duration_text(4321e9), "4321 s");
}

TEST(Svg, AnElementHoldsAttributesTextAndOthers) {
    Element group{"g"};
    group.set("class", "a\"b").add(rect(1, 2.5, 3, 4).title("<&>")).write("x");
    EXPECT_EQ(group.text(),
              "<g class=\"a&quot;b\"><rect x=\"1\" y=\"2.5\" width=\"3\" height=\"4\">"
              "<title>&lt;&amp;&gt;</title>\n</rect>\nx</g>\n");
}

TEST(Svg, AFileAndAPageAreWellFormedAndHoldEverything) {
    Element chart = drawing(100, 50, "a <chart> & \"more\"");
    chart.add(text(1, 2, "<script>alert('x')</script>").set("class", "middle"));
    chart.add(line(0, 0, 1, 1));
    EXPECT_TRUE(Xml::well_formed(file_of(chart)));
    const std::string page = page_of("<title>", std::vector<std::string>{"one & two", "three"},
                                     std::vector<Element>{chart, chart});
    EXPECT_TRUE(Xml::well_formed(page));
    for (const std::string& text : {file_of(chart), page}) {
        EXPECT_EQ(text.find("<script"), std::string::npos);
        EXPECT_NE(text.find("prefers-color-scheme:dark"), std::string::npos);
        EXPECT_EQ(text.find("url("), std::string::npos);
        EXPECT_EQ(text.find("href"), std::string::npos);
    }
}

TEST(Svg, TheStyleReadsTheSameAsTextAndAsMarkup) {
    EXPECT_EQ(escaped(style()), style());
}

TEST(Heat, GetsEverLighterSoThatItsOrderIsSeenWithoutColour) {
    double before = -1;
    for (int i = 0; i <= 100; ++i) {
        const Colour colour = heat(i / 100.0);
        const double grey = 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue;
        EXPECT_GT(grey, before) << i;
        before = grey;
    }
    EXPECT_EQ(heat(-1).text(), "#440154");
    EXPECT_EQ(heat(2).text(), "#fde725");
    EXPECT_TRUE(heat(0).dark());
    EXPECT_FALSE(heat(1).dark());
}

TEST(Page, WhatIsEmptyIsClosedForAReaderOfHtmlToo) {
    const std::string page = page_of("", "", Element{"body"}.add(Element{"code"}));
    EXPECT_NE(page.find("<title></title>"), std::string::npos);
    EXPECT_NE(page.find("<code></code>"), std::string::npos);
    EXPECT_NE(rect(0, 0, 1, 1).text().find("/>"), std::string::npos);
}

TEST(Scale, PutsValuesBetweenItsEnds) {
    const Scale linear{Scale::Kind::linear, 10, 20, 100, 0};
    EXPECT_DOUBLE_EQ(linear.at(10), 100);
    EXPECT_DOUBLE_EQ(linear.at(15), 50);
    EXPECT_DOUBLE_EQ(linear.at(99), 0);
    const Scale log{Scale::Kind::logarithmic, 1, 100, 0, 1};
    EXPECT_DOUBLE_EQ(log.at(10), 0.5);
    EXPECT_DOUBLE_EQ(log.at(0), 0);
    const Scale one{Scale::Kind::linear, 5, 5, 0, 1};
    EXPECT_DOUBLE_EQ(one.at(5), 0);
}

TEST(Scale, TicksAreRoundAndWithin) {
    using Ticks = std::vector<double>;
    EXPECT_EQ((Scale{Scale::Kind::linear, 0, 10, 0, 1}.ticks(5)), (Ticks{0, 2, 4, 6, 8, 10}));
    EXPECT_EQ((Scale{Scale::Kind::linear, 3, 27, 0, 1}.ticks(5)), (Ticks{5, 10, 15, 20, 25}));
    EXPECT_EQ((Scale{Scale::Kind::logarithmic, 500, 2e6, 0, 1}.ticks(6)),
              (Ticks{1e3, 1e4, 1e5, 1e6}));
    EXPECT_EQ((Scale{Scale::Kind::logarithmic, 1, 100, 0, 1}.ticks(6)),
              (Ticks{1, 2, 5, 10, 20, 50, 100}));
    EXPECT_EQ((Scale{Scale::Kind::logarithmic, 251, 268, 0, 1}.ticks(4)), (Ticks{255, 260, 265}));
}

TEST(Scale, HasFewTicksHoweverFarItsEndsAre) {
    const double inf = std::numeric_limits<double>::infinity();
    for (const Scale::Kind kind : {Scale::Kind::linear, Scale::Kind::logarithmic}) {
        for (const auto& [low, high] :
             {std::pair{1e17, 1e17 + 16}, {-1e308, 1e308}, {1.0, inf}, {1e300, 1e300}}) {
            const Scale scale{kind, low, high, 0, 1};
            EXPECT_LE(scale.ticks(6).size(), 13u) << low << " " << high;
            EXPECT_GE(scale.share(high), 0);
            EXPECT_LE(scale.share(high), 1);
        }
    }
}

}  // namespace
}  // namespace shunt::perf::svg
