// SPDX-License-Identifier: MIT
//
// A ring's port whose peer lies: every load of a peer's word returns another lie, and every access
// of the port is held against the memory that it may touch. World is what one port may touch and
// what was found; HostilePolicy is the rings' Policy over it. Found is what a test must not find:
// an access outside of the ring, more steps than the call has a right to, a port that forgot that
// its peer is broken.
#pragma once

#include "fuzz/choices.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/frame.hpp>

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

struct World {
    World(Choices& from, Findings& into) : choices{from}, findings{into} {}

    Choices& choices;
    Findings& findings;
    std::span<std::byte> ours{};              // that the port may read and write
    std::span<const std::byte> own_words{};   // the same
    std::span<const std::byte> theirs{};      // that it may read
    std::span<const std::byte> honest{};      // the part of it that is no lie
    const ring::BytesShape* shape = nullptr;  // the peer's words are headers of frames
    std::span<const std::byte> log{};         // the peer's words in here are of a log's slots
    std::uint64_t slot_bytes = 0;             // each so long
    std::uint64_t longest = 0;                // of byte messages; 0: of typed ones
    std::uint64_t position = 0;               // where the port stands
    std::uint64_t capacity = 0;
    std::uint64_t steps = 0;     // accesses since the call began
    std::uint64_t stubborn = 0;  // 0: another kind of lie each time; else one more than the kind

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

    /// What the peer says at `at` instead of `truth`: now and then something that may pass.
    [[nodiscard]] std::uint64_t lie(const std::byte* at, std::uint64_t truth) noexcept {
        ++findings.lies;
        kind_ = stubborn != 0 ? stubborn - 1 : choices.below(kKinds);
        if (holds(log, at, 8)) {
            const auto behind = static_cast<std::uint64_t>(at - log.data()) % slot_bytes;
            return behind == slot_bytes - 8 ? lie_of_a_stamp(truth) : lie_of_a_length(truth);
        }
        return shape != nullptr ? lie_of_a_frame(truth) : lie_of_a_position(truth);
    }

private:
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

/// The rings' Policy. One world at a time.
struct HostilePolicy : DefaultPolicy {
    static inline World* world = nullptr;

    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) noexcept {
        // Own words say what was stored there; what a predecessor left may be anything.
        return may_read(word) ? word.load(order) : Word{0};
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        if (is_aligned(word) && world->may_write(object_bytes(word), sizeof(word))) {
            word.store(value, order);
        }
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) noexcept {
        const Word truth = may_read(word) ? word.load(order) : Word{0};
        const bool honest = World::holds(world->honest, object_bytes(word), sizeof(word));
        return honest ? truth : static_cast<Word>(world->lie(object_bytes(word), truth));
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) noexcept {
        if (world->may_write(to, N)) {
            detail::copy_in<N>(to, from);
        }
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) noexcept {
        if (world->may_read(from, N)) {
            detail::copy_out<N>(to, from);
        }
    }
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_write(to, n)) {
            detail::copy_in(to, from, n);
        }
    }
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_read(from, n)) {
            detail::copy_out(to, from, n);
        }
    }
    static void copy_in_ordered(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_write(to, n)) {
            detail::copy_in_ordered(to, from, n);
        }
    }
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_read(from, n)) {
            detail::copy_out_ordered(to, from, n);
        }
    }
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) noexcept {
        copy_in_ordered(to, from, N);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) noexcept {
        copy_out_ordered(to, from, N);
    }
    static std::uint64_t ticks() noexcept { return world->choices.below(65536); }

private:
    template <class Word>
    static bool is_aligned(const std::atomic<Word>& word) {
        const std::size_t past = std::bit_cast<std::uintptr_t>(&word) % sizeof(word);
        if (past != 0) {
            world->find("a word that is not aligned");
        }
        return past == 0;
    }
    template <class Word>
    static bool may_read(const std::atomic<Word>& word) {
        return is_aligned(word) && world->may_read(object_bytes(word), sizeof(word));
    }
    template <class Word>
    static const std::byte* object_bytes(const std::atomic<Word>& word) noexcept {
        return static_cast<const std::byte*>(static_cast<const void*>(&word));
    }
};

/// One port against a lying peer. `Side` has the port and its verbs:
///   make()             the port, over memory that a predecessor left
///   verb(which, most)  does the verb of that number; says how many messages it moved
///   broken()           what the port says; position() where it stands
template <class Side>
class Attack {
public:
    explicit Attack(Choices& choices, Findings& findings)
        : world_{choices, findings}, side_{world_} {
        begin();
    }

    /// One call of one verb.
    void operate() {
        HostilePolicy::world = &world_;
        Choices& choices = world_.choices;
        if (was_broken_ ? choices.one_in(8) : choices.one_in(4096)) {
            begin();
        }
        ++world_.findings.operations;
        world_.position = side_.position();
        world_.steps = 0;
        world_.stubborn = choices.one_in(16) ? 1 + choices.below(World::kKinds) : 0;
        const std::uint64_t before = side_.position();
        const std::uint64_t asked = choices.below(40);
        const std::uint64_t which = choices.below(Side::kVerbs);
        const std::uint64_t moved = side_.verb(which, asked);
        world_.findings.moved += moved;
        if (world_.steps > Side::kStepsEach * (asked + 2)) {
            world_.find("a call of " + std::to_string(world_.steps) + " steps");
        }
        if (moved > asked) {
            world_.find("more moved than asked for");
        }
        // What was peeked at before may be released yet.
        const bool moves = side_.position() != before && which != Side::kRelease;
        if (was_broken_ && (!side_.broken() || moved != 0 || moves)) {
            world_.find("broken, and goes on");
        }
        if (!was_broken_ && side_.broken()) {
            was_broken_ = true;
            ++world_.findings.broken;
        }
    }

private:
    void begin() {
        HostilePolicy::world = &world_;
        world_.steps = 0;
        side_.make();
        ++world_.findings.ports;
        was_broken_ = side_.broken();
        if (world_.steps > side_.most_steps_to_make()) {
            world_.find("a port that takes " + std::to_string(world_.steps) + " steps to make");
        }
    }

    World world_;
    Side side_;
    bool was_broken_ = false;
};

/// Random bytes into some words of what a predecessor left.
inline void scribble(Choices& choices, std::span<std::byte> memory, std::uint64_t words) {
    for (; words != 0; --words) {
        const std::uint64_t value = choices.one_in(2)   ? choices.word()
                                    : choices.one_in(4) ? choices.below(4096) << 32
                                                        : choices.below(4096);
        const std::size_t at = choices.below(memory.size() / 8) * 8;
        std::memcpy(memory.data() + at, &value, sizeof(value));
    }
}

/// Start positions that matter: 0, near 2^32, near the limit.
[[nodiscard]] inline std::uint64_t some_start(Choices& choices, std::uint64_t step) {
    switch (choices.below(4)) {
        case 0:
            return 0;
        case 1:
            return (std::uint64_t{1} << 32) - step * choices.below(64);
        case 2:
            return kPositionLimit - step * (1 + choices.below(64));
        default:
            return step * choices.below(4096);
    }
}

}  // namespace shunt::fuzz
