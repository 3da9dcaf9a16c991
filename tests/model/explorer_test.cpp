// SPDX-License-Identifier: MIT
//
// The explorer itself: it runs every schedule, no schedule twice, and with states that were seen
// before left out it finds the same.
#include "model/explorer.hpp"
#include "model/model_policy.hpp"

#include <shunt/core/bytes.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace shunt::model {
namespace {

using Word = std::atomic<std::uint64_t>;

// Threads given as functions over a few words.
class Words : public Program {
public:
    using Body = std::function<void(Words&, int life)>;
    explicit Words(std::vector<Body> bodies) : bodies_{std::move(bodies)} {}

    std::string_view threads() const override {
        return std::string_view{"abc"}.substr(0, bodies_.size());
    }
    std::vector<Region> regions() override {
        return {{{static_cast<std::byte*>(static_cast<void*>(words)), sizeof words}, Place::stamp},
                {{bytes_of(got), sizeof got}, Place::other}};
    }
    void begin() override {
        for (Word& word : words) {
            word.store(0, std::memory_order_relaxed);
        }
        got = {};
    }
    void run(int thread, int life) override {
        bodies_[static_cast<std::size_t>(thread)](*this, life);
    }
    std::string finish() override {
        ends.insert(got);
        return wrong ? wrong() : "";
    }

    static std::uint64_t load(Word& word) {
        return ModelPolicy::load(word, std::memory_order_seq_cst);
    }
    static void store(Word& word, std::uint64_t value) {
        ModelPolicy::store(word, value, std::memory_order_seq_cst);
    }

    Word words[4];
    std::array<std::uint64_t, 4> got{};
    std::set<std::array<std::uint64_t, 4>> ends;
    std::function<std::string()> wrong;

private:
    std::vector<Body> bodies_;
};

Words::Body stores(int word, int times) {
    return [=](Words& all, int) {
        for (int i = 1; i <= times; ++i) {
            Words::store(all.words[word], static_cast<std::uint64_t>(i));
        }
    };
}

double choose(int n, int k) {
    double ways = 1;
    for (int i = 1; i <= k; ++i) {
        ways = ways * (n - k + i) / i;
    }
    return ways;
}

// To begin is a step of its own: a thread of n accesses has n + 1 steps.
TEST(Explorer, RunsEveryScheduleOnce) {
    for (int n = 0; n <= 5; ++n) {
        Words program{{stores(0, n), stores(1, n)}};
        const Report all = Explorer{program, {.prune = false}}.explore();
        EXPECT_EQ(static_cast<double>(all.runs), choose(2 * n + 2, n + 1)) << n;
        const Report pruned = Explorer{program, {}}.explore();
        EXPECT_EQ(pruned.schedules, choose(2 * n + 2, n + 1)) << n;
        EXPECT_LE(pruned.states, static_cast<std::uint64_t>((n + 2) * (n + 2)));
    }
}

TEST(Explorer, OfThreeThreadsToo) {
    Words program{{stores(0, 1), stores(1, 1), stores(2, 1)}};
    EXPECT_EQ((Explorer{program, {.prune = false}}.explore().runs), 90u);
    EXPECT_EQ((Explorer{program, {}}.explore().schedules), 90);
}

// The store-load race: both loads see 0 in no sequentially consistent order, the rest is possible.
TEST(Explorer, FindsEveryOutcomeAndNoOther) {
    const auto side = [](std::size_t mine, std::size_t other) {
        return [=](Words& all, int) {
            Words::store(all.words[mine], 1);
            all.got[mine] = Words::load(all.words[other]) + 1;
        };
    };
    for (const bool prune : {false, true}) {
        Words program{{side(0, 1), side(1, 0)}};
        (void)Explorer{program, {.prune = prune}}.explore();
        const std::set<std::array<std::uint64_t, 4>> wanted{{1, 2}, {2, 1}, {2, 2}};
        EXPECT_EQ(program.ends, wanted);
    }
}

// A counter that two threads raise by a load and a store.
TEST(Explorer, FindsALostUpdateAndItsSchedule) {
    const auto raise = [](Words& all, int) {
        Words::store(all.words[0], Words::load(all.words[0]) + 1);
    };
    Words program{{raise, raise}};
    program.wrong = [&] {
        return program.words[0].load(std::memory_order_relaxed) == 2 ? "" : "an update is lost";
    };
    const Report found = Explorer{program, {}}.explore();
    EXPECT_EQ(found.failure, "an update is lost");
    EXPECT_FALSE(found.trace.empty());
    const Report again = Explorer{program, {}}.replay(found.schedule);
    EXPECT_EQ(again.failure, found.failure);
    EXPECT_EQ(again.schedule, found.schedule);
    EXPECT_EQ(again.trace, found.trace);
    EXPECT_EQ((Explorer{program, {}}.replay("a3b3").failure), "") << "one after the other";
}

TEST(Explorer, FindsItWithOnePreemptionAndNotWithNone) {
    const auto raise = [](Words& all, int) {
        Words::store(all.words[0], Words::load(all.words[0]) + 1);
    };
    Words program{{raise, raise}};
    program.wrong = [&] {
        return program.words[0].load(std::memory_order_relaxed) == 2 ? "" : "an update is lost";
    };
    const Report none = Explorer{program, {.preemptions = 0}}.explore();
    EXPECT_EQ(none.failure, "");
    EXPECT_EQ(none.schedules, 2);
    EXPECT_NE((Explorer{program, {.preemptions = 1}}.explore().failure), "");
}

TEST(Explorer, AWaitEndsWhenSomebodyElseWrites) {
    Words program{{[](Words& all, int) {
                       for (;;) {
                           Explorer::now().settle({}, 0);
                           if (Words::load(all.words[0]) == 2) {
                               return;
                           }
                           Explorer::now().wait_for_change({});
                       }
                   },
                   stores(0, 2)}};
    for (const bool prune : {false, true}) {
        const Report report = Explorer{program, {.prune = prune}}.explore();
        EXPECT_EQ(report.failure, "");
        EXPECT_GT(report.schedules + static_cast<double>(report.runs), 10);
    }
}

TEST(Explorer, AWaitForNobodyIsStuck) {
    Words program{{[](Words& all, int) {
                       while (Words::load(all.words[0]) != 3) {
                           Explorer::now().wait_for_change({});
                       }
                   },
                   stores(0, 2)}};
    EXPECT_EQ((Explorer{program, {}}.explore().failure), "a waits for ever");
}

// A death before each access, and after the last one before the end; then the successor begins.
TEST(Explorer, KillsAThreadBeforeEachOfItsAccesses) {
    for (const bool prune : {false, true}) {
        Words program{{[](Words& all, int life) {
            for (std::uint64_t i = 1; i <= 3; ++i) {
                Words::store(all.words[0], i);
                all.got[static_cast<std::size_t>(life)] = i;
            }
        }}};
        const Report report = Explorer{program, {.deaths = 1, .prune = prune}}.explore();
        const std::set<std::array<std::uint64_t, 4>> wanted{{3, 0}, {0, 3}, {1, 3}, {2, 3}};
        EXPECT_EQ(program.ends, wanted);
        EXPECT_EQ(prune ? report.schedules : static_cast<double>(report.runs), 4);
    }
}

TEST(Explorer, TheDeadDoNotComeBackWithoutASuccessor) {
    struct Mortal : Words {
        using Words::Words;
        bool died(int) override { return false; }
    };
    Mortal program{{stores(0, 2), [](Words& all, int) {
                        while (Words::load(all.words[0]) != 2) {
                            Explorer::now().wait_for_change({});
                        }
                    }}};
    EXPECT_EQ((Explorer{program, {}}.explore().failure), "");
    EXPECT_EQ((Explorer{program, {.deaths = 1}}.explore().failure), "b waits for ever");
}

TEST(Explorer, WhatIsNoScheduleIsRefused) {
    Words program{{stores(0, 1), stores(1, 1)}};
    for (const char* const schedule : {"x", "a2c", "~a", "a9", "~"}) {
        EXPECT_NE((Explorer{program, {}}.replay(schedule).failure), "") << schedule;
    }
    EXPECT_EQ((Explorer{program, {}}.replay("ab").schedule), "ab2a") << "the rest by itself";
}

}  // namespace
}  // namespace shunt::model
