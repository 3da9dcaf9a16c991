// SPDX-License-Identifier: MIT
//
// What the spsc ports share on the cold path: their requests to the channel, and small looks at its
// regions.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/line_shape.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::spsc {

inline constexpr std::uint64_t kDefaultMessages = 1024;
inline constexpr std::uint64_t kDefaultBytes = std::uint64_t{1} << 20;

/// The request of a port of fixed-size messages, given its geometry. Throws Error where the
/// capacity is 0 or absurd.
channel::Request fixed_request(std::string_view name, layout::Role role, const Options& options,
                               const ring::LineGeometry& geometry);
/// The request of a bytes port. Throws Error where capacity or alignments are impossible.
channel::Request bytes_request(std::string_view name, layout::Role role, const Options& options);

template <class T>
channel::Request fixed_request(std::string_view name, layout::Role role, const Options& options) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? kDefaultMessages : options.capacity;
    channel::Request request = fixed_request(name, role, options, ring::line_geometry<T>(capacity));
    request.carry<T>();
    return request;
}

[[nodiscard]] layout::ConsumerWords& consumer_words(const channel::Participant& place) noexcept;
[[nodiscard]] layout::ProducerWords& producer_words(const channel::Participant& place) noexcept;
/// Shape of the bytes ring that the header describes.
[[nodiscard]] ring::BytesShape bytes_shape(const layout::Header& header) noexcept;
/// The consumer's read_pos.
[[nodiscard]] std::uint64_t read_position(const channel::Participant& place) noexcept;
/// Messages (bytes of a bytes ring) that are published and not read.
[[nodiscard]] std::uint64_t unread(const channel::Participant& place) noexcept;
/// Notes in the control page that a region holds impossible words, for `shunt info`.
void mark_broken(const channel::Participant& place, layout::Role whose) noexcept;
/// Throws Error if the ring could not be taken over.
void refuse_broken(const channel::Participant& place, bool broken);

}  // namespace shunt::spsc
