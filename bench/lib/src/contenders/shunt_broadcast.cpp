// SPDX-License-Identifier: MIT
//
// The broadcast ports, one gated subscriber that reads and lossy ones that do not, one message a
// call, by copy.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_links.hpp"

#include <shunt/broadcast.hpp>

namespace shunt::bench {

namespace {

// With the calls of a producer.
template <class T>
struct Publisher : broadcast::Publisher<T> {
    using broadcast::Publisher<T>::Publisher;
    Status push(const T& message) noexcept { return this->publish(message); }
};

template <std::size_t N>
using BroadcastEnds = ShuntEnds<Publisher<Message<N>>, broadcast::Subscriber<Message<N>>>;

template <std::size_t N, bool Parks>
void run(Stage& stage) {
    BroadcastEnds<N> ends(stage);
    PushLink<BroadcastEnds<N>, N, false, Parks> link(ends, stage.task());
    run_link(link, stage);
}

}  // namespace

void run_shunt_broadcast(Stage& stage) {
    with_many_size(stage.task(), [&]<std::size_t N>() {
        waits_by_itself(stage.task()) ? run<N, true>(stage) : run<N, false>(stage);
    });
}

}  // namespace shunt::bench
