// SPDX-License-Identifier: MIT
//
// Cold caches: a walk over memory of one's own that puts everything else out of them.
#pragma once

#include <shunt_bench/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace shunt::bench {

/// Twice what the larger L2 of the two cpus holds; of `all` twice L2 and L3 together; 0 of `no`.
/// Throws Failure, refused, where the kernel does not say how large they are.
[[nodiscard]] std::uint64_t walk_bytes_of(Cold cold, const std::array<int, 2>& cpus,
                                          const std::filesystem::path& root = "/");

/// A measurement takes so many slices: there is a walk for each message.
[[nodiscard]] double slices_of(Cold cold) noexcept;

/// Memory of one side, in base pages, so that translations go as well.
class Walk {
public:
    /// Maps and touches it. Throws Failure.
    explicit Walk(std::uint64_t bytes);
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

    /// Writes to each line of it, in order.
    void operator()() noexcept;

private:
    std::byte* memory_ = nullptr;
    std::uint64_t bytes_;
};

}  // namespace shunt::bench
