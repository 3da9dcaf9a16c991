// SPDX-License-Identifier: MIT
//
// The owner-word ring of byte messages among others that lie (hostile_crowd.hpp).
#pragma once

#include "fuzz/hostile_crowd.hpp"

#include <shunt/core/ring/mpmc_bytes.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>

namespace shunt::fuzz {

/// Byte messages.
template <class GroundT>
class CrowdOfBytesIn {
public:
    using Ground = GroundT;
    using Producer = typename Ground::BytesProducer;
    using Consumer = typename Ground::BytesConsumer;

    explicit CrowdOfBytesIn(World& world) : world_{world} {}

    void make(Ground& ground) {
        Choices& choices = world_.choices;
        constexpr std::uint64_t kMost[] = {1, 8, 40, 48, 49, 200};
        shape_ = ring::MpmcBytesShape::of(std::uint64_t{2} << choices.below(4),
                                          kMost[choices.below(std::size(kMost))],
                                          std::uint64_t{8} << choices.below(4));
        ground.renew(world_, shape_.capacity(), shape_.slot_bytes(), shape_.max_message());
        ground.make(out_, shape_, Ground::kProducer);
        ground.make(in_, shape_, Ground::kConsumer);
        ground_ = &ground;
        out_->for_throughput(choices.one_in(2));
        in_->for_throughput(choices.one_in(2));
        shown_ = {};
        at_ = ground.start();
    }
    [[nodiscard]] std::uint64_t position() const { return at_; }
    [[nodiscard]] auto& producer() { return *out_; }
    [[nodiscard]] auto& consumer() { return *in_; }

    template <std::memory_order order>
    std::uint64_t push() {
        const std::size_t bytes = world_.choices.below(kMostPushed);
        const Status status = out_->template try_push<order>(std::span{from_}.first(bytes),
                                                             world_.choices.one_in(2) ? 7 : 0);
        if ((status == Status::too_big) != (bytes > shape_.max_message())) {
            world_.find("too big is told of another size");
        }
        at_ = status ? out_->position() : at_;
        return status ? 1 : 0;
    }
    template <std::memory_order order>
    std::uint64_t claim_or_give() {
        const std::size_t bytes = world_.choices.below(shape_.max_message() + 1);
        std::span<std::byte> place;
        if (!out_->try_claim(bytes, place)) {
            return 0;
        }
        check_place(place);
        std::memset(place.data(), 0x5a, place.size());
        if (world_.choices.one_in(4)) {
            return 0;
        }
        if (world_.choices.one_in(4)) {
            out_->template abandon<order>();
            return 0;
        }
        if constexpr (Consumer::kOutOfLine) {
            if (!out_->template publish<order>(world_.choices.below(bytes + 1))) {
                return 0;
            }
        } else {
            out_->template publish<order>(world_.choices.below(bytes + 1));
        }
        at_ = out_->position();
        return 1;
    }
    template <std::memory_order order>
    std::uint64_t pop() {
        return taken([&](std::span<std::byte> to, std::size_t& size) {
            return in_->template try_pop<order>(to, size);
        });
    }
    template <std::memory_order order>
    std::uint64_t pop_copy() {
        if constexpr (Consumer::kOutOfLine) {
            return pop<order>();
        } else {
            return taken([&](std::span<std::byte> to, std::size_t& size) {
                return in_->template try_pop_copy<order>(to, size);
            });
        }
    }
    template <std::memory_order order>
    std::uint64_t peek() {
        const bool holds = in_->holds();
        ring::BytesView view;
        if (!in_->template try_peek<order>(view)) {
            return 0;
        }
        if (holds &&
            (view.payload.data() != shown_.data() || view.payload.size() != shown_.size())) {
            world_.find("a peek that is not released shows another message");
        }
        shown_ = view.payload;
        check_place(shown_);
        std::memcpy(from_.data(), shown_.data(), shown_.size());
        return 0;
    }

private:
    static constexpr std::size_t kMostPushed = 256;

    // Into a destination that ends where nobody may write.
    template <class Pop>
    std::uint64_t taken(Pop&& pop) {
        const std::size_t room = world_.choices.below(shape_.max_message() + 1);
        std::size_t size = 0;
        const Status status = pop(to_.bytes().last(room), size);
        if (status && size > room) {
            world_.find("more bytes than there was room for");
        }
        if (status == Status::too_small && (size <= room || size > shape_.max_message())) {
            world_.find("too small is told of another size");
        }
        at_ = status ? in_->position() : at_;
        return status ? 1 : 0;
    }
    void check_place(std::span<const std::byte> place) {
        if (place.size() > shape_.max_message() || !world_.may_write(place.data(), place.size()) ||
            ground_->in_slot(world_, place.data()) != shape_.payload_offset()) {
            world_.find("a place that is in no slot");
        }
    }

    World& world_;
    ring::MpmcBytesShape shape_ = ring::MpmcBytesShape::of(2, 8, 8);
    const Ground* ground_ = nullptr;
    std::optional<Producer> out_;
    std::optional<Consumer> in_;
    std::span<const std::byte> shown_{};
    std::uint64_t at_ = 0;
    std::array<std::byte, kMostPushed> from_{};
    Walled to_{kMostPushed};
};
using CrowdOfBytes = CrowdOfBytesIn<CrowdGround>;

}  // namespace shunt::fuzz
