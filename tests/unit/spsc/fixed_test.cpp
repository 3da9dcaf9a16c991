// SPDX-License-Identifier: MIT
//
// The verbs of fixed-size ports over a named channel, on one thread: what each returns, and what it
// leaves in the counters and control words.
#include "company.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <vector>

namespace shunt::spsc {
namespace {

using Number = std::uint64_t;
using channel::kName;

class FixedPorts : public SpscPorts {
protected:
    explicit FixedPorts(Options options = small())
        : producer{kName, options}, consumer{kName, options} {}
    void fill() {
        while (producer.try_push(producer.position())) {
        }
    }
    Producer<Number> producer;
    Consumer<Number> consumer;
};

TEST_F(FixedPorts, MoveMessagesByEveryVerb) {
    Number out = 0;
    EXPECT_TRUE(producer.try_push(0));
    EXPECT_TRUE(producer.push(1));
    EXPECT_TRUE(producer.push_until(2, steady_clock::now()));
    const std::vector<Number> more{3, 4, 5};
    EXPECT_EQ(producer.try_push_n(more), 3u);
    Number* const place = producer.try_claim();
    ASSERT_NE(place, nullptr);
    producer.abandon();
    *producer.try_claim() = 6;
    producer.publish();
    *producer.try_claim() = 7;
    producer.publish_quiet();
    EXPECT_TRUE(producer.try_push_quiet(8));
    EXPECT_EQ(producer.position(), 9u);
    EXPECT_EQ(*producer.last_published(), 8u);
    EXPECT_EQ(producer.size_approx(), 9u);
    EXPECT_EQ(producer.free_approx(), 5u);
    EXPECT_EQ(consumer.size_approx(), 9u);
    EXPECT_EQ(consumer.lag(), 9u);
    EXPECT_EQ(producer.capacity(), 14u);
    EXPECT_EQ(consumer.capacity(), 14u);

    EXPECT_TRUE(consumer.try_pop(out));
    EXPECT_EQ(out, 0u);
    EXPECT_EQ(consumer.position(), 0u);
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(out, 1u);
    EXPECT_TRUE(consumer.pop_until(out, steady_clock::now()));
    EXPECT_EQ(out, 2u);
    EXPECT_TRUE(consumer.try_pop_quiet(out));
    EXPECT_EQ(out, 3u);
    EXPECT_EQ(*consumer.try_peek(), 4u);
    EXPECT_EQ(consumer.try_peek_n(1)[0], 4u);
    consumer.release();
    EXPECT_EQ(*consumer.try_peek(), 5u);
    consumer.release_quiet();
    std::vector<Number> two(2);
    EXPECT_EQ(consumer.try_pop_n(two), 2u);
    EXPECT_EQ(two, (std::vector<Number>{6, 7}));
    EXPECT_EQ(consumer.drain([](const Number& n) { EXPECT_EQ(n, 8u); }, 9), 1u);
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(producer.size_approx(), 0u);
    EXPECT_FALSE(consumer.redelivered());
}

TEST_F(FixedPorts, FullAndEmptyAreSaidAndCounted) {
    Number out = 77;
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(consumer.try_pop_quiet(out), Status::empty);
    EXPECT_EQ(consumer.try_peek(), nullptr);
    EXPECT_EQ(out, 77u);
    EXPECT_EQ(value(consumer.stats().empty_polls), 3u);
    fill();
    EXPECT_EQ(producer.position(), 14u);
    EXPECT_EQ(producer.try_push_quiet(1), Status::full);
    EXPECT_EQ(producer.try_claim(), nullptr);
    EXPECT_EQ(producer.try_push_n(std::vector<Number>(3)), 0u);
    EXPECT_EQ(value(producer.stats().full), 3u);
    EXPECT_EQ(value(producer.stats().parks) + value(consumer.stats().parks), 0u);
}

TEST_F(FixedPorts, ADeadlineThatPassedIsATimeout) {
    for (const auto wait_for : {0ms, 3ms}) {
        Number out = 77;
        const auto deadline = steady_clock::now() + wait_for;
        EXPECT_EQ(consumer.pop_until(out, deadline), Status::timeout);
        EXPECT_GE(steady_clock::now(), deadline);
        EXPECT_EQ(consumer.wait(deadline), Status::timeout);
        EXPECT_EQ(out, 77u);
    }
    fill();
    const auto deadline = steady_clock::now() + 3ms;
    EXPECT_EQ(producer.push_until(1, deadline), Status::timeout);
    EXPECT_EQ(producer.wait(deadline), Status::timeout);
    EXPECT_GE(steady_clock::now(), deadline);
    EXPECT_EQ(producer.position(), 14u) << "nothing was written";
    Number out = 0;
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_TRUE(consumer.wait(steady_clock::now()));
}

TEST_F(FixedPorts, WaitLeavesTheMessageAndThePlace) {
    EXPECT_TRUE(producer.wait(steady_clock::now()));
    EXPECT_TRUE(producer.try_push(5));
    EXPECT_TRUE(consumer.wait(channel::kNoDeadline));
    EXPECT_TRUE(consumer.wait(channel::kNoDeadline));
    Number out = 0;
    EXPECT_TRUE(consumer.try_pop(out));
    EXPECT_EQ(out, 5u);
}

TEST_F(FixedPorts, QuietCallsLeaveSleepersToNotify) {
    auto& data = wake_region(producer, layout::RegionId::wake_data);
    auto& room = wake_region(producer, layout::RegionId::wake_room);
    const std::uint32_t consumer_bit = wake_bit(layout::kConsumerSeat);
    const std::uint32_t producer_bit = wake_bit(layout::kProducerSeat);
    data.sleepers.store(consumer_bit, std::memory_order_relaxed);
    const std::uint32_t seq = data.wake_seq.load(std::memory_order_relaxed);
    producer.notify();
    EXPECT_EQ(data.sleepers.load(std::memory_order_relaxed), consumer_bit) << "nothing is owed";
    EXPECT_TRUE(producer.try_push_quiet(1));
    *producer.try_claim() = 2;
    producer.publish_quiet();
    EXPECT_EQ(data.sleepers.load(std::memory_order_relaxed), consumer_bit);
    EXPECT_EQ(data.wake_seq.load(std::memory_order_relaxed), seq);
    std::thread{[&] { producer.notify(); }}.join();
    EXPECT_EQ(data.sleepers.load(std::memory_order_relaxed), 0u);
    EXPECT_EQ(data.wake_seq.load(std::memory_order_relaxed), seq + 1);
    data.sleepers.store(consumer_bit, std::memory_order_relaxed);
    producer.notify();
    EXPECT_EQ(data.wake_seq.load(std::memory_order_relaxed), seq + 1) << "paid already";
    data.sleepers.store(0, std::memory_order_relaxed);

    room.sleepers.store(producer_bit, std::memory_order_relaxed);
    const std::uint32_t room_seq = room.wake_seq.load(std::memory_order_relaxed);
    Number out = 0;
    EXPECT_TRUE(consumer.try_pop_quiet(out));
    ASSERT_NE(consumer.try_peek(), nullptr);
    consumer.release_quiet();
    EXPECT_EQ(room.wake_seq.load(std::memory_order_relaxed), room_seq);
    consumer.notify();
    EXPECT_EQ(room.sleepers.load(std::memory_order_relaxed), 0u);
    EXPECT_EQ(room.wake_seq.load(std::memory_order_relaxed), room_seq + 1);
}

TEST_F(FixedPorts, EveryPublishAndEveryFreePosLooksForSleepers) {
    auto& data = wake_region(producer, layout::RegionId::wake_data);
    auto& room = wake_region(producer, layout::RegionId::wake_room);
    const auto wakes = [](layout::WakeRegion& region, std::uint32_t seat, auto&& act) {
        const std::uint32_t before = region.wake_seq.load(std::memory_order_relaxed);
        region.sleepers.store(wake_bit(seat), std::memory_order_relaxed);
        act();
        const bool cleared = region.sleepers.exchange(0, std::memory_order_relaxed) == 0;
        return cleared && region.wake_seq.load(std::memory_order_relaxed) == before + 1;
    };
    const auto data_wakes = [&](auto&& act) { return wakes(data, layout::kConsumerSeat, act); };
    const auto room_wakes = [&](auto&& act) { return wakes(room, layout::kProducerSeat, act); };
    EXPECT_TRUE(data_wakes([&] { EXPECT_TRUE(producer.try_push(0)); }));
    EXPECT_TRUE(data_wakes([&] { EXPECT_EQ(producer.try_push_n(std::vector<Number>(9)), 9u); }));
    EXPECT_TRUE(data_wakes([&] {
        ASSERT_NE(producer.try_claim(), nullptr);
        producer.publish();
    }));
    fill();
    EXPECT_FALSE(data_wakes([&] { EXPECT_FALSE(producer.try_push(0)); }));
    Number out = 0;
    std::vector<Number> two(2);
    EXPECT_TRUE(room_wakes([&] { EXPECT_TRUE(consumer.try_pop(out)); })) << "an eighth is 1 here";
    EXPECT_TRUE(room_wakes([&] { EXPECT_EQ(consumer.try_pop_n(two), 2u); }));
    EXPECT_TRUE(room_wakes([&] {
        ASSERT_NE(consumer.try_peek(), nullptr);
        consumer.release();
    }));
    EXPECT_TRUE(room_wakes([&] { EXPECT_EQ(consumer.drain([](const Number&) {}, 2), 2u); }));
}

TEST_F(FixedPorts, MovedPortsGoOn) {
    EXPECT_TRUE(producer.try_push(1));
    producer.interrupt();
    Producer<Number> second{std::move(producer)};
    EXPECT_TRUE(second.try_push(2));
    Consumer<Number> reader{std::move(consumer)};
    producer.close();  // moved from: nothing of it is left to close
    consumer.close();
    Number out = 0;
    EXPECT_TRUE(reader.try_pop(out));
    EXPECT_TRUE(reader.try_pop(out));
    EXPECT_EQ(out, 2u);
    EXPECT_EQ(reader.try_pop(out), Status::empty) << "not closed";
    while (second.try_push(3)) {
    }
    EXPECT_EQ(second.push(3), Status::interrupted) << "what was asked of it before the move";
    second.close();
    while (reader.try_pop(out)) {
    }
    EXPECT_EQ(reader.peers().size(), 1u) << "itself";
}

TEST_F(SpscPorts, GoOnWhereTheLastOnesStopped) {
    Options options = small();
    options.start_pos = (std::uint64_t{1} << 32) - 5;
    Consumer<Number>* reader = nullptr;
    std::optional<Consumer<Number>> consumer;
    Number sent = options.start_pos;
    Number seen = options.start_pos;
    for (int round = 0; round < 20; ++round) {
        Producer<Number> producer{kName, options};
        if (reader == nullptr) {
            consumer.emplace(kName, small());
            reader = &*consumer;
        }
        EXPECT_EQ(producer.position(), sent);
        for (int i = 0; i <= round % 5; ++i) {
            EXPECT_TRUE(producer.try_push(sent++));
        }
        if (round % 3 == 0) {
            consumer.reset();
            consumer.emplace(kName, small());
        }
        Number out = 0;
        while (consumer->try_pop(out)) {
            EXPECT_EQ(out, seen++);
            EXPECT_EQ(consumer->position(), out);
        }
        EXPECT_EQ(seen, sent);
    }
}

TEST_F(SpscPorts, APollingChannelKnowsNoSleepers) {
    Options options = small();
    options.wake = wake::polling;
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    auto& data = wake_region(producer, layout::RegionId::wake_data);
    Number out = 0;
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 5ms), Status::timeout);
    EXPECT_TRUE(producer.push(1));
    EXPECT_TRUE(producer.try_push_quiet(2));
    producer.notify();
    while (producer.try_push(3)) {
    }
    EXPECT_EQ(producer.push_until(4, steady_clock::now() + 5ms), Status::timeout);
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(value(producer.stats().parks) + value(consumer.stats().parks), 0u);
    EXPECT_EQ(value(producer.stats().wakes) + value(consumer.stats().wakes), 0u);
    EXPECT_EQ(data.sleepers.load(std::memory_order_relaxed), 0u);
}

TEST_F(FixedPorts, ImpossibleWordsAreBrokenForEveryVerb) {
    EXPECT_TRUE(producer.try_push(1));
    auto& words = lane::consumer_words(producer.participant(), 0);
    Number out = 0;
    EXPECT_TRUE(consumer.try_pop(out));
    fill();
    words.free_pos.store(kPositionLimit - 1, std::memory_order_relaxed);
    EXPECT_EQ(producer.try_push(1), Status::broken);
    EXPECT_EQ(producer.push(1), Status::broken);
    EXPECT_EQ(producer.push_until(1, steady_clock::now() + 1s), Status::broken);
    EXPECT_EQ(producer.wait(steady_clock::now() + 1s), Status::broken);
    EXPECT_EQ(producer.try_claim(), nullptr);
    EXPECT_EQ(producer.participant().control().broken.load(std::memory_order_relaxed), 1u);
    EXPECT_EQ(producer.participant().control().broken_role.load(std::memory_order_relaxed),
              static_cast<std::uint32_t>(layout::Role::consumer));
}

TEST_F(FixedPorts, AnImpossibleStampIsBrokenForEveryVerb) {
    object_at<std::atomic<std::uint64_t>>(producer.participant().region(layout::RegionId::slots) +
                                          56)
        ->store(1'000'000, std::memory_order_relaxed);
    Number out = 0;
    EXPECT_EQ(consumer.try_pop(out), Status::broken);
    EXPECT_EQ(consumer.pop(out), Status::broken);
    EXPECT_EQ(consumer.try_peek(), nullptr);
    EXPECT_EQ(consumer.wait(steady_clock::now() + 1s), Status::broken);
    EXPECT_EQ(producer.participant().control().broken_role.load(std::memory_order_relaxed),
              static_cast<std::uint32_t>(layout::Role::producer));
}

class ThroughputPorts : public FixedPorts {
protected:
    ThroughputPorts() : FixedPorts{options()} {}
    static Options options() {
        Options options = small();
        options.capacity = 7 * 128;
        options.consume = consume::throughput;
        options.wait = wait::spin;  // as few ticks as possible between a rest and the last look
        return options;
    }
};

// Single messages make the consumer rest from the ring; a message that is there is never answered
// with timeout or with an end.
TEST_F(ThroughputPorts, NoMessageIsHiddenFromTheLastLook) {
    Number out = 0;
    for (Number n = 0; n < 20'000; ++n) {
        ASSERT_TRUE(producer.try_push(n));
        ASSERT_EQ(consumer.pop_until(out, steady_clock::now()), Status::ok) << n;
        ASSERT_EQ(out, n);
    }
    for (Number n = 0; n < 100; ++n) {
        ASSERT_TRUE(producer.try_push(n));
        (void)consumer.try_pop(out);
    }
    producer.close();
    Status last = Status::ok;
    while ((last = consumer.pop(out)) == Status::ok) {
    }
    EXPECT_EQ(last, Status::closed);
    EXPECT_EQ(out, 99u);
}

}  // namespace
}  // namespace shunt::spsc
