// SPDX-License-Identifier: MIT
//
// Both sides of the broadcast log: a subscriber, a gate or not, whose publisher lies in every word,
// and a publisher whose predecessor left anything, and whose gates lie. Whatever is told, a
// subscriber's received + lost is all that it has gone by, and it never goes back.
#pragma once

#include "fuzz/hostile.hpp"
#include "fuzz/hostile_line.hpp"

#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/ring/broadcast.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace shunt::fuzz {

inline constexpr std::uint64_t kLongestInLog = 150;

/// What differs between a log of structs and one of bytes.
struct TypedLog {
    using T = Element<24>;
    using Publisher = ring::BroadcastPublisher<T, HostilePolicy>;
    using Subscriber = ring::BroadcastSubscriber<T, HostilePolicy>;
    static constexpr std::uint64_t kLongest = 0;
    static ring::LogGeometry of(std::uint64_t capacity) { return ring::LogShape<T>::of(capacity); }
    static void make(std::optional<Publisher>& port, std::byte* slots, const ring::LogGeometry& g,
                     layout::PublisherWords& words, std::uint64_t start, const ring::Gates& gates) {
        port.emplace(slots, g.capacity, words, start, gates);
    }
    static void make(std::optional<Subscriber>& port, std::byte* slots, const ring::LogGeometry& g,
                     const layout::PublisherWords& words, layout::SubscriberWords& own,
                     std::uint64_t start, std::uint64_t begin, ring::resume how, ring::policy which,
                     const ring::GatePlace& gate) {
        port.emplace(slots, g.capacity, words, own, start, begin, how, which, gate);
    }
    static Status push(Publisher& port, std::size_t) { return port.try_push(T{}); }
    static std::span<std::byte> claim(Publisher& port, std::size_t) {
        T* const place = port.try_claim();
        return place == nullptr ? std::span<std::byte>{} : std::span{bytes_of(*place), sizeof(T)};
    }
    static void publish(Publisher& port, std::size_t) { port.publish(); }
    static Status pop(Subscriber& port, World&, std::size_t) {
        T message;
        return port.try_pop(message);
    }
    static Status peek(Subscriber& port, std::span<const std::byte>& shown) {
        const T* message = nullptr;
        const Status status = port.try_peek(message);
        shown = status ? std::span{bytes_of(*message), sizeof(T)} : shown;
        return status;
    }
};
struct BytesLog {
    using Publisher = ring::BroadcastBytesPublisher<HostilePolicy>;
    using Subscriber = ring::BroadcastBytesSubscriber<HostilePolicy>;
    static constexpr std::uint64_t kLongest = kLongestInLog;
    static ring::LogGeometry of(std::uint64_t capacity) {
        return ring::LogBytesShape::of(capacity, kLongest);
    }
    static void make(std::optional<Publisher>& port, std::byte* slots, const ring::LogGeometry& g,
                     layout::PublisherWords& words, std::uint64_t start, const ring::Gates& gates) {
        port.emplace(slots, g, kLongest, words, start, gates);
    }
    static void make(std::optional<Subscriber>& port, std::byte* slots, const ring::LogGeometry& g,
                     const layout::PublisherWords& words, layout::SubscriberWords& own,
                     std::uint64_t start, std::uint64_t begin, ring::resume how, ring::policy which,
                     const ring::GatePlace& gate) {
        port.emplace(slots, g, kLongest, words, own, start, begin, how, which, gate);
    }
    static Status push(Publisher& port, std::size_t n) {
        static constexpr std::array<std::byte, 256> kMessage{};
        return port.try_push(std::span{kMessage}.first(n));
    }
    static std::span<std::byte> claim(Publisher& port, std::size_t n) {
        std::span<std::byte> place;
        return port.try_claim(n, place) ? place : std::span<std::byte>{};
    }
    static void publish(Publisher& port, std::size_t n) { port.publish(n); }
    static Status pop(Subscriber& port, World& world, std::size_t n) {
        std::array<std::byte, 512> message;
        std::size_t size = 0;
        const Status status = port.try_pop(std::span{message}.first(n), size);
        if (status && size > n) {
            world.find("more bytes than there was room for");
        }
        return status;
    }
    static Status peek(Subscriber& port, std::span<const std::byte>& shown) {
        ring::BytesView view;
        const Status status = port.try_peek(view);
        shown = view.payload;
        return status;
    }
};

/// What gates write, and, as the publisher's own, who was evicted.
struct GateMemory {
    static constexpr std::size_t kSeats = 3;
    struct Theirs {
        layout::GateWords words;
        layout::SubscriberWords seats[kSeats];
    };
    struct Own {
        ring::EvictedWord evicted[kSeats];
    };
    Walled theirs{sizeof(Theirs)};
    Walled own{sizeof(Own)};

    [[nodiscard]] ring::Gates gates(Choices& choices) {
        if (choices.one_in(2)) {
            scribble(choices, theirs.bytes(), choices.below(8));
        }
        auto& words = *object_at<Theirs>(theirs.data());
        auto& evicted = *object_at<Own>(own.data());
        return {&words.words, words.seats, evicted.evicted, choices.one_in(2)};
    }
};

/// A log of some size, and something in it. The slots end at a page that nobody may touch.
template <class Kind>
class LogGround {
public:
    void renew(World& world) {
        constexpr std::uint64_t kSlots[] = {2, 4, 8, 64};
        Choices& choices = world.choices;
        if (!memory_ || choices.one_in(4)) {
            geometry_ = Kind::of(kSlots[choices.below(std::size(kSlots))]);
            memory_.emplace(sizeof(layout::PublisherWords) + geometry_.bytes());
        }
        start_ = some_start(choices, 1);
        if (choices.one_in(2)) {
            std::memset(memory_->data(), 0, memory_->bytes().size());
        }
        if (choices.one_in(2)) {
            scribble(choices, slots(), choices.below(8));
            scribble(choices, memory_->bytes().first(8), choices.below(2));
        }
        world.capacity = geometry_.capacity;
        world.log = slots();
        world.slot_bytes = geometry_.slot_bytes;
        world.longest = Kind::kLongest;
    }
    [[nodiscard]] std::span<std::byte> slots() const noexcept {
        return memory_->bytes().subspan(sizeof(layout::PublisherWords));
    }
    [[nodiscard]] std::span<std::byte> all() const noexcept { return memory_->bytes(); }
    [[nodiscard]] layout::PublisherWords& words() const noexcept {
        return *object_at<layout::PublisherWords>(memory_->data());
    }
    [[nodiscard]] const ring::LogGeometry& geometry() const noexcept { return geometry_; }
    [[nodiscard]] std::uint64_t start() const noexcept { return start_; }

private:
    std::optional<Walled> memory_;
    ring::LogGeometry geometry_;
    std::uint64_t start_ = 0;
};

template <class Kind>
class LogPublisherSide {
public:
    static constexpr std::uint64_t kVerbs = 6;
    // Three words of each gate, two times, and `high`.
    static constexpr std::uint64_t kStepsEach = 4 + 2 * (1 + 3 * GateMemory::kSeats) + 2;
    static constexpr std::uint64_t kRelease = kVerbs;  // no such verb

    explicit LogPublisherSide(World& world) : world_{world} {}

    void make() {
        ground_.renew(world_);
        world_.ours = ground_.all();
        world_.theirs = gates_.theirs.bytes();
        world_.own_words = gates_.own.bytes();
        Kind::make(port_, ground_.slots().data(), ground_.geometry(), ground_.words(),
                   ground_.start(), gates_.gates(world_.choices));
    }
    [[nodiscard]] bool broken() const { return port_->broken(); }
    [[nodiscard]] std::uint64_t position() const { return port_->position(); }
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 4; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        const std::size_t bytes = world_.choices.below(256);
        if (which < 2) {
            return most != 0 && Kind::push(*port_, bytes) ? 1 : 0;
        }
        const std::span<std::byte> place = Kind::claim(*port_, bytes);
        if (place.empty()) {
            return 0;
        }
        if (world_.may_write(place.data(), place.size())) {
            std::memset(place.data(), 0x5C, place.size());
        }
        if (which == 2 || most == 0) {
            port_->abandon();
            return 0;
        }
        Kind::publish(*port_, place.size());
        return 1;
    }

private:
    World& world_;
    LogGround<Kind> ground_;
    GateMemory gates_;
    std::optional<typename Kind::Publisher> port_;
};

template <class Kind>
class LogSubscriberSide {
public:
    static constexpr std::uint64_t kVerbs = 6;
    static constexpr std::uint64_t kStepsEach = 6;
    static constexpr std::uint64_t kRelease = 4;

    explicit LogSubscriberSide(World& world) : world_{world} {}

    void make() {
        ground_.renew(world_);
        world_.own_words = world_.ours = own_.bytes();
        world_.theirs = ground_.all();
        world_.position = ground_.start();
        Choices& choices = world_.choices;
        const std::uint64_t begin = choices.one_in(3)   ? ring::from::oldest
                                    : choices.one_in(2) ? ring::from::latest
                                    : choices.one_in(2) ? choices.word()
                                                        : ground_.start() + choices.below(100);
        Kind::make(port_, ground_.slots().data(), ground_.geometry(), ground_.words(),
                   *object_at<layout::SubscriberWords>(own_.data()), ground_.start(), begin,
                   choices.one_in(2) ? ring::resume::oldest : ring::resume::newest,
                   static_cast<ring::policy>(choices.below(3)),
                   {object_at<layout::GateWords>(own_.data() + sizeof(layout::SubscriberWords)),
                    object_at<ring::EvictedWord>(ground_.all().data() + kEvictedAt), 0, 1,
                    choices.one_in(2)});
        begin_ = port_->next_position();
        received_ = 0;
        shows_ = false;
    }
    [[nodiscard]] bool broken() const { return port_->broken(); }
    [[nodiscard]] std::uint64_t position() const { return port_->next_position(); }
    // A gate looks again where the limit has moved on.
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 12 + 4 * kMostRounds; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        const std::uint64_t before = position();
        const std::uint64_t moved = most == 0 ? 0 : call(which);
        received_ += moved;
        if (position() < before) {
            world_.find("it goes back");
        }
        if (port_->lost() + received_ != position() - begin_) {
            world_.find("received + lost is not all");
        }
        shows_ = shows_ && position() == before && which != kRelease;
        return moved;
    }

private:
    std::uint64_t call(std::uint64_t which) {
        switch (which) {
            case 0:
            case 1:
                return Kind::pop(*port_, world_, world_.choices.below(512)) ? 1 : 0;
            case 2:
            case 3:
                look();
                return 0;
            case kRelease:
                return shows_ && port_->release() ? 1 : 0;
            default:
                (void)port_->readable();
                (void)port_->lag();
                if (shows_) {
                    (void)port_->still_valid();
                }
                return 0;
        }
    }
    void look() {
        std::span<const std::byte> shown;
        shows_ = bool{Kind::peek(*port_, shown)};
        if (shows_ && !world_.may_read(shown.data(), shown.size())) {
            shows_ = false;
        }
        if (shows_ && Kind::kLongest != 0 && shown.size() > Kind::kLongest) {
            world_.find("a message that is longer than the longest");
        }
    }

    static constexpr std::size_t kEvictedAt = 16;  // in PublisherWords, where nothing is
    static constexpr std::uint64_t kMostRounds = 63;

    World& world_;
    LogGround<Kind> ground_;
    Walled own_{sizeof(layout::SubscriberWords) + sizeof(layout::GateWords)};
    std::optional<typename Kind::Subscriber> port_;
    std::uint64_t begin_ = 0;
    std::uint64_t received_ = 0;
    bool shows_ = false;
};

}  // namespace shunt::fuzz
