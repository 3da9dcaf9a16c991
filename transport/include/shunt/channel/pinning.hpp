// SPDX-License-Identifier: MIT
//
// Pinning: the opening thread bound to one cpu; undone where the opening fails, else for good. It
// moves no other thread, and no port later on.
#pragma once

#include <cstdint>
#include <vector>

namespace shunt::channel {

class Pinning {
public:
    Pinning() = default;
    ~Pinning();  // gives the thread back the cpus that it had, unless keep() was called
    Pinning(const Pinning&) = delete;
    Pinning& operator=(const Pinning&) = delete;

    /// Binds the calling thread to `cpu` and returns when it runs there; kAnyCpu: nothing. Throws
    /// Errc::bad_argument (no such cpu, or offline), no_permission (the cpuset has it not), else
    /// the errno.
    void pin(std::int32_t cpu);
    void keep() noexcept { before_.clear(); }

private:
    std::vector<unsigned long> before_;  // a mask; empty: nothing to undo
};

}  // namespace shunt::channel
