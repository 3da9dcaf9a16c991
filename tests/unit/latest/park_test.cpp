// SPDX-License-Identifier: MIT
//
// Readers that sleep until the value changes: one store wakes them all. Nothing here waits for a
// time; a thread is seen to sleep by its bit in the wake region.
#include "readership.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <optional>

namespace shunt::latest {
namespace {

using layout::RegionId;

class Waiting : public LatestPorts {
protected:
    struct Sleeper {
        Reader<Quote> port{kName};
        std::unique_ptr<Caller> caller;
    };
    static constexpr std::size_t kSleepers = 3;

    Waiting() : writer{kName, small()} {
        for (auto& each : sleepers) {
            each = std::make_unique<Sleeper>();
        }
    }
    void all_wait_for_more_than(std::uint64_t version) {
        for (auto& each : sleepers) {
            Sleeper& one = *each;
            one.caller = std::make_unique<Caller>(
                [&one, version] { return one.port.wait_changed(version); });
        }
    }
    [[nodiscard]] bool all_asleep() {
        return spsc::all_asleep(sleepers, RegionId::wake_data);
    }
    void all_have(std::uint64_t version) {
        for (auto& each : sleepers) {
            EXPECT_TRUE(each->caller->result());
            EXPECT_TRUE(loads(each->port, version));
        }
    }

    Writer<Quote> writer;
    std::array<std::unique_ptr<Sleeper>, kSleepers> sleepers;
};

TEST_F(Waiting, OneStoreWakesAllByOneCall) {
    // Each sleep ends by itself soon: so what is counted is the call.
    bool seen = false;
    for (std::uint64_t v = 0; v < 20 && !seen; ++v) {
        all_wait_for_more_than(v);
        ASSERT_TRUE(all_asleep());
        const std::uint64_t before = value(writer.stats().wakes);
        publish(writer, v + 1);
        all_have(v + 1);
        seen = value(writer.stats().wakes) == before + 1;
    }
    EXPECT_TRUE(seen);
}

TEST_F(Waiting, AQuietOneIsHeardOfByNotify) {
    all_wait_for_more_than(0);
    ASSERT_TRUE(all_asleep());
    ASSERT_TRUE(writer.publish_quiet(Quote::of(1)));
    EXPECT_EQ(value(writer.stats().wakes), 0u);
    writer.notify();
    all_have(1);
}

TEST_F(Waiting, AClaimThatIsPublishedWakesToo) {
    all_wait_for_more_than(0);
    ASSERT_TRUE(all_asleep());
    *writer.try_claim() = Quote::of(1);
    writer.publish();
    all_have(1);
}

TEST_F(Waiting, WhatIsNewerAlreadyIsNotWaitedFor) {
    publish(writer, 7);
    for (std::uint64_t v = 0; v < 7; ++v) {
        EXPECT_TRUE(sleepers[0]->port.wait_changed(v));
    }
    EXPECT_EQ(sleepers[0]->port.wait_changed(7, steady_clock::now()), Status::timeout);
    EXPECT_EQ(sleepers[0]->port.wait_changed(9, steady_clock::now()), Status::timeout);
    EXPECT_TRUE(sleepers[0]->port.wait(steady_clock::now())) << "for more than it has loaded";
    EXPECT_TRUE(loads(sleepers[0]->port, 7));
    EXPECT_EQ(sleepers[0]->port.wait(steady_clock::now()), Status::timeout);
}

TEST_F(Waiting, AnEndWakesAll) {
    publish(writer, 1);
    all_wait_for_more_than(1);
    ASSERT_TRUE(all_asleep());
    writer.close();
    for (auto& each : sleepers) {
        EXPECT_EQ(each->caller->result(), Status::closed);
        EXPECT_TRUE(loads(each->port, 1)) << "the last value stays";
    }
}

// What it died before it could tell of, its successor tells of.
TEST_F(Waiting, ASuccessorWakesForTheValueThatItFinds) {
    writer.close();
    for (auto& each : sleepers) {
        EXPECT_EQ(each->port.wait_changed(0), Status::closed);
    }
    // Each sleep ends by itself soon: so what is counted is the call.
    bool seen = false;
    for (std::uint64_t v = 1; v < 20 && !seen; ++v) {
        // As if it had died between the two stores of its value.
        {
            Writer<Quote> victim{kName};
            ASSERT_TRUE(victim.publish_quiet(Quote::of(v)));
            // relaxed: nobody looks yet
            broadcast::publisher_words(victim.participant())
                .write_pos.store(v - 1, std::memory_order_relaxed);
        }
        for (auto& each : sleepers) {
            EXPECT_EQ(each->port.wait_changed(v - 1), Status::closed);
        }
        all_wait_for_more_than(v - 1);
        ASSERT_TRUE(all_asleep());
        std::optional<Writer<Quote>> next{std::in_place, kName};
        EXPECT_EQ(next->version(), v);
        seen = value(next->stats().wakes) == 1;
        all_have(v);
        next.reset();
        for (auto& each : sleepers) {
            EXPECT_EQ(each->port.wait_changed(v), Status::closed);
        }
    }
    EXPECT_TRUE(seen);
}

TEST_F(Waiting, AnInterruptEndsTheWait) {
    all_wait_for_more_than(0);
    ASSERT_TRUE(all_asleep());
    for (auto& each : sleepers) {
        each->port.interrupt();
        EXPECT_EQ(each->caller->result(), Status::interrupted);
    }
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(sleepers[0]->port.wait_changed(0, stop.get_token()), Status::interrupted);
}

TEST_F(Waiting, InAnEventLoopAndByWaitAny) {
    Reader<Quote>& one = sleepers[0]->port;
    Reader<Quote>& other = sleepers[1]->port;
    pollfd polled{.fd = one.fd(), .events = POLLIN, .revents = 0};
    ASSERT_TRUE(one.arm());
    publish(writer, 1);
    EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
    EXPECT_FALSE(one.arm());
    EXPECT_TRUE(loads(one, 1));
    const Ready found = wait_any({one, other}, steady_clock::now() + 10s);
    EXPECT_EQ(found.index, 1u);
    EXPECT_TRUE(found.status);
}

TEST_F(LatestPorts, APollingChannelCarriesTooAndNobodySleepsInIt) {
    Options options = small();
    options.wake = wake::polling;
    Writer<Quote> writer{kName, options};
    Reader<Quote> reader{kName, options};
    publish(writer, 3);
    *writer.try_claim() = Quote::of(4);
    writer.publish();
    EXPECT_TRUE(loads(reader, 4));
    EXPECT_EQ(reader.wait_changed(4, steady_clock::now() + 1ms), Status::timeout);
    EXPECT_EQ(value(reader.stats().parks), 0u);
}

TEST_F(LatestPorts, EverySleepyReaderComesToTheLastValue) {
    constexpr std::uint64_t kLast = 20'000;
    Writer<Quote> writer{kName, small()};
    std::array<std::unique_ptr<Reader<Quote>>, 3> readers;
    std::array<std::unique_ptr<Caller>, 3> callers;
    for (std::size_t i = 0; i < readers.size(); ++i) {
        readers[i] = std::make_unique<Reader<Quote>>(kName);
        callers[i] = std::make_unique<Caller>([&in = *readers[i]] {
            Quote out{};
            std::uint64_t version = 0;
            while (version < kLast) {
                if (const Status status = in.wait_changed(version); !status) {
                    return status;
                }
                std::uint64_t next = 0;
                const Status status = in.load(out, next);
                if (status == Status::lapped) {
                    continue;
                }
                if (!status || next <= version || out != Quote::of(next)) {
                    return Status{Status::broken};
                }
                version = next;
            }
            return Status{Status::ok};
        });
    }
    publish(writer, kLast);
    for (auto& caller : callers) {
        EXPECT_TRUE(caller->result());
    }
}

}  // namespace
}  // namespace shunt::latest
