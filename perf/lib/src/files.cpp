// SPDX-License-Identifier: MIT
#include "files.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

namespace shunt::perf {

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) {
        text.pop_back();
    }
    return text;
}

std::optional<int> read_int(const std::filesystem::path& path) {
    const std::string text = read_text(path);
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::string field_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.starts_with(key)) {
            continue;
        }
        const std::size_t colon = line.find(':');
        const std::size_t after = line.find_first_not_of(" \t", key.size());
        if (colon == std::string_view::npos || after != colon) {
            continue;
        }
        const std::size_t value = line.find_first_not_of(" \t", colon + 1);
        return value == std::string_view::npos ? std::string{} : std::string{line.substr(value)};
    }
    return {};
}

std::string cpuinfo_field(std::string_view key) {
    return field_of(read_text("/proc/cpuinfo"), key);
}

}  // namespace shunt::perf
