// SPDX-License-Identifier: MIT
//
// Sizes and rates as people write and read them. K, M and G are powers of 1024, in both directions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::tools {

/// Digits only. Throws std::invalid_argument.
[[nodiscard]] std::uint64_t parse_count(std::string_view text);

/// "4096", "64K", "1M", "2G". Throws std::invalid_argument that says what is accepted.
[[nodiscard]] std::uint64_t parse_bytes(std::string_view text);

/// Messages a second, with K, M or G for powers of 1000: 250K, 1.5M. Above zero.
[[nodiscard]] double parse_message_rate(std::string_view text);

/// A time in ns: 120, 120ns, 50us, 1.5ms, 1s. Above zero.
[[nodiscard]] double parse_nanoseconds(std::string_view text);

/// A plain number above zero: 95, 12.5.
[[nodiscard]] double parse_percent(std::string_view text);

struct Rate {
    double per_second = 0;
    bool bytes = false;  // else messages
};

/// "1000", "0.5": messages/s. "500K", "10M", "1.5G": bytes/s. Throws std::invalid_argument.
[[nodiscard]] Rate parse_rate(std::string_view text);

/// A finite number of seconds, not negative. Throws std::invalid_argument.
[[nodiscard]] double parse_seconds(std::string_view text);

/// "90", "90s", "10m", "2h", "7d": whole seconds, minutes, hours, days; up to 10000 days. Throws
/// std::invalid_argument.
[[nodiscard]] std::chrono::seconds parse_duration(std::string_view text);

/// "0 B", "1.5 KiB", "300.0 MiB".
[[nodiscard]] std::string bytes_text(double bytes);
/// "4 KiB", "2 MiB", "1000 bytes": without rounding.
[[nodiscard]] std::string exact_bytes_text(std::uint64_t bytes);
/// "1,234,567".
[[nodiscard]] std::string count_text(std::uint64_t count);
/// "850 ms", "1.2 s".
[[nodiscard]] std::string seconds_text(double seconds);

}  // namespace shunt::tools
