// SPDX-License-Identifier: MIT
//
// boost::lockfree::spsc_queue, several messages a call.
#include "bench/lib/src/contenders/boost_queue.hpp"
#include "bench/lib/src/contenders/rivals.hpp"

#include <vector>

namespace shunt::bench {

namespace {

template <class Queue, std::size_t N>
class BoostBatchLink {
public:
    static constexpr bool kBatches = true;

    BoostBatchLink(Queue& out, Queue& in, const Task& task)
        : out_{out}, in_{in}, outgoing_{task.batch, task.fields}, incoming_(task.batch) {}
    void prepare(std::uint64_t seq, std::size_t n) noexcept { outgoing_.write(seq, n); }
    std::size_t try_send(std::size_t done, std::size_t n) noexcept {
        return out_.push(outgoing_.data() + done, n - done);
    }
    std::size_t try_receive(std::size_t most) noexcept { return in_.pop(incoming_.data(), most); }
    [[nodiscard]] std::uint64_t accept(std::size_t i) const noexcept { return read(incoming_[i]); }

private:
    Queue& out_;
    Queue& in_;
    OutgoingBatch<N> outgoing_;
    std::vector<Message<N>> incoming_;
};

void check(const Task& task) {
    check_boost(task);
    if (task.batch < 2 || task.mode == Mode::pingpong) {
        throw Failure(Exit::usage,
                      "peer boost-batch pushes several messages a call: add --batch N, for example "
                      "throughput --batch 16; for one message a call take --peer boost");
    }
}

void run(Stage& stage) {
    with_boost_queue(stage.task(), [&]<std::size_t N, std::uint64_t Capacity>() {
        using Queue = BoostQueue<N, Capacity>;
        run_two_queues<Queue, BoostBatchLink<Queue, N>>(stage, boost_capacity(stage.task()));
    });
}

}  // namespace

const Contender kBoostBatch{"boost-batch", check, boost_memory_bytes, run};

}  // namespace shunt::bench
