// SPDX-License-Identifier: MIT
#include <shunt/broadcast/request.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/ring/broadcast_subscriber.hpp>
#include <shunt/core/ring/inspect.hpp>
#include <shunt/lane/request.hpp>

#include <bit>
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

ring::EvictedWord* evicted_words(const channel::Participant& place) noexcept {
    return object_at<ring::EvictedWord>(place.region(RegionId::producer_words) +
                                        sizeof(layout::PublisherWords));
}

layout::GateWords* gate_words(const channel::Participant& place) noexcept {
    return object_at<layout::GateWords>(place.region(RegionId::ring_words));
}

// Of the last graceful closer: has anybody read everything?
bool nothing_unread(const channel::Participant& place) {
    const layout::Header& header = place.header();
    const auto* const subscribers =
        object_at<layout::SubscriberWords>(place.region(RegionId::consumer_words));
    const ring::RingState state = ring::inspect_broadcast(
        header.capacity, publisher_words(place), {subscribers, header.ports}, header.start_pos);
    return state.plausible && (state.write_pos == header.start_pos || state.unread() == 0);
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
               : "a broadcast channel has one publisher";
}

channel::Request request_of(layout::Kind kind, std::string_view name, layout::Role role,
                            const Options& options) {
    if (options.lanes != 0) {
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
    request.drained = nothing_unread;
    request.options = options;
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
    channel::Request request = request_of(kind, name, role, options);
    request.capacity = geometry.capacity;
    request.slots_bytes = geometry.bytes();
    return request;
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
    channel::Request request = request_of(kind, name, role, options);
    request.element_bytes = most;
    request.element_align = kLineBytes;
    request.capacity = geometry.capacity;
    request.slots_bytes = geometry.bytes();
    return request;
}

layout::PublisherWords& publisher_words(const channel::Participant& place) noexcept {
    return *object_at<layout::PublisherWords>(place.region(RegionId::producer_words));
}

layout::SubscriberWords& subscriber_words(const channel::Participant& place) noexcept {
    return object_at<layout::SubscriberWords>(
        place.region(RegionId::consumer_words))[place.index()];
}

ring::Gates gates_of(const channel::Participant& place, on_slow slow) noexcept {
    const std::size_t ports = place.header().ports;
    return {gate_words(place),
            {object_at<layout::SubscriberWords>(place.region(RegionId::consumer_words)), ports},
            {evicted_words(place), ports},
            slow == on_slow::evict};
}

ring::GatePlace gate_place(const channel::Participant& place) noexcept {
    return {gate_words(place), evicted_words(place) + place.index(), place.index(), place.token(),
            place.header().wake_mode == static_cast<std::uint32_t>(layout::WakeMode::wakeable)};
}

void refuse_broken(const channel::Participant& place, bool broken) {
    lane::refuse_broken(place, broken);
}

void mark_broken(const channel::Participant& place) noexcept {
    lane::mark_broken(place, layout::Role::producer);
}

}  // namespace shunt::broadcast
