// SPDX-License-Identifier: MIT
//
// What support/nth_failure.hpp says, of the kinds of which there are many participants.
#include "process/support/nth_failure.hpp"

#include <shunt/broadcast.hpp>
#include <shunt/latest.hpp>
#include <shunt/mpmc.hpp>
#include <shunt/mpsc.hpp>

namespace shunt::process_test {
namespace {

// Beside what an spsc port does it takes any seat, and the lane behind it only where that is free.
template <class Port>
void open_crowd(Ports& ports) {
    Options how = options(pages::base);
    how.capacity = 256;
    if constexpr (requires(Port & port) { port.lane(); }) {
        how.lanes = 3;
    }
    ports.of_crowd.push_back(std::make_shared<Port>(kName, how));
}

template <class OutPort, class InPort>
struct Crowd {
    using Out = OutPort;
    using In = InPort;
    // Both sides, and a producer that died.
    static void with_a_dead_one(Ports& ports) {
        open_crowd<In>(ports);
        open_crowd<Out>(ports);
        one_dies([](Ports& dead) { open_crowd<Out>(dead); });
    }
};

template <class Kind>
class NthFailureOfMany : public NthFailure {};
using Kinds =
    testing::Types<Crowd<mpmc::Producer<std::uint64_t>, mpmc::Consumer<std::uint64_t>>,
                   Crowd<mpmc::BlockProducer<std::uint64_t>, mpmc::BlockConsumer<std::uint64_t>>,
                   Crowd<mpsc::Producer<std::uint64_t>, mpsc::Consumer<std::uint64_t>>,
                   Crowd<mpsc::BytesProducer, mpsc::BytesConsumer>>;
struct KindNames {
    template <class Kind>
    static std::string GetName(int index) {
        constexpr const char* kNames[] = {"Mpmc", "MpmcBlocks", "Mpsc", "MpscBytes"};
        return kNames[index];
    }
};
TYPED_TEST_SUITE(NthFailureOfMany, Kinds, KindNames);

TYPED_TEST(NthFailureOfMany, InCreating) {
    this->every_failure("create", {nothing, open_crowd<typename TypeParam::In>}, true);
}

TYPED_TEST(NthFailureOfMany, InJoiningAsAProducer) {
    this->every_failure("join as producer",
                        {[](Ports& ports) {
                             open_crowd<typename TypeParam::In>(ports);
                             open_crowd<typename TypeParam::Out>(ports);
                         },
                         open_crowd<typename TypeParam::Out>},
                        true);
}

TYPED_TEST(NthFailureOfMany, InJoiningAsAConsumer) {
    this->every_failure("join as consumer",
                        {open_crowd<typename TypeParam::Out>, open_crowd<typename TypeParam::In>},
                        true);
}

TYPED_TEST(NthFailureOfMany, InLeaving) {
    this->every_failure("leave",
                        {[](Ports& ports) {
                             open_crowd<typename TypeParam::In>(ports);
                             open_crowd<typename TypeParam::Out>(ports);
                             open_crowd<typename TypeParam::Out>(ports);
                         },
                         [](Ports& ports) { ports.of_crowd.pop_back(); }},
                        true);
}

TYPED_TEST(NthFailureOfMany, InRecovering) {
    this->every_failure(
        "recover",
        {TypeParam::with_a_dead_one,
         [](Ports& ports) {
             auto& in = *std::static_pointer_cast<typename TypeParam::In>(ports.of_crowd.front());
             (void)in.recover();
         }},
        true);
}

using Ticker = broadcast::Publisher<std::uint64_t>;
using Follower = broadcast::Subscriber<std::uint64_t>;

TEST_F(NthFailure, OfCreatingABroadcast) {
    every_failure("create broadcast", {nothing, open_crowd<Ticker>}, true);
}

// A subscriber maps part of the channel read-only.
TEST_F(NthFailure, OfSubscribing) {
    every_failure("subscribe", {open_crowd<Ticker>, open_crowd<Follower>}, true);
}

// One that the publisher waits for, and that leaves.
template <class Subscriber>
struct GateOf : Subscriber {
    GateOf(std::string_view name, Options how) : Subscriber{name, gated(how)} {}
    static Options gated(Options how) {
        how.policy = policy::gated;
        return how;
    }
};

using Gate = GateOf<Follower>;

TEST_F(NthFailure, OfAGate) {
    every_failure("subscribe as a gate", {open_crowd<Ticker>, open_crowd<Gate>}, true);
    every_failure("unsubscribe as a gate",
                  {[](Ports& ports) {
                       open_crowd<Ticker>(ports);
                       open_crowd<Gate>(ports);
                   },
                   [](Ports& ports) { ports.of_crowd.pop_back(); }},
                  true);
}

TEST_F(NthFailure, OfUnsubscribing) {
    every_failure("unsubscribe",
                  {[](Ports& ports) {
                       open_crowd<Ticker>(ports);
                       open_crowd<Follower>(ports);
                   },
                   [](Ports& ports) { ports.of_crowd.pop_back(); }},
                  true);
}

TEST_F(NthFailure, OfPreparingASubscriber) {
    every_failure("prepare_rt of a subscriber",
                  {[](Ports& ports) {
                       open_crowd<Ticker>(ports);
                       open_crowd<Follower>(ports);
                   },
                   [](Ports& ports) {
                       std::static_pointer_cast<Follower>(ports.of_crowd.back())->prepare_rt();
                   }},
                  true);
}

using LaneTicker = broadcast::LanePublisher<std::uint64_t>;
using LaneGate = GateOf<broadcast::LaneSubscriber<std::uint64_t>>;

// A channel with lanes, a second publisher, and one that both wait for.
TEST_F(NthFailure, OfPublishersInLanes) {
    every_failure("create lanes", {nothing, open_crowd<LaneTicker>}, true);
    every_failure("take a lane", {open_crowd<LaneTicker>, open_crowd<LaneTicker>}, true);
    every_failure("subscribe to lanes", {open_crowd<LaneTicker>, open_crowd<LaneGate>}, true);
    every_failure("unsubscribe from lanes",
                  {[](Ports& ports) {
                       open_crowd<LaneTicker>(ports);
                       open_crowd<LaneGate>(ports);
                   },
                   [](Ports& ports) { ports.of_crowd.pop_back(); }},
                  true);
    every_failure("leave a lane",
                  {[](Ports& ports) {
                       open_crowd<LaneTicker>(ports);
                       open_crowd<LaneTicker>(ports);
                   },
                   [](Ports& ports) { ports.of_crowd.pop_back(); }},
                  true);
}

using Quoter = latest::Writer<std::uint64_t>;
using Onlooker = latest::Reader<std::uint64_t>;

TEST_F(NthFailure, OfCreatingALatestValue) {
    every_failure("create latest", {nothing, open_crowd<Quoter>}, true);
}

TEST_F(NthFailure, OfJoiningALatestValueAsAReader) {
    every_failure("read latest", {open_crowd<Quoter>, open_crowd<Onlooker>}, true);
}

TEST_F(NthFailure, OfLeavingALatestValue) {
    every_failure("leave latest",
                  {[](Ports& ports) {
                       open_crowd<Quoter>(ports);
                       open_crowd<Onlooker>(ports);
                   },
                   [](Ports& ports) { ports.of_crowd.pop_back(); }},
                  true);
}

}  // namespace
}  // namespace shunt::process_test
