// SPDX-License-Identifier: MIT
//
// A publisher that dies before any of its accesses, and its successor: what lay in memory at that
// moment is kept, and the rest of the call undone. And each of its accesses, with its order.
#include "broadcast_rig.hpp"
#include "log_death.hpp"
#include "stepping_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace shunt::test {
namespace {

using Message = Blob<24, 8>;
constexpr std::uint64_t kLongest = 40;

struct Typed {
    using Rig = BroadcastRig<Message, SteppingPolicy>;
    static Rig rig(std::uint64_t start) { return Rig{4, start}; }
    static void push(Rig::Publisher& publisher) {
        (void)publisher.try_push(message<Message>(publisher.position()));
    }
    static void claim(Rig::Publisher& publisher) {
        Message* const place = publisher.try_claim();
        const Message made = message<Message>(publisher.position());
        SteppingPolicy::copy_in<sizeof(Message)>(bytes_of(*place), bytes_of(made));
        publisher.publish();
    }
    static bool sees(Rig::Subscriber& subscriber, std::uint64_t position) {
        return bool{pops(subscriber, position)};
    }
};
struct OfBytes {
    using Rig = BroadcastBytesRig<SteppingPolicy>;
    static Rig rig(std::uint64_t start) { return Rig{4, kLongest, start}; }
    static void push(Rig::Publisher& publisher) {
        (void)publisher.try_push(sent(publisher.position(), kLongest));
    }
    static void claim(Rig::Publisher& publisher) {
        std::span<std::byte> place;
        (void)publisher.try_claim(kLongest, place);
        const std::vector<std::byte> made = sent(publisher.position(), kLongest);
        SteppingPolicy::copy_in(place.data(), made.data(), made.size());
        publisher.publish(made.size());
    }
    static bool sees(Rig::Subscriber& subscriber, std::uint64_t position) {
        return bool{pops(subscriber, position)};
    }
};

template <class Kind>
class BroadcastSuccessor : public testing::Test {
protected:
    using Rig = typename Kind::Rig;
    using Act = void (*)(typename Rig::Publisher&);

    // What readers know after that death, before and after the successor came: those that stand at
    // the torn position wait for it, whoever is behind loses at most what was overwritten, and
    // nobody sees anything torn.
    static void account(Rig& rig, std::uint64_t dead_at) {
        auto ahead = rig.subscriber(0, dead_at);
        auto behind = rig.subscriber(1);
        const bool was_there = ahead.readable();
        if (was_there) {
            ASSERT_TRUE(Kind::sees(ahead, dead_at));
        }
        const std::uint64_t oldest = behind.next_position();
        ASSERT_LE(oldest, dead_at + 1 - std::min(dead_at + 1 - rig.start_pos, rig.capacity()));
        auto successor = rig.publisher();
        ASSERT_FALSE(successor.broken());
        ASSERT_EQ(successor.position(), was_there ? dead_at + 1 : dead_at);
        ASSERT_EQ(rig.write_pos() == 0 ? rig.start_pos : rig.write_pos(), successor.position());
        for (std::uint64_t p = oldest; p < successor.position(); ++p) {
            ASSERT_TRUE(Kind::sees(behind, p));
        }
        for (std::uint64_t p = successor.position(); p < dead_at + 6; ++p) {
            Kind::push(successor);
            ASSERT_TRUE(Kind::sees(ahead, p));
            ASSERT_TRUE(Kind::sees(behind, p));
        }
        ASSERT_EQ(ahead.lost() + behind.lost(), 0u);
        ASSERT_TRUE(rig.guards_whole());
    }

    static void die_anywhere(Act act, int at_least) {
        for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 3}) {
            for (const std::uint64_t before : {0u, 1u, 3u, 4u, 9u}) {
                int points = 0;
                for (int at = 0;; ++at) {
                    SCOPED_TRACE("behind " + std::to_string(before) + ", at " + std::to_string(at));
                    auto rig = Kind::rig(start);
                    auto publisher = rig.publisher();
                    for (std::uint64_t i = 0; i < before; ++i) {
                        Kind::push(publisher);
                    }
                    if (!dies(rig, at, [&] { act(publisher); })) {
                        break;
                    }
                    ++points;
                    ASSERT_NO_FATAL_FAILURE(account(rig, start + before));
                }
                EXPECT_GE(points, at_least);
            }
        }
    }
};
using Kinds = testing::Types<Typed, OfBytes>;
struct KindName {
    template <class Kind>
    static std::string GetName(int) {
        return std::is_same_v<Kind, Typed> ? "Typed" : "Bytes";
    }
};
TYPED_TEST_SUITE(BroadcastSuccessor, Kinds, KindName);

TYPED_TEST(BroadcastSuccessor, GoesOnBehindWhatCanBeReadWhereverItDied) {
    this->die_anywhere(&TypeParam::push, 5);
}
TYPED_TEST(BroadcastSuccessor, GoesOnBehindWhatCanBeReadWhereverItDiedInAClaim) {
    this->die_anywhere(&TypeParam::claim, 5);
}

// It died between the two stores that publish; so does its successor, and the next one, while they
// make that good.
TYPED_TEST(BroadcastSuccessor, MayDieToo) {
    auto rig = TypeParam::rig(7);
    auto publisher = rig.publisher();
    TypeParam::push(publisher);
    TypeParam::push(publisher);
    rig.words->write_pos.store(8, std::memory_order_relaxed);
    int points = 0;
    while (dies(rig, points, [&] { (void)rig.publisher(); })) {
        EXPECT_EQ(rig.write_pos(), 8u);
        ++points;
    }
    EXPECT_EQ(points, 3) << "two loads and a store";
    EXPECT_EQ(rig.write_pos(), 9u);
    auto successor = rig.publisher();
    EXPECT_EQ(successor.position(), 9u);
    auto subscriber = rig.subscriber();
    EXPECT_TRUE(TypeParam::sees(subscriber, 7));
    EXPECT_TRUE(TypeParam::sees(subscriber, 8));
}

TEST(BroadcastOrders, OfEachAccessAreThoseOfItsEdge) {
    BroadcastRig<Message, Written> rig{8};
    auto publisher = rig.publisher();
    EXPECT_EQ(Written::taken(), "load relaxed, load relaxed");
    publisher.warm();
    EXPECT_EQ(Written::taken().substr(0, 27), "load relaxed, store release");
    auto subscriber = rig.subscriber();
    EXPECT_EQ(Written::taken(), "look acquire, store relaxed, store relaxed");

    ASSERT_TRUE(publisher.try_push(message<Message>(0)));
    EXPECT_EQ(Written::taken(), "store release, in, store release, store release");
    ASSERT_TRUE(publisher.try_push<std::memory_order_seq_cst>(message<Message>(1)));
    EXPECT_EQ(Written::taken(), "store release, in, store seq_cst, store release");
    *publisher.try_claim() = message<Message>(2);
    EXPECT_EQ(Written::taken(), "store release, fence release");
    publisher.publish();
    EXPECT_EQ(Written::taken(), "store release, store release");

    EXPECT_TRUE(subscriber.readable());
    EXPECT_EQ(Written::taken(), "look seq_cst");
    ASSERT_TRUE(pops(subscriber, 0));
    EXPECT_EQ(Written::taken(), "look acquire, out, look acquire, store relaxed");
    const Message* shown = nullptr;
    ASSERT_TRUE(subscriber.try_peek(shown));
    EXPECT_EQ(Written::taken(), "look acquire");
    EXPECT_TRUE(subscriber.still_valid());
    EXPECT_EQ(Written::taken(), "fence acquire, look acquire");
    ASSERT_TRUE(subscriber.release());
    EXPECT_EQ(Written::taken(), "fence acquire, look acquire, store relaxed");

    ASSERT_TRUE(publishes(publisher, 30));
    (void)Written::taken();
    Message out{};
    ASSERT_EQ(subscriber.try_pop(out), Status::lapped);
    EXPECT_EQ(Written::taken(), "look acquire, look acquire, store relaxed, store relaxed");
}

}  // namespace
}  // namespace shunt::test
