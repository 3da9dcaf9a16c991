// SPDX-License-Identifier: MIT
//
// Both rings with a thread on each side. Every message is checked. These run under ThreadSanitizer
// too (label `rings`). Whoever finds nothing to do yields: two cores, or one, are enough.
#include "bytes_rig.hpp"
#include "line_rig.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace shunt::test {
namespace {

constexpr std::uint64_t kMany = 200'000;
constexpr std::uint64_t kFewer = 10'000;  // where a ring of a line or two is full after each few
constexpr auto kPatience = std::chrono::seconds{60};

// Yields, until too much time has passed: then the test has hung, and says so.
class Patience {
public:
    [[nodiscard]] bool wait() {
        std::this_thread::yield();
        return ++polls_ % 1024 != 0 || std::chrono::steady_clock::now() < end_;
    }

private:
    std::uint64_t polls_ = 0;
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + kPatience;
};

// Runs both until each returns how many messages it handled.
template <class Produce, class Consume>
void run(std::uint64_t messages, Produce&& produce, Consume&& consume) {
    std::uint64_t produced = 0;
    std::thread producer{[&] { produced = produce(); }};
    const std::string wrong = consume();
    producer.join();
    EXPECT_EQ(wrong, "");
    EXPECT_EQ(produced, messages);
}

enum class Way { single, batch, in_place };

struct Mode {
    Way push;
    Way pop;
    bool throughput;
    std::uint64_t lines;
    [[nodiscard]] std::uint64_t messages() const { return lines <= 2 ? kFewer : kMany; }
    friend std::ostream& operator<<(std::ostream& out, const Mode& mode) {
        const char* const names[] = {"Single", "Batch", "InPlace"};
        return out << "Push" << names[static_cast<int>(mode.push)] << "Pop"
                   << names[static_cast<int>(mode.pop)]
                   << (mode.throughput ? "Throughput" : "Latency") << mode.lines << "Lines";
    }
};

class RingThreads : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(Modes, RingThreads,
                         testing::Values(Mode{Way::single, Way::single, false, 1},
                                         Mode{Way::single, Way::single, false, 2},
                                         Mode{Way::single, Way::single, false, 1024},
                                         Mode{Way::single, Way::single, true, 128},
                                         Mode{Way::single, Way::single, true, 1024},
                                         Mode{Way::batch, Way::batch, false, 2},
                                         Mode{Way::batch, Way::batch, false, 256},
                                         Mode{Way::batch, Way::batch, true, 256},
                                         Mode{Way::in_place, Way::in_place, false, 2},
                                         Mode{Way::in_place, Way::in_place, false, 256},
                                         Mode{Way::single, Way::in_place, true, 128},
                                         Mode{Way::batch, Way::single, true, 128}),
                         testing::PrintToStringParamName());

template <class Rig, class T>
std::uint64_t produce(Rig& rig, const Mode& mode) {
    const std::uint64_t messages_to_send = mode.messages();
    const Way way = mode.push;
    auto producer = rig.producer();
    Patience patience;
    std::uint64_t p = 0;
    while (p < messages_to_send) {
        std::uint64_t done = 0;
        if (p % 1024 == 0) {
            producer.warm();
        }
        if (way == Way::single) {
            done = producer.try_push(message<T>(p)) ? 1 : 0;
        } else if (way == Way::batch) {
            const std::uint64_t most = std::min<std::uint64_t>(1 + p % 37, messages_to_send - p);
            done = producer.try_push_n(messages<T>(p, most));
        } else if (T* const place = producer.try_claim(); place != nullptr) {
            *place = message<T>(p);
            producer.publish();
            done = 1;
        }
        p += done;
        if (done == 0 && !patience.wait()) {
            break;
        }
    }
    return p;
}

template <class Rig, class T>
std::string consume(Rig& rig, const Mode& mode) {
    const Way way = mode.pop;
    auto consumer = rig.consumer(mode.throughput);
    Patience patience;
    std::uint64_t p = 0;
    std::string wrong;
    std::vector<T> many(41);
    const auto got = [&](const T& each) {
        if (each != message<T>(p++) && wrong.empty()) {
            wrong = "message " + std::to_string(p - 1) + " has other bytes";
        }
    };
    while (p < mode.messages() && wrong.empty()) {
        const std::uint64_t before = p;
        if (p % 1024 == 0) {
            consumer.warm();
        }
        if (T out; way == Way::single) {
            if (consumer.try_pop(out)) {
                got(out);
            }
        } else if (way == Way::batch) {
            const std::size_t n = consumer.try_pop_n(many);
            for (std::size_t i = 0; i < n; ++i) {
                got(many[i]);
            }
        } else {
            consumer.drain(got, 1 + p % 23);
        }
        if (p == before && !patience.wait()) {
            wrong = "stuck at " + std::to_string(p);
        }
    }
    return wrong.empty() && consumer.broken() ? "broken" : wrong;
}

template <class T>
void run_line(const Mode& mode) {
    using Rig = LineRig<T, ArrayPages>;
    Rig rig{mode.lines * Rig::Shape::kPerSlot};
    run(
        mode.messages(), [&] { return produce<Rig, T>(rig, mode); },
        [&] { return consume<Rig, T>(rig, mode); });
    EXPECT_TRUE(rig.guards_whole());
}

TEST_P(RingThreads, CarryEvery8ByteMessageOnceInOrder) {
    run_line<Blob<8, 8>>(GetParam());
}
TEST_P(RingThreads, CarryEvery56ByteMessageOnceInOrder) {
    run_line<Blob<56, 8>>(GetParam());
}
TEST_P(RingThreads, CarryEvery120ByteMessageOnceInOrder) {
    run_line<Blob<120, 8>>(GetParam());
}

class BytesThreads : public testing::TestWithParam<Geometry> {};
INSTANTIATE_TEST_SUITE_P(Geometries, BytesThreads,
                         testing::Values(Geometry{1024, 64, 8}, Geometry{1024, 8, 8},
                                         Geometry{65536, 64, 64}, Geometry{65536, 8, 8}),
                         testing::PrintToStringParamName());

std::uint64_t length_of(std::uint64_t number) {
    return number * 2654435761u % 129;
}

TEST_P(BytesThreads, CarryEveryMessageOnceInOrder) {
    BytesRig<ArrayPages> rig{GetParam()};
    const std::uint64_t messages = GetParam().capacity == 1024 ? kFewer : kMany;
    const auto produce_all = [&] {
        auto producer = rig.producer();
        Patience patience;
        std::uint64_t i = 0;
        while (i < messages) {
            std::span<std::byte> place;
            const std::vector<std::byte> sent = payload(i, length_of(i));
            bool done = false;
            if (i % 512 == 0) {
                producer.warm();
            }
            if (i % 2 == 0) {
                done = bool{producer.try_push(sent)};
            } else if (producer.try_claim(128, place)) {
                std::copy(sent.begin(), sent.end(), place.begin());
                producer.publish(sent.size());
                done = true;
            }
            i += done ? 1 : 0;
            if (!done && !patience.wait()) {
                break;
            }
        }
        return i;
    };
    const auto consume_all = [&] {
        auto consumer = rig.consumer();
        Patience patience;
        std::string wrong;
        std::vector<std::byte> out(128);
        std::uint64_t i = 0;
        const auto got = [&](std::span<const std::byte> each) {
            if (!same(each, payload(i, length_of(i))) && wrong.empty()) {
                wrong = "message " + std::to_string(i) + " has other bytes";
            }
            ++i;
        };
        while (i < messages && wrong.empty()) {
            const std::uint64_t before = i;
            if (i % 512 == 0) {
                consumer.warm();
            }
            if (std::size_t size = 0; i % 3 == 0) {
                if (consumer.try_pop(out, size)) {
                    got(std::span{out}.first(size));
                }
            } else {
                consumer.drain([&](const ring::BytesView& view) { got(view.payload); }, 1 + i % 9);
            }
            if (i == before && !patience.wait()) {
                wrong = "stuck at " + std::to_string(i);
            }
        }
        return wrong;
    };
    run(messages, produce_all, consume_all);
    EXPECT_TRUE(rig.guards_whole());
}

}  // namespace
}  // namespace shunt::test
