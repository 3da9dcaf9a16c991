// SPDX-License-Identifier: MIT
//
// One that writes and several that read, a process each: what publishing costs it, whoever listens,
// and what each of them gets. Or a latest value: what a read costs, alone and while it is written.
#pragma once

#include <shunt_bench/config.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::bench {

/// The kind of channel of a fan-out.
enum class Feed : std::uint32_t { broadcast, latest };
inline constexpr Feed kFeeds[] = {Feed::broadcast, Feed::latest};
[[nodiscard]] std::string_view to_string(Feed feed) noexcept;

struct FanoutConfig {
    Feed kind = Feed::broadcast;
    std::uint32_t subscribers = 2;  // that read; of broadcast also none
    shunt::policy policy = shunt::policy::gated;
    bool every_speed = false;              // the n-th reader rests for 4^n - 1 pauses each message
    std::vector<std::uint32_t> idle{0};    // lossy subscribers that read nothing: a row each
    bool stopped = false;                  // one more row: with a lossy reader that is SIGSTOPped
    std::size_t size = 8;                  // payload bytes
    std::uint64_t capacity = 0;            // messages; 0: 1024, of latest 4 buffers
    std::uint64_t messages = 0;            // to be sent in a repeat; 0: for `slice`
    shunt::wait wait = shunt::wait::park;  // spin, spin_pause: in a polling channel
    shunt::pages pages = shunt::pages::prefer_huge;
    std::vector<int> cpus;  // pinned to them in turn; empty: where the scheduler puts them
    unsigned repeats = 9;
    std::chrono::milliseconds slice{200};
    std::function<void(const Progress&)> progress;
    std::function<bool()> interrupted;  // as in Config
};

/// In each repeat every row, a channel and processes of its own: all that was published is, to each
/// reader, exactly what it received and what lost() counted, else the run ends with exit 6; each
/// message is checked for its content and its position.
/// Of broadcast result.rows[] has a row for each number of idle subscribers, and one with a stopped
/// one: {idle_subscribers, stopped, msgs_per_s {median, low, high, n}, publish_ns {p50, p99, max},
/// received_share}, and behind the first `paired`: {msgs_per_s: over the first row,
/// publish_p99_ns: the difference to it, {median, n, bootstrap: {low, high}}}.
/// Of latest result has read_ns.{alone, written}, writes_per_s and lapped.
/// Blocking; forks. Throws Failure.
[[nodiscard]] nlohmann::json run_fanout(const FanoutConfig& config);

/// The document as text for a terminal, ending in a newline.
[[nodiscard]] std::string render_fanout(const nlohmann::json& document);

}  // namespace shunt::bench
