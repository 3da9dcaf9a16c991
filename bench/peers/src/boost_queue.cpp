// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/queue_link.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <boost/lockfree/queue.hpp>
#include <boost/version.hpp>

namespace shunt::peers {
namespace {

constexpr std::uint64_t kCapacity = 1024;

template <std::size_t N>
using Queue = boost::lockfree::queue<bench::Message<N>, boost::lockfree::capacity<kCapacity>>;

// Calls `use.template operator()<N>()` for the size of the task.
template <class Use>
void with_size(const bench::Task& task, Use&& use) {
    (void)bench::with_typed_size(task.size, [&]<std::size_t N>() {
        if constexpr (bench::is_parked_size(N)) {
            use.template operator()<N>();
        }
    });
}

std::uint64_t memory_bytes(const bench::Task& task) {
    std::uint64_t bytes = 0;
    with_size(task, [&]<std::size_t N>() { bytes = bench::two_queues_bytes<Queue<N>>(); });
    return bytes;
}

void run(bench::Stage& stage) {
    with_size(stage.task(), [&]<std::size_t N>() {
        bench::run_two_queues<Queue<N>, bench::QueueLink<Queue<N>, N>>(stage, kCapacity);
    });
}

constexpr bench::Contender kContender{"boost_queue", only_pingpong, memory_bytes, run};

}  // namespace

const Peer kBoostQueue{.key = "boost_queue",
                       .what = "boost::lockfree::queue in memory that both have, polled",
                       .waits = Waits::busy,
                       .copies = 2,
                       .capacity = "1024 messages",
                       .order = "in order; a writer polls for room",
                       .settings = "capacity fixed at compile time",
                       .version = "Boost " BOOST_LIB_VERSION,
                       .contender = &kContender,
                       .absent = [] { return std::optional<std::string>{}; }};

}  // namespace shunt::peers
