// SPDX-License-Identifier: MIT
//
// A broadcast channel with one subscriber, by its policy and by what the publisher does about it.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/slow/loops.hpp"

#include <shunt/broadcast.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N>
Sent send(broadcast::Publisher<Message<N>>& out, const SlowSeat& seat, bool waits,
          std::uint64_t number, Steady::time_point deadline) {
    Message<N> message;
    write(message, number);
    Status status = out.try_push(message);
    if (status) [[likely]] {
        return Sent::at_once;
    }
    if (status == Status::full && !waits) {
        return Sent::dropped;
    }
    if (status == Status::full) {
        status = out.publish_until(message, deadline);
    }
    return waited_for(status, seat.hall);
}

template <std::size_t N>
class Feeding {
public:
    explicit Feeding(broadcast::Subscriber<Message<N>>& in) noexcept : in_{in} {}
    Status next(Message<N>& message) {
        const Status status = in_.try_pop(message);
        return status == Status::empty ? in_.pop_until(message, Steady::now() + kSlowPatience)
                                       : status;
    }
    [[nodiscard]] std::uint64_t position() const noexcept { return in_.position(); }
    [[nodiscard]] std::uint64_t lost() const noexcept { return in_.lost(); }

private:
    broadcast::Subscriber<Message<N>>& in_;
};

template <shunt::policy Policy, shunt::on_slow Slow>
void take_part(const SlowSeat& seat) {
    Options options = slow_options(seat.config);
    options.policy = Policy;
    options.on_slow = Slow;
    Task task;
    task.size = seat.config.size;
    with_many_size(task, [&]<std::size_t N>() {
        if (seat.sends) {
            broadcast::Publisher<Message<N>> out{seat.channel, options};
            meet(seat.hall);
            constexpr bool kWaits = Policy == shunt::policy::gated && Slow == shunt::on_slow::block;
            SlowSender(seat, kWaits).run([&](std::uint64_t number, Steady::time_point deadline) {
                return send<N>(out, seat, kWaits, number, deadline);
            });
        } else {
            broadcast::Subscriber<Message<N>> in{seat.channel, options};
            Feeding<N> port{in};
            meet(seat.hall);
            SlowReceiver<N, Feeding<N>>{port, seat}.run();
        }
    });
}

}  // namespace

const SlowContender kSlowGatedBlock{"gated-block", "waits",
                                    take_part<shunt::policy::gated, shunt::on_slow::block>};
const SlowContender kSlowGatedDrop{"gated-drop", "drops",
                                   take_part<shunt::policy::gated, shunt::on_slow::drop>};
const SlowContender kSlowGatedEvict{"gated-evict", "evicts",
                                    take_part<shunt::policy::gated, shunt::on_slow::evict>};
const SlowContender kSlowLossy{"lossy", "overwrites",
                               take_part<shunt::policy::lossy, shunt::on_slow::block>};
const SlowContender kSlowConflate{"conflate", "overwrites",
                                  take_part<shunt::policy::conflate, shunt::on_slow::block>};

}  // namespace shunt::bench
