// SPDX-License-Identifier: MIT
#include <shunt/channel/header.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/mpsc/merge_port.hpp>

namespace shunt::mpsc {

using layout::RegionId;

std::span<layout::ConsumerWords> consumer_words(const channel::Participant& place) noexcept {
    return {object_at<layout::ConsumerWords>(place.region(RegionId::consumer_words)),
            channel::lanes_of(place.header())};
}

std::span<const layout::ProducerWords> producer_words(const channel::Participant& place) noexcept {
    return {object_at<const layout::ProducerWords>(place.region(RegionId::producer_words)),
            channel::lanes_of(place.header())};
}

std::uint64_t stride_of(const channel::Participant& place) noexcept {
    return channel::lane_bytes(place.header());
}

Seat seat_of(const channel::Participant& place, std::uint32_t lane) noexcept {
    const auto& entry = object_at<layout::RegistryEntry>(
        place.region(RegionId::registry))[lane + layout::kFirstSharedSeat];
    // edge registry.free acquire <- Registry::leave, bury: all that it published is visible
    const std::uint64_t word = entry.word.load(std::memory_order_acquire);
    const layout::EntryState state = channel::state_of(word);
    if (state == layout::EntryState::free) {
        return Seat::left;
    }
    return state == layout::EntryState::alive &&
                   channel::ended(entry) >> 1 < channel::token_of(word)
               ? Seat::held
               : Seat::held_for_a_moment;
}

}  // namespace shunt::mpsc
