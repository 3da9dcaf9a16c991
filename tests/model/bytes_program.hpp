// SPDX-License-Identifier: MIT
//
// One producer and one consumer of a bytes ring, as the explorer runs them, with deaths. The ring
// begins at a position of the test's choice, so that few messages reach its end: what lies beyond
// it is as if the ring had gone around many times (stale bytes that look like headers).
//
// Asserted: as for the line ring (line_program.hpp), with positions in bytes.
#pragma once

#include "model/explorer.hpp"
#include "model/line_program.hpp"
#include "model/model_policy.hpp"
#include "unit/core/bytes_rig.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

struct BytesCase {
    std::vector<std::uint32_t> lengths;  // of the messages, one after the other
    std::uint64_t start = 0;
    std::uint32_t frame_align = 64;
    bool in_place = false;  // claim and peek; else push and pop
};

struct BytesAccount {
    std::uint64_t pushed;  // messages acknowledged
    std::uint64_t pushing;
    std::uint64_t done;  // all before it were released, or died in somebody's hands
    std::uint64_t in_hand;
    std::uint64_t shown;  // no peek was asked for beyond it
    std::array<std::uint8_t, 24> given;
};

template <class P>
class BytesProgram : public Program {
public:
    using Rig = test::BytesRig<test::ArrayPages, P>;
    using Producer = typename Rig::Producer;
    using Consumer = typename Rig::Consumer;

    explicit BytesProgram(BytesCase c)
        : case_{std::move(c)}, rig_{{1024, case_.frame_align, 8}, case_.start} {
        // Where the message of each number ends.
        std::uint64_t at = case_.start;
        ends_.push_back(at);
        for (const std::uint32_t length : case_.lengths) {
            at += rig_.padding(at, length) + rig_.frame(length);
            ends_.push_back(at);
            sent_.push_back(test::payload(sent_.size(), length));
        }
    }

    std::string_view threads() const override { return "pc"; }

    std::vector<Region> regions() override {
        const auto bytes = [](auto& words) {
            return std::span{static_cast<std::byte*>(static_cast<void*>(&words)), sizeof words};
        };
        const std::span<std::byte> words = bytes(*rig_.words);
        return {{bytes(account_), Place::other},
                {{rig_.slots.data(), rig_.shape.capacity()}, Place::frames},
                {words.subspan(0, 8), Place::peek_pos},
                {words.subspan(8, 8), Place::read_pos},
                {words.subspan(128, 8), Place::free_pos},
                {bytes(*rig_.mine).first(8), Place::last_pos}};
    }

    void begin() override {
        std::memset(rig_.slots.data(), 0, rig_.slots.size());
        for (const Region& region : regions()) {
            std::memset(region.bytes.data(), 0, region.bytes.size());
        }
        make_stale();
    }

    void run(int thread, int) override { thread == 0 ? produce() : consume(); }

    std::string finish() override {
        if (account_.done != sent_.size() || account_.pushed != sent_.size()) {
            return "messages are missing";
        }
        if (rig_.read_pos() != ends_.back() || rig_.free_pos() > ends_.back()) {
            return "read_pos is not what was read";
        }
        return rig_.guards_whole() ? "" : "written outside of the ring";
    }

private:
    static void expect(bool right, const char* what) {
        if (!right) {
            Explorer::now().fail(what);
        }
    }

    // All of the ring but its first header: words that would be frames of one line each.
    void make_stale() {
        const std::uint64_t header = ring::FrameHeader{64, 0, 0xEE}.word();
        for (std::uint64_t at = 0; at < rig_.capacity(); at += 8) {
            rig_.word(at).store(header, std::memory_order_relaxed);
        }
        rig_.word(case_.start).store(0, std::memory_order_relaxed);
    }

    // The number of the message that begins at a position, with its padding or behind it.
    std::uint64_t number_at(std::uint64_t position) const {
        return static_cast<std::uint64_t>(std::find(ends_.begin(), ends_.end(), position) -
                                          ends_.begin());
    }

    void produce() {
        Settled<Producer> producer{[this] { return rig_.producer(); }};
        std::uint64_t number = number_at(producer->position());
        expect(!producer->broken(), "the producer's successor finds the ring broken");
        expect(number < ends_.size(), "the successor's position is between two messages");
        expect(number >= account_.pushed, "an acknowledged message is lost");
        expect(number <= account_.pushed + account_.pushing, "a message nobody pushed is there");
        account_.pushed = number;
        for (; number != sent_.size(); account_.pushed = number, account_.pushing = 0) {
            producer.settle();
            account_.pushing = 1;
            const bool done = push(*producer, sent_[number]);
            expect(!producer->broken(), "the producer finds the ring broken");
            if (done) {
                ++number;
                expect(producer->position() == ends_[number], "a frame is of another size");
            } else {
                producer.wait_for_change();
            }
        }
    }

    bool push(Producer& producer, const std::vector<std::byte>& message) {
        if (!case_.in_place) {
            return bool{producer.template try_push<std::memory_order_seq_cst>(message)};
        }
        std::span<std::byte> place;
        if (!producer.try_claim(message.size(), place)) {
            return false;
        }
        P::copy_in(place.data(), message.data(), message.size());
        producer.template publish<std::memory_order_seq_cst>(message.size());
        return true;
    }

    void consume() {
        Settled<Consumer> consumer{[this] { return rig_.consumer(); }};
        expect(!consumer->broken(), "the consumer's successor finds the ring broken");
        take_over(consumer->read_position());
        while (account_.done != sent_.size()) {
            consumer.settle();
            account_.in_hand = 1;
            const bool done = pop(*consumer);
            expect(!consumer->broken(), "the consumer finds the ring broken");
            account_.done += done ? 1 : 0;
            account_.in_hand = 0;
            if (!done) {
                consumer.wait_for_change();
            }
        }
        consumer->store_free();
    }

    // read_pos is where a message ends, or where the padding behind it does.
    void take_over(std::uint64_t at) {
        std::uint64_t number = number_at(at);
        if (number == ends_.size() && at % rig_.capacity() == 0) {
            number = static_cast<std::uint64_t>(std::upper_bound(ends_.begin(), ends_.end(), at) -
                                                ends_.begin() - 1);
        }
        expect(number < ends_.size(), "the successor's position is between two messages");
        expect(number >= account_.done, "a released message would come again");
        expect(number <= account_.done + account_.in_hand, "messages are passed over");
        account_.done = number;
        account_.in_hand = 0;
    }

    void given(std::span<const std::byte> message, bool flagged) {
        const std::uint64_t number = account_.done;
        expect(test::same(message, sent_[number]), "a message has other bytes");
        std::uint8_t& times = account_.given[number];
        expect(times == 0 || flagged, "a message comes twice, not flagged");
        expect(!flagged || number < account_.shown, "flagged, and nobody had looked at it");
        times = 1;
    }

    bool pop(Consumer& consumer) {
        std::array<std::byte, 128> out;
        if (!case_.in_place) {
            std::size_t size = 0;
            if (!consumer.try_pop(out, size)) {
                return false;
            }
            given(std::span{out}.first(size), consumer.redelivered());
            return true;
        }
        account_.shown = std::max(account_.shown, account_.done + 1);
        ring::BytesView view;
        if (!consumer.try_peek(view)) {
            return false;
        }
        P::copy_out(out.data(), view.payload.data(), view.payload.size());
        given(std::span{out}.first(view.payload.size()), consumer.redelivered());
        consumer.release();
        return true;
    }

    BytesCase case_;
    Rig rig_;
    std::vector<std::uint64_t> ends_;
    std::vector<std::vector<std::byte>> sent_;
    BytesAccount account_{};
};

}  // namespace shunt::model
