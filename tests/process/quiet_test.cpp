// SPDX-License-Identifier: MIT
//
// The hot path makes no system call and allocates nothing: each verb of each port runs many laps in
// a process that the kernel kills at its first system call. All of a polling channel; a wakeable
// one while nobody sleeps; the _quiet forms also while the peer sleeps. What then may call, and
// does, dies here of it: so the binding holds.
#include "process/support/mpmc_faces.hpp"
#include "process/support/quiet_company.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <new>

namespace shunt::process_test {
namespace {

template <class Ware>
class Quiet : public QuietCompany {
protected:
    using Out = typename Ware::Out;
    using In = typename Ware::In;

    static Options options(wake how, shunt::consume tuned = shunt::consume::latency) {
        Options options;
        options.capacity = Ware::kCapacity;
        options.pages = pages::base;
        options.wake = how;
        options.consume = tuned;
        options.frame_align = Ware::kFrameAlign;
        options.lanes = Ware::kLanes;  // as many as one look finds
        return options;
    }
    // Polls; nothing may be called to wait.
    static void until_consumer_sleeps(const Out& out) {
        for (const Patience left; !somebody_sleeps(out, RegionId::wake_data);) {
            left.poll();
        }
    }
    static void until_producer_sleeps(const In& in) {
        for (const Patience left; !somebody_sleeps(in, RegionId::wake_room);) {
            left.poll();
        }
    }
    // A consumer that sleeps whenever there is nothing, until it has taken so many.
    static Child sleeping_consumer(std::uint64_t messages) {
        return Child{[messages] {
            In in{channel_name, options(wake::wakeable)};
            for (std::uint64_t number = 0; number < messages; ++number) {
                Ware::take(in, Take::blocking, number);
            }
            return 0;
        }};
    }
    // A producer that sleeps whenever there is no room, until it has put so many.
    static Child sleeping_producer(std::uint64_t messages) {
        return Child{[messages] {
            Out out{channel_name, options(wake::wakeable)};
            for (std::uint64_t number = 0; number < messages; ++number) {
                Ware::put(out, Put::blocking, number);
            }
            return 0;
        }};
    }

    // Many times: a few messages in by one verb, out by another; then the ring filled and emptied.
    static void lap_both(Out& out, In& in) {
        constexpr std::uint64_t kRounds = kPuts * kTakes * 100;
        std::uint64_t put = 0;
        std::uint64_t taken = 0;
        for (std::uint64_t round = 0; round < kRounds; ++round) {
            for (std::uint64_t i = 0; i <= round % 5; ++i) {
                const std::uint64_t moved = Ware::put(out, Put(round % kPuts), put);
                expect(moved != 0);
                put += moved;
            }
            Ware::look(out, in);
            while (taken < put) {
                taken += take_what_is_there(in, Take(round / kPuts % kTakes), taken);
                expect(!in.redelivered());
            }
            if (round % 50 == 0) {
                fill_and_empty(out, in, round / 50, put);
                taken = put;
            }
        }
        expect(out.stats().full.load(std::memory_order_relaxed) != 0 &&
               in.stats().empty_polls.load(std::memory_order_relaxed) != 0);
    }
    static void fill_and_empty(Out& out, In& in, std::uint64_t round, std::uint64_t& number) {
        std::uint64_t taken = number;
        while (const std::uint64_t moved = Ware::put(out, Put(round % kPutsThatTry), number)) {
            number += moved;
        }
        expect(number - taken > 4);
        while (taken < number) {
            taken += take_what_is_there(in, Take(round % kTakesThatTry), taken);
        }
        expect(Ware::take(in, Take(round % kTakesThatTry), taken) == 0);
    }
    // Some consumers for throughput leave an empty ring alone for a few microseconds.
    static std::uint64_t take_what_is_there(In& in, Take how, std::uint64_t number) {
        const Patience left;
        for (;;) {
            if (const std::uint64_t moved = Ware::take(in, how, number); moved != 0) {
                return moved;
            }
            left.poll();
        }
    }
    static void put_all(Out& out, std::uint64_t messages) {
        const Patience left;
        for (std::uint64_t number = 0, calls = 0; number < messages; ++calls) {
            left.poll();
            number += Ware::put(out, Put(calls % kPutsThatTry), number);
        }
    }
    static void take_all(In& in, std::uint64_t messages) {
        const Patience left;
        for (std::uint64_t number = 0, calls = 0; number < messages; ++calls) {
            left.poll();
            number += Ware::take(in, Take(calls % kTakesThatTry), number);
        }
    }
};

using Wares = testing::Types<Fixed<8>, Fixed<56>, Fixed<256>, Bytes<64>, Bytes<8>, MpmcFixed<8>,
                             MpmcFixed<8, mpmc::BlockProducer, mpmc::BlockConsumer>,
                             Fixed<8, mpsc::Producer, mpsc::Consumer>,
                             Bytes<64, mpsc::BytesProducer, mpsc::BytesConsumer>>;
struct WareNames {
    template <class Ware>
    static std::string GetName(int index) {
        constexpr const char* kNames[] = {"Of8B",       "Of56B",      "Of256B",
                                          "Bytes",      "DenseBytes", "MpmcOf8B",
                                          "MpmcBlocks", "MpscOf8B",   "MpscBytes"};
        return kNames[index];
    }
};
TYPED_TEST_SUITE(Quiet, Wares, WareNames);

TYPED_TEST(Quiet, EveryVerbInOneProcess) {
    for (const wake how : {wake::polling, wake::wakeable}) {
        for (const auto tuned : {shunt::consume::latency, shunt::consume::throughput}) {
            TestFixture::another_channel();
            Child child{[&] {
                auto& out =
                    TestFixture::template ready<typename TypeParam::Out>(TestFixture::options(how));
                auto& in = TestFixture::template ready<typename TypeParam::In>(
                    TestFixture::options(how, tuned));
                return TestFixture::quietly([&] { TestFixture::lap_both(out, in); });
            }};
            EXPECT_TRUE(this->ends(child, "exit 0"));
        }
    }
}

TYPED_TEST(Quiet, EveryVerbBetweenProcesses) {
    constexpr std::uint64_t kMessages = 1500;
    for (const wake how : {wake::polling, wake::wakeable}) {
        TestFixture::another_channel();
        Child producer{[&] {
            auto& out =
                TestFixture::template ready<typename TypeParam::Out>(TestFixture::options(how));
            return TestFixture::quietly([&] { TestFixture::put_all(out, kMessages); });
        }};
        Child consumer{[&] {
            auto& in =
                TestFixture::template ready<typename TypeParam::In>(TestFixture::options(how));
            return TestFixture::quietly([&] { TestFixture::take_all(in, kMessages); });
        }};
        EXPECT_TRUE(this->ends(producer, "exit 0"));
        EXPECT_TRUE(this->ends(consumer, "exit 0"));
    }
}

TYPED_TEST(Quiet, EndsAreTold) {
    TestFixture::another_channel();
    Child child{[] {
        auto& out = TestFixture::template ready<typename TypeParam::Out>(
            TestFixture::options(wake::wakeable));
        auto& in = TestFixture::template ready<typename TypeParam::In>(
            TestFixture::options(wake::wakeable));
        expect(TypeParam::put(out, Put::single, 0) == 1);
        out.close();
        return TestFixture::quietly([&] {
            expect(TypeParam::take(in, Take::single, 0) == 1);
            expect(in.wait(long_past()) == Status::closed);
            expect(TypeParam::take(in, Take::single, 1) == 0);
        });
    }};
    EXPECT_TRUE(this->ends(child, "exit 0"));
}

TYPED_TEST(Quiet, FormsOfAProducerLetASleeperSleep) {
    constexpr std::uint64_t kTimes = 20;
    TestFixture::another_channel();
    Child producer{[] {
        auto& out = TestFixture::template ready<typename TypeParam::Out>(
            TestFixture::options(wake::wakeable));
        return TestFixture::quietly([&] {
            for (std::uint64_t number = 0; number < kTimes; ++number) {
                TestFixture::until_consumer_sleeps(out);
                const Put how = number % 2 == 0 ? Put::quiet : Put::in_place_quiet;
                expect(TypeParam::put(out, how, number) == 1);
            }
        });
    }};
    Child consumer = TestFixture::sleeping_consumer(kTimes);
    EXPECT_TRUE(this->ends(producer, "exit 0"));
    EXPECT_TRUE(this->ends(consumer, "exit 0"));
}

TYPED_TEST(Quiet, FormsOfAConsumerLetASleeperSleep) {
    constexpr std::uint64_t kTimes = 20;
    TestFixture::another_channel();
    Child producer = TestFixture::sleeping_producer(UINT64_MAX);
    Child consumer{[] {
        auto& in = TestFixture::template ready<typename TypeParam::In>(
            TestFixture::options(wake::wakeable));
        return TestFixture::quietly([&] {
            std::uint64_t number = 0;
            for (std::uint64_t time = 0; time < kTimes; ++time) {
                TestFixture::until_producer_sleeps(in);
                const Take how = time % 2 == 0 ? Take::quiet : Take::peek_quiet;
                while (const std::uint64_t moved = TypeParam::take(in, how, number)) {
                    number += moved;
                }
            }
        });
    }};
    EXPECT_TRUE(this->ends(consumer, "exit 0"));
}

// The other forms wake who sleeps: here they die of it.
TYPED_TEST(Quiet, OtherFormsWakeASleeper) {
    for (const Put how : {Put::single, Put::in_place, Put::batch, Put::blocking, Put::stoppable}) {
        TestFixture::another_channel();
        Child producer{[how] {
            auto& out = TestFixture::template ready<typename TypeParam::Out>(
                TestFixture::options(wake::wakeable));
            return TestFixture::quietly([&] {
                for (std::uint64_t number = 0;;) {
                    TestFixture::until_consumer_sleeps(out);
                    number += TypeParam::put(out, how, number);
                }
            });
        }};
        Child consumer = TestFixture::sleeping_consumer(UINT64_MAX);
        EXPECT_TRUE(this->ends(producer, kMadeACall)) << static_cast<int>(how);
    }
    for (const Take how : {Take::single, Take::peek, Take::drain, Take::blocking}) {
        TestFixture::another_channel();
        Child producer = TestFixture::sleeping_producer(UINT64_MAX);
        Child consumer{[how] {
            auto& in = TestFixture::template ready<typename TypeParam::In>(
                TestFixture::options(wake::wakeable));
            return TestFixture::quietly([&] {
                for (std::uint64_t number = 0;;) {
                    TestFixture::until_producer_sleeps(in);
                    number += TypeParam::take(in, how, number);
                }
            });
        }};
        EXPECT_TRUE(this->ends(consumer, kMadeACall)) << static_cast<int>(how);
    }
}

TYPED_TEST(Quiet, NotifyCallsForASleeperOnly) {
    for (const bool sleeper : {false, true}) {
        TestFixture::another_channel();
        Child producer{[sleeper] {
            auto& out = TestFixture::template ready<typename TypeParam::Out>(
                TestFixture::options(wake::wakeable));
            return TestFixture::quietly([&] {
                for (std::uint64_t number = 0; sleeper || number < 5; ++number) {
                    if (sleeper) {
                        TestFixture::until_consumer_sleeps(out);
                    }
                    out.notify();  // owes nothing
                    expect(TypeParam::put(out, Put::quiet, number) == 1);
                    out.notify();
                }
            });
        }};
        Child consumer = sleeper ? TestFixture::sleeping_consumer(UINT64_MAX) : Child{};
        EXPECT_TRUE(this->ends(producer, sleeper ? kMadeACall : "exit 0"));
    }
}

using Binding = Quiet<Fixed<8>>;

TEST_F(Binding, KillsAtASystemCall) {
    another_channel();
    Child child{[] { return quietly([] { ::syscall(SYS_getpid); }); }};
    EXPECT_TRUE(ends(child, kMadeACall));
}

TEST_F(Binding, KillsWhoWaitsForAMessage) {
    another_channel();
    Child child{[] {
        auto& out = ready<Out>(options(wake::wakeable));
        auto& in = ready<In>(options(wake::wakeable));
        return quietly([&] {
            expect(Fixed<8>::put(out, Put::single, 0) == 1);
            expect(Fixed<8>::take(in, Take::blocking, 0) == 1);
            (void)Fixed<8>::take(in, Take::blocking, 1);
        });
    }};
    EXPECT_TRUE(ends(child, kMadeACall));
}

TEST_F(Binding, EndsAtAnAllocationOrARelease) {
    another_channel();
    Child allocates{[] { return quietly([] { ::operator delete(::operator new(24)); }); }};
    EXPECT_TRUE(ends(allocates, kAllocated));
    Child frees{[] {
        void* const memory = ::operator new(24);
        return quietly([&] { ::operator delete(memory); });
    }};
    EXPECT_TRUE(ends(frees, kAllocated));
}

TEST_F(Binding, SaysWhereSomethingWasWrong) {
    another_channel();
    Child child{[] { return quietly([] { expect(false); }); }};
    EXPECT_TRUE(ends(child, "exit 1"));
    EXPECT_NE(line_->load(std::memory_order_seq_cst), 0u);
}

}  // namespace
}  // namespace shunt::process_test
