// SPDX-License-Identifier: MIT
//
// Rings whose producers wait for room: spsc, mpsc with one lane, mpmc with one process of each.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/slow/loops.hpp"

#include <shunt/mpmc.hpp>
#include <shunt/mpsc.hpp>
#include <shunt/spsc.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N, class Producer>
Sent send(Producer& out, const SlowSeat& seat, std::uint64_t number, Steady::time_point deadline) {
    Message<N> message;
    write(message, number);
    Status status = out.try_push(message);
    if (status) [[likely]] {
        return Sent::at_once;
    }
    if (status == Status::full || status == Status::busy) {
        status = out.push_until(message, deadline);
    }
    return waited_for(status, seat.hall);
}

// Messages come in the order of the only producer.
template <std::size_t N, class Consumer>
class InOrder {
public:
    explicit InOrder(Consumer& in) noexcept : in_{in} {}
    Status next(Message<N>& message) {
        Status status = in_.try_pop(message);
        if (status == Status::empty || status == Status::busy) {
            status = in_.pop_until(message, Steady::now() + kSlowPatience);
        }
        popped_ += status ? 1u : 0u;
        return status;
    }
    [[nodiscard]] std::uint64_t position() const noexcept { return popped_ - 1; }
    [[nodiscard]] static std::uint64_t lost() noexcept { return 0; }

private:
    Consumer& in_;
    std::uint64_t popped_ = 0;
};

template <template <class> class Producer, template <class> class Consumer>
void take_part(const SlowSeat& seat) {
    const Options options = slow_options(seat.config);
    Task task;
    task.size = seat.config.size;
    with_many_size(task, [&]<std::size_t N>() {
        if (seat.sends) {
            Producer<Message<N>> out{seat.channel, options};
            meet(seat.hall);
            SlowSender(seat, true).run([&](std::uint64_t number, Steady::time_point deadline) {
                return send<N>(out, seat, number, deadline);
            });
        } else {
            Consumer<Message<N>> in{seat.channel, options};
            InOrder<N, Consumer<Message<N>>> port{in};
            meet(seat.hall);
            SlowReceiver<N, decltype(port)>{port, seat}.run();
        }
    });
}

}  // namespace

const SlowContender kSlowSpsc{"spsc", "waits", take_part<spsc::Producer, spsc::Consumer>};
const SlowContender kSlowMpsc{"mpsc", "waits", take_part<mpsc::Producer, mpsc::Consumer>};
const SlowContender kSlowMpmc{"mpmc", "waits", take_part<mpmc::Producer, mpmc::Consumer>};

}  // namespace shunt::bench
