// SPDX-License-Identifier: MIT
//
// The processes of a fan-out over a broadcast channel.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/fanout/loops.hpp"

#include <shunt/broadcast.hpp>

#include <deque>

namespace shunt::bench {

namespace {

template <class Use>
void with_size(const FanoutSeat& seat, Use&& use) {
    Task task;
    task.size = seat.config.size;
    with_many_size(task, use);
}

template <std::size_t N>
void subscribe(const FanoutSeat& seat, shunt::policy policy) {
    Options options = fanout_options(seat.config);
    options.policy = policy;
    broadcast::Subscriber<Message<N>> in{seat.channel, options};
    meet(seat.hall);
    FanoutReader<N, broadcast::Subscriber<Message<N>>>{in, seat}.run();
}

}  // namespace

void fanout_publish(const FanoutSeat& seat) {
    with_size(seat, [&]<std::size_t N>() {
        broadcast::Publisher<Message<N>> out{seat.channel, fanout_options(seat.config)};
        meet(seat.hall);
        wait_while(seat.hall, Phase::gather);
        std::uint64_t number = 0;
        FanoutWriter{seat}.run([&] {
            Message<N> message;
            write(message, number);
            Status status = out.try_push(message);
            if (status == Status::full) {
                status = out.publish_until(message, Steady::now() + kFanoutPatience);
            }
            if (!status && status != Status::timeout) {
                unexpected(status);
            }
            number += status ? 1u : 0u;
            return bool{status};
        });
        wait_while(seat.hall, Phase::rate);
    });
}

void fanout_subscribe(const FanoutSeat& seat) {
    with_size(seat, [&]<std::size_t N>() { subscribe<N>(seat, seat.config.policy); });
}

void fanout_be_stopped(const FanoutSeat& seat) {
    with_size(seat, [&]<std::size_t N>() { subscribe<N>(seat, shunt::policy::lossy); });
}

void fanout_idle(const FanoutSeat& seat) {
    with_size(seat, [&]<std::size_t N>() {
        Options options = fanout_options(seat.config);
        options.policy = shunt::policy::lossy;
        std::deque<broadcast::Subscriber<Message<N>>> all;
        for (std::uint32_t i = 0; i < seat.idle; ++i) {
            all.emplace_back(seat.channel, options);
        }
        meet(seat.hall);
        wait_while(seat.hall, Phase::gather);
        wait_while(seat.hall, Phase::rate);
    });
}

}  // namespace shunt::bench
