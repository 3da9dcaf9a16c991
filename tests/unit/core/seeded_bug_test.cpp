// SPDX-License-Identifier: MIT
//
// The checks of these tests can fail: each broken policy is found, and the good one is not. Every
// operation of one side is stopped before each of its shared accesses while the other side runs.
#include "bytes_rig.hpp"
#include "line_rig.hpp"
#include "stepping_policy.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace shunt::test {
namespace {

constexpr int kMostSteps = 12;

// What both rings are driven by. push and pop return false where there is no room or no message,
// and set `wrong` where the ring is at fault.
template <class P, class Push, class Pop>
std::string drive(int rounds, const std::string& wrong, Push&& push, Pop&& pop) {
    const auto drain = [&] {
        while (wrong.empty() && pop()) {
        }
    };
    const auto fill = [&] {
        while (wrong.empty() && push()) {
        }
    };
    const auto stopped = [&](int step, auto&& operation, auto&& other) {
        P::other_side = other;
        P::at = step;
        operation();
        P::end_of_operation();
        P::at = -1;
    };
    for (int round = 0; round < rounds && wrong.empty(); ++round) {
        for (int step = 0; step < kMostSteps && wrong.empty(); ++step) {
            stopped(step, push, drain);
            stopped(step, push, drain);
            if (round % 2 == 0) {
                fill();
            }
            stopped(step, pop, fill);
            stopped(step, pop, [&] { (void)push(); });
            if (round % 3 == 0) {
                drain();
            }
        }
    }
    drain();
    P::other_side = nullptr;
    return wrong;
}

template <class P>
std::string drive_line() {
    using T = Blob<24, 8>;
    LineRig<T, ArrayPages, P> rig{4};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    std::string wrong;
    std::string result = drive<P>(
        6, wrong,
        [&] {
            if (!producer.try_push(message<T>(pushed))) {
                return false;
            }
            ++pushed;
            return true;
        },
        [&] {
            const std::uint64_t wanted = popped;
            static T out;
            const Status status = consumer.try_pop(out);
            P::end_of_operation();
            if (!status) {
                wrong = status == Status::empty ? wrong : std::string{to_string(status)};
                return false;
            }
            popped = wanted + 1;
            if (out != message<T>(wanted)) {
                wrong = "message " + std::to_string(wanted) + " has other bytes";
            }
            return true;
        });
    return result.empty() && popped != pushed ? "lost messages" : result;
}

template <class P>
std::string drive_bytes(Geometry geometry) {
    BytesRig<ArrayPages, P> rig{geometry};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    std::string wrong;
    const auto length = [](std::uint64_t number) { return 128 - number * 7 % 40; };
    std::string result = drive<P>(
        40, wrong,
        [&] {
            if (!producer.try_push(payload(pushed, length(pushed)))) {
                return false;
            }
            ++pushed;
            return true;
        },
        [&] {
            const std::uint64_t wanted = popped;
            static std::vector<std::byte> out(128);
            std::size_t size = 0;
            const Status status = consumer.try_pop(out, size);
            P::end_of_operation();
            if (!status) {
                wrong = status == Status::empty ? wrong : std::string{to_string(status)};
                return false;
            }
            popped = wanted + 1;
            if (!same(std::span{out}.first(size), payload(wanted, length(wanted)))) {
                wrong = "message " + std::to_string(wanted) + " has other bytes";
            }
            return true;
        });
    return result.empty() && popped != pushed ? "lost messages" : result;
}

TEST(SeededBug, NothingIsFoundInTheGoodRings) {
    EXPECT_EQ(drive_line<SteppingPolicy>(), "");
    for (const Geometry& g : kGeometries) {
        EXPECT_EQ(drive_bytes<SteppingPolicy>(g), "") << g;
    }
}

TEST(SeededBug, AStampBeforeItsPayloadIsFound) {
    EXPECT_NE(drive_line<PublishBeforePayload<1>>(), "");
}

TEST(SeededBug, AHeaderBeforeItsPayloadIsFound) {
    EXPECT_NE(drive_bytes<PublishBeforePayload<2>>({1024, 64, 8}), "");
}

TEST(SeededBug, FreePosBeforeTheCopyIsFound) {
    EXPECT_NE(drive_line<FreeBeforeCopy>(), "");
    EXPECT_NE(drive_bytes<FreeBeforeCopy>({1024, 64, 8}), "");
}

TEST(SeededBug, ASuccessorHeaderThatIsNotClearedIsFound) {
    for (const Geometry& g : kGeometries) {
        EXPECT_NE(drive_bytes<SuccessorNotCleared>(g), "") << g;
    }
}

}  // namespace
}  // namespace shunt::test
