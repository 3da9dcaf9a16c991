// SPDX-License-Identifier: MIT
//
// Pages of documents, and what becomes of them where a document is damaged in one place: a page
// that is XML, or a refusal that says what is wrong.
#pragma once

#include "tools/src/command.hpp"
#include "tools/src/report_input.hpp"
#include "tools/src/report_page.hpp"
#include "unit/perf/xml.hpp"
#include "unit/tools/memory_file.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::tools {

inline Measured read_text(const std::string& text) {
    const MemoryFile file{text};
    return read_measured(file.path());
}

/// A page of it, which is XML and needs nothing else.
inline std::string page_of(const nlohmann::json& document) {
    const Measured measured = read_text(document.dump());
    std::string page = report_page("t", {&measured, 1});
    EXPECT_TRUE(perf_test::Xml::well_formed(page));
    // Names of XML, and the document itself, are all the addresses there are.
    EXPECT_EQ(page.find("http://www.w3.org/1999/xhtml"), page.find("http://"));
    for (const char* part : {"<script", "https://", "src=", "\"nan\"", "\"inf\"", "\"-nan\""}) {
        EXPECT_EQ(page.find(part), std::string::npos) << part;
    }
    return page;
}

/// What the page of that text is refused with.
inline std::string refusal_of(const std::string& text) {
    try {
        const Measured measured = read_text(text);
        (void)report_page("t", {&measured, 1});
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.exit(), Exit::integrity);
        return failure.what();
    }
    ADD_FAILURE() << "it was taken: " << text;
    return {};
}

/// The place of every value in it, itself left out.
inline void add_places(std::vector<std::string>& to, const nlohmann::json& in,
                       const std::string& at = "") {
    if (!at.empty()) {
        to.push_back(at);
    }
    std::size_t i = 0;
    if (!in.is_structured()) {
        return;
    }
    for (const auto& [key, value] : in.items()) {
        add_places(to, value, at + "/" + (in.is_array() ? std::to_string(i++) : key));
    }
}

/// Takes each value of it away, and puts others in its place, one at a time.
inline void expect_a_page_or_a_refusal_of_each_damage(const nlohmann::json& whole) {
    using nlohmann::json;
    std::vector<std::string> places;
    for (const auto& [key, value] : whole.items()) {
        if (value.is_structured()) {
            add_places(places, value, "/" + key);
        }
    }
    const json others[] = {
        "text", nullptr, -1, 1e308, true, json::array(), json::object(), json::array({1, nullptr})};
    const auto look = [](const json& document, const std::string& at) {
        try {
            (void)page_of(document);
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.exit(), Exit::integrity) << at;
            EXPECT_NE(std::string{failure.what()}.find(": "), std::string::npos) << at;
        }
    };
    for (const std::string& place : places) {
        look(whole.patch({{{"op", "remove"}, {"path", place}}}), "without " + place);
        for (const json& other : others) {
            json document = whole;
            document[json::json_pointer(place)] = other;
            look(document, place + " = " + other.dump());
        }
        if (testing::Test::HasFailure()) {
            FAIL() << "damage of " << place;
        }
    }
}

}  // namespace shunt::tools
