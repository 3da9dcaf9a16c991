// SPDX-License-Identifier: MIT
//
// What `shunt` shows: lists, one channel, messages in hexadecimal, documents.
#include "process/support/command.hpp"

#include <shunt/allocators/numa.hpp>
#include <shunt/broadcast.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/latest.hpp>
#include <shunt/mpmc.hpp>
#include <shunt/spsc.hpp>
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <sstream>

#include "unit/allocators/sandbox.hpp"

struct Named {
    std::uint64_t a, b, c;
};
SHUNT_TYPE(Named, "test.Named/1");

namespace shunt::process_test {
namespace {

using nlohmann::json;

class ToolsShow : public testing::Test {
protected:
    static void expect_envelope(const json& document, const std::string& command) {
        EXPECT_EQ(document.at("schema"), "shunt/" + command + "/1");
        for (const char* key : {"version", "git", "compiler", "flags"}) {
            EXPECT_TRUE(document.at("tool").at(key).is_string()) << key;
        }
        EXPECT_TRUE(document.at("host").at("kernel").is_string());
        EXPECT_TRUE(document.at("args").is_object());
        EXPECT_TRUE(document.at("result").is_object());
        EXPECT_TRUE(document.at("warnings").is_array());
        EXPECT_EQ(document.at("ok"), true);
    }
    static json listed(const std::string& name) {
        const Ended ended = run({"ls", "--json"});
        EXPECT_EQ(ended.exit, 0) << ended.err;
        const json document = ended.document();
        expect_envelope(document, "ls");
        for (const json& each : document.at("result").at("channels")) {
            if (each.at("name") == name) {
                return each;
            }
        }
        return nullptr;
    }
    static json info(const std::string& name) {
        const Ended ended = run({"info", name, "--json"});
        EXPECT_EQ(ended.exit, 0) << ended.err;
        const json document = ended.document();
        expect_envelope(document, "info");
        return document;
    }

    Place place_;
};

TEST_F(ToolsShow, AnEmptyDirectoryAndNoneAtAll) {
    EXPECT_EQ(run({"ls"}).out, "no channels in " + place_.directory() + "\n");
    EXPECT_EQ(run({"ls", "--json"}).document().at("result").at("channels"), json::array());
    ::setenv("SHUNT_DIR", (place_.directory() + "/nowhere").c_str(), 1);
    const Ended ended = run({"ls", "--json"});
    ::setenv("SHUNT_DIR", place_.directory().c_str(), 1);
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(ended.document().at("result").at("channels"), json::array());
}

TEST_F(ToolsShow, ATypedChannelWithItsPeersPositionsAndType) {
    spsc::Producer<Named> out("typed", {.capacity = 100, .pages = pages::base});
    for (std::uint64_t i = 0; i < 5; ++i) {
        ASSERT_TRUE(out.try_push({i, i, i}));
    }
    {
        spsc::Consumer<Named> in("typed");
        Named first{};
        ASSERT_TRUE(in.try_pop(first));
        const json one = listed("typed");
        EXPECT_EQ(one.at("state"), "active");
        EXPECT_EQ(one.at("peers").size(), 2u);
    }
    const json one = listed("typed");
    EXPECT_EQ(one.at("kind"), "spsc");
    EXPECT_EQ(one.at("element_bytes"), 24);
    EXPECT_EQ(one.at("type_name"), "test.Named/1");
    EXPECT_EQ(one.at("capacity"), out.capacity());
    EXPECT_EQ(one.at("page_bytes"), 4096);
    EXPECT_EQ(one.at("unread"), 4);
    EXPECT_EQ(one.at("state"), "no consumer");
    EXPECT_EQ(one.at("peers").size(), 1u);
    EXPECT_EQ(one.at("peers").at(0).at("pid"), ::getpid());
    EXPECT_EQ(one.at("peers").at(0).at("alive"), true);

    const json result = info("typed").at("result");
    EXPECT_EQ(result.at("header").at("type_name"), "test.Named/1");
    EXPECT_EQ(result.at("positions").at("write_pos"), 5);
    EXPECT_EQ(result.at("positions").at("read_pos"), 1);
    EXPECT_EQ(result.at("unread"), 4);
    EXPECT_EQ(result.at("broken"), false);
    EXPECT_EQ(result.at("placement").at("page_bytes"), 4096);
    const std::string text = run({"info", "typed"}).out;
    for (const char* part : {"test.Named/1", "24-byte elements", "by smaps", "no consumer",
                             "producer", "consumer_words", "wakeable"}) {
        EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
    }
}

TEST_F(ToolsShow, WhoHoldsWhatOfAnMpmcChannelAndWhoHoldsItUp) {
    Options options;
    options.capacity = 8;
    options.pages = pages::base;
    mpmc::Producer<Named> stuck{"jobs", options};
    mpmc::Producer<Named> producer{"jobs", options};
    mpmc::Consumer<Named> consumer{"jobs", options};
    ASSERT_TRUE(producer.try_push({1, 2, 3}));
    ASSERT_NE(consumer.try_peek(), nullptr);
    ASSERT_NE(stuck.try_claim(), nullptr);
    EXPECT_TRUE(info("jobs").at("warnings").empty()) << "nothing lies behind the claim yet";
    ASSERT_TRUE(producer.try_push({4, 5, 6}));
    const json document = info("jobs");
    const json& peers = document.at("result").at("peers");
    ASSERT_EQ(peers.size(), 3u);
    EXPECT_EQ(peers.at(0).at("holds"), json::parse(R"([{"what": "claim", "position": 1}])"));
    EXPECT_EQ(peers.at(1).at("holds"), json::array());
    EXPECT_EQ(peers.at(2).at("holds"), json::parse(R"([{"what": "message", "position": 0}])"));
    ASSERT_EQ(document.at("warnings").size(), 1u) << document.at("warnings");
    EXPECT_EQ(document.at("warnings").at(0).at("id"), "held-up");
    const std::string text = run({"info", "jobs"}).out;
    EXPECT_NE(text.find("claim 1"), std::string::npos) << text;
    EXPECT_NE(text.find("message 0"), std::string::npos) << text;
    EXPECT_NE(text.find("waiting for position 1"), std::string::npos) << text;
    EXPECT_EQ(listed("jobs").at("kind"), "mpmc");
}

TEST_F(ToolsShow, FormAndGreatestMessageOfAnMpmcChannelOfBytes) {
    Options options;
    options.capacity = 8;
    options.max_message = 100;
    options.pages = pages::base;
    mpmc::BytesProducer producer{"lines", options};
    mpmc::BytesConsumer consumer{"lines", options};
    ASSERT_TRUE(producer.try_push(as_bytes("one")));
    ASSERT_TRUE(producer.try_push(as_bytes("another")));
    mpmc::BytesView view;
    ASSERT_TRUE(consumer.try_peek(view));
    const json result = info("lines").at("result");
    EXPECT_EQ(result.at("header").at("kind"), "mpmc_bytes");
    EXPECT_EQ(result.at("header").at("max_message"), 100);
    EXPECT_EQ(result.at("header").at("unit"), "messages");
    EXPECT_EQ(result.at("peers").at(1).at("holds"),
              json::parse(R"([{"what": "message", "position": 0}])"));
    EXPECT_EQ(listed("lines").at("unread"), 1);
    EXPECT_TRUE(contains(run({"info", "lines"}).out, "mpmc_bytes of up to 100 bytes a message"));
    EXPECT_TRUE(contains(run({"ls"}).out, "bytes, up to 100"));
}

TEST_F(ToolsShow, BlocksOfAnMpmcChannelAndWhoHoldsWhat) {
    Options options;
    options.capacity = 8;
    options.ports = 10;
    options.pages = pages::base;
    mpmc::BlockProducer<Named> stuck{"jobs", options};
    mpmc::BlockProducer<Named> producer{"jobs", options};
    mpmc::BlockConsumer<Named> consumer{"jobs", options};
    ASSERT_NE(stuck.try_claim(), nullptr);
    ASSERT_TRUE(producer.try_push({1, 2, 3}));
    ASSERT_TRUE(producer.try_push({4, 5, 6}));
    ASSERT_NE(consumer.try_peek(), nullptr);
    const json document = info("jobs");
    const json& result = document.at("result");
    EXPECT_EQ(result.at("header").at("kind"), "mpmc_blocks");
    EXPECT_EQ(result.at("blocks"), json::parse(R"({"number": 18, "bytes": 32})"));
    EXPECT_EQ(result.at("unread"), 1);
    EXPECT_EQ(result.at("peers").at(0).at("holds"), json::array());
    EXPECT_EQ(result.at("peers").at(2).at("holds"),
              json::parse(R"([{"what": "message", "position": 0}])"));
    EXPECT_TRUE(document.at("warnings").empty()) << "a claim holds nobody up";
    EXPECT_TRUE(contains(run({"info", "jobs"}).out, "18 of 32 bytes, one a slot and one a port"));
    EXPECT_EQ(listed("jobs").at("kind"), "mpmc_blocks");
}

TEST_F(ToolsShow, SaysThatAnUnnamedTypeIsComparedBySizeOnly) {
    const spsc::Producer<std::uint64_t> out("plain", {.pages = pages::base});
    EXPECT_TRUE(
        contains(run({"info", "plain"}).out, "no type name: only size and alignment are compared"));
    EXPECT_EQ(info("plain").at("result").at("header").at("type_name"), nullptr);
}

TEST_F(ToolsShow, WarnsOfBasePagesWhereHugeOnesWerePreferred) {
    const spsc::Producer<std::uint64_t> out("small");
    const json document = info("small");
    ASSERT_EQ(document.at("warnings").size(), 1u) << document;
    EXPECT_EQ(document.at("warnings").at(0).at("id"), "base-pages");
    EXPECT_TRUE(contains(run({"info", "small"}).out, "\nwarning: slots of less than 1 MiB"));
}

TEST_F(ToolsShow, NodeCpuAndPagesAsAskedForAndAsTheyAre) {
    SHUNT_NEEDS_NODES();
    const int cpu = perf::allowed_cpus().back();
    const int node = plan_nodes(node::automatic, cpu).nodes.front();
    Command sender{{"send", "ch", "--pages", "4k", "--node", "auto", "--cpu", std::to_string(cpu)},
                   {.feed = true}};
    sender.feed("x");
    ASSERT_TRUE(until([&] { return !listed("ch").is_null() && listed("ch").at("unread") != 0; }))
        << sender.err();
    const json result = info("ch").at("result");
    EXPECT_EQ(result.at("placement").at("asked"), (json{{"pages", "4k"}, {"node", "auto"}}));
    EXPECT_EQ(result.at("placement").at("node"), node);
    EXPECT_EQ(result.at("header").at("node"), "auto");
    EXPECT_EQ(result.at("peers").at(0).at("cpu"), cpu);
    const std::string text = run({"info", "ch"}).out;
    EXPECT_TRUE(contains(text, "by move_pages (asked for: auto)")) << text;
    EXPECT_TRUE(contains(sender.err(), " in 4 KiB pages on node " + std::to_string(node)))
        << sender.err();
}

TEST_F(ToolsShow, TransparentPagesAsTheyAre) {
    Command sender{{"send", "ch", "--pages", "thp", "--capacity", "2M"}, {.feed = true}};
    sender.feed("x");
    ASSERT_TRUE(until([&] {
        return (!listed("ch").is_null() && listed("ch").at("unread") != 0) || !sender.err().empty();
    }));
    if (contains(sender.err(), "shunt send: ")) {
        GTEST_SKIP() << "this kernel gathers no transparent huge pages: " << sender.err();
    }
    const json placement = info("ch").at("result").at("placement");
    EXPECT_EQ(placement.at("asked").at("pages"), "thp");
    EXPECT_EQ(placement.at("transparent_bytes"), placement.at("bytes"));
    EXPECT_EQ(listed("ch").at("page_bytes"), 2u << 20);
    const std::string text = run({"info", "ch"}).out;
    EXPECT_TRUE(contains(text, "2 MiB transparent (asked for: thp)")) << text;
    EXPECT_TRUE(contains(sender.err(), " in 2 MiB transparent pages")) << sender.err();
}

TEST_F(ToolsShow, ADeadPeerAsDead) {
    Command sender{{"send", "ch", "--pages", "4k"}, {.feed = true}};
    sender.feed("x");
    ASSERT_TRUE(until([&] { return !listed("ch").is_null() && listed("ch").at("unread") != 0; }));
    const pid_t pid = sender.pid();
    sender.kill();
    const json one = listed("ch");
    EXPECT_EQ(one.at("state"), "nobody");
    EXPECT_EQ(one.at("peers").at(0).at("alive"), false);
    EXPECT_TRUE(contains(run({"ls"}).out, "P:" + std::to_string(pid) + "(dead)"));
    EXPECT_EQ(info("ch").at("warnings").at(0).at("id"), "dead-peer");
}

TEST_F(ToolsShow, ABrokenChannelAsBroken) {
    spsc::Producer<std::uint64_t> out("ch", {.pages = pages::base});
    // relaxed: nobody else is there
    out.participant().control().broken.store(1, std::memory_order_relaxed);
    EXPECT_EQ(listed("ch").at("state"), "broken");
    EXPECT_EQ(info("ch").at("result").at("state"), "broken");
    EXPECT_EQ(info("ch").at("warnings").back().at("id"), "broken");
}

TEST_F(ToolsShow, WhatCannotBeReadWithItsReasonAndExitsZero) {
    const spsc::Producer<std::uint64_t> out("good", {.pages = pages::base});
    write_file(place_.directory() + "/foreign.shunt", "not a channel\n");
    write_file(place_.directory() + "/ignored", "not called like one\n");
    const json foreign = listed("foreign");
    EXPECT_EQ(foreign.at("state"), "unreadable");
    EXPECT_TRUE(foreign.at("reason").is_string());
    EXPECT_EQ(listed("good").at("state"), "no consumer");
    EXPECT_EQ(listed("ignored"), nullptr);
    const Ended ended = run({"ls"});
    EXPECT_EQ(ended.exit, 0);
    EXPECT_EQ(ended.err, "");
    EXPECT_TRUE(contains(ended.out, "unreadable\n")) << ended.out;
    EXPECT_TRUE(contains(ended.out, "\nforeign: ")) << ended.out;
}

TEST_F(ToolsShow, MessagesInHexadecimalAndOnlySoMany) {
    Command sender{{"send", "ch"}, {.feed = true}};
    const Ended ended = [&] {
        Command receiver{{"recv", "ch", "--hex", "--count", "1"}};
        sender.feed("hello\n");
        return receiver.wait();
    }();
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(ended.out,
              "message 1, 6 bytes of the stream at byte 0\n"
              "00000000  68 65 6c 6c 6f 0a                                 |hello.|\n");
}

TEST_F(ToolsShow, TheRestOfAStreamToTheNextReceiverWithAWarning) {
    Command sender{{"send", "ch", "--count", "5", "--size", "100"}};
    const Ended first = run({"recv", "ch", "--count", "2"});
    EXPECT_EQ(first.exit, 0) << first.err;
    EXPECT_EQ(first.out.size(), 200u);
    EXPECT_EQ(first.err, "");
    const Ended rest = run({"recv", "ch"});
    EXPECT_EQ(rest.exit, 0) << rest.err;
    EXPECT_EQ(rest.out.size(), 300u);
    EXPECT_TRUE(contains(rest.err, "warning: the output begins at byte 200")) << rest.err;
    EXPECT_EQ(sender.wait().exit, 0);
    // And it was the stream: made-up bytes are the same each time.
    Command again{{"send", "ch", "--count", "5", "--size", "100"}};
    EXPECT_EQ(run({"recv", "ch"}).out, first.out + rest.out);
    EXPECT_EQ(again.wait().exit, 0);
}

TEST_F(ToolsShow, RawMessagesHoldNothingButThePayload) {
    Command sender{{"send", "ch", "--raw", "--count", "5", "--size", "100", "--json"}};
    ASSERT_TRUE(until([&] { return sender.sleeps_in(SYS_futex); }));
    std::string all;
    {
        spsc::BytesConsumer in("ch");
        std::array<std::byte, 200> to{};
        std::size_t size = 0;
        for (int i = 0; i < 2; ++i) {
            ASSERT_TRUE(in.try_pop(to, size));
            ASSERT_EQ(size, 100u);
            EXPECT_EQ(in.type(), 0u);
            all += as_text(std::span{to}.first(size));
        }
    }
    const Ended rest = run({"recv", "ch"});
    EXPECT_EQ(rest.exit, 0) << rest.err;
    all += rest.out;
    const Ended sent = sender.wait();
    EXPECT_EQ(sent.exit, 0) << sent.err;
    EXPECT_EQ(sent.document().at("result").at("messages"), 5);
    Command framed{{"send", "ch", "--count", "5", "--size", "100"}};
    EXPECT_EQ(run({"recv", "ch"}).out, all);
    EXPECT_EQ(framed.wait().exit, 0);
}

TEST_F(ToolsShow, ABytesProducerOfAProgramOfOnesOwn) {
    {
        spsc::BytesProducer out("ch", {.pages = pages::base});
        ASSERT_TRUE(out.try_push(as_bytes("one ")));
        ASSERT_TRUE(out.try_push(as_bytes("two\n"), 7));
    }
    const Ended ended = run({"recv", "ch"});
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(ended.out, "one two\n");
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsShow, EachSubscriberAndWhatItHasLost) {
    broadcast::Publisher<std::uint64_t> out("ch", {.capacity = 16, .pages = pages::base});
    broadcast::Subscriber<std::uint64_t> reads("ch");
    const broadcast::Subscriber<std::uint64_t> waits("ch");
    for (std::uint64_t n = 0; n < 100; ++n) {
        ASSERT_TRUE(out.publish(n));
    }
    std::uint64_t popped = 0;
    ASSERT_EQ(reads.try_pop(popped), Status::lapped);
    const json result = run({"info", "ch", "--json"}).document().at("result");
    EXPECT_EQ(result.at("header").at("kind"), "broadcast");
    EXPECT_EQ(result.at("positions").at("write_pos"), 100);
    EXPECT_EQ(result.at("positions").at("oldest_pos"), 84);
    const json& peers = result.at("peers");
    ASSERT_EQ(peers.size(), 3u);
    EXPECT_EQ(peers[0].at("role"), "publisher");
    EXPECT_FALSE(peers[0].contains("lost"));
    EXPECT_EQ(peers[1].at("role"), "subscriber");
    EXPECT_EQ(peers[1].at("lost"), 86);
    EXPECT_EQ(peers[1].at("lag"), 14);
    EXPECT_EQ(peers[2].at("read_pos"), 0);
    EXPECT_EQ(peers[2].at("lag"), 100);
    const std::string text = run({"info", "ch"}).out;
    EXPECT_TRUE(contains(text, "OLDEST KEPT")) << text;
    EXPECT_TRUE(contains(text, "LOST")) << text;
}

TEST_F(ToolsShow, EachLaneOfSeveralPublishersAndWhoHasIt) {
    const Options three{.capacity = 16, .pages = pages::base, .lanes = 3};
    broadcast::LanePublisher<std::uint64_t> one("ch", three);
    broadcast::LanePublisher<std::uint64_t> other("ch");
    broadcast::LaneSubscriber<std::uint64_t> reads("ch", {.policy = policy::gated});
    for (std::uint64_t n = 0; n < 5; ++n) {
        ASSERT_TRUE(one.publish(n));
    }
    ASSERT_TRUE(other.publish(0));
    std::uint64_t popped = 0;
    ASSERT_TRUE(reads.pop(popped));
    const json result = run({"info", "ch", "--json"}).document().at("result");
    EXPECT_EQ(result.at("header").at("kind"), "broadcast_lanes");
    const json& lanes = result.at("lanes");
    ASSERT_EQ(lanes.size(), 3u);
    EXPECT_EQ(lanes[0].at("write_pos"), 5);
    EXPECT_EQ(lanes[1].at("write_pos"), 1);
    EXPECT_EQ(lanes[1].at("producer"), other.participant().token());
    EXPECT_TRUE(lanes[2].at("pid").is_null());
    const json& peers = result.at("peers");
    ASSERT_EQ(peers.size(), 3u);
    EXPECT_EQ(peers[0].at("role"), "publisher");
    EXPECT_EQ(peers[2].at("role"), "subscriber");
    EXPECT_EQ(peers[2].at("lag"), 5) << "over all lanes";
    EXPECT_EQ(peers[2].at("gate"), "open");
    EXPECT_EQ(result.at("unread"), 5);
    const std::string text = run({"info", "ch"}).out;
    EXPECT_TRUE(contains(text, "in each of 3 lanes")) << text;
    EXPECT_TRUE(contains(text, "OLDEST KEPT")) << text;
    EXPECT_TRUE(contains(text, "1 more, never used")) << text;
    EXPECT_TRUE(contains(run({"ls"}).out, "broadcast_lanes"));
}

TEST_F(ToolsShow, WhichSubscribersAPublisherWaitsFor) {
    broadcast::Publisher<std::uint64_t> out(
        "ch", {.capacity = 16, .pages = pages::base, .on_slow = on_slow::evict});
    const broadcast::Subscriber<std::uint64_t> slow("ch", {.policy = policy::gated});
    for (std::uint64_t n = 0; n < 17; ++n) {
        ASSERT_TRUE(out.publish(n));
    }
    const broadcast::Subscriber<std::uint64_t> gated("ch", {.policy = policy::gated});
    const broadcast::Subscriber<std::uint64_t> lossy("ch");
    const json peers = run({"info", "ch", "--json"}).document().at("result").at("peers");
    ASSERT_EQ(peers.size(), 4u);
    EXPECT_EQ(peers[1].at("gate"), "evicted");
    EXPECT_EQ(peers[2].at("gate"), "open");
    EXPECT_EQ(peers[3].at("gate"), "none");
    EXPECT_TRUE(contains(run({"info", "ch"}).out, "evicted"));
}

TEST_F(ToolsShow, EachReaderOfALatestValueAndItsVersion) {
    latest::Writer<std::uint64_t> out("ch", {.pages = pages::base});
    latest::Reader<std::uint64_t> reads("ch");
    const latest::Reader<std::uint64_t> waits("ch");
    const auto info = [&] { return run({"info", "ch", "--json"}).document().at("result"); };
    EXPECT_EQ(info().at("peers")[1].at("version"), 0);
    std::uint64_t loaded = 0;
    for (std::uint64_t n = 1; n <= 100; ++n) {
        ASSERT_TRUE(out.publish(n));
        ASSERT_TRUE(n > 90 || reads.load(loaded));
    }
    const json result = info();
    EXPECT_EQ(result.at("header").at("kind"), "latest");
    EXPECT_EQ(result.at("positions").at("write_pos"), 100);
    const json& peers = result.at("peers");
    ASSERT_EQ(peers.size(), 3u);
    EXPECT_EQ(peers[0].at("role"), "writer");
    EXPECT_FALSE(peers[0].contains("version"));
    EXPECT_EQ(peers[1].at("role"), "reader");
    EXPECT_EQ(peers[1].at("version"), 90);
    EXPECT_EQ(peers[1].at("behind"), 10);
    EXPECT_EQ(peers[2].at("version"), 0);
    EXPECT_EQ(peers[2].at("behind"), 100);
    const std::string text = run({"info", "ch"}).out;
    EXPECT_TRUE(contains(text, "VERSION")) << text;
    EXPECT_TRUE(contains(text, "BEHIND")) << text;
    EXPECT_FALSE(contains(text, "LOST")) << text;
}

TEST_F(ToolsShow, DocumentsOfASendAndARecv) {
    const std::string file = place_.file("received");
    Command sender{{"send", "ch", "--count", "10", "--size", "1K", "--rate", "1G", "--json"}};
    const Ended received = run({"recv", "ch", "--file", file, "--json"});
    const Ended sent = sender.wait();
    ASSERT_EQ(received.exit, 0) << received.err;
    ASSERT_EQ(sent.exit, 0) << sent.err;
    expect_envelope(sent.document(), "send");
    expect_envelope(received.document(), "recv");
    for (const json& result : {sent.document().at("result"), received.document().at("result")}) {
        EXPECT_EQ(result.at("channel"), "ch");
        EXPECT_EQ(result.at("bytes"), 10240);
        EXPECT_EQ(result.at("messages"), 10);
        EXPECT_EQ(result.at("end"), 10240);
        EXPECT_EQ(result.at("complete"), true);
        EXPECT_TRUE(result.at("elapsed_ns").is_number_unsigned());
    }
    EXPECT_EQ(received.document().at("result").at("total"), 10240);
    EXPECT_EQ(sent.document().at("args").at("count"), 10);
    EXPECT_EQ(sent.document().at("args").at("size"), "1K");
    EXPECT_GE(sent.document().at("result").at("placement").at("page_bytes"), 4096);
}

TEST_F(ToolsShow, WhatBuildThisIs) {
    const json document = run({"version", "--json"}).document();
    expect_envelope(document, "version");
    EXPECT_EQ(document.at("result").at("version"), document.at("tool").at("version"));
    EXPECT_TRUE(document.at("result").at("bench_peers").is_array());
    EXPECT_EQ(run({"version"}).out.find("shunt "), 0u);
}

TEST_F(ToolsShow, HelpWithAnExampleForEverySubCommand) {
    for (const std::string name : {"demo", "ls", "info", "gc", "send", "recv", "bench",
                                   "bench pingpong", "bench throughput", "version"}) {
        std::istringstream words{name};
        std::vector<std::string> args{std::istream_iterator<std::string>{words}, {}};
        args.push_back("--help");
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 0);
        EXPECT_TRUE(contains(ended.out, "Usage: shunt " + name)) << ended.out;
        EXPECT_TRUE(contains(ended.out, "\n  shunt " + name) ||
                    contains(ended.out, "| shunt " + name))
            << ended.out;
        EXPECT_EQ(ended.err, "");
    }
    const Ended all = run({"--help"});
    EXPECT_EQ(all.exit, 0);
    EXPECT_TRUE(contains(all.out, "Exit codes: 0 ok")) << all.out;
}

TEST_F(ToolsShow, ProgressOnATerminal) {
    Terminal sending;
    Terminal receiving;
    if (receiving.path().empty()) {
        GTEST_SKIP() << "this host has no pseudo-terminals";
    }
    Command sender{{"send", "ch", "--generate", "--rate", "1M"}, {.terminal = sending.path()}};
    Command receiver{{"recv", "ch", "--file", place_.file("received")},
                     {.terminal = receiving.path()}};
    const auto shows = [](Terminal& terminal, const std::string& part) {
        return until([&] { return contains(terminal.shown(), part); });
    };
    EXPECT_TRUE(shows(sending, "the receiver is process " + std::to_string(receiver.pid())));
    EXPECT_TRUE(shows(sending, "\r\x1b[Ksent "));
    EXPECT_TRUE(shows(receiving, "\r\x1b[Kreceived "));
    sender.signal(SIGINT);
    EXPECT_EQ(sender.wait().exit, 130);
    EXPECT_TRUE(shows(sending, "interrupted after "));
    EXPECT_TRUE(shows(receiving, "the sender left; waiting up to 30 s for another"));
}

TEST_F(ToolsShow, NoEscapeSequencesWhereThereIsNoTerminal) {
    const spsc::Producer<std::uint64_t> out("ch", {.pages = pages::base});
    for (const std::vector<std::string>& args :
         {std::vector<std::string>{"ls"}, {"info", "ch"}, {"info", "nothing"}, {"send"}}) {
        const Ended ended = run(args);
        EXPECT_FALSE(contains(ended.out + ended.err, "\x1b"));
    }
}

}  // namespace
}  // namespace shunt::process_test
