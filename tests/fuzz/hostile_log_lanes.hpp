// SPDX-License-Identifier: MIT
//
// A subscriber to the logs of several publishers, of which one lies in every word, those that say
// whose its messages are among them, and the others are honest: what is asserted of one log holds
// of each lane, and the honest ones' messages come, each as it was published, and under its name.
#pragma once

#include "fuzz/hostile_log.hpp"

#include <shunt/core/ring/broadcast_lanes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace shunt::fuzz {

/// What differs between lanes of structs and of bytes. A message of the honest is its position.
struct TypedLanes : TypedLog {
    using Honest = ring::BroadcastPublisher<T>;
    using Merged = ring::LaneSubscriber<T, HostilePolicy>;
    static Honest publisher(std::byte* slots, const ring::LogGeometry& g,
                            layout::PublisherWords& words, std::uint64_t start) {
        return Honest{slots, g.capacity, words, start};
    }
    static Status push(Honest& port, std::uint64_t position) {
        return port.try_push(T{{position}});
    }
    static Status pop(Merged& port, World&, std::span<std::byte> to, std::size_t& size) {
        T message{};
        const Status status = port.try_pop(message);
        std::memcpy(to.data(), &message, sizeof(T));
        size = sizeof(T);
        return status;
    }
    static Status peek(Merged& port, std::span<const std::byte>& shown) {
        const T* message = nullptr;
        const Status status = port.try_peek(message);
        shown = status ? std::span{bytes_of(*message), sizeof(T)} : shown;
        return status;
    }
};
struct BytesLanes : BytesLog {
    using Honest = ring::BroadcastBytesPublisher<>;
    using Merged = ring::LaneBytesSubscriber<HostilePolicy>;
    static Honest publisher(std::byte* slots, const ring::LogGeometry& g,
                            layout::PublisherWords& words, std::uint64_t start) {
        return Honest{slots, g, kLongest, words, start};
    }
    static Status push(Honest& port, std::uint64_t position) {
        std::array<std::byte, kLongest> message{};
        std::memcpy(message.data(), &position, sizeof position);
        return port.try_push(std::span{message}.first(sizeof position + position % 64));
    }
    static Status pop(Merged& port, World& world, std::span<std::byte> to, std::size_t& size) {
        const Status status = port.try_pop(to, size);
        if (status && size > to.size()) {
            world.find("more bytes than there was room for");
        }
        return status;
    }
    static Status peek(Merged& port, std::span<const std::byte>& shown) {
        ring::BytesView view;
        const Status status = port.try_peek(view);
        shown = view.payload;
        return status;
    }
};

template <class Kind>
class LogLanesSide {
public:
    static constexpr std::uint64_t kVerbs = 9;
    static constexpr std::uint64_t kStepsEach = 40;
    static constexpr std::uint64_t kRelease = 4;

    explicit LogLanesSide(World& world) : world_{world} {}

    void make() {
        renew();
        Choices& choices = world_.choices;
        const auto which = choices.one_in(2) ? ring::policy::lossy : ring::policy::conflate;
        const auto how = choices.one_in(2) ? ring::resume::oldest : ring::resume::newest;
        honest_.clear();
        for (std::uint32_t lane = 0; lane < kLiar; ++lane) {
            honest_.push_back(Kind::publisher(slots(lane), geometry_, words(lane), start_[lane]));
            ring::take_lane(holders(lane), token_of(lane), start_[lane]);
        }
        port_.emplace(kLanes, [&](std::uint32_t lane) {
            std::optional<typename Kind::Subscriber> reader;
            Kind::make(reader, slots(lane), geometry_, words(lane), own(lane), start_[lane],
                       ring::from::oldest, how, which, ring::GatePlace{});
            return *reader;
        });
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            begin_[lane] = ring(lane).next_position();
            received_[lane] = 0;
        }
        shows_ = false;
    }
    // Those of the liar's lane: it moves nothing once it is known to be broken.
    [[nodiscard]] bool broken() const { return ring(kLiar).broken(); }
    [[nodiscard]] std::uint64_t position() const { return ring(kLiar).next_position(); }
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 12 * kLanes; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        std::array<std::uint64_t, kLanes> before{};
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            before[lane] = ring(lane).next_position();
        }
        const std::uint64_t of_liar = received_[kLiar];
        if (most != 0) {
            call(which, most);
        }
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            const std::uint64_t now = ring(lane).next_position();
            if (now < before[lane]) {
                world_.find("it goes back");
            }
            if (ring(lane).lost() + received_[lane] != now - begin_[lane]) {
                world_.find("received + lost is not all");
            }
        }
        // A call that finds all of the honest takes of the liar's what it comes by.
        return which == kFindAll ? 0 : received_[kLiar] - of_liar;
    }

private:
    static constexpr std::uint32_t kLanes = 3;
    static constexpr std::uint32_t kLiar = 2;  // whose log ends where nobody may read
    static constexpr std::uint64_t kFindAll = 7;
    static constexpr std::size_t kSlotsAt =
        sizeof(layout::PublisherWords) + sizeof(layout::LaneHolders);
    static constexpr std::size_t kOwnBytes = sizeof(layout::SubscriberWords);
    static constexpr std::size_t kLongestPopped = 512;

    [[nodiscard]] static std::uint64_t token_of(std::uint32_t lane) { return 100 + lane; }

    void renew() {
        constexpr std::uint64_t kSlots[] = {2, 4, 8, 64};
        Choices& choices = world_.choices;
        if (!memory_ || choices.one_in(4)) {
            geometry_ = Kind::of(kSlots[choices.below(std::size(kSlots))]);
            stride_ = kSlotsAt + geometry_.bytes();
            memory_.emplace(kLanes * stride_);
        }
        std::memset(memory_->data(), 0, memory_->bytes().size());
        std::memset(own_.data(), 0, own_.bytes().size());
        start_ = {choices.below(4096), choices.below(4096), some_start(choices, 1)};
        if (choices.one_in(2)) {
            scribble(choices, memory_->bytes().subspan(kLiar * stride_), choices.below(16));
        }
        world_.own_words = world_.ours = own_.bytes();
        world_.theirs = memory_->bytes();
        world_.honest = memory_->bytes().first(kLiar * stride_);
        world_.capacity = geometry_.capacity;
        world_.log = memory_->bytes().subspan(kLiar * stride_ + kSlotsAt);
        world_.slot_bytes = geometry_.slot_bytes;
        world_.longest = Kind::kLongest;
        world_.position = start_[kLiar];
    }
    [[nodiscard]] std::byte* at(std::uint32_t lane) const {
        return memory_->data() + lane * stride_;
    }
    [[nodiscard]] std::byte* slots(std::uint32_t lane) const { return at(lane) + kSlotsAt; }
    [[nodiscard]] layout::PublisherWords& words(std::uint32_t lane) const {
        return *object_at<layout::PublisherWords>(at(lane));
    }
    [[nodiscard]] layout::LaneHolders& holders(std::uint32_t lane) const {
        return *object_at<layout::LaneHolders>(at(lane) + sizeof(layout::PublisherWords));
    }
    [[nodiscard]] layout::SubscriberWords& own(std::uint32_t lane) const {
        return *object_at<layout::SubscriberWords>(own_.data() + lane * kOwnBytes);
    }
    [[nodiscard]] const auto& ring(std::uint32_t lane) const { return port_->merge().ring(lane); }

    void call(std::uint64_t which, std::uint64_t most) {
        shows_ = shows_ && (which == kRelease || which > kFindAll || which == 5);
        switch (which) {
            case 0:
            case 1:
                return pop(world_.choices.below(kLongestPopped));
            case 2:
            case 3:
                return look();
            case kRelease:
                if (shows_ && port_->release()) {
                    ++received_[port_->merge().lane()];
                }
                shows_ = false;
                return;
            case 5:
                (void)port_->readable();
                (void)port_->lag();
                (void)port_->told();
                (void)(shows_ && port_->still_valid());
                return;
            case 6:
                return push(most);
            case kFindAll:
                return find_all_of_the_honest();
            default:
                (void)ring::holder_of<HostilePolicy>(holders(kLiar), position());
                return;
        }
    }
    void pop(std::size_t room) {
        std::size_t size = 0;
        const auto to = std::span{message_}.first(std::max(room, sizeof(std::uint64_t) * 3));
        if (Kind::pop(*port_, world_, to, size)) {
            check(std::span<const std::byte>{to}.first(std::min(size, to.size())),
                  port_->position());
            ++received_[port_->merge().lane()];
        }
    }
    void look() {
        std::span<const std::byte> shown;
        shows_ = bool{Kind::peek(*port_, shown)};
        shows_ = shows_ && world_.may_read(shown.data(), shown.size());
        if (shows_) {
            check(shown, port_->next_position());
        }
    }
    // Of an honest lane: what was published there, and by whom.
    void check(std::span<const std::byte> message, std::uint64_t expected) {
        const std::uint32_t lane = port_->merge().lane();
        if (lane == kLiar) {
            return;
        }
        std::uint64_t position = 0;
        std::memcpy(&position, message.data(), sizeof position);
        if (position != expected) {
            world_.find("an honest lane's message is another");
        }
        if (ring::holder_of<HostilePolicy>(holders(lane), position) != token_of(lane)) {
            world_.find("an honest lane's message is another's");
        }
    }
    void push(std::uint64_t most) {
        auto& publisher = honest_[world_.choices.below(kLiar)];
        for (; most != 0 && Kind::push(publisher, publisher.position()); --most) {
        }
    }
    // A look goes once through the lanes, and a turn is of kTurn messages; the liar has its own.
    void find_all_of_the_honest() {
        const auto all = [&] {
            return ring(0).next_position() == honest_[0].position() &&
                   ring(1).next_position() == honest_[1].position();
        };
        for (std::uint64_t looks = 8 * (geometry_.capacity + 64); !all() && looks != 0; --looks) {
            world_.position = position();
            pop(kLongestPopped);
        }
        if (!all()) {
            world_.find("an honest lane is passed over");
        }
        world_.steps = 0;
    }

    World& world_;
    std::optional<Walled> memory_;  // of each lane its words, its holders, its slots
    Walled own_{kLanes * kOwnBytes};
    ring::LogGeometry geometry_;
    std::size_t stride_ = 0;
    std::array<std::uint64_t, kLanes> start_{};
    std::array<std::uint64_t, kLanes> begin_{};
    std::array<std::uint64_t, kLanes> received_{};
    std::optional<typename Kind::Merged> port_;
    std::vector<typename Kind::Honest> honest_;
    std::array<std::byte, kLongestPopped> message_{};
    bool shows_ = false;
};

}  // namespace shunt::fuzz
