// SPDX-License-Identifier: MIT
//
// One producer and one consumer of a line ring, as the explorer runs them: message after message,
// with what is asserted about each. The successor of a dead one is made by the real constructor.
//
// Asserted: messages come in order, whole, each once. A successor of the producer goes on where the
// newest committed message ends: nothing acknowledged is lost, nothing is invented. A successor of
// the consumer goes on behind the newest message that was released; what its predecessor died with
// in its hands is not given twice (pop), or is, flagged (peek), and nothing else is flagged.
#pragma once

#include "model/explorer.hpp"
#include "model/model_policy.hpp"
#include "unit/core/line_rig.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

enum class Push { one, batch, claim };
enum class Pop { one, batch, peek, drain };

struct LineCase {
    std::uint64_t slots = 1;
    std::uint64_t messages = 4;
    Push push = Push::one;
    Pop pop = Pop::one;
    std::uint64_t batch = 1;  // of try_push_n, try_pop_n, try_peek_n, drain
    std::uint64_t start = 0;
};

/// What the consumer's side of a test remembers. Part of the state.
struct Account {
    std::uint64_t pushed;     // acknowledged
    std::uint64_t pushing;    // at most so many more are being pushed
    std::uint64_t done;       // all before it were released, or died in somebody's hands
    std::uint64_t in_hand;    // at most so many from there on are being read
    std::uint64_t shown_end;  // no peek was asked for beyond it
    std::array<std::uint8_t, 32> given;
};

/// Keeps a thread's object where its bytes can be looked at, its padding zero.
template <class T>
class Settled {
public:
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    template <class Make>
    explicit Settled(Make&& make) {
        std::memset(bytes_, 0, sizeof bytes_);
        it_ = new (bytes_) T(make());
    }
    T* operator->() { return it_; }
    T& operator*() { return *it_; }
    void settle(std::uint64_t at = 0) { Explorer::now().settle(bytes_, at); }
    void wait_for_change() { Explorer::now().wait_for_change(bytes_); }

private:
    alignas(T) std::byte bytes_[sizeof(T)];
    T* it_;
};

template <class T, class P>
class LineProgram : public Program {
public:
    using Rig = test::LineRig<T, test::ArrayPages, P>;
    using Shape = typename Rig::Shape;
    using Producer = typename Rig::Producer;
    using Consumer = typename Rig::Consumer;

    explicit LineProgram(LineCase c)
        : case_{c}, end_{c.start + c.messages}, rig_{c.slots * Shape::kPerSlot, c.start} {}

    std::string_view threads() const override { return "pc"; }

    std::vector<Region> regions() override {
        std::vector<Region> all{{{bytes_of(account_), sizeof account_}, Place::other}};
        const auto add = [&](std::byte* at, std::size_t bytes, Place place) {
            all.push_back({{at, bytes}, place});
        };
        for (std::uint64_t i = 0; i < rig_.geometry.slots; ++i) {
            std::byte* const slot = rig_.slots.data() + i * Shape::kSlotBytes;
            add(slot, Shape::kStampOffset, Place::payload);
            add(slot + Shape::kStampOffset, 8, Place::stamp);
        }
        std::byte* const words = words_bytes();
        add(words, 8, Place::peek_pos);
        add(words + 8, 8, Place::read_pos);
        add(words + 128, 8, Place::free_pos);
        return all;
    }

    void begin() override {
        std::memset(rig_.slots.data(), 0, rig_.slots.size());
        std::memset(words_bytes(), 0, sizeof(layout::ConsumerWords));
        account_ = {};
        account_.pushed = account_.done = case_.start;
    }

    void run(int thread, int) override { thread == 0 ? produce() : consume(); }

    std::string finish() override {
        const auto word = [](const auto& w) { return w.load(std::memory_order_relaxed); };
        if (account_.done != end_ || account_.pushed != end_) {
            return "messages are missing";
        }
        if (word(rig_.words->read_pos) != end_ || word(rig_.words->free_pos) > end_) {
            return "read_pos is not what was read";
        }
        return rig_.guards_whole() ? "" : "written outside of the ring";
    }

protected:
    // Hooks of the program that sleeps and wakes. False: the other side is gone for good.
    virtual void published(std::uint64_t) {}
    virtual void freed(Consumer&, bool /*took_over*/) {}
    virtual bool no_room(Settled<Producer>& producer) {
        producer.wait_for_change();
        return true;
    }
    virtual bool nothing(Settled<Consumer>& consumer) {
        consumer.wait_for_change();
        return true;
    }
    virtual bool wakeable() const { return false; }

    static void expect(bool right, const char* what) {
        if (!right) {
            Explorer::now().fail(what);
        }
    }

    Rig& rig() { return rig_; }
    Account& account() { return account_; }
    std::uint64_t end() const { return end_; }
    const LineCase& the_case() const { return case_; }

    void produce() {
        Settled<Producer> producer{[this] { return rig_.producer(); }};
        const std::uint64_t at = producer->position();
        expect(!producer->broken(), "the producer's successor finds the ring broken");
        expect(at >= account_.pushed, "an acknowledged message is lost");
        expect(at <= account_.pushed + account_.pushing, "a message nobody pushed is there");
        account_.pushed = at;
        while (producer->position() != end_) {
            producer.settle();
            account_.pushing = std::min(case_.batch, end_ - producer->position());
            const std::uint64_t done = push(*producer);
            account_.pushed = producer->position();
            account_.pushing = 0;
            expect(!producer->broken(), "the producer finds the ring broken");
            if (done != 0) {
                published(done);
            } else if (!no_room(producer)) {
                return;
            }
        }
    }

    void consume() {
        Settled<Consumer> consumer{[this] { return rig_.consumer(false, wakeable()); }};
        const std::uint64_t at = consumer->read_position();
        expect(!consumer->broken(), "the consumer's successor finds the ring broken");
        expect(at >= account_.done, "a released message would come again");
        expect(at <= account_.done + account_.in_hand, "messages are passed over");
        const bool in_place = case_.pop == Pop::peek || case_.pop == Pop::drain;
        for (; account_.done != at; ++account_.done) {
            expect(!in_place || account_.given[account_.done - case_.start] != 0,
                   "a message was released that nobody had seen");
        }
        account_.in_hand = 0;
        freed(*consumer, true);
        while (consumer->read_position() != end_) {
            consumer.settle();
            account_.in_hand = case_.batch;
            const std::uint64_t done = pop(*consumer);
            expect(!consumer->broken(), "the consumer finds the ring broken");
            account_.done += done;
            account_.in_hand = 0;
            expect(consumer->read_position() == account_.done, "read_position is wrong");
            freed(*consumer, false);
            if (done == 0 && !nothing(consumer)) {
                return;
            }
        }
        expect(!consumer->readable(), "a message is there that nobody pushed");
        consumer->store_free();
        freed(*consumer, false);
    }

private:
    std::byte* words_bytes() { return bytes_at(&*rig_.words); }
    static std::byte* bytes_at(void* at) { return static_cast<std::byte*>(at); }

    std::uint64_t push(Producer& producer) {
        const std::uint64_t at = producer.position();
        if (case_.push == Push::batch) {
            std::array<T, 8> all;
            for (std::uint64_t i = 0; i < account_.pushing; ++i) {
                all[i] = test::message<T>(at + i);
            }
            return producer.template try_push_n<std::memory_order_seq_cst>(
                std::span{all}.first(account_.pushing));
        }
        if (case_.push == Push::claim) {
            T* const place = producer.try_claim();
            if (place == nullptr) {
                return 0;
            }
            const T message = test::message<T>(at);
            P::template copy_in<sizeof(T)>(bytes_of(*place), bytes_of(message));
            producer.template publish<std::memory_order_seq_cst>();
            return 1;
        }
        return producer.template try_push<std::memory_order_seq_cst>(test::message<T>(at)) ? 1 : 0;
    }

    // A message was given out: the one of its position, whole, and again only if flagged.
    void given(const T& message, std::uint64_t position, bool flagged) {
        expect(message == test::message<T>(position), "a message has other bytes");
        std::uint8_t& times = account_.given[position - case_.start];
        expect(times == 0 || flagged, "a message comes twice, not flagged");
        expect(!flagged || position < account_.shown_end, "flagged, and nobody had looked at it");
        times = 1;
    }

    std::uint64_t pop(Consumer& consumer) {
        const std::uint64_t at = consumer.read_position();
        std::array<T, 8> all;
        if (case_.pop == Pop::one) {
            if (!consumer.try_pop(all[0])) {
                return 0;
            }
            given(all[0], consumer.position(), consumer.redelivered());
            return 1;
        }
        if (case_.pop == Pop::batch) {
            const std::size_t done = consumer.try_pop_n(std::span{all}.first(case_.batch));
            for (std::size_t i = 0; i < done; ++i) {
                given(all[i], at + i, false);
            }
            return done;
        }
        account_.shown_end = std::max(account_.shown_end, at + case_.batch);
        if (case_.pop == Pop::drain) {
            return drain(consumer);
        }
        const std::span<const T> shown = consumer.try_peek_n(case_.batch);
        for (std::size_t i = 0; i < shown.size(); ++i) {
            look(shown[i], at + i, consumer.redelivered() || i != 0);
        }
        consumer.release();
        return shown.size();
    }

    // Position by position: `position()` is that of the first of a peek only.
    std::uint64_t drain(Consumer& consumer) {
        std::uint64_t at = consumer.read_position();
        return consumer.drain([&](const T& each) { look(each, at++, true); }, case_.batch);
    }

    void look(const T& message, std::uint64_t position, bool flagged) {
        T copy;
        P::template copy_out<sizeof(T)>(bytes_of(copy), bytes_of(message));
        given(copy, position, flagged);
    }

    LineCase case_;
    std::uint64_t end_;
    Rig rig_;
    Account account_{};
};

}  // namespace shunt::model
