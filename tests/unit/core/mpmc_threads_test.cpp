// SPDX-License-Identifier: MIT
//
// The owner-word ring with threads on each side, and a recoverer of nobody beside them. These run
// under ThreadSanitizer too (label `rings`).
#include "block_rig.hpp"
#include "mpmc_bytes_rig.hpp"
#include "mpmc_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace shunt::test {
namespace {

constexpr std::uint64_t kEach = 40'000;
constexpr std::size_t kSide = 2;
constexpr auto kPatience = std::chrono::seconds{60};

enum class Way { popped, in_place, copied, mixed };  // mixed: one copies, one looks in place

struct Mode {
    std::uint64_t capacity;
    Way way;
    friend std::ostream& operator<<(std::ostream& out, const Mode& mode) {
        constexpr const char* kNames[] = {"Popped", "InPlace", "Copied", "Mixed"};
        return out << "Capacity" << mode.capacity << kNames[static_cast<std::size_t>(mode.way)];
    }
};

class MpmcThreads : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(Modes, MpmcThreads,
                         testing::Values(Mode{2, Way::popped}, Mode{2, Way::in_place},
                                         Mode{2, Way::copied}, Mode{2, Way::mixed},
                                         Mode{64, Way::popped}, Mode{64, Way::in_place},
                                         Mode{64, Way::copied}, Mode{64, Way::mixed}),
                         testing::PrintToStringParamName());

using Message = Blob<56, 8>;

// Its first word is its number, the rest follows from that.
Message numbered(std::uint64_t number) {
    Message made = message<Message>(number);
    std::memcpy(made.bytes.data(), &number, sizeof number);
    return made;
}

constexpr std::uint64_t kAll = kEach * kSide;

// The same as byte messages, each as long as follows from its number, with the face of the typed
// ring.
struct SizedRig : MpmcBytesRig<> {
    struct Producer : ring::MpmcBytesProducer<> {
        [[nodiscard]] Status try_push(const Message& message) {
            return MpmcBytesProducer::try_push(head_of(message));
        }
    };
    struct Consumer : ring::MpmcBytesConsumer<> {
        [[nodiscard]] Status try_pop(Message& message) {
            return whole(message, MpmcBytesConsumer::try_pop(bytes, size));
        }
        [[nodiscard]] Status try_pop_copy(Message& message) {
            return whole(message, MpmcBytesConsumer::try_pop_copy(bytes, size));
        }
        [[nodiscard]] Status try_peek(const Message*& message) {
            ring::BytesView view;
            const Status status = MpmcBytesConsumer::try_peek(view);
            if (status) {
                shown = whole_of(view.payload);
                message = &shown;
            }
            return status;
        }
        [[nodiscard]] Status whole(Message& message, Status status) {
            if (status) {
                message = whole_of(std::span{bytes}.first(size));
            }
            return status;
        }
        std::array<std::byte, sizeof(Message)> bytes{};
        std::size_t size = 0;
        Message shown{};
    };

    SizedRig(std::uint64_t wanted, std::uint64_t first_lap)
        : MpmcBytesRig{wanted, sizeof(Message), 8, first_lap} {}
    [[nodiscard]] Producer producer(ring::SlotOwner me) { return {MpmcBytesRig::producer(me)}; }
    [[nodiscard]] Consumer consumer(ring::SlotOwner me) { return {MpmcBytesRig::consumer(me)}; }

    [[nodiscard]] static std::span<const std::byte> head_of(const Message& message) {
        std::uint64_t number = 0;
        std::memcpy(&number, message.bytes.data(), sizeof number);
        return std::span{message.bytes}.first(8 + number % (sizeof(Message) - 7));
    }
    // One that is no message where size and bytes do not belong together.
    [[nodiscard]] static Message whole_of(std::span<const std::byte> head) {
        std::uint64_t number = kAll;
        std::memcpy(&number, head.data(), std::min(head.size(), sizeof number));
        const Message message = numbered(number);
        const auto right = head_of(message);
        return std::equal(head.begin(), head.end(), right.begin(), right.end()) ? message
                                                                                : numbered(kAll);
    }
};

// What all threads of a run share.
template <class Rig>
struct Traffic {
    explicit Traffic(const Mode& how) : mode{how}, rig{how.capacity, Rig::Packed::kLapMask} {}

    Mode mode;
    Rig rig;
    std::vector<std::atomic<std::uint8_t>> got = std::vector<std::atomic<std::uint8_t>>(kAll);
    std::atomic<std::uint64_t> left{kAll};
    std::atomic<bool> wrong{false};
    std::chrono::steady_clock::time_point end = std::chrono::steady_clock::now() + kPatience;

    // Nothing could be done; false: it is over.
    bool goes_on() {
        wrong = wrong || std::chrono::steady_clock::now() > end;
        std::this_thread::yield();
        return !wrong;
    }
    void produce(std::size_t me) {
        auto producer = rig.producer({static_cast<std::uint32_t>(me), 1});
        for (std::uint64_t n = me * kEach; n < (me + 1) * kEach;) {
            if (producer.try_push(numbered(n))) {
                ++n;
            } else if (!goes_on()) {
                return;
            }
        }
    }
    // Each once; and to this consumer each producer's in their order.
    void take(const Message& each, std::array<std::uint64_t, kSide>& next) {
        std::uint64_t n = kAll;
        std::memcpy(&n, each.bytes.data(), sizeof n);
        // relaxed: a count, looked at by its own value
        if (n >= kAll || each != numbered(n) || n < next[n / kEach] ||
            got[n].fetch_add(1, std::memory_order_relaxed) != 0) {
            wrong = true;
            return;
        }
        next[n / kEach] = n + 1;
        // relaxed: how many are left, for the end of the loops
        left.fetch_sub(1, std::memory_order_relaxed);
    }
    void consume(std::size_t me) {
        auto consumer = rig.consumer({static_cast<std::uint32_t>(kSide + me), 1});
        std::array<std::uint64_t, kSide> next{0, kEach};
        const Way way = mode.way != Way::mixed ? mode.way : me == 0 ? Way::copied : Way::in_place;
        while (left != 0) {
            if (!consume(consumer, way, next) && !goes_on()) {
                return;
            }
        }
    }
    template <class Consumer>
    bool consume(Consumer& consumer, Way way, std::array<std::uint64_t, kSide>& next) {
        Message out;
        if (way == Way::in_place) {
            const Message* shown = nullptr;
            if (!consumer.try_peek(shown)) {
                return false;
            }
            take(*shown, next);
            consumer.release();
            return true;
        }
        Status status = Status::empty;
        if constexpr (Consumer::kOutOfLine) {
            status = consumer.try_pop(out);
        } else {
            status = way == Way::copied ? consumer.try_pop_copy(out) : consumer.try_pop(out);
        }
        if (status) {
            take(out, next);
        }
        return bool{status};
    }
    // Of somebody who is not there: finds nothing, whatever the others do meanwhile.
    void recover() {
        ring::Recovered done;
        const ring::SlotOwner nobody{40, 1};
        while (left != 0 && goes_on()) {
            wrong = wrong || !ring::recover_slots(
                                 rig.slots(), *rig.words, nobody, {}, [] { return true; }, done);
        }
        wrong = wrong || done.voided + done.orphaned + done.dropped != 0;
    }
};

template <class Rig>
void carry_everything(const Mode& mode) {
    Traffic<Rig> all{mode};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kSide; ++i) {
        threads.emplace_back([&all, i] { all.produce(i); });
        threads.emplace_back([&all, i] { all.consume(i); });
    }
    threads.emplace_back([&all] { all.recover(); });
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_FALSE(all.wrong);
    EXPECT_EQ(all.left, 0u);
    EXPECT_TRUE(all.rig.guards_whole());
}

TEST_P(MpmcThreads, CarryEveryMessageOnceAndThoseOfOneProducerInOrder) {
    carry_everything<MpmcRig<Message>>(GetParam());
}

class MpmcByteThreads : public MpmcThreads {};
INSTANTIATE_TEST_SUITE_P(Modes, MpmcByteThreads,
                         testing::Values(Mode{2, Way::mixed}, Mode{64, Way::popped},
                                         Mode{64, Way::copied}),
                         testing::PrintToStringParamName());
TEST_P(MpmcByteThreads, CarryEveryMessageOnceAndThoseOfOneProducerInOrder) {
    carry_everything<SizedRig>(GetParam());
}

class BlockThreads : public MpmcThreads {};
INSTANTIATE_TEST_SUITE_P(Modes, BlockThreads,
                         testing::Values(Mode{2, Way::popped}, Mode{2, Way::in_place},
                                         Mode{64, Way::popped}, Mode{64, Way::in_place}),
                         testing::PrintToStringParamName());
TEST_P(BlockThreads, CarryEveryMessageOnceAndThoseOfOneProducerInOrder) {
    carry_everything<BlockRig<Message>>(GetParam());
}

}  // namespace
}  // namespace shunt::test
