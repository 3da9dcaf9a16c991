// SPDX-License-Identifier: MIT
//
// hostile_rounds: both sides of both rings against a peer that lies in every word, from a seed. The
// same attack as the fuzz targets line_ring and bytes_ring, without a fuzzer, so in every build.
// And the consumer of lanes, one of whose producers lies; the owner-word ring, its messages in its
// slots or in blocks; the broadcast log, alone and in lanes; the
// latest value.
// seeded_checks.py, which builds it many times, asks for one of these by its macro.
#ifndef SHUNT_HOSTILE_ONLY
#define SHUNT_HOSTILE_LINE
#define SHUNT_HOSTILE_BYTES
#define SHUNT_HOSTILE_LANES
#define SHUNT_HOSTILE_BLOCKS
#define SHUNT_HOSTILE_CROWD
#define SHUNT_HOSTILE_LOG
#define SHUNT_HOSTILE_LOG_LANES
#define SHUNT_HOSTILE_LATEST
#endif

#ifdef SHUNT_HOSTILE_BLOCKS
#include "fuzz/hostile_blocks.hpp"
#endif
#ifdef SHUNT_HOSTILE_BYTES
#include "fuzz/hostile_bytes.hpp"
#endif
#ifdef SHUNT_HOSTILE_CROWD
#include "fuzz/hostile_crowd_bytes.hpp"
#endif
#ifdef SHUNT_HOSTILE_LANES
#include "fuzz/hostile_lanes.hpp"
#endif
#ifdef SHUNT_HOSTILE_LATEST
#include "fuzz/hostile_latest.hpp"
#endif
#ifdef SHUNT_HOSTILE_LINE
#include "fuzz/hostile_line.hpp"
#endif
#ifdef SHUNT_HOSTILE_LOG
#include "fuzz/hostile_log.hpp"
#endif
#ifdef SHUNT_HOSTILE_LOG_LANES
#include "fuzz/hostile_log_lanes.hpp"
#endif

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::fuzz {
namespace {

constexpr const char* kHelp =
    "usage: hostile_rounds [--operations N] [--seed S] [--json]\n"
    "\n"
    "Calls the verbs of either side of each ring in random order, N times a ring (default\n"
    "10000000), while every load of a word of the peer returns another lie. Found is what must\n"
    "not be: an access outside of the ring, more steps than a call may take, a port that knew\n"
    "that its peer is broken and goes on.\n"
    "\n"
    "  --seed S  default 1; the same seed is the same run\n"
    "  --json    one JSON document on stdout instead of the table\n"
    "\n"
    "example: hostile_rounds --operations 1000000 --seed 7\n"
    "exit: 0 nothing found, 1 something found, 2 usage\n";

struct Settings {
    std::uint64_t operations = 10'000'000;
    std::uint64_t seed = 1;
    bool json = false;
};

// A ring: each of its sides, and how large a part of the ring's operations it gets.
struct Ring {
    const char* name;
    std::vector<std::function<void(Choices&, Findings&, std::uint64_t)>> sides;
};

template <class Side>
void attack(Choices& choices, Findings& findings, std::uint64_t operations) {
    Attack<Side> attack{choices, findings};
    for (std::uint64_t i = 0; i < operations && findings.found == 0; ++i) {
        attack.operate();
    }
}

const std::vector<Ring>& rings() {
    static const std::vector<Ring> all = {
#ifdef SHUNT_HOSTILE_LINE
        {"line ring",
         {attack<LineProducerSide<Element<8>>>, attack<LineConsumerSide<Element<8>>>,
          attack<LineProducerSide<Element<24>>>, attack<LineConsumerSide<Element<24>>>,
          attack<LineProducerSide<Element<56>>>, attack<LineConsumerSide<Element<56>>>,
          attack<LineProducerSide<Element<200>>>, attack<LineConsumerSide<Element<200>>>}},
#endif
#ifdef SHUNT_HOSTILE_BYTES
        {"bytes ring", {attack<BytesProducerSide>, attack<BytesConsumerSide>}},
#endif
#ifdef SHUNT_HOSTILE_LANES
        {"lanes", {attack<LanesConsumerSide<Element<8>>>, attack<LanesConsumerSide<Element<56>>>}},
#endif
#ifdef SHUNT_HOSTILE_CROWD
        {"owner ring",
         {attack<CrowdSide<CrowdOf<Element<8>>>>, attack<CrowdSide<CrowdOf<Element<200>>>>,
          attack<CrowdSide<CrowdOfBytes>>}},
#endif
#ifdef SHUNT_HOSTILE_BLOCKS
        {"blocks ring",
         {attack<CrowdSide<BlockCrowdOf<Element<8>>>>,
          attack<CrowdSide<BlockCrowdOf<Element<200>>>>, attack<CrowdSide<BlockCrowdOfBytes>>}},
#endif
#ifdef SHUNT_HOSTILE_LOG
        {"broadcast log",
         {attack<LogSubscriberSide<TypedLog>>, attack<LogPublisherSide<TypedLog>>,
          attack<LogSubscriberSide<BytesLog>>, attack<LogPublisherSide<BytesLog>>}},
#endif
#ifdef SHUNT_HOSTILE_LOG_LANES
        {"lanes log", {attack<LogLanesSide<TypedLanes>>, attack<LogLanesSide<BytesLanes>>}},
#endif
#ifdef SHUNT_HOSTILE_LATEST
        {"latest log",
         {attack<LatestReaderSide<TypedLatest>>, attack<LatestReaderSide<BytesLatest>>}},
#endif
    };
    return all;
}

Findings run(const Ring& ring, const Settings& settings) {
    Findings findings;
    std::uint64_t left = settings.operations;
    for (std::size_t i = 0; i < ring.sides.size(); ++i) {
        Choices choices{settings.seed * 64 + i};
        const std::uint64_t share = left / (ring.sides.size() - i);
        left -= share;
        ring.sides[i](choices, findings, share);
    }
    return findings;
}

std::optional<Settings> settings_of(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name{argv[i]};
        if (name == "--json") {
            settings.json = true;
            continue;
        }
        std::uint64_t* const value = name == "--operations" ? &settings.operations
                                     : name == "--seed"     ? &settings.seed
                                                            : nullptr;
        if (value == nullptr || ++i == argc) {
            return std::nullopt;
        }
        const std::string_view text{argv[i]};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
        if (error != std::errc{} || end != text.data() + text.size()) {
            return std::nullopt;
        }
    }
    return settings;
}

unsigned long long shown(std::uint64_t value) {
    return value;
}

std::string json_of(const Ring& ring, const Findings& f) {
    const auto field = [](const char* key, std::uint64_t value) {
        return std::string{",\""} + key + "\":" + std::to_string(value);
    };
    return std::string{"{\"ring\":\""} + ring.name + "\"" + field("sides", ring.sides.size()) +
           field("operations", f.operations) + field("lies", f.lies) + field("moved", f.moved) +
           field("ports", f.ports) + field("broken", f.broken) + field("found", f.found) +
           ",\"first\":\"" + f.first + "\"}";
}

int run_all(const Settings& settings) {
    std::string json;
    bool clean = true;
    if (!settings.json) {
        std::printf("%-13s %12s %12s %12s %10s %10s %6s\n", "", "operations", "lies", "moved",
                    "ports", "broken", "found");
    }
    for (const Ring& ring : rings()) {
        const Findings f = run(ring, settings);
        clean = clean && f.found == 0;
        json += (json.empty() ? "" : ",") + json_of(ring, f);
        if (!settings.json) {
            std::printf("%-13s %12llu %12llu %12llu %10llu %10llu %6llu %s\n", ring.name,
                        shown(f.operations), shown(f.lies), shown(f.moved), shown(f.ports),
                        shown(f.broken), shown(f.found), f.first.c_str());
        }
    }
    if (settings.json) {
        std::printf(
            "{\"schema\":\"shunt/hostile_rounds/1\",\"seed\":%llu,\"rings\":[%s],"
            "\"ok\":%s}\n",
            shown(settings.seed), json.c_str(), clean ? "true" : "false");
    }
    return clean ? 0 : 1;
}

}  // namespace
}  // namespace shunt::fuzz

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view{argv[1]} == "--help") {
        std::fputs(shunt::fuzz::kHelp, stdout);
        return 0;
    }
    const auto settings = shunt::fuzz::settings_of(argc, argv);
    if (!settings) {
        std::fputs(shunt::fuzz::kHelp, stderr);
        return 2;
    }
    return shunt::fuzz::run_all(*settings);
}
