// SPDX-License-Identifier: MIT
//
// The ports of byte messages: their verbs, statuses and counters. What they share with the
// fixed-size ports is tested there.
#include "company.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::spsc {
namespace {

using channel::kName;

class BytesPorts : public SpscPorts {
protected:
    static std::span<const std::byte> text(std::string_view words) { return as_bytes(words); }
    std::string popped() {
        std::array<std::byte, 200> to{};
        std::size_t size = 0;
        const Status status = consumer.try_pop(to, size);
        return status ? std::string{as_text(std::span{to}.first(size))}
                      : std::string{to_string(status)};
    }
    BytesProducer producer{kName, small_bytes()};
    BytesConsumer consumer{kName, small_bytes()};
};

TEST_F(BytesPorts, MoveMessagesByEveryVerb) {
    EXPECT_TRUE(producer.try_push(text("a"), 1));
    EXPECT_TRUE(producer.push(text("bb"), 2));
    EXPECT_TRUE(producer.push_until(text(""), steady_clock::now(), 3));
    EXPECT_TRUE(producer.try_push_quiet(text("dddd"), 4));
    const std::vector<std::span<const std::byte>> more{text("eeeee"), text("ffffff")};
    EXPECT_EQ(producer.try_push_n(more), 2u);
    std::span<std::byte> place;
    EXPECT_TRUE(producer.try_claim(100, place));
    producer.abandon();
    EXPECT_TRUE(producer.claim_until(100, place, channel::kNoDeadline));
    place[0] = std::byte{'g'};
    producer.publish(1, 7);
    EXPECT_TRUE(producer.try_claim(2, place));
    place[0] = place[1] = std::byte{'h'};
    producer.publish_quiet(2, 8);
    EXPECT_EQ(value(producer.stats().payload_bytes), 21u);
    EXPECT_EQ(producer.size_approx(), 8u * 64);
    EXPECT_EQ(producer.free_approx(), 8u * 64);
    EXPECT_EQ(consumer.lag(), 8u * 64);
    BytesView last;
    EXPECT_TRUE(producer.last_published(last));
    EXPECT_EQ(as_text(last.payload), "hh");

    EXPECT_EQ(popped(), "a");
    EXPECT_EQ(consumer.type(), 1u);
    std::array<std::byte, 8> to{};
    std::size_t size = 0;
    EXPECT_EQ(consumer.try_pop(std::span{to}.first(1), size), Status::too_small);
    EXPECT_EQ(size, 2u);
    EXPECT_TRUE(consumer.pop(to, size));
    EXPECT_TRUE(consumer.pop_until(to, size, steady_clock::now()));
    EXPECT_EQ(size, 0u);
    EXPECT_TRUE(consumer.try_pop_quiet(to, size));
    EXPECT_EQ(size, 4u);
    BytesView view;
    EXPECT_TRUE(consumer.try_peek(view));
    EXPECT_EQ(as_text(view.payload), "eeeee");
    consumer.release();
    EXPECT_TRUE(consumer.peek_until(view, channel::kNoDeadline));
    EXPECT_EQ(as_text(view.payload), "ffffff");
    EXPECT_EQ(consumer.position(), view.position);
    consumer.release_quiet();
    std::string rest;
    EXPECT_EQ(consumer.drain([&](const BytesView& each) { rest += as_text(each.payload); }, 9), 2u);
    EXPECT_EQ(rest, "ghh");
    EXPECT_EQ(popped(), "empty");
    EXPECT_EQ(producer.size_approx(), 0u);
}

TEST_F(BytesPorts, TooBigAndFullAndEmptyAndTimeout) {
    const std::vector<std::byte> big(producer.max_message() + 1);
    std::span<std::byte> place;
    EXPECT_EQ(producer.max_message(), 128u);
    EXPECT_EQ(producer.try_push(big), Status::too_big);
    EXPECT_EQ(producer.push(big), Status::too_big) << "waiting would not help";
    EXPECT_EQ(producer.claim_until(129, place, channel::kNoDeadline), Status::too_big);
    EXPECT_EQ(value(producer.stats().full), 0u);
    EXPECT_EQ(popped(), "empty");
    EXPECT_EQ(value(consumer.stats().empty_polls), 1u);
    std::size_t size = 0;
    BytesView view;
    const auto soon = steady_clock::now() + 2ms;
    EXPECT_EQ(consumer.pop_until({}, size, soon), Status::timeout);
    EXPECT_EQ(consumer.peek_until(view, soon), Status::timeout);
    EXPECT_EQ(consumer.wait(soon), Status::timeout);
    while (producer.try_push(text("x"))) {
    }
    EXPECT_EQ(producer.position(), 15u * 64) << "one line stays free";
    EXPECT_EQ(producer.push_until(text("x"), soon), Status::timeout);
    EXPECT_EQ(producer.claim_until(1, place, soon), Status::timeout);
    EXPECT_EQ(producer.wait_drained(soon), Status::timeout);
    EXPECT_GE(value(producer.stats().full), 3u);
    EXPECT_TRUE(consumer.wait(soon));
}

TEST_F(BytesPorts, WaitDrainedEndsWhenAllIsRead) {
    EXPECT_TRUE(producer.wait_drained(steady_clock::now()));
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(producer.try_push(text("message")));
    }
    std::thread reader{[&] {
        for (int i = 0; i < 10; ++i) {
            std::array<std::byte, 8> to{};
            std::size_t size = 0;
            EXPECT_TRUE(consumer.pop(to, size));
        }
    }};
    EXPECT_TRUE(producer.wait_drained(channel::kNoDeadline));
    EXPECT_EQ(producer.size_approx(), 0u);
    reader.join();
}

TEST_F(BytesPorts, WaitDrainedIsToldTheConsumersEnd) {
    EXPECT_TRUE(producer.try_push(text("unread")));
    consumer.close();
    EXPECT_EQ(producer.wait_drained(channel::kNoDeadline), Status::closed);
    EXPECT_EQ(producer.wait_drained(steady_clock::now()), Status::timeout) << "told once";
    BytesConsumer successor{kName, small_bytes()};
    std::array<std::byte, 8> to{};
    std::size_t size = 0;
    EXPECT_TRUE(successor.pop(to, size));
    EXPECT_TRUE(producer.wait_drained(channel::kNoDeadline));
}

TEST_F(BytesPorts, SuccessorsGoOnAndSeeInPlaceMessagesFlagged) {
    EXPECT_TRUE(producer.try_push(text("one")));
    EXPECT_TRUE(producer.try_push(text("two")));
    const std::uint64_t end = producer.position();
    producer.close();
    consumer.close();
    ASSERT_TRUE(lives_and_dies([] {
        BytesConsumer victim{kName, small_bytes()};
        BytesView view;
        ASSERT_TRUE(victim.try_peek(view));
        die();
    }));
    BytesProducer next{kName, small_bytes()};
    EXPECT_EQ(next.position(), end);
    BytesView last;
    EXPECT_TRUE(next.last_published(last));
    EXPECT_EQ(as_text(last.payload), "two");
    EXPECT_TRUE(next.try_push(text("three")));
    BytesConsumer reader{kName, small_bytes()};
    std::string all;
    std::string flags;
    for (int i = 0; i < 3; ++i) {
        std::array<std::byte, 8> to{};
        std::size_t size = 0;
        EXPECT_TRUE(reader.pop(to, size));
        all += as_text(std::span{to}.first(size));
        flags += reader.redelivered() ? 'r' : '-';
    }
    EXPECT_EQ(all, "onetwothree");
    EXPECT_EQ(flags, "r--");
}

TEST_F(BytesPorts, MessagesComeFirstThenClosedOnce) {
    EXPECT_TRUE(producer.try_push(text("last")));
    producer.close();
    EXPECT_EQ(popped(), "last");
    BytesView view;
    EXPECT_EQ(consumer.peek_until(view, channel::kNoDeadline), Status::closed);
    EXPECT_EQ(popped(), "empty");
}

TEST_F(BytesPorts, QuietCallsLeaveSleepersToNotify) {
    auto& data = wake_region(producer, layout::RegionId::wake_data);
    auto& room = wake_region(producer, layout::RegionId::wake_room);
    data.sleepers.store(wake_bit(layout::kConsumerSeat), std::memory_order_relaxed);
    room.sleepers.store(wake_bit(layout::kProducerSeat), std::memory_order_relaxed);
    EXPECT_TRUE(producer.try_push_quiet(text("q")));
    std::array<std::byte, 8> to{};
    std::size_t size = 0;
    EXPECT_TRUE(consumer.try_pop_quiet(to, size));
    EXPECT_EQ(data.wake_seq.load(std::memory_order_relaxed), 0u);
    EXPECT_EQ(room.wake_seq.load(std::memory_order_relaxed), 0u);
    producer.notify();
    consumer.notify();
    EXPECT_EQ(data.wake_seq.load(std::memory_order_relaxed), 1u);
    EXPECT_EQ(room.wake_seq.load(std::memory_order_relaxed), 1u);
    EXPECT_EQ(data.sleepers.load(std::memory_order_relaxed), 0u);
    EXPECT_EQ(room.sleepers.load(std::memory_order_relaxed), 0u);
}

TEST_F(BytesPorts, ImpossibleWordsAreBrokenForEveryVerb) {
    auto& header = *object_at<std::atomic<std::uint64_t>>(
        producer.participant().region(layout::RegionId::slots));
    header.store(0x2'0000'0008, std::memory_order_relaxed);
    BytesView view;
    std::size_t size = 0;
    EXPECT_EQ(popped(), "broken");
    EXPECT_EQ(consumer.try_peek(view), Status::broken);
    EXPECT_EQ(consumer.pop({}, size), Status::broken);
    EXPECT_EQ(consumer.peek_until(view, channel::kNoDeadline), Status::broken);
    EXPECT_EQ(consumer.wait(channel::kNoDeadline), Status::broken);
    EXPECT_EQ(producer.participant().control().broken.load(std::memory_order_relaxed), 1u);
    header.store(0, std::memory_order_relaxed);
    while (producer.try_push(text("x"))) {
    }
    lane::consumer_words(producer.participant(), 0)
        .free_pos.store(1u << 30, std::memory_order_relaxed);
    std::span<std::byte> place;
    EXPECT_EQ(producer.try_push(text("x")), Status::broken);
    EXPECT_EQ(producer.try_claim(1, place), Status::broken);
    EXPECT_EQ(producer.push(text("x")), Status::broken);
}

}  // namespace
}  // namespace shunt::spsc
