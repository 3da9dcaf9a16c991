// SPDX-License-Identifier: MIT
//
// The links of ports of byte messages, of any kind of channel: one message a call, by copy or in
// place. `Both` is a ShuntEnds.
#pragma once

#include "bench/lib/src/contenders/shunt_ends.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/channel/port.hpp>
#include <shunt/core/ring/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace shunt::bench {

/// By copy.
template <class Both, bool Parks>
class BytesPushLink {
public:
    static constexpr bool kBatches = false;
    static constexpr bool kParks = Parks;

    BytesPushLink(Both& ends, const Task& task)
        : ends_{ends}, fields_{task.fields}, outgoing_(task.size), incoming_(task.size) {}
    void prepare(std::uint64_t seq) noexcept {
        write(outgoing_.data(), outgoing_.size(), seq, fields_);
    }
    bool try_send(std::uint64_t) {
        if constexpr (Parks) {
            return done(ends_.out->push(outgoing_), Status::full);
        } else {
            return done(ends_.out->try_push(outgoing_), Status::full);
        }
    }
    bool try_receive(std::uint64_t& seq) {
        std::size_t size = 0;
        const Status status =
            Parks ? ends_.in->pop(incoming_, size) : ends_.in->try_pop(incoming_, size);
        if (!done(status, Status::empty)) {
            return false;
        }
        seq = size == incoming_.size() ? read(incoming_.data(), size) : kTorn;
        return true;
    }

private:
    Both& ends_;
    unsigned fields_;
    std::vector<std::byte> outgoing_;
    std::vector<std::byte> incoming_;
};

/// The payload is written into the ring and read from it.
template <class Both, bool Parks>
class BytesInPlaceLink {
public:
    static constexpr bool kBatches = false;
    static constexpr bool kParks = Parks;

    BytesInPlaceLink(Both& ends, const Task& task) noexcept
        : ends_{ends}, fields_{task.fields}, size_{task.size} {}
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) {
        std::span<std::byte> place;
        const Status status = Parks ? ends_.out->claim_until(size_, place, channel::kNoDeadline)
                                    : ends_.out->try_claim(size_, place);
        if (!done(status, Status::full)) {
            return false;
        }
        write(place.data(), size_, seq, fields_);
        return published();
    }
    bool try_receive(std::uint64_t& seq) {
        ring::BytesView view;
        const Status status =
            Parks ? ends_.in->peek_until(view, channel::kNoDeadline) : ends_.in->try_peek(view);
        if (!done(status, Status::empty)) {
            return false;
        }
        seq = view.payload.size() == size_ ? read(view.payload.data(), size_) : kTorn;
        ends_.in->release();
        return true;
    }

private:
    // False: of a block, which stays claimed until there is room.
    bool published() {
        if constexpr (std::is_void_v<decltype(ends_.out->publish(size_))>) {
            ends_.out->publish(size_);
            return true;
        } else if constexpr (Parks) {
            return done(ends_.out->publish_until(size_, channel::kNoDeadline), Status::full);
        } else {
            return done(ends_.out->publish(size_), Status::full);
        }
    }

    Both& ends_;
    unsigned fields_;
    std::size_t size_;
};

}  // namespace shunt::bench
