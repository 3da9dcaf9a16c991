// SPDX-License-Identifier: MIT
//
// The consumer of lanes, of which one has a lying producer and the others honest ones: what is
// asserted of one ring holds of the liar's, and the others' messages come, each once and in order.
#pragma once

#include "fuzz/hostile_line.hpp"

#include <shunt/core/ring/mpsc.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace shunt::fuzz {

template <class T>
class LanesConsumerSide {
public:
    static constexpr std::uint64_t kVerbs = 11;
    static constexpr std::uint64_t kStepsEach = 40;
    static constexpr std::uint64_t kRelease = 4;

    explicit LanesConsumerSide(World& world) : world_{world} {}

    void make() {
        renew();
        world_.own_words = world_.ours = words_.bytes();
        world_.theirs = memory_->bytes();
        world_.honest = memory_->bytes().first(lanes_at_ + kLiar * stride_);
        Choices& choices = world_.choices;
        const bool look_ahead = choices.one_in(2);
        port_.emplace(lane(0), stride_, capacity_, words(), tokens(), start_, look_ahead,
                      choices.one_in(2));
        honest_.clear();
        for (std::uint32_t i = 0; i < kLiar; ++i) {
            honest_.emplace_back(lane(i), capacity_, words()[i], start_);
        }
    }
    // Those of the liar's lane: it moves nothing once it is known to be broken.
    [[nodiscard]] bool broken() const { return liar().broken(); }
    [[nodiscard]] std::uint64_t position() const { return liar().read_position(); }
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 4 * kLanes; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        const std::uint64_t before = position();
        note_read_positions();
        switch (which) {
            case 0:
            case 1:
                pop(most != 0 ? 1 : 0);
                break;
            case 2:
                take(
                    std::span{messages_}.first(port_->try_pop_n(std::span{messages_}.first(most))));
                break;
            case 3:
                look(port_->try_peek_n(most));
                return 0;
            case 4:
                port_->release();
                return position() - before > capacity_ ? most + 1 : 0;
            case 5:
                (void)port_->drain([&](const T& one) { shown({&one, 1}); }, most);
                break;
            case 6:
                (void)port_->readable();
                return 0;
            case 7:
                look_after_lanes();
                return 0;
            case 8:
                find_all_of_the_honest();
                return 0;
            default:
                push(most);
                return 0;
        }
        return position() - before;
    }

private:
    static constexpr std::uint32_t kLanes = 3;
    static constexpr std::uint32_t kLiar = 2;  // whose ring ends where nobody may read
    static constexpr std::size_t kTokens = kLanes * sizeof(layout::ProducerWords);

    void renew() {
        constexpr std::uint64_t kSlots[] = {1, 2, 8, 128};
        Choices& choices = world_.choices;
        if (!memory_ || choices.one_in(4)) {
            capacity_ = kSlots[choices.below(std::size(kSlots))] * ring::LineShape<T>::kPerSlot;
            const std::size_t bytes = ring::line_geometry<T>(capacity_).bytes;
            stride_ = align_up(bytes, kLinePairBytes);
            const std::size_t lanes = kLiar * stride_ + bytes - kLinePairBytes;
            lanes_at_ = kTokens + align_up(lanes, kLinePairBytes) - lanes;
            memory_.emplace(lanes_at_ + lanes);
        }
        start_ = some_start(choices, 1);
        std::memset(memory_->data(), 0, memory_->bytes().size());
        std::memset(words_.data(), 0, words_.bytes().size());
        if (choices.one_in(2)) {
            scribble(choices, memory_->bytes().subspan(lanes_at_ + kLiar * stride_),
                     choices.below(8));
            scribble(choices, words_.bytes().subspan(kLiar * sizeof(layout::ConsumerWords)),
                     choices.below(4));
        }
        world_.capacity = capacity_;
    }
    [[nodiscard]] std::byte* lane(std::uint32_t i) const {
        return memory_->data() + lanes_at_ + i * stride_;
    }
    [[nodiscard]] std::span<layout::ConsumerWords> words() const {
        return {object_at<layout::ConsumerWords>(words_.data()), kLanes};
    }
    [[nodiscard]] std::span<const layout::ProducerWords> tokens() const {
        return {object_at<const layout::ProducerWords>(memory_->data()), kLanes};
    }
    [[nodiscard]] const auto& liar() const { return port_->merge().ring(kLiar); }

    void pop(std::uint64_t most) {
        if (most != 0 && port_->try_pop(messages_[0])) {
            take(std::span{messages_}.first(1));
        }
    }
    // Delivered, of one lane.
    void take(std::span<const T> messages) {
        const std::uint32_t from = port_->merge().lane();
        for (const T& message : messages) {
            if (from != kLiar && message.words[0] != next_[from]++) {
                world_.find("an honest lane's message is another");
            }
        }
    }
    void shown(std::span<const T> messages) {
        for (const T& message : messages) {
            if (world_.may_read(bytes_of(message), sizeof(T))) {
                take({&message, 1});
            }
        }
    }
    // In hand: none of them is read yet.
    void look(std::span<const T> run) {
        shown(run);
        note_read_positions();
    }
    void note_read_positions() {
        for (std::uint32_t i = 0; i < kLiar; ++i) {
            next_[i] = port_->merge().ring(i).read_position();
        }
    }
    void look_after_lanes() {
        auto& merge = port_->merge();
        (void)merge.token();
        (void)merge.room_due();
        (void)merge.look_due();
        (void)merge.hand_back(static_cast<std::uint32_t>(world_.choices.below(kLanes)));
        port_->store_free();
    }
    void push(std::uint64_t most) {
        auto& producer = honest_[world_.choices.below(kLiar)];
        T message{};
        for (; most != 0; --most) {
            message.words[0] = producer.position();
            if (!producer.try_push(message)) {
                return;
            }
        }
    }
    // A look goes once through the lanes, and a turn is of kTurn messages; the liar has its own.
    void find_all_of_the_honest() {
        const auto all = [&] {
            return next_[0] == honest_[0].position() && next_[1] == honest_[1].position();
        };
        std::uint64_t looks = 8 * (capacity_ + 64);
        for (; !all() && looks != 0; --looks) {
            world_.position = position();
            pop(1);
        }
        if (!all()) {
            world_.find("an honest lane is passed over");
        }
        world_.steps = 0;
    }

    World& world_;
    std::optional<Walled> memory_;  // tokens, then the lanes
    Walled words_{kLanes * sizeof(layout::ConsumerWords)};
    std::size_t lanes_at_ = 0;
    std::uint64_t capacity_ = 0;
    std::uint64_t stride_ = 0;
    std::uint64_t start_ = 0;
    std::optional<ring::MpscConsumer<T, HostilePolicy>> port_;
    std::vector<ring::SpscProducer<T>> honest_;
    std::array<std::uint64_t, kLiar> next_{};  // number of its next message, of each honest lane
    std::array<T, 40> messages_{};
};

}  // namespace shunt::fuzz
