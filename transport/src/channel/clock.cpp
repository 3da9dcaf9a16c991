// SPDX-License-Identifier: MIT
#include <shunt/allocators/file.hpp>
#include <shunt/channel/clock.hpp>
#include <shunt/core/policy.hpp>

#include <charconv>
#include <ctime>
#include <optional>
#include <string>

namespace shunt::channel {
namespace {

std::uint64_t now_ns(clockid_t clock) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(time.tv_nsec);
}

struct Sample {
    std::uint64_t ticks = 0;
    std::uint64_t mono_ns = 0;
};

// The tightest of a few readings of both clocks, so that an interrupt between them does not count.
Sample sample() noexcept {
    Sample best;
    std::uint64_t width = ~std::uint64_t{0};
    for (int i = 0; i < 8; ++i) {
        const std::uint64_t before = DefaultPolicy::ticks();
        const std::uint64_t mono_ns = now_ns(CLOCK_MONOTONIC);
        const std::uint64_t after = DefaultPolicy::ticks();
        if (after - before < width) {
            width = after - before;
            best = {before + width / 2, mono_ns};
        }
    }
    return best;
}

std::uint64_t measured_rate() noexcept {
    const Sample first = sample();
    while (now_ns(CLOCK_MONOTONIC) - first.mono_ns < 2'000'000) {
        DefaultPolicy::pause();
    }
    const Sample last = sample();
    const double seconds = static_cast<double>(last.mono_ns - first.mono_ns) / 1e9;
    return static_cast<std::uint64_t>(static_cast<double>(last.ticks - first.ticks) / seconds);
}

#if defined(__x86_64__)
// 0 where the processor does not say it exactly.
std::uint64_t told_rate() {
    unsigned denominator = 0, numerator = 0, crystal_hz = 0, unused = 0;
    if (__get_cpuid(0x15, &denominator, &numerator, &crystal_hz, &unused) != 0 &&
        denominator != 0 && numerator != 0 && crystal_hz != 0) {
        return std::uint64_t{crystal_hz} * numerator / denominator;
    }
    const auto text = read_text("/sys/devices/system/cpu/cpu0/tsc_freq_khz");
    std::uint64_t khz = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), khz);
    }
    return khz * 1000;
}
#else
std::uint64_t told_rate() noexcept {
    std::uint64_t hz;
    asm volatile("mrs %0, cntfrq_el0" : "=r"(hz));
    return hz;
}
#endif

}  // namespace

ClockAnchor anchor_clocks() {
    static const std::uint64_t rate = [] {
        const std::uint64_t told = told_rate();
        return told != 0 ? told : measured_rate();
    }();
    const Sample here = sample();
    const std::uint64_t offset = now_ns(CLOCK_TAI) - now_ns(CLOCK_MONOTONIC);
    return {rate, here.ticks, here.mono_ns, here.mono_ns + offset};
}

}  // namespace shunt::channel
