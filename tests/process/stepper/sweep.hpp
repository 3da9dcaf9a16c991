// SPDX-License-Identifier: MIT
//
// Sweeps: what is done to a play's victim, at which of its instructions, and what came of it.
#pragma once

#include "process/stepper/play.hpp"

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::stepper {

enum class How : std::uint32_t { kill, stop, call, pair };
inline constexpr How kHows[] = {How::kill, How::stop, How::call, How::pair};
[[nodiscard]] std::string_view to_string(How how) noexcept;

/// What came of one sweep.
struct Tally {
    std::uint64_t injected = 0;
    std::uint64_t survived = 0;
    std::uint64_t missed = 0;  // the victim took another way each time: nothing was injected
    std::uint64_t points = 0;  // instructions (system calls, pairs) that there are
    Bound bound;
    std::vector<std::string> faults;  // the first few

    void add(const Tally& other);
    [[nodiscard]] bool good() const { return survived == injected && missed == 0; }
};

/// How many points of each: all of them, or a sample that a seed decides.
struct Portion {
    std::uint64_t most = UINT64_MAX;
    std::uint64_t seed = 0;
    bool hunts = false;  // a bug: only where something changes, until the first fault
};

class Sweep {
public:
    Sweep(World& world, MakePlay make, std::atomic<std::uint64_t>& pulse)
        : world_{world}, make_{std::move(make)}, pulse_{pulse} {}

    /// SIGKILL at instructions; SIGSTOP there, and on again; SIGKILL at each system call's entry
    /// and exit.
    [[nodiscard]] Tally run(How how, Portion portion);

private:
    [[nodiscard]] Tally once(How how);
    [[nodiscard]] Tally kill();
    [[nodiscard]] Tally stop();
    [[nodiscard]] Tally kill_at_calls();

    enum class Came { there, elsewhere };
    const Trace& trace();
    [[nodiscard]] std::vector<std::uint64_t> chosen();
    [[nodiscard]] std::vector<std::uint64_t> stops_at_calls();
    template <class F>
    [[nodiscard]] bool inject(Tally& tally, std::uint64_t k, F& play_at);
    template <class F>
    void inject_all(Tally& tally, std::vector<std::uint64_t> points, F&& play_at);
    [[nodiscard]] Came kill_at(std::uint64_t k);
    [[nodiscard]] Came stop_at(std::uint64_t k, Steps counted, Bound& bound);

    World& world_;
    MakePlay make_;
    Portion portion_;
    std::atomic<std::uint64_t>& pulse_;
    Trace trace_;
};

/// `most` of `points`, those of `first` before all others, in order.
[[nodiscard]] std::vector<std::uint64_t> sample(const std::vector<std::uint64_t>& points,
                                                const std::vector<std::uint64_t>& first,
                                                const Portion& portion);

}  // namespace shunt::stepper
