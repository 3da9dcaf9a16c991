// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/rivals.hpp"

#include "bench/lib/src/contenders/shunt.hpp"

#include <array>

namespace shunt::bench {

const Contender* find_rival(std::string_view name) noexcept {
    for (const Contender* rival :
         {&kBoost, &kBoostBatch, &kMemcpy, &kFutex, &kEpoll, &kShuntThroughput}) {
        if (rival->name == name) {
            return rival;
        }
    }
    return nullptr;
}

std::span<const std::string_view> peer_names() noexcept {
    static constexpr std::array<std::string_view, 6> kNames{"boost", "boost-batch", "memcpy",
                                                            "futex", "epoll", "shunt-throughput"};
    return kNames;
}

}  // namespace shunt::bench
