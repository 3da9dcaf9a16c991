// SPDX-License-Identifier: MIT
#include "bench/lib/src/cold.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt_perf/caches.hpp>

#include <fmt/format.h>

#include <sys/mman.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

namespace shunt::bench {

namespace {

// 0: the kernel does not say.
std::uint64_t bytes_of_level(int cpu, int level, const std::filesystem::path& root) {
    std::uint64_t bytes = 0;
    for (const perf::Cache& cache : perf::data_caches_of(cpu, root)) {
        bytes = cache.level == level ? std::max(bytes, cache.bytes) : bytes;
    }
    return bytes;
}

}  // namespace

std::uint64_t walk_bytes_of(Cold cold, const std::array<int, 2>& cpus,
                            const std::filesystem::path& root) {
    if (cold == Cold::no) {
        return 0;
    }
    std::uint64_t most = 0;
    for (const int cpu : cpus) {
        std::uint64_t bytes = 0;
        for (const int level : {2, 3}) {
            const std::uint64_t here = bytes_of_level(cpu, level, root);
            if (here == 0 && (level == 2 || cold == Cold::all)) {
                throw Failure(Exit::refused,
                              fmt::format("the kernel does not say how large L{} of cpu {} is "
                                          "(/sys/devices/system/cpu/cpu{}/cache), so nobody knows "
                                          "how much memory it takes to make it cold",
                                          level, cpu, cpu));
            }
            bytes += level == 2 || cold == Cold::all ? here : 0;
        }
        most = std::max(most, bytes);
    }
    return 2 * most;
}

double slices_of(Cold cold) noexcept {
    return cold == Cold::no ? 1 : cold == Cold::l2 ? 4 : 8;
}

Walk::Walk(std::uint64_t bytes) : bytes_{bytes} {
    void* const memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw Failure(Exit::runtime, fmt::format("no {} bytes of memory to walk over: {}", bytes_,
                                                 std::strerror(errno)));
    }
    memory_ = static_cast<std::byte*>(memory);
    // A kernel without transparent huge pages says no, and has base pages anyway.
    (void)madvise(memory_, bytes_, MADV_NOHUGEPAGE);
    (*this)();
}

Walk::~Walk() {
    munmap(memory_, bytes_);
}

void Walk::operator()() noexcept {
    for (std::uint64_t at = 0; at < bytes_; at += kLineBytes) {
        ++*object_at<std::uint64_t>(memory_ + at);
    }
    // What was written counts as read by somebody.
    asm volatile("" : : "r"(memory_) : "memory");
}

}  // namespace shunt::bench
