// SPDX-License-Identifier: MIT
#include <shunt_peers/peers.hpp>

#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"
#include "bench/lib/src/paired.hpp"
#include "bench/lib/src/run.hpp"
#include "bench/peers/src/helpers.hpp"
#include "bench/peers/src/peer.hpp"

#include <shunt_perf/statistics.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

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

// What rows are compared by, of one repeat.
const char* raw_figure(const json& row) {
    return row.contains("msgs_per_s") ? "msgs_per_s" : "p50_ns";
}

// `base` and that row, of the repeats that count for this size.
std::vector<perf::Pair> pairs_of(const json& repeats, std::size_t bytes, std::string_view base,
                                 const std::string& key) {
    std::vector<perf::Pair> pairs;
    for (const json& repeat : repeats) {
        for (const json& size : repeat["sizes"]) {
            const json& first = size["rows"][std::string(base)];
            const json& ours = first[raw_figure(first)];
            const json& other = size["rows"][key][raw_figure(first)];
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

// A writer may be ahead of its reader, so there is a rate that is not that of round trips.
std::string_view pingpong_only(const Peer& peer) {
    return peer.contender->calls ? "a call waits for its reply" : peer.pingpong_only;
}

// Why there is no such row in this run.
std::optional<std::string> why_not(const Peer& peer, bench::Mode mode) {
    if (!peer.not_built.empty()) {
        return std::string(peer.not_built);
    }
    if (mode == bench::Mode::throughput && !pingpong_only(peer).empty()) {
        return fmt::format("in ping-pong only: {}", pingpong_only(peer));
    }
    return peer.absent();
}

// Who is there; the others, and why, in `absent`.
std::vector<const Peer*> present(const std::vector<const Peer*>& chosen, bench::Mode mode,
                                 json& absent) {
    std::vector<const Peer*> there;
    for (const Peer* const peer : chosen) {
        if (const auto why = why_not(*peer, mode)) {
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

// Its own threads take turns with the pair's.
bool oversubscribed(const Peer& peer) {
    return peer.helper_threads != 0 && !room_for_helpers();
}

// Rows that may be compared with each other.
const char* group_of(const Peer& peer) {
    if (peer.contender->calls) {
        return "request_reply";
    }
    if (peer.contender->threads) {
        return "threads";
    }
    return peer.waits == Waits::busy ? "polls" : "blocks";
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
    row["about"]["command"] = fmt::format("shunt-peers {}--only {} --size {}",
                                          size.contains("msgs_per_s") ? "--throughput " : "", key,
                                          size["size"].get<int>());
    const auto ratio = [&](std::string_view base) {
        return bench::ratio_json(pairs_of(repeats, size["size"].get<std::size_t>(), base, key));
    };
    size["paired_park"][key] = ratio(bench::kShuntPark.name);
    if (in_threads(&peer)) {
        size["paired_threads"][key] = ratio(bench::kShuntThreads.name);
    }
}

// Shunt's row that a group is compared with; requests and replies with two of them.
bool is_base(const bench::Contender& ours, std::string_view group) {
    return group == "polls"     ? &ours == &bench::kShunt
           : group == "threads" ? &ours == &bench::kShuntThreads
           : group == "blocks"  ? &ours == &bench::kShuntPark
                                : &ours != &bench::kShuntThreads;
}

json doubled(json one_way) {
    for (auto& [name, ns] : one_way.items()) {
        if (name != "samples" && ns.is_number()) {
            ns = 2 * ns.get<double>();
        }
    }
    return one_way;
}

// Beside rows of calls: what a request and its reply take by two channels.
void add_round_trips(json& size) {
    for (json* const row : {&size, &size["peers"][std::string(bench::kShuntPark.name)]}) {
        (*row)["round_trip_ns"] = doubled((*row)["one_way_ns"]);
    }
}

// The row that has the lowest median of its group, or the highest rate; shunt's rows among them.
class Best {
public:
    explicit Best(const json& size) : size_{size} {}

    void offer(const std::string& group, std::string_view key) {
        const std::optional<double> cost = cost_of(group, key);
        const auto found = best_.find(group);
        if (cost && (found == best_.end() || *cost < found->second.first)) {
            best_[group] = {*cost, std::string(key)};
        }
    }
    [[nodiscard]] json keys() const {
        json keys = json::object();
        for (const auto& [group, row] : best_) {
            keys[group] = row.second;
        }
        return keys;
    }

private:
    [[nodiscard]] std::optional<double> cost_of(const std::string& group,
                                                std::string_view key) const {
        const json& row =
            key == bench::kShunt.name ? size_ : size_.at("peers").at(std::string(key));
        const bool rate = row.contains("msgs_per_s");
        const json& figure =
            rate ? row.at("msgs_per_s")
                 : row.at(group == "request_reply" ? "round_trip_ns" : "one_way_ns").at("p50");
        return figure.is_number() ? std::optional{figure.get<double>() * (rate ? -1 : 1)}
                                  : std::nullopt;
    }

    const json& size_;
    std::map<std::string, std::pair<double, std::string>> best_;
};

json best_of(const json& size, const std::vector<const Peer*>& peers) {
    Best best{size};
    for (const Peer* const peer : peers) {
        const std::string group = group_of(*peer);
        if (!oversubscribed(*peer)) {
            best.offer(group, peer->key);
        }
        for (const bench::Contender* const ours :
             {&bench::kShunt, &bench::kShuntPark, &bench::kShuntThreads}) {
            if (is_base(*ours, group)) {
                best.offer(group, ours->name);
            }
        }
    }
    return best.keys();
}

json document_of(const bench::Config& config, bench::Mode mode,
                 const std::vector<std::string>& keys) {
    for (const std::size_t size : config.sizes) {
        if (std::find(sizes().begin(), sizes().end(), size) == sizes().end()) {
            throw bench::Failure(bench::Exit::usage,
                                 fmt::format("messages of {} bytes are not measured; sizes are {}",
                                             size, fmt::join(sizes(), ", ")));
        }
    }
    json absent = json::object();
    const std::vector<const Peer*> peers = present(peers_of(keys), mode, absent);
    json document = bench::run(config, mode, rows_of(peers));
    json& result = document["result"];
    result["absent"] = std::move(absent);
    const json repeats = result["repeats"];
    each_size(result, [&](json& size) {
        for (const Peer* const peer : peers) {
            add_row(size, *peer, repeats);
        }
        if (std::any_of(peers.begin(), peers.end(),
                        [](const Peer* peer) { return peer->contender->calls; })) {
            add_round_trips(size);
        }
        size[mode == bench::Mode::throughput ? "highest" : "lowest"] = best_of(size, peers);
    });
    document["schema"] = "shunt/peers/1";
    return document;
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
            {"helper_threads", peer.helper_threads},
            {"helpers", peer.helpers},
            {"oversubscribed", oversubscribed(peer)},
            {"group", group_of(peer)},
            {"throughput", pingpong_only(peer).empty()},
            {"waits", peer.waits == Waits::busy ? "busy" : "blocking"},
            {"copies", peer.copies},
            {"capacity", peer.capacity},
            {"order", peer.order},
            {"settings", peer.settings},
            {"version",
             peer.version.empty() ? "Linux " + kernel_release() : std::string(peer.version)}};
}

json measure(const bench::Config& config, const std::vector<std::string>& keys) {
    return document_of(config, bench::Mode::pingpong, keys);
}

json measure_throughput(const bench::Config& config, const std::vector<std::string>& keys) {
    return document_of(config, bench::Mode::throughput, keys);
}

}  // namespace shunt::peers
