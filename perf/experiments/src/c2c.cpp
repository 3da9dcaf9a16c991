// SPDX-License-Identifier: MIT
#include <shunt_experiments/c2c.hpp>

#include "c2c_links.hpp"
#include "undisturbed.hpp"

#include <shunt/allocators/numa.hpp>
#include <shunt/core/error.hpp>
#include <shunt_perf/cpus.hpp>
#include <shunt_perf/statistics.hpp>

#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <algorithm>
#include <array>
#include <barrier>
#include <cerrno>
#include <cmath>
#include <exception>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace shunt::perf::c2c {

std::string_view to_string(Mode mode) noexcept {
    constexpr std::array<std::string_view, 5> kWords{"one-line", "two-lines", "add", "ring",
                                                     "stream"};
    return kWords[static_cast<std::size_t>(mode)];
}

Figures figures_of(std::vector<double> samples) {
    Figures figures;
    figures.samples = samples.size();
    if (samples.empty()) {
        return figures;
    }
    std::sort(samples.begin(), samples.end());
    figures.min = samples.front();
    const auto at = [&](double quantile) -> std::optional<double> {
        const auto n = static_cast<double>(samples.size());
        constexpr double kBeyond = 10 - 1e-9;
        if (n * (1 - quantile) < kBeyond) {
            return std::nullopt;
        }
        return samples[static_cast<std::size_t>(std::ceil(n * quantile - 1e-9)) - 1];
    };
    figures.p50 = at(0.50);
    figures.p99 = at(0.99);
    return figures;
}

std::size_t memory_nodes() {
    const auto list = this_kernel().read("/sys/devices/system/node/has_memory");
    return list ? std::max<std::size_t>(parse_list(*list).size(), 1) : 1;
}

namespace {

// Memory of one pair, of whole pages that nobody has touched.
class Pages {
public:
    Pages(std::size_t bytes, const Home& home, int cpu) : bytes_{bytes} {
        void* const memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::system_error(errno, std::generic_category(), "mmap of a pair's memory");
        }
        memory_ = static_cast<std::byte*>(memory);
        try {
            // Base pages: a huge one would lie where somebody else touched it.
            (void)madvise(memory_, bytes_, MADV_NOHUGEPAGE);
            if (home.where == Home::Where::node) {
                bind_to(home.node, cpu);
            }
        } catch (...) {
            munmap(memory_, bytes_);
            throw;
        }
    }
    ~Pages() { munmap(memory_, bytes_); }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    [[nodiscard]] std::byte* memory() const noexcept { return memory_; }
    /// By the thread on whose node they are to lie.
    void touch() noexcept { std::fill_n(memory_, bytes_, std::byte{0}); }
    /// The node of them all; -1: they are mixed, or nobody says.
    [[nodiscard]] int node() const {
        std::vector<const void*> pages;
        for (std::size_t at = 0; at < bytes_; at += kBasePageBytes) {
            pages.push_back(memory_ + at);
        }
        std::vector<int> nodes(pages.size(), -1);
        const bool told = this_kernel().locate(pages, nodes) == 0;
        const bool one = std::all_of(nodes.begin(), nodes.end(),
                                     [&](int node) { return node == nodes.front(); });
        return told && one ? std::max(nodes.front(), -1) : -1;
    }

private:
    void bind_to(int node, int cpu) {
        (void)plan_nodes(node, cpu);  // throws what is wrong with it
        constexpr std::size_t kBits = 8 * sizeof(unsigned long);
        const auto bit = static_cast<std::size_t>(node);
        std::vector<unsigned long> mask(bit / kBits + 1);
        mask[bit / kBits] = 1ul << bit % kBits;
        const int error = this_kernel().bind(memory_, bytes_, MPOL_BIND, mask);
        if (error == EPERM || error == ENOSYS) {
            throw Error{Errc::no_permission,
                        "mbind is refused, as containers do: start it with the capability "
                        "SYS_NICE (--cap-add SYS_NICE), or take --home local"};
        }
        if (error != 0) {
            throw Error{{error, std::generic_category()},
                        "memory cannot be bound to node " + std::to_string(node)};
        }
    }

    std::byte* memory_;
    std::size_t bytes_;
};

std::uint64_t preemptions() noexcept {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return static_cast<std::uint64_t>(usage.ru_nivcsw);
}

// One pair as its two threads share it.
struct Duel {
    const Config& config;
    const Clock& clock;
    std::array<int, 2> cpus;
    Pages pages;
    std::barrier<> meeting{2};
    std::array<std::exception_ptr, 2> errors{};
    std::array<std::uint64_t, 2> preempted{};
    std::vector<double> samples{};
    bool interrupted = false;
};

// Batches until two windows of them in a row agree within 2 %, and no more than kMost windows: the
// cpus come out of their sleep, and up to their frequency.
template <class Batch, class Stopped>
void warm_up(Batch&& batch, Stopped&& stopped) {
    constexpr int kMost = 40;
    std::array<double, 16> window{};
    double before = 0;
    for (int i = 0; i < kMost && !stopped(); ++i) {
        for (double& each : window) {
            each = batch();
        }
        const double now = median(window).value_or(0);
        if (std::abs(now - before) <= 0.02 * before) {
            return;
        }
        before = now;
    }
}

// `once(n)` does n transfers that count as `parts` each; false ends the run.
template <class Once>
void sample(Duel& duel, unsigned parts, Once&& once) {
    const Clock clock = duel.clock;
    const std::uint32_t count = duel.config.batch;
    const double share = 1.0 / (static_cast<double>(count) * parts);
    const auto batch = [&] {
        const std::uint64_t begin = clock.now();
        once(count);
        return clock.to_ns(static_cast<double>(clock.now() - begin)) * share;
    };
    const auto stopped = [&] {
        duel.interrupted = duel.config.interrupted && duel.config.interrupted();
        return duel.interrupted;
    };
    warm_up(batch, stopped);
    for (double& each : duel.samples) {
        if (stopped()) {
            return;
        }
        each = batch();
    }
}

template <class Link>
[[gnu::noinline]] void play(Duel& duel, unsigned side) {
    if (side == 1) {
        Link::answer(duel.pages.memory());
        return;
    }
    Link link{duel.pages.memory()};
    sample(duel, 2, [&](std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            link.trip();
        }
    });
    link.stop();
}

[[gnu::noinline]] void play_stream(Duel& duel, unsigned side) {
    Stream stream{duel.pages.memory()};
    if (side == 0) {
        stream.write_all();
        return;
    }
    bool good = true;
    sample(duel, 1, [&](std::uint32_t count) { good &= stream.read(count); });
    stream.stop();
    if (!good) {
        throw Damaged("lines from cpu " + std::to_string(duel.cpus[0]) + " to cpu " +
                      std::to_string(duel.cpus[1]) +
                      " did not hold what was written: nothing of this run counts");
    }
}

struct Way {
    std::size_t bytes;
    void (*play)(Duel& duel, unsigned side);
};

Way way_of(Mode mode) noexcept {
    switch (mode) {
        case Mode::one_line:
            return {OneLine::kBytes, play<OneLine>};
        case Mode::two_lines:
            return {TwoLines::kBytes, play<TwoLines>};
        case Mode::add:
            return {Add::kBytes, play<Add>};
        case Mode::ring:
            return {Rings::kBytes, play<Rings>};
        case Mode::stream:
            break;
    }
    return {Stream::kBytes, play_stream};
}

void be_side(Duel& duel, unsigned side) noexcept {
    try {
        pin_to(duel.cpus[side]);
        const unsigned toucher = duel.config.home.where == Home::Where::remote ? 1 : 0;
        if (side == toucher) {
            duel.pages.touch();
        }
    } catch (...) {
        duel.errors[side] = std::current_exception();
    }
    duel.meeting.arrive_and_wait();  // both are pinned, and the memory is there
    if (duel.errors[0] || duel.errors[1]) {
        return;
    }
    const std::uint64_t before = preemptions();
    try {
        way_of(duel.config.mode).play(duel, side);
    } catch (...) {
        duel.errors[side] = std::current_exception();
    }
    duel.preempted[side] = preemptions() - before;
}

// nullopt: interrupted.
std::optional<Pair> measure_pair(const Config& config, const Clock& clock, int from, int to) {
    const std::size_t bytes = align_up(way_of(config.mode).bytes, kBasePageBytes);
    Duel duel{config, clock, {from, to}, Pages{bytes, config.home, from}};
    duel.samples.resize(config.samples);
    {
        std::array<std::jthread, 2> sides;  // joined at the end of this scope
        const Undisturbed undisturbed;
        sides[0] = std::jthread{[&duel] { be_side(duel, 0); }};
        try {
            sides[1] = std::jthread{[&duel] { be_side(duel, 1); }};
        } catch (...) {
            duel.errors[1] = std::current_exception();
            (void)duel.meeting.arrive();
        }
    }
    for (const std::exception_ptr& error : duel.errors) {
        if (error) {
            std::rethrow_exception(error);
        }
    }
    if (duel.interrupted) {
        return std::nullopt;
    }
    return Pair{from, to, figures_of(std::move(duel.samples)), duel.pages.node(),
                duel.preempted[0] + duel.preempted[1]};
}

}  // namespace

Result measure(const Config& config) {
    Result result{{}, false, Clock::calibrate()};
    const std::size_t pairs = config.cpus.size() * (config.cpus.size() - 1);
    for (const int from : config.cpus) {
        for (const int to : config.cpus) {
            if (from == to) {
                continue;
            }
            const auto pair = measure_pair(config, result.clock, from, to);
            if (!pair) {
                result.partial = true;
                return result;
            }
            result.pairs.push_back(*pair);
            if (config.progress) {
                config.progress({result.pairs.size(), pairs});
            }
        }
    }
    return result;
}

}  // namespace shunt::perf::c2c
