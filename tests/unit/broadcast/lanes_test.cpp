// SPDX-License-Identifier: MIT
//
// The ports of a broadcast channel with several publishers: lanes and who has them, what each
// subscriber is given and told, ends and deaths, sleepers.
#include "audience.hpp"

#include "unit/allocators/sandbox.hpp"

#include <shunt/channel/list.hpp>

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace shunt::broadcast {
namespace {

using layout::RegionId;
using Out = LanePublisher<Number>;
using In = LaneSubscriber<Number>;

/// Three lanes of sixteen messages, four subscribers.
[[nodiscard]] Options three_lanes() {
    Options options = small();
    options.lanes = 3;
    options.ports = layout::kFirstSharedSeat + 3 + 4;
    options.seat_timeout = 0ms;
    return options;
}
[[nodiscard]] Options hasty(policy which = policy::lossy) {
    Options options;
    options.policy = which;
    options.seat_timeout = 0ms;
    return options;
}
void publish(Out& out, Number first, Number end) {
    for (Number n = first; n < end; ++n) {
        ASSERT_TRUE(out.publish(n));
    }
}

/// What a subscriber was given, by publisher; up to an end, or until nothing is there.
struct Got {
    std::map<std::uint64_t, Numbers> of;
    std::string ends;

    void all(In& in) {
        Number message = 0;
        while (in.ready()) {
            const Status status = in.try_pop(message);
            if (status) {
                of[in.producer()].push_back(message);
            }
        }
        const Status status = in.try_pop(message);
        ends += status == Status::closed ? "c" : status == Status::peer_dead ? "d" : "";
    }
};

class LanePorts : public BroadcastPorts {};

TEST_F(LanePorts, EverySubscriberHasEveryMessageOfEachInItsOrder) {
    Out one{kName, three_lanes()};
    Out other{kName};
    In first{kName};
    In second{kName};
    EXPECT_EQ(one.lane(), 0u);
    EXPECT_EQ(other.lane(), 1u);
    EXPECT_EQ(first.lanes(), 3u);
    publish(one, 100, 110);
    publish(other, 200, 205);
    for (In* in : {&first, &second}) {
        Got got;
        got.all(*in);
        ASSERT_EQ(got.of.size(), 2u);
        EXPECT_EQ(got.of[one.participant().token()].size(), 10u);
        EXPECT_EQ(got.of[other.participant().token()], (Numbers{200, 201, 202, 203, 204}));
        EXPECT_EQ(in->lost(), 0u);
        EXPECT_EQ(in->lag(), 0u);
        EXPECT_EQ(in->next_position(0), 10u);
        EXPECT_EQ(in->next_position(1), 5u);
        EXPECT_EQ(in->next_position(2), 0u);
    }
}

TEST_F(LanePorts, ALossIsOfOneLane) {
    Out fast{kName, three_lanes()};
    Out slow{kName};
    In in{kName};
    publish(fast, 0, 100);
    publish(slow, 0, 3);
    std::size_t received = 0;
    std::uint64_t told = 0;
    Number message = 0;
    while (in.ready()) {
        const Status status = in.try_pop(message);
        received += status ? 1u : 0u;
        if (status == Status::lapped) {
            ++told;
            EXPECT_EQ(in.lane(), fast.lane());
        }
    }
    EXPECT_EQ(told, 1u);
    EXPECT_EQ(in.lost(fast.lane()), 100u - 16 + 2);
    EXPECT_EQ(in.lost(slow.lane()), 0u);
    EXPECT_EQ(received + in.lost(), 103u);
    EXPECT_EQ(value(in.stats().gaps), 1u);
}

TEST_F(LanePorts, InPlaceInBatchesAndInALoop) {
    Out one{kName, three_lanes()};
    Out other{kName};
    In in{kName};
    *one.try_claim() = 1;
    one.publish();
    const Number* shown = nullptr;
    ASSERT_TRUE(in.try_peek(shown));
    EXPECT_EQ(*shown, 1u);
    EXPECT_TRUE(in.still_valid());
    EXPECT_TRUE(in.release());
    EXPECT_EQ(in.producer(), one.participant().token());
    EXPECT_EQ(one.try_push_n(Numbers{2, 3, 4}), 3u);
    EXPECT_EQ(other.try_push_n(Numbers{5, 6}), 2u);
    std::array<Number, 10> some{};
    const std::size_t first = in.try_pop_n(some);
    const bool of_one = in.lane() == one.lane();
    EXPECT_EQ(first, of_one ? 3u : 2u);
    EXPECT_EQ(in.drain([](const Number&) {}, 10), 5 - first);
    publish(one, 7, 8);
    publish(other, 8, 9);
    one.close();
    other.close();
    Numbers seen;
    for (const Number& each : in) {
        seen.push_back(each);
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, (Numbers{7, 8}));
}

TEST_F(LanePorts, ALaneThatWasLeftGoesToTheNextAndNobodyHasToReadItFirst) {
    Options options = three_lanes();
    options.lanes = 1;
    std::optional<Out> first{std::in_place, kName, options};
    In reads{kName};
    In sleeps{kName};
    const std::uint64_t before = first->participant().token();
    publish(*first, 0, 5);
    EXPECT_THROW(Out(kName, hasty()), Error) << "its publisher lives";
    Got got;
    got.all(reads);
    first.reset();
    Out second{kName, hasty()};
    EXPECT_EQ(second.lane(), 0u);
    EXPECT_EQ(second.position(), 5u);
    publish(second, 5, 8);
    got.all(reads);
    EXPECT_EQ(got.of[before], (Numbers{0, 1, 2, 3, 4}));
    EXPECT_EQ(got.of[second.participant().token()], (Numbers{5, 6, 7}));
    EXPECT_EQ(got.ends, "") << "somebody publishes";
    Got late;
    late.all(sleeps);
    EXPECT_EQ(late.of, got.of) << "each message is of the one that published it";
}

TEST_F(LanePorts, WhatADeadOnePublishedIsReadAndItsLaneGoesToAnother) {
    Options options = three_lanes();
    options.lanes = 1;
    std::optional<Out> made{std::in_place, kName, options};
    In in{kName};
    made.reset();
    for (Number life = 0; life < 4; ++life) {
        ASSERT_TRUE(lives_and_dies([life] {
            Out victim{kName, hasty()};
            publish(victim, 3 * life, 3 * life + 3);
            ASSERT_NE(victim.try_claim(), nullptr) << "and dies with a claim";
            die();
        }));
    }
    Number message = 0;
    for (Number n = 0; n < 12; ++n) {
        ASSERT_TRUE(in.pop(message));
        EXPECT_EQ(message, n);
        EXPECT_EQ(in.position(), n);
    }
    Status end = in.pop(message);
    end = end == Status::closed ? in.pop(message) : end;
    EXPECT_EQ(end, Status::peer_dead);
    EXPECT_EQ(in.try_pop(message), Status::empty) << "told once";
    Out next{kName, hasty()};
    EXPECT_EQ(next.position(), 12u) << "of the claims nothing is left";
    publish(next, 12, 13);
    const Number* shown = nullptr;
    ASSERT_TRUE(in.try_peek(shown));
    EXPECT_EQ(in.producer(12), next.participant().token());
    EXPECT_NE(in.producer(), next.participant().token()) << "of the message before it";
    ASSERT_TRUE(in.release());
    EXPECT_EQ(in.producer(), next.participant().token());
}

TEST_F(LanePorts, TheLastOneOfManyPublishersEndsTheStreamOnce) {
    std::optional<Out> first{std::in_place, kName, three_lanes()};
    std::optional<Out> second{std::in_place, kName};
    In in{kName};
    publish(*first, 0, 1);
    second.reset();
    Number message = 0;
    EXPECT_TRUE(in.pop(message));
    EXPECT_EQ(in.try_pop(message), Status::empty);
    EXPECT_EQ(in.pop_until(message, steady_clock::now() + 1ms), Status::timeout);
    first.reset();
    EXPECT_EQ(in.pop(message), Status::closed);
    EXPECT_EQ(in.try_pop(message), Status::empty) << "told once";
    Out third{kName};
    publish(third, 1, 2);
    EXPECT_TRUE(in.pop(message));
    third.close();
    EXPECT_EQ(in.pop(message), Status::closed) << "a new event";
}

TEST_F(LanePorts, AGateHoldsEachPublisherAndItsDeathLetsThemGo) {
    Out one{kName, three_lanes()};
    Out other{kName};
    In gate{kName, hasty(policy::gated)};
    EXPECT_TRUE(gate.gated());
    publish(one, 0, 16);
    EXPECT_EQ(one.try_push(16), Status::full);
    publish(other, 0, 16);
    EXPECT_EQ(other.publish_until(16, steady_clock::now() + 1ms), Status::timeout);
    Got got;
    got.all(gate);
    EXPECT_EQ(gate.lost(), 0u);
    ASSERT_TRUE(lives_and_dies([] {
        const In victim{kName, hasty(policy::gated)};
        die();
    }));
    for (int round = 0; round < 3; ++round) {
        publish(one, 0, 16);  // blocks until the dead one's gates are closed
        publish(other, 0, 16);
        got.all(gate);
    }
    EXPECT_EQ(gate.lost(), 0u);
    EXPECT_EQ(gate.peers().size(), 3u);
}

TEST_F(LanePorts, OneIsEvictedOrPassedOverInALaneAlone) {
    Options options = three_lanes();
    options.on_slow = on_slow::evict;
    Out one{kName, options};
    Out other{kName, [] {
                  Options drops = hasty();
                  drops.on_slow = on_slow::drop;
                  return drops;
              }()};
    In gate{kName, hasty(policy::gated)};
    publish(one, 0, 17);
    EXPECT_EQ(one.evictions(), 1u);
    EXPECT_FALSE(gate.gated(0));
    EXPECT_TRUE(gate.gated(1));
    publish(other, 0, 16);
    EXPECT_EQ(other.publish(16), Status::full);
    In newest{kName, hasty(policy::conflate)};
    Got got;
    got.all(newest);
    EXPECT_EQ(got.of[one.participant().token()], Numbers{16});
    EXPECT_EQ(got.of[other.participant().token()], Numbers{15});
    EXPECT_EQ(newest.lost() + 2, 17u - 1 + 16) << "from the oldest that was there";
}

class LaneSleepers : public BroadcastPorts {
protected:
    struct Sleeper {
        In port{kName};
        Number out = 0;
        std::unique_ptr<Caller> caller;
    };
    LaneSleepers() : one{kName, three_lanes()}, other{kName} {
        for (auto& each : sleepers) {
            each = std::make_unique<Sleeper>();
        }
    }

    Out one;
    Out other;
    std::array<std::unique_ptr<Sleeper>, 3> sleepers;
};

TEST_F(LaneSleepers, OneMessageOfAnyLaneWakesAllByOneCall) {
    bool seen = false;
    for (Number n = 0; n < 40 && !seen; ++n) {
        Out& speaks = n % 2 == 0 ? one : other;
        for (auto& each : sleepers) {
            Sleeper& it = *each;
            it.caller = std::make_unique<Caller>([&it] { return it.port.pop(it.out); });
        }
        ASSERT_TRUE(spsc::all_asleep(sleepers, RegionId::wake_data));
        const std::uint64_t before = value(speaks.stats().wakes);
        ASSERT_TRUE(speaks.publish(n));
        for (auto& each : sleepers) {
            EXPECT_TRUE(each->caller->result());
            EXPECT_EQ(each->out, n);
            EXPECT_EQ(each->port.lane(), speaks.lane());
        }
        seen = value(speaks.stats().wakes) == before + 1;
    }
    EXPECT_TRUE(seen);
}

TEST_F(LaneSleepers, InAnEventLoopAndByWaitAny) {
    In& in = sleepers[0]->port;
    In& also = sleepers[1]->port;
    pollfd polled{.fd = in.fd(), .events = POLLIN, .revents = 0};
    ASSERT_TRUE(in.arm());
    ASSERT_TRUE(other.publish(1));
    EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
    EXPECT_FALSE(in.arm());
    Number message = 0;
    while (!in.try_pop(message)) {
    }
    EXPECT_EQ(message, 1u);
    const Ready found = wait_any({in, also}, steady_clock::now() + 10s);
    EXPECT_EQ(found.index, 1u);
    EXPECT_TRUE(found.status);
}

TEST_F(BroadcastPorts, APublisherThatSleepsInItsLaneIsWokenByWhatIsReadThere) {
    Out one{kName, three_lanes()};
    Out other{kName};
    In gate{kName, hasty(policy::gated)};
    publish(one, 0, 16);
    for (Number n = 16; n < 32; ++n) {
        Caller call{[&] { return one.publish(n); }};
        ASSERT_TRUE(eventually([&] {
            return call.done() ||
                   (spsc::registered(one, RegionId::wake_room, one.participant().index()) &&
                    call.asleep());
        }));
        // A message of the other lane is read on the way: it makes no room here.
        ASSERT_TRUE(other.publish(n));
        Got got;
        while (!call.done()) {
            got.all(gate);
        }
        EXPECT_TRUE(call.result());
    }
    EXPECT_EQ(gate.lost(), 0u);
}

// Each has what all of them published, or counts it, while lanes change hands.
TEST_F(BroadcastPorts, EverySleepyReaderOfLanesHasAllThatIsPublishedOrCountsIt) {
    constexpr Number kMessages = 5'000;
    constexpr std::size_t kPublishers = 3;
    Options options = three_lanes();
    const Out stays{kName, options};
    std::array<std::unique_ptr<In>, 2> readers{std::make_unique<In>(kName),
                                               std::make_unique<In>(kName, hasty(policy::gated))};
    std::array<Number, 2> received{};
    std::vector<std::unique_ptr<Caller>> callers;
    std::atomic<bool> over{false};
    for (std::size_t i = 0; i < readers.size(); ++i) {
        callers.push_back(std::make_unique<Caller>([&, i] {
            std::map<std::uint64_t, Number> next;
            In& in = *readers[i];
            Number message = 0;
            for (;;) {
                const Status status = in.pop_until(message, steady_clock::now() + 1ms);
                if (status == Status::timeout && over.load(std::memory_order_acquire) &&
                    !in.ready()) {
                    return Status{Status::ok};
                }
                if (!status) {
                    continue;
                }
                Number& least = next[in.producer()];
                if (message < least || in.producer() == 0) {
                    return Status{Status::broken};
                }
                least = message + 1;
                ++received[i];
            }
        }));
    }
    std::vector<std::unique_ptr<Caller>> publishers;
    for (std::size_t i = 0; i + 1 < kPublishers; ++i) {
        publishers.push_back(std::make_unique<Caller>([&] {
            for (Number life = 0; life < 5; ++life) {
                Options joins;
                joins.seat_timeout = 20s;
                Out out{kName, joins};
                publish(out, 0, kMessages / 5);
            }
            return Status{Status::ok};
        }));
    }
    for (auto& each : publishers) {
        EXPECT_TRUE(each->result());
    }
    over.store(true, std::memory_order_release);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        EXPECT_TRUE(callers[i]->result());
        EXPECT_EQ(received[i] + readers[i]->lost(), kMessages * (kPublishers - 1));
    }
    EXPECT_EQ(readers[1]->lost(), 0u);
}

TEST_F(LanePorts, OfBytes) {
    Options options = three_lanes();
    options.max_message = 100;
    BytesLanePublisher one{kName, options};
    BytesLanePublisher other{kName};
    BytesLaneSubscriber in{kName};
    const std::string text(100, 'x');
    ASSERT_TRUE(one.publish(as_bytes(text), 7));
    ASSERT_TRUE(other.publish(as_bytes(std::string{"short"}), 8));
    std::array<std::byte, 100> to{};
    std::size_t size = 0;
    std::array<std::string, 2> got;
    for (int calls = 0; calls < 2; ++calls) {
        Status status = in.pop(std::span{to}.first(50), size);
        if (status == Status::too_small) {
            EXPECT_EQ(size, 100u);
            status = in.pop(to, size);  // it is the next again
            EXPECT_EQ(size, 100u);
        }
        ASSERT_TRUE(status);
        got[in.lane()] = {object_at<char>(to.data()), size};
        EXPECT_EQ(in.type(), 7 + in.lane());
        EXPECT_EQ(in.producer(), (in.lane() == 0 ? one : other).participant().token());
    }
    EXPECT_EQ(got[0], text);
    EXPECT_EQ(got[1], "short");
    std::span<std::byte> place;
    ASSERT_TRUE(other.try_claim(3, place));
    other.publish(std::uint64_t{3});
    BytesView view;
    while (!in.try_peek(view)) {
    }
    EXPECT_EQ(view.payload.size(), 3u);
    EXPECT_TRUE(in.release());
    EXPECT_EQ(in.max_message(), 100u);
    EXPECT_EQ(other.publish(as_bytes(std::string(101, 'y'))), Status::too_big);
}

// In a child, which the kernel ends: also in the last lane.
TEST_F(LanePorts, ASubscriberCannotWriteAnyLogNorAPublishersWords) {
    Out out{kName, three_lanes()};
    for (const RegionId id : {RegionId::slots, RegionId::producer_words}) {
        const std::string end = sandbox::in_child([id] {
            std::signal(SIGSEGV, SIG_DFL);
            const In in{kName};
            const layout::RegionEntry& region = channel::region_of(in.header(), id);
            auto* const word = object_at<std::atomic<Number>>(in.participant().region(id) +
                                                              region.bytes - sizeof(Number));
            // relaxed: a store that must not happen
            word->store(1, std::memory_order_relaxed);
            return std::string{"wrote"};
        });
        EXPECT_EQ(end, "died of signal " + std::to_string(SIGSEGV));
    }
}

TEST_F(LanePorts, WhatCannotBeIsRefused) {
    const auto refused = [](auto&& change, Errc code, const std::vector<std::string>& texts) {
        Options options = three_lanes();
        change(options);
        return is_error(caught([&] { Out(kName, options); }), code, texts);
    };
    EXPECT_TRUE(
        refused([](Options& o) { o.lanes = 5000; }, Errc::bad_argument, {"5000 lanes", ".lanes"}));
    EXPECT_TRUE(refused([](Options& o) { o.ports = 5; }, Errc::bad_argument,
                        {"5 ports", "3 lanes", ".ports"}));
    Out one{kName, three_lanes()};
    EXPECT_TRUE(refused([](Options& o) { o.lanes = 2; }, Errc::wrong_geometry,
                        {"number of lanes is 3, wanted 2"}));
    EXPECT_TRUE(is_error(caught([] { Publisher<Number>(kName, hasty()); }), Errc::wrong_geometry,
                         {"broadcast_lanes"}));
    EXPECT_TRUE(is_error(caught([] { Subscriber<Number>(kName, hasty()); }), Errc::wrong_geometry,
                         {"broadcast_lanes"}));
    EXPECT_TRUE(is_error(caught([] { BytesLaneSubscriber(kName, hasty()); }), Errc::wrong_geometry,
                         {"broadcast_lanes_bytes"}));
    const Out other{kName, [] {
                        Options as_it_is = hasty();
                        as_it_is.ports = three_lanes().ports;
                        return as_it_is;
                    }()};
    const Out third{kName};
    EXPECT_TRUE(is_error(caught([] { Out(kName, hasty()); }), Errc::already_exists,
                         {"3 lanes", "close a publisher"}));
    std::vector<std::unique_ptr<In>> readers;
    for (int i = 0; i < 4; ++i) {
        readers.push_back(std::make_unique<In>(kName, hasty()));
    }
    EXPECT_TRUE(is_error(caught([] { In(kName, hasty()); }), Errc::already_exists,
                         {"all 4 places", "subscribers"}));
}

TEST_F(LanePorts, WhatNobodyHasReadInSomeLaneStays) {
    {
        Out one{kName, three_lanes()};
        Out other{kName};
        publish(other, 0, 3);
    }
    EXPECT_FALSE(files().empty());
    {
        In in{kName};
        Got got;
        got.all(in);
        EXPECT_EQ(got.of.size(), 1u);
    }
    EXPECT_TRUE(files().empty());
}

TEST_F(LanePorts, AnObserverSeesEachLaneAndSumsOfEachSubscriber) {
    Out one{kName, three_lanes()};
    Out other{kName};
    In gate{kName, hasty(policy::gated)};
    publish(one, 0, 5);
    publish(other, 0, 3);
    Number message = 0;
    ASSERT_TRUE(gate.pop(message));
    const channel::Condition condition = channel::observe(kName).condition();
    ASSERT_EQ(condition.lanes.size(), 3u);
    EXPECT_EQ(condition.lanes[0].ring.write_pos, 5u);
    EXPECT_EQ(condition.lanes[1].ring.write_pos, 3u);
    EXPECT_EQ(condition.lanes[1].token, other.participant().token());
    EXPECT_EQ(condition.lanes[2].token, 0u);
    EXPECT_TRUE(condition.ring.plausible);
    EXPECT_EQ(condition.ring.write_pos, 8u);
    EXPECT_EQ(condition.ring.unread(), 7u);
    const auto& seat = condition.subscribers[gate.participant().index()];
    EXPECT_EQ(seat.read_pos, 1u);
    EXPECT_EQ(seat.gate, ring::gate_word(gate.participant().token()));
}

}  // namespace
}  // namespace shunt::broadcast
