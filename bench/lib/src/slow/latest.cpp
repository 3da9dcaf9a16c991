// SPDX-License-Identifier: MIT
//
// A latest value: each store replaces the one before, and the reader loads whenever there is a
// newer one.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/crowd/options.hpp"
#include "bench/lib/src/slow/loops.hpp"

#include <shunt/latest.hpp>

namespace shunt::bench {

namespace {

// A value's number is its version less one.
template <std::size_t N>
class Newest {
public:
    explicit Newest(latest::Reader<Message<N>>& in) noexcept : in_{in} {}
    Status next(Message<N>& value) {
        const std::uint64_t before = in_.version();
        if (!in_.changed_since(before)) {
            const Status status = in_.wait_changed(before, Steady::now() + kSlowPatience);
            if (!status) {
                return status;
            }
        }
        const Status status = in_.load(value);
        lost_ += status ? in_.version() - before - 1 : 0;
        return status;
    }
    [[nodiscard]] std::uint64_t position() const noexcept { return in_.version() - 1; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    latest::Reader<Message<N>>& in_;
    std::uint64_t lost_ = 0;  // passed over
};

void take_part(const SlowSeat& seat) {
    const Options options = crowd_options(seat.config.pages, seat.config.wait);
    Task task;
    task.size = seat.config.size;
    with_many_size(task, [&]<std::size_t N>() {
        if (seat.sends) {
            latest::Writer<Message<N>> out{seat.channel, options};
            meet(seat.hall);
            SlowSender(seat, false).run([&](std::uint64_t number, Steady::time_point) {
                Message<N> value;
                write(value, number);
                if (const Status status = out.publish(value); !status) {
                    unexpected(status);
                }
                return Sent::at_once;
            });
        } else {
            latest::Reader<Message<N>> in{seat.channel, options};
            Newest<N> port{in};
            meet(seat.hall);
            SlowReceiver<N, Newest<N>>{port, seat}.run();
        }
    });
}

}  // namespace

const SlowContender kSlowLatest{"latest", "replaces", take_part};

}  // namespace shunt::bench
