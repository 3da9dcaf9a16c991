// SPDX-License-Identifier: MIT
//
// A producer and a consumer of an owner-word ring, and one who recovers, among others that lie in
// every word and write what they like into every slot: every verb, any order. In each call they
// have so many lies; then it must come to its end by what is there.
#pragma once

#include "fuzz/hostile_line.hpp"

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/ring/inspect.hpp>
#include <shunt/core/ring/mpmc.hpp>
#include <shunt/core/ring/mpmc_bytes_shape.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>

namespace shunt::fuzz {

/// What the sides of both wares need: slots of some number and size, the ring's words, and
/// something in both.
class CrowdGround {
public:
    static constexpr ring::SlotOwner kProducer{1, 1};
    static constexpr ring::SlotOwner kConsumer{2, 1};
    static constexpr ring::SlotOwner kDead{3, 1};
    template <class T>
    using Producer = ring::MpmcProducer<T, HostilePolicy>;
    template <class T>
    using Consumer = ring::MpmcConsumer<T, HostilePolicy>;
    using BytesProducer = ring::MpmcBytesProducer<HostilePolicy>;
    using BytesConsumer = ring::MpmcBytesConsumer<HostilePolicy>;

    void renew(World& world, std::uint64_t capacity, std::uint64_t slot_bytes,
               std::uint64_t most_message) {
        Choices& choices = world.choices;
        if (!slots_ || slots_->bytes().size() != capacity * slot_bytes) {
            slots_.emplace(capacity * slot_bytes);
        }
        std::memset(slots_->data(), 0, slots_->bytes().size());
        std::memset(words_.data(), 0, words_.bytes().size());
        capacity_ = world.capacity = capacity;
        world.position = some_start(choices, 1);
        world.crowd = SlotWords{slots_->bytes(), slot_bytes, ring::Laps{capacity}, most_message};
        world.blocks.reset();
        world.ours = slots_->bytes();
        world.own_words = words_.bytes();
        at_ = world.position;
        if (choices.one_in(2)) {
            begin_at(at_, capacity, slot_bytes);
        }
        if (choices.one_in(2)) {
            scribble(choices, slots_->bytes(), choices.below(8));
            scribble(choices, words_.bytes(), choices.below(4));
        }
    }

    /// A port of messages of one type, and of bytes.
    template <class Port>
    void make(std::optional<Port>& port, ring::SlotOwner me) const {
        port.emplace(slots(), capacity_, words(), me);
    }
    template <class Port>
    void make(std::optional<Port>& port, const ring::MpmcBytesShape& shape,
              ring::SlotOwner me) const {
        port.emplace(slots(), shape, words(), me);
    }
    /// Where in its slot a place is.
    [[nodiscard]] std::uint64_t in_slot(const World& world, const std::byte* place) const {
        return static_cast<std::uint64_t>(place - slots()) % world.crowd->slot_bytes;
    }

    [[nodiscard]] std::byte* slots() const noexcept { return slots_->data(); }
    [[nodiscard]] layout::MpmcWords& words() const noexcept {
        return *object_at<layout::MpmcWords>(words_.data());
    }
    [[nodiscard]] std::uint64_t start() const noexcept { return at_; }

    /// The others write into some slots: words that may be, any bytes beside them.
    void scribble_words(World& world) {
        Choices& choices = world.choices;
        const SlotWords& crowd = *world.crowd;
        if (choices.one_in(16)) {
            go_around(world);
        }
        for (std::uint64_t n = choices.below(2 * crowd.laps.capacity() + 1); n != 0; --n) {
            std::byte* const slot =
                slots_->data() + choices.below(crowd.laps.capacity()) * crowd.slot_bytes;
            put(slot, choices.one_in(16) ? choices.word() : world.some_owner_word());
            if (crowd.most_message != 0 && choices.one_in(2)) {
                put(slot + ring::MpmcBytesShape::kSizeOffset,
                    choices.one_in(16) ? choices.word() : world.some_size(crowd.most_message));
            }
        }
    }
    /// One who finds out about a death, and an observer.
    void recover(World& world) {
        Choices& choices = world.choices;
        const SlotWords& crowd = *world.crowd;
        ring::Recovered done;
        std::uint64_t asked = choices.below(8);
        const auto policy = choices.one_in(2) ? ring::on_orphan::drop : ring::on_orphan::inherit;
        (void)ring::recover_slots<HostilePolicy>(
            ring::MpmcSlots{slots(), crowd.laps.capacity(), crowd.slot_bytes}, words(), kDead,
            policy, [&] { return asked-- != 0; }, done);
        if (done.voided + done.orphaned + done.dropped > crowd.laps.capacity()) {
            world.find("more recovered than there are slots");
        }
    }
    void observe(World& world) const {
        const SlotWords& crowd = *world.crowd;
        (void)ring::inspect_mpmc(slots(), crowd.laps.capacity(), crowd.slot_bytes);
    }

    /// So many steps are right for a call: a look at each slot twice, orphans besides; and the same
    /// again behind each lie, which may have led anywhere.
    [[nodiscard]] static std::uint64_t most_steps(const World& world, std::uint64_t lies) {
        return (lies + 2) * (4 * world.capacity + 16);
    }

private:
    // Laps all around the circle: whatever a position's is, some slot's is ahead of it.
    void go_around(World& world) {
        const SlotWords& crowd = *world.crowd;
        const std::uint64_t capacity = crowd.laps.capacity();
        const auto state = static_cast<layout::SlotState>(world.choices.below(6));
        for (std::uint64_t i = 0; i < capacity; ++i) {
            const std::uint64_t lap = (std::uint64_t{1} << layout::kLapBits) / capacity * i;
            put(slots_->data() + i * crowd.slot_bytes,
                ring::OwnerWord{crowd.laps.lap(world.position) + lap, 0, kConsumer, state}.word());
        }
    }
    static void put(std::byte* at, std::uint64_t word) { std::memcpy(at, &word, sizeof word); }

    // As if all before that position had been taken and released.
    void begin_at(std::uint64_t position, std::uint64_t capacity, std::uint64_t slot_bytes) {
        const ring::Laps laps{capacity};
        for (std::uint64_t i = 0; i < capacity; ++i) {
            put(slots_->data() + laps.index(position + i) * slot_bytes,
                laps.free_word(position + i));
        }
        put(words_.data() + offsetof(layout::MpmcWords, write_hint), position);
        put(words_.data() + offsetof(layout::MpmcWords, read_hint), position);
    }

    std::optional<Walled> slots_;  // nothing may touch what lies behind
    Walled words_{sizeof(layout::MpmcWords)};
    std::uint64_t capacity_ = 0;
    std::uint64_t at_ = 0;
};

/// Both sides, whatever the ware is. `Ware` has the ports and moves messages of its own:
///   make(world, ground)
///   push, claim_or_give, pop, pop_copy, peek: `order` as the ports'; 1 where a message moved
template <class Ware>
class CrowdSide {
public:
    static constexpr std::uint64_t kVerbs = 12;
    static constexpr std::uint64_t kStepsEach = std::uint64_t{1} << 32;  // see verb()
    static constexpr std::uint64_t kRelease = kVerbs;                    // no such verb

    explicit CrowdSide(World& world) : world_{world}, ware_{world} {}

    void make() { ware_.make(ground_); }
    // There is no such state: what is impossible is told by each call.
    [[nodiscard]] static bool broken() { return false; }
    [[nodiscard]] std::uint64_t position() const { return ware_.position(); }
    [[nodiscard]] static std::uint64_t most_steps_to_make() { return 0; }

    std::uint64_t verb(std::uint64_t which, std::uint64_t most) {
        const std::uint64_t lies = world_.choices.below(17);
        world_.lies_left = lies;
        const std::uint64_t moved = world_.choices.one_in(2)
                                        ? call<std::memory_order_seq_cst>(which, most)
                                        : call<std::memory_order_release>(which, most);
        if (world_.steps > Ware::Ground::most_steps(world_, lies)) {
            world_.find("a call of " + std::to_string(world_.steps) + " steps among " +
                        std::to_string(world_.capacity) + " slots");
        }
        world_.lies_left = UINT64_MAX;
        return moved;
    }

private:
    template <std::memory_order order>
    std::uint64_t call(std::uint64_t which, std::uint64_t most) {
        switch (which) {
            case 0:
            case 1:
                return most != 0 ? ware_.template push<order>() : 0;
            case 2:
                return most != 0 ? ware_.template claim_or_give<order>() : 0;
            case 3:
            case 4:
                return most != 0 ? ware_.template pop<order>() : 0;
            case 5:
                return most != 0 ? ware_.template pop_copy<order>() : 0;
            case 6:
                return most != 0 ? ware_.template peek<order>() : 0;
            case 7:
                ware_.consumer().template release<order>();
                return 0;
            case 8:
                (void)ware_.consumer().readable();
                (void)ware_.producer().writable();
                (void)ware_.consumer().due();
                return 0;
            case 9:
                ground_.recover(world_);
                return 0;
            case 10:
                ground_.observe(world_);
                return 0;
            default:
                ground_.scribble_words(world_);
                return 0;
        }
    }

    World& world_;
    typename Ware::Ground ground_;
    Ware ware_;
};

/// Messages of one type.
template <class T, class GroundT = CrowdGround>
class CrowdOf {
public:
    using Ground = GroundT;
    using Producer = typename Ground::template Producer<T>;
    using Consumer = typename Ground::template Consumer<T>;

    explicit CrowdOf(World& world) : world_{world} {}

    void make(Ground& ground) {
        constexpr std::uint64_t kCapacities[] = {2, 4, 8, 64};
        const std::uint64_t capacity = kCapacities[world_.choices.below(std::size(kCapacities))];
        ground.renew(world_, capacity, ring::MpmcShape<T>::kSlotBytes, 0);
        ground.make(out_, Ground::kProducer);
        ground.make(in_, Ground::kConsumer);
        ground_ = &ground;
        out_->for_throughput(world_.choices.one_in(2));
        in_->for_throughput(world_.choices.one_in(2));
        shown_ = nullptr;
        at_ = ground.start();
    }
    [[nodiscard]] std::uint64_t position() const { return at_; }
    [[nodiscard]] auto& producer() { return *out_; }
    [[nodiscard]] auto& consumer() { return *in_; }

    template <std::memory_order order>
    std::uint64_t push() {
        return pushed(out_->template try_push<order>(message_));
    }
    template <std::memory_order order>
    std::uint64_t claim_or_give() {
        T* const place = out_->try_claim();
        if (place == nullptr) {
            return 0;
        }
        check_place(bytes_of(*place));
        *place = message_;
        if (world_.choices.one_in(4)) {
            return 0;  // it stays claimed
        }
        if (world_.choices.one_in(4)) {
            out_->template abandon<order>();
            return 0;
        }
        if constexpr (Consumer::kOutOfLine) {
            return pushed(out_->template publish<order>());
        } else {
            out_->template publish<order>();
            return pushed(Status::ok);
        }
    }
    template <std::memory_order order>
    std::uint64_t pop() {
        return popped(in_->template try_pop<order>(message_));
    }
    template <std::memory_order order>
    std::uint64_t pop_copy() {
        if constexpr (Consumer::kOutOfLine) {
            return pop<order>();
        } else {
            return popped(in_->template try_pop_copy<order>(message_));
        }
    }
    template <std::memory_order order>
    std::uint64_t peek() {
        const bool holds = in_->holds();
        const T* message = nullptr;
        if (!in_->template try_peek<order>(message)) {
            return 0;
        }
        if (holds && message != shown_) {
            world_.find("a peek that is not released shows another message");
        }
        shown_ = message;
        check_place(bytes_of(*message));
        message_ = *message;
        return 0;
    }

private:
    std::uint64_t pushed(Status status) {
        at_ = status ? out_->position() : at_;
        return status ? 1 : 0;
    }
    std::uint64_t popped(Status status) {
        at_ = status ? in_->position() : at_;
        return status ? 1 : 0;
    }
    void check_place(const std::byte* place) {
        if (!world_.may_write(place, sizeof(T)) ||
            ground_->in_slot(world_, place) != ring::MpmcShape<T>::kPlaceOffset) {
            world_.find("a place that is in no slot");
        }
    }

    World& world_;
    const Ground* ground_ = nullptr;
    std::optional<Producer> out_;
    std::optional<Consumer> in_;
    const T* shown_ = nullptr;
    std::uint64_t at_ = 0;
    T message_{};
};

}  // namespace shunt::fuzz
