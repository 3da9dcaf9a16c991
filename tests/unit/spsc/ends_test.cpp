// SPDX-License-Identifier: MIT
//
// How the end of a peer is told: messages first, each event once, and the stream goes on with a
// successor. Deaths are real: a process that is killed.
#include "company.hpp"

#include <shunt/channel/registry.hpp>
#include <shunt/spsc.hpp>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <csignal>
#include <functional>
#include <vector>

namespace shunt::spsc {
namespace {

using Number = std::uint64_t;
using channel::kName;

class Ends : public SpscPorts {
protected:
    // A producer that pushes `count` numbers from its position on, and is killed.
    static auto producer_of(Number count, Options options = small()) {
        return [=] {
            Producer<Number> producer{kName, options};
            for (Number i = 0; i < count; ++i) {
                ASSERT_TRUE(producer.try_push(producer.position()));
            }
            die();
        };
    }
    static void expect_numbers(Consumer<Number>& consumer, Number first, Number end) {
        for (Number n = first; n < end; ++n) {
            Number out = 0;
            ASSERT_TRUE(consumer.pop(out));
            ASSERT_EQ(out, n);
        }
    }
};

TEST_F(Ends, MessagesComeFirstThenClosedOnce) {
    std::optional<Producer<Number>> producer{std::in_place, kName, small()};
    Consumer<Number> consumer{kName, small()};
    for (Number n = 0; n < 5; ++n) {
        EXPECT_TRUE(producer->try_push(n));
    }
    producer->close();
    producer->close();
    expect_numbers(consumer, 0, 5);
    Number out = 77;
    EXPECT_EQ(consumer.pop(out), Status::closed);
    EXPECT_EQ(out, 77u);
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "told once";
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 1ms), Status::timeout);
    producer.emplace(kName, small());
    EXPECT_EQ(producer->position(), 5u);
    EXPECT_TRUE(producer->push(5));
    producer.reset();
    expect_numbers(consumer, 5, 6);
    EXPECT_EQ(consumer.wait(channel::kNoDeadline), Status::closed) << "a new event";
    EXPECT_EQ(consumer.wait(steady_clock::now()), Status::timeout);
}

// A leaver may stand still between last_closed and its entry's FREE: it seems to live, and its end
// is none from before its time.
TEST_F(Ends, OfOneThatIsLeavingIsToldToWhoOpensMeanwhile) {
    Producer<Number> producer{kName, small()};
    ASSERT_TRUE(producer.try_push(0));
    const channel::Participant& place = producer.participant();
    channel::raise(
        place.control().ends[static_cast<std::size_t>(layout::Role::producer)].last_closed,
        place.token());
    Consumer<Number> consumer{kName, small()};
    producer.close();
    expect_numbers(consumer, 0, 1);
    Number out = 0;
    EXPECT_EQ(consumer.try_pop(out), Status::closed);
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "told once";
}

TEST_F(Ends, AConsumerThatComesLateGetsTheMessagesAndTheEnd) {
    {
        Producer<Number> producer{kName, small()};
        EXPECT_TRUE(producer.try_push(0));
    }
    Consumer<Number> consumer{kName, small()};
    expect_numbers(consumer, 0, 1);
    Number out = 0;
    EXPECT_EQ(consumer.pop(out), Status::closed);
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
}

TEST_F(Ends, AnEndFromBeforeALivingPeerIsHistory) {
    Options keep = small();
    keep.linger = linger::keep;
    { Producer<Number> first{kName, keep}; }
    ASSERT_TRUE(lives_and_dies(producer_of(0, keep)));
    Producer<Number> producer{kName, keep};
    Consumer<Number> consumer{kName, small()};
    Number out = 0;
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 3ms), Status::timeout);
}

TEST_F(Ends, AFullProducerIsToldThatTheConsumerClosed) {
    Producer<Number> producer{kName, small()};
    { Consumer<Number> consumer{kName, small()}; }
    for (Number n = 0; n < 14; ++n) {
        EXPECT_TRUE(producer.try_push(n)) << "while there is room nobody asks";
    }
    EXPECT_EQ(producer.try_push(14), Status::closed);
    EXPECT_EQ(producer.try_push(14), Status::full) << "told once";
    EXPECT_EQ(producer.push_until(14, steady_clock::now() + 1ms), Status::timeout);
    Consumer<Number> successor{kName, small()};
    expect_numbers(successor, 0, 14);
    EXPECT_TRUE(producer.push(14));
}

TEST_F(Ends, ADeathIsToldOnceAfterTheMessages) {
    ASSERT_TRUE(lives_and_dies(producer_of(3)));
    Consumer<Number> consumer{kName, small()};
    expect_numbers(consumer, 0, 3);
    Number out = 0;
    EXPECT_EQ(consumer.pop(out), Status::peer_dead);
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 1ms), Status::timeout);
    ASSERT_TRUE(lives_and_dies(producer_of(2)));
    expect_numbers(consumer, 3, 5);
    EXPECT_EQ(consumer.pop(out), Status::peer_dead) << "another death";
    EXPECT_EQ(value(consumer.stats().recovered), 2u) << "the first one by the opening";
    Producer<Number> successor{kName, small()};
    EXPECT_EQ(successor.position(), 5u);
    EXPECT_TRUE(successor.push(5));
    expect_numbers(consumer, 5, 6);
}

TEST_F(Ends, ADeathBeforeACloseIsToldBeforeIt) {
    Options keep = small();
    keep.linger = linger::keep;
    Producer<Number>{kName, keep}.close();
    Consumer<Number> consumer{kName, keep};
    Number out = 0;
    EXPECT_EQ(consumer.try_pop(out), Status::closed);
    ASSERT_TRUE(lives_and_dies(producer_of(0, keep)));
    { Producer<Number> second{kName, keep}; }
    EXPECT_EQ(consumer.try_pop(out), Status::peer_dead);
    EXPECT_EQ(consumer.try_pop(out), Status::closed);
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
}

TEST_F(Ends, WithFailADeathStays) {
    Options fail = small();
    fail.on_death = on_death::fail;
    ASSERT_TRUE(lives_and_dies(producer_of(2)));
    Consumer<Number> consumer{kName, fail};
    expect_numbers(consumer, 0, 2);
    Number out = 0;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(consumer.pop(out), Status::peer_dead);
        EXPECT_EQ(consumer.try_pop(out), Status::peer_dead);
    }
    Producer<Number> successor{kName, small()};
    EXPECT_TRUE(successor.push(2));
    expect_numbers(consumer, 2, 3);
    EXPECT_EQ(consumer.pop(out), Status::peer_dead) << "it is still so";
}

TEST_F(Ends, ARangeEndsWhenAProducerClosesAndOutlivesADeath) {
    ASSERT_TRUE(lives_and_dies(producer_of(3)));
    Consumer<Number> consumer{kName, small()};
    std::thread successor{[] {
        Producer<Number> producer{kName, small()};
        for (Number n = 3; n < 40; ++n) {
            EXPECT_TRUE(producer.push(n));
        }
    }};
    Number next = 0;
    for (const Number& n : consumer) {
        EXPECT_EQ(n, next++);
    }
    successor.join();
    EXPECT_EQ(next, 40u);
}

TEST_F(Ends, ARangeEndsAtADeathThatStays) {
    Options fail = small();
    fail.on_death = on_death::fail;
    ASSERT_TRUE(lives_and_dies(producer_of(3)));
    Consumer<Number> consumer{kName, fail};
    Number next = 0;
    for (const Number& n : consumer) {
        EXPECT_EQ(n, next++);
    }
    EXPECT_EQ(next, 3u);
}

TEST_F(Ends, WhatADeadConsumerSawInPlaceComesFlagged) {
    Producer<Number> producer{kName, small()};
    for (Number n = 0; n < 6; ++n) {
        EXPECT_TRUE(producer.try_push(n));
    }
    ASSERT_TRUE(lives_and_dies([] {
        Consumer<Number> victim{kName, small()};
        Number out = 0;
        ASSERT_TRUE(victim.try_pop(out));
        ASSERT_EQ(victim.try_peek_n(2).size(), 1u) << "an eighth of this ring";
        victim.release();
        ASSERT_NE(victim.try_peek(), nullptr);
        die();
    }));
    Consumer<Number> successor{kName, small()};
    Number out = 0;
    EXPECT_TRUE(successor.pop(out));
    EXPECT_EQ(out, 2u);
    EXPECT_TRUE(successor.redelivered());
    EXPECT_TRUE(successor.pop(out));
    EXPECT_FALSE(successor.redelivered());
}

// A consumer that takes over tells a producer that sleeps for room what its predecessor had read.
TEST_F(Ends, TakingOverWakesAProducerThatSleepsForRoom) {
    Options options = small();
    options.capacity = 7 * 16;  // an eighth is 14: a few pops tell nothing
    Producer<Number> producer{kName, options};
    while (producer.try_push(producer.position())) {
    }
    ASSERT_TRUE(lives_and_dies([] {
        Consumer<Number> victim{kName, small_any()};
        Number out = 0;
        ASSERT_TRUE(victim.try_pop(out));
        die();
    }));
    auto& room = wake_region(producer, layout::RegionId::wake_room);
    room.sleepers.store(wake_bit(layout::kProducerSeat), std::memory_order_relaxed);
    Consumer<Number> successor{kName, small_any()};
    EXPECT_EQ(room.sleepers.load(std::memory_order_relaxed), 0u);
    EXPECT_TRUE(producer.try_push(0));
}

// The control page is taken away, so that the look at the ends faults, once; there the consumer
// makes room and closes. The producer found its ring full just before.
std::function<void()> at_fault;
void* guarded = nullptr;
void on_fault(int) {
    ::mprotect(guarded, kBasePageBytes, PROT_READ | PROT_WRITE);
    at_fault();
}

template <class Push>
Status push_while_consumer_leaves(channel::Port& producer, std::function<void()> leave,
                                  Push&& push) {
    at_fault = std::move(leave);
    guarded = &producer.participant().control();
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = on_fault;
    action.sa_flags = SA_NODEFER;
    ::sigaction(SIGSEGV, &action, &before);
    ::mprotect(guarded, kBasePageBytes, PROT_NONE);
    const Status status = push();
    ::sigaction(SIGSEGV, &before, nullptr);
    return status;
}

TEST_F(Ends, AnEndIsNotSwallowedByTheRoomThatCameWithIt) {
    Producer<Number> producer{kName, small()};
    std::optional<Consumer<Number>> consumer{std::in_place, kName, small()};
    while (producer.try_push(0)) {
    }
    const Status status = push_while_consumer_leaves(
        producer,
        [&] {
            Number out = 0;
            EXPECT_TRUE(consumer->try_pop(out));
            consumer.reset();
        },
        [&] { return producer.try_push(0); });
    EXPECT_EQ(status, Status::full) << "there is room now: try again";
    EXPECT_TRUE(producer.try_push(0));
    EXPECT_EQ(producer.try_push(0), Status::closed);
    EXPECT_EQ(producer.try_push(0), Status::full);
}

TEST_F(Ends, AnEndIsNotSwallowedByTheRoomThatCameWithItInBytes) {
    BytesProducer producer{kName, small_bytes()};
    std::optional<BytesConsumer> consumer{std::in_place, kName, small_bytes()};
    const std::byte message[100]{};
    while (producer.try_push(message)) {
    }
    const Status status = push_while_consumer_leaves(
        producer,
        [&] {
            std::byte out[100];
            std::size_t size = 0;
            EXPECT_TRUE(consumer->try_pop(out, size));
            EXPECT_TRUE(consumer->try_pop(out, size));
            consumer.reset();
        },
        [&] { return producer.try_push(message); });
    EXPECT_EQ(status, Status::full) << "there is room now: try again";
    Status last = Status::ok;
    while ((last = producer.try_push(message)) == Status::ok) {
    }
    EXPECT_EQ(last, Status::closed);
    EXPECT_EQ(producer.try_push(message), Status::full);
}

}  // namespace
}  // namespace shunt::spsc
