// SPDX-License-Identifier: MIT
//
// Several producers, one or several consumers, a process each, as fast as they can: how many
// messages a second get through in all, and how fairly they are shared out among the producers.
#pragma once

#include <shunt_bench/config.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::bench {

struct FaninConfig {
    Kind kind = Kind::mpsc;  // or mpmc
    std::uint32_t producers = 2;
    std::uint32_t consumers = 1;           // more than one: of mpmc
    std::size_t size = 8;                  // payload bytes
    std::uint64_t capacity = 1024;         // messages; of mpsc: of each lane; of peers: in all
    std::vector<std::string> peers;        // rivals in the same repeats: fanin_peer_names()
    shunt::wait wait = shunt::wait::park;  // spin, spin_pause: in a polling channel
    shunt::pages pages = shunt::pages::prefer_huge;
    std::vector<int> cpus;  // pinned to them in turn; empty: where the scheduler puts them
    unsigned repeats = 9;
    std::chrono::milliseconds slice{200};  // so long the rate is measured in a repeat
    std::function<void(const Progress&)> progress;
    std::function<bool()> interrupted;  // as in Config
};

/// Of that kind: the other one of mpsc and mpmc, and queues that all share, which know no waiting:
/// where shunt sleeps they give the cpu away after some polls.
[[nodiscard]] std::span<const std::string_view> fanin_peer_names(Kind kind) noexcept;

/// In each repeat shunt, then each peer: all send for `slice`, then as many messages each as came
/// of one in that time. Each message is checked for its content and the order of its producer.
/// Returns the whole document {schema, tool, host, args, result, warnings, ok}: result.msgs_per_s
/// {median, low, high}; result.jain, of the numbers of each producer's messages that arrived in the
/// same time: 1 where all had the same share, 1 / producers where one had all; and
/// result.jain_by_finish, of the speeds at which each sent the same number. The same in
/// result.peers.NAME; result.paired.NAME is shunt's rate over that peer's, of each repeat.
/// Blocking; forks. Throws Failure.
[[nodiscard]] nlohmann::json run_fanin(const FaninConfig& config);

/// The document as text for a terminal, ending in a newline.
[[nodiscard]] std::string render_fanin(const nlohmann::json& document);

/// Jain's index of shares: (sum x)^2 / (n sum x^2). 0 of none.
[[nodiscard]] double jain_index(const std::vector<double>& shares) noexcept;

}  // namespace shunt::bench
