// SPDX-License-Identifier: MIT
//
// The producing side of an owner-word ring whose messages lie in blocks beside it: how a block is
// found and taken, and the one CAS that publishes it. It knows nothing of what a message is.
// blocks.hpp has the invariants and the edges.
#pragma once

#include <shunt/core/check.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/block_slots.hpp>
#include <shunt/core/ring/mpmc_producer.hpp>
#include <shunt/core/status.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// One producer of several. One thread at a time; every call is lock-free and real-time safe: it
/// looks at no more words than the ring has, at two for each position that others publish
/// meanwhile, and, where it needs a block, at each block once. See may_rest(). `kBlockBytes`: of a
/// block; 0: given at run time.
template <std::uint64_t kBlockBytes, class P>
class BlockClaims : public MpmcTail<BlockSlotsOf<kBlockBytes>, P> {
    using Slots = BlockSlotsOf<kBlockBytes>;
    using Tail = MpmcTail<Slots, P>;

public:
    static constexpr bool kOutOfLine = true;

    /// Gives the claimed place up. Nobody has seen it, no position is left out, and so nobody need
    /// be woken, whatever the order.
    template <std::memory_order = std::memory_order_release>
    void abandon() noexcept {
        check_claims();
        claims_ = false;
        holds_ = false;
        // edge blocks.free release -> BlockClaims::take: nothing of ours is written there any more
        P::store(this->slots().holder(block_), HolderWord::freed(word_), std::memory_order_release);
    }

    [[nodiscard]] bool claims() const noexcept { return claims_; }

    /// True if a push would find a free slot and a block now. Changes nothing. The look of the
    /// wake-up protocol.
    [[nodiscard]] bool writable() const noexcept {
        return this->any_free() && (holds_ || any_block());
    }

protected:
    BlockClaims(const Slots& slots, layout::MpmcWords& words, SlotOwner me) noexcept
        : Tail{slots, words, me},
          holder_{HolderWord::naming(me)},
          next_block_{me.index * kApart % slots.blocks()} {
        for (std::uint32_t& block : own_) {
            block = next_block_;
        }
    }

    // The claimed block; null: full. Claiming again without giving it gives the same. Where a slot
    // is free there is a block too (block_geometry), but while we look at one after the other each
    // may be taken just before, and given back just behind.
    [[nodiscard]] std::byte* claimed() noexcept {
        if (!claims_) {
            claims_ = this->may_enter() && (holds_ || find_block());
        }
        return claims_ ? this->slots().block(block_) : nullptr;
    }

    // `full`: others were faster; the claim stays.
    template <std::memory_order order>
    [[nodiscard]] Status give_ready() noexcept {
        check_claims();
        // edge mpmc.publish release -> MpmcConsumer::look: the message is complete, its block ours
        if (!this->template enter<publishing(order)>(
                BlockWord{0, 0, block_, {}, SlotState::ready}.word())) [[unlikely]] {
            return Status::full;
        }
        claims_ = false;
        holds_ = false;
        own_[oldest_] = block_;
        oldest_ = (oldest_ + 1) % kOwn;
        return Status::ok;
    }
    // Behind a claim and a copy. `full`: the block stays ours, for the next push.
    template <std::memory_order order>
    [[nodiscard]] Status push_claimed() noexcept {
        const Status status = this->template give_ready<order>();
        claims_ = false;
        return status;
    }

private:
    static constexpr std::memory_order publishing(std::memory_order order) noexcept {
        return order == std::memory_order_seq_cst ? order : std::memory_order_acq_rel;
    }
    void check_claims() const noexcept {
        SHUNT_CHECK(claims_, "publish() or abandon() without try_claim()");
    }

    // The one of our last few that has been away longest: it is in our caches, and in those of who
    // read it. Else all blocks in turn, on from where we found one last: of a ring that is all ours
    // the next one is always that which has been away longest of all.
    [[nodiscard]] bool find_block() noexcept {
        if (take(own_[oldest_])) {
            return true;
        }
        const std::uint32_t all = this->slots().blocks();
        for (std::uint32_t looks = 0; looks < all; ++looks) {
            const std::uint32_t block = next_block_;
            next_block_ = block + 1 == all ? 0 : block + 1;
            if (take(block)) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool any_block() const noexcept {
        const std::uint32_t all = this->slots().blocks();
        for (std::uint32_t looks = 0; looks < all; ++looks) {
            // relaxed: whoever takes it looks again
            if (!HolderWord::is_held(P::load_peer(this->slots().holder((next_block_ + looks) % all),
                                                  std::memory_order_relaxed))) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool take(std::uint32_t block) noexcept {
        auto& at = this->slots().holder(block);
        // edge blocks.free acquire <- BlockSlots::give_back: who read the message there before has
        // done so
        std::uint64_t found = P::load_peer(at, std::memory_order_acquire);
        if (HolderWord::is_held(found)) {
            return false;
        }
        const std::uint64_t taken = HolderWord::taken(found, holder_);
        // edge blocks.free acquire <- BlockSlots::give_back: as above; nobody has taken it since
        // (and release: nothing, our name is all there is to see)
        if (!P::compare_exchange(at, found, taken, std::memory_order_acq_rel)) {
            return false;
        }
        block_ = block;
        word_ = taken;
        holds_ = true;
        return true;
    }

    static constexpr std::uint32_t kOwn = 4;
    static constexpr std::uint32_t kApart = 8;  // blocks that two producers begin apart

    std::uint64_t holder_;                   // our name, to be put into a block's word
    std::array<std::uint32_t, kOwn> own_{};  // what we published last
    std::uint32_t oldest_ = 0;               // of these
    std::uint32_t next_block_;
    std::uint32_t block_ = 0;
    std::uint64_t word_ = 0;  // of the block that we took last
    bool holds_ = false;      // a block, claimed or not
    bool claims_ = false;
};

}  // namespace shunt::ring
