// SPDX-License-Identifier: MIT
#include "unit/bench/own_directory.hpp"

#include <shunt_bench/fanout.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace shunt::bench {
namespace {

using nlohmann::json;

class Fanout : public OwnDirectory {
protected:
    Fanout() {
        config_.repeats = 2;
        config_.slice = std::chrono::milliseconds{20};
        config_.pages = shunt::pages::base;
    }
    void refused(const std::string& part) const {
        try {
            (void)run_fanout(config_);
            ADD_FAILURE() << part;
        } catch (const Failure& why) {
            EXPECT_EQ(why.exit_code(), 2);
            EXPECT_NE(std::string{why.what()}.find(part), std::string::npos) << why.what();
        }
    }
    // Received and lost of each reader are all that was sent.
    static void expect_exact(const json& document) {
        for (const json& repeat : document.at("result").at("repeats")) {
            for (const json& row : repeat.at("rows")) {
                for (const json& reader : row.at("readers")) {
                    EXPECT_EQ(reader.at("received").get<std::uint64_t>() +
                                  reader.at("lost").get<std::uint64_t>(),
                              row.at("sent").get<std::uint64_t>());
                }
            }
        }
    }

    FanoutConfig config_;
};

TEST_F(Fanout, GatedSubscribersGetAllOfIt) {
    config_.subscribers = 3;
    const json document = run_fanout(config_);
    EXPECT_EQ(document.at("schema"), "shunt/bench-fanout/1");
    EXPECT_EQ(document.at("args").at("policy"), "gated");
    const json& row = document.at("result").at("rows").at(0);
    EXPECT_GT(row.at("msgs_per_s").at("median"), 0);
    EXPECT_EQ(row.at("received_share").at("low"), 1);
    EXPECT_FALSE(row.contains("paired"));
    EXPECT_EQ(document.at("result").at("repeats").at(1).at("rows").at(0).at("readers").size(), 3u);
    expect_exact(document);
    EXPECT_FALSE(render_fanout(document).empty());
}

TEST_F(Fanout, LossesOfReadersOfEverySpeedAreCountedExactly) {
    config_.policy = shunt::policy::lossy;
    config_.subscribers = 4;
    config_.every_speed = true;
    config_.repeats = 1;
    config_.messages = std::getenv("SHUNT_TEST_FULL") != nullptr ? 100'000'000 : 300'000;
    const json document = run_fanout(config_);
    expect_exact(document);
    const json& row = document.at("result").at("repeats").at(0).at("rows").at(0);
    EXPECT_EQ(row.at("sent"), config_.messages);
    EXPECT_GT(row.at("readers").at(3).at("lost"), 0) << "the slowest one";
    config_.policy = shunt::policy::conflate;
    expect_exact(run_fanout(config_));
}

TEST_F(Fanout, RowsWithIdleSubscribersAndAStoppedOneAreComparedWithTheFirst) {
    config_.subscribers = 0;
    config_.repeats = 5;
    config_.messages = 100'000;  // a loaded machine sends too few in a slice for a p99
    config_.idle = {0, 2};
    config_.stopped = true;
    const json document = run_fanout(config_);
    const json& rows = document.at("result").at("rows");
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows.at(1).at("idle_subscribers"), 2);
    EXPECT_EQ(rows.at(1).at("stopped"), false);
    EXPECT_EQ(rows.at(2).at("stopped"), true);
    for (const std::size_t i : {1u, 2u}) {
        const json& paired = rows.at(i).at("paired");
        EXPECT_GT(paired.at("msgs_per_s").at("median"), 0);
        const json& difference = paired.at("publish_p99_ns");
        EXPECT_EQ(difference.at("n"), 5);
        EXPECT_TRUE(difference.at("no_difference").is_boolean());
        EXPECT_TRUE(paired.at("msgs_per_s").at("no_difference").is_boolean());
        EXPECT_LE(difference.at("bootstrap").at("low"), difference.at("median"));
        EXPECT_GE(difference.at("bootstrap").at("high"), difference.at("median"));
    }
    expect_exact(document);
    const json& stopped = document.at("result").at("repeats").at(0).at("rows").at(2);
    ASSERT_EQ(stopped.at("readers").size(), 1u);
    EXPECT_GT(stopped.at("readers").at(0).at("lost"), 0);
    EXPECT_NE(render_fanout(document).find("1 stopped"), std::string::npos);
    EXPECT_NE(render_fanout(document).find("95 % of the median:\n"), std::string::npos);
}

TEST_F(Fanout, ALatestValueIsReadAloneAndWhileItIsWritten) {
    config_.kind = Feed::latest;
    config_.subscribers = 1;
    for (const std::size_t size : {8u, 1024u}) {
        config_.size = size;
        const json document = run_fanout(config_);
        const json& result = document.at("result");
        EXPECT_GT(result.at("read_ns").at("alone").at("median"), 0);
        EXPECT_GT(result.at("read_ns").at("written").at("median"), 0);
        EXPECT_EQ(result.at("read_ns").at("written").at("n"), 2);
        EXPECT_GT(result.at("writes_per_s").at("median"), 0);
        EXPECT_GT(result.at("repeats").at(0).at("readers").at(0).at("loads"), 0);
        EXPECT_EQ(document.at("args").at("policy"), nullptr);
        EXPECT_NE(render_fanout(document).find("while it is written"), std::string::npos);
    }
}

TEST_F(Fanout, RefusesWhatItCannotMeasure) {
    config_.size = 16;
    refused("8, 24, 56, 64, 248, 1024");
    config_.size = 8;
    config_.subscribers = 32;
    refused("0 to 31 are possible");
    config_.subscribers = 1;
    config_.idle = {81};
    refused("at most 80");
    config_.idle = {};
    refused("how many idle subscribers");
    config_.idle = {0};
    config_.repeats = 0;
    refused("1 to 1000");
    config_.repeats = 1;
    config_.kind = Feed::latest;
    config_.stopped = true;
    refused("leave --policy");
    config_.stopped = false;
    config_.subscribers = 0;
    refused("somebody who reads");
}

}  // namespace
}  // namespace shunt::bench
