// SPDX-License-Identifier: MIT
//
// The sleeper and waker table, step by step, with a futex that is a table of the test.
// Interleavings are exact: before any access of one side the test lets the other side run.
#include <shunt/core/wait/wake_region.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace shunt {
namespace {

using Word = std::atomic<std::uint32_t>;

// One side's accesses, numbered; before number `at` the other side runs.
struct Steps {
    inline static int at = -1;
    inline static int seen = 0;
    inline static std::function<void()> other;
    inline static bool other_runs = false;

    static void reset() {
        at = -1;
        seen = 0;
        other = nullptr;
        other_runs = false;
    }
    static void step() {
        if (!other_runs && seen++ == at) {
            other_runs = true;
            const std::function<void()> run = std::exchange(other, nullptr);
            run();
            other_runs = false;
        }
    }
};

struct SteppingPolicy : DefaultPolicy {
    template <class T>
    static T load_peer(const std::atomic<T>& word, std::memory_order order) {
        Steps::step();
        return DefaultPolicy::load_peer(word, order);
    }
    template <class T>
    static T fetch_or(std::atomic<T>& word, T bits, std::memory_order order) {
        Steps::step();
        return DefaultPolicy::fetch_or(word, bits, order);
    }
    template <class T>
    static T fetch_and(std::atomic<T>& word, T bits, std::memory_order order) {
        Steps::step();
        return DefaultPolicy::fetch_and(word, bits, order);
    }
    template <class T>
    static T fetch_add(std::atomic<T>& word, T value, std::memory_order order) {
        Steps::step();
        return DefaultPolicy::fetch_add(word, value, order);
    }
};

// The kernel's part: who is asleep on which bits, and what was asked for.
struct Futex {
    struct Call {
        std::string what;
        std::uint32_t bits;
        std::uint64_t bound_ns;
        friend bool operator==(const Call&, const Call&) = default;
    };
    inline static std::vector<Call> calls;
    inline static std::uint32_t asleep = 0;  // bits of sleepers that only the test knows of
    inline static bool woken = false;        // the one sleeper in wait()
    inline static bool waker_done = false;   // set by the test: step 7 is over
    inline static bool lost = false;         // a wait went to its bound though the waker was done
    inline static std::uint32_t waiting_bits = 0;

    static void reset() {
        calls.clear();
        asleep = 0;
        woken = waker_done = lost = false;
        waiting_bits = 0;
    }
    static void wait(const Word& word, std::uint32_t expected, std::uint32_t bits,
                     std::uint64_t bound_ns) {
        Steps::step();
        calls.push_back({"wait", bits, bound_ns});
        if (word.load(std::memory_order_seq_cst) != expected) {
            return;
        }
        waiting_bits = bits;
        woken = false;
        Steps::step();  // asleep: the other side may run now
        lost = !woken && waker_done;
        waiting_bits = 0;
    }
    static unsigned wake_all(const Word&, std::uint32_t bits) {
        if (!Steps::other_runs) {
            Steps::step();
        }
        calls.push_back({"wake", bits, 0});
        unsigned count = 0;
        if ((waiting_bits & bits) != 0 && !woken) {
            woken = true;
            ++count;
        }
        for (std::uint32_t bit = asleep & bits; bit != 0; bit &= bit - 1) {
            ++count;
        }
        asleep &= ~bits;
        return count;
    }
};

using TestSleeper = Sleeper<Futex, SteppingPolicy>;
using TestWaker = Waker<Futex, SteppingPolicy>;

// Steps 1 to 5 of the table.
template <class Look>
bool run(TestSleeper sleeper, Look&& look, std::uint64_t bound_ns) {
    return sleeper.sleep<Look>(std::forward<Look>(look), bound_ns);
}

class WakeRegion : public testing::Test {
protected:
    WakeRegion() {
        Steps::reset();
        Futex::reset();
    }
    [[nodiscard]] std::uint32_t seq() const {
        return region.wake_seq.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t sleepers() const {
        return region.sleepers.load(std::memory_order_relaxed);
    }
    void set_sleepers(std::uint32_t bits) {
        region.sleepers.store(bits, std::memory_order_relaxed);
    }

    layout::WakeRegion region{};
};

constexpr std::uint32_t kBit = 1u << 3;
const auto kNothingThere = [] { return false; };

TEST_F(WakeRegion, ASleeperSetsItsBitLooksWaitsAndClearsItsBit) {
    TestSleeper sleeper{region, 3};
    std::uint32_t at_look = 0;
    EXPECT_TRUE(run(
        sleeper,
        [&] {
            at_look = sleepers();
            return false;
        },
        5'000));
    EXPECT_EQ(at_look, kBit) << "the bit is set before the look";
    EXPECT_EQ(Futex::calls, (std::vector<Futex::Call>{{"wait", kBit, 5'000}}));
    EXPECT_EQ(sleepers(), 0u);
    EXPECT_EQ(seq(), 0u) << "a sleeper bumps nothing";
}

TEST_F(WakeRegion, ASleeperThatFindsSomethingDoesNotWait) {
    TestSleeper sleeper{region, 3};
    EXPECT_FALSE(run(
        sleeper, [] { return true; }, 5'000));
    EXPECT_TRUE(Futex::calls.empty());
    EXPECT_EQ(sleepers(), 0u);
}

TEST_F(WakeRegion, OtherBitsAreLeftAlone) {
    set_sleepers(0xF0);
    EXPECT_TRUE(run(TestSleeper(region, 0), kNothingThere, 1));
    EXPECT_EQ(sleepers(), 0xF0u);
}

TEST_F(WakeRegion, APortWithoutABitSetsNoneAndSleepsAMillisecond) {
    for (const std::uint32_t index : {32u, 33u, 4094u}) {
        Futex::reset();
        EXPECT_EQ(wake_bit(index), 0u);
        std::uint32_t at_look = 1;
        EXPECT_TRUE(run(
            TestSleeper(region, index),
            [&] {
                at_look = sleepers();
                return false;
            },
            kLongestSleepNs));
        EXPECT_EQ(at_look, 0u);
        EXPECT_EQ(Futex::calls, (std::vector<Futex::Call>{{"wait", ~0u, kSleepWithoutBitNs}}));
        Futex::reset();
        EXPECT_TRUE(run(TestSleeper(region, index), kNothingThere, 10));
        EXPECT_EQ(Futex::calls.at(0).bound_ns, 10u) << "a shorter bound stands";
    }
    EXPECT_EQ(wake_bit(0), 1u);
    EXPECT_EQ(wake_bit(31), 1u << 31);
}

TEST_F(WakeRegion, AWakerWithoutSleepersMakesNoCallAndChangesNothing) {
    TestWaker waker{region};
    EXPECT_EQ(waker.sleepers(), 0u);
    EXPECT_EQ(waker.sleepers_fenced(), 0u);
    EXPECT_EQ(waker.wake(0, 100), 0u);
    EXPECT_TRUE(Futex::calls.empty());
    EXPECT_EQ(seq(), 0u);
}

TEST_F(WakeRegion, AWakerClearsThenBumpsThenCalls) {
    set_sleepers(kBit | 1u);
    Futex::asleep = kBit | 1u;
    TestWaker waker{region};
    std::vector<std::string> order;
    for (int step = 0; step < 4; ++step) {
        set_sleepers(kBit);
        Futex::asleep = kBit;
        region.wake_seq.store(7, std::memory_order_relaxed);
        Steps::reset();
        Steps::at = step;
        Steps::other = [&] {
            order.push_back(std::to_string(sleepers() != 0) + std::to_string(seq() - 7) +
                            std::to_string(Futex::asleep == 0));
        };
        EXPECT_EQ(waker.wake(kBit, 1), 1u);
    }
    EXPECT_EQ(order, (std::vector<std::string>{"100", "000", "010"}));
}

TEST_F(WakeRegion, WakesAsManyAsThereAreMessagesAndRotates) {
    const std::uint32_t all = 1u | kBit | 1u << 31;
    Futex::asleep = all;
    set_sleepers(all);
    TestWaker waker{region};
    EXPECT_EQ(waker.wake(waker.sleepers(), 2), 2u);
    EXPECT_EQ(sleepers(), 1u << 31) << "lowest first at the beginning";
    set_sleepers(all);
    Futex::asleep = all;
    EXPECT_EQ(waker.wake(waker.sleepers(), 2), 2u);
    EXPECT_EQ(sleepers(), kBit) << "on from the last one taken, and around";
    Futex::calls.clear();
    set_sleepers(all);
    Futex::asleep = all;
    EXPECT_EQ(waker.wake(waker.sleepers(), UINT64_MAX), 3u);
    EXPECT_EQ(Futex::calls.size(), 3u) << "at most one call for each bit";
    EXPECT_EQ(sleepers(), 0u);
}

TEST_F(WakeRegion, ABitOfTheDeadDoesNotSwallowTheWakeUp) {
    set_sleepers(1u | kBit);
    Futex::asleep = kBit;  // the holder of bit 0 died, or is awake by now
    TestWaker waker{region};
    EXPECT_EQ(waker.wake(waker.sleepers(), 1), 1u);
    EXPECT_EQ(Futex::asleep, 0u) << "the living one was woken";
    EXPECT_EQ(seq(), 2u);
}

TEST_F(WakeRegion, ABitThatAnotherWakerTookIsPassedOver) {
    set_sleepers(kBit);
    Futex::asleep = kBit;
    TestWaker waker{region};
    EXPECT_EQ(waker.wake(1u | kBit, 1), 1u) << "bit 0 was read, and is gone";
    EXPECT_EQ(Futex::calls, (std::vector<Futex::Call>{{"wake", kBit, 0}}));
    EXPECT_EQ(seq(), 1u) << "no bump for a bit that is not ours";
}

TEST_F(WakeRegion, SleepersThatRearmDoNotHoldAWaker) {
    set_sleepers(1u);
    TestWaker waker{region};
    Steps::at = 2;  // when the waker has cleared the bit, it is set again
    int rounds = 0;
    Steps::other = [&] {
        set_sleepers(1u | kBit);
        ++rounds;
    };
    EXPECT_EQ(waker.wake(waker.sleepers(), 100), 0u);
    EXPECT_EQ(rounds, 1);
    EXPECT_EQ(Futex::calls.size(), 1u) << "sleepers is read once per wake-up";
}

TEST_F(WakeRegion, WakeAllWakesEverybodyAndEndsAWaitThatIsAboutToBegin) {
    TestWaker waker{region};
    TestSleeper sleeper{region, 3};
    bool looked = false;
    EXPECT_TRUE(run(
        sleeper,
        [&] {
            Steps::other_runs = true;
            waker.wake_all();
            Futex::waker_done = true;
            Steps::other_runs = false;
            looked = true;
            return false;
        },
        1));
    EXPECT_TRUE(looked);
    EXPECT_FALSE(Futex::lost) << "wake_seq had changed: the wait returned at once";
    EXPECT_EQ(Futex::calls.at(0), (Futex::Call{"wake", ~0u, 0}));
}

TEST_F(WakeRegion, AnInterruptAtAnyStepEndsTheSleep) {
    for (int step = 0; step < 6; ++step) {
        Steps::reset();
        Futex::reset();
        TestSleeper sleeper{region, 3};
        bool flag = false;
        Steps::at = step;
        Steps::other = [&] {
            flag = true;
            sleeper.interrupt();
            Futex::waker_done = true;
        };
        run(
            sleeper,
            [&] {
                Steps::step();
                return flag;
            },
            1);
        EXPECT_TRUE(flag || Steps::seen <= step);
        EXPECT_FALSE(Futex::lost) << "at step " << step;
    }
}

// The whole table: the waker's publish and wake-up, cut anywhere, run at every step of the sleeper.
// `cut`: how many of the waker's accesses happen at that step; the rest happen when the sleeper is
// in the kernel, or after it. Nobody sleeps on while a message is there and the waker is done.
TEST_F(WakeRegion, NoInterleavingLosesAWakeUp) {
    enum { publish, look_at_sleepers, wake, done };
    int slept_on = 0;
    for (int first = 0; first < 6; ++first) {
        for (int second = first; second < 7; ++second) {
            for (int cut = publish; cut <= wake; ++cut) {
                for (const bool fenced : {false, true}) {
                    Steps::reset();
                    Futex::reset();
                    set_sleepers(0);
                    bool message = false;
                    int progress = publish;
                    std::uint32_t bits = 0;
                    TestWaker waker{region};
                    const auto run_to = [&](int end) {
                        for (; progress < end; ++progress, Futex::waker_done = progress == done) {
                            if (progress == publish) {
                                message = true;
                            } else if (progress == look_at_sleepers) {
                                bits = fenced ? waker.sleepers_fenced() : waker.sleepers();
                            } else {
                                waker.wake(bits, 1);
                            }
                        }
                    };
                    Steps::at = first;
                    Steps::other = [&] {
                        run_to(cut + 1);
                        Steps::at = second;  // later, the rest
                        Steps::other = [&] { run_to(done); };
                    };
                    TestSleeper sleeper{region, 3};
                    run(
                        sleeper,
                        [&] {
                            Steps::step();
                            return message;
                        },
                        1);
                    slept_on += Futex::calls.empty() ? 0 : 1;
                    EXPECT_FALSE(Futex::lost)
                        << "first " << first << " second " << second << " cut " << cut;
                    EXPECT_EQ(sleepers() & kBit, 0u) << "the sleeper leaves no bit behind";
                }
            }
        }
    }
    EXPECT_GT(slept_on, 0) << "some of these got as far as the kernel";
}

// The check above can fail: a waker that looks for sleepers before it publishes loses wake-ups.
TEST_F(WakeRegion, AWakerThatLooksBeforeItPublishesIsFoundOut) {
    int lost = 0;
    for (int first = 0; first < 6; ++first) {
        for (int second = first; second < 7; ++second) {
            Steps::reset();
            Futex::reset();
            set_sleepers(0);
            bool message = false;
            std::uint32_t bits = 0;
            TestWaker waker{region};
            Steps::at = first;
            Steps::other = [&] {
                bits = waker.sleepers();
                Steps::at = second;
                Steps::other = [&] {
                    message = true;
                    waker.wake(bits, 1);
                    Futex::waker_done = true;
                };
            };
            run(
                TestSleeper(region, 3),
                [&] {
                    Steps::step();
                    return message;
                },
                1);
            lost += Futex::lost ? 1 : 0;
        }
    }
    EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace shunt
