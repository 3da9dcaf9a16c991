// SPDX-License-Identifier: MIT
//
// The lanes of mpsc and who sits in them (lane_seats.hpp), as the explorer runs it; the rings, the
// merge and lane_is_free are the headers.
#pragma once

#include "model/explorer.hpp"
#include "model/lane_seats.hpp"
#include "model/lanes_inside.hpp"
#include "model/line_program.hpp"
#include "model/model_policy.hpp"
#include "unit/core/mpsc_rig.hpp"

#include <shunt/core/ring/inspect.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

struct LanesCase {
    std::uint32_t lanes = 2;
    std::uint64_t slots = 1;  // of a lane
    int producers = 2;
    std::uint64_t messages = 2;  // of each stay
    std::uint64_t stays = 1;     // of each producer
    Pop pop = Pop::one;
    std::uint64_t batch = 1;
};

/// What the memory of lanes holds.
template <class Rig>
void add_lanes(std::vector<Region>& all, Rig& rig) {
    const auto word = [&](std::atomic<std::uint64_t>& at, Place place) {
        all.push_back({{static_cast<std::byte*>(static_cast<void*>(&at)), 8}, place});
    };
    using Shape = typename Rig::Shape;
    for (std::uint32_t lane = 0; lane < rig.lanes; ++lane) {
        std::byte* slot = rig.memory.data() + lane * rig.stride;
        for (std::uint64_t i = 0; i < rig.geometry.slots; ++i, slot += Shape::kSlotBytes) {
            all.push_back({{slot, Shape::kStampOffset}, Place::payload});
            all.push_back({{slot + Shape::kStampOffset, 8}, Place::stamp});
        }
        layout::ConsumerWords& words = rig.words()[lane];
        word(words.peek_pos, Place::peek_pos);
        word(words.read_pos, Place::read_pos);
        word(words.handed_pos, Place::handed_pos);
        word(words.free_pos, Place::free_pos);
        word(rig.tokens()[lane].token, Place::token);
    }
}

inline constexpr std::size_t kLaneMessages = 16;

/// What the program of lanes remembers.
struct LanesAccount : SeatAccount {
    template <class N>
    using EachLane = std::array<N, kMostLanes>;
    template <class N>
    using EachMessage = std::array<N, kLaneMessages>;

    EachMessage<std::uint8_t> begun;  // a push of it has begun
    EachMessage<std::uint8_t> acked;
    EachMessage<std::uint8_t> told;             // delivered, or in the hands of one that died
    EachMessage<std::uint8_t> owner;            // token of who pushed it
    EachLane<std::array<std::uint8_t, 16>> at;  // message + 1 of each position
    EachLane<std::uint8_t> acked_pos;           // of each lane: acknowledged up to here
    EachLane<std::uint8_t> pushing;             // and one more may be there
    EachLane<std::uint8_t> done;                // released, or died in somebody's hands
    EachLane<std::uint8_t> shown;               // no peek was asked for beyond it
    std::uint8_t in_hand;                       // at most so many more are being read
    std::uint8_t missed;  // looks in a row that found nothing though something was there
    std::array<std::uint8_t, kMostSeated> next;  // of each producer, its next message
};

template <class T, class P, class Turns>
class LanesGround : public LaneSeats<P, LanesAccount> {
    using Seats = LaneSeats<P, LanesAccount>;

public:
    using Rig = test::MpscRig<T, P, Turns>;

    explicit LanesGround(const LanesCase& c)
        : Seats{std::string{"pq"}.substr(0, static_cast<std::size_t>(c.producers)) + "c", c.lanes,
                static_cast<std::size_t>(c.producers)},
          case_{c},
          rig_{c.lanes, c.slots * Rig::Shape::kPerSlot} {}

    std::vector<Region> regions() override {
        std::vector<Region> all = Seats::regions();
        add_lanes(all, rig_);
        return all;
    }
    void begin() override {
        for (const Region& region : regions()) {
            std::memset(region.bytes.data(), 0, region.bytes.size());
        }
    }
    bool may_rest(int thread) const override { return thread == case_.producers; }

    std::string finish() override {
        for (std::size_t m = 0; m < kLaneMessages; ++m) {
            if (account().acked[m] != 0 && account().told[m] == 0) {
                return "an acknowledged message was not delivered";
            }
        }
        for (std::uint32_t lane = 0; lane < case_.lanes; ++lane) {
            if (this->seat(lane).load(std::memory_order_relaxed) != 0 ||
                !rig_.free_at(lane, account().acked_pos[lane])) {
                return "a lane is lost";
            }
        }
        return rig_.guards_whole() ? "" : "written outside of the ring";
    }

protected:
    using Seats::account;

    bool may_have(std::uint32_t lane) override { return lane_is_free(lane); }

    Rig& rig() { return rig_; }
    const LanesCase& the_case() const { return case_; }
    std::size_t consumer_thread() const { return static_cast<std::size_t>(case_.producers); }

    // The position behind the lane's last message, as the port asks for it.
    std::uint64_t write_pos(std::uint32_t lane) {
        const std::byte* const memory = rig_.memory.data() + lane * rig_.stride;
        const auto stamp = [&](std::uint64_t offset) {
            return P::load(*object_at<const std::atomic<std::uint64_t>>(memory + offset),
                           std::memory_order_relaxed);
        };
        return ring::inspect_line(stamp, rig_.capacity(), sizeof(T), rig_.words()[lane], 0)
            .write_pos;
    }
    bool lane_is_free(std::uint32_t lane) {
        return ring::lane_is_free<P>(rig_.words()[lane], write_pos(lane), 0);
    }

private:
    LanesCase case_;
    Rig rig_;
};

}  // namespace shunt::model
