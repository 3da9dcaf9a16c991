// SPDX-License-Identifier: MIT
#include "unit/bench/own_directory.hpp"

#include <shunt_bench/slow.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace shunt::bench {
namespace {

using nlohmann::json;

class Slow : public OwnDirectory {
protected:
    Slow() {
        config_.repeats = 2;
        config_.slice = std::chrono::milliseconds{30};
        config_.pages = shunt::pages::base;
        config_.capacity = 256;
    }
    void refused(const std::string& part) const {
        try {
            (void)run_slow(config_);
            ADD_FAILURE() << part;
        } catch (const Failure& why) {
            EXPECT_EQ(why.exit_code(), 2);
            EXPECT_NE(std::string{why.what()}.find(part), std::string::npos) << why.what();
        }
    }
    static std::uint64_t number(const json& in, const char* key) {
        return in.at(key).get<std::uint64_t>();
    }

    SlowConfig config_;
};

TEST_F(Slow, EveryMessageIsAccountedForInEachKindAndByEachPolicy) {
    for (const shunt::wait wait : {shunt::wait::park, shunt::wait::spin_pause}) {
        config_.wait = wait;
        const json document = run_slow(config_);
        EXPECT_EQ(document.at("schema"), "shunt/bench-slow/1");
        EXPECT_EQ(document.at("args").at("rows").size(), slow_row_names().size());
        EXPECT_EQ(document.at("result").at("bound_per_s"), 1e6);
        const json& rows = document.at("result").at("rows");
        ASSERT_EQ(rows.size(), slow_row_names().size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_EQ(rows.at(i).at("name"), slow_row_names()[i]);
            EXPECT_GT(rows.at(i).at("sent_per_s").at("median"), 0) << rows.at(i).at("name");
            EXPECT_GT(rows.at(i).at("send_ns").at("samples"), 0);
            EXPECT_LE(rows.at(i).at("of_bound").at("high"), 1.01) << "it works that long";
        }
        ASSERT_EQ(document.at("result").at("repeats").size(), 2u);
        for (const json& repeat : document.at("result").at("repeats")) {
            for (const json& row : repeat.at("rows")) {
                EXPECT_EQ(number(row, "received") + number(row, "lost"), number(row, "accepted"))
                    << row;
                EXPECT_LE(number(row, "dropped"), number(row, "found_full")) << row;
                EXPECT_LE(number(row, "found_full"), number(row, "offered")) << row;
            }
        }
        EXPECT_NE(render_slow(document).find("\ngated-drop "), std::string::npos);
    }
}

TEST_F(Slow, WhatDoesNotFitIsWaitedForDroppedOrOverwritten) {
    config_.work = std::chrono::microseconds{20};
    config_.repeats = 1;
    const json rows = run_slow(config_).at("result").at("repeats").at(0).at("rows");
    for (const json& row : rows) {
        const auto name = row.at("name").get<std::string>();
        const bool waits =
            name == "spsc" || name == "mpsc" || name == "mpmc" || name == "gated-block";
        const bool drops = name == "gated-drop";
        if (waits) {
            EXPECT_EQ(number(row, "lost") + number(row, "dropped"), 0u) << row;
        } else if (drops) {
            EXPECT_GT(number(row, "dropped"), 0u) << row;
            EXPECT_EQ(number(row, "lost"), 0u) << row;
        } else {
            EXPECT_EQ(number(row, "found_full"), 0u) << row;
            EXPECT_GT(number(row, "lost"), 0u) << "a thousand times as fast as it is read: " << row;
        }
    }
}

TEST_F(Slow, TakesARowAlone) {
    config_.rows = {"lossy", "spsc"};
    config_.work = std::chrono::nanoseconds{0};
    const json document = run_slow(config_);
    const json& rows = document.at("result").at("rows");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows.at(0).at("name"), "lossy");
    EXPECT_EQ(rows.at(1).at("when_full"), "waits");
    EXPECT_EQ(rows.at(0).at("of_bound"), nullptr) << "no work, no bound";
    EXPECT_FALSE(render_slow(document).empty());
}

TEST_F(Slow, AnInterruptedRunKeepsWhatItHasAndLeavesNoChannel) {
    config_.repeats = 1000;
    for (const unsigned looks : {1u, 2u, 3u, 20u}) {
        unsigned looked = 0;
        config_.interrupted = [&] { return ++looked >= looks; };
        const json document = run_slow(config_);
        EXPECT_EQ(document.at("ok"), false);
        EXPECT_EQ(document.at("result").at("partial"), true);
        EXPECT_FALSE(render_slow(document).empty());
    }
}

TEST_F(Slow, RefusesWhatItCannotMeasure) {
    config_.rows = {"lossless"};
    refused("there are spsc, mpsc, mpmc, gated-block");
    config_.rows = {"spsc", "spsc"};
    refused("named twice");
    config_.rows = {};
    config_.size = 16;
    refused("8, 24, 56, 64, 248, 1024");
    config_.size = 8;
    config_.work = std::chrono::milliseconds{11};
    refused("0 to 10 ms");
    config_.work = std::chrono::nanoseconds{1};
    config_.capacity = 0;
    refused("holds no message");
    config_.capacity = 8;
    config_.cpus = {0};
    refused("a sender and a receiver take two");
    config_.cpus = {};
    config_.repeats = 0;
    refused("1 to 1000");
}

}  // namespace
}  // namespace shunt::bench
