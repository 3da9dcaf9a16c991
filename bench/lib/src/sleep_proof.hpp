// SPDX-License-Identifier: MIT
//
// Proof that another process sleeps in the kernel: its state in /proc/PID/stat. Looked at twice,
// with a pause between, so that the cpu has gone idle meanwhile, as it has when a real message
// comes.
#pragma once

#include <shunt_perf/clock.hpp>

#include <string_view>

namespace shunt::bench {

class SleepProof {
public:
    /// Throws Failure where the kernel does not show that process.
    explicit SleepProof(int pid);
    ~SleepProof();
    SleepProof(const SleepProof&) = delete;
    SleepProof& operator=(const SleepProof&) = delete;

    /// The state letter as of now: 'S' asleep, 'R' running.
    [[nodiscard]] char state() const;

    /// Returns when it was asleep, and still is after kAsleepNs. Throws Failure (`who` polls) after
    /// kPatienceNs without that.
    void wait_until_asleep(std::string_view who, const perf::Clock& clock) const;

    static constexpr double kAsleepNs = 50'000;
    static constexpr double kPatienceNs = 2e9;

private:
    int file_;
    int pid_;
};

/// The state letter of the text of a stat file; '\0': it has none. The command's name, which may
/// hold anything, is in parentheses before it.
[[nodiscard]] char state_in(std::string_view stat) noexcept;

}  // namespace shunt::bench
