// SPDX-License-Identifier: MIT
//
// The owner-word ring of byte messages with the face of the typed one, for the same programs: of
// each message of the program only its head goes through the ring, as long as its first byte says.
#pragma once

#include "unit/core/mpmc_bytes_rig.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace shunt::model {

using Whole = test::Blob<8, 8>;
inline constexpr std::size_t kWholes = 16;  // messages of a program

[[nodiscard]] inline std::size_t head_of(const Whole& message) {
    return 1 + static_cast<std::size_t>(message.bytes[0]) % sizeof(Whole);
}
/// The message that begins so and is that long; none: one with other bytes.
[[nodiscard]] inline Whole whole_of(std::span<const std::byte> head) {
    for (std::size_t m = 0; m < kWholes; ++m) {
        const Whole message = test::message<Whole>(m);
        if (head_of(message) == head.size() &&
            std::memcmp(message.bytes.data(), head.data(), head.size()) == 0) {
            return message;
        }
    }
    return {};
}

template <class P>
class HeadProducer : public ring::MpmcBytesProducer<P> {
public:
    explicit HeadProducer(ring::MpmcBytesProducer<P> ring) : ring::MpmcBytesProducer<P>{ring} {}
    template <std::memory_order order>
    [[nodiscard]] Status try_push(const Whole& message) {
        return ring::MpmcBytesProducer<P>::template try_push<order>(
            std::span{message.bytes}.first(head_of(message)));
    }
    [[nodiscard]] std::byte* try_claim() {
        std::span<std::byte> place;
        return ring::MpmcBytesProducer<P>::try_claim(sizeof(Whole), place) ? place.data() : nullptr;
    }
};

template <class P>
class HeadConsumer : public ring::MpmcBytesConsumer<P> {
    using Ring = ring::MpmcBytesConsumer<P>;

public:
    explicit HeadConsumer(Ring ring) : Ring{ring} {}
    template <std::memory_order order>
    [[nodiscard]] Status try_pop(Whole& message) {
        return popped(message, Ring::template try_pop<order>(head_, size_));
    }
    template <std::memory_order order>
    [[nodiscard]] Status try_pop_copy(Whole& message) {
        return popped(message, Ring::template try_pop_copy<order>(head_, size_));
    }
    template <std::memory_order order>
    [[nodiscard]] Status try_peek(const Whole*& message) {
        ring::BytesView view;
        const Status status = Ring::template try_peek<order>(view);
        if (status) {
            P::copy_out(head_.data(), view.payload.data(), view.payload.size());
            shown_ = whole_of(std::span{head_}.first(view.payload.size()));
            message = &shown_;
        }
        return status;
    }

private:
    [[nodiscard]] Status popped(Whole& message, Status status) const {
        if (status) {
            message = whole_of(std::span{head_}.first(size_));
        }
        return status;
    }

    std::size_t size_ = 0;
    std::array<std::byte, 2 * sizeof(Whole)> head_{};
    Whole shown_{};
};

template <class P>
struct HeadsRig : test::MpmcBytesRig<P> {
    using Producer = HeadProducer<P>;
    using Consumer = HeadConsumer<P>;
    // The word of its size, and the payload.
    struct Shape {
        static constexpr std::size_t kPlaceOffset = ring::MpmcBytesShape::kSizeOffset;
    };
    static constexpr std::size_t kPlaceBytes = 8 + sizeof(Whole);

    HeadsRig(std::uint64_t slots, std::uint64_t first_lap)
        : test::MpmcBytesRig<P>{slots, sizeof(Whole), 8, first_lap} {}
    [[nodiscard]] Producer producer(ring::SlotOwner me) {
        return Producer{test::MpmcBytesRig<P>::producer(me)};
    }
    [[nodiscard]] Consumer consumer(ring::SlotOwner me) {
        return Consumer{test::MpmcBytesRig<P>::consumer(me)};
    }
};

}  // namespace shunt::model
