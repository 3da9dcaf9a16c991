// SPDX-License-Identifier: MIT
//
// What a side is told, and the clock, are the test's.
#include "tools/src/peer_watch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace shunt::tools {
namespace {

using namespace std::chrono_literals;
using Peers = std::vector<channel::Peer>;

channel::Peer peer(layout::Role role, std::uint32_t pid, bool alive = true) {
    channel::Peer one{};
    one.role = role;
    one.pid = pid;
    one.alive = alive;
    return one;
}

class PeerWatchTest : public testing::Test {
protected:
    // So many seconds after the start.
    std::string update(Status told, const Peers& peers, int at_s) {
        return watch_.update(told, peers, start_ + std::chrono::seconds{at_s});
    }
    bool expired(int at_s) { return watch_.expired(start_ + std::chrono::seconds{at_s}); }

    const Peers nobody_{};
    const Peers seven_{peer(layout::Role::consumer, 7)};
    const PeerWatch::Clock::time_point start_{1h};
    PeerWatch watch_{layout::Role::consumer, "receiver", {Seconds{10}, Seconds{5}}, start_};
};

TEST_F(PeerWatchTest, WaitsForTheFirstAndSaysSoOnce) {
    EXPECT_EQ(update(Status::timeout, nobody_, 1),
              "the receiver has not come yet; waiting up to 10 s for it");
    EXPECT_EQ(update(Status::timeout, nobody_, 2), "");
    EXPECT_FALSE(expired(9));
    EXPECT_TRUE(expired(10));
    EXPECT_EQ(watch_.absence(), "no receiver came within 10 s");
}

TEST_F(PeerWatchTest, CountsOnlyTheOtherSideAndOnlyTheLiving) {
    (void)update(Status::timeout, {peer(layout::Role::producer, 3)}, 1);
    EXPECT_FALSE(watch_.present());
    (void)update(Status::timeout, {peer(layout::Role::consumer, 4, false)}, 1);
    EXPECT_FALSE(watch_.present());
    EXPECT_EQ(update(Status::timeout, seven_, 2), "the receiver is process 7");
    EXPECT_TRUE(watch_.present());
}

TEST_F(PeerWatchTest, LooksMoreOftenForOneWhoIsAwaited) {
    EXPECT_EQ(watch_.next_look(start_), start_ + 200ms);
    (void)update(Status::timeout, seven_, 1);
    EXPECT_EQ(watch_.next_look(start_), start_ + 1s);
    (void)update(Status::closed, nobody_, 2);
    EXPECT_EQ(watch_.next_look(start_), start_ + 200ms);
}

TEST_F(PeerWatchTest, NeverExpiresWhileSomebodyIsThere) {
    (void)update(Status::timeout, seven_, 1);
    EXPECT_EQ(update(Status::timeout, seven_, 500), "");
    EXPECT_FALSE(expired(1000));
}

TEST_F(PeerWatchTest, WaitsForASuccessorFromTheEndOnWhetherItLeftOrDied) {
    (void)update(Status::timeout, seven_, 1);
    EXPECT_EQ(update(Status::closed, nobody_, 100),
              "the receiver left; waiting up to 5 s for another");
    EXPECT_FALSE(expired(104));
    EXPECT_TRUE(expired(105));
    EXPECT_EQ(watch_.absence(), "the receiver left, and no other came within 5 s");
}

TEST_F(PeerWatchTest, TellsADeathFromALeave) {
    (void)update(Status::timeout, seven_, 1);
    EXPECT_EQ(update(Status::peer_dead, nobody_, 100),
              "the receiver died; waiting up to 5 s for another");
    EXPECT_EQ(watch_.absence(), "the receiver died, and no other came within 5 s");
}

TEST_F(PeerWatchTest, AnEndThatTheRegistryShowsFirstIsADeathAndALaterWordCorrectsIt) {
    (void)update(Status::timeout, seven_, 1);
    (void)update(Status::timeout, nobody_, 2);
    EXPECT_EQ(watch_.absence(), "the receiver died, and no other came within 5 s");
    (void)update(Status::closed, nobody_, 3);
    EXPECT_EQ(watch_.absence(), "the receiver left, and no other came within 5 s");
    EXPECT_FALSE(expired(6));
    EXPECT_TRUE(expired(7)) << "the absence began at 2, not at 3";
}

TEST_F(PeerWatchTest, ToldOfAnEndOfOneThatItNeverSawItWaitsForASuccessor) {
    EXPECT_EQ(update(Status::closed, nobody_, 3),
              "the receiver left; waiting up to 5 s for another");
    EXPECT_FALSE(expired(7));
    EXPECT_TRUE(expired(8));
}

TEST_F(PeerWatchTest, ASuccessorIsNamedAndItsEndBeginsANewWait) {
    (void)update(Status::timeout, seven_, 1);
    (void)update(Status::peer_dead, nobody_, 2);
    EXPECT_EQ(update(Status::timeout, {peer(layout::Role::consumer, 8)}, 4),
              "the receiver is process 8");
    EXPECT_FALSE(expired(100));
    EXPECT_EQ(update(Status::closed, nobody_, 100),
              "the receiver left; waiting up to 5 s for another");
    EXPECT_TRUE(expired(105));
}

TEST_F(PeerWatchTest, ASuccessorThatIsThereBeforeTheEndWasToldIsNoAbsence) {
    (void)update(Status::timeout, seven_, 1);
    EXPECT_EQ(update(Status::peer_dead, {peer(layout::Role::consumer, 8)}, 2),
              "the receiver is process 8");
    EXPECT_FALSE(expired(100));
}

}  // namespace
}  // namespace shunt::tools
