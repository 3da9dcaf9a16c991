// SPDX-License-Identifier: MIT
//
// The broadcast log with a publisher at full speed and subscribers of every speed, each a thread.
// These run under ThreadSanitizer too (label `rings`): beside the log lie plain numbers, one a
// message, written before it and read behind it, so that an edge that is not there is a race.
#include "broadcast_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace shunt::test {
namespace {

using ring::resume;

constexpr std::uint64_t kAll = detail::kThreadSanitizer ? 40'000 : 300'000;
constexpr std::uint64_t kStart = (std::uint64_t{1} << 32) - 777;
constexpr std::uint64_t kEnd = kStart + kAll;
constexpr auto kPatience = std::chrono::seconds{60};

enum class Way { pushed, claimed, batched };

struct Mode {
    std::uint64_t capacity;
    Way way;
    friend std::ostream& operator<<(std::ostream& out, const Mode& mode) {
        constexpr const char* kNames[] = {"Pushed", "Claimed", "Batched"};
        return out << "Capacity" << mode.capacity << kNames[static_cast<std::size_t>(mode.way)];
    }
};

// A message that says by each of its words which one it is.
struct Words {
    std::array<std::uint64_t, 9> all;
    static Words of(std::uint64_t position) {
        Words made;
        for (std::uint64_t i = 0; i < made.all.size(); ++i) {
            made.all[i] = (position + 1) * 0x9e3779b97f4a7c15u + i;
        }
        return made;
    }
    [[nodiscard]] bool is(std::uint64_t position) const { return all == of(position).all; }
};

struct TypedKind {
    using Rig = BroadcastRig<Words>;
    static Rig rig(std::uint64_t capacity) { return Rig{capacity, kStart}; }
    static bool push(Rig::Publisher& publisher) {
        return bool{publisher.try_push(Words::of(publisher.position()))};
    }
    static bool claim(Rig::Publisher& publisher) {
        Words* const place = publisher.try_claim();
        if (place != nullptr) {
            *place = Words::of(publisher.position());
            publisher.publish();
        }
        return place != nullptr;
    }
    static void give_up(Rig::Publisher& publisher) {
        if (Words* const place = publisher.try_claim(); place != nullptr) {
            *place = Words::of(0);
            publisher.abandon();
        }
    }
    static bool batch(Rig::Publisher& publisher, std::size_t n) {
        std::array<Words, 8> all;
        for (std::size_t i = 0; i < n; ++i) {
            all[i] = Words::of(publisher.position() + i);
        }
        return publisher.try_push_n(std::span{all}.first(n)) == n;
    }
    static Status pop(Rig::Subscriber& subscriber, std::uint64_t position, bool& right) {
        Words out{};
        const Status status = subscriber.try_pop(out);
        right = out.is(position);
        return status;
    }
    static Status peek(Rig::Subscriber& subscriber, std::uint64_t position, bool& right) {
        const Words* shown = nullptr;
        const Status status = subscriber.try_peek(shown);
        right = status && shown->is(position);
        return status;
    }
};

// Each as long as follows from its position.
struct BytesKind {
    using Rig = BroadcastBytesRig<>;
    static constexpr std::uint64_t kLongest = sizeof(Words);
    static Rig rig(std::uint64_t capacity) { return Rig{capacity, kLongest, kStart}; }
    static std::size_t length(std::uint64_t position) { return position % (kLongest - 7) + 8; }
    static std::span<const std::byte> head(const Words& words, std::uint64_t position) {
        return std::span{bytes_of(words), length(position)};
    }
    static bool push(Rig::Publisher& publisher) {
        const Words words = Words::of(publisher.position());
        return bool{publisher.try_push(head(words, publisher.position()))};
    }
    static bool claim(Rig::Publisher& publisher) {
        std::span<std::byte> place;
        if (!publisher.try_claim(kLongest, place)) {
            return false;
        }
        const Words words = Words::of(publisher.position());
        std::memcpy(place.data(), &words, sizeof words);
        publisher.publish(length(publisher.position()));
        return true;
    }
    static void give_up(Rig::Publisher& publisher) {
        if (std::span<std::byte> place; publisher.try_claim(kLongest, place)) {
            std::fill(place.begin(), place.end(), std::byte{0xDD});
            publisher.abandon();
        }
    }
    static bool batch(Rig::Publisher& publisher, std::size_t n) {
        bool all = true;
        for (std::size_t i = 0; i < n; ++i) {
            all = all && push(publisher);
        }
        return all;
    }
    static bool is(std::span<const std::byte> bytes, std::uint64_t position) {
        const Words words = Words::of(position);
        return same(bytes, head(words, position));
    }
    static Status pop(Rig::Subscriber& subscriber, std::uint64_t position, bool& right) {
        std::array<std::byte, kLongest> out;
        std::size_t size = 0;
        const Status status = subscriber.try_pop(out, size);
        right = status && is(std::span{out}.first(size), position);
        return status;
    }
    static Status peek(Rig::Subscriber& subscriber, std::uint64_t position, bool& right) {
        ring::BytesView view;
        const Status status = subscriber.try_peek(view);
        right = status && is(view.payload, position);
        return status;
    }
};

// What all threads of a run share.
template <class Kind>
struct Traffic {
    using Rig = typename Kind::Rig;
    using Subscriber = typename Rig::Subscriber;

    explicit Traffic(const Mode& how) : mode{how}, rig{Kind::rig(how.capacity)} {}

    Mode mode;
    Rig rig;
    std::vector<std::uint64_t> beside = std::vector<std::uint64_t>(kAll);  // plain, on purpose
    std::atomic<std::uint64_t> published{kStart};                          // about
    std::atomic<int> joined{0};
    std::atomic<bool> wrong{false};
    std::chrono::steady_clock::time_point end = std::chrono::steady_clock::now() + kPatience;

    bool patient() {
        if (std::chrono::steady_clock::now() > end) {
            wrong = true;
        }
        std::this_thread::yield();
        return !wrong;
    }

    // A publisher's life: `count` messages, then its successor's begins.
    bool publish(std::uint64_t count) {
        auto publisher = rig.publisher();
        publisher.warm();
        const std::uint64_t until = std::min(publisher.position() + count, kEnd);
        for (std::uint64_t n = 1; publisher.position() < until; ++n) {
            const std::uint64_t at = publisher.position();
            const std::uint64_t some =
                mode.way == Way::batched ? std::min<std::uint64_t>(n % 8 + 1, until - at) : 1;
            for (std::uint64_t p = at; p < at + some; ++p) {
                beside[p - kStart] = ~p;
            }
            const bool done = mode.way == Way::pushed    ? Kind::push(publisher)
                              : mode.way == Way::claimed ? Kind::claim(publisher)
                                                         : Kind::batch(publisher, some);
            // relaxed: for those that wait until it is far ahead
            published.store(at + some, std::memory_order_relaxed);
            if (!done) {
                return false;
            }
        }
        Kind::give_up(publisher);
        return publisher.position() < kEnd;
    }

    // One subscriber's stay: up to `most` messages. Every message is the one of its position, and
    // those that it did not get are its loss, exactly.
    void stay(Subscriber subscriber, std::uint64_t most, bool in_place,
              const std::function<void(std::uint64_t)>& between) {
        // relaxed: a count, so that publisher and subscribers run beside each other
        joined.fetch_add(1, std::memory_order_relaxed);
        const std::uint64_t begin = subscriber.next_position();
        std::uint64_t next = begin;
        std::uint64_t received = 0;
        while (next < kEnd && received < most && !wrong) {
            bool right = false;
            Status status =
                in_place ? Kind::peek(subscriber, next, right) : Kind::pop(subscriber, next, right);
            if (status && in_place) {
                status = subscriber.release();
            }
            if (status) {
                const bool known = beside[next - kStart] == ~next;
                expect(right && known && subscriber.position() == next);
                ++received;
                ++next;
                between(received);
            } else if (status == Status::lapped) {
                const std::uint64_t to = subscriber.next_position();
                // What is the newest when it was overtaken, or older, was published.
                expect(to > next && to < kEnd && beside[to - kStart] == ~to);
                next = to;
            } else {
                expect(status == Status::empty);
                patient();
            }
            expect(received + subscriber.lost() == next - begin &&
                   next == subscriber.next_position());
        }
    }
    void expect(bool right) {
        if (!right) {
            wrong = true;
        }
    }

    void fast(std::size_t index) {
        stay(rig.subscriber(index), kAll, false, [](std::uint64_t) {});
    }
    void in_place(std::size_t index) {
        stay(rig.subscriber(index, ring::from::oldest, resume::newest), kAll, true,
             [](std::uint64_t) {});
    }
    // It stands still until the publisher has gone around more than once, again and again.
    void slow(std::size_t index) {
        stay(rig.subscriber(index, kStart), kAll, false, [this](std::uint64_t received) {
            // relaxed: about where it is; what it published is looked for in the log
            const std::uint64_t now = published.load(std::memory_order_relaxed);
            const std::uint64_t far = std::min(now + 2 * mode.capacity, kEnd);
            while (received % 32 == 1 && published.load(std::memory_order_relaxed) < far &&
                   patient()) {
            }
        });
    }
    void come_and_go(std::size_t index) {
        for (std::uint64_t i = 0; !wrong; ++i) {
            auto subscriber = rig.subscriber(
                index, i % 2 == 0 ? ring::from::oldest : ring::from::latest, resume(i / 2 % 2));
            // relaxed: only to end this loop
            const bool over = published.load(std::memory_order_relaxed) == kEnd;
            if (over || subscriber.next_position() == kEnd) {
                break;
            }
            stay(subscriber, 100, i % 3 == 0, [](std::uint64_t) {});
        }
    }
};

template <class Kind>
void accounts_for_everything(const Mode& mode) {
    Traffic<Kind> all{mode};
    std::vector<std::thread> threads;
    threads.emplace_back([&] { all.fast(0); });
    threads.emplace_back([&] { all.in_place(1); });
    threads.emplace_back([&] { all.slow(2); });
    threads.emplace_back([&] { all.come_and_go(3); });
    while (all.joined.load(std::memory_order_relaxed) < 4 && all.patient()) {
    }
    // One publisher after the other, on threads of their own.
    for (bool more = true; more && !all.wrong;) {
        std::thread{[&] { more = all.publish(kAll / 7); }}.join();
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_FALSE(all.wrong);
    EXPECT_EQ(all.rig.write_pos(), kEnd);
    for (const std::size_t whole : {0u, 1u, 2u}) {
        EXPECT_EQ(all.rig.read_pos(whole), kEnd);
        EXPECT_LT(all.rig.lost(whole), kAll) << "what is there in the end is got by everybody";
    }
    EXPECT_GT(all.rig.lost(2), 0u) << "who stands still is overtaken";
    EXPECT_TRUE(all.rig.guards_whole());
}

class BroadcastThreads : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(Modes, BroadcastThreads,
                         testing::Values(Mode{2, Way::pushed}, Mode{2, Way::claimed},
                                         Mode{64, Way::pushed}, Mode{64, Way::batched},
                                         Mode{1024, Way::claimed}),
                         testing::PrintToStringParamName());

TEST_P(BroadcastThreads, EveryMessageIsWholeAndEveryLossIsCounted) {
    accounts_for_everything<TypedKind>(GetParam());
}
TEST_P(BroadcastThreads, EveryByteMessageIsWholeAndEveryLossIsCounted) {
    accounts_for_everything<BytesKind>(GetParam());
}

// Whoever has read a word of a copy sees all that came before the copy: of each width.
TEST(CopyThreads, EachWordOfAnOrderedCopyIsAnEdge) {
    for (const std::size_t n : {8u, 4u, 2u, 1u}) {
        alignas(8) std::array<std::byte, 8> place{};
        std::array<std::byte, 8> message;
        message.fill(std::byte{0x5C});
        std::uint64_t plain = 0;
        std::thread writer{[&] {
            plain = n;
            detail::copy_in_ordered(place.data(), message.data(), n);
        }};
        std::array<std::byte, 8> seen{};
        while (seen[0] == std::byte{0}) {
            detail::copy_out_ordered(seen.data(), place.data(), n);
            std::this_thread::yield();
        }
        EXPECT_EQ(plain, n);
        writer.join();
    }
}

}  // namespace
}  // namespace shunt::test
