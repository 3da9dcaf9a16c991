// SPDX-License-Identifier: MIT
//
// broadcast of several publishers: what a subscriber pays for merging their logs. The argument is
// how many lanes there are.
#include "bench/micro/broadcast_log.hpp"
#include "bench/micro/loops.hpp"

#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/ring/broadcast_lanes.hpp>
#include <shunt/core/ring/lane_holders.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace shunt::micro {
namespace {

// Publishers have their turns.
template <class Log>
class Logs {
public:
    template <class... Args>
    explicit Logs(std::uint32_t lanes, Args... args) {
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            logs_.push_back(std::make_unique<Log>(args...));
        }
    }
    template <class Message>
    [[nodiscard]] bool try_push(const Message& message) noexcept {
        Log& log = *logs_[at_];
        at_ = at_ + 1 < logs_.size() ? at_ + 1 : 0;
        return bool{log.publisher.try_push(message)};
    }
    [[nodiscard]] Log& operator[](std::uint32_t lane) noexcept { return *logs_[lane]; }

private:
    std::vector<std::unique_ptr<Log>> logs_;
    std::size_t at_ = 0;
};

// Each lane is active from here on.
template <class Logs, class Message, class Pop>
void wake_up(std::uint32_t lanes, Logs& logs, const Message& message, Pop&& pop) {
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        (void)logs.try_push(message);
        while (!pop()) {
        }
    }
}

template <std::size_t N>
struct Merge {
    explicit Merge(std::uint32_t lanes)
        : logs{lanes}, subscriber{lanes, [this](std::uint32_t lane) {
                                      return logs[lane].subscriber(0, ring::policy::lossy);
                                  }} {
        Message<N> message{};
        wake_up(lanes, logs, message, [&] { return bool{subscriber.try_pop(message)}; });
    }

    Logs<Log<N>> logs;
    ring::LaneSubscriber<Message<N>> subscriber;
};

struct BytesMerge {
    BytesMerge(std::uint32_t lanes, std::uint64_t longest)
        : logs{lanes, longest}, subscriber{lanes, [this](std::uint32_t lane) {
                                               return logs[lane].subscriber(0);
                                           }} {
        std::vector<std::byte> message(longest);
        std::size_t size = 0;
        wake_up(lanes, logs, message, [&] { return bool{subscriber.try_pop(message, size)}; });
    }

    Logs<BytesLog> logs;
    ring::LaneBytesSubscriber<> subscriber;
};

// Each message is in another lane than the last: the subscriber looks for each.
template <std::size_t N>
void broadcast_lanes_push_pop(benchmark::State& state) {
    Merge<N> merge{static_cast<std::uint32_t>(state.range(0))};
    go_round<N>(state, pushing(merge.logs), popping(merge.subscriber));
}

// A burst over all lanes: a lane keeps its turn for its share.
template <std::size_t N>
void broadcast_lanes_pop(benchmark::State& state) {
    Merge<N> merge{static_cast<std::uint32_t>(state.range(0))};
    bursts<N, Timed::pop>(state, pushing(merge.logs), popping(merge.subscriber));
}

void broadcast_lanes_empty_poll(benchmark::State& state) {
    Merge<8> merge{static_cast<std::uint32_t>(state.range(0))};
    Message<8> message{};
    repeat(state, [&] { return merge.subscriber.try_pop(message) == Status::empty; });
}

void broadcast_lanes_bytes_push_pop(benchmark::State& state) {
    BytesMerge merge{static_cast<std::uint32_t>(state.range(1)),
                     static_cast<std::uint64_t>(state.range(0))};
    bytes_go_round(state, pushing(merge.logs), popping_bytes(merge.subscriber));
}

// Whose a message is: of the last publisher that had the lane, or of so many before it.
void broadcast_lanes_holder(benchmark::State& state) {
    layout::LaneHolders holders{};
    for (std::uint64_t token = 1; token <= ring::kHoldersTold; ++token) {
        ring::take_lane(holders, token, token * 100);
    }
    const auto wanted = ring::kHoldersTold - static_cast<std::uint64_t>(state.range(0));
    std::uint64_t position = wanted * 100 + 50;
    repeat(state, [&] {
        benchmark::DoNotOptimize(position);
        return ring::holder_of(holders, position) == wanted;
    });
}

BENCHMARK(broadcast_lanes_push_pop<8>)->Arg(1)->Arg(8);
BENCHMARK(broadcast_lanes_push_pop<56>)->Arg(1)->Arg(8);
BENCHMARK(broadcast_lanes_pop<8>)->Arg(1)->Arg(8)->UseManualTime();
BENCHMARK(broadcast_lanes_empty_poll)->Arg(1)->Arg(8);
BENCHMARK(broadcast_lanes_bytes_push_pop)->Args({32, 1})->Args({32, 8});
BENCHMARK(broadcast_lanes_holder)->Arg(0)->Arg(6);

}  // namespace
}  // namespace shunt::micro
