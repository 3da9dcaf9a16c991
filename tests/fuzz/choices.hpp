// SPDX-License-Identifier: MIT
//
// Where a hostile peer gets its ideas: the bytes of a fuzzer's input, which end, or a seed, which
// does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::fuzz {

class Choices {
public:
    /// From a fuzzer's input; zeros behind its end.
    explicit Choices(std::span<const std::byte> bytes) noexcept : bytes_{bytes} {}
    /// For ever, from xorshift64* and this seed.
    explicit Choices(std::uint64_t seed) noexcept
        : state_{seed * 0x9e3779b97f4a7c15u | 1}, endless_{true} {}

    [[nodiscard]] bool exhausted() const noexcept { return !endless_ && bytes_.empty(); }

    /// 0 to `end` - 1, `end` at most 2^32.
    [[nodiscard]] std::uint64_t below(std::uint64_t end) noexcept {
        const std::size_t wanted = end <= 256 ? 1 : end <= 65536 ? 2 : 4;
        return (endless_ ? drawn() >> 32 : taken(wanted)) % end;
    }
    [[nodiscard]] bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }
    [[nodiscard]] std::uint64_t word() noexcept { return endless_ ? drawn() : taken(8); }

    /// What is left of the input, at most `most` bytes of it.
    [[nodiscard]] std::span<const std::byte> rest(std::size_t most) noexcept {
        const auto all = bytes_.first(most < bytes_.size() ? most : bytes_.size());
        bytes_ = bytes_.subspan(all.size());
        return all;
    }

private:
    std::uint64_t taken(std::size_t n) noexcept {
        std::uint64_t value = 0;
        for (const std::byte b : rest(n)) {
            value = value << 8 | std::to_integer<std::uint64_t>(b);
        }
        return value;
    }
    std::uint64_t drawn() noexcept {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1du;
    }

    std::span<const std::byte> bytes_{};
    std::uint64_t state_ = 0;
    bool endless_ = false;
};

}  // namespace shunt::fuzz
