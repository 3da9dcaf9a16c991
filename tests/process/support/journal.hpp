// SPDX-License-Identifier: MIT
//
// A consumer's own notes, in memory that survives it: how often each message was delivered, as new
// and as redelivered. Written before the message is released, so it proves what was handed out.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace shunt::process_test {

class Journal {
public:
    static constexpr std::uint64_t kMost = 1 << 15;  // messages

    /// By one consumer at a time. Numbers beyond kMost are not noted.
    void delivered(std::uint64_t number, bool redelivered) noexcept {
        if (number < kMost) {
            auto& count = redelivered ? flagged_[number] : plain_[number];
            // relaxed: one writer; it is read when that is dead
            const auto next = static_cast<std::uint8_t>(count.load(std::memory_order_relaxed) + 1);
            // relaxed: as above
            count.store(next, std::memory_order_relaxed);
        }
    }
    [[nodiscard]] unsigned plain(std::uint64_t number) const noexcept {
        // relaxed: its writer is dead
        return plain_[number].load(std::memory_order_relaxed);
    }
    [[nodiscard]] unsigned flagged(std::uint64_t number) const noexcept {
        // relaxed: its writer is dead
        return flagged_[number].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<std::uint8_t>, kMost> plain_{};
    std::array<std::atomic<std::uint8_t>, kMost> flagged_{};
};

}  // namespace shunt::process_test
