// SPDX-License-Identifier: MIT
//
// The processes of a fan-out over a latest value: one that rests and then writes as fast as it can,
// and those that read all the time.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/fanout/loops.hpp"

#include <shunt/latest.hpp>

namespace shunt::bench {

namespace {

template <class Use>
void with_size(const FanoutSeat& seat, Use&& use) {
    Task task;
    task.size = seat.config.size;
    with_many_size(task, use);
}

// A value's number is its version.
template <std::size_t N>
class ValueReader {
public:
    ValueReader(latest::Reader<Message<N>>& in, const FanoutSeat& seat) noexcept
        : in_{in}, seat_{seat} {}

    void run() {
        wait_while(seat_.hall, Phase::gather);
        Reading& mine = seat_.hall.readings[seat_.me];
        mine.alone_ns = load_while(Phase::rest);
        mine.written_ns = load_while(Phase::rate);
        mine.received = loads_;
        mine.lapped = lapped_;
    }

private:
    // ns a load.
    double load_while(Phase phase) {
        const std::uint64_t begin = seat_.clock.now();
        const std::uint64_t before = loads_;
        while (phase_of(seat_.hall) == phase) {
            for (std::uint64_t i = 0; i < kSampled; ++i) {
                load();
            }
        }
        const std::uint64_t took = seat_.clock.now() - begin;
        return seat_.clock.to_ns(static_cast<double>(took)) /
               static_cast<double>(std::max<std::uint64_t>(1, loads_ - before));
    }
    void load() {
        Message<N> value;
        const Status status = in_.load(value);
        if (status == Status::lapped) {
            ++lapped_;
            return;
        }
        if (!status) {
            unexpected(status);
        }
        const std::uint64_t version = in_.version();
        if (read(value) != version || version < newest_) {
            throw std::runtime_error(fmt::format("version {} behind {} is torn, or another: {:#x}",
                                                 version, newest_, read(value)));
        }
        newest_ = version;
        ++loads_;
    }

    latest::Reader<Message<N>>& in_;
    const FanoutSeat& seat_;
    std::uint64_t newest_ = 0;
    std::uint64_t loads_ = 0;
    std::uint64_t lapped_ = 0;
};

}  // namespace

void fanout_write(const FanoutSeat& seat) {
    with_size(seat, [&]<std::size_t N>() {
        latest::Writer<Message<N>> out{seat.channel, fanout_options(seat.config)};
        std::uint64_t number = 0;
        const auto store = [&] {
            Message<N> value;
            write(value, ++number);
            if (const Status status = out.publish(value); !status) {
                unexpected(status);
            }
            return true;
        };
        store();
        meet(seat.hall);
        wait_while(seat.hall, Phase::gather);
        if (wait_while(seat.hall, Phase::rest) == Phase::rate) {
            FanoutWriter{seat}.run(store);
            wait_while(seat.hall, Phase::rate);
        }
    });
}

void fanout_read(const FanoutSeat& seat) {
    with_size(seat, [&]<std::size_t N>() {
        latest::Reader<Message<N>> in{seat.channel, fanout_options(seat.config)};
        meet(seat.hall);
        ValueReader<N>{in, seat}.run();
    });
}

}  // namespace shunt::bench
