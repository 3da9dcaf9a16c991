// SPDX-License-Identifier: MIT
//
// Core to core: how long a cache line takes from one cpu to another, for each ordered pair of cpus.
// Two threads of this process, pinned before their memory is made; each pair has fresh pages, first
// touched where the line's home is to be, so that no third node answers for it. What a sample holds
// is the mean of a batch: one transfer is shorter than a reading of the clock allows to time.
#pragma once

#include <shunt_perf/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace shunt::perf::c2c {

enum class Mode : std::uint32_t {
    one_line,   // both compare-and-swap one word, which is also how they poll
    two_lines,  // each stores to a line of its own and polls the other's
    add,        // both fetch_add one word in turn, and poll it by loads
    ring,       // a message through an spsc ring, and one back through another
    stream,     // whole lines one way, as fast as they go
};
inline constexpr Mode kModes[] = {Mode::one_line, Mode::two_lines, Mode::add, Mode::ring,
                                  Mode::stream};
[[nodiscard]] std::string_view to_string(Mode mode) noexcept;

/// On whose node the memory of a pair lies.
struct Home {
    enum class Where : std::uint32_t { local, remote, node };
    Where where = Where::local;  // of the first cpu; remote: of the second
    int node = -1;               // the one asked for
};

/// After each pair, on the caller's thread.
struct Progress {
    std::size_t done;
    std::size_t pairs;
};

struct Config {
    std::vector<int> cpus;  // two or more, each once
    Mode mode = Mode::one_line;
    Home home;
    std::uint32_t samples = 1000;
    std::uint32_t batch = 200;  // round trips, or lines, of a sample
    std::function<void(const Progress&)> progress;
    /// Asked between batches, on another thread: true ends the run with the pairs that are done.
    std::function<bool()> interrupted;
};

/// Of samples in ns; a percentile has at least ten samples beyond it, or it is absent.
struct Figures {
    double min = 0;
    std::optional<double> p50;
    std::optional<double> p99;
    std::size_t samples = 0;
};
[[nodiscard]] Figures figures_of(std::vector<double> samples);

/// Who begins (of a stream: who writes), and who answers.
struct Pair {
    int from = -1;
    int to = -1;
    Figures ns;                   // half a round trip; of a stream: a line
    int home_node = -1;           // proven by move_pages; -1: it does not say
    std::uint64_t preempted = 0;  // how often the kernel took either cpu away meanwhile
};

struct Result {
    std::vector<Pair> pairs;  // in order of `cpus`, the first cpu slowest
    bool partial = false;
    Clock clock;
};

/// A line of a stream did not hold what was written.
class Damaged : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Blocking: some 20 to 300 ms a pair. Throws std::system_error where a thread cannot be pinned or
/// memory cannot be had, shunt::Error where it cannot be where it was asked for, Damaged.
[[nodiscard]] Result measure(const Config& config);

/// How many nodes of this host have memory; 1 where the kernel does not say.
[[nodiscard]] std::size_t memory_nodes();

}  // namespace shunt::perf::c2c
