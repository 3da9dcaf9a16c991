// SPDX-License-Identifier: MIT
//
// The broadcast logs of the explorer's programs: typed, and of bytes with the face of the typed
// one, where each message of the program goes as its head alone, as long as its first byte says
// (mpmc_bytes_rig.hpp).
#pragma once

#include "model/explorer.hpp"
#include "model/mpmc_bytes_rig.hpp"
#include "unit/core/broadcast_rig.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shunt::model {

/// Two accesses a copy.
using Torn = test::Blob<24, 8>;

template <class P>
struct TypedLog : test::BroadcastRig<Torn, P> {
    static constexpr std::size_t kPayloadBytes = sizeof(Torn);
    TypedLog(std::uint64_t wanted, std::uint64_t start)
        : test::BroadcastRig<Torn, P>{wanted, start} {}
};

/// What the memory of a log with gates holds, of so many seats.
template <class Log>
void add_log(std::vector<Region>& all, Log& log, std::size_t seats) {
    const auto word = [&](void* at, Place place) {
        all.push_back({{static_cast<std::byte*>(at), 8}, place});
    };
    for (std::uint64_t i = 0; i < log.capacity(); ++i) {
        all.push_back({{log.slot(i), Log::kPayloadBytes}, Place::payload});
        word(&log.stamp(i), Place::stamp);
    }
    word(&log.words->write_pos, Place::write_pos);
    word(&log.words->gate_limit, Place::gate_limit);
    word(&log.gate_words->high, Place::high);
    for (std::size_t i = 0; i < seats; ++i) {
        word(&log.evicted->of[i], Place::evicted);
        word(&log.own[i]->read_pos, Place::read_pos);
        word(&log.own[i]->lost, Place::lost);
        word(&log.own[i]->gate, Place::gate);
        word(&log.own[i]->cursor, Place::cursor);
    }
}

template <class P, ring::told kTold = ring::told::by_stamp>
class HeadPublisher : public ring::BroadcastBytesPublisher<P, kTold> {
    using Ring = ring::BroadcastBytesPublisher<P, kTold>;

public:
    explicit HeadPublisher(Ring ring) : Ring{ring} {}
    template <std::memory_order order>
    [[nodiscard]] Status try_push(const Whole& message) {
        return Ring::template try_push<order>(std::span{message.bytes}.first(head_of(message)));
    }
    [[nodiscard]] std::byte* try_claim() {
        std::span<std::byte> place;
        return Ring::try_claim(sizeof(Whole), place) ? place.data() : nullptr;
    }
    template <std::memory_order order>
    void publish() {
        Ring::template publish<order>(head_of(test::message<Whole>(this->position())));
    }
};

template <class P>
class HeadSubscriber : public ring::BroadcastBytesSubscriber<P> {
    using Ring = ring::BroadcastBytesSubscriber<P>;

public:
    explicit HeadSubscriber(Ring ring) : Ring{ring} {}
    [[nodiscard]] Status try_pop(Whole& message) {
        std::size_t size = 0;
        const Status status = Ring::try_pop(head_, size);
        if (status) {
            message = whole_of(std::span{head_}.first(size));
        }
        return status;
    }
    /// `shown`: where its bytes lie, `size` of them.
    [[nodiscard]] Status try_peek(const std::byte*& shown, std::size_t& size) {
        ring::BytesView view;
        const Status status = Ring::try_peek(view);
        shown = view.payload.data();
        size = view.payload.size();
        return status;
    }

private:
    std::array<std::byte, 2 * sizeof(Whole)> head_{};
};

template <class P>
struct HeadLog : test::BroadcastBytesRig<P> {
    using Message = Whole;
    using Publisher = HeadPublisher<P>;
    using Subscriber = HeadSubscriber<P>;
    static constexpr std::size_t kPayloadBytes = sizeof(Whole);

    HeadLog(std::uint64_t wanted, std::uint64_t start)
        : test::BroadcastBytesRig<P>{wanted, sizeof(Whole), start} {}
    [[nodiscard]] Publisher publisher() {
        return Publisher{test::BroadcastBytesRig<P>::publisher()};
    }
    [[nodiscard]] Subscriber subscriber(std::size_t index, std::uint64_t begin, ring::resume how) {
        return Subscriber{test::BroadcastBytesRig<P>::subscriber(index, begin, how)};
    }
};

}  // namespace shunt::model
