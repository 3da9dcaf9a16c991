// SPDX-License-Identifier: MIT
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/ring/inspect.hpp>
#include <shunt/spsc/request.hpp>

#include <string>

namespace shunt::spsc {

namespace {

using layout::RegionId;

std::string named(std::string_view name) {
    return "channel '" + std::string(name) + "': ";
}

bool nothing_unread(const channel::Participant& place) {
    return unread(place) == 0;
}

channel::Request request_of(layout::Kind kind, std::string_view name, layout::Role role,
                            const Options& options) {
    channel::Request request;
    request.name = name;
    request.kind = kind;
    request.role = role;
    request.seat = role == layout::Role::producer ? layout::kProducerSeat : layout::kConsumerSeat;
    request.creates = role == layout::Role::producer;
    request.any_capacity = options.capacity == kAnyCapacity;
    request.drained = nothing_unread;
    request.options = options;
    return request;
}

ring::RingState state_of(const channel::Participant& place) noexcept {
    const layout::Header& header = place.header();
    const std::byte* const slots = place.region(RegionId::slots);
    if (static_cast<layout::Kind>(header.kind) == layout::Kind::spsc_bytes) {
        return ring::inspect_bytes(slots, bytes_shape(header), producer_words(place),
                                   consumer_words(place), header.start_pos);
    }
    return ring::inspect_line(slots, header.capacity, header.element_bytes, consumer_words(place),
                              header.start_pos);
}

}  // namespace

channel::Request fixed_request(std::string_view name, layout::Role role, const Options& options,
                               const ring::LineGeometry& geometry) {
    if (geometry.capacity == 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted a capacity of " + std::to_string(options.capacity) +
                        " messages; it must be at least 1, and all slots together at most 2^40 "
                        "bytes: choose another .capacity");
    }
    channel::Request request = request_of(layout::Kind::spsc, name, role, options);
    request.capacity = geometry.capacity;
    request.slots_bytes = geometry.bytes;
    return request;
}

channel::Request bytes_request(std::string_view name, layout::Role role, const Options& options) {
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
    channel::Request request = request_of(layout::Kind::spsc_bytes, name, role, options);
    request.element_bytes = 1;
    request.element_align = payload_align;
    request.capacity = shape.capacity();
    request.slots_bytes = shape.bytes();
    request.producer_words = true;
    request.options.frame_align = options.frame_align;
    return request;
}

layout::ConsumerWords& consumer_words(const channel::Participant& place) noexcept {
    return *object_at<layout::ConsumerWords>(place.region(RegionId::consumer_words));
}

layout::ProducerWords& producer_words(const channel::Participant& place) noexcept {
    return *object_at<layout::ProducerWords>(place.region(RegionId::producer_words));
}

ring::BytesShape bytes_shape(const layout::Header& header) noexcept {
    return ring::BytesShape::of(header.capacity, header.frame_align,
                                static_cast<std::uint32_t>(header.element_align));
}

std::uint64_t read_position(const channel::Participant& place) noexcept {
    // relaxed: an approximate answer; nothing is read on the strength of it
    const std::uint64_t read = consumer_words(place).read_pos.load(std::memory_order_relaxed);
    return read == 0 ? place.header().start_pos : read;
}

std::uint64_t unread(const channel::Participant& place) noexcept {
    return state_of(place).unread();
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

}  // namespace shunt::spsc
