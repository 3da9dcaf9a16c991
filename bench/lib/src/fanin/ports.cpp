// SPDX-License-Identifier: MIT
//
// shunt's channels in a fan-in. Each process opens the channel by its name.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/crowd/options.hpp"
#include "bench/lib/src/fanin/loops.hpp"

#include <shunt/mpmc.hpp>
#include <shunt/mpsc.hpp>

namespace shunt::bench {

namespace {

Options options_of(const FaninConfig& config) {
    Options options = crowd_options(config.pages, config.wait);
    options.capacity = config.capacity;
    return options;
}

template <template <class> class Producer, template <class> class Consumer>
void take_part(const FaninSeat& seat, const Options& options) {
    Task task;
    task.size = seat.config.size;
    with_many_size(task, [&]<std::size_t N>() {
        if (seat.produces()) {
            Producer<Message<N>> out{seat.channel, options};
            meet(seat.hall);
            FaninProducer<N, Producer<Message<N>>>{out, seat.hall, seat.of_role()}.run();
        } else {
            Consumer<Message<N>> in{seat.channel, options};
            meet(seat.hall);
            fanin_consume<N>(in, seat);
        }
    });
}

void lanes(const FaninSeat& seat) {
    Options options = options_of(seat.config);
    options.lanes = seat.config.producers;
    take_part<mpsc::Producer, mpsc::Consumer>(seat, options);
}
void many(const FaninSeat& seat) {
    take_part<mpmc::Producer, mpmc::Consumer>(seat, options_of(seat.config));
}

void check_lanes(const FaninConfig& config) {
    if (config.consumers != 1) {
        throw Failure(Exit::usage,
                      "an mpsc channel has one consumer: leave --consumers, or take --kind mpmc");
    }
}
void check_nothing(const FaninConfig&) {}
std::uint64_t no_memory(const FaninConfig&) {
    return 0;
}
void make_nothing(const FaninConfig&, std::byte*) {}

}  // namespace

const FaninContender kFaninLanes{"mpsc", check_lanes, no_memory, make_nothing, lanes};
const FaninContender kFaninMany{"mpmc", check_nothing, no_memory, make_nothing, many};

}  // namespace shunt::bench
