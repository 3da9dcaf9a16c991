// SPDX-License-Identifier: MIT
#include "bench/lib/src/sleep_proof.hpp"

#include <shunt/core/policy.hpp>
#include <shunt_bench/config.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>

namespace shunt::bench {

SleepProof::SleepProof(int pid)
    : file_{open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC)}, pid_{pid} {
    if (file_ < 0) {
        throw Failure(Exit::runtime,
                      fmt::format("cannot see whether process {} sleeps: /proc/{}/stat: {}", pid,
                                  pid, std::strerror(errno)));
    }
}

SleepProof::~SleepProof() {
    close(file_);
}

char SleepProof::state() const {
    std::array<char, 128> text{};
    const ssize_t n = pread(file_, text.data(), text.size(), 0);
    return n <= 0 ? '\0' : state_in({text.data(), static_cast<std::size_t>(n)});
}

void SleepProof::wait_until_asleep(std::string_view who, const perf::Clock& clock) const {
    const std::uint64_t give_up = clock.now() + clock.to_ticks(kPatienceNs);
    while (clock.now() < give_up) {
        if (state() != 'S') {
            continue;
        }
        const std::uint64_t until = clock.now() + clock.to_ticks(kAsleepNs);
        while (clock.now() < until) {
            DefaultPolicy::pause();
        }
        if (state() == 'S') {
            return;
        }
    }
    throw Failure(Exit::refused,
                  fmt::format("{}: process {} never slept while it waited for a message, so there "
                              "is no wake-up to measure; give --wait park, and peers that sleep",
                              who, pid_));
}

char state_in(std::string_view stat) noexcept {
    const std::size_t end = stat.rfind(')');
    return end == std::string_view::npos || end + 2 >= stat.size() ? '\0' : stat[end + 2];
}

}  // namespace shunt::bench
