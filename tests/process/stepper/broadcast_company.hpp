// SPDX-License-Identifier: MIT
//
// What the plays of a broadcast channel, of one with lanes, and of a latest value, share: its
// options, and one who follows the stream and knows what it has lost. There is one lane: so the
// seat of one that died is its successor's.
#pragma once

#include "process/stepper/play.hpp"

#include <shunt/broadcast/request.hpp>
#include <shunt/core/error.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace shunt::stepper {

inline constexpr std::uint64_t kSlots = 8;
inline constexpr std::uint64_t kBefore = kSlots + 2;        // published before an act
inline constexpr std::uint64_t kOldest = kBefore - kSlots;  // of them, what is there still

/// `subscribers`: most of them at a time.
[[nodiscard]] inline Options broadcast_options(Cast cast, bool huge, std::uint32_t subscribers) {
    Options options;
    options.lanes = cast.through == Through::lanes ? 1 : 0;
    options.capacity = kSlots;
    options.max_message = process_test::kLongest;
    options.pages = huge ? pages::huge_2m : pages::base;
    options.ports = layout::kFirstSharedSeat + options.lanes + subscribers;
    options.start_pos = 7 * kSlots + 1;
    options.liveness = liveness::parked;  // a blocking call's path depends on no clock
    options.seat_timeout = std::chrono::milliseconds{0};
    return options;
}

[[nodiscard]] inline std::unique_ptr<Outlet> must_open_publisher(Cast cast,
                                                                 const Options& options) {
    try {
        return open_publisher(cast, options);
    } catch (const Error& error) {
        throw Fault(std::string{"a publisher cannot open: "} + error.what());
    }
}

[[nodiscard]] inline std::unique_ptr<Inlet> must_open_subscriber(Cast cast,
                                                                 const Options& options) {
    try {
        return open_subscriber(cast, options);
    } catch (const Error& error) {
        throw Fault(std::string{"a subscriber cannot open: "} + error.what());
    }
}

/// What a port of it asks the channel for, to take part without a log.
[[nodiscard]] inline channel::Request broadcast_request(Cast cast, layout::Role role,
                                                        const Options& options) {
    using enum layout::Kind;
    const auto through = static_cast<std::size_t>(cast.through);
    const layout::Kind fixed = std::array{broadcast, latest, broadcast_lanes}[through];
    const layout::Kind bytes =
        std::array{broadcast_bytes, latest_bytes, broadcast_lanes_bytes}[through];
    switch (cast.ware) {
        case Ware::small:
            return shunt::broadcast::fixed_request<process_test::Small>(kChannel, role, options,
                                                                        fixed);
        case Ware::large:
            return shunt::broadcast::fixed_request<process_test::Large>(kChannel, role, options,
                                                                        fixed);
        case Ware::bytes:
        case Ware::dense:
            break;
    }
    return shunt::broadcast::bytes_request(kChannel, role, options, bytes);
}

/// A subscriber, and what it has to have received: every message from where it began, whole and in
/// order, but for those that it was told are lost.
class Follower {
public:
    explicit Follower(std::unique_ptr<Inlet> in) : in_{std::move(in)}, next_{in_->next()} {}

    [[nodiscard]] Inlet& in() const { return *in_; }
    /// Pops all that is there; losses and ends are noted.
    void drain() {
        Message message;
        while (take(in_->pop(message), message)) {
        }
    }
    /// Pops, waiting, until an end was told.
    void until_end() {
        const std::size_t before = ends_.size();
        Message message;
        while (ends_.size() == before) {
            static_cast<void>(take(in_->pop_until(message, patience()), message));
        }
    }
    /// One that was delivered otherwise.
    void take(const Message& message) {
        expect(message.whole, "message " + std::to_string(next_) + " is damaged");
        expect(message.number == next_, "message " + std::to_string(next_) + " was to come, " +
                                            std::to_string(message.number) + " came");
        ++next_;
    }
    /// What was lost since the last look was to come next.
    void note_losses() {
        next_ += in_->lost() - lost_;
        lost_ = in_->lost();
        expect(in_->next() == next_, "what was lost is not what was passed over");
    }
    void close() {
        in_->close();
        in_.reset();
    }

    [[nodiscard]] std::uint64_t next() const { return next_; }
    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    /// 'c' and 'd', in order.
    [[nodiscard]] const std::string& ends() const { return ends_; }

private:
    [[nodiscard]] bool take(Status status, const Message& message) {
        if (status == Status::ok) {
            take(message);
            return true;
        }
        if (status == Status::empty) {
            return false;
        }
        if (status == Status::lapped) {
            const std::uint64_t before = lost_;
            note_losses();
            expect(lost_ > before, "lapped, and nothing is lost");
            return true;
        }
        expect(status == Status::closed || status == Status::peer_dead,
               "a subscriber is told " + std::string{shunt::to_string(status)});
        ends_ += status == Status::closed ? 'c' : 'd';
        expect(ends_.size() < 8, "ends are told again and again");
        return true;
    }

    std::unique_ptr<Inlet> in_;
    std::uint64_t next_;
    std::uint64_t lost_ = 0;
    std::string ends_;
};

}  // namespace shunt::stepper
