// SPDX-License-Identifier: MIT
//
// Producers that come and go in lanes, and one consumer that merges them, as the explorer runs
// them. Each producer stays for some messages and leaves, again and again; of those that die
// successors go on. What a consumer's port does behind a call (mpsc/merge_port.hpp) is done here.
//
// Asserted: in each lane messages come in order, whole, each once, or again only flagged, and only
// if somebody had looked at it; each is said to be of the producer that pushed it (L1, L2), also
// behind what the port does at the end of the call that delivered it; what is in hand stays what it
// is; the merge finds what is there. A producer that waits for a lane gets one, and in the end each
// lane is free, whoever died where.
#pragma once

#include "model/lanes_ground.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::model {

template <class T, class P, class Turns = TurnsOf<1>>
class LanesProgram : public LanesGround<T, P, Turns> {
    using Base = LanesGround<T, P, Turns>;

public:
    using Producer = typename Base::Rig::Producer;
    using Consumer = typename Base::Rig::Consumer;

    explicit LanesProgram(const LanesCase& c) : Base{c}, values_{ring_values<T, P>()} {}
    ~LanesProgram() override { consumer_.discard(); }

    void begin() override {
        Base::begin();
        consumer_.discard();
    }
    void run(int thread, int) override {
        thread < the_case().producers ? produce(static_cast<std::size_t>(thread)) : consume();
    }

protected:
    using Base::account;
    using Base::expect;
    using Base::rig;
    using Base::the_case;

    // Hooks of those with a bug.
    virtual bool token_first() const { return true; }
    virtual bool keeps_the_last() const { return true; }
    virtual bool hand_back(std::uint32_t lane) { return merge().hand_back(lane); }
    virtual void looked() {}   // behind each look of the consumer
    virtual void in_hand() {}  // behind each peek

    auto& merge() { return consumer_->merge(); }

private:
    std::uint64_t each_sends() const { return the_case().stays * the_case().messages; }
    std::size_t number(std::size_t me) { return me * each_sends() + account().next[me]; }

    void produce(std::size_t me) {
        std::uint8_t& next = account().next[me];
        // A push of one that died is not repeated: nobody can know whether it came about.
        if (next < each_sends() && account().begun[number(me)] != 0) {
            ++next;
        }
        while (next < each_sends()) {
            const std::uint64_t token = account().token[me] = ++account().tokens;
            Explorer::now().saw(token);
            const std::uint32_t lane = this->join(me, token);
            stay(me, lane, token);
            this->leave(lane);
            this->tell_everybody();
        }
    }
    void stay(std::size_t me, std::uint32_t lane, std::uint64_t token) {
        std::atomic<std::uint64_t>& name = rig().tokens()[lane].token;
        Settled<Producer> producer{[&] { return rig().in_lane(lane); }};
        if (token_first()) {
            P::store(name, token, std::memory_order_release);
        }
        const std::uint64_t at = producer->position();
        expect(!producer->broken(), "a producer finds its lane broken");
        expect(at >= account().acked_pos[lane], "an acknowledged message is lost");
        expect(at <= account().acked_pos[lane] + account().pushing[lane],
               "a message nobody pushed is there");
        account().acked_pos[lane] = static_cast<std::uint8_t>(at);
        account().pushing[lane] = 0;
        std::uint8_t& next = account().next[me];
        for (bool more = true; more;) {
            producer.settle(this->seated(token, lane));
            const std::size_t m = number(me);
            account().begun[m] = 1;
            account().owner[m] = static_cast<std::uint8_t>(token);
            account().at[lane][producer->position()] = static_cast<std::uint8_t>(m + 1);
            account().pushing[lane] = 1;
            const bool pushed =
                bool{producer->template try_push<std::memory_order_seq_cst>(test::message<T>(m))};
            account().pushing[lane] = 0;
            expect(!producer->broken(), "a producer finds its lane broken");
            if (!pushed) {
                producer.wait_for_change();
                continue;
            }
            account().acked[m] = 1;
            ++account().acked_pos[lane];
            more = ++next % the_case().messages != 0;
            this->tell(this->consumer_thread());
        }
        if (!token_first()) {
            P::store(name, token, std::memory_order_release);
        }
    }

    void consume() {
        account().token[this->consumer_thread()] = 0;
        consumer_.make([&] { return rig().consumer(); });
        take_over();
        for (;;) {
            account().news[this->consumer_thread()] = 0;
            Written all;
            Turns::write_down(merge(), values_, all);
            Explorer::now().settle(all.bytes(), 2);
            account().in_hand = static_cast<std::uint8_t>(the_case().batch);
            const std::uint64_t done = pop();
            account().in_hand = 0;
            if (done == 0) {
                nothing();
            }
        }
    }
    void take_over() {
        std::uint64_t passed = 0;
        for (std::uint32_t lane = 0; lane < the_case().lanes; ++lane) {
            const std::uint64_t at = merge().ring(lane).read_position();
            expect(!merge().ring(lane).broken(), "the consumer's successor finds a lane broken");
            expect(at >= account().done[lane], "a released message would come again");
            for (; account().done[lane] != at; ++account().done[lane], ++passed) {
                std::uint8_t& told = account().told[at_position(lane, account().done[lane])];
                expect(!in_place() || told != 0, "a message was released that nobody had seen");
                told = 1;
            }
        }
        expect(passed <= account().in_hand, "messages are passed over");
        account().in_hand = 0;
    }
    bool in_place() const { return the_case().pop == Pop::peek || the_case().pop == Pop::drain; }
    std::size_t at_position(std::uint32_t lane, std::uint64_t position) {
        const std::uint8_t found = account().at[lane][position];
        expect(found != 0, "a message nobody pushed is there");
        return found - 1u;
    }

    // As MergePort does it behind a call that delivered something, and behind one that did not.
    void settle_port() {
        (void)merge().room_due();
        looked();
        if (merge().look_due()) {
            hand_back_lanes(keeps_the_last() ? merge().lane() : the_case().lanes);
        }
    }
    void hand_back_lanes(std::uint32_t all_but) {
        for (std::uint32_t lane = 0; lane < the_case().lanes; ++lane) {
            if (lane != all_but && this->nobody_sits(lane) && hand_back(lane)) {
                this->tell_everybody_but(this->consumer_thread());
            }
        }
    }
    void nothing() {
        hand_back_lanes(the_case().lanes);
        this->free_the_dead();
        if (consumer_->readable()) {
            expect(++account().missed <= 2 * the_case().lanes,
                   "a message is there, and the merge passes over it");
            return;
        }
        account().missed = 0;
        this->sleep_without_news(this->consumer_thread());
    }

    // A message of `lane` was given out, `nth` of this call.
    void given(const T& message, std::uint32_t lane, std::uint64_t nth) {
        const bool flagged = consumer_->redelivered();
        const std::uint64_t position = account().done[lane] + nth;
        const std::size_t m = at_position(lane, position);
        expect(message == test::message<T>(m), "a message has other bytes");
        expect(account().told[m] == 0 || flagged, "a message comes twice, not flagged");
        expect(!flagged || position < account().shown[lane],
               "flagged, and nobody had looked at it");
        expect(merge().token() == account().owner[m],
               "a message is said to be of another producer");
        account().told[m] = 1;
        account().missed = 0;
    }
    std::uint64_t released(std::uint32_t lane, std::uint64_t count) {
        account().done[lane] = static_cast<std::uint8_t>(account().done[lane] + count);
        expect(merge().ring(lane).read_position() == account().done[lane],
               "read_position is wrong");
        return count;
    }

    std::uint64_t pop() {
        std::array<T, 4> all;
        if (the_case().pop == Pop::peek) {
            return peek();
        }
        if (the_case().pop == Pop::drain) {
            return drain();
        }
        const std::size_t done = the_case().pop == Pop::batch
                                     ? consumer_->try_pop_n(std::span{all}.first(the_case().batch))
                                     : (consumer_->try_pop(all[0]) ? 1u : 0u);
        settle_port();
        const std::uint32_t lane = merge().lane();
        for (std::size_t i = 0; i < done; ++i) {
            given(all[i], lane, i);
        }
        return done == 0 ? 0 : released(lane, done);
    }
    void look(const T& message, std::uint32_t lane, std::uint64_t nth) {
        T copy;
        P::template copy_out<sizeof(T)>(bytes_of(copy), bytes_of(message));
        given(copy, lane, nth);
    }
    void may_be_shown() {
        for (std::uint32_t lane = 0; lane < the_case().lanes; ++lane) {
            const auto end = static_cast<std::uint8_t>(account().done[lane] + the_case().batch);
            account().shown[lane] = std::max(account().shown[lane], end);
        }
    }
    std::uint64_t peek() {
        may_be_shown();
        const std::span<const T> shown = consumer_->try_peek_n(the_case().batch);
        in_hand();
        const std::uint32_t lane = merge().lane();
        for (std::size_t i = 0; i < shown.size(); ++i) {
            look(shown[i], lane, i);
        }
        if (!shown.empty()) {
            const std::span<const T> again = consumer_->try_peek_n(the_case().batch);
            expect(again.data() == shown.data() && again.size() == shown.size(),
                   "looking again shows another message");
            in_hand();
        }
        consumer_->release();
        settle_port();
        return shown.empty() ? 0 : released(lane, shown.size());
    }
    std::uint64_t drain() {
        may_be_shown();
        std::array<std::uint64_t, kMostLanes> of{};
        const std::size_t drained = consumer_->drain(
            [&](const T& each) {
                const std::uint32_t lane = merge().lane();
                look(each, lane, of[lane]++);
            },
            the_case().batch);
        settle_port();
        for (std::uint32_t lane = 0; lane < the_case().lanes; ++lane) {
            (void)released(lane, of[lane]);
        }
        return drained;
    }

    RingValues<T, P> values_;
    Left<Consumer> consumer_;
};

}  // namespace shunt::model
