// SPDX-License-Identifier: MIT
#include "hex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace shunt::tools {

std::string hex_dump(std::span<const std::byte> bytes) {
    constexpr std::size_t kPerLine = 16;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += kPerLine) {
        const auto line = bytes.subspan(at, std::min(kPerLine, bytes.size() - at));
        fmt::format_to(std::back_inserter(out), "{:08x} ", at);
        std::string text;
        for (std::size_t i = 0; i < kPerLine; ++i) {
            out += i == kPerLine / 2 ? "  " : " ";
            if (i >= line.size()) {
                out += "  ";
                continue;
            }
            const auto value = std::to_integer<unsigned>(line[i]);
            fmt::format_to(std::back_inserter(out), "{:02x}", value);
            text += value >= 0x20 && value < 0x7f ? static_cast<char>(value) : '.';
        }
        out += "  |" + text + "|\n";
    }
    return out;
}

}  // namespace shunt::tools
