// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/rivals.hpp"

#include "bench/lib/src/contenders/shunt.hpp"

#include <array>

namespace shunt::bench {

namespace {

constexpr std::array<const Contender*, 6> kOfSpsc{&kBoost, &kBoostBatch, &kMemcpy,
                                                  &kFutex, &kEpoll,      &kShuntThroughput};
constexpr std::array<const Contender*, 3> kOfMpmc{&kBoostOfMany, &kVyukov, &kShuntCopy};

std::span<const Contender* const> rivals_of(Kind kind) noexcept {
    if (kind == Kind::mpmc) {
        return kOfMpmc;
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
    static constexpr std::array<std::string_view, 6> kSpsc{
        "boost", "boost-batch", "memcpy", "futex", "epoll", "shunt-throughput"};
    static constexpr std::array<std::string_view, 3> kMpmc{"boost", "vyukov", "shunt-copy"};
    if (kind == Kind::mpmc) {
        return kMpmc;
    }
    return kSpsc;
}

}  // namespace shunt::bench
