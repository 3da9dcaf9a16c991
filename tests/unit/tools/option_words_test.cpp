// SPDX-License-Identifier: MIT
#include "tools/src/option_words.hpp"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace shunt::tools {
namespace {

using namespace std::chrono_literals;

TEST(OptionWords, OfPages) {
    EXPECT_EQ(pages_of("4k"), pages::base);
    EXPECT_EQ(pages_of("thp"), pages::thp);
    EXPECT_EQ(pages_of("2m"), pages::huge_2m);
    EXPECT_EQ(pages_of("1g"), pages::huge_1g);
    EXPECT_EQ(pages_of("prefer"), pages::prefer_huge);
    EXPECT_EQ(pages_of(""), pages::prefer_huge);
    for (const char* bad : {"4K", "2M", "1G", "huge", " 4k"}) {
        EXPECT_THROW((void)pages_of(bad), std::invalid_argument) << bad;
    }
}

TEST(OptionWords, OfNodesAndCpus) {
    EXPECT_EQ(node_of(""), node::any);
    EXPECT_EQ(node_of("any"), node::any);
    EXPECT_EQ(node_of("auto"), node::automatic);
    EXPECT_EQ(node_of("interleave"), node::interleave);
    EXPECT_EQ(node_of("0"), 0);
    EXPECT_EQ(node_of("17"), 17);
    for (const char* bad : {"-1", "0x1", "1 ", "automatic", "99999999999", "0,1"}) {
        EXPECT_THROW((void)node_of(bad), std::invalid_argument) << bad;
    }
    EXPECT_EQ(cpu_of(""), kAnyCpu);
    EXPECT_EQ(cpu_of("3"), 3);
    for (const char* bad : {"-1", "any", "1,2", "3 "}) {
        EXPECT_THROW((void)cpu_of(bad), std::invalid_argument) << bad;
    }
}

TEST(OptionWords, OfWaits) {
    EXPECT_EQ(wait_of("spin"), wait::spin);
    EXPECT_EQ(wait_of("spin_pause"), wait::spin_pause);
    EXPECT_EQ(wait_of("park"), wait::park);
    EXPECT_EQ(wait_of("adaptive"), wait::adaptive);
    for (const char* bad : {"", "Spin", "spin-pause", "sleep"}) {
        EXPECT_THROW((void)wait_of(bad), std::invalid_argument) << bad;
    }
}

TEST(OptionWords, OfPolicies) {
    for (const policy each : {policy::gated, policy::lossy, policy::conflate}) {
        EXPECT_EQ(policy_of(std::string{to_string(each)}), each);
    }
    EXPECT_EQ(on_slow_of("block"), on_slow::block);
    EXPECT_EQ(on_slow_of("evict"), on_slow::evict);
    EXPECT_EQ(on_slow_of("drop"), on_slow::drop);
    for (const char* bad : {"", "Gated", "gate", "all"}) {
        EXPECT_THROW((void)policy_of(bad), std::invalid_argument) << bad;
        EXPECT_THROW((void)on_slow_of(bad), std::invalid_argument) << bad;
    }
}

TEST(OptionWords, LeaveAChannelAsItIsWhereTheyAreNotGiven) {
    const Options options = options_of({});
    EXPECT_EQ(options.capacity, kAnyCapacity);
    EXPECT_EQ(options.pages, pages::prefer_huge);
    EXPECT_EQ(options.node, node::any);
    EXPECT_EQ(options.cpu, kAnyCpu);
    EXPECT_EQ(options.wait, wait::park);
    EXPECT_EQ(options.open_timeout, 30s);
    const Patience patience = patience_of({});
    EXPECT_EQ(patience.for_first, Seconds{30});
    EXPECT_EQ(patience.for_successor, Seconds{30});
}

class OptionsOfACommand : public testing::Test {
protected:
    OptionsOfACommand() {
        add_geometry(app_, words_);
        add_waiting(app_, words_, "receiver");
    }
    // The exit code of the parser, 0 where it takes the words.
    int parse(std::vector<std::string> arguments) {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants a vector
        try {
            app_.parse(arguments);
        } catch (const CLI::ParseError& error) {
            return error.get_exit_code();
        }
        return 0;
    }

    CLI::App app_;
    PortWords words_;
};

TEST_F(OptionsOfACommand, ReachTheLibrary) {
    ASSERT_EQ(parse({"--pages", "4k", "--capacity", "64K", "--wait", "spin", "--open-timeout",
                     "0.25", "--peer-timeout", "2", "--node", "interleave", "--cpu", "1"}),
              0);
    const Options options = options_of(words_);
    EXPECT_EQ(options.pages, pages::base);
    EXPECT_EQ(options.node, node::interleave);
    EXPECT_EQ(options.cpu, 1);
    EXPECT_EQ(options.capacity, 65536u);
    EXPECT_EQ(options.wait, wait::spin);
    EXPECT_EQ(options.open_timeout, 250ms);
    EXPECT_EQ(patience_of(words_).for_first, Seconds{0.25});
    EXPECT_EQ(patience_of(words_).for_successor, Seconds{2});
}

TEST_F(OptionsOfACommand, AreCheckedWhenTheyAreRead) {
    EXPECT_NE(parse({"--pages", "1G"}), 0);
    EXPECT_NE(parse({"--node", "all"}), 0);
    EXPECT_NE(parse({"--cpu", "any"}), 0);
    EXPECT_NE(parse({"--capacity", "12x"}), 0);
    EXPECT_NE(parse({"--wait", "sleep"}), 0);
    EXPECT_NE(parse({"--open-timeout", "-1"}), 0);
    EXPECT_NE(parse({"--peer-timeout", "nan"}), 0);
}

TEST_F(OptionsOfACommand, NameThePeerInTheirHelp) {
    EXPECT_NE(app_.help().find("How long to wait for a receiver"), std::string::npos);
}

}  // namespace
}  // namespace shunt::tools
