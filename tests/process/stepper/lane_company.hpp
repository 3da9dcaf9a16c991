// SPDX-License-Identifier: MIT
//
// What the plays of an mpsc channel share: its options, and one who reads both lanes and checks
// each.
#pragma once

#include "process/stepper/play.hpp"

#include <shunt/core/error.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>

namespace shunt::stepper {

inline constexpr std::uint32_t kLanes = 2;

[[nodiscard]] inline Options lane_options(Ware ware, bool huge) {
    Options options = options_of(ware, huge, true);
    options.ports = 0;
    options.lanes = kLanes;
    return options;
}

[[nodiscard]] inline std::unique_ptr<Outlet> must_open_lane(Ware ware, const Options& options) {
    try {
        return open_lane(ware, options);
    } catch (const Error& error) {
        throw Fault(std::string{"a producer cannot open: "} + error.what());
    }
}

[[nodiscard]] inline std::unique_ptr<Inlet> must_open_merge(Ware ware, const Options& options) {
    try {
        return open_merge(ware, options);
    } catch (const Error& error) {
        throw Fault(std::string{"a consumer cannot open: "} + error.what());
    }
}

/// Reads both lanes: each in order, whole, and of one producer at a time.
class LaneReader {
public:
    LaneReader() = default;
    /// From the first message of each lane.
    explicit LaneReader(std::uint64_t next) : lanes_{Reader{next}, Reader{next}} {}

    void take(const Message& message) {
        expect(message.lane < kLanes, "a message of lane " + std::to_string(message.lane));
        lanes_[message.lane].take(message);
        producers_[message.lane] = message.producer;
    }
    /// Pops all that is there; ends are noted.
    void drain(Inlet& in) {
        Message message;
        for (;;) {
            const Status status = in.pop(message);
            if (status) {
                take(message);
            } else if (status == Status::empty) {
                return;
            } else {
                expect(status == Status::closed || status == Status::peer_dead,
                       "a reader is told " + std::string{shunt::to_string(status)});
                ends_ += status == Status::closed ? 'c' : 'd';
                expect(ends_.size() < 8, "ends are told again and again");
            }
        }
    }
    [[nodiscard]] const Reader& lane(std::uint32_t lane) const { return lanes_[lane]; }
    /// Whose message it was that came last from there.
    [[nodiscard]] std::uint64_t producer(std::uint32_t lane) const { return producers_[lane]; }
    [[nodiscard]] const std::string& ends() const { return ends_; }

private:
    std::array<Reader, kLanes> lanes_;
    std::array<std::uint64_t, kLanes> producers_{};
    std::string ends_;
};

/// The error of one that opens, which has to be refused.
[[nodiscard]] inline std::string refusal(const std::function<void()>& open) {
    try {
        open();
    } catch (const Error& error) {
        expect(error.code() == Errc::already_exists,
               std::string{"one more is told: "} + error.what());
        return error.what();
    }
    throw Fault("one more was let in");
}

}  // namespace shunt::stepper
