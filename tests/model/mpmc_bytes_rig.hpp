// SPDX-License-Identifier: MIT
//
// The owner-word ring of byte messages with the face of the typed one, for the same programs: of
// each message of the program only its head goes through the ring, as long as its first byte says.
#pragma once

#include "unit/core/block_rig.hpp"
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

template <class Ring>
class HeadProducer : public Ring {
public:
    explicit HeadProducer(Ring ring) : Ring{ring} {}
    template <std::memory_order order>
    [[nodiscard]] Status try_push(const Whole& message) {
        return Ring::template try_push<order>(std::span{message.bytes}.first(head_of(message)));
    }
    [[nodiscard]] std::byte* try_claim() {
        std::span<std::byte> place;
        return Ring::try_claim(sizeof(Whole), place) ? place.data() : nullptr;
    }
};

template <class Ring, class P>
class HeadConsumer : public Ring {
public:
    explicit HeadConsumer(Ring ring) : Ring{ring} {}
    template <std::memory_order order>
    [[nodiscard]] Status try_pop(Whole& message) {
        return popped(message, Ring::template try_pop<order>(head_, size_));
    }
    template <std::memory_order order>
    [[nodiscard]] Status try_pop_copy(Whole& message) requires(!Ring::kOutOfLine) {
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

/// `Base`: test::MpmcBytesRig, or test::BlockBytesRig.
template <class Base, class P>
struct HeadsRigOf : Base {
    using Producer = HeadProducer<typename Base::Producer>;
    using Consumer = HeadConsumer<typename Base::Consumer, P>;
    // The word of its size, and the payload.
    struct Shape {
        static constexpr std::size_t kPlaceOffset = ring::MpmcBytesShape::kSizeOffset;
    };
    static constexpr std::size_t kPlaceBytes = 8 + sizeof(Whole);

    template <class... More>
    HeadsRigOf(std::uint64_t slots, std::uint64_t first_lap, More... more)
        : Base{slots, sizeof(Whole), 8, first_lap, more...} {}
    [[nodiscard]] Producer producer(ring::SlotOwner me) { return Producer{Base::producer(me)}; }
    [[nodiscard]] Consumer consumer(ring::SlotOwner me) { return Consumer{Base::consumer(me)}; }
};
template <class P>
using HeadsRig = HeadsRigOf<test::MpmcBytesRig<P>, P>;
template <class P>
using HeadsInBlocksRig = HeadsRigOf<test::BlockBytesRig<P>, P>;

}  // namespace shunt::model
