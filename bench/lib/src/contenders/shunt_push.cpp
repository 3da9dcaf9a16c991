// SPDX-License-Identifier: MIT
//
// The spsc ports, one message a call.
#include "bench/lib/src/contenders/shunt_typed.hpp"

namespace shunt::bench {

namespace {

// Polling: single attempts, the harness waits between them. Parks: the port's own blocking calls.
template <std::size_t N, bool InMemory, bool Parks>
class PushLink {
public:
    static constexpr bool kBatches = false;

    PushLink(Ends<N>& ends, const Task& task) noexcept : ends_{ends}, outgoing_{task.fields} {}
    void prepare(std::uint64_t seq) noexcept { outgoing_.write(seq); }
    bool try_send(std::uint64_t seq) {
        return outgoing_.give(seq, [this](const Message<N>& message) {
            if constexpr (Parks) {
                return done(ends_.out->push(message), Status::full);
            } else {
                return done(ends_.out->try_push(message), Status::full);
            }
        });
    }
    bool try_receive(std::uint64_t& seq) {
        Message<N> message;
        const Status status = Parks ? ends_.in->pop(message) : ends_.in->try_pop(message);
        if (!done(status, Status::empty)) {
            return false;
        }
        seq = read(message);
        return true;
    }

private:
    Ends<N>& ends_;
    Outgoing<N, InMemory> outgoing_;
};

}  // namespace

void run_shunt_push(Stage& stage) {
    with_size_and_wait(stage.task(), [&]<std::size_t N, bool Parks>() {
        with_memory<N>(stage.task().fields,
                       [&]<bool InMemory>() { run_typed<N, PushLink<N, InMemory, Parks>>(stage); });
    });
}

}  // namespace shunt::bench
