// SPDX-License-Identifier: MIT
//
// What the ports of logs, broadcast and latest, share on the cold path: their requests to the
// channel, and where their words lie.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/ring/broadcast_gate.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/latest_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt::broadcast {

inline constexpr std::uint64_t kDefaultMessages = 1024;
inline constexpr std::uint64_t kDefaultMaxMessage = 1024;

[[nodiscard]] constexpr std::uint64_t default_capacity(layout::Kind kind) noexcept {
    return kind == layout::Kind::latest || kind == layout::Kind::latest_bytes ? ring::kLatestBuffers
                                                                              : kDefaultMessages;
}

/// The request of a port of fixed-size messages, given its log. Throws Error where the capacity is
/// 0 or absurd, or an option does not belong to this kind.
channel::Request fixed_request(layout::Kind kind, std::string_view name, layout::Role role,
                               const Options& options, const ring::LogGeometry& geometry);

template <class T>
channel::Request fixed_request(std::string_view name, layout::Role role, const Options& options,
                               layout::Kind kind = layout::Kind::broadcast) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? default_capacity(kind) : options.capacity;
    channel::Request request =
        fixed_request(kind, name, role, options, ring::LogShape<T>::of(capacity));
    request.carry<T>();
    return request;
}

/// The request of a bytes port. Throws Error where capacity, .max_message or alignment are
/// impossible.
channel::Request bytes_request(std::string_view name, layout::Role role, const Options& options,
                               layout::Kind kind = layout::Kind::broadcast_bytes);

/// A log and its words: the only one, or that of a lane.
[[nodiscard]] std::byte* slots_of(const channel::Participant& place, std::uint32_t lane) noexcept;
[[nodiscard]] layout::PublisherWords& publisher_words(const channel::Participant& place,
                                                      std::uint32_t lane = 0) noexcept;
/// Whose that lane is and was.
[[nodiscard]] layout::LaneHolders& lane_holders(const channel::Participant& place,
                                                std::uint32_t lane) noexcept;
/// Those of the seat of that subscriber.
[[nodiscard]] layout::SubscriberWords& subscriber_words(const channel::Participant& place,
                                                        std::uint32_t lane = 0) noexcept;
/// All gates, to a publisher.
[[nodiscard]] ring::Gates gates_of(const channel::Participant& place, on_slow slow,
                                   std::uint32_t lane) noexcept;
/// What that subscriber needs for its own.
[[nodiscard]] ring::GatePlace gate_place(const channel::Participant& place,
                                         std::uint32_t lane) noexcept;
/// Throws Error if the log could not be taken over.
void refuse_broken(const channel::Participant& place, bool broken);
/// Notes in the control page that the publisher's words are impossible, for `shunt info`.
void mark_broken(const channel::Participant& place) noexcept;

}  // namespace shunt::broadcast
