// SPDX-License-Identifier: MIT
//
// The mpmc ports, one message a call, by copy or in place.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_ends.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/mpmc.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N>
using ManyEnds = ShuntEnds<mpmc::Producer<Message<N>>, mpmc::Consumer<Message<N>>>;

// True: a message. False: none yet.
bool came(Status status) {
    return status != Status::busy && done(status, Status::empty);
}

template <std::size_t N, bool Parks>
class ManyPushLink {
public:
    static constexpr bool kBatches = false;

    ManyPushLink(ManyEnds<N>& ends, const Task& task) noexcept
        : ends_{ends}, outgoing_{task.fields} {}
    void prepare(std::uint64_t seq) noexcept { outgoing_.write(seq); }
    bool try_send(std::uint64_t seq) {
        return outgoing_.give(seq, [this](const Message<N>& message) {
            return done(Parks ? ends_.out->push(message) : ends_.out->try_push(message),
                        Status::full);
        });
    }
    bool try_receive(std::uint64_t& seq) {
        Message<N> message;
        if (!came(Parks ? ends_.in->pop(message) : ends_.in->try_pop(message))) {
            return false;
        }
        seq = read(message);
        return true;
    }

private:
    ManyEnds<N>& ends_;
    Outgoing<N, false> outgoing_;
};

template <std::size_t N, bool Parks>
class ManyInPlaceLink {
public:
    static constexpr bool kBatches = false;

    ManyInPlaceLink(ManyEnds<N>& ends, const Task&) noexcept : ends_{ends} {}
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) {
        Message<N>* const place = ends_.out->try_claim();
        if (place == nullptr) [[unlikely]] {
            if constexpr (Parks) {
                (void)done(ends_.out->wait(channel::kNoDeadline), Status::full);
            }
            return false;
        }
        write(*place, seq);
        ends_.out->publish();
        return true;
    }
    bool try_receive(std::uint64_t& seq) {
        const Message<N>* const message = ends_.in->try_peek();
        if (message == nullptr) {
            if constexpr (Parks) {
                (void)came(ends_.in->wait(channel::kNoDeadline));
            }
            return false;
        }
        seq = read(*message);
        ends_.in->release();
        return true;
    }

private:
    ManyEnds<N>& ends_;
};

template <std::size_t N, class Link>
void run_many(Stage& stage) {
    ManyEnds<N> ends(stage);
    Link link(ends, stage.task());
    run_link(link, stage);
}

template <std::size_t N, bool Parks>
void run_many_of(Stage& stage) {
    if (stage.task().in_place) {
        run_many<N, ManyInPlaceLink<N, Parks>>(stage);
    } else {
        run_many<N, ManyPushLink<N, Parks>>(stage);
    }
}

}  // namespace

void run_shunt_many(Stage& stage) {
    with_many_size(stage.task(), [&]<std::size_t N>() {
        if (waits_by_itself(stage.task())) {
            run_many_of<N, true>(stage);
        } else {
            run_many_of<N, false>(stage);
        }
    });
}

}  // namespace shunt::bench
