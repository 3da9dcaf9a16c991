// SPDX-License-Identifier: MIT
#include "tools/src/tally.hpp"

#include <gtest/gtest.h>

namespace shunt::tools {
namespace {

TEST(Tally, OfNothingHasNoRate) {
    Tally tally;
    tally.end();
    EXPECT_EQ(tally.messages(), 0u);
    EXPECT_EQ(tally.result().at("bytes"), 0);
    EXPECT_EQ(tally.result().at("elapsed_ns"), 0);
    EXPECT_TRUE(tally.result().at("bytes_per_s").is_null());
    EXPECT_TRUE(tally.result().at("msgs_per_s").is_null());
}

TEST(Tally, CountsFromItsFirstBeginToItsEnd) {
    Tally tally;
    const auto before = Tally::Clock::now();
    tally.begin();
    tally.count(3000);
    while (Tally::Clock::now() - before < std::chrono::milliseconds{5}) {
    }
    tally.begin();  // changes nothing
    tally.count(1096);
    tally.end();
    const auto longest = Tally::Clock::now() - before;
    EXPECT_EQ(tally.bytes(), 4096u);
    EXPECT_EQ(tally.messages(), 2u);
    const auto result = tally.result();
    const auto elapsed = result.at("elapsed_ns").get<std::int64_t>();
    EXPECT_GE(elapsed, 4'000'000);
    EXPECT_LE(elapsed, std::chrono::nanoseconds{longest}.count());
    EXPECT_NEAR(result.at("bytes_per_s").get<double>(), 4096e9 / static_cast<double>(elapsed), 10);
    EXPECT_NEAR(result.at("msgs_per_s").get<double>(), 2e9 / static_cast<double>(elapsed), 0.1);
    EXPECT_EQ(tally.summary().rfind("4.0 KiB in 2 messages, ", 0), 0u) << tally.summary();
    EXPECT_EQ(tally.result(), result) << "nothing goes on";
}

}  // namespace
}  // namespace shunt::tools
