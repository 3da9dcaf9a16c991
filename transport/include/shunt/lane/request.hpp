// SPDX-License-Identifier: MIT
//
// What the ports of spsc and mpsc share on the cold path: their requests to the channel, and where
// their lanes and the words of these lie. An spsc channel is one lane.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/inspect.hpp>
#include <shunt/core/ring/line_shape.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::lane {

inline constexpr std::uint64_t kDefaultMessages = 1024;
inline constexpr std::uint64_t kDefaultBytes = std::uint64_t{1} << 20;
inline constexpr std::uint32_t kDefaultLanes = 16;

/// The request of a port of fixed-size messages, given a lane's geometry. Throws Error where the
/// capacity is 0 or absurd, or an option does not belong to that kind.
channel::Request fixed_request(layout::Kind kind, std::string_view name, layout::Role role,
                               const Options& options, const ring::LineGeometry& geometry);
/// The request of a bytes port; `type_name` outlives it. Throws Error where capacity or alignments
/// are impossible, or an option does not belong to that kind.
channel::Request bytes_request(layout::Kind kind, std::string_view name, layout::Role role,
                               const Options& options, std::string_view type_name = {});

template <class T>
channel::Request fixed_request(layout::Kind kind, std::string_view name, layout::Role role,
                               const Options& options) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? kDefaultMessages : options.capacity;
    channel::Request request =
        fixed_request(kind, name, role, options, ring::line_geometry<T>(capacity));
    request.carry<T>();
    return request;
}

/// The lane of a producer. Of a consumer: 0.
[[nodiscard]] std::uint32_t lane_of(const channel::Participant& place) noexcept;
/// A lane's slots, and its words.
[[nodiscard]] std::byte* memory_of(const channel::Participant& place, std::uint32_t lane) noexcept;
[[nodiscard]] layout::ConsumerWords& consumer_words(const channel::Participant& place,
                                                    std::uint32_t lane) noexcept;
[[nodiscard]] layout::ProducerWords& producer_words(const channel::Participant& place,
                                                    std::uint32_t lane) noexcept;
/// A producer of an mpsc channel says that the lane is its own, before its first message.
void move_in(const channel::Participant& place) noexcept;

/// Shape of the bytes ring that the header describes.
[[nodiscard]] ring::BytesShape bytes_shape(const layout::Header& header) noexcept;
/// The consumer's read_pos in a lane.
[[nodiscard]] std::uint64_t read_position(const channel::Participant& place,
                                          std::uint32_t lane) noexcept;
/// Messages (bytes of a bytes ring) that are published and not read: of a lane, of all.
[[nodiscard]] std::uint64_t unread(const channel::Participant& place, std::uint32_t lane) noexcept;
[[nodiscard]] std::uint64_t unread(const channel::Participant& place) noexcept;
/// Notes in the control page that a region holds impossible words, for `shunt info`.
void mark_broken(const channel::Participant& place, layout::Role whose) noexcept;
/// Throws Error if the ring could not be taken over.
void refuse_broken(const channel::Participant& place, bool broken);

}  // namespace shunt::lane
