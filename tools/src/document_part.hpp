// SPDX-License-Identifier: MIT
//
// A value in a document that somebody else wrote, and where in it that is. What is asked of it and
// is not so is Damaged, with the path: ".result.cpus[3].cpu is no count".
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shunt::tools {

class Damaged : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Part {
public:
    /// `value` lives as long as the part, and those that come of it.
    explicit Part(const nlohmann::json& value, std::string path = {})
        : value_{&value}, path_{std::move(path)} {}

    [[nodiscard]] const nlohmann::json& value() const noexcept { return *value_; }

    [[nodiscard]] Part at(const std::string& key) const;
    /// Nothing where there is none, or null.
    [[nodiscard]] std::optional<Part> find(const std::string& key) const;
    [[nodiscard]] std::vector<std::pair<std::string, Part>> members() const;
    [[nodiscard]] std::vector<Part> items() const;

    [[nodiscard]] double number() const;
    /// A number of things, or an address or time without a part: 0 or more.
    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] bool flag() const;
    [[nodiscard]] std::string text() const;

    /// Of the member `key`; nothing, or what is given, where there is none, or null.
    [[nodiscard]] std::optional<double> number(const std::string& key) const;
    [[nodiscard]] std::optional<std::uint64_t> count(const std::string& key) const;
    [[nodiscard]] bool flag(const std::string& key, bool otherwise) const;
    [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise) const;
    [[nodiscard]] std::vector<std::pair<std::string, Part>> members(const std::string& key) const;
    [[nodiscard]] std::vector<Part> items(const std::string& key) const;

    /// `what`: "is no time".
    [[noreturn]] void refuse(const std::string& what) const;

private:
    [[nodiscard]] Part member(const std::string& key, const nlohmann::json& value) const;

    const nlohmann::json* value_;
    std::string path_;
};

}  // namespace shunt::tools
