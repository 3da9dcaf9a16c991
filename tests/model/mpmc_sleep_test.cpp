// SPDX-License-Identifier: MIT
//
// Sleepers over the owner-word ring, and deaths: who died owed somebody a wake-up, had one coming,
// or lay asleep. Recovery makes it good.
#include "model/explore.hpp"
#include "model/mpmc_sleep_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

using Right = MpmcSleepProgram<ModelPolicy>;

std::string name_of(const MpmcCase& c, int deaths) {
    return "mpmc-sleep" + std::to_string(c.slots) + "-" + std::to_string(c.producers) + "P" +
           std::to_string(c.consumers) + "C-" + std::to_string(c.messages) +
           (c.peek ? "-peek" : "-pop") + (c.abandons ? "-abandon" : "") +
           (c.policy == ring::on_orphan::drop ? "-drop" : "") + (c.heirs ? "" : "-no heir") + "-" +
           std::to_string(deaths);
}

void holds(const MpmcCase& c, int deaths, int preemptions, int in_full) {
    Right program{c};
    const int most = std::getenv("SHUNT_TEST_FULL") != nullptr ? in_full : preemptions;
    expect_holds(name_of(c, deaths), program, {.deaths = deaths, .preemptions = most});
}

TEST(ExploreMpmcSleep, OneAndOneWithSuccessors) {
    holds({.messages = 3}, 0, 3, 4);
    holds({.messages = 3, .peek = true}, 1, 1, 2);
    holds({.messages = 3, .abandons = true}, 1, 1, 2);
    holds({.messages = 3, .policy = ring::on_orphan::drop}, 1, 1, 2);
    holds({.messages = 2}, 2, 1, 2);
}
TEST(ExploreMpmcSleep, TwoConsumers) {
    holds({.consumers = 2, .messages = 2}, 1, 1, 2);
    holds({.consumers = 2, .messages = 2, .heirs = false}, 1, 1, 2);
    holds({.consumers = 2, .messages = 3, .peek = true, .heirs = false}, 1, 0, 1);
}
TEST(ExploreMpmcSleep, TwoProducers) {
    holds({.producers = 2, .messages = 2}, 1, 0, 1);
}

template <class Program>
void fails(const std::string& name, const MpmcCase& c) {
    Program program{c};
    expect_fails(name, program, {.deaths = 1, .preemptions = 1}, "");
}

constexpr MpmcCase kHeir{.messages = 3};

struct RecoversSilently : Right {
    using Right::Right;
    void wakes_everybody() override {}
};
TEST(SeededMpmcSleep, RecoveryThatWakesNobody) {
    fails<RecoversSilently>("mpmc-silent-recovery", kHeir);
}
struct WakesDataOnly : Right {
    using Right::Right;
    void wakes_everybody() override { wake_all(data()); }
};
TEST(SeededMpmcSleep, RecoveryThatWakesConsumersOnly) {
    fails<WakesDataOnly>("mpmc-wakes-data-only", kHeir);
}
struct WakesRoomOnly : Right {
    using Right::Right;
    void wakes_everybody() override { wake_all(room()); }
};
TEST(SeededMpmcSleep, RecoveryThatWakesProducersOnly) {
    fails<WakesRoomOnly>("mpmc-wakes-room-only", kHeir);
}
struct DoesNotBumpInRecovery : Right {
    using Right::Right;
    void wakes_everybody() override {
        for (layout::WakeRegion* region : {&data(), &room()}) {
            ModelFutex::wake_all(region->wake_seq, ~std::uint32_t{0});
        }
    }
};
TEST(SeededMpmcSleep, RecoveryThatDoesNotBump) {
    fails<DoesNotBumpInRecovery>("mpmc-unbumped-recovery", kHeir);
}

}  // namespace
}  // namespace shunt::model
