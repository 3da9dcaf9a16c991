// SPDX-License-Identifier: MIT
//
// Whether a text is well-formed XML, as far as this project writes it: elements, attributes,
// character data, the five entities and numbers, a declaration and a DOCTYPE before the root.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::perf_test {

class Xml {
public:
    /// Success, or where and why it is none.
    [[nodiscard]] static testing::AssertionResult well_formed(std::string_view text) {
        Xml xml{text};
        const bool good = xml.document();
        return good ? testing::AssertionSuccess()
                    : testing::AssertionFailure()
                          << "at byte " << xml.at_ << ", "
                          << text.substr(xml.at_ < 40 ? 0 : xml.at_ - 40, 80);
    }

private:
    explicit Xml(std::string_view text) : text_{text} {}

    [[nodiscard]] bool has(std::string_view part) const {
        return text_.substr(at_).starts_with(part);
    }
    void space() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
            ++at_;
        }
    }
    std::string name() {
        const std::size_t begin = at_;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-' ||
                text_[at_] == '_' || text_[at_] == ':')) {
            ++at_;
        }
        return std::string{text_.substr(begin, at_ - begin)};
    }
    // Up to `end`, with nothing in it that is markup.
    bool characters(char end) {
        while (at_ < text_.size() && text_[at_] != end) {
            if (text_[at_] == '<') {
                return false;
            }
            if (text_[at_] == '&') {
                const std::size_t semicolon = text_.find(';', at_);
                const std::string_view entity = text_.substr(at_, semicolon - at_);
                static const std::set<std::string_view> kKnown{"&amp", "&lt", "&gt", "&quot",
                                                               "&#39"};
                if (semicolon == std::string_view::npos || !kKnown.contains(entity)) {
                    return false;
                }
                at_ = semicolon;
            }
            ++at_;
        }
        return at_ < text_.size();
    }
    bool attributes() {
        std::set<std::string> seen;
        for (space(); at_ < text_.size() && !has(">") && !has("/"); space()) {
            const std::string attribute = name();
            if (attribute.empty() || !seen.insert(attribute).second || !has("=\"")) {
                return false;
            }
            at_ += 2;
            if (!characters('"')) {
                return false;
            }
            ++at_;
        }
        return at_ < text_.size();
    }
    bool document() {
        if (has("<?xml")) {
            at_ = text_.find("?>") + 2;
        }
        space();
        if (has("<!DOCTYPE")) {
            at_ = text_.find('>') + 1;
        }
        space();
        std::vector<std::string> open;
        do {
            if (!has("<")) {
                return false;
            }
            ++at_;
            const bool closing = has("/");
            at_ += closing ? 1 : 0;
            const std::string tag = name();
            if (tag.empty() || !attributes()) {
                return false;
            }
            const bool empty = has("/>");
            at_ += empty ? 2 : 1;
            if (closing) {
                if (open.empty() || open.back() != tag) {
                    return false;
                }
                open.pop_back();
            } else if (!empty) {
                open.push_back(tag);
            }
        } while (!open.empty() && characters('<'));
        space();
        return open.empty() && at_ == text_.size();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// How often a part stands in a text.
[[nodiscard]] inline std::size_t count(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) {
        ++n;
    }
    return n;
}

}  // namespace shunt::perf_test
