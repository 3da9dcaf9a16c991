// SPDX-License-Identifier: MIT
//
// The clock is the test's: whoever asks says what time it is.
#include "tools/src/pace.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace shunt::tools {
namespace {

using namespace std::chrono_literals;

class PaceTest : public testing::Test {
protected:
    // Sends as soon as it may for so long; messages that went out.
    std::uint64_t messages_in(Pace& pace, std::chrono::nanoseconds time, std::uint64_t bytes) {
        const auto end = now_ + time;
        std::uint64_t messages = 0;
        for (;;) {
            now_ += pace.wait(now_);
            if (now_ >= end) {
                return messages;
            }
            pace.sent(bytes);
            ++messages;
        }
    }

    Pace::Clock::time_point now_ = Pace::Clock::time_point{} + 1h;
};

TEST_F(PaceTest, WithoutARateNeverWaits) {
    Pace pace{Rate{}};
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(pace.wait(now_), 0ns);
        pace.sent(1 << 20);
    }
}

TEST_F(PaceTest, KeepsARateOfMessagesWhateverTheirSize) {
    Pace pace{{.per_second = 1000, .bytes = false}};
    (void)messages_in(pace, 1s, 1);  // the head start of a tenth of a second is over
    EXPECT_NEAR(static_cast<double>(messages_in(pace, 10s, 1)), 10'000, 2);
    EXPECT_NEAR(static_cast<double>(messages_in(pace, 10s, 1 << 20)), 10'000, 2);
}

TEST_F(PaceTest, KeepsARateOfBytes) {
    Pace pace{{.per_second = 1 << 20, .bytes = true}};
    (void)messages_in(pace, 1s, 1024);
    EXPECT_NEAR(static_cast<double>(messages_in(pace, 10s, 1024)), 10 * 1024, 2);
    EXPECT_NEAR(static_cast<double>(messages_in(pace, 10s, 65536)), 10 * 16, 2);
}

TEST_F(PaceTest, DoesNotSleepForLessThanIsWorthIt) {
    Pace pace{{.per_second = 10'000, .bytes = false}};  // one in 100 us
    (void)messages_in(pace, 1s, 1);
    now_ += pace.wait(now_);
    pace.sent(1);
    EXPECT_EQ(pace.wait(now_), 0ns);
    pace.sent(1);
    EXPECT_GE(pace.wait(now_), 200us);
}

TEST_F(PaceTest, CatchesUpByATenthOfASecondAtMost) {
    Pace pace{{.per_second = 1000, .bytes = false}};
    (void)messages_in(pace, 1s, 1);
    now_ += 60s;  // held up
    std::uint64_t at_once = 0;
    while (pace.wait(now_) == 0ns) {
        pace.sent(1);
        ++at_once;
    }
    EXPECT_NEAR(static_cast<double>(at_once), 101, 1);
}

TEST_F(PaceTest, WaitsForMinutesWhereTheRateIsThatLow) {
    Pace pace{{.per_second = 0.001, .bytes = false}};
    EXPECT_EQ(pace.wait(now_), 0ns);
    pace.sent(1);
    EXPECT_NEAR(std::chrono::duration<double>(pace.wait(now_)).count(), 1000, 0.2);
}

}  // namespace
}  // namespace shunt::tools
