// SPDX-License-Identifier: MIT
#include <shunt/channel/header.hpp>
#include <shunt/channel/open_channel.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/ring/lane_merge.hpp>
#include <shunt/lane/request.hpp>

#include <string>

namespace shunt::lane {

namespace {

using channel::lanes_of;
using layout::Kind;
using layout::RegionId;

std::string named(std::string_view name) {
    return "channel '" + std::string(name) + "': ";
}

// Where the regions lie: as Participant and OpenChannel say.
template <class Regions>
layout::ConsumerWords& consumer_words_in(const Regions& regions, std::uint32_t lane) noexcept {
    return object_at<layout::ConsumerWords>(regions.region(RegionId::consumer_words))[lane];
}

template <class Regions>
ring::RingState state_in(const Regions& regions, const layout::Header& header,
                         std::uint32_t lane) noexcept {
    const std::byte* const slots =
        regions.region(RegionId::slots) + lane * channel::lane_bytes(header);
    const layout::ConsumerWords& words = consumer_words_in(regions, lane);
    if (channel::is_bytes(header)) {
        const auto* const producers =
            object_at<layout::ProducerWords>(regions.region(RegionId::producer_words));
        return ring::inspect_bytes(slots, bytes_shape(header), producers[lane], words,
                                   header.start_pos);
    }
    return ring::inspect_line(slots, header.capacity, header.element_bytes, words,
                              header.start_pos);
}

bool nothing_unread(const channel::Participant& place) {
    return unread(place) == 0;
}

// L1. Asked by the one that sits in the lane's seat, so nobody publishes meanwhile.
bool lane_is_free(const channel::OpenChannel& channel, std::uint32_t lane) {
    const ring::RingState state = state_in(channel, channel.header, lane);
    return state.plausible && ring::lane_is_free<>(consumer_words_in(channel, lane),
                                                   state.write_pos, channel.header.start_pos);
}

void seat_in_lanes(channel::Request& request, std::string_view name) {
    Options& options = request.options;
    constexpr std::uint32_t kMost = layout::kMaxPorts - layout::kFirstSharedSeat;
    if (options.ports != 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted " + std::to_string(options.ports) +
                        " ports; an mpsc channel has one a lane and one for its consumer: leave "
                        ".ports, and choose .lanes");
    }
    if (options.lanes > kMost) {
        throw Error(Errc::bad_argument, named(name) + "wanted " + std::to_string(options.lanes) +
                                            " lanes; there are at most " + std::to_string(kMost) +
                                            ": choose another .lanes");
    }
    if (options.lanes != 0) {
        options.ports = options.lanes + layout::kFirstSharedSeat;
    }
    request.default_ports = kDefaultLanes + layout::kFirstSharedSeat;
    if (request.role == layout::Role::producer) {
        request.seat = channel::kAnySeat;
        request.lane_is_free = lane_is_free;
    }
    request.many_peers = request.role == layout::Role::consumer;
    request.creates = true;
    const std::uint32_t lanes = options.lanes == 0 ? kDefaultLanes : options.lanes;
    const std::uint64_t one = align_up(request.slots_bytes, kLinePairBytes);
    if (one > kMaxSlotsBytes / lanes) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted " + std::to_string(lanes) + " lanes of " +
                        std::to_string(one) +
                        " bytes; all slots together have at most 2^40: choose another .capacity or "
                        ".lanes");
    }
    request.slots_bytes = one * lanes;
}

channel::Request request_of(Kind kind, std::string_view name, layout::Role role,
                            const Options& options, std::uint64_t capacity,
                            std::uint64_t slots_bytes) {
    channel::Request request;
    request.name = name;
    request.kind = kind;
    request.role = role;
    request.seat = role == layout::Role::producer ? layout::kProducerSeat : layout::kConsumerSeat;
    request.creates = role == layout::Role::producer;
    request.any_capacity = options.capacity == kAnyCapacity;
    request.capacity = capacity;
    request.slots_bytes = slots_bytes;
    request.drained = nothing_unread;
    request.options = options;
    if (kind == Kind::mpsc || kind == Kind::mpsc_bytes) {
        seat_in_lanes(request, name);
    } else if (options.lanes != 0) {
        throw Error(Errc::bad_argument, named(name) + "wanted " + std::to_string(options.lanes) +
                                            " lanes; an spsc channel has none: leave .lanes, or "
                                            "make it mpsc");
    }
    return request;
}

}  // namespace

channel::Request fixed_request(Kind kind, std::string_view name, layout::Role role,
                               const Options& options, const ring::LineGeometry& geometry) {
    if (geometry.capacity == 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted a capacity of " + std::to_string(options.capacity) +
                        " messages; it must be at least 1, and all slots together at most 2^40 "
                        "bytes: choose another .capacity");
    }
    return request_of(kind, name, role, options, geometry.capacity, geometry.bytes);
}

channel::Request bytes_request(Kind kind, std::string_view name, layout::Role role,
                               const Options& options, std::string_view type_name) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? kDefaultBytes : options.capacity;
    const std::uint32_t frame_align = options.frame_align == 0 ? 64 : options.frame_align;
    const std::uint32_t payload_align = options.payload_align == 0 ? 8 : options.payload_align;
    const ring::BytesShape shape = ring::BytesShape::of(capacity, frame_align, payload_align);
    if (shape.capacity() == 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted a bytes ring of " + std::to_string(capacity) +
                        " bytes, frames aligned to " + std::to_string(frame_align) +
                        ", payloads to " + std::to_string(payload_align) +
                        "; capacity is 1 to 2^40, .frame_align 8 or 64, .payload_align a power of "
                        "two from 8 to .frame_align");
    }
    channel::Request request =
        request_of(kind, name, role, options, shape.capacity(), shape.bytes());
    request.element_bytes = 1;
    request.element_align = payload_align;
    request.type_name = type_name;
    request.fingerprint = type_name.empty() ? 0 : fnv1a(type_name);
    return request;
}

std::uint32_t lane_of(const channel::Participant& place) noexcept {
    return place.index() >= layout::kFirstSharedSeat ? place.index() - layout::kFirstSharedSeat : 0;
}

std::byte* memory_of(const channel::Participant& place, std::uint32_t lane) noexcept {
    return place.region(RegionId::slots) + lane * channel::lane_bytes(place.header());
}

layout::ConsumerWords& consumer_words(const channel::Participant& place,
                                      std::uint32_t lane) noexcept {
    return consumer_words_in(place, lane);
}

layout::ProducerWords& producer_words(const channel::Participant& place,
                                      std::uint32_t lane) noexcept {
    return object_at<layout::ProducerWords>(place.region(RegionId::producer_words))[lane];
}

void move_in(const channel::Participant& place) noexcept {
    if (channel::has_lanes(place.header())) {
        // edge mpsc.token release -> LaneMerge::token: before our first message (L2)
        producer_words(place, lane_of(place)).token.store(place.token(), std::memory_order_release);
    }
}

ring::BytesShape bytes_shape(const layout::Header& header) noexcept {
    return ring::BytesShape::of(header.capacity, header.frame_align,
                                static_cast<std::uint32_t>(header.element_align));
}

std::uint64_t read_position(const channel::Participant& place, std::uint32_t lane) noexcept {
    // relaxed: an approximate answer; nothing is read on the strength of it
    const std::uint64_t read = consumer_words(place, lane).read_pos.load(std::memory_order_relaxed);
    return read == 0 ? place.header().start_pos : read;
}

std::uint64_t unread(const channel::Participant& place, std::uint32_t lane) noexcept {
    return state_in(place, place.header(), lane).unread();
}

std::uint64_t unread(const channel::Participant& place) noexcept {
    std::uint64_t all = 0;
    for (std::uint32_t lane = 0; lane < lanes_of(place.header()); ++lane) {
        all += unread(place, lane);
    }
    return all;
}

void mark_broken(const channel::Participant& place, layout::Role whose) noexcept {
    // relaxed: for display; nothing follows from it
    place.control().broken_role.store(static_cast<std::uint32_t>(whose), std::memory_order_relaxed);
    // relaxed: for display; nothing follows from it
    place.control().broken.store(1, std::memory_order_relaxed);
}

void refuse_broken(const channel::Participant& place, bool broken) {
    if (broken) {
        throw Error(Errc::corrupt,
                    named(place.name()) +
                        "its ring holds positions that no shunt port writes; what is "
                        "in it cannot be trusted: end its other participants and "
                        "remove the file, or open with .existing = replace");
    }
}

}  // namespace shunt::lane
