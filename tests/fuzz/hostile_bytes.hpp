// SPDX-License-Identifier: MIT
//
// Both sides of the bytes ring against a lying peer: every verb, any order.
#pragma once

#include "fuzz/hostile.hpp"

#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/spsc_bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace shunt::fuzz {

/// What both sides need: a ring of some shape, its words, and something in both.
class BytesGround {
public:
    static constexpr std::size_t kMostBytes = 16384;

    void renew(World& world) {
        Choices& choices = world.choices;
        if (!slots_ || choices.one_in(4)) {
            const std::uint32_t frame = choices.one_in(2) ? 8 : 64;
            const std::uint32_t payload = frame == 8 ? 8 : 8u << choices.below(4);
            shape_ = ring::BytesShape::of(std::uint64_t{1024} << choices.below(5), frame, payload);
            slots_.emplace(shape_.capacity());
        }
        start_ = some_start(choices, kLineBytes) / kLineBytes * kLineBytes;
        if (choices.one_in(2)) {
            std::memset(slots_->data(), 0, slots_->bytes().size());
            std::memset(consumer_.data(), 0, consumer_.bytes().size());
            std::memset(producer_.data(), 0, producer_.bytes().size());
        }
        if (choices.one_in(2)) {
            scribble(choices, slots_->bytes(), choices.below(8));
            scribble(choices, consumer_.bytes(), choices.below(4));
            scribble(choices, producer_.bytes(), choices.below(4));
        }
        world.capacity = shape_.capacity();
    }

    [[nodiscard]] std::byte* slots() const noexcept { return slots_->data(); }
    [[nodiscard]] std::span<std::byte> slot_bytes() const noexcept { return slots_->bytes(); }
    [[nodiscard]] std::span<std::byte> consumer_bytes() const noexcept { return consumer_.bytes(); }
    [[nodiscard]] std::span<std::byte> producer_bytes() const noexcept { return producer_.bytes(); }
    [[nodiscard]] layout::ConsumerWords& consumer() const noexcept {
        return *object_at<layout::ConsumerWords>(consumer_.data());
    }
    [[nodiscard]] layout::ProducerWords& producer() const noexcept {
        return *object_at<layout::ProducerWords>(producer_.data());
    }
    [[nodiscard]] const ring::BytesShape& shape() const noexcept { return shape_; }
    [[nodiscard]] std::uint64_t start() const noexcept { return start_; }

private:
    ring::BytesShape shape_;
    std::optional<Walled> slots_;  // without the guard line: nothing may touch that either
    Walled consumer_{sizeof(layout::ConsumerWords)};
    Walled producer_{sizeof(layout::ProducerWords)};
    std::uint64_t start_ = 0;
};

class BytesProducerSide {
public:
    static constexpr std::uint64_t kVerbs = 7;
    static constexpr std::uint64_t kStepsEach = 8;
    static constexpr std::uint64_t kRelease = kVerbs;  // no such verb

    explicit BytesProducerSide(World& world) : world_{world} {}

    void make() {
        ground_.renew(world_);
        world_.ours = ground_.slot_bytes();
        world_.own_words = ground_.producer_bytes();
        world_.theirs = ground_.consumer_bytes();
        port_.emplace(ground_.slots(), ground_.shape(), ground_.producer(), ground_.consumer(),
                      ground_.start());
    }
    [[nodiscard]] bool broken() const { return port_->broken(); }
    [[nodiscard]] std::uint64_t position() const { return port_->position(); }
    [[nodiscard]] std::uint64_t most_steps_to_make() const {
        return ground_.shape().capacity() / ground_.shape().frame_align() + 4;
    }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        switch (which) {
            case 0:
            case 1:
                return most != 0 && port_->try_push(message()) ? 1 : 0;
            case 2:
                return batch(most);
            case 3:
            case 4:
                return in_place(most);
            case 5:
                if (port_->writable(some_claim()) && port_->broken()) {
                    world_.find("broken, and writable");
                }
                return 0;
            default:
                look_back();
                return 0;
        }
    }

private:
    [[nodiscard]] std::uint64_t some_length() {
        return world_.choices.below(ground_.shape().max_message() + 40);
    }
    [[nodiscard]] std::span<const std::byte> message() {
        return std::span{payload_}.first(some_length());
    }
    [[nodiscard]] std::uint64_t some_claim() {
        return world_.choices.one_in(16) ? world_.choices.word() : some_length();
    }
    std::uint64_t batch(std::uint64_t most) {
        std::array<std::span<const std::byte>, 40> messages;
        for (std::uint64_t i = 0; i < most; ++i) {
            messages[i] = message();
        }
        return port_->try_push_n(std::span{messages}.first(most));
    }
    std::uint64_t in_place(std::uint64_t most) {
        std::span<std::byte> place;
        if (most == 0 || !port_->try_claim(some_claim(), place)) {
            return 0;
        }
        if (world_.may_write(place.data(), place.size())) {
            std::memset(place.data(), 0x5a, place.size());
        }
        if (world_.choices.one_in(4)) {
            port_->abandon();
            return 0;
        }
        port_->publish(world_.choices.below(place.size() + 1));
        return 1;
    }
    void look_back() {
        ring::BytesView view;
        if (port_->last_published(view) &&
            world_.may_read(view.payload.data(), view.payload.size())) {
            std::memcpy(payload_.data(), view.payload.data(), view.payload.size());
        }
    }

    World& world_;
    BytesGround ground_;
    std::optional<ring::BytesProducer<HostilePolicy>> port_;
    std::array<std::byte, BytesGround::kMostBytes> payload_{};
};

class BytesConsumerSide {
public:
    static constexpr std::uint64_t kVerbs = 7;
    static constexpr std::uint64_t kStepsEach = 12;
    static constexpr std::uint64_t kRelease = 4;

    explicit BytesConsumerSide(World& world) : world_{world} {}

    void make() {
        ground_.renew(world_);
        world_.own_words = world_.ours = ground_.consumer_bytes();
        world_.theirs = ground_.slot_bytes();
        world_.shape = &ground_.shape();
        port_.emplace(ground_.slots(), ground_.shape(), ground_.consumer(), ground_.start(),
                      world_.choices.one_in(2));
    }
    [[nodiscard]] bool broken() const { return port_->broken(); }
    [[nodiscard]] std::uint64_t position() const { return port_->read_position(); }
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 4; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        switch (which) {
            case 0:
            case 1:
                return most == 0 ? 0 : pop();
            case 2:
            case 3: {
                ring::BytesView view;
                if (port_->try_peek(view)) {
                    look(view);
                }
                return 0;
            }
            case 4:
                port_->release();
                return 0;
            case 5:
                return port_->drain([&](const ring::BytesView& view) { look(view); }, most);
            default:
                if (port_->readable() && port_->broken()) {
                    world_.find("broken, and readable");
                }
                port_->store_free();
                return 0;
        }
    }

private:
    std::uint64_t pop() {
        std::size_t size = 0;
        const std::uint64_t room = world_.choices.below(ground_.shape().max_message() + 1);
        if (!port_->try_pop(std::span{payload_}.first(room), size)) {
            return 0;
        }
        if (size > room) {
            world_.find("more bytes than there was room for");
        }
        return 1;
    }
    void look(const ring::BytesView& view) {
        if (view.payload.size() > ground_.shape().max_message()) {
            world_.find("a message that is longer than the longest");
        } else if (world_.may_read(view.payload.data(), view.payload.size())) {
            std::memcpy(payload_.data(), view.payload.data(), view.payload.size());
        }
    }

    World& world_;
    BytesGround ground_;
    std::optional<ring::BytesConsumer<HostilePolicy>> port_;
    std::array<std::byte, BytesGround::kMostBytes> payload_{};
};

}  // namespace shunt::fuzz
