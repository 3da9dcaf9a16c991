// SPDX-License-Identifier: MIT
//
// What ends of an owner-word ring do for throughput: when a consumer leaves an empty ring alone,
// and which lines are asked for ahead. On one thread, and on a clock that the test turns.
#include "mpmc_rig.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::test {
namespace {

struct Turned : DefaultPolicy {
    static inline std::uint64_t now = 0;
    static inline std::vector<const std::byte*> asked;

    static std::uint64_t ticks() noexcept { return now; }
    static void prefetch_write(const std::byte* line) noexcept { asked.push_back(line); }
};

constexpr std::uint64_t kLong = 1 << 20;  // ticks: no rest is that long
using Number = Blob<8, 8>;
using Rig = MpmcRig<Number, Turned>;

class MpmcThroughput : public testing::Test {
protected:
    MpmcThroughput() {
        Turned::now = 0;
        Turned::asked.clear();
        out_.for_throughput(true);
        in_.for_throughput(true);
    }
    void push(std::uint64_t n = 1) {
        for (; n != 0; --n) {
            ASSERT_TRUE(out_.try_push(Number{}));
        }
    }
    void pop(std::uint64_t n = 1) {
        for (; n != 0; --n) {
            ASSERT_TRUE(pop_one());
        }
    }
    [[nodiscard]] Status pop_one() {
        Number out{};
        return in_.try_pop<std::memory_order_seq_cst>(out);
    }
    // So that the consumer rests: it has had enough to do so, and finds nothing.
    void begin_rest() {
        push(64);
        pop(64);
        ASSERT_EQ(pop_one(), Status::empty);
    }

    Rig rig_{128};
    Rig::Producer out_{rig_.producer({1, 1})};
    Rig::Consumer in_{rig_.consumer({2, 1})};
};

TEST_F(MpmcThroughput, ARestEndsWhereAnEighthOfTheRingIsThere) {
    begin_rest();
    push(16);
    EXPECT_EQ(pop_one(), Status::empty) << "the seventeenth from there on is not there";
    EXPECT_TRUE(in_.readable()) << "what waiters look at is exact";
    push();
    pop(17);
    // It paid, so the next one is at once.
    EXPECT_EQ(pop_one(), Status::empty);
    push(16);
    EXPECT_EQ(pop_one(), Status::empty);
    push();
    pop(17);
}

TEST_F(MpmcThroughput, ARestEndsByItselfAndTheNextIsAfterTwiceAsManyMessages) {
    begin_rest();
    push();
    EXPECT_EQ(pop_one(), Status::empty);
    Turned::now += kLong;
    pop();
    // Each rest that brings nothing doubles what has to come before the next.
    for (std::uint64_t careful = 128; careful <= 1024; careful *= 2) {
        for (std::uint64_t i = 1; i < careful; ++i) {
            EXPECT_EQ(pop_one(), Status::empty);
            push();
            pop();
        }
        ASSERT_EQ(pop_one(), Status::empty);
        push();
        ASSERT_EQ(pop_one(), Status::empty) << "no rest after " << careful;
        Turned::now += kLong;
        pop();
    }
}

TEST_F(MpmcThroughput, WhoRestsStillTellsOfRoom) {
    begin_rest();
    static_cast<void>(in_.due());
    // What is shown is released in the rest, is not on the border of a quarter, and nobody has gone
    // beyond it.
    push(17);
    pop(16);
    const Number* shown = nullptr;
    ASSERT_TRUE(in_.try_peek<std::memory_order_seq_cst>(shown));
    ASSERT_EQ(pop_one(), Status::empty);
    static_cast<void>(in_.due());
    in_.release<std::memory_order_seq_cst>();
    EXPECT_EQ(in_.due().room, 0u);
    push();
    ASSERT_EQ(pop_one(), Status::empty) << "it rests";
    EXPECT_NE(in_.due().room, 0u);
}

TEST_F(MpmcThroughput, OrphansAreFoundInARest) {
    begin_rest();
    Rig::Consumer dead = rig_.consumer({3, 1});
    push();
    const Number* shown = nullptr;
    ASSERT_TRUE(dead.try_peek(shown));
    ring::Recovered done;
    ASSERT_TRUE(ring::recover_slots<Turned>(
        rig_.slots(), *rig_.words, {3, 1}, ring::on_orphan::inherit, [] { return true; }, done));
    pop();
    EXPECT_TRUE(in_.redelivered());
}

TEST_F(MpmcThroughput, NoRestWhereItWasNotAskedForNorInASmallRing) {
    Rig small{32};
    for (Rig* const rig : {&rig_, &small}) {
        rig->begin();
        Rig::Producer out = rig->producer({1, 1});
        Rig::Consumer in = rig->consumer({2, 1});
        in.for_throughput(rig == &small);
        for (int i = 0; i < 1000; ++i) {
            Number message{};
            ASSERT_TRUE(out.try_push(message));
            ASSERT_TRUE(in.try_pop(message));
            ASSERT_EQ(in.try_pop(message), Status::empty);
        }
    }
    EXPECT_TRUE(Turned::asked.empty());
}

TEST_F(MpmcThroughput, LinesAreAskedForAheadWhileNobodyElseIsMet) {
    constexpr std::uint64_t kPerLine = kLineBytes / Rig::Shape::kSlotBytes;
    push(4 * kPerLine);
    std::vector<const std::byte*> wanted;
    for (std::uint64_t line = 0; line < 4; ++line) {
        wanted.push_back(rig_.slots().slot((line + 4) * kPerLine));
    }
    EXPECT_EQ(Turned::asked, wanted);
    Turned::asked.clear();
    pop(4 * kPerLine);
    EXPECT_EQ(Turned::asked, wanted);

    Turned::asked.clear();
    Rig::Producer other = rig_.producer({3, 1});
    for (std::uint64_t i = 0; i < 4 * kPerLine; ++i) {
        ASSERT_TRUE(other.try_push(Number{}));
        push();
    }
    EXPECT_TRUE(Turned::asked.empty()) << "who takes turns takes lines away from the other";
}

}  // namespace
}  // namespace shunt::test
