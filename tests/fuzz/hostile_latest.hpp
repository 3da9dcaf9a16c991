// SPDX-License-Identifier: MIT
//
// A reader of a latest value whose writer lies in every word. Whatever is told, a call ends, its
// version never goes back, and what it reads lies in a buffer. The writer is that of the broadcast
// log (hostile_log.hpp).
#pragma once

#include "fuzz/hostile_log.hpp"

#include <shunt/core/ring/latest.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace shunt::fuzz {

struct TypedLatest : TypedLog {
    using Reader = ring::LatestReader<T, HostilePolicy>;
    static void make(std::optional<Reader>& port, std::byte* slots, const ring::LogGeometry& g,
                     const layout::PublisherWords& words, layout::SubscriberWords& own,
                     std::uint64_t start) {
        port.emplace(slots, g.capacity, words, own, start);
    }
    static Status load(Reader& port, World&, std::size_t) {
        T value;
        return port.load(value);
    }
    static Status peek(Reader& port, std::span<const std::byte>& shown) {
        const T* value = nullptr;
        const Status status = port.try_peek(value);
        shown = status ? std::span{bytes_of(*value), sizeof(T)} : shown;
        return status;
    }
};
struct BytesLatest : BytesLog {
    using Reader = ring::LatestBytesReader<HostilePolicy>;
    static void make(std::optional<Reader>& port, std::byte* slots, const ring::LogGeometry& g,
                     const layout::PublisherWords& words, layout::SubscriberWords& own,
                     std::uint64_t start) {
        port.emplace(slots, g, kLongest, words, own, start);
    }
    static Status load(Reader& port, World& world, std::size_t n) {
        std::array<std::byte, 512> value;
        std::size_t size = 0;
        const Status status = port.load(std::span{value}.first(n), size);
        if (status && size > n) {
            world.find("more bytes than there was room for");
        }
        return status;
    }
    static Status peek(Reader& port, std::span<const std::byte>& shown) {
        ring::BytesView view;
        const Status status = port.try_peek(view);
        shown = view.payload;
        return status;
    }
};

template <class Kind>
class LatestReaderSide {
public:
    static constexpr std::uint64_t kVerbs = 6;
    // Words that a try looks at, at most, and each load is of some tries.
    static constexpr std::uint64_t kStepsEach = 3 * Kind::Reader::kMostTries;
    static constexpr std::uint64_t kRelease = 4;

    explicit LatestReaderSide(World& world) : world_{world} {}

    void make() {
        ground_.renew(world_);
        world_.own_words = world_.ours = own_.bytes();
        world_.theirs = ground_.all();
        world_.position = ground_.start();
        Kind::make(port_, ground_.slots().data(), ground_.geometry(), ground_.words(),
                   *object_at<layout::SubscriberWords>(own_.data()), ground_.start());
        shows_ = false;
    }
    [[nodiscard]] bool broken() const { return port_->broken(); }
    [[nodiscard]] std::uint64_t position() const { return port_->version(); }
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 2; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        const std::uint64_t before = position();
        world_.lies_left = UINT64_MAX;
        if (!world_.choices.one_in(4)) {
            really_store();
            world_.lies_left = world_.choices.one_in(2) ? 0 : 1 + world_.choices.below(4);
        }
        const std::uint64_t moved = most == 0 ? 0 : call(which);
        if (position() < before) {
            world_.find("a version that goes back");
        }
        if (position() >= kPositionLimit) {
            world_.find("a version beyond the limit");
        }
        return moved;
    }

private:
    std::uint64_t call(std::uint64_t which) {
        switch (which) {
            case 0:
            case 1:
                return Kind::load(*port_, world_, world_.choices.below(512)) ? 1 : 0;
            case 2:
            case 3:
                look();
                return 0;
            case kRelease:
                return std::exchange(shows_, false) && port_->release() ? 1 : 0;
            default:
                (void)port_->changed_since(world_.choices.word());
                (void)port_->newest();
                if (shows_) {
                    (void)port_->still_valid();
                }
                return 0;
        }
    }
    // So that few lies, at any of its looks, stand between the reader and a value.
    void really_store() {
        const ring::LogGeometry& g = ground_.geometry();
        const std::uint64_t at =
            std::max(port_->version(), ground_.start()) + world_.choices.below(3);
        std::byte* const end = ground_.slots().data() + (at % g.capacity + 1) * g.slot_bytes;
        const std::uint64_t stamp = ring::stamp_readable(at);
        std::memcpy(end - layout::kStampBytes, &stamp, sizeof stamp);
        const bool too_long = world_.choices.one_in(16);
        const std::uint64_t length =
            world_.choices.below(Kind::kLongest + 1) + (too_long ? Kind::kLongest + 1 : 0);
        const std::uint64_t header =
            ring::FrameHeader{static_cast<std::uint32_t>(length), 0, 0}.word();
        if (Kind::kLongest != 0) {
            std::memcpy(end - ring::LogBytesShape::kTailBytes, &header, sizeof header);
        }
        // relaxed: one thread
        ground_.words().write_pos.store(at + 1, std::memory_order_relaxed);
    }
    void look() {
        std::span<const std::byte> shown;
        shows_ = bool{Kind::peek(*port_, shown)};
        if (shows_ && !world_.may_read(shown.data(), shown.size())) {
            shows_ = false;
        }
        if (shows_ && Kind::kLongest != 0 && shown.size() > Kind::kLongest) {
            world_.find("a value that is longer than the longest");
        }
    }

    World& world_;
    LogGround<Kind> ground_;
    Walled own_{sizeof(layout::SubscriberWords)};
    std::optional<typename Kind::Reader> port_;
    bool shows_ = false;
};

}  // namespace shunt::fuzz
