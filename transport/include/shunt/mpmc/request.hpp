// SPDX-License-Identifier: MIT
//
// What the mpmc ports share on the cold path: their requests to the channel, and small looks at its
// regions.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/ring/block_word.hpp>
#include <shunt/core/ring/mpmc_bytes_shape.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::mpmc {

inline constexpr std::uint64_t kDefaultMessages = 1024;
inline constexpr std::uint64_t kDefaultMaxMessage = 1024;

/// The request of a port of fixed-size messages, given its geometry. Throws Error where the
/// capacity is 0 or absurd.
channel::Request fixed_request(std::string_view name, layout::Role role, const Options& options,
                               const ring::MpmcGeometry& geometry);

template <class T>
channel::Request fixed_request(std::string_view name, layout::Role role, const Options& options) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? kDefaultMessages : options.capacity;
    channel::Request request = fixed_request(name, role, options, ring::mpmc_geometry<T>(capacity));
    request.carry<T>();
    return request;
}

/// The request of a bytes port. Throws Error where capacity, .max_message or alignment are
/// impossible.
channel::Request bytes_request(std::string_view name, layout::Role role, const Options& options);

/// The same of ports whose messages lie in blocks. `block_bytes`: as mpmc_slot_bytes says.
channel::Request block_request(std::string_view name, layout::Role role, const Options& options,
                               std::uint64_t capacity, std::uint64_t block_bytes);
channel::Request block_bytes_request(std::string_view name, layout::Role role,
                                     const Options& options);

template <class T>
channel::Request block_request(std::string_view name, layout::Role role, const Options& options) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? kDefaultMessages : options.capacity;
    channel::Request request =
        block_request(name, role, options, capacity, ring::MpmcShape<T>::kSlotBytes);
    request.carry<T>();
    return request;
}

/// Shape of the bytes ring that the header describes.
[[nodiscard]] ring::MpmcBytesShape bytes_shape(const layout::Header& header) noexcept;
[[nodiscard]] layout::MpmcWords& ring_words(const channel::Participant& place) noexcept;
[[nodiscard]] ring::SlotOwner owner_of(const channel::Participant& place) noexcept;
/// Messages that nobody has taken yet, by the hints: they may lag.
[[nodiscard]] std::uint64_t untaken_approx(const channel::Participant& place) noexcept;
/// True if a slot holds something that may still be delivered: a message, a claim, or what another
/// consumer has in hand. Looks at `slot` first, and where it found one it leaves its number there.
/// Looks at every slot.
[[nodiscard]] bool anything_held(const channel::Participant& place, std::uint64_t& slot) noexcept;
/// The same of slots whose position is at or before `position`: false means that everything that
/// was published up to there was taken and released.
[[nodiscard]] bool held_through(const channel::Participant& place, std::uint64_t position,
                                std::uint64_t& slot) noexcept;
/// Where the ring's slots and words are, for its constructors; of a channel with blocks.
[[nodiscard]] ring::BlockGeometry block_geometry(const channel::Participant& place) noexcept;
/// Notes in the control page that a slot holds an impossible word, for `shunt info`.
void mark_broken(const channel::Participant& place) noexcept;

}  // namespace shunt::mpmc
