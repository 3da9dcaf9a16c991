// SPDX-License-Identifier: MIT
#include "bench/lib/src/stage.hpp"

#include "bench/lib/src/payload.hpp"

#include <fmt/format.h>

#include <sched.h>
#include <unistd.h>
#include <algorithm>

namespace shunt::bench {

void Stage::meet() noexcept {
    constexpr unsigned kSpins = 20'000;
    const std::uint32_t everybody = 2 * ++meetings_;
    // edge bench.meet release -> Stage::meet: what this side did before the meeting
    board_.arrived.fetch_add(1, std::memory_order_release);
    unsigned spins = 0;
    // edge bench.meet acquire <- Stage::meet: what the other side did before the meeting
    while (board_.arrived.load(std::memory_order_acquire) < everybody) {
        if (++spins < kSpins) {
            DefaultPolicy::pause();
        } else {
            sched_yield();
        }
    }
}

void Stage::keep(const perf::Histogram& from, Tally& to) noexcept {
    const auto counts = from.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] != 0) {
            to.counts[i] = counts[i];
        }
    }
    to.min = from.min();
    to.max = from.max();
}

void Stage::mismatch(std::uint64_t expected, std::uint64_t found) noexcept {
    std::array<char, 256> text{};
    const std::string_view what = found == kTorn     ? "a torn one"
                                  : found < expected ? "an old one again"
                                                     : "a later one";
    const auto end =
        fmt::format_to_n(text.data(), text.size(),
                         "{}, {} bytes: message {} was due and {} came ({:#x}): data were "
                         "lost, doubled or damaged. Nothing of this run counts; please report it.",
                         task_.contender->name, task_.size, expected, what, found);
    end_with(board_, process_, Exit::integrity, {text.data(), end.out});
}

void end_with(Board& board, unsigned process, Exit code, std::string_view text) noexcept {
    auto& to = board.last_words[process].text;
    const std::size_t n = std::min(text.size(), to.size() - 1);
    std::copy_n(text.begin(), n, to.begin());
    to[n] = '\0';
    _exit(static_cast<int>(code));
}

}  // namespace shunt::bench
