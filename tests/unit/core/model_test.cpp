// SPDX-License-Identifier: MIT
//
// Both rings against std::deque under random sequences of every operation, with successors of
// either side put in at random. Seeds are fixed; a failure names its seed and step.
#include "bytes_rig.hpp"
#include "line_types.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace shunt::test {
namespace {

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}
    std::uint64_t below(std::uint64_t end) { return engine_() % end; }

private:
    std::mt19937_64 engine_;
};

template <class Case>
class LineModel : public testing::Test {
protected:
    using Message = typename Case::Message;
    using Rig = typename Case::Rig;
    void SetUp() override { SHUNT_NEEDS_PAGES(Case::PagesKind); }

    // One run's state. `unread` holds positions; the message of a position is known.
    struct Run {
        explicit Run(std::uint64_t seed)
            : random{seed},
              rig{1 + random.below(300), start_positions(1 << 20)[random.below(6)]},
              producer{rig.producer()},
              consumer{rig.consumer()},
              pushed{rig.start_pos} {}

        void push_single() {
            const Status status = producer->try_push(message<Message>(pushed));
            pushed_now(status ? 1 : 0, 1);
        }
        void push_batch() {
            const std::uint64_t wanted = random.below(2 * rig.capacity());
            pushed_now(producer->try_push_n(messages<Message>(pushed, wanted)), wanted);
        }
        void push_claimed() {
            Message* const place = producer->try_claim();
            if (place == nullptr) {
                pushed_now(0, 1);
            } else if (*place = message<Message>(~pushed); random.below(3) == 0) {
                producer->abandon();
            } else {
                *place = message<Message>(pushed);
                producer->publish();
                pushed_now(1, 1);
            }
        }
        // The producer may know late what was freed, by less than an eighth.
        void pushed_now(std::uint64_t done, std::uint64_t wanted) {
            const std::uint64_t room = rig.capacity() - unread.size();
            const std::uint64_t late = std::max<std::uint64_t>(1, rig.capacity() / 8) - 1;
            ASSERT_LE(done, std::min(room, wanted));
            ASSERT_GE(done, std::min(wanted, room - std::min(room, late))) << "room was there";
            for (; done != 0; --done) {
                unread.push_back(pushed++);
            }
            ASSERT_EQ(producer->position(), pushed);
        }

        void pop_single() {
            Message out{};
            const Status status = consumer->try_pop(out);
            ASSERT_EQ(status, unread.empty() ? Status::empty : Status::ok);
            if (status) {
                popped(out);
            }
        }
        // Redelivered messages and others do not come in one batch.
        void pop_batch() {
            std::vector<Message> out(random.below(2 * rig.capacity()));
            std::uint64_t there = std::min<std::uint64_t>(out.size(), unread.size());
            if (const std::uint64_t next = consumer->read_position(); next < redelivered_end) {
                there = std::min(there, redelivered_end - next);
            }
            const std::size_t done = consumer->try_pop_n(out);
            ASSERT_EQ(done, there);
            for (std::size_t i = 0; i < done; ++i) {
                popped(out[i]);
            }
        }
        void pop_peeked() {
            const std::span<const Message> shown = consumer->try_peek_n(1 + random.below(20));
            ASSERT_EQ(shown.empty(), unread.empty());
            ASSERT_LE(shown.size(), unread.size());
            for (std::size_t i = 0; i < shown.size(); ++i) {
                ASSERT_EQ(shown[i], message<Message>(unread[i]));
            }
            shown_end = std::max(shown_end, consumer->read_position() + shown.size());
            if (random.below(3) != 0) {
                consumer->release();
                unread.erase(unread.begin(),
                             unread.begin() + static_cast<std::ptrdiff_t>(shown.size()));
            } else {
                succeed();  // it died with them in hand
            }
        }
        void succeed() {
            consumer.emplace(rig.consumer());
            redelivered_end = shown_end;
        }
        void pop_drained() {
            const std::size_t max = random.below(2 * rig.capacity());
            const std::size_t there = unread.size();
            ASSERT_EQ(consumer->drain([&](const Message& each) { popped(each); }, max),
                      std::min(max, there));
        }
        void popped(const Message& out) {
            ASSERT_FALSE(unread.empty());
            ASSERT_EQ(out, message<Message>(unread.front()));
            unread.pop_front();
        }

        void step() {
            switch (random.below(11)) {
                case 0:
                    return push_single();
                case 1:
                    return push_batch();
                case 2:
                    return push_claimed();
                case 3:
                    return pop_single();
                case 4:
                    return pop_batch();
                case 5:
                    return pop_peeked();
                case 6:
                    return pop_drained();
                case 7:
                    producer.emplace(rig.producer());
                    break;
                case 8:
                    succeed();
                    break;
                case 9:
                    consumer->store_free();
                    break;
                default:
                    ASSERT_EQ(producer->writable() || unread.size() != 0, true);
                    break;
            }
        }
        void check() {
            ASSERT_EQ(consumer->read_position(), pushed - unread.size());
            ASSERT_EQ(consumer->readable(), !unread.empty());
            ASSERT_EQ(rig.producer().position(), pushed);
            ASSERT_LE(rig.free_pos(), consumer->read_position());
        }

        Random random;
        Rig rig;
        std::optional<typename Rig::Producer> producer;
        std::optional<typename Rig::Consumer> consumer;
        std::uint64_t pushed;
        std::deque<std::uint64_t> unread;
        std::uint64_t shown_end = 0;        // positions below it some consumer had in its hands
        std::uint64_t redelivered_end = 0;  // ... when this one took over
    };
};
TYPED_TEST_SUITE(LineModel, FewLineCases, LineCaseName);

TYPED_TEST(LineModel, DoesWhatADequeDoes) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        typename TestFixture::Run run{seed};
        for (int step = 0; step < 1500; ++step) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
            ASSERT_NO_FATAL_FAILURE(run.step());
            ASSERT_NO_FATAL_FAILURE(run.check());
        }
        EXPECT_GT(run.pushed, run.rig.start_pos + 4 * run.rig.capacity());
        EXPECT_TRUE(run.rig.guards_whole());
    }
}

struct BytesRun {
    struct Sent {
        std::uint64_t number;
        std::uint64_t length;
        std::uint64_t end;  // position behind its frame
    };

    explicit BytesRun(std::uint64_t seed)
        : random{seed},
          rig{kGeometries[random.below(std::size(kGeometries))], random.below(64) * 64},
          producer{rig.producer()},
          consumer{rig.consumer()} {}

    std::uint64_t next_length() {
        const std::uint64_t max = rig.shape.max_message();
        return random.below(4) == 0 ? max - random.below(3) : random.below(max + 1);
    }
    void push_single() {
        const std::uint64_t length = next_length();
        if (producer->try_push(payload(number, length))) {
            pushed(length);
        }
    }
    void push_batch() {
        std::vector<std::vector<std::byte>> owned;
        std::vector<std::uint64_t> lengths(random.below(12));
        for (std::uint64_t& length : lengths) {
            length = next_length();
            owned.push_back(payload(number + owned.size(), length));
        }
        const std::vector<std::span<const std::byte>> all(owned.begin(), owned.end());
        const std::uint64_t before = producer->position();
        const std::size_t done = producer->try_push_n(all);
        std::uint64_t at = before;
        for (std::size_t i = 0; i < done; ++i) {
            at += rig.padding(at, lengths[i]) + rig.frame(lengths[i]);
            unread.push_back({number++, lengths[i], at});
        }
        ASSERT_EQ(producer->position(), at);
    }
    void push_claimed() {
        const std::uint64_t claimed = next_length();
        std::span<std::byte> place;
        if (!producer->try_claim(claimed, place)) {
            return;
        }
        std::fill(place.begin(), place.end(), std::byte{0xDD});
        if (random.below(3) == 0) {
            producer->abandon();
            return;
        }
        const std::uint64_t used = random.below(claimed + 1);
        const std::vector<std::byte> sent = payload(number, used);
        std::copy(sent.begin(), sent.end(), place.begin());
        producer->publish(used);
        pushed(used);
    }
    void pushed(std::uint64_t length) {
        unread.push_back({number++, length, producer->position()});
    }

    void pop_single() {
        std::vector<std::byte> out(rig.shape.max_message());
        std::size_t size = 0;
        const Status status = consumer->try_pop(out, size);
        ASSERT_EQ(status, unread.empty() ? Status::empty : Status::ok);
        if (status) {
            popped(std::span{out}.first(size));
        }
    }
    void pop_peeked() {
        ring::BytesView view;
        ASSERT_EQ(consumer->try_peek(view), unread.empty() ? Status::empty : Status::ok);
        if (unread.empty()) {
            return;
        }
        ASSERT_TRUE(same(view.payload, payload(unread.front().number, unread.front().length)));
        if (random.below(3) != 0) {
            consumer->release();
            unread.pop_front();
        } else {
            consumer.emplace(rig.consumer());  // it died with it in hand
            ASSERT_TRUE(consumer->try_peek(view));
            ASSERT_TRUE(consumer->redelivered());
        }
    }
    void pop_drained() {
        const std::size_t max = random.below(10);
        const std::size_t there = unread.size();
        ASSERT_EQ(consumer->drain([&](const ring::BytesView& each) { popped(each.payload); }, max),
                  std::min(max, there));
    }
    void popped(std::span<const std::byte> out) {
        ASSERT_FALSE(unread.empty());
        ASSERT_TRUE(same(out, payload(unread.front().number, unread.front().length)));
        unread.pop_front();
    }

    void step() {
        switch (random.below(9)) {
            case 0:
                return push_single();
            case 1:
                return push_batch();
            case 2:
                return push_claimed();
            case 3:
                return pop_single();
            case 4:
                return pop_peeked();
            case 5:
                return pop_drained();
            case 6:
                producer.emplace(rig.producer());
                break;
            case 7:
                consumer.emplace(rig.consumer());
                break;
            default:
                consumer->store_free();
                break;
        }
    }
    void check() {
        ASSERT_FALSE(producer->broken() || consumer->broken());
        ASSERT_EQ(consumer->readable(), !unread.empty());
        ASSERT_EQ(rig.producer().position(), producer->position());
        ASSERT_TRUE(unread.empty() || unread.back().end == producer->position());
        ASSERT_LE(producer->position() + rig.shape.frame_align(),
                  consumer->read_position() + rig.capacity())
            << "one frame unit stays free (B3)";
    }

    Random random;
    BytesRig<ArrayPages> rig;
    std::optional<BytesRig<ArrayPages>::Producer> producer;
    std::optional<BytesRig<ArrayPages>::Consumer> consumer;
    std::deque<Sent> unread;
    std::uint64_t number = 0;
};

TEST(BytesModel, DoesWhatADequeDoes) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        BytesRun run{seed};
        for (int step = 0; step < 1500; ++step) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
            ASSERT_NO_FATAL_FAILURE(run.step());
            ASSERT_NO_FATAL_FAILURE(run.check());
        }
        EXPECT_GT(run.number, 400u);
        EXPECT_TRUE(run.rig.guards_whole());
    }
}

}  // namespace
}  // namespace shunt::test
