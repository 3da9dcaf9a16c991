// SPDX-License-Identifier: MIT
#include "text.hpp"

#include <shunt/allocators/file.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <optional>
#include <system_error>

namespace shunt::detail {

std::string size_text(std::uint64_t bytes) {
    constexpr const char* kUnits[] = {" bytes", " KiB", " MiB", " GiB", " TiB"};
    std::size_t unit = 0;
    std::uint64_t scale = 1;
    while (unit + 1 < std::size(kUnits) && bytes / scale >= 1024) {
        scale *= 1024;
        ++unit;
    }
    std::string text = std::to_string(bytes / scale);
    if (const std::uint64_t tenths = bytes % scale * 10 / scale; tenths != 0) {
        text += "." + std::to_string(tenths);
    }
    return text + kUnits[unit];
}

std::string pages_text(std::uint64_t pages, std::uint64_t page_bytes) {
    return std::to_string(pages) + " x " + size_text(page_bytes) + " pages";
}

std::string_view next_part(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

rlim_t soft_limit(__rlimit_resource resource) noexcept {
    rlimit limit{};
    return ::getrlimit(resource, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

std::uint64_t status_bytes(std::string_view key) {
    const std::optional<std::string> text = read_text("/proc/self/status");
    const std::size_t at = text ? text->find("\n" + std::string{key}) : std::string::npos;
    if (at == std::string::npos) {
        return 0;
    }
    const std::size_t digits = text->find_first_of("0123456789", at + 1 + key.size());
    std::uint64_t kib = 0;
    if (digits != std::string::npos) {
        std::from_chars(text->data() + digits, text->data() + text->size(), kib);
    }
    return kib * 1024;
}

Error system_error(int error, const std::string& text) {
    const std::error_code code{error, std::generic_category()};
    return {code, text + ": " + code.message()};
}

}  // namespace shunt::detail
