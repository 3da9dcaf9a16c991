// SPDX-License-Identifier: MIT
//
// The hot path of a broadcast channel makes no system call and allocates nothing: as quiet_test.cpp
// says of the other kinds.
#include "process/support/quiet_company.hpp"

#include <shunt/broadcast.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>

namespace shunt::process_test {
namespace {

using Number = std::uint64_t;

// Numbers as structs, and as bytes of as many lengths as there are numbers.
using Message = Words<256>;
template <class Publishes = broadcast::Publisher<Message>,
          class Subscribes = broadcast::Subscriber<Message>>
struct OfStructs {
    using Out = Publishes;
    using In = Subscribes;
    static constexpr Number kWaysIn = 4;
    static constexpr Number kWaysOut = 6;

    static Message message(Number number) {
        Message made;
        made.words.fill(mixed(number));
        return made;
    }
    static void put(Out& out, Number how, Number number) {
        switch (how % kWaysIn) {
            case 0:
                return expect(bool{out.publish(message(number))});
            case 1:
                return expect(bool{out.try_push_quiet(message(number))});
            case 2:
                *out.try_claim() = message(~number);
                out.abandon();
                *out.try_claim() = message(number);
                return out.publish();
            default:
                *out.try_claim() = message(number);
                return out.publish_quiet();
        }
    }
    static Status take(In& in, Number how, Number number) {
        Message one = message(~number);
        Status status = Status::ok;
        const Message* shown = nullptr;
        switch (how % kWaysOut) {
            case 0:
                status = in.try_pop(one);
                break;
            case 1:
                status = in.wait(long_past());
                status = status == Status::ok ? in.pop_until(one, long_past()) : status;
                break;
            case 2:
                status = in.try_peek(shown);
                if (status) {
                    one = *shown;
                    expect(in.still_valid());
                    status = in.release();
                }
                break;
            case 3:
                status = in.ready() ? in.pop(one) : Status{Status::empty};
                break;
            case 4:
                status = in.try_pop_n({&one, 1}) == 1 ? Status::ok : Status::empty;
                break;
            default:
                status = in.drain([&](const Message& got) { one = got; }, 1) == 1 ? Status::ok
                                                                                  : Status::empty;
                break;
        }
        expect(!status || one == message(number));
        return status;
    }
};

template <class Publishes = broadcast::BytesPublisher,
          class Subscribes = broadcast::BytesSubscriber>
struct OfBytes {
    using Out = Publishes;
    using In = Subscribes;
    using Memory = std::array<std::byte, kLongest>;
    static constexpr Number kWaysIn = 4;
    static constexpr Number kWaysOut = 3;

    static void put(Out& out, Number how, Number number) {
        Memory memory;
        const std::span<std::byte> one{memory.data(), length_of(number)};
        fill(one, number);
        if (how % kWaysIn < 2) {
            return expect(bool{how % kWaysIn == 0 ? out.publish(one) : out.try_push_quiet(one)});
        }
        std::span<std::byte> place;
        expect(bool{out.try_claim(one.size(), place)});
        std::memcpy(place.data(), one.data(), one.size());
        how % kWaysIn == 2 ? out.publish(one.size()) : out.publish_quiet(one.size());
    }
    static Status take(In& in, Number how, Number number) {
        Memory memory;
        std::size_t size = 0;
        Status status = Status::ok;
        if (how % kWaysOut == 2) {
            broadcast::BytesView view;
            status = in.try_peek(view);
            if (status) {
                size = view.payload.size();
                std::memcpy(memory.data(), view.payload.data(), size);
                status = in.release();
            }
        } else {
            status = how % kWaysOut == 0 ? in.try_pop(memory, size)
                                         : in.pop_until(memory, size, long_past());
        }
        expect(!status || (number_of(memory) == number && intact({memory.data(), size})));
        return status;
    }
};

template <class Ware>
class QuietBroadcast : public QuietCompany {
protected:
    using Out = typename Ware::Out;
    using In = typename Ware::In;

    static Options options(wake how) {
        Options options;
        options.capacity = 64;
        options.max_message = kLongest;
        options.pages = pages::base;
        options.wake = how;
        if constexpr (requires(const Out& out) { out.lane(); }) {
            options.lanes = 2;
        }
        return options;
    }
    // A few in by each way, out by each; now and then more than the log holds.
    static void lap_both(Out& out, In& in) {
        Number put = 0;
        Number taken = 0;
        for (Number round = 0; round < 5000; ++round) {
            for (const Number end = put + (round % 50 == 0 ? 100 : 1 + round % 5); put < end;) {
                Ware::put(out, round, put++);
            }
            for (Number call = 0; taken < put; ++call) {
                expect(call <= 2 * in.capacity());
                const Number lost = in.lost();
                const Status status = Ware::take(in, round / Ware::kWaysIn, taken);
                expect(status || status == Status::lapped || in.lost() != lost);
                taken += status ? 1 : in.lost() - lost;
            }
            expect(in.lag() == 0 && in.next_position() == out.position());
        }
        expect(in.lost() != 0);
        expect(Ware::take(in, 0, taken) == Status::empty);
    }
    static Child sleeper(Number messages) {
        return Child{[messages] {
            In in{channel_name, options(wake::wakeable)};
            for (Number number = 0; number < messages;) {
                number += in.wait(channel::kNoDeadline) && Ware::take(in, 0, number) ? 1u : 0u;
            }
            return 0;
        }};
    }
    static void until_somebody_sleeps(const Out& out) {
        for (const Patience left; !somebody_sleeps(out, RegionId::wake_data);) {
            left.poll();
        }
    }
};

using Wares =
    testing::Types<OfStructs<>, OfBytes<>,
                   OfStructs<broadcast::LanePublisher<Message>, broadcast::LaneSubscriber<Message>>,
                   OfBytes<broadcast::BytesLanePublisher, broadcast::BytesLaneSubscriber>>;
struct WareNames {
    template <class Ware>
    static std::string GetName(int index) {
        constexpr const char* kNames[] = {"Structs", "Bytes", "StructsInLanes", "BytesInLanes"};
        return kNames[index];
    }
};
TYPED_TEST_SUITE(QuietBroadcast, Wares, WareNames);

TYPED_TEST(QuietBroadcast, EveryVerb) {
    for (const wake how : {wake::polling, wake::wakeable}) {
        TestFixture::another_channel();
        Child child{[&] {
            auto& out =
                TestFixture::template ready<typename TypeParam::Out>(TestFixture::options(how));
            auto& in =
                TestFixture::template ready<typename TypeParam::In>(TestFixture::options(how));
            return TestFixture::quietly([&] { TestFixture::lap_both(out, in); });
        }};
        EXPECT_TRUE(this->ends(child, "exit 0"));
    }
}

TYPED_TEST(QuietBroadcast, QuietFormsLetASleeperSleepAndOthersWakeIt) {
    constexpr Number kTimes = 20;
    for (Number how = 0; how < TypeParam::kWaysIn; ++how) {
        const bool quiet = how % 2 == 1;
        TestFixture::another_channel();
        Child publisher{[&] {
            auto& out = TestFixture::template ready<typename TypeParam::Out>(
                TestFixture::options(wake::wakeable));
            return TestFixture::quietly([&] {
                for (Number number = 0; !quiet || number < kTimes; ++number) {
                    TestFixture::until_somebody_sleeps(out);
                    TypeParam::put(out, how, number);
                }
            });
        }};
        Child sleeper = TestFixture::sleeper(quiet ? kTimes : UINT64_MAX);
        EXPECT_TRUE(this->ends(publisher, quiet ? "exit 0" : kMadeACall)) << how;
        if (quiet) {
            EXPECT_TRUE(this->ends(sleeper, "exit 0"));
        }
    }
}

// A publisher that comes round to a gate, which reads then; and what it does where that does not.
TYPED_TEST(QuietBroadcast, GatesToo) {
    for (const on_slow slow : {on_slow::block, on_slow::evict, on_slow::drop}) {
        TestFixture::another_channel();
        Child child{[&] {
            Options options = TestFixture::options(wake::wakeable);
            options.on_slow = slow;
            options.policy = policy::gated;
            auto& out = TestFixture::template ready<typename TypeParam::Out>(options);
            auto& in = TestFixture::template ready<typename TypeParam::In>(options);
            return TestFixture::quietly([&] {
                Number put = 0;
                Number taken = 0;
                for (Number round = 0; round < 500; ++round) {
                    while (put < taken + out.capacity()) {
                        TypeParam::put(out, round, put++);
                    }
                    expect(out.ready() == (slow == on_slow::evict));
                    while (taken < put) {
                        taken += TypeParam::take(in, round / TypeParam::kWaysIn, taken) ? 1u : 0u;
                    }
                    expect(TypeParam::take(in, 0, taken) == Status::empty);
                }
                expect(in.gated() && in.lost() == 0 && out.evictions() == 0);
            });
        }};
        EXPECT_TRUE(this->ends(child, "exit 0"));
    }
}

TYPED_TEST(QuietBroadcast, AnEndIsTold) {
    TestFixture::another_channel();
    Child child{[] {
        auto& out = TestFixture::template ready<typename TypeParam::Out>(
            TestFixture::options(wake::wakeable));
        auto& in = TestFixture::template ready<typename TypeParam::In>(
            TestFixture::options(wake::wakeable));
        TypeParam::put(out, 0, 0);
        out.close();
        return TestFixture::quietly([&] {
            expect(bool{TypeParam::take(in, 0, 0)});
            expect(in.wait(long_past()) == Status::closed);
            expect(TypeParam::take(in, 0, 1) == Status::empty);
        });
    }};
    EXPECT_TRUE(this->ends(child, "exit 0"));
}

}  // namespace
}  // namespace shunt::process_test
