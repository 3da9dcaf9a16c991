// SPDX-License-Identifier: MIT
#include <shunt/channel/header.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/ring/block_slots.hpp>
#include <shunt/core/ring/inspect.hpp>
#include <shunt/core/ring/mpmc_slots.hpp>
#include <shunt/lane/request.hpp>
#include <shunt/mpmc/request.hpp>

#include <algorithm>
#include <string>

namespace shunt::mpmc {

namespace {

using layout::RegionId;

bool nothing_unread(const channel::Participant& place) {
    const layout::Header& header = place.header();
    const std::byte* const slots = place.region(RegionId::slots);
    const ring::RingState state =
        channel::has_blocks(header)
            ? ring::inspect_blocks(slots, header.capacity)
            : ring::inspect_mpmc(slots, header.capacity, channel::mpmc_slot_bytes(header));
    return state.plausible && state.unread() == 0;
}

std::string named(std::string_view name) {
    return "channel '" + std::string(name) + "': ";
}

channel::Request request_of(layout::Kind kind, std::string_view name, layout::Role role,
                            const Options& options) {
    if (options.start_pos != 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted position " + std::to_string(options.start_pos) +
                        " for the first message; an mpmc channel starts at 0: leave .start_pos");
    }
    channel::Request request;
    request.name = name;
    request.kind = kind;
    request.role = role;
    request.seat = channel::kAnySeat;
    request.creates = true;
    request.many_peers = true;
    request.any_capacity = options.capacity == kAnyCapacity;
    request.drained = nothing_unread;
    request.options = options;
    return request;
}

// `counts(laps, index, word)`: of a slot that is not free, whether it is asked about.
template <class Slots, class Counts>
bool any_held_of(const Slots& slots, std::uint64_t& slot, Counts&& counts) noexcept {
    for (std::uint64_t i = 0; i < slots.laps().capacity(); ++i) {
        const std::uint64_t at = slots.laps().index(slot + i);
        // edge mpmc.free acquire <- MpmcConsumer::release: who released it has done all that it
        // wanted
        const std::uint64_t word = slots.word(at).load(std::memory_order_acquire);
        const ring::SlotState state = Slots::Packed::of(word).state;
        if (state != ring::SlotState::free && state != ring::SlotState::voided &&
            counts(slots.laps(), at, word)) {
            slot = at;
            return true;
        }
    }
    return false;
}
template <class Counts>
bool any_held(const channel::Participant& place, std::uint64_t& slot, Counts&& counts) noexcept {
    const layout::Header& header = place.header();
    std::byte* const memory = place.region(RegionId::slots);
    if (channel::has_blocks(header)) {
        return any_held_of(ring::BlockSlots{memory, channel::block_geometry(header)}, slot, counts);
    }
    return any_held_of(ring::MpmcSlots{memory, header.capacity, channel::mpmc_slot_bytes(header)},
                       slot, counts);
}

// Block channels have one a slot and one a port.
std::uint64_t ports_of(const Options& options) {
    return options.ports == 0 ? channel::Request{}.default_ports : options.ports;
}
[[noreturn]] void fail_blocks(std::string_view name, std::uint64_t capacity,
                              const Options& options) {
    throw Error(Errc::bad_argument,
                named(name) + "wanted a capacity of " + std::to_string(capacity) +
                    " messages in blocks, one a message and one a port, of which there are " +
                    std::to_string(ports_of(options)) +
                    "; .capacity is 1 to 2^15, .max_message 1 to 2^30, all blocks together at most "
                    "2^39 bytes, .payload_align a power of two from 8 to 64");
}

}  // namespace

channel::Request fixed_request(std::string_view name, layout::Role role, const Options& options,
                               const ring::MpmcGeometry& geometry) {
    if (geometry.capacity == 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted a capacity of " + std::to_string(options.capacity) +
                        " messages; an mpmc channel has 1 to 2^24, and all slots together at most "
                        "2^40 bytes: choose another .capacity");
    }
    channel::Request request = request_of(layout::Kind::mpmc, name, role, options);
    request.capacity = geometry.capacity;
    request.slots_bytes = geometry.bytes;
    return request;
}

channel::Request bytes_request(std::string_view name, layout::Role role, const Options& options) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? kDefaultMessages : options.capacity;
    const std::uint64_t most = options.max_message == 0 ? kDefaultMaxMessage : options.max_message;
    const std::uint32_t payload_align = options.payload_align == 0 ? 8 : options.payload_align;
    const auto shape = ring::MpmcBytesShape::of(capacity, most, payload_align);
    if (shape.capacity() == 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted " + std::to_string(capacity) + " messages of up to " +
                        std::to_string(most) + " bytes, aligned to " +
                        std::to_string(payload_align) +
                        "; .capacity is 1 to 2^24, .max_message 1 to 2^30, all slots together at "
                        "most 2^40 bytes, .payload_align a power of two from 8 to 64");
    }
    channel::Request request = request_of(layout::Kind::mpmc_bytes, name, role, options);
    request.element_bytes = most;
    request.element_align = payload_align;
    request.capacity = shape.capacity();
    request.slots_bytes = shape.bytes();
    return request;
}

channel::Request block_request(std::string_view name, layout::Role role, const Options& options,
                               std::uint64_t capacity, std::uint64_t block_bytes) {
    if (options.pop == pop::copy) {
        throw Error(
            Errc::bad_argument,
            named(name) + "wanted pop::copy; what lies in a block is popped in place: leave .pop");
    }
    const ring::BlockGeometry geometry =
        ring::block_geometry(capacity, ports_of(options), block_bytes);
    if (geometry.capacity == 0) {
        fail_blocks(name, capacity, options);
    }
    channel::Request request = request_of(layout::Kind::mpmc_blocks, name, role, options);
    request.capacity = geometry.capacity;
    request.slots_bytes = geometry.bytes();
    return request;
}

channel::Request block_bytes_request(std::string_view name, layout::Role role,
                                     const Options& options) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? kDefaultMessages : options.capacity;
    const std::uint64_t most = options.max_message == 0 ? kDefaultMaxMessage : options.max_message;
    const std::uint32_t payload_align = options.payload_align == 0 ? 8 : options.payload_align;
    const auto shape = ring::MpmcBytesShape::of(capacity, most, payload_align);
    channel::Request request = block_request(name, role, options, capacity, shape.slot_bytes());
    request.kind = layout::Kind::mpmc_blocks_bytes;
    request.element_bytes = most;
    request.element_align = payload_align;
    return request;
}

ring::MpmcBytesShape bytes_shape(const layout::Header& header) noexcept {
    return ring::MpmcBytesShape::of(header.capacity, header.element_bytes, header.element_align);
}

layout::MpmcWords& ring_words(const channel::Participant& place) noexcept {
    return *object_at<layout::MpmcWords>(place.region(RegionId::ring_words));
}

ring::SlotOwner owner_of(const channel::Participant& place) noexcept {
    return ring::slot_owner(place.index(), place.token());
}

ring::BlockGeometry block_geometry(const channel::Participant& place) noexcept {
    return channel::block_geometry(place.header());
}

std::uint64_t untaken_approx(const channel::Participant& place) noexcept {
    const layout::MpmcWords& words = ring_words(place);
    // relaxed: an approximate answer; nothing is read on the strength of it
    const std::uint64_t read = words.read_hint.load(std::memory_order_relaxed);
    // relaxed: an approximate answer; nothing is read on the strength of it
    const std::uint64_t write = words.write_hint.load(std::memory_order_relaxed);
    return write > read ? std::min(write - read, place.header().capacity) : 0;
}

bool anything_held(const channel::Participant& place, std::uint64_t& slot) noexcept {
    return any_held(place, slot, [](const auto&, std::uint64_t, std::uint64_t) { return true; });
}

bool held_through(const channel::Participant& place, std::uint64_t position,
                  std::uint64_t& slot) noexcept {
    return any_held(place, slot, [=](const auto& laps, std::uint64_t at, std::uint64_t word) {
        const std::int64_t ahead = laps.ahead(word, position);
        return ahead < 0 || (ahead == 0 && at <= laps.index(position));
    });
}

void mark_broken(const channel::Participant& place) noexcept {
    lane::mark_broken(place, layout::Role::producer);
}

}  // namespace shunt::mpmc
