// SPDX-License-Identifier: MIT
//
// What a run of several processes leaves when it is interrupted, whenever that is: nothing.
#include "unit/bench/own_directory.hpp"

#include <shunt_bench/fanin.hpp>
#include <shunt_bench/fanout.hpp>

#include <gtest/gtest.h>

namespace shunt::bench {
namespace {

class Crowd : public OwnDirectory {
protected:
    // By `run`, a fan-in or a fan-out, which is interrupted at its first look, the second, ...
    template <class Config, class Run>
    static void expect_partial(Config config, Run&& run) {
        config.repeats = 1000;
        config.slice = std::chrono::milliseconds{20};
        config.pages = shunt::pages::base;
        for (const unsigned looks : {1u, 2u, 4u, 8u, 30u}) {
            unsigned looked = 0;
            config.interrupted = [&] { return ++looked >= looks; };
            const nlohmann::json document = run(config);
            EXPECT_EQ(document.at("ok"), false);
            EXPECT_EQ(document.at("result").at("partial"), true);
        }
    }
};

TEST_F(Crowd, OfAFanInLeavesNoChannelWhenItIsInterrupted) {
    FaninConfig config;
    config.producers = 3;
    expect_partial(config, run_fanin);
    config.kind = Kind::mpmc;
    config.consumers = 2;
    expect_partial(config, run_fanin);
}

TEST_F(Crowd, OfAFanOutLeavesNoChannelWhenItIsInterrupted) {
    FanoutConfig config;
    config.subscribers = 2;
    config.idle = {3};
    config.stopped = true;
    expect_partial(config, run_fanout);
    config = {};
    config.kind = Feed::latest;
    expect_partial(config, run_fanout);
}

}  // namespace
}  // namespace shunt::bench
