// SPDX-License-Identifier: MIT
//
// The owner-word ring whose messages lie in blocks, among others that lie in every word: of its
// slots, which name blocks that others hold, or that there are not, and of its blocks, which bear
// any name. The sides are those of hostile_crowd.hpp.
#pragma once

#include "fuzz/hostile_crowd_bytes.hpp"

#include <shunt/core/ring/blocks.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace shunt::fuzz {

/// As CrowdGround.
class BlockGround {
public:
    static constexpr ring::SlotOwner kProducer{1, 1};
    static constexpr ring::SlotOwner kConsumer{2, 1};
    static constexpr ring::SlotOwner kDead{3, 1};
    template <class T>
    using Producer = ring::BlockProducer<T, HostilePolicy>;
    template <class T>
    using Consumer = ring::BlockConsumer<T, HostilePolicy>;
    using BytesProducer = ring::BlockBytesProducer<HostilePolicy>;
    using BytesConsumer = ring::BlockBytesConsumer<HostilePolicy>;

    void renew(World& world, std::uint64_t capacity, std::uint64_t block_bytes,
               std::uint64_t most_message) {
        Choices& choices = world.choices;
        geometry_ = ring::block_geometry(capacity, kParticipants, block_bytes);
        if (!memory_ || memory_->bytes().size() != geometry_.bytes()) {
            memory_.emplace(geometry_.bytes());
        }
        std::memset(memory_->data(), 0, memory_->bytes().size());
        std::memset(words_.data(), 0, words_.bytes().size());
        const auto all = memory_->bytes();
        world.capacity = capacity;
        world.position = at_ = some_start(choices, 1);
        world.crowd.reset();
        world.blocks = BlockWords{all.first(capacity * kWord),
                                  all.subspan(geometry_.blocks_offset()),
                                  block_bytes,
                                  geometry_.blocks,
                                  ring::LapsOf<ring::BlockWord>{capacity},
                                  most_message};
        world.ours = all;
        world.own_words = words_.bytes();
        if (choices.one_in(2)) {
            begin_at(world);
        }
        if (choices.one_in(2)) {
            scribble(choices, all, choices.below(8));
            scribble(choices, words_.bytes(), choices.below(4));
        }
    }
    template <class Port>
    void make(std::optional<Port>& port, ring::SlotOwner me) const {
        port.emplace(memory_->data(), geometry_, words(), me);
    }
    template <class Port>
    void make(std::optional<Port>& port, const ring::MpmcBytesShape& shape,
              ring::SlotOwner me) const {
        port.emplace(memory_->data(), geometry_, shape, words(), me);
    }
    /// Where in its block a place is; of one that is before all blocks, beyond each.
    [[nodiscard]] std::uint64_t in_slot(const World& world, const std::byte* place) const {
        const std::byte* const first = world.blocks->blocks.data();
        return place < first ? UINT64_MAX
                             : static_cast<std::uint64_t>(place - first) % geometry_.block_bytes;
    }
    [[nodiscard]] std::uint64_t start() const noexcept { return at_; }

    /// The others write into some slots and blocks: words that may be, any bytes beside them.
    void scribble_words(World& world) {
        Choices& choices = world.choices;
        if (choices.one_in(16)) {
            go_around(world);
        }
        for (std::uint64_t n = choices.below(2 * geometry_.capacity + 1); n != 0; --n) {
            put(slot(choices.below(geometry_.capacity)),
                choices.one_in(16) ? choices.word() : world.some_block_word());
        }
        for (std::uint64_t n = choices.below(2 * geometry_.blocks + 1); n != 0; --n) {
            std::byte* const at = block(choices.below(geometry_.blocks));
            put(at, choices.one_in(16) ? choices.word() : world.some_holder_word());
            if (world.blocks->most_message != 0 && choices.one_in(2)) {
                put(at + ring::MpmcBytesShape::kSizeOffset,
                    choices.one_in(16) ? choices.word()
                                       : world.some_size(world.blocks->most_message));
            }
        }
    }
    void recover(World& world) {
        Choices& choices = world.choices;
        ring::Recovered done;
        std::uint64_t asked = choices.below(8);
        const auto policy = choices.one_in(2) ? ring::on_orphan::drop : ring::on_orphan::inherit;
        (void)ring::recover_slots<HostilePolicy>(
            ring::BlockSlots{memory_->data(), geometry_}, words(), kDead, policy,
            [&] { return asked-- != 0; }, done);
        if (done.voided + done.orphaned + done.dropped > geometry_.capacity) {
            world.find("more recovered than there are slots");
        }
        if (done.voided != 0) {
            world.find("a gap among blocks");
        }
    }
    void observe(World&) const { (void)ring::inspect_blocks(memory_->data(), geometry_.capacity); }

    /// As CrowdGround, and a look at each block and a swap besides.
    [[nodiscard]] static std::uint64_t most_steps(const World& world, std::uint64_t lies) {
        return (lies + 2) * (4 * world.capacity + 16) + 2 * world.blocks->count;
    }

private:
    static constexpr std::uint64_t kWord = sizeof(std::uint64_t);
    static constexpr std::uint64_t kParticipants = 4;

    [[nodiscard]] layout::MpmcWords& words() const noexcept {
        return *object_at<layout::MpmcWords>(words_.data());
    }
    [[nodiscard]] std::byte* slot(std::uint64_t i) const noexcept {
        return memory_->data() + i * kWord;
    }
    [[nodiscard]] std::byte* block(std::uint64_t i) const noexcept {
        return memory_->data() + geometry_.blocks_offset() + i * geometry_.block_bytes;
    }
    static void put(std::byte* at, std::uint64_t word) { std::memcpy(at, &word, sizeof word); }

    // As if all before that position had been taken and released.
    void begin_at(const World& world) {
        for (std::uint64_t i = 0; i < geometry_.capacity; ++i) {
            put(slot(world.blocks->laps.index(at_ + i)), world.blocks->laps.free_word(at_ + i));
        }
        put(words_.data() + offsetof(layout::MpmcWords, write_hint), at_);
        put(words_.data() + offsetof(layout::MpmcWords, read_hint), at_);
    }
    // Laps all around the circle, as in CrowdGround.
    void go_around(World& world) {
        const auto state = static_cast<layout::SlotState>(world.choices.below(6));
        for (std::uint64_t i = 0; i < geometry_.capacity; ++i) {
            const std::uint64_t lap =
                (std::uint64_t{1} << layout::kBlockLapBits) / geometry_.capacity * i;
            put(slot(i), ring::BlockWord{world.blocks->laps.lap(world.position) + lap, 0,
                                         static_cast<std::uint32_t>(i), kConsumer, state}
                             .word());
        }
    }

    ring::BlockGeometry geometry_;
    std::optional<Walled> memory_;  // nothing may touch what lies behind
    Walled words_{sizeof(layout::MpmcWords)};
    std::uint64_t at_ = 0;
};

template <class T>
using BlockCrowdOf = CrowdOf<T, BlockGround>;
using BlockCrowdOfBytes = CrowdOfBytesIn<BlockGround>;

}  // namespace shunt::fuzz
