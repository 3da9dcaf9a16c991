// SPDX-License-Identifier: MIT
//
// World: what one port may touch, what its peers say instead of the truth, and what was found.
#pragma once

#include "fuzz/choices.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/ring/block_word.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>

namespace shunt::fuzz {

/// Zeroed memory that ends where a page begins that nobody may touch, and begins behind one.
class Walled {
public:
    explicit Walled(std::size_t bytes) : bytes_{bytes} {
        all_bytes_ = align_up(bytes, kBasePageBytes) + 2 * kBasePageBytes;
        void* const all =
            ::mmap(nullptr, all_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED) {
            throw std::system_error(errno, std::system_category(), "mmap of walled memory");
        }
        all_ = static_cast<std::byte*>(all);
        if (::mprotect(all_ + kBasePageBytes, all_bytes_ - 2 * kBasePageBytes,
                       PROT_READ | PROT_WRITE) != 0) {
            throw std::system_error(errno, std::system_category(), "mprotect of walled memory");
        }
    }
    ~Walled() { ::munmap(all_, all_bytes_); }
    Walled(const Walled&) = delete;
    Walled& operator=(const Walled&) = delete;

    [[nodiscard]] std::byte* data() const noexcept {
        return all_ + all_bytes_ - kBasePageBytes - bytes_;
    }
    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data(), bytes_}; }

private:
    std::size_t bytes_;
    std::size_t all_bytes_ = 0;
    std::byte* all_ = nullptr;
};

/// What was done and found, over all ports.
struct Findings {
    std::uint64_t operations = 0;
    std::uint64_t lies = 0;    // loads of a peer's word
    std::uint64_t moved = 0;   // messages, in spite of it
    std::uint64_t broken = 0;  // ports that noticed
    std::uint64_t ports = 0;
    std::uint64_t found = 0;
    std::string first;
};

/// Of an owner-word ring: where its slots are, so that a lie is of the kind of word that is asked.
struct SlotWords {
    std::span<const std::byte> slots{};
    std::uint64_t slot_bytes = 0;
    ring::Laps laps{ring::kLeastMpmcSlots};
    std::uint64_t most_message = 0;  // of byte messages, whose slots have a header; else 0

    [[nodiscard]] bool has(const std::byte* at) const noexcept {
        return at >= slots.data() && at < slots.data() + slots.size();
    }
};

/// The same of one whose messages lie in blocks: words of slots side by side, then the blocks.
struct BlockWords {
    std::span<const std::byte> slots{};
    std::span<const std::byte> blocks{};
    std::uint64_t block_bytes = 0;
    std::uint64_t count = 0;  // of blocks
    ring::LapsOf<ring::BlockWord> laps{ring::kLeastMpmcSlots};
    std::uint64_t most_message = 0;  // as SlotWords
};

struct World {
    World(Choices& from, Findings& into) : choices{from}, findings{into} {}

    Choices& choices;
    Findings& findings;
    std::span<std::byte> ours{};              // that the port may read and write
    std::span<const std::byte> own_words{};   // the same
    std::span<const std::byte> theirs{};      // that it may read
    std::span<const std::byte> honest{};      // the part of it that is no lie
    const ring::BytesShape* shape = nullptr;  // the peer's words are headers of frames
    std::optional<SlotWords> crowd{};         // the words are of an owner-word ring
    std::optional<BlockWords> blocks{};       // the same, of one with blocks
    std::span<const std::byte> log{};         // the peer's words in here are of a log's slots
    std::uint64_t slot_bytes = 0;             // each so long
    std::uint64_t longest = 0;                // of byte messages; 0: of typed ones
    std::uint64_t position = 0;               // where the port stands
    std::uint64_t capacity = 0;
    std::uint64_t clock = 0;
    std::uint64_t steps = 0;     // accesses since the call began
    std::uint64_t stubborn = 0;  // 0: another kind of lie each time; else one more than the kind
    std::uint64_t lies_left = UINT64_MAX;  // then the truth: what is really there

    void find(const std::string& what) {
        if (findings.found++ == 0) {
            findings.first = what;
        }
    }
    [[nodiscard]] static bool holds(std::span<const std::byte> area, const std::byte* at,
                                    std::size_t n) noexcept {
        return at >= area.data() && n <= area.size() && at <= area.data() + area.size() - n;
    }
    [[nodiscard]] bool may_read(const std::byte* at, std::size_t n) {
        ++steps;
        if (holds(ours, at, n) || holds(own_words, at, n) || holds(theirs, at, n)) {
            return true;
        }
        find("a read outside of the ring");
        return false;
    }
    [[nodiscard]] bool may_write(const std::byte* at, std::size_t n) {
        ++steps;
        if (holds(ours, at, n) || holds(own_words, at, n)) {
            return true;
        }
        find("a write outside of the ring");
        return false;
    }

    static constexpr std::uint64_t kKinds = 48;  // most of them plausible

    /// What the peer says instead of `truth`: now and then something that may pass.
    [[nodiscard]] std::uint64_t lie(std::uint64_t truth, const std::byte* at) noexcept {
        ++findings.lies;
        --lies_left;
        kind_ = stubborn != 0 ? stubborn - 1 : choices.below(kKinds);
        if (crowd && crowd->has(at)) {
            const auto offset = static_cast<std::uint64_t>(at - crowd->slots.data());
            return offset % crowd->slot_bytes == 0
                       ? lie_of_a_holder(truth, [&] { return some_owner_word(); })
                       : lie_of_a_size(truth, crowd->most_message);
        }
        if (blocks && holds(blocks->slots, at, 8)) {
            return lie_of_a_holder(truth, [&] { return some_block_word(); });
        }
        if (blocks && holds(blocks->blocks, at, 8)) {
            const auto offset = static_cast<std::uint64_t>(at - blocks->blocks.data());
            return offset % blocks->block_bytes == 0
                       ? lie_of_a_holder(truth, [&] { return some_holder_word(); })
                       : lie_of_a_size(truth, blocks->most_message);
        }
        if (holds(log, at, 8)) {
            const auto behind = static_cast<std::uint64_t>(at - log.data()) % slot_bytes;
            return behind == slot_bytes - 8 ? lie_of_a_stamp(truth) : lie_of_a_length(truth);
        }
        return shape != nullptr ? lie_of_a_frame(truth) : lie_of_a_position(truth);
    }
    /// A word that a slot may have whose position is near to where the port stands.
    [[nodiscard]] std::uint64_t some_owner_word() noexcept {
        return ring::OwnerWord{crowd->laps.lap(position) + choices.below(5) - 2,
                               static_cast<std::uint32_t>(choices.below(layout::kMostTries + 1)),
                               {static_cast<std::uint32_t>(choices.below(4)),
                                static_cast<std::uint32_t>(choices.below(4))},
                               static_cast<layout::SlotState>(choices.below(6))}
            .word();
    }
    /// The same of a ring with blocks; now and then it names a block that there is not.
    [[nodiscard]] std::uint64_t some_block_word() noexcept {
        return ring::BlockWord{
            blocks->laps.lap(position) + choices.below(5) - 2,
            static_cast<std::uint32_t>(choices.below(ring::BlockWord::kMostTries + 1)),
            static_cast<std::uint32_t>(choices.one_in(16) ? choices.below(ring::kMostBlocks)
                                                          : choices.below(blocks->count + 1)),
            {static_cast<std::uint32_t>(choices.below(4)), 0},
            static_cast<layout::SlotState>(choices.below(6))}
            .word();
    }
    /// A word that a block may have.
    [[nodiscard]] std::uint64_t some_holder_word() noexcept {
        return ring::HolderWord{choices.below(4),
                                {static_cast<std::uint32_t>(choices.below(4)),
                                 static_cast<std::uint32_t>(choices.below(4))},
                                choices.one_in(2)}
            .word();
    }
    [[nodiscard]] std::uint64_t some_size(std::uint64_t most) noexcept {
        return ring::FrameHeader{static_cast<std::uint32_t>(choices.below(most + 1)), 0,
                                 static_cast<std::uint32_t>(choices.below(ring::kMaxFrameType + 1))}
            .word();
    }

private:
    template <class Some>
    [[nodiscard]] std::uint64_t lie_of_a_holder(std::uint64_t truth, const Some& some) noexcept {
        switch (kind_) {
            case 0:
                return choices.word();
            case 1:
                return truth ^ (std::uint64_t{1} << choices.below(64));
            case 2:
                return truth + (std::uint64_t{1} << choices.below(64));
            case 3:
                return truth ^ choices.below(8);  // another state, or none
            case 4:
                return 0;
            case 5:
                return truth;
            default:
                return some();
        }
    }
    [[nodiscard]] std::uint64_t lie_of_a_size(std::uint64_t truth, std::uint64_t most) noexcept {
        switch (kind_) {
            case 0:
                return choices.word();
            case 1:
                return truth;
            case 2:
                return ring::FrameHeader{static_cast<std::uint32_t>(choices.word()), 0, 0}.word();
            case 3:
                return ring::FrameHeader{static_cast<std::uint32_t>(most + 1), 0, 0}.word();
            case 4:
                return some_size(most) | std::uint64_t{choices.below(256)} << 32;
            default:
                return some_size(most);
        }
    }
    [[nodiscard]] std::uint64_t lie_of_a_position(std::uint64_t truth) noexcept {
        switch (kind_) {
            case 0:
                return choices.word();
            case 1:
                return (std::uint64_t{1} << choices.below(64)) - choices.below(2);
            case 2:
                return position - choices.below(65536);
            case 3:
                return position + choices.below(65536);
            case 4:
                return 0;
            case 5:
                return kPositionLimit + choices.below(16) - 8;
            case 6:
                return position + capacity + choices.below(16) - 8;
            case 7:
                return position - capacity + choices.below(16) - 8;
            case 8:
                return truth;
            default:
                return choices.one_in(2) ? position + choices.below(capacity + 1)
                                         : position - choices.below(capacity + 1);
        }
    }
    [[nodiscard]] std::uint64_t lie_of_a_frame(std::uint64_t truth) noexcept {
        const auto to_end = static_cast<std::uint32_t>(shape->to_end(position));
        const auto near_end = static_cast<std::uint32_t>(to_end + choices.below(33) - 16);
        const auto type = static_cast<std::uint32_t>(choices.below(ring::kMaxFrameType + 1));
        switch (kind_) {
            case 0:
                return choices.word();
            case 1:
                return ring::FrameHeader{near_end, 0, type}.word();
            case 2:
                return ring::FrameHeader{near_end, layout::kFramePadding, type}.word();
            case 3:
                return ring::FrameHeader{static_cast<std::uint32_t>(choices.word()), 0, 0}.word();
            case 4:
                return ring::FrameHeader{static_cast<std::uint32_t>(choices.below(16)), 0, 0}
                    .word();
            case 5:
            case 6:
                return ring::FrameHeader{to_end, layout::kFramePadding, 0}.word();
            case 7:
                return 0;
            case 8:
                return truth;
            default:
                return ring::FrameHeader{
                    static_cast<std::uint32_t>(shape->payload_offset() +
                                               choices.below(shape->max_message() + 1)),
                    0, type}
                    .word();
        }
    }

    // Of the slot where the port stands, most of them.
    [[nodiscard]] std::uint64_t lie_of_a_stamp(std::uint64_t truth) noexcept {
        switch (kind_) {
            case 0:
                return choices.word();
            case 1:
                return 2 * (position + choices.below(64)) + 1 + choices.below(2);
            case 2:
                return 2 * (position - choices.below(64)) + 1 + choices.below(2);
            case 3:
            case 4:
                return 2 * (position + capacity * choices.below(3)) + 1 + choices.below(2);
            case 5:
                return 2 * (kPositionLimit - choices.below(8)) + choices.below(16);
            case 6:
                return 0;
            case 7:
                return truth;
            default:
                return 2 * position + 2;
        }
    }
    [[nodiscard]] std::uint64_t lie_of_a_length(std::uint64_t truth) noexcept {
        switch (kind_) {
            case 0:
                return choices.word();
            case 1:
                return longest + choices.below(64);
            case 2:
                return std::uint64_t{UINT32_MAX} - choices.below(64);
            case 3:
                return truth;
            default:
                return choices.below(longest + 1) | choices.below(ring::kMaxFrameType + 1) << 40;
        }
    }

    std::uint64_t kind_ = 0;
};

}  // namespace shunt::fuzz
