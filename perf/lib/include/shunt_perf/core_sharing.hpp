// SPDX-License-Identifier: MIT
//
// Whether two cpus are one core, measured and not asked: a virtual machine shows its cpus as cores
// of their own whatever they run on, and its host moves them. Two loops that keep the multiplier
// busy get as much done side by side as alone where each cpu has a core, and half of it where they
// share one, be it as hyper-threads or by turns.
#pragma once

#include <optional>
#include <span>

namespace shunt::perf {

struct CoreSharing {
    double together = 0;   // what both did side by side, over what each did alone
    unsigned windows = 0;  // undisturbed ones of each kind, at the least

    /// One core for both; nullopt: neither can be said.
    [[nodiscard]] std::optional<bool> shared() const noexcept;
};

/// Two threads, pinned, for some 30 ms. nullopt: others were on these cpus nearly all of the time,
/// or the cpus are not ours.
[[nodiscard]] std::optional<CoreSharing> measure_core_sharing(int a, int b);

/// What the four rates of a round say: of each alone and of both side by side; 0: it was disturbed.
struct SharingRound {
    double alone[2];
    double together[2];
};
/// Of medians; nullopt where one of the three has fewer than three undisturbed windows.
[[nodiscard]] std::optional<CoreSharing> core_sharing_of(std::span<const SharingRound> rounds);

}  // namespace shunt::perf
