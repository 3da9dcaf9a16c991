// SPDX-License-Identifier: MIT
#include "quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace shunt::tools {

namespace {

constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};

// The power of two that a trailing K, M or G stands for.
std::optional<unsigned> shift_of(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    switch (text.back()) {
        case 'k':
        case 'K':
            return 10;
        case 'm':
        case 'M':
            return 20;
        case 'g':
        case 'G':
            return 30;
        default:
            return std::nullopt;
    }
}

template <class Number>
bool parse_all(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool is_finite_amount(double number) {
    return std::isfinite(number) && number >= 0;
}

}  // namespace

std::uint64_t parse_count(std::string_view text) {
    std::uint64_t number = 0;
    if (!parse_all(text, number)) {
        throw std::invalid_argument(fmt::format("'{}' is no whole number", text));
    }
    return number;
}

std::uint64_t parse_bytes(std::string_view text) {
    const std::optional<unsigned> shift = shift_of(text);
    const std::string_view digits = shift ? text.substr(0, text.size() - 1) : text;
    std::uint64_t number = 0;
    if (!parse_all(digits, number)) {
        throw std::invalid_argument(
            fmt::format("'{}' is no size: write 4096, 64K, 1M or 2G (powers of 1024)", text));
    }
    if (shift && number > std::numeric_limits<std::uint64_t>::max() >> *shift) {
        throw std::invalid_argument(fmt::format("'{}' is beyond 64 bits", text));
    }
    return number << shift.value_or(0);
}

Rate parse_rate(std::string_view text) {
    const std::optional<unsigned> shift = shift_of(text);
    const std::string_view digits = shift ? text.substr(0, text.size() - 1) : text;
    double number = 0;
    if (!parse_all(digits, number) || !is_finite_amount(number) || number == 0) {
        throw std::invalid_argument(fmt::format(
            "'{}' is no rate: write 1000 for messages/s, 500K, 10M or 1G for bytes/s", text));
    }
    return {std::ldexp(number, static_cast<int>(shift.value_or(0))), shift.has_value()};
}

double parse_message_rate(std::string_view text) {
    const std::optional<unsigned> shift = shift_of(text);
    const std::string_view digits = shift ? text.substr(0, text.size() - 1) : text;
    double number = 0;
    if (!parse_all(digits, number) || !is_finite_amount(number) || number == 0) {
        throw std::invalid_argument(fmt::format(
            "'{}' is no rate: write 1000, 250K, 1.5M or 1G messages/s (powers of 1000)", text));
    }
    return number * std::pow(1000.0, shift.value_or(0) / 10);
}

double parse_nanoseconds(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, double>, 4> kUnitNs{
        {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
    std::string_view digits = text;
    double unit = 1;
    for (const auto& [word, ns] : kUnitNs) {
        if (text.ends_with(word)) {
            unit = ns;
            digits.remove_suffix(word.size());
            break;
        }
    }
    double number = 0;
    if (!parse_all(digits, number) || !is_finite_amount(number) || number == 0) {
        throw std::invalid_argument(
            fmt::format("'{}' is no time: write 120, 120ns, 50us, 1ms or 1s", text));
    }
    return number * unit;
}

double parse_percent(std::string_view text) {
    double number = 0;
    if (!parse_all(text, number) || !is_finite_amount(number) || number == 0) {
        throw std::invalid_argument(fmt::format("'{}' is no percentage: write 80", text));
    }
    return number;
}

double parse_seconds(std::string_view text) {
    double number = 0;
    if (!parse_all(text, number) || !is_finite_amount(number) || number > 1e9) {
        throw std::invalid_argument(fmt::format("'{}' is no number of seconds", text));
    }
    return number;
}

std::chrono::seconds parse_duration(std::string_view text) {
    constexpr std::uint64_t kMost = std::uint64_t{10'000} * 86'400;
    constexpr std::array<std::pair<char, std::uint64_t>, 4> kUnitSeconds{
        {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}}};
    std::string_view digits = text;
    std::uint64_t unit = 1;
    for (const auto& [letter, seconds] : kUnitSeconds) {
        if (text.ends_with(letter)) {
            unit = seconds;
            digits.remove_suffix(1);
        }
    }
    std::uint64_t number = 0;
    if (!parse_all(digits, number) || number > kMost / unit) {
        throw std::invalid_argument(
            fmt::format("'{}' is no duration: write 90, 90s, 10m, 2h or 7d", text));
    }
    return std::chrono::seconds{number * unit};
}

std::string bytes_text(double bytes) {
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && bytes >= 1024) {
        bytes /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{:.0f} B", bytes)
                     : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string exact_bytes_text(std::uint64_t bytes) {
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{} {}", bytes, kUnits[unit]);
}

std::string count_text(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

std::string seconds_text(double seconds) {
    if (seconds < 0.9995) {
        return fmt::format("{:.0f} ms", seconds * 1e3);
    }
    return fmt::format("{:.1f} s", seconds);
}

}  // namespace shunt::tools
