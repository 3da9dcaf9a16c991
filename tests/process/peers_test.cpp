// SPDX-License-Identifier: MIT
//
// shunt-peers as a command: each peer is measured, or it says what the kernel said; and what it
// made in the kernel is gone when it is, however it ended. Figures are the machine's affair.
#include "bench/peers/src/keeper.hpp"
#include "process/support/command.hpp"
#include "unit/allocators/sandbox.hpp"

#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace shunt::process_test {
namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

// Ids of the queues, or sets, that /proc/sysvipc/`which` tells of.
std::set<std::string> ids_of(const std::string& which) {
    std::set<std::string> ids;
    std::ifstream in("/proc/sysvipc/" + which);
    std::string line;
    std::getline(in, line);  // heads
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        std::string key;
        std::string id;
        fields >> key >> id;
        ids.insert(id);
    }
    return ids;
}

class Peers : public testing::Test {
protected:
    void SetUp() override {
        if (perf::allowed_cpus().size() < 2) {
            GTEST_SKIP() << "one cpu only";
        }
    }
    static Command::Streams itself() {
        Command::Streams streams;
        streams.program = SHUNT_PEERS;
        return streams;
    }
    static Ended peers(const Strings& args) { return Command{args, itself()}.wait(); }
    static json measured(Strings args) {
        args.insert(args.end(), {"--json", "--repeats", "1"});
        const Ended ended = peers(args);
        EXPECT_EQ(ended.exit, 0) << ended.err;
        EXPECT_EQ(ended.err, "");
        return ended.document();
    }

    static json listed() { return peers({"--list", "--json"}).document().at("result"); }

    Place place_;
};

// What a row of a library is built with: a line of bench/peers/packages.
std::map<std::string, std::string> packages() {
    std::map<std::string, std::string> of;
    std::ifstream in(SHUNT_PEER_PACKAGES);
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream words(line);
        std::string key;
        if (words >> key && key.front() != '#') {
            words >> of[key];
        }
    }
    return of;
}

TEST_F(Peers, EachIsMeasuredOrTheKernelHasNoSuchThing) {
    const json list = listed().at("peers");
    EXPECT_GE(list.size(), 21u);
    const json document = measured({"--size", "8,4096"});
    EXPECT_EQ(document.at("schema"), "shunt/peers/1");
    const json result = document.at("result");
    for (const json& size : result.at("sizes")) {
        for (const auto& [key, about] : list.items()) {
            if (result.at("absent").contains(key)) {
                EXPECT_NE(result["absent"][key], "") << key;
                continue;
            }
            const char* const unit =
                about.at("group") == "request_reply" ? "round_trip_ns" : "one_way_ns";
            EXPECT_TRUE(size.at("peers").at(key).at(unit).contains("p50")) << key;
            for (const auto& [field, value] : about.items()) {
                EXPECT_EQ(size["peers"][key].at("about").at(field), value) << key;
            }
            EXPECT_EQ(size["peers"][key]["about"]["command"],
                      "shunt-peers --only " + key + " --size " + size.at("size").dump());
        }
        EXPECT_TRUE(size.at("peers").contains("shunt-park"));
    }
    for (const json& size : result.at("repeats").at(0).at("sizes")) {
        for (const auto& [key, row] : size.at("rows").items()) {
            const auto samples = row.at("samples").get<int>();
            EXPECT_GT(samples, 0) << key;
            // Fewer have no median: under a sanitizer json_rpc takes milliseconds.
            EXPECT_TRUE(samples < 20 ? row.at("p50_ns").is_null() : row.at("p50_ns") > 0)
                << key << ": " << row;
        }
    }
}

TEST_F(Peers, ALibraryThatWasNotThereWhenItWasBuiltIsNamedWithItsPackage) {
    const json list = listed();
    EXPECT_EQ(packages().size(), 11u);
    for (const auto& [key, package] : packages()) {
        if (list.at("peers").contains(key)) {
            EXPECT_FALSE(list.at("absent").contains(key)) << key;
            EXPECT_TRUE(contains(list.at("peers").at(key).at("version"), package)) << key;
            continue;
        }
        const std::string why = "not built: no " + key + " (" + package + ")";
        EXPECT_EQ(list.at("absent").at(key), why);
        EXPECT_TRUE(contains(peers({"--list"}).out, "absent: " + key + ": " + why + "\n"));
        const json result = measured({"--only", key}).at("result");
        EXPECT_EQ(result.at("absent").at(key), why);
        EXPECT_FALSE(result.at("peers").contains(key));
    }
}

TEST_F(Peers, TwoThreadsAreComparedWithShuntBetweenTwoThreads) {
    const bool built = listed().at("peers").contains("readerwriterqueue");
    const json result = measured({"--only", "readerwriterqueue,pipe"}).at("result");
    EXPECT_EQ(result.at("peers").contains("shunt-threads"), built);
    EXPECT_EQ(result.contains("paired_threads"), built);
    if (!built) {
        return;
    }
    EXPECT_EQ(result.at("peers").at("readerwriterqueue").at("about").at("between"), "threads");
    EXPECT_EQ(result.at("peers").at("pipe").at("about").at("between"), "processes");
    EXPECT_EQ(result.at("paired_threads").size(), 1u);
    for (const json& repeat : result.at("repeats")) {
        const json& size = repeat.at("sizes").at(0);
        if (size.at("counted")) {
            const double ours = size.at("rows").at("shunt-threads").at("p50_ns");
            const double queue = size.at("rows").at("readerwriterqueue").at("p50_ns");
            EXPECT_NEAR(result["paired_threads"]["readerwriterqueue"]["median"], ours / queue,
                        1e-3 * ours / queue);
        }
    }
    EXPECT_TRUE(contains(peers({"--only", "readerwriterqueue", "--repeats", "1"}).out,
                         "polls, in threads"));
}

TEST_F(Peers, WhoseHelpersHaveNoCpuIsSaidToBeOversubscribedAndIsNotTheLowest) {
    const bool crowded = perf::allowed_cpus().size() == 2;
    std::string with_helpers = "eventfd,mmap_file";
    const json list = listed().at("peers");
    for (const auto& [key, about] : list.items()) {
        const bool helpers = about.at("helper_threads") > 0;
        EXPECT_EQ(about.at("oversubscribed"), helpers && crowded) << key;
        EXPECT_EQ(about.at("helpers") == "none", !helpers) << key;
        with_helpers += helpers ? "," + key : "";
    }
    const json result = measured({"--only", with_helpers}).at("result");
    ASSERT_FALSE(result.at("lowest").empty());
    for (const auto& [group, key] : result.at("lowest").items()) {
        if (result.at("peers").contains(key) && result["peers"][key].contains("about")) {
            EXPECT_EQ(result["peers"][key]["about"]["oversubscribed"], false) << key;
            EXPECT_EQ(result["peers"][key]["about"]["group"], group) << key;
        }
    }
}

TEST_F(Peers, ACallTellsItsRoundTripAndShuntDoesBesideIt) {
    const json list = listed().at("peers");
    for (const auto& [key, about] : list.items()) {
        if (about.at("group") != "request_reply") {
            continue;
        }
        const json result = measured({"--only", key}).at("result");
        if (result.at("absent").contains(key)) {
            continue;
        }
        EXPECT_FALSE(result.at("peers").at(key).contains("one_way_ns")) << key;
        EXPECT_TRUE(result.at("peers").at(key).contains("round_trip_ns")) << key;
        const json& park = result.at("peers").at("shunt-park");
        for (const json& ours : {result, park}) {
            if (ours.at("one_way_ns").at("min").is_number()) {
                EXPECT_EQ(ours.at("round_trip_ns").at("min").get<double>(),
                          2 * ours.at("one_way_ns").at("min").get<double>());
            }
        }
        EXPECT_TRUE(contains(peers({"--only", key, "--repeats", "1"}).out, "request and reply"))
            << key;
    }
}

TEST_F(Peers, ARateIsMeasuredWhereAWriterCanBeAhead) {
    const json list = listed().at("peers");
    EXPECT_EQ(list.at("pipe").at("throughput"), true);
    const json document = measured({"--throughput"});
    EXPECT_EQ(document.at("args").at("mode"), "throughput");
    const json& result = document.at("result");
    for (const auto& [key, about] : list.items()) {
        if (about.at("throughput") == false) {
            EXPECT_TRUE(contains(result.at("absent").at(key), "in ping-pong only: ")) << key;
            continue;
        }
        if (result.at("absent").contains(key)) {
            continue;
        }
        EXPECT_EQ(result.at("peers").at(key).at("about").at("command"),
                  "shunt-peers --throughput --only " + key + " --size 8");
        for (const json& repeat : result.at("repeats")) {
            EXPECT_GT(repeat.at("sizes").at(0).at("rows").at(key).at("msgs_per_s"), 0) << key;
        }
    }
    for (const json& repeat : result.at("repeats")) {
        const json& size = repeat.at("sizes").at(0);
        if (size.at("counted")) {
            const double park = size.at("rows").at("shunt-park").at("msgs_per_s");
            const double pipe = size.at("rows").at("pipe").at("msgs_per_s");
            EXPECT_NEAR(result.at("paired_park").at("pipe").at("median"), park / pipe,
                        1e-3 * park / pipe);
            EXPECT_TRUE(result.contains("highest"));
        }
    }
    const std::string text = peers({"--throughput", "--only", "pipe", "--repeats", "1"}).out;
    EXPECT_TRUE(contains(text, "msgs/s")) << text;
}

TEST_F(Peers, KilledItLeavesNoDaemonOfIceoryxAndNothingOfIt) {
    const auto is_there = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
    const std::string memory = "/dev/shm/iceoryx_mgmt";
    if (measured({"--only", "iceoryx"}).at("result").at("absent").contains("iceoryx")) {
        return;  // not built, or somebody else's daemon has its place, or there is no room for it
    }
    EXPECT_FALSE(is_there(memory));
    Command command{{"--only", "iceoryx", "--repeats", "1000"}, itself()};
    const std::string socket = "/tmp/shunt-peers-" + std::to_string(command.pid()) + "-0";
    ASSERT_TRUE(until([&] { return is_there(memory) && is_there(socket); })) << command.err();
    command.kill();
    ASSERT_TRUE(until([&] {
        return !is_there(memory) && !is_there(socket) && !is_there(socket + ".lock") &&
               !is_there("/tmp/roudi");
    }));
}

TEST_F(Peers, RatiosOfWhoBlocksAreThoseOfShuntThatParks) {
    const json result = measured({"--only", "pipe,mmap_file"}).at("result");
    for (const json& repeat : result.at("repeats")) {
        const json& size = repeat.at("sizes").at(0);
        if (size.at("counted")) {
            const double park = size.at("rows").at("shunt-park").at("p50_ns");
            const double pipe = size.at("rows").at("pipe").at("p50_ns");
            EXPECT_NEAR(result.at("paired_park").at("pipe").at("median"), park / pipe,
                        1e-3 * park / pipe);
            EXPECT_EQ(result.at("paired_park").at("pipe").at("n"), 1);
        }
    }
}

TEST_F(Peers, TextHasWhoPollsAndWhoBlocksApart) {
    const std::string text = peers({"--only", "pipe,mmap_file", "--repeats", "1"}).out;
    const std::size_t polls = text.find("polls ");
    const std::size_t blocks = text.find("blocks ");
    ASSERT_NE(polls, std::string::npos) << text;
    ASSERT_NE(blocks, std::string::npos) << text;
    const std::size_t mapped = text.find("mmap_file");
    EXPECT_TRUE(polls < mapped && mapped < blocks) << text;
    EXPECT_LT(blocks, text.find("\n  pipe")) << text;
    EXPECT_LT(blocks, text.find("shunt-park")) << text;
}

TEST_F(Peers, WhatTheKernelRefusesIsAbsentAndItsWordsAreTold) {
    Child child{[] {
        sandbox::refuse_call(SYS_process_vm_readv, EPERM);
        const json result = measured({"--only", "process_vm,mmap_file"}).at("result");
        const std::string why = result.at("absent").at("process_vm");
        return contains(why, "process_vm_readv: Operation not permitted") &&
                       !result.at("peers").contains("process_vm") &&
                       result.at("peers").contains("mmap_file")
                   ? 0
                   : 1;
    }};
    EXPECT_EQ(child.wait(), "exit 0");
}

TEST_F(Peers, KilledItLeavesNoQueueAndNoSemaphore) {
    const std::set<std::string> queues = ids_of("msg");
    const std::set<std::string> semaphores = ids_of("sem");
    for (const std::string which : {"msg", "sem"}) {
        const std::set<std::string>& before = which == "msg" ? queues : semaphores;
        for (int i = 0; i < 10; ++i) {  // as soon as it is there
            Command command{{"--only", "sysv_mq,sysv_semaphore", "--repeats", "1000"}, itself()};
            ASSERT_TRUE(until([&] { return ids_of(which) != before; })) << command.err();
            command.kill();
            ASSERT_TRUE(
                until([&] { return ids_of("msg") == queues && ids_of("sem") == semaphores; }));
        }
    }
}

TEST(Keeper, TellsTheWordsOfWhatItMakesOrThatThereWereNone) {
    const auto why = [](int (*make)()) -> std::string {
        try {
            const peers::Keeper keeper{"a thing", make, [](int) {}};
        } catch (const bench::Failure& failure) {
            return failure.what();
        }
        return "made";
    };
    EXPECT_EQ(why([] { return 7; }), "made");
    EXPECT_EQ(why([]() -> int { peers::Keeper::refuse("no room"); }), "a thing: no room");
    EXPECT_EQ(why([]() -> int { ::_exit(0); }), "a thing: its process ended without a word");
    EXPECT_TRUE(contains(why([] {
                             errno = ENOSPC;
                             return -1;
                         }),
                         "a thing: No space left on device"));
}

TEST_F(Peers, InterruptedItTellsWhatCounted) {
    Command command{{"--only", "pipe", "--repeats", "1000", "--json"}, itself()};
    const auto measuring = [&] {
        std::ifstream children("/proc/" + std::to_string(command.pid()) + "/task/" +
                               std::to_string(command.pid()) + "/children");
        std::string one;
        return bool{children >> one};
    };
    ASSERT_TRUE(until(measuring)) << command.err();
    command.signal(SIGINT);
    const Ended ended = command.wait();
    EXPECT_EQ(ended.exit, 130) << ended.err;
    EXPECT_TRUE(contains(ended.err, "shunt-peers: interrupted")) << ended.err;
    EXPECT_EQ(ended.document().at("result").at("partial"), true);
}

TEST_F(Peers, RefusesWhatItDoesNotKnow) {
    const auto refused = [](const Strings& args, const std::string& part) {
        const Ended ended = peers(args);
        EXPECT_EQ(ended.exit, 2) << ended.err;
        EXPECT_TRUE(contains(ended.err, part)) << ended.err;
    };
    refused({"--only", "pigeon"}, "there is no peer 'pigeon'; there are pipe, fifo");
    refused({"--size", "16"}, "messages of 16 bytes are not measured; sizes are 8, 32");
    refused({"--repeats", "0"}, "0 repeats");
    refused({"--sizes", "8"}, "see 'shunt-peers --help'");
    EXPECT_TRUE(contains(peers({"--help"}).out, "--only KEY[,KEY...]"));
}

}  // namespace
}  // namespace shunt::process_test
