// SPDX-License-Identifier: MIT
//
// Producers in lanes of their own that sleep for room, and one consumer that sleeps for data, as
// the ports do it (shunt/channel/port.hpp, shunt/mpsc/merge_port.hpp): the consumer wakes exactly
// those producers in whose lanes it has stored free_pos. Nobody's sleep ends by its bound here: so
// a wake-up that is lost, or goes to another, is a program that is stuck. Whoever dies has a
// successor in its seat, which wakes everybody first, as recovery does.
#pragma once

#include "model/lanes_ground.hpp"

#include <shunt/core/layout/wake.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

struct LanesWakeCase {
    std::uint64_t slots = 1;     // of each of the two lanes
    std::uint64_t messages = 2;  // of each producer
    std::uint64_t before = 0;    // in each lane, before anybody begins
    Pop pop = Pop::one;
};

template <class T, class P>
class LanesWakeProgram : public Program {
public:
    using Turns = TurnsOf<1>;
    using Rig = test::MpscRig<T, P, Turns>;
    using Producer = typename Rig::Producer;
    using Consumer = typename Rig::Consumer;
    static constexpr std::uint32_t kLanes = 2;
    static constexpr auto kOrder = std::memory_order_seq_cst;

    explicit LanesWakeProgram(const LanesWakeCase& c)
        : case_{c}, rig_{kLanes, c.slots * Rig::Shape::kPerSlot}, values_{ring_values<T, P>()} {}
    ~LanesWakeProgram() override { consumer_.discard(); }

    std::string_view threads() const override { return "pqc"; }
    std::vector<Region> regions() override {
        std::vector<Region> all{{{bytes_at(&account_), sizeof account_}, Place::other}};
        add_lanes(all, rig_);
        for (layout::WakeRegion* region : {&data_, &room_}) {
            all.push_back({{bytes_at(region), 4}, Place::wake_seq});
            all.push_back({{bytes_at(region) + 4, 4}, Place::sleepers});
        }
        return all;
    }
    void begin() override {
        for (const Region& region : regions()) {
            std::memset(region.bytes.data(), 0, region.bytes.size());
        }
        consumer_.discard();
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            ring::SpscProducer<T> before{rig_.memory.data() + lane * rig_.stride, rig_.capacity(),
                                         rig_.words()[lane], 0};
            for (std::uint64_t i = 0; i < case_.before; ++i) {
                (void)before.try_push(test::message<T>(i));
            }
        }
    }
    void run(int thread, int life) override {
        if (life != 0) {
            Waker<ModelFutex, P>{data_}.wake_all();
            Waker<ModelFutex, P>{room_}.wake_all();
        }
        thread == kConsumer ? consume() : produce(static_cast<std::uint32_t>(thread));
    }
    bool may_rest(int thread) const override {
        return thread == kConsumer && account_.read[0] == each() && account_.read[1] == each();
    }
    std::string finish() override {
        for (const std::uint64_t read : account_.read) {
            if (read != each()) {
                return "not all was delivered";
            }
        }
        return rig_.guards_whole() ? "" : "written outside of the lanes";
    }

protected:
    // Who is told of room, of what the merge says: a hook of those with a bug.
    virtual std::uint32_t told_of(std::uint32_t due) { return due; }
    static constexpr std::uint32_t bit_of(std::uint32_t lane) {
        return wake_bit(lane + layout::kFirstSharedSeat);
    }

private:
    static constexpr int kConsumer = 2;
    struct Account {
        std::array<std::uint64_t, kLanes> read;
    };
    template <class Any>
    static std::byte* bytes_at(Any* at) {
        return static_cast<std::byte*>(static_cast<void*>(at));
    }
    std::uint64_t each() const { return case_.before + case_.messages; }

    void produce(std::uint32_t lane) {
        Settled<Producer> producer{[&] { return rig_.in_lane(lane); }};
        while (producer->position() < each()) {
            producer.settle();
            if (producer->template try_push<kOrder>(test::message<T>(producer->position()))) {
                woken(data_, ~std::uint32_t{0}, 1);
            } else {
                rest(room_, lane + layout::kFirstSharedSeat, [&] { return producer->writable(); });
            }
        }
    }

    void consume() {
        consumer_.make([&] { return rig_.consumer(false, true); });
        woken(room_, ~std::uint32_t{0}, UINT64_MAX);  // taking over stored free_pos
        for (;;) {
            Written all;
            Turns::write_down(consumer_->merge(), values_, all);
            Explorer::now().settle(all.bytes(), 2);
            const bool done = pop();
            for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
                account_.read[lane] = consumer_->merge().ring(lane).read_position();
            }
            if (const std::uint32_t due = told_of(consumer_->merge().room_due()); due != 0) {
                woken(room_, due, UINT64_MAX);
            }
            if (!done) {
                rest(data_, layout::kConsumerSeat, [&] { return consumer_->readable(); });
            }
        }
    }
    bool pop() {
        if (case_.pop == Pop::peek) {
            const bool shown = consumer_->try_peek() != nullptr;
            consumer_->release();
            return shown;
        }
        T message;
        return bool{consumer_->try_pop(message)};
    }

    void woken(layout::WakeRegion& region, std::uint32_t wanted, std::uint64_t n) {
        Waker<ModelFutex, P> waker{region};
        if (const std::uint32_t bits = waker.sleepers() & wanted; bits != 0) {
            waker.wake(bits, n);
        }
    }
    template <class Look>
    void rest(layout::WakeRegion& region, std::uint32_t index, const Look& look) {
        (void)Sleeper<ModelFutex, P>{region, index}.template sleep<const Look&>(look,
                                                                                kFirstSleepNs);
    }

    LanesWakeCase case_;
    Rig rig_;
    RingValues<T, P> values_;
    layout::WakeRegion data_{};
    layout::WakeRegion room_{};
    Account account_{};
    Left<Consumer> consumer_;
};

}  // namespace shunt::model
