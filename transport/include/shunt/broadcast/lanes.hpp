// SPDX-License-Identifier: MIT
//
// The ports of a named broadcast channel with several publishers, of fixed-size messages and of
// bytes. shunt/broadcast.hpp says what such a channel is, and what holds for all of its calls; what
// is here is a kind of its own, which the ports of one publisher do not join.
#pragma once

#include <shunt/broadcast/bytes.hpp>
#include <shunt/broadcast/publisher.hpp>
#include <shunt/broadcast/subscriber.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/core/ring/broadcast_lanes.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::broadcast {

/// A publisher in a lane. `Calls`: those of a publisher.
template <class Calls>
class InLane : public Calls {
public:
    /// Its own; messages, positions and gates of this port are those of the lane.
    [[nodiscard]] std::uint32_t lane() const noexcept { return lane::lane_of(this->place()); }

protected:
    explicit InLane(const channel::Request& request) : Calls(request) {
        ring::take_lane(lane_holders(this->place(), lane()), this->place().token(),
                        this->position());
    }
};

/// A subscriber to all lanes. `Calls`: those of a subscriber. What is said of a message, and
/// capacity(), is of the lane of the one that was delivered last. try_pop and try_peek look at each
/// lane that had messages lately, and at some of the others: where they find nothing, a lane that
/// has just begun may have one, which a later call finds. ready() looks at all.
template <class Calls>
class OverLanes : public Calls {
public:
    /// The lane of the message that was delivered last, or of the loss that was told; a publisher's
    /// own is its lane().
    [[nodiscard]] std::uint32_t lane() const noexcept { return this->log().merge().lane(); }
    [[nodiscard]] std::uint32_t lanes() const noexcept { return this->log().merge().lanes(); }
    /// The token of the publisher whose message that was: no two publishers of a channel have the
    /// same, ever. 0: seven others, or more, have had its lane since. Looks at words that change
    /// with the publisher only.
    [[nodiscard]] std::uint64_t producer() const noexcept { return producer(this->position()); }
    /// The same of a message of lane() at that position: of one that a peek shows, which counts as
    /// delivered, and as position(), once it is released.
    [[nodiscard]] std::uint64_t producer(std::uint64_t position) const noexcept {
        return ring::holder_of(lane_holders(this->place(), lane()), position);
    }

    /// Of one lane; the calls without one: sums over all lanes; gated(): in all of them.
    using Calls::gated;
    using Calls::lag;
    using Calls::lost;
    using Calls::next_position;
    [[nodiscard]] std::uint64_t lost(std::uint32_t lane) const noexcept { return in(lane).lost(); }
    [[nodiscard]] std::uint64_t lag(std::uint32_t lane) const noexcept { return in(lane).lag(); }
    [[nodiscard]] bool gated(std::uint32_t lane) const noexcept { return in(lane).gated(); }
    [[nodiscard]] std::uint64_t next_position(std::uint32_t lane) const noexcept {
        return in(lane).next_position();
    }

    /// Asks the kernel for the dead, and frees their lanes and seats; how many there were. Blocking
    /// calls do so by themselves. About 0.3 us a participant.
    std::uint32_t recover() noexcept { return this->place().reap(); }

protected:
    using Calls::Calls;

private:
    [[nodiscard]] const auto& in(std::uint32_t lane) const noexcept {
        return this->log().merge().ring(lane);
    }
};

template <class T>
class LanePublisher : public InLane<FixedPublisher<T>> {
public:
    /// Opens the channel, creating it where there is none, and takes a lane; goes on behind what
    /// the lane's last publisher published. Blocks while none is free. Throws Error.
    explicit LanePublisher(std::string_view name, const Options& options = {})
        : InLane<FixedPublisher<T>>(fixed_request<T>(name, layout::Role::producer, options,
                                                     layout::Kind::broadcast_lanes)) {}
};

template <class T>
class LaneSubscriber : public OverLanes<FixedSubscriber<T, ring::LaneSubscriber<T>>> {
    using Base = OverLanes<FixedSubscriber<T, ring::LaneSubscriber<T>>>;

public:
    /// Opens the channel, waiting `.open_timeout` for it, and begins in each lane where `.from`
    /// says. Throws Error.
    explicit LaneSubscriber(std::string_view name, const Options& options = {})
        : Base(fixed_request<T>(name, layout::Role::consumer, options,
                                layout::Kind::broadcast_lanes),
               [&](const channel::Participant& place) {
                   return ring::LaneSubscriber<T>{
                       channel::lanes_of(place.header()),
                       [&](std::uint32_t lane) { return fixed_reader<T>(place, lane, options); }};
               }) {}
};

class BytesLanePublisher : public InLane<AnyBytesPublisher> {
public:
    /// As LanePublisher, for messages of up to `.max_message` bytes.
    explicit BytesLanePublisher(std::string_view name, const Options& options = {})
        : InLane(bytes_request(name, layout::Role::producer, options,
                               layout::Kind::broadcast_lanes_bytes)) {}
};

class BytesLaneSubscriber : public OverLanes<AnyBytesSubscriber<ring::LaneBytesSubscriber<>>> {
public:
    /// As LaneSubscriber.
    explicit BytesLaneSubscriber(std::string_view name, const Options& options = {})
        : OverLanes(bytes_request(name, layout::Role::consumer, options,
                                  layout::Kind::broadcast_lanes_bytes),
                    [&](const channel::Participant& place) {
                        return ring::LaneBytesSubscriber<>{
                            channel::lanes_of(place.header()),
                            [&](std::uint32_t lane) { return bytes_reader(place, lane, options); }};
                    }) {}
};

}  // namespace shunt::broadcast
