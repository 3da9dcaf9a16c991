// SPDX-License-Identifier: MIT
//
// The broadcast log against three numbers that say all of it, under random sequences of every
// operation, with successors of the publisher and subscribers that come and go. Seeds are fixed; a
// failure names its seed and step.
#include "broadcast_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace shunt::test {
namespace {

using ring::resume;

// What differs between typed and byte messages.
struct Typed {
    using Message = Blob<28, 4>;
    using Rig = BroadcastRig<Message>;
    static Rig rig(std::uint64_t slots, std::uint64_t start) { return Rig{slots, start}; }
    static bool claims(Rig::Publisher& publisher, std::uint64_t position) {
        Message* const place = publisher.try_claim();
        if (place != nullptr) {
            *place = message<Message>(position);
        }
        return place != nullptr;
    }
    static void publish(Rig::Publisher& publisher) { publisher.publish(); }
    static Status peek(Rig::Subscriber& subscriber, bool& right) {
        const Message* shown = nullptr;
        const Status status = subscriber.try_peek(shown);
        right = !status || *shown == message<Message>(subscriber.next_position());
        return status;
    }
    static Status pop(Rig::Subscriber& subscriber) {
        Message out{};
        return subscriber.try_pop(out);
    }
};
struct OfBytes {
    static constexpr std::uint64_t kLongest = 100;
    using Rig = BroadcastBytesRig<>;
    static Rig rig(std::uint64_t slots, std::uint64_t start) { return Rig{slots, kLongest, start}; }
    static bool claims(Rig::Publisher& publisher, std::uint64_t position) {
        std::span<std::byte> place;
        const std::vector<std::byte> wanted = sent(position, kLongest);
        if (!publisher.try_claim(kLongest, place)) {
            return false;
        }
        std::copy(wanted.begin(), wanted.end(), place.begin());
        return true;
    }
    static void publish(Rig::Publisher& publisher) {
        publisher.publish(length_of(publisher.position(), kLongest));
    }
    static Status peek(Rig::Subscriber& subscriber, bool& right) {
        ring::BytesView view;
        const Status status = subscriber.try_peek(view);
        right = !status || same(view.payload, sent(subscriber.next_position(), kLongest));
        return status;
    }
    static Status pop(Rig::Subscriber& subscriber) {
        std::array<std::byte, kLongest> out;
        std::size_t size = 0;
        return subscriber.try_pop(out, size);
    }
};

template <class Kind>
struct Run {
    static constexpr std::size_t kSubscribers = LogMemory::kMostSubscribers;
    struct Reader {
        std::optional<typename Kind::Rig::Subscriber> it;
        resume how = resume::oldest;
        std::uint64_t begin = 0;
        std::uint64_t next = 0;
        std::uint64_t received = 0;
    };

    explicit Run(std::uint64_t seed)
        : random{seed},
          rig{Kind::rig(1 + below(70), start_positions(1 << 20)[below(6)])},
          publisher{rig.publisher()},
          written{rig.start_pos} {
        for (std::size_t i = 0; i < kSubscribers; ++i) {
            join(i);
        }
    }
    std::uint64_t below(std::uint64_t end) { return random() % end; }

    [[nodiscard]] bool gone(std::uint64_t position) const {
        return position + rig.capacity() < written + (begun ? 1 : 0);
    }
    void join(std::size_t index) {
        Reader& reader = readers[index];
        const std::uint64_t back = below(2 * rig.capacity());
        const std::uint64_t there =
            written > rig.start_pos + back ? written - back : written + back;
        const std::uint64_t begin = below(2) == 0   ? there
                                    : below(2) == 0 ? ring::from::oldest
                                                    : ring::from::latest;
        std::uint64_t oldest = rig.start_pos;
        while (gone(oldest)) {
            oldest = std::max(oldest + 1, written - rig.capacity());
        }
        reader.how = below(2) == 0 ? resume::oldest : resume::newest;
        reader.it.emplace(rig.subscriber(index, begin, reader.how));
        reader.begin = reader.next = begin == ring::from::oldest   ? oldest
                                     : begin == ring::from::latest ? written
                                                                   : begin;
        reader.received = 0;
    }

    void publish_some() {
        const std::uint64_t end = written + 1 + below(below(8) == 0 ? 3 * rig.capacity() : 3);
        ASSERT_TRUE(publishes(*publisher, end));
        written = end;
        begun = false;
    }
    void publish_claimed() {
        ASSERT_TRUE(Kind::claims(*publisher, written));
        begun = true;
        if (below(3) == 0) {
            publisher->abandon();
        } else if (below(3) != 0) {
            Kind::publish(*publisher);
            ++written;
            begun = false;
        }
    }
    // What a call must come to that reads the next message.
    void expect(Reader& reader, Status status, bool reads) {
        if (gone(reader.next)) {
            ASSERT_EQ(status, Status::lapped);
            reader.next = rig.resumes_at(written, reader.how);
        } else if (reader.next >= written) {
            ASSERT_EQ(status, Status::empty);
        } else {
            ASSERT_EQ(status, Status::ok);
            reader.next += reads ? 1 : 0;
            reader.received += reads ? 1 : 0;
        }
    }
    void read(Reader& reader) {
        if (below(2) == 0 && reader.next < written && !gone(reader.next)) {
            ASSERT_TRUE(pops(*reader.it, reader.next));
            ++reader.next;
            ++reader.received;
        } else {
            expect(reader, Kind::pop(*reader.it), true);
        }
    }
    void read_in_place(Reader& reader) {
        bool right = false;
        const Status status = Kind::peek(*reader.it, right);
        ASSERT_TRUE(right);
        ASSERT_NO_FATAL_FAILURE(expect(reader, status, false));
        if (!status) {
            return;
        }
        if (below(3) == 0) {
            ASSERT_NO_FATAL_FAILURE(publish_some());
        }
        ASSERT_EQ(reader.it->still_valid(), !gone(reader.next));
        ASSERT_NO_FATAL_FAILURE(expect(reader, reader.it->release(), true));
    }
    void step() {
        const std::size_t index = below(kSubscribers);
        switch (below(12)) {
            case 0:
            case 1:
                return publish_some();
            case 2:
                return publish_claimed();
            case 3:
                publisher.emplace(rig.publisher());
                ASSERT_FALSE(publisher->broken());
                return;
            case 4:
                return below(4) == 0 ? join(index) : read(readers[index]);
            case 5:
            case 6:
                return read_in_place(readers[index]);
            default:
                return read(readers[index]);
        }
    }
    void check() {
        ASSERT_EQ(publisher->position(), written);
        ASSERT_EQ(rig.write_pos() == 0 ? rig.start_pos : rig.write_pos(), written);
        for (std::size_t i = 0; i < kSubscribers; ++i) {
            const Reader& reader = readers[i];
            const auto& it = *reader.it;
            ASSERT_EQ(it.next_position(), reader.next);
            ASSERT_EQ(it.lost() + reader.received, reader.next - reader.begin);
            ASSERT_EQ(rig.lost(i), it.lost());
            ASSERT_EQ(rig.read_pos(i), reader.next);
            ASSERT_EQ(it.readable(), reader.next < written || gone(reader.next));
            ASSERT_EQ(it.lag(), written - std::min(written, reader.next));
        }
    }

    std::mt19937_64 random;
    typename Kind::Rig rig;
    std::optional<typename Kind::Rig::Publisher> publisher;
    std::uint64_t written;  // behind the newest message
    bool begun = false;     // the slot of the next one has been written to
    std::array<Reader, kSubscribers> readers;
};

template <class Kind>
class BroadcastModel : public testing::Test {};
using Kinds = testing::Types<Typed, OfBytes>;
struct KindName {
    template <class Kind>
    static std::string GetName(int) {
        return std::is_same_v<Kind, Typed> ? "Typed" : "Bytes";
    }
};
TYPED_TEST_SUITE(BroadcastModel, Kinds, KindName);

TYPED_TEST(BroadcastModel, EveryCallComesToWhatThreeNumbersSay) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Run<TypeParam> run{seed};
        for (int step = 0; step < 1500; ++step) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
            ASSERT_NO_FATAL_FAILURE(run.step());
            ASSERT_NO_FATAL_FAILURE(run.check());
        }
        EXPECT_GT(run.written, run.rig.start_pos + 4 * run.rig.capacity());
        EXPECT_TRUE(run.rig.guards_whole());
    }
}

}  // namespace
}  // namespace shunt::test
