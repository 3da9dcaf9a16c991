// SPDX-License-Identifier: MIT
//
// Several publishers, a broadcast log each, and subscribers that read all of the logs by turns. A
// lane is exactly the log of broadcast.hpp, its publisher that of one publisher; this is how a
// subscriber merges them. No publisher touches what another writes. A publisher's messages keep
// their order; those of different ones come as the turns go (lane_merge.hpp).
//
// Invariants, beside those of the log
//   M1  Each lane is read by a reader of its own, which alone has its place, its losses and its
//       gate in that lane. So what holds of a log holds of each lane: received + lost = published.
//   M2  A loss is told by the call that met it, before another message of that lane.
//   M3  A lane may go to its next publisher at once: readers keep their place, and what was
//       published stays. (A lane of mpsc is read to its end first: its one reader says when.)
#pragma once

#include <shunt/core/policy.hpp>
#include <shunt/core/ring/broadcast_bytes.hpp>
#include <shunt/core/ring/broadcast_subscriber.hpp>
#include <shunt/core/ring/lane_holders.hpp>
#include <shunt/core/ring/lane_merge.hpp>
#include <shunt/core/status.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// A lane's reader, as a merge asks it. One that is broken has said so, and is left alone.
template <class Reader>
struct LaneReader : Reader {
    explicit LaneReader(const Reader& reader) noexcept : Reader{reader} {}

    [[nodiscard]] std::uint64_t read_position() const noexcept { return this->next_position(); }
    [[nodiscard]] std::uint64_t freed() const noexcept { return this->told(); }
    void store_free() noexcept { this->tell(); }
    [[nodiscard]] bool readable() const noexcept { return !this->broken() && Reader::readable(); }
};

/// What subscribers to lanes have in common. What is said of a message holds of the one that was
/// delivered last, and of its lane, lane(). One thread at a time; a call looks at most once at each
/// lane, none waits; allocates at construction only.
template <class Reader, class P = DefaultPolicy, class Turns = LaneTurns>
class LogMerge {
public:
    using Lane = LaneReader<Reader>;

    /// Shows the oldest message of some lane in place, as Reader::try_peek. It keeps its turn.
    template <class View>
    [[nodiscard]] Status try_peek(View& view) noexcept {
        return merge_.next([&](Lane& lane) { return lane.try_peek(view); });
    }
    [[nodiscard]] Status release() noexcept { return merge_.current().release(); }
    [[nodiscard]] bool still_valid() const noexcept { return merge_.current().still_valid(); }

    /// True if some lane has a message, or a loss to be told. The look of the wake-up protocol.
    [[nodiscard]] bool readable() const noexcept { return merge_.readable(); }
    /// The lanes could not be taken part in: one held impossible words. One that is found so later
    /// says `broken` once, and the others go on without it.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    [[nodiscard]] std::uint64_t position() const noexcept { return merge_.current().position(); }
    [[nodiscard]] std::uint64_t next_position() const noexcept {
        return merge_.current().next_position();
    }
    /// Of a lane.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return merge_.current().capacity(); }
    /// Over all lanes, as the next.
    [[nodiscard]] std::uint64_t lost() const noexcept {
        return sum([](const Lane& lane) { return lane.lost(); });
    }
    [[nodiscard]] std::uint64_t lag() const noexcept {
        return sum([](const Lane& lane) { return lane.lag(); });
    }
    /// Every lane's publisher waits for this subscriber.
    [[nodiscard]] bool gated() const noexcept {
        return sum([](const Lane& lane) { return lane.gated() ? 1u : 0u; }) == merge_.lanes();
    }
    /// Tells all publishers at once what has been read. Before sleeping.
    void tell() noexcept { merge_.store_free(); }
    /// It grows whenever a publisher may have got room; also when the gates were opened, by whoever
    /// met an earlier cursor of one.
    [[nodiscard]] std::uint64_t told() noexcept {
        told_ += merge_.room_due() != 0 ? 1u : 0u;
        return told_;
    }

    [[nodiscard]] LaneMerge<Lane, P, Turns>& merge() noexcept { return merge_; }
    [[nodiscard]] const LaneMerge<Lane, P, Turns>& merge() const noexcept { return merge_; }

protected:
    /// `make(i)` gives the reader of lane i.
    template <class Make>
    LogMerge(std::uint32_t lanes, Make&& make)
        : merge_{lanes, [&](std::uint32_t lane) { return Lane{make(lane)}; }},
          told_{sum([](const Lane& lane) { return lane.told(); }) != 0 ? 1u : 0u},
          broken_{sum([](const Lane& lane) { return lane.broken() ? 1u : 0u; }) != 0} {}

private:
    template <class Of>
    [[nodiscard]] std::uint64_t sum(Of&& of) const noexcept {
        std::uint64_t all = 0;
        for (std::uint32_t lane = 0; lane < merge_.lanes(); ++lane) {
            all += of(merge_.ring(lane));
        }
        return all;
    }

    LaneMerge<Lane, P, Turns> merge_;
    std::uint64_t told_;
    bool broken_;
};

/// A subscriber to the messages of type T of several publishers.
template <class T, class P = DefaultPolicy, class Turns = LaneTurns>
class LaneSubscriber : public LogMerge<BroadcastSubscriber<T, P>, P, Turns> {
    using Merge = LogMerge<BroadcastSubscriber<T, P>, P, Turns>;
    using typename Merge::Lane;

public:
    /// `make(i)` gives the subscriber to lane i.
    template <class Make>
    LaneSubscriber(std::uint32_t lanes, Make&& make) : Merge{lanes, make} {}

    /// Copies the oldest message of some lane out. `lapped`: the publisher of lane() has overtaken;
    /// lost() has grown. `empty`: of the lanes that were looked at none has one.
    [[nodiscard, gnu::always_inline]] Status try_pop(T& message) noexcept {
        return this->merge().next_into(
            message,
            [](Lane & lane, T & to) __attribute__((always_inline)) { return lane.try_pop(to); });
    }
    /// As BroadcastSubscriber::try_pop_n: all of them are of one lane.
    [[nodiscard]] Status try_pop_n(std::span<T> messages, std::size_t& popped) noexcept {
        Status end = Status::ok;
        popped = 0;
        const Status status = this->merge().next([&](Lane& lane) {
            end = lane.try_pop_n(messages, popped);
            return popped != 0 ? Status{Status::ok} : end;
        });
        return status ? end : status;
    }
};

/// A subscriber to the byte messages of several publishers.
template <class P = DefaultPolicy, class Turns = LaneTurns>
class LaneBytesSubscriber : public LogMerge<BroadcastBytesSubscriber<P>, P, Turns> {
    using Merge = LogMerge<BroadcastBytesSubscriber<P>, P, Turns>;
    using typename Merge::Lane;

public:
    /// `make(i)` gives the subscriber to lane i.
    template <class Make>
    LaneBytesSubscriber(std::uint32_t lanes, Make&& make) : Merge{lanes, make} {}

    /// As LaneSubscriber::try_pop. `too_small`: it stays, and is the next again.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        return this->merge().next([&](Lane& lane) { return lane.try_pop(to, size); });
    }
    [[nodiscard]] std::uint32_t type() const noexcept { return this->merge().current().type(); }
    [[nodiscard]] std::uint64_t max_message() const noexcept {
        return this->merge().current().max_message();
    }
};

}  // namespace shunt::ring
