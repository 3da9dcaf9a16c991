// SPDX-License-Identifier: MIT
//
// The spsc ports, several messages a call.
#include "bench/lib/src/contenders/shunt_typed.hpp"

#include <span>
#include <vector>

namespace shunt::bench {

namespace {

template <std::size_t N, bool Parks>
class BatchLink {
public:
    static constexpr bool kBatches = true;

    BatchLink(Ends<N>& ends, const Task& task)
        : ends_{ends}, outgoing_{task.batch, task.fields}, incoming_(task.batch) {}
    void prepare(std::uint64_t seq, std::size_t n) noexcept { outgoing_.write(seq, n); }
    std::size_t try_send(std::size_t sent, std::size_t n) {
        const std::size_t pushed =
            ends_.out->try_push_n(std::span(outgoing_.data() + sent, n - sent));
        if constexpr (Parks) {
            if (pushed == 0) {
                (void)done(ends_.out->wait(channel::kNoDeadline), Status::full);
            }
        }
        return pushed;
    }
    std::size_t try_receive(std::size_t most) {
        const std::size_t popped = ends_.in->try_pop_n(std::span(incoming_.data(), most));
        if constexpr (Parks) {
            if (popped == 0) {
                (void)done(ends_.in->wait(channel::kNoDeadline), Status::empty);
            }
        }
        return popped;
    }
    [[nodiscard]] std::uint64_t accept(std::size_t i) const noexcept { return read(incoming_[i]); }

private:
    Ends<N>& ends_;
    OutgoingBatch<N> outgoing_;
    std::vector<Message<N>> incoming_;
};

}  // namespace

void run_shunt_batch(Stage& stage) {
    with_size_and_wait(stage.task(), [&]<std::size_t N, bool Parks>() {
        run_typed<N, BatchLink<N, Parks>>(stage);
    });
}

}  // namespace shunt::bench
