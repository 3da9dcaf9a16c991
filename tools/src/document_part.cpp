// SPDX-License-Identifier: MIT
#include "document_part.hpp"

#include <fmt/format.h>

#include <cmath>

namespace shunt::tools {

using nlohmann::json;

namespace {

// Numbers up to there are exact as a double.
constexpr double kMostExact = 9007199254740992.0;

}  // namespace

void Part::refuse(const std::string& what) const {
    throw Damaged(fmt::format("{} {}", path_.empty() ? "all of it" : path_, what));
}

Part Part::member(const std::string& key, const json& value) const {
    return Part{value, path_ + "." + key};
}

std::optional<Part> Part::find(const std::string& key) const {
    if (!value_->is_object()) {
        refuse("is no object");
    }
    const auto it = value_->find(key);
    return it == value_->end() || it->is_null() ? std::nullopt : std::optional(member(key, *it));
}

Part Part::at(const std::string& key) const {
    if (const auto part = find(key)) {
        return *part;
    }
    const auto it = value_->find(key);
    member(key, *value_).refuse(it == value_->end() ? "is not there" : "is null");
}

std::vector<std::pair<std::string, Part>> Part::members() const {
    if (!value_->is_object()) {
        refuse("is no object");
    }
    std::vector<std::pair<std::string, Part>> members;
    for (const auto& [key, value] : value_->items()) {
        members.emplace_back(key, member(key, value));
    }
    return members;
}

std::vector<Part> Part::items() const {
    if (!value_->is_array()) {
        refuse("is no array");
    }
    std::vector<Part> items;
    items.reserve(value_->size());
    for (const json& value : *value_) {
        items.push_back(Part{value, fmt::format("{}[{}]", path_, items.size())});
    }
    return items;
}

double Part::number() const {
    if (!value_->is_number()) {
        refuse("is no number");
    }
    return value_->get<double>();
}

std::uint64_t Part::count() const {
    if (!value_->is_number()) {
        refuse("is no count");
    }
    if (value_->is_number_unsigned()) {
        return value_->get<std::uint64_t>();
    }
    const double value = value_->get<double>();
    if (!(value >= 0 && value <= kMostExact) || value != std::floor(value)) {
        refuse("is no count");
    }
    return static_cast<std::uint64_t>(value);
}

bool Part::flag() const {
    if (!value_->is_boolean()) {
        refuse("is neither true nor false");
    }
    return value_->get<bool>();
}

std::string Part::text() const {
    if (!value_->is_string()) {
        refuse("is no text");
    }
    return value_->get<std::string>();
}

std::optional<double> Part::number(const std::string& key) const {
    const auto part = find(key);
    return part ? std::optional(part->number()) : std::nullopt;
}

std::optional<std::uint64_t> Part::count(const std::string& key) const {
    const auto part = find(key);
    return part ? std::optional(part->count()) : std::nullopt;
}

bool Part::flag(const std::string& key, bool otherwise) const {
    const auto part = find(key);
    return part ? part->flag() : otherwise;
}

std::string Part::text(const std::string& key, const std::string& otherwise) const {
    const auto part = find(key);
    return part ? part->text() : otherwise;
}

std::vector<std::pair<std::string, Part>> Part::members(const std::string& key) const {
    const auto part = find(key);
    return part ? part->members() : std::vector<std::pair<std::string, Part>>{};
}

std::vector<Part> Part::items(const std::string& key) const {
    const auto part = find(key);
    return part ? part->items() : std::vector<Part>{};
}

}  // namespace shunt::tools
