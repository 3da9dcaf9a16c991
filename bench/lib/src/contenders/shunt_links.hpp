// SPDX-License-Identifier: MIT
//
// The links of ports of structs, of any kind of channel: one message a call, by copy or in place.
// `Both` is a ShuntEnds.
#pragma once

#include "bench/lib/src/contenders/event_loop.hpp"
#include "bench/lib/src/contenders/shunt_ends.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/channel/port.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace shunt::bench {

/// Polling: single attempts, the harness waits between them. Parks: the port's own blocking calls,
/// or an event loop around single attempts.
template <class Both, std::size_t N, bool InMemory, bool Parks>
class PushLink {
public:
    static constexpr bool kBatches = false;
    static constexpr bool kParks = Parks;

    PushLink(Both& ends, const Task& task) : ends_{ends}, outgoing_{task.fields} {
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

    Both& ends_;
    std::optional<EventLoop> loop_;
    Outgoing<N, InMemory> outgoing_;
};

/// The payload is written into the ring and read from it.
template <class Both, std::size_t N, bool Parks>
class InPlaceLink {
public:
    static constexpr bool kBatches = false;
    static constexpr bool kParks = Parks;

    InPlaceLink(Both& ends, const Task& task) noexcept : ends_{ends}, fields_{task.fields} {}
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) {
        Message<N>* const place = ends_.out->try_claim();
        if (place == nullptr) [[unlikely]] {
            return wait_for_room();
        }
        if (fields_ == 0) {
            write(*place, seq);
        } else {
            write(bytes_of(*place), N, seq, fields_);
        }
        return published();
    }
    bool try_receive(std::uint64_t& seq) {
        const Message<N>* const message = ends_.in->try_peek();
        if (message == nullptr) {
            if constexpr (Parks) {
                (void)done(ends_.in->wait(channel::kNoDeadline), Status::empty);
            }
            return false;
        }
        seq = read(*message);
        ends_.in->release();
        return true;
    }

private:
    // False: of a block, which stays claimed until there is room.
    bool published() {
        if constexpr (std::is_void_v<decltype(ends_.out->publish())>) {
            ends_.out->publish();
            return true;
        } else if constexpr (Parks) {
            return done(ends_.out->publish_until(channel::kNoDeadline), Status::full);
        } else {
            return done(ends_.out->publish(), Status::full);
        }
    }
    bool wait_for_room() {
        if constexpr (Parks) {
            (void)done(ends_.out->wait(channel::kNoDeadline), Status::full);
        }
        return false;
    }

    Both& ends_;
    unsigned fields_;
};

}  // namespace shunt::bench
