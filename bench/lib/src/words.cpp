// SPDX-License-Identifier: MIT
#include "bench/lib/src/words.hpp"

#include <cstdint>

namespace shunt::bench {

std::string_view to_word(shunt::pages pages) noexcept {
    constexpr std::string_view kWords[] = {"4k", "2m", "prefer", "thp", "1g"};
    return kWords[static_cast<std::uint32_t>(pages)];
}

std::string_view to_word(shunt::wait wait, std::optional<shunt::events> loop) noexcept {
    constexpr std::string_view kWords[] = {"spin", "spin_pause", "park", "adaptive"};
    if (loop) {
        return *loop == shunt::events::thread ? "fd-thread" : "fd";
    }
    return kWords[static_cast<std::uint32_t>(wait)];
}

std::string_view to_word(Cold cold) noexcept {
    constexpr std::string_view kWords[] = {"no", "l2", "all"};
    return kWords[static_cast<std::uint32_t>(cold)];
}

std::string_view to_word(shunt::policy policy) noexcept {
    constexpr std::string_view kWords[] = {"lossy", "gated", "conflate"};
    return kWords[static_cast<std::uint32_t>(policy)];
}

}  // namespace shunt::bench
