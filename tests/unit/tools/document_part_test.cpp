// SPDX-License-Identifier: MIT
#include "tools/src/document_part.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::tools {
namespace {

using nlohmann::json;

template <class Ask>
std::string damage(Ask&& ask) {
    try {
        ask();
    } catch (const Damaged& damaged) {
        return damaged.what();
    }
    return "none";
}

TEST(DocumentPart, WhatIsThereIsGiven) {
    const json document{{"a", json::array({1, 2.5})}, {"b", {{"c", "text"}, {"d", true}}}};
    const Part all{document};
    EXPECT_EQ(all.at("a").items().at(0).count(), 1u);
    EXPECT_EQ(all.at("a").items().at(1).number(), 2.5);
    EXPECT_EQ(all.at("b").text("c", ""), "text");
    EXPECT_TRUE(all.at("b").flag("d", false));
    EXPECT_EQ(all.members().size(), 2u);
    EXPECT_EQ(all.members("b").at(0).first, "c");
}

TEST(DocumentPart, WhatIsNotThereOrNullIsNothing) {
    const json document{{"null", nullptr}};
    const Part all{document};
    for (const char* const key : {"null", "none"}) {
        EXPECT_FALSE(all.find(key));
        EXPECT_FALSE(all.number(key));
        EXPECT_FALSE(all.count(key));
        EXPECT_EQ(all.text(key, "-"), "-");
        EXPECT_TRUE(all.flag(key, true));
        EXPECT_TRUE(all.items(key).empty());
        EXPECT_TRUE(all.members(key).empty());
    }
}

TEST(DocumentPart, WhatIsDamagedIsNamedWithItsPath) {
    const json document{{"a", json::array({{{"b", "x"}}, nullptr})}, {"n", -1}, {"half", 0.5}};
    const Part all{document};
    const Part b = all.at("a").items().at(0).at("b");
    EXPECT_EQ(damage([&] { (void)b.number(); }), ".a[0].b is no number");
    EXPECT_EQ(damage([&] { (void)b.count(); }), ".a[0].b is no count");
    EXPECT_EQ(damage([&] { (void)b.flag(); }), ".a[0].b is neither true nor false");
    EXPECT_EQ(damage([&] { (void)b.items(); }), ".a[0].b is no array");
    EXPECT_EQ(damage([&] { (void)b.members(); }), ".a[0].b is no object");
    EXPECT_EQ(damage([&] { (void)b.find("c"); }), ".a[0].b is no object");
    EXPECT_EQ(damage([&] { (void)all.at("n").text(); }), ".n is no text");
    EXPECT_EQ(damage([&] { (void)all.count("n"); }), ".n is no count");
    EXPECT_EQ(damage([&] { (void)all.count("half"); }), ".half is no count");
    EXPECT_EQ(damage([&] { (void)all.at("none"); }), ".none is not there");
    EXPECT_EQ(damage([&] { (void)Part{json(7)}.at("none"); }), "all of it is no object");
    const json null{{"a", nullptr}};
    EXPECT_EQ(damage([&] { (void)Part{null}.at("a"); }), ".a is null");
}

}  // namespace
}  // namespace shunt::tools
