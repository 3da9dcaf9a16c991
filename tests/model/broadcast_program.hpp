// SPDX-License-Identifier: MIT
//
// The publisher of a broadcast log and its subscribers, as the explorer runs them, with deaths. The
// publisher waits for nobody, so it laps subscribers wherever they stand.
//
// Asserted: every message is that of its position; received + lost = published, from where a
// subscriber began, by its own count and by ours; a loss is told only where something was
// overwritten, and ends at a message that was there; EMPTY is true of a moment within the call; a
// successor of the publisher goes on exactly behind what could be read. And, where it is watched,
// what no caller sees, at every change: stamps only grow, by turns, in the order of positions (B2),
// and write_pos is the next position, or one less between the two stores that publish (B3).
#pragma once

#include "model/broadcast_rig.hpp"
#include "model/explorer.hpp"
#include "model/line_program.hpp"
#include "model/model_policy.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

enum class Publish { one, batch, claim };
enum class Read { pop, peek, valid };  // valid: asks still_valid() of what it has read in place

struct BroadcastCase {
    std::uint64_t slots = 2;
    std::uint64_t messages = 4;
    int subscribers = 1;
    Publish publish = Publish::one;
    Read read = Read::pop;
    std::uint64_t begin = ring::from::oldest;
    ring::resume how = ring::resume::oldest;
    bool abandons = false;     // before each message a claim is filled with something and given up
    std::uint64_t before = 0;  // published before anybody begins
    std::uint64_t start = 0;
    bool watched = true;
};

template <class P, class Rig = TypedLog<P>>
class BroadcastProgram : public Program {
public:
    using T = typename Rig::Message;
    using Publisher = typename Rig::Publisher;
    using Subscriber = typename Rig::Subscriber;
    using Reading = Subscriber;
    static constexpr std::size_t kMost = 2;
    static constexpr std::uint64_t kBatch = 2;

    explicit BroadcastProgram(BroadcastCase c)
        : case_{c}, end_{c.start + c.before + c.messages}, rig_{c.slots, c.start} {}

    std::string_view threads() const override {
        return std::string_view{"pst"}.substr(0, 1 + static_cast<std::size_t>(case_.subscribers));
    }
    std::vector<Region> regions() override {
        std::vector<Region> all{{{bytes_of(account_), sizeof account_}, Place::other}};
        const auto word = [&](void* at, Place place) {
            all.push_back({{static_cast<std::byte*>(at), 8}, place});
        };
        for (std::uint64_t i = 0; i < rig_.capacity(); ++i) {
            all.push_back({{rig_.slot(i), Rig::kPayloadBytes}, Place::payload});
            word(&rig_.header(i), Place::frames);
            word(&rig_.stamp(i), Place::stamp);
        }
        word(&rig_.words->write_pos, Place::write_pos);
        for (std::size_t i = 0; i < static_cast<std::size_t>(case_.subscribers); ++i) {
            word(&rig_.own[i]->read_pos, Place::read_pos);
            word(&rig_.own[i]->lost, Place::lost);
        }
        return all;
    }
    // What was there before is as if it had been published: by the picture, no call of ours.
    void begin() override {
        rig_.clear();
        account_ = {};
        account_.readable = case_.start + case_.before;
        account_.begun = account_.readable;
        for (std::uint64_t p = case_.start; p < account_.readable; ++p) {
            put(p);
        }
    }
    void run(int thread, int) override {
        thread == 0 ? publish() : subscribe(static_cast<std::size_t>(thread) - 1);
    }
    void changed(int thread, const void* at) override {
        const Place place = Explorer::now().place_of(at);
        if (thread == 0 && (place == Place::stamp || place == Place::write_pos)) {
            const std::string_view wrong = place == Place::stamp ? stamped(at) : moved();
            if (case_.watched && !wrong.empty()) {
                Explorer::now().fail(std::string{wrong});
            }
        }
    }
    std::string finish() override {
        if (account_.readable != end_) {
            return "messages are missing";
        }
        if (rig_.write_pos() != end_) {
            return "write_pos is behind in the end";
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(case_.subscribers); ++i) {
            if (rig_.read_pos(i) != end_ || rig_.lost(i) != account_.stays[i].lost) {
                return "a subscriber's words are not what it did";
            }
        }
        return rig_.guards_whole() ? "" : "written outside of the log";
    }

protected:
    /// One subscriber's stay, from where it began.
    struct Stay {
        std::uint64_t began;
        std::uint64_t received;
        std::uint64_t lost;  // by our own count
    };
    struct Account {
        std::uint64_t begun;     // positions below it were begun to be written
        std::uint64_t readable;  // and below it could be read, at some time
        std::array<Stay, kMost> stays;
    };

    static void expect(bool right, const char* what) {
        if (!right) {
            Explorer::now().fail(what);
        }
    }
    Rig& rig() { return rig_; }
    Account& account() { return account_; }
    std::uint64_t end() const { return end_; }
    const BroadcastCase& the_case() const { return case_; }

    // Hooks of the program that sleeps and wakes, and of seeded bugs.
    virtual void published() {}
    virtual void nothing(std::size_t, Settled<Subscriber>& subscriber) {
        subscriber.wait_for_change();
    }
    virtual Publisher publisher() { return rig_.publisher(); }
    virtual void gave_up(Publisher&) {}
    virtual std::uint64_t told_lost(const Subscriber& subscriber) const {
        return subscriber.lost();
    }

    void publish() {
        Settled<Publisher> publisher{[this] { return this->publisher(); }};
        expect(!publisher->broken(), "the publisher's successor finds the log broken");
        expect(publisher->position() >= account_.readable, "a message's position is used again");
        expect(publisher->position() <= account_.readable, "a position is passed over");
        while (publisher->position() < end_) {
            publisher.settle();
            if (case_.abandons) {
                give_up(*publisher);
            }
            push(*publisher);
            expect(!publisher->broken(), "the publisher finds the log broken");
            published();
        }
    }
    static T whole(std::span<const std::byte> bytes) {
        if constexpr (std::is_same_v<T, Whole>) {
            return whole_of(bytes);
        } else {
            T made;
            std::memcpy(&made, bytes.data(), sizeof made);
            return made;
        }
    }

private:
    void subscribe(std::size_t index) {
        Stay& stay = account_.stays[index];
        stay = {};
        const std::uint64_t oldest = oldest_now();
        Settled<Subscriber> subscriber{
            [&] { return rig_.subscriber(index, case_.begin, case_.how); }};
        stay.began = subscriber->next_position();
        if (case_.begin == ring::from::oldest) {
            expect(stay.began >= oldest && stay.began <= account_.begun,
                   "a joiner begins where nothing is");
        }
        while (subscriber->next_position() < end_) {
            subscriber.settle();
            const std::uint64_t next = subscriber->next_position();
            const std::uint64_t there = account_.readable;
            T message{};
            const Status status = read(*subscriber, message);
            const std::uint64_t now = subscriber->next_position();
            if (status) {
                expect(message == test::message<T>(next), "a message has other bytes");
                expect(now == next + 1 && subscriber->position() == next, "the position is wrong");
                ++stay.received;
            } else if (status == Status::lapped) {
                lapped(next, now);
                stay.lost += now - next;
            } else {
                expect(status == Status::empty, "the subscriber finds the log broken");
                expect(there <= next, "EMPTY, and something was there all the time");
                expect(now == next, "the position is wrong");
            }
            expect(told_lost(*subscriber) == stay.lost, "what it tells of its loss is not true");
            expect(stay.began + stay.received + stay.lost == now, "received + lost is not all");
            if (status == Status::empty) {
                nothing(index, subscriber);
            }
        }
    }

    // A loss is true only of what was overwritten, and what it goes on with was there.
    void lapped(std::uint64_t next, std::uint64_t now) {
        const std::uint64_t slots = rig_.capacity();
        expect(next + slots < account_.begun, "LAPPED, and it was there");
        expect(now > next, "LAPPED, and nothing is lost");
        const std::uint64_t written = account_.readable;
        if (case_.how == ring::resume::newest) {
            expect(now < written, "it goes on where nothing is yet");
        } else {
            expect(now <= rig_.resumes_at(written, case_.how), "messages are passed over");
        }
    }
    std::uint64_t oldest_now() const {
        const std::uint64_t slots = rig_.capacity();
        return account_.begun < case_.start + slots ? case_.start : account_.begun - slots;
    }

    // The publisher stored a stamp, or write_pos: what is wrong with it.
    std::string_view stamped(const void* at) {
        const std::uint64_t stamp =
            static_cast<const std::atomic<std::uint64_t>*>(at)->load(std::memory_order_relaxed);
        const std::uint64_t position = (stamp - 1) / 2;
        const bool reads = stamp % 2 == 0;
        const bool right = position == account_.readable && at == &rig_.stamp(position) &&
                           (!reads || account_.begun == position + 1);
        account_.begun = std::max(account_.begun, position + 1);
        account_.readable = std::max(account_.readable, reads ? position + 1 : 0);
        return right ? "" : "a stamp comes out of its turn";
    }
    std::string_view moved() const {
        return rig_.write_pos() == account_.readable ? "" : "write_pos is not what was published";
    }
    void put(std::uint64_t position) {
        const T message = test::message<T>(position);
        if constexpr (std::is_same_v<T, Whole>) {
            rig_.header(position).store(head_of(message), std::memory_order_relaxed);
        }
        std::memcpy(rig_.slot(position), &message, sizeof message);
        rig_.stamp(position).store(2 * position + 2, std::memory_order_relaxed);
        rig_.words->write_pos.store(position + 1, std::memory_order_relaxed);
    }

    // As a user does it who fills a claim.
    void fill(std::byte* place, const T& message) {
        P::copy_in(place, bytes_of(message), sizeof message);
    }
    static std::byte* bytes_at(std::byte* place) { return place; }
    static std::byte* bytes_at(Torn* place) {
        return place == nullptr ? nullptr : bytes_of(*place);
    }
    void give_up(Publisher& publisher) {
        fill(bytes_at(publisher.try_claim()), test::message<T>(end_));
        publisher.abandon();
        gave_up(publisher);
    }
    void push(Publisher& publisher) {
        const std::uint64_t at = publisher.position();
        if (case_.publish == Publish::claim) {
            fill(bytes_at(publisher.try_claim()), test::message<T>(at));
            publisher.template publish<std::memory_order_seq_cst>();
            return;
        }
        if constexpr (!std::is_same_v<T, Whole>) {
            if (case_.publish == Publish::batch) {
                const std::array<T, kBatch> all{test::message<T>(at), test::message<T>(at + 1)};
                const std::uint64_t some = std::min(kBatch, end_ - at);
                expect(publisher.template try_push_n<std::memory_order_seq_cst>(
                           std::span{all}.first(some)) == some,
                       "a batch is cut off");
                return;
            }
        }
        expect(bool{publisher.template try_push<std::memory_order_seq_cst>(test::message<T>(at))},
               "a push is refused");
    }

    Status read(Subscriber& subscriber, T& message) {
        if (case_.read == Read::pop) {
            return subscriber.try_pop(message);
        }
        const std::uint64_t next = subscriber.next_position();
        std::size_t size = sizeof(T);
        const std::byte* shown = nullptr;
        const Status status = peek(subscriber, shown, size);
        if (!status) {
            return status;
        }
        std::array<std::byte, 2 * sizeof(T)> copy{};
        P::copy_out(copy.data(), shown, size);
        const std::span<const std::byte> seen = std::span{copy}.first(size);
        if (case_.read == Read::valid) {
            const bool valid = subscriber.still_valid();
            expect(!valid || whole(seen) == test::message<T>(next),
                   "valid, and it has other bytes");
        }
        const Status released = subscriber.release();
        message = whole(seen);
        return released;
    }
    static Status peek(ring::BroadcastSubscriber<Torn, P>& subscriber, const std::byte*& shown,
                       std::size_t&) {
        const Torn* message = nullptr;
        const Status status = subscriber.try_peek(message);
        shown = status ? bytes_of(*message) : nullptr;
        return status;
    }
    static Status peek(HeadSubscriber<P>& subscriber, const std::byte*& shown, std::size_t& size) {
        return subscriber.try_peek(shown, size);
    }

    BroadcastCase case_;
    std::uint64_t end_;
    Rig rig_;
    Account account_{};
};

}  // namespace shunt::model
