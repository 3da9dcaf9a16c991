// SPDX-License-Identifier: MIT
#include <shunt_peers/peers.hpp>

#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"
#include "bench/lib/src/run.hpp"
#include "bench/peers/src/peer.hpp"

#include <shunt_perf/statistics.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <algorithm>
#include <stdexcept>

namespace shunt::peers {

namespace {

using nlohmann::json;

// One object for a size, or the list of several.
template <class Each>
void each_size(json& result, Each&& each) {
    if (result.contains("sizes")) {
        for (json& size : result["sizes"]) {
            each(size);
        }
    } else {
        each(result);
    }
}

json spread_json(const std::optional<perf::Spread>& spread) {
    return spread ? json{{"median", spread->median},
                         {"low", spread->low},
                         {"high", spread->high},
                         {"n", spread->n}}
                  : json(nullptr);
}

// `base` and that row, of the repeats that count for this size.
std::vector<perf::Pair> pairs_of(const json& repeats, std::size_t bytes, std::string_view base,
                                 const std::string& key) {
    std::vector<perf::Pair> pairs;
    for (const json& repeat : repeats) {
        for (const json& size : repeat["sizes"]) {
            const json& ours = size["rows"][std::string(base)]["p50_ns"];
            const json& other = size["rows"][key]["p50_ns"];
            if (size["size"] == bytes && size["counted"] && ours.is_number() && other.is_number()) {
                pairs.push_back({ours.get<double>(), other.get<double>()});
            }
        }
    }
    return pairs;
}

std::string kernel_release() {
    utsname kernel{};
    return ::uname(&kernel) == 0 ? kernel.release : "";
}

const Peer& peer_of(std::string_view key) {
    for (const Peer* const peer : all_peers()) {
        if (peer->key == key) {
            return *peer;
        }
    }
    throw std::invalid_argument(
        fmt::format("there is no peer '{}'; there are {}", key, fmt::join(all_keys(), ", ")));
}

// In the order of all of them, whatever that of the keys.
std::vector<const Peer*> peers_of(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
        (void)peer_of(key);
    }
    std::vector<const Peer*> chosen;
    for (const Peer* const peer : all_peers()) {
        if (keys.empty() || std::find(keys.begin(), keys.end(), peer->key) != keys.end()) {
            chosen.push_back(peer);
        }
    }
    return chosen;
}

// Why there is no such row in this run.
std::optional<std::string> why_not(const Peer& peer) {
    return peer.not_built.empty() ? peer.absent() : std::string(peer.not_built);
}

// Who is there; the others, and why, in `absent`.
std::vector<const Peer*> present(const std::vector<const Peer*>& chosen, json& absent) {
    std::vector<const Peer*> there;
    for (const Peer* const peer : chosen) {
        if (const auto why = why_not(*peer)) {
            absent[std::string(peer->key)] = *why;
        } else {
            there.push_back(peer);
        }
    }
    return there;
}

bool in_threads(const Peer* peer) {
    return peer->contender->threads;
}

// shunt in each form that one of them is compared with, and they.
std::vector<const bench::Contender*> rows_of(const std::vector<const Peer*>& peers) {
    std::vector<const bench::Contender*> rows{&bench::kShunt, &bench::kShuntPark};
    if (std::any_of(peers.begin(), peers.end(), in_threads)) {
        rows.push_back(&bench::kShuntThreads);
    }
    for (const Peer* const peer : peers) {
        rows.push_back(peer->contender);
    }
    return rows;
}

// What a row says of itself, and its ratios of shunt's other rows.
void add_row(json& size, const Peer& peer, const json& repeats) {
    const std::string key{peer.key};
    json& row = size["peers"][key];
    row["about"] = about(key);
    row["about"]["command"] =
        fmt::format("shunt-peers --only {} --size {}", key, size["size"].get<int>());
    const auto ratio = [&](std::string_view base) {
        return spread_json(
            perf::paired_ratio(pairs_of(repeats, size["size"].get<std::size_t>(), base, key)));
    };
    size["paired_park"][key] = ratio(bench::kShuntPark.name);
    if (in_threads(&peer)) {
        size["paired_threads"][key] = ratio(bench::kShuntThreads.name);
    }
}

}  // namespace

std::vector<std::string_view> all_keys() {
    std::vector<std::string_view> keys;
    for (const Peer* const peer : all_peers()) {
        keys.push_back(peer->key);
    }
    return keys;
}

std::span<const std::size_t> sizes() noexcept {
    return bench::kParkedSizes;
}

std::string_view not_built(std::string_view key) {
    return peer_of(key).not_built;
}

json about(std::string_view key) {
    const Peer& peer = peer_of(key);
    if (!peer.not_built.empty()) {
        throw std::invalid_argument(fmt::format("{}: {}", key, peer.not_built));
    }
    const bool threads = peer.contender->threads;
    return {{"what", peer.what},
            {"between", threads ? "threads" : "processes"},
            {"processes", threads ? 1 : 2},
            {"helper_threads", 0},
            {"waits", peer.waits == Waits::busy ? "busy" : "blocking"},
            {"copies", peer.copies},
            {"capacity", peer.capacity},
            {"order", peer.order},
            {"settings", peer.settings},
            {"version",
             peer.version.empty() ? "Linux " + kernel_release() : std::string(peer.version)}};
}

json measure(const bench::Config& config, const std::vector<std::string>& keys) {
    for (const std::size_t size : config.sizes) {
        if (std::find(sizes().begin(), sizes().end(), size) == sizes().end()) {
            throw bench::Failure(bench::Exit::usage,
                                 fmt::format("messages of {} bytes are not measured; sizes are {}",
                                             size, fmt::join(sizes(), ", ")));
        }
    }
    json absent = json::object();
    const std::vector<const Peer*> peers = present(peers_of(keys), absent);
    json document = bench::run(config, bench::Mode::pingpong, rows_of(peers));
    json& result = document["result"];
    result["absent"] = std::move(absent);
    const json repeats = result["repeats"];
    each_size(result, [&](json& size) {
        for (const Peer* const peer : peers) {
            add_row(size, *peer, repeats);
        }
    });
    document["schema"] = "shunt/peers/1";
    return document;
}

}  // namespace shunt::peers
