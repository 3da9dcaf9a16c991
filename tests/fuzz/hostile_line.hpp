// SPDX-License-Identifier: MIT
//
// Both sides of the line ring against a lying peer: every verb, any order.
#pragma once

#include "fuzz/hostile.hpp"

#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/spsc.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace shunt::fuzz {

template <std::size_t N>
struct Element {
    std::array<std::uint64_t, N / 8> words;
};

/// What both sides need: a ring of some size, its words, and something in both.
template <class T>
class LineGround {
public:
    LineGround() = default;

    /// A ring of another size, or with other contents; at times with nothing left by anybody.
    void renew(World& world) {
        constexpr std::uint64_t kSlots[] = {1, 2, 4, 8, 64, 128, 256};
        Choices& choices = world.choices;
        if (!slots_ || choices.one_in(4)) {
            capacity_ = kSlots[choices.below(std::size(kSlots))] * ring::LineShape<T>::kPerSlot;
            slots_.emplace(ring::line_geometry<T>(capacity_).bytes - kLinePairBytes);
        }
        start_ = some_start(choices, 1);
        if (choices.one_in(2)) {
            std::memset(slots_->data(), 0, slots_->bytes().size());
            std::memset(words_.data(), 0, words_.bytes().size());
        }
        if (choices.one_in(2)) {
            scribble(choices, slots_->bytes(), choices.below(8));
            scribble(choices, words_.bytes(), choices.below(4));
        }
        world.capacity = capacity_;
    }

    [[nodiscard]] std::byte* slots() const noexcept { return slots_->data(); }
    [[nodiscard]] std::span<std::byte> slot_bytes() const noexcept { return slots_->bytes(); }
    [[nodiscard]] std::span<std::byte> word_bytes() const noexcept { return words_.bytes(); }
    [[nodiscard]] layout::ConsumerWords& words() const noexcept {
        return *object_at<layout::ConsumerWords>(words_.data());
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::uint64_t start() const noexcept { return start_; }

private:
    std::optional<Walled> slots_;  // without the guard line: nothing may touch that either
    Walled words_{sizeof(layout::ConsumerWords)};
    std::uint64_t capacity_ = 0;
    std::uint64_t start_ = 0;
};

template <class T>
class LineProducerSide {
public:
    static constexpr std::uint64_t kVerbs = 7;
    static constexpr std::uint64_t kStepsEach = 6;
    static constexpr std::uint64_t kRelease = kVerbs;  // no such verb

    explicit LineProducerSide(World& world) : world_{world} {}

    void make() {
        ground_.renew(world_);
        world_.ours = ground_.slot_bytes();
        world_.theirs = ground_.word_bytes();
        port_.emplace(ground_.slots(), ground_.capacity(), ground_.words(), ground_.start());
    }
    [[nodiscard]] bool broken() const { return port_->broken(); }
    [[nodiscard]] std::uint64_t position() const { return port_->position(); }
    [[nodiscard]] std::uint64_t most_steps_to_make() const { return ground_.capacity() + 2; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        switch (which) {
            case 0:
            case 1:
                return most != 0 && port_->try_push(messages_[0]) ? 1 : 0;
            case 2:
                return port_->try_push_n(std::span{messages_}.first(most));
            case 3:
            case 4:
                return in_place(most);
            case 5:
                if (port_->writable() && port_->broken()) {
                    world_.find("broken, and writable");
                }
                return 0;
            default:
                look(port_->last_published());
                return 0;
        }
    }

private:
    std::uint64_t in_place(std::uint64_t most) {
        T* const place = most == 0 ? nullptr : port_->try_claim();
        if (place == nullptr) {
            return 0;
        }
        if (world_.may_write(bytes_of(*place), sizeof(T))) {
            *place = messages_[1];
        }
        if (world_.choices.one_in(4)) {
            port_->abandon();
            return 0;
        }
        port_->publish();
        return 1;
    }
    void look(const T* message) {
        if (message != nullptr && world_.may_read(bytes_of(*message), sizeof(T))) {
            messages_[2] = *message;
        }
    }

    World& world_;
    LineGround<T> ground_;
    std::optional<ring::SpscProducer<T, HostilePolicy>> port_;
    std::array<T, 40> messages_{};
};

template <class T>
class LineConsumerSide {
public:
    static constexpr std::uint64_t kVerbs = 9;
    static constexpr std::uint64_t kStepsEach = 10;
    static constexpr std::uint64_t kRelease = 5;

    explicit LineConsumerSide(World& world) : world_{world} {}

    void make() {
        ground_.renew(world_);
        world_.own_words = world_.ours = ground_.word_bytes();
        world_.theirs = ground_.slot_bytes();
        Choices& choices = world_.choices;
        const bool look_ahead = choices.one_in(2);
        port_.emplace(ground_.slots(), ground_.capacity(), ground_.words(), ground_.start(),
                      look_ahead, choices.one_in(2));
    }
    [[nodiscard]] bool broken() const { return port_->broken(); }
    [[nodiscard]] std::uint64_t position() const { return port_->read_position(); }
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 4; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        const std::uint64_t before = port_->read_position();
        switch (which) {
            case 0:
            case 1:
                return most != 0 && port_->try_pop(messages_[0]) ? 1 : 0;
            case 2:
                return port_->try_pop_n(std::span{messages_}.first(most));
            case 3:
            case 4:
                look(most == 0 ? std::span<const T>{} : port_->try_peek_n(most));
                return 0;
            case 5:
                port_->release();
                return port_->read_position() - before > ground_.capacity() ? most + 1 : 0;
            case 6:
                return port_->drain([&](const T& one) { look({&one, 1}); }, most);
            case 7:
                if (port_->readable() && port_->broken()) {
                    world_.find("broken, and readable");
                }
                return 0;
            default:
                (void)port_->redelivered();
                port_->store_free();
                return 0;
        }
    }

private:
    void look(std::span<const T> run) {
        for (const T& message : run) {
            if (world_.may_read(bytes_of(message), sizeof(T))) {
                messages_[1] = message;
            }
        }
    }

    World& world_;
    LineGround<T> ground_;
    std::optional<ring::SpscConsumer<T, HostilePolicy>> port_;
    std::array<T, 40> messages_{};
};

}  // namespace shunt::fuzz
