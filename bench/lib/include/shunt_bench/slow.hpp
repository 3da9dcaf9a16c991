// SPDX-License-Identifier: MIT
//
// One that sends as fast as it can to one that takes a while for each message: what the sender
// meets, and what becomes of what does not fit, in each kind of channel and by each policy.
#pragma once

#include <shunt_bench/config.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::bench {

struct SlowConfig {
    std::vector<std::string> rows;         // of slow_row_names(); empty: all of them
    std::chrono::nanoseconds work{1000};   // of the receiver, for each message
    std::size_t size = 8;                  // payload bytes
    std::uint64_t capacity = 1024;         // messages; a latest value has 4 buffers
    shunt::wait wait = shunt::wait::park;  // spin, spin_pause: in a polling channel
    shunt::pages pages = shunt::pages::prefer_huge;
    std::vector<int> cpus;  // two, or none: where the scheduler puts them
    unsigned repeats = 9;
    std::chrono::milliseconds slice{200};
    std::function<void(const Progress&)> progress;
    std::function<bool()> interrupted;  // as in Config
};

/// Each a kind of channel and what its sender does where there is no room.
[[nodiscard]] std::span<const std::string_view> slow_row_names() noexcept;

/// In each repeat every row, by turns, a channel and two processes of its own. What was accepted is
/// exactly what was received and what was told as lost, each message checked for its content and
/// its position, else the run ends with exit 6.
/// result.rows[]: {name, when_full, received_per_s, of_bound, sent_per_s, found_full,
/// delivered_share {median, low, high, n}, send_ns {min, p50, ..., max, samples}}.
/// Blocking; forks. Throws Failure.
[[nodiscard]] nlohmann::json run_slow(const SlowConfig& config);

/// The document as text for a terminal, ending in a newline.
[[nodiscard]] std::string render_slow(const nlohmann::json& document);

}  // namespace shunt::bench
