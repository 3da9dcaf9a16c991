// SPDX-License-Identifier: MIT
//
// The spsc ports, one message a call.
#include "bench/lib/src/contenders/event_loop.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"

namespace shunt::bench {

namespace {

// Polling: single attempts, the harness waits between them. Parks: the port's own blocking calls,
// or an event loop around single attempts.
template <std::size_t N, bool InMemory, bool Parks>
class PushLink {
public:
    static constexpr bool kBatches = false;

    PushLink(Ends<N>& ends, const Task& task) : ends_{ends}, outgoing_{task.fields} {
        if (task.loop) {
            loop_.emplace();
            loop_->add(ends.out);
            loop_->add(ends.in);
        }
    }
    void prepare(std::uint64_t seq) noexcept { outgoing_.write(seq); }
    bool try_send(std::uint64_t seq) {
        return outgoing_.give(seq, [this](const Message<N>& message) {
            if constexpr (Parks) {
                return done(push(message), Status::full);
            } else {
                return done(ends_.out->try_push(message), Status::full);
            }
        });
    }
    bool try_receive(std::uint64_t& seq) {
        Message<N> message;
        const Status status = Parks ? pop(message) : ends_.in->try_pop(message);
        if (!done(status, Status::empty)) {
            return false;
        }
        seq = read(message);
        return true;
    }

private:
    Status push(const Message<N>& message) {
        return loop_ ? loop_->until(*ends_.out, Status::full,
                                    [&] { return ends_.out->try_push(message); })
                     : ends_.out->push(message);
    }
    Status pop(Message<N>& message) {
        return loop_ ? loop_->until(*ends_.in, Status::empty,
                                    [&] { return ends_.in->try_pop(message); })
                     : ends_.in->pop(message);
    }

    Ends<N>& ends_;
    std::optional<EventLoop> loop_;
    Outgoing<N, InMemory> outgoing_;
};

}  // namespace

void run_shunt_push(Stage& stage) {
    with_size_and_wait(stage.task(), [&]<std::size_t N, bool Parks>() {
        if constexpr (Parks) {
            run_typed<N, PushLink<N, false, true>>(stage);
        } else {
            with_memory<N>(stage.task().fields, [&]<bool InMemory>() {
                run_typed<N, PushLink<N, InMemory, false>>(stage);
            });
        }
    });
}

}  // namespace shunt::bench
