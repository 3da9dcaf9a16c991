// SPDX-License-Identifier: MIT
//
// The slots of a broadcast log, and the arithmetic of their stamps. broadcast.hpp has the
// invariants.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/frame.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::ring {

inline constexpr std::uint64_t kLeastLogSlots = 2;
inline constexpr std::uint64_t kMostLogMessage = std::uint64_t{1} << 30;

/// 2^k slots of `slot_bytes`. All 0: no such log.
struct LogGeometry {
    std::uint64_t capacity = 0;
    std::uint64_t slot_bytes = 0;

    [[nodiscard]] constexpr std::uint64_t bytes() const noexcept { return capacity * slot_bytes; }
};

/// The smallest log for at least `capacity` messages whose payloads take up to `payload_bytes`, and
/// `tail_bytes` of words behind them.
[[nodiscard]] constexpr LogGeometry log_geometry(std::uint64_t capacity,
                                                 std::uint64_t payload_bytes,
                                                 std::uint64_t tail_bytes) noexcept {
    if (capacity == 0 || capacity > kMaxSlotsBytes / kLineBytes || payload_bytes == 0 ||
        payload_bytes > kMostLogMessage) {
        return {};
    }
    const std::uint64_t slot_bytes = align_up(payload_bytes + tail_bytes, kLineBytes);
    const std::uint64_t slots = std::max(kLeastLogSlots, std::bit_ceil(capacity));
    return slots <= kMaxSlotsBytes / slot_bytes ? LogGeometry{slots, slot_bytes} : LogGeometry{};
}

template <class T>
struct LogShape {
    static_assert(std::is_trivially_copyable_v<T>, "a message crosses processes by its bytes");
    static_assert(alignof(T) <= kLineBytes, "no element is aligned to more than a line");
    static constexpr std::uint64_t kTailBytes = layout::kStampBytes;
    static constexpr std::uint64_t kSlotBytes = align_up(sizeof(T) + kTailBytes, kLineBytes);

    [[nodiscard]] static constexpr LogGeometry of(std::uint64_t capacity) noexcept {
        return log_geometry(capacity, sizeof(T), kTailBytes);
    }
};

/// Of byte messages of any length up to a greatest.
struct LogBytesShape {
    static constexpr std::uint64_t kTailBytes = layout::kStampBytes + layout::kFrameHeaderBytes;

    [[nodiscard]] static constexpr LogGeometry of(std::uint64_t capacity,
                                                  std::uint64_t max_message) noexcept {
        return log_geometry(capacity, max_message, kTailBytes);
    }
};

/// Which of the two stores that publish a message whoever sleeps looks at: the slot's stamp, or
/// write_pos. In a wakeable channel that one is seq_cst.
enum class told { by_stamp, by_newest };

/// Stamps of a position.
[[nodiscard]] constexpr std::uint64_t stamp_writing(std::uint64_t position) noexcept {
    return 2 * position + 1;
}
[[nodiscard]] constexpr std::uint64_t stamp_readable(std::uint64_t position) noexcept {
    return 2 * position + 2;
}
/// The position that a stamp, not 0, is of.
[[nodiscard]] constexpr std::uint64_t stamped(std::uint64_t stamp) noexcept {
    return (stamp - 1) / 2;
}

/// `kBytes`: of a slot; 0: given at run time.
template <std::uint64_t kBytes>
class LogSlots {
public:
    using Stamp = std::atomic<std::uint64_t>;

    LogSlots(std::byte* memory, std::uint64_t capacity, std::uint64_t slot_bytes = kBytes) noexcept
        : memory_{memory}, mask_{capacity - 1}, slot_bytes_{slot_bytes} {}

    [[nodiscard]] std::uint64_t capacity() const noexcept { return mask_ + 1; }
    [[nodiscard]] std::uint64_t slot_bytes() const noexcept {
        return kBytes != 0 ? kBytes : slot_bytes_;
    }
    [[nodiscard]] std::byte* slot(std::uint64_t position) const noexcept {
        return memory_ + (position & mask_) * slot_bytes();
    }
    [[nodiscard]] Stamp& stamp(std::uint64_t position) const noexcept {
        return *object_at<Stamp>(slot(position) + slot_bytes() - layout::kStampBytes);
    }
    /// Of byte messages: their length and type.
    [[nodiscard]] FrameWord& header(std::uint64_t position) const noexcept {
        return *object_at<FrameWord>(slot(position) + slot_bytes() - LogBytesShape::kTailBytes);
    }
    /// True if the slot of `position` can ever carry that stamp. Stamps are input.
    [[nodiscard]] bool plausible(std::uint64_t stamp, std::uint64_t position) const noexcept {
        return stamp == 0 ||
               (stamped(stamp) < kPositionLimit && (stamped(stamp) & mask_) == (position & mask_));
    }

private:
    std::byte* memory_;
    std::uint64_t mask_;
    std::uint64_t slot_bytes_;
};

}  // namespace shunt::ring
