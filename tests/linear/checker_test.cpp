// SPDX-License-Identifier: MIT
//
// The checkers of histories: histories made by hand, and against brute force on many small ones.
#include "brute_force.hpp"
#include "check_queue.hpp"
#include "check_ring.hpp"
#include "random_history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace shunt::linear {
namespace {

using History = std::vector<Operation>;

Operation push(std::uint64_t called, std::uint64_t returned, std::uint64_t position) {
    return {called, returned, position + 100, position, What::push};
}
Operation pop(std::uint64_t called, std::uint64_t returned, std::uint64_t position) {
    return {called, returned, position + 100, position, What::pop};
}
Operation freed(std::uint64_t called, std::uint64_t returned, std::uint64_t position) {
    return {called, returned, position + 100, position, What::freed};
}
Operation empty(std::uint64_t called, std::uint64_t returned) {
    return {called, returned, 0, 0, What::empty};
}
Operation full(std::uint64_t called, std::uint64_t returned) {
    return {called, returned, 0, 0, What::full};
}

// The checker's sentence begins so; brute force says the same.
void expect_queue(const History& history, const std::string& wrong) {
    const std::string said = check_queue(history);
    EXPECT_EQ(said.empty(), wrong.empty()) << said;
    EXPECT_EQ(said.compare(0, wrong.size(), wrong), 0) << said;
    EXPECT_EQ((BruteForce{history, PlainQueue{}}.linearizable()), wrong.empty());
}
void expect_ring(const History& history, const std::string& wrong) {
    const std::string said = check_ring(history, 2);
    EXPECT_EQ(said.empty(), wrong.empty()) << said;
    EXPECT_EQ(said.compare(0, wrong.size(), wrong), 0) << said;
    EXPECT_EQ((BruteForce{history, PlainRing{2}}.linearizable()), wrong.empty());
}

TEST(CheckQueue, TakesOneCallAfterTheOther) {
    expect_queue({}, "");
    expect_queue(
        {empty(1, 2), push(3, 4, 0), push(5, 6, 1), pop(7, 8, 0), pop(9, 9, 1), empty(10, 11)}, "");
}
TEST(CheckQueue, OrdersCallsThatOverlapAsItMust) {
    expect_queue({push(1, 9, 0), push(2, 8, 1), pop(3, 4, 1), pop(5, 6, 0)}, "");
    expect_queue({push(1, 9, 0), pop(1, 9, 0), empty(1, 9)}, "");
    expect_queue({push(1, 5, 0), empty(5, 5), pop(5, 6, 0)}, "");
}
TEST(CheckQueue, FindsAValueFromNowhere) {
    expect_queue({push(1, 2, 0), pop(3, 4, 1)}, "popped and never pushed");
    expect_queue({pop(1, 2, 0), push(3, 4, 0)}, "popped before it was pushed");
}
TEST(CheckQueue, FindsAValueThatComesTwice) {
    expect_queue({push(1, 2, 0), pop(3, 4, 0), pop(3, 4, 0)}, "popped twice");
}
TEST(CheckQueue, FindsValuesOutOfOrder) {
    expect_queue({push(1, 2, 0), push(3, 4, 1), pop(5, 6, 1), pop(7, 8, 0)}, "out of order");
    expect_queue({push(1, 2, 0), push(3, 4, 1), pop(5, 6, 1)}, "out of order");
    expect_queue({push(1, 9, 2), push(1, 2, 0), push(3, 4, 1), pop(5, 6, 1), pop(7, 8, 0)},
                 "out of order");
}
TEST(CheckQueue, FindsAnEmptyQueueThatWasNot) {
    expect_queue({push(1, 2, 0), empty(3, 4), pop(5, 6, 0)}, "something was there");
    expect_queue({push(1, 2, 0), empty(3, 4)}, "something was there");
    // One value follows on the other.
    expect_queue({push(1, 2, 0), push(4, 5, 1), pop(6, 7, 0), empty(3, 9), pop(10, 11, 1)},
                 "something was there");
    expect_queue({push(1, 2, 0), push(4, 6, 1), pop(6, 7, 0), empty(3, 9), pop(10, 11, 1)}, "");
}

TEST(CheckRing, TakesOneCallAfterTheOther) {
    expect_ring({empty(1, 1), push(2, 3, 0), push(4, 5, 1), full(6, 7), pop(8, 9, 0), full(10, 11),
                 freed(12, 13, 0), push(14, 15, 2)},
                "");
}
TEST(CheckRing, IsFullWhileAMessageIsReadInPlaceAndEmptyAtTheSameTime) {
    expect_ring({push(1, 2, 0), push(3, 4, 1), pop(5, 6, 0), pop(7, 8, 1), freed(9, 10, 1),
                 full(11, 12), empty(11, 12), freed(13, 14, 0)},
                "");
}
TEST(CheckRing, FindsAFullRingThatWasNot) {
    expect_ring({push(1, 2, 0), push(3, 4, 1), pop(5, 6, 0), freed(7, 8, 0), full(9, 10)},
                "there was room");
    expect_ring({push(1, 2, 0), full(3, 4)}, "there was room");
}
TEST(CheckRing, FindsAnEmptyRingThatWasNot) {
    expect_ring({push(1, 2, 0), empty(3, 4), pop(5, 6, 0)}, "something was there");
}
TEST(CheckRing, FindsPositionsOutOfOrder) {
    expect_ring({push(3, 4, 0), push(1, 2, 1)}, "no order of calls");
    expect_ring({push(1, 2, 0), push(3, 4, 1), pop(5, 6, 1), pop(7, 8, 0)}, "no order of calls");
    expect_ring({push(1, 2, 0), push(3, 4, 1), pop(5, 6, 1)}, "position 1 was popped");
    expect_ring({push(1, 2, 1)}, "a position beyond the claims");
    expect_ring({push(1, 2, 0), push(3, 4, 2), pop(5, 6, 0)}, "position 1 was never claimed");
}
TEST(CheckRing, FindsASlotThatIsUsedBeforeItIsFree) {
    expect_ring({push(1, 2, 0), push(3, 4, 1), pop(5, 6, 0), push(7, 8, 2), freed(9, 10, 0)},
                "no order of calls");
    expect_ring({push(1, 2, 0), push(3, 4, 1), push(5, 6, 2)}, "no order of calls");
}
TEST(CheckRing, FindsAnotherValue) {
    expect_ring({push(1, 2, 0), {3, 4, 7, 0, What::pop}}, "position 0 gave another value");
}
TEST(CheckRing, FindsOnePositionTwice) {
    expect_ring({push(1, 2, 0), pop(3, 4, 0), pop(5, 6, 0)}, "twice");
    expect_ring({push(1, 2, 0), freed(5, 6, 0)}, "position 0 was freed and never popped");
}

std::string all_of(const History& history) {
    std::string text;
    for (const Operation& each : history) {
        text += "\n  " + to_string(each);
    }
    return text;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr int kHistories = 10'000;
#else
constexpr int kHistories = 50'000;
#endif
constexpr std::size_t kCalls = 9;

// How often each kind of wrong was found: by what the sentence begins with.
class Kinds {
public:
    void add(const std::string& said) { ++found_[said.substr(0, said.find(':'))]; }
    void print() const {
        for (const auto& [kind, times] : found_) {
            std::printf("%8d %s\n", times, kind.empty() ? "linearizable" : kind.c_str());
        }
    }
    [[nodiscard]] int of(const std::string& kind) const {
        const auto found = found_.find(kind);
        return found == found_.end() ? 0 : found->second;
    }

private:
    std::map<std::string, int> found_;
};

TEST(CheckQueue, AgreesWithBruteForce) {
    RandomHistories histories{1, 1000};
    Kinds kinds;
    for (int i = 0; i < kHistories; ++i) {
        const History history = histories.next(2 + static_cast<std::size_t>(i) % kCalls);
        const std::string said = check_queue(history);
        kinds.add(said);
        ASSERT_EQ(said.empty(), (BruteForce{history, PlainQueue{}}.linearizable()))
            << said << all_of(history);
    }
    kinds.print();
    EXPECT_GT(kinds.of(""), kHistories / 2);
    for (const char* const kind : {"popped before it was pushed", "popped twice", "out of order",
                                   "something was there all the time"}) {
        EXPECT_GT(kinds.of(kind), kHistories / 500) << kind;
    }
}

// Exactly where one call at most says full or empty; else what it calls wrong is wrong.
TEST(CheckRing, AgreesWithBruteForce) {
    Kinds kinds;
    int missed = 0;
    for (const std::uint64_t slots : {1u, 2u, 3u}) {
        RandomHistories histories{slots, slots};
        for (int i = 0; i < kHistories; ++i) {
            const History history = histories.next(2 + static_cast<std::size_t>(i) % kCalls);
            const bool right = BruteForce{history, PlainRing{slots}}.linearizable();
            const std::string said = check_ring(history, slots);
            const auto looks =
                std::count_if(history.begin(), history.end(), [](const Operation& each) {
                    return each.what == What::full || each.what == What::empty;
                });
            kinds.add(said.starts_with("no order of calls") ? "no order of calls" : said);
            missed += said.empty() && !right ? 1 : 0;
            ASSERT_TRUE(said.empty() || !right) << said << all_of(history);
            ASSERT_TRUE(right || !said.empty() || looks > 1) << all_of(history);
        }
    }
    kinds.print();
    std::printf("%8d not, and taken for it\n", missed);
    EXPECT_GT(kinds.of(""), kHistories);
    for (const char* const kind :
         {"no order of calls", "there was room all the time", "something was there all the time"}) {
        EXPECT_GT(kinds.of(kind), kHistories / 500) << kind;
    }
    EXPECT_LT(missed, kHistories / 100);
}

}  // namespace
}  // namespace shunt::linear
