// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/rivals.hpp"

#include "bench/lib/src/contenders/shunt.hpp"

#include <array>

namespace shunt::bench {

namespace {

constexpr std::array<const Contender*, 7> kOfSpsc{
    &kBoost, &kBoostBatch, &kMemcpy, &kLinesFloor, &kFutex, &kEpoll, &kShuntThroughput};
constexpr std::array<const Contender*, 4> kOfMpmc{&kBoostOfMany, &kVyukov, &kShuntCopy,
                                                  &kShuntBlocks};
constexpr std::array<const Contender*, 4> kOfMpsc{&kSpsc, &kBoostOfMany, &kVyukov,
                                                  &kShuntThroughput};

constexpr std::array<const Contender*, 2> kOfBroadcast{&kSpsc, &kShuntThroughput};

std::span<const Contender* const> rivals_of(Kind kind) noexcept {
    if (kind == Kind::broadcast) {
        return kOfBroadcast;
    }
    if (kind == Kind::mpmc) {
        return kOfMpmc;
    }
    if (kind == Kind::mpsc) {
        return kOfMpsc;
    }
    return kOfSpsc;
}

}  // namespace

const Contender* find_rival(std::string_view name, Kind kind) noexcept {
    for (const Contender* rival : rivals_of(kind)) {
        if (rival->name == name) {
            return rival;
        }
    }
    return nullptr;
}

std::span<const std::string_view> peer_names(Kind kind) noexcept {
    static constexpr std::array<std::string_view, 7> kNamesOfSpsc{
        "boost", "boost-batch", "memcpy", "lines", "futex", "epoll", "shunt-throughput"};
    static constexpr std::array<std::string_view, 4> kNamesOfMpmc{"boost", "vyukov", "shunt-copy",
                                                                  "shunt-blocks"};
    static constexpr std::array<std::string_view, 4> kNamesOfMpsc{"spsc", "boost", "vyukov",
                                                                  "shunt-throughput"};
    static constexpr std::array<std::string_view, 2> kNamesOfBroadcast{"spsc", "shunt-throughput"};
    if (kind == Kind::broadcast) {
        return kNamesOfBroadcast;
    }
    if (kind == Kind::mpmc) {
        return kNamesOfMpmc;
    }
    if (kind == Kind::mpsc) {
        return kNamesOfMpsc;
    }
    return kNamesOfSpsc;
}

}  // namespace shunt::bench
