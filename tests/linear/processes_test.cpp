// SPDX-License-Identifier: MIT
//
// The history of a named channel whose producers and consumers are processes, judged whole.
#include "contest.hpp"
#include "players.hpp"
#include "process/support/child.hpp"
#include "process/support/shared.hpp"
#include "report.hpp"
#include "unit/channel/own_directory.hpp"

#include <shunt/mpmc.hpp>

#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

SHUNT_TYPE(shunt::linear::Numbered, "test.numbered/1");

namespace shunt::linear {
namespace {

using process_test::Child;
using process_test::Shared;
using process_test::Word;

constexpr std::uint64_t kSlots = 8;
constexpr std::uint32_t kSide = 2;
constexpr std::chrono::seconds kPatience{60};

// What all have in common, and what each wrote down.
struct Hall {
    Word ready;
    Word left;       // of the producers so many have everything in
    Word consumers;  // and of these so many have finished
    std::array<Word, 2 * kSide> calls;
};
struct Room {
    std::array<Operation, Log::room_for(2 * kManyMessages)> operations;
};

class ProcessHistory : public channel::OwnDirectory {
protected:
    static Options options() {
        Options options;
        options.capacity = kSlots;
        options.pages = pages::base;
        return options;
    }
    // Nobody waits for ever.
    static auto patience() {
        return [end = std::chrono::steady_clock::now() + kPatience] {
            ::sched_yield();
            return std::chrono::steady_clock::now() < end;
        };
    }
    template <class Port>
    int producer(std::uint32_t me, std::uint64_t abandon_every) {
        Port port{"history", options()};
        Log log{rooms_[me]->operations};
        if (!meet()) {
            return 2;
        }
        const std::uint64_t each = kManyMessages / kSide;
        produce(port, {me * each, each, abandon_every, 0}, log, patience());
        hall_->calls[me].set(static_cast<std::uint32_t>(log.size()));
        hall_->left.add_one();
        // So that nobody is told of an end.
        return hall_->consumers.reaches(kSide, kPatience) ? 0 : 1;
    }
    template <class Port>
    int consumer(std::uint32_t me, bool in_place) {
        Port port{"history", options()};
        Log log{rooms_[me]->operations};
        if (!meet()) {
            return 2;
        }
        consume(
            port, in_place, 0, log, [this] { return hall_->left.get() == kSide; }, patience());
        hall_->calls[me].set(static_cast<std::uint32_t>(log.size()));
        hall_->consumers.add_one();
        return 0;
    }
    bool meet() {
        hall_->ready.add_one();
        return hall_->ready.reaches(2 * kSide);
    }
    std::vector<Operation> history() const {
        std::vector<Operation> all;
        for (std::uint32_t i = 0; i < 2 * kSide; ++i) {
            const auto& room = rooms_[i]->operations;
            all.insert(all.end(), room.begin(), room.begin() + hall_->calls[i].get());
        }
        return all;
    }

    template <class Out, class In>
    void expect_linearizable(std::uint64_t abandon_every) {
        std::vector<Child> children;
        for (std::uint32_t i = 0; i < kSide; ++i) {
            children.emplace_back([=, this] { return producer<Out>(i, abandon_every); });
            children.emplace_back([this, i] { return consumer<In>(kSide + i, i == 0); });
        }
        for (Child& each : children) {
            EXPECT_EQ(each.wait(), "exit 0");
        }
        const std::vector<Operation> all = history();
        EXPECT_EQ(judge(all, kSlots), "");
        expect_complete(all, kManyMessages);
    }

    Shared<Hall> hall_;
    std::array<Shared<Room>, 2 * kSide> rooms_;
};

TEST_F(ProcessHistory, OfTwoProducersAndTwoConsumersOneOfThemInPlaceIsLinearizable) {
    expect_linearizable<mpmc::Producer<Numbered>, mpmc::Consumer<Numbered>>(11);
}

TEST_F(ProcessHistory, OfTwoAndTwoInBlocksIsLinearizable) {
    // What is given up leaves no position.
    expect_linearizable<mpmc::BlockProducer<Numbered>, mpmc::BlockConsumer<Numbered>>(0);
}

}  // namespace
}  // namespace shunt::linear
