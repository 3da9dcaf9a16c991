// SPDX-License-Identifier: MIT
#include <shunt/broadcast/request.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/ring/broadcast_subscriber.hpp>
#include <shunt/core/ring/inspect.hpp>
#include <shunt/lane/request.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <string>

namespace shunt::broadcast {

namespace {

using layout::RegionId;

static_assert(from::oldest == ring::from::oldest && from::latest == ring::from::latest);
static_assert(static_cast<int>(resume::oldest) == static_cast<int>(ring::resume::oldest) &&
              static_cast<int>(resume::newest) == static_cast<int>(ring::resume::newest));
static_assert(static_cast<int>(policy::lossy) == static_cast<int>(ring::policy::lossy) &&
              static_cast<int>(policy::gated) == static_cast<int>(ring::policy::gated) &&
              static_cast<int>(policy::conflate) == static_cast<int>(ring::policy::conflate));

std::string named(std::string_view name) {
    return "channel '" + std::string(name) + "': ";
}

std::byte* words_of(const channel::Participant& place, std::uint32_t lane) noexcept {
    return place.region(RegionId::producer_words) +
           lane * channel::publisher_stride(place.header());
}

ring::EvictedWord* evicted_words(const channel::Participant& place, std::uint32_t lane) noexcept {
    return object_at<ring::EvictedWord>(words_of(place, lane) + sizeof(layout::PublisherWords));
}

layout::GateWords* gate_words(const channel::Participant& place, std::uint32_t lane) noexcept {
    return object_at<layout::GateWords>(place.region(RegionId::ring_words)) + lane;
}

// Of a lane, by registry index.
layout::SubscriberWords* seats_of(const channel::Participant& place, std::uint32_t lane) noexcept {
    return object_at<layout::SubscriberWords>(place.region(RegionId::consumer_words)) +
           std::size_t{lane} * place.header().ports;
}

// Of the last graceful closer: has anybody read everything?
bool nothing_unread(const channel::Participant& place) {
    const layout::Header& header = place.header();
    bool all_read = true;
    for (std::uint32_t lane = 0; lane < channel::logs_of(header); ++lane) {
        const ring::RingState state =
            ring::inspect_broadcast(header.capacity, publisher_words(place, lane),
                                    {seats_of(place, lane), header.ports}, header.start_pos);
        all_read = all_read && state.plausible &&
                   (state.write_pos == header.start_pos || state.unread() == 0);
    }
    return all_read;
}

void check_from(std::string_view name, const Options& options) {
    const bool anywhere = options.from == from::oldest || options.from == from::latest;
    if (!anywhere && options.from >= kPositionLimit) {
        throw Error(Errc::bad_argument, named(name) + "wanted to begin at position " +
                                            std::to_string(options.from) +
                                            "; positions are below 2^62: choose another .from");
    }
}

std::string of_one_writer(layout::Kind kind) {
    return kind == layout::Kind::latest || kind == layout::Kind::latest_bytes
               ? "a latest value has one writer"
               : "this broadcast channel has one publisher, and a LanePublisher makes another kind";
}

// Publishers have a lane each, subscribers the entries behind them.
void seat_in_lanes(channel::Request& request) {
    constexpr std::uint32_t kMost = layout::kMaxPorts - layout::kFirstSharedSeat - 1;
    const Options& options = request.options;
    request.lanes = options.lanes == 0 ? lane::kDefaultLanes : options.lanes;
    const std::uint64_t one = align_up(request.slots_bytes, kLinePairBytes);
    if (request.lanes > kMost || one > kMaxSlotsBytes / request.lanes) {
        throw Error(Errc::bad_argument,
                    named(request.name) + "wanted " + std::to_string(request.lanes) + " lanes of " +
                        std::to_string(one) + " bytes; there are at most " + std::to_string(kMost) +
                        ", and all slots together have at most 2^40 bytes: choose another .lanes "
                        "or .capacity");
    }
    const bool both = options.lanes != 0 && options.ports != 0;  // else a joiner's, and in order
    if (both && options.ports <= request.lanes + layout::kFirstSharedSeat) {
        throw Error(
            Errc::bad_argument,
            named(request.name) + "wanted " + std::to_string(options.ports) + " ports for " +
                std::to_string(request.lanes) +
                " lanes; one for each lane, two, and one for each subscriber: raise .ports, "
                "or choose another .lanes");
    }
    request.default_ports = std::min(layout::kDefaultPorts + request.lanes, layout::kMaxPorts);
    request.slots_bytes = one * request.lanes;
    request.seat = channel::kAnySeat;
    request.many_peers = true;
}

channel::Request request_of(layout::Kind kind, std::string_view name, layout::Role role,
                            const Options& options, const ring::LogGeometry& geometry) {
    const bool in_lanes =
        kind == layout::Kind::broadcast_lanes || kind == layout::Kind::broadcast_lanes_bytes;
    if (options.lanes != 0 && !in_lanes) {
        throw Error(Errc::bad_argument, named(name) + "wanted " + std::to_string(options.lanes) +
                                            " lanes; " + of_one_writer(kind) + ": leave .lanes");
    }
    check_from(name, options);
    const bool publishes = role == layout::Role::producer;
    channel::Request request;
    request.name = name;
    request.kind = kind;
    request.role = role;
    request.seat = publishes ? layout::kProducerSeat : channel::kAnySeat;
    request.creates = publishes;
    request.many_peers = publishes;
    request.reads_only = !publishes;
    request.any_capacity = options.capacity == kAnyCapacity;
    request.capacity = geometry.capacity;
    request.slots_bytes = geometry.bytes();
    request.drained = nothing_unread;
    request.options = options;
    if (in_lanes) {
        seat_in_lanes(request);
    }
    return request;
}

}  // namespace

channel::Request fixed_request(layout::Kind kind, std::string_view name, layout::Role role,
                               const Options& options, const ring::LogGeometry& geometry) {
    if (geometry.capacity == 0) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted a capacity of " + std::to_string(options.capacity) +
                        " messages; it is at least 1, and all slots together have at most 2^40 "
                        "bytes: choose another .capacity");
    }
    return request_of(kind, name, role, options, geometry);
}

channel::Request bytes_request(std::string_view name, layout::Role role, const Options& options,
                               layout::Kind kind) {
    const std::uint64_t capacity =
        options.capacity == kAnyCapacity ? default_capacity(kind) : options.capacity;
    const std::uint64_t most = options.max_message == 0 ? kDefaultMaxMessage : options.max_message;
    const std::uint32_t align = options.payload_align == 0 ? 1 : options.payload_align;
    const ring::LogGeometry geometry = ring::LogBytesShape::of(capacity, most);
    if (geometry.capacity == 0 || !std::has_single_bit(align) || align > kLineBytes) {
        throw Error(Errc::bad_argument,
                    named(name) + "wanted " + std::to_string(capacity) + " messages of up to " +
                        std::to_string(most) + " bytes, aligned to " + std::to_string(align) +
                        "; .capacity is at least 1, .max_message 1 to 2^30, all slots together "
                        "have at most 2^40 bytes, .payload_align is a power of two up to 64");
    }
    channel::Request request = request_of(kind, name, role, options, geometry);
    request.element_bytes = most;
    request.element_align = kLineBytes;
    return request;
}

std::byte* slots_of(const channel::Participant& place, std::uint32_t lane) noexcept {
    return lane::memory_of(place, lane);
}

layout::PublisherWords& publisher_words(const channel::Participant& place,
                                        std::uint32_t lane) noexcept {
    return *object_at<layout::PublisherWords>(words_of(place, lane));
}

layout::LaneHolders& lane_holders(const channel::Participant& place, std::uint32_t lane) noexcept {
    return *object_at<layout::LaneHolders>(words_of(place, lane + 1) - sizeof(layout::LaneHolders));
}

layout::SubscriberWords& subscriber_words(const channel::Participant& place,
                                          std::uint32_t lane) noexcept {
    return seats_of(place, lane)[place.index()];
}

ring::Gates gates_of(const channel::Participant& place, on_slow slow, std::uint32_t lane) noexcept {
    const std::size_t ports = place.header().ports;
    return {gate_words(place, lane),
            {seats_of(place, lane), ports},
            {evicted_words(place, lane), ports},
            slow == on_slow::evict};
}

ring::GatePlace gate_place(const channel::Participant& place, std::uint32_t lane) noexcept {
    return {gate_words(place, lane), evicted_words(place, lane) + place.index(), place.index(),
            place.token(),
            place.header().wake_mode == static_cast<std::uint32_t>(layout::WakeMode::wakeable)};
}

void refuse_broken(const channel::Participant& place, bool broken) {
    lane::refuse_broken(place, broken);
}

void mark_broken(const channel::Participant& place) noexcept {
    lane::mark_broken(place, layout::Role::producer);
}

}  // namespace shunt::broadcast
