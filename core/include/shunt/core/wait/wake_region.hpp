// SPDX-License-Identifier: MIT
//
// Sleeping and waking over a WakeRegion: the one rule for every kind of channel. The system calls
// are injected as `Ops`, so the protocol runs under a test scheduler too. What it means to look at
// the ring is the caller's business; so is the bound of a sleep.
//
//     sleeper                                        waker, after publishing n messages
//     1  w = wake_seq                                1  publish
//     2  sleepers |= bit                             2  s = sleepers, read once
//     3  look at the ring again                      3  s == 0: done; take a bit out of s, rotating
//     4  futex wait (wake_seq is w, bit, bound)      4  sleepers &= ~bit; was not set: back to 3
//     5  sleepers &= ~bit                            5  wake_seq += 1
//     6  look again                                  6  futex wake (all, bit) woke none: back to 3
//                                                    7  n > woken so far: back to 3
//
// Invariants
//   W1  These words are changed by fetch operations only; a bit stands for one registry index.
//   W2  A sleeper that is in step 4 either has its bit in `sleepers`, or its wake-up is on the way:
//       a bit is cleared, then wake_seq is bumped, then the wake call is made.
//   W3  Every sleep is bounded, so a waker killed between 1 and 6 delays, and never strands.
// Edges
//   wake.armed  sleeper step 2 -> waker step 2    a waker that publishes later sees the bit
//   wake.look   waker step 1 -> sleeper step 3    a sleeper that armed later sees the message
//   These two are a store-load race: each side stores, then loads what the other stores. So all
//   four accesses (publish, look, and both on `sleepers`) are seq_cst; release and acquire would
//   allow both loads to see the old values. notify() uses a read-modify-write of `sleepers` in step
//   2 instead: whichever of the two fetch_or comes second sees the first.
#pragma once

#include <shunt/core/layout/wake.hpp>
#include <shunt/core/policy.hpp>

#include <atomic>
#include <bit>
#include <cstdint>

namespace shunt {

/// Nanoseconds for the longest single sleep: 4 ms at first, doubling while nothing comes.
inline constexpr std::uint64_t kFirstSleepNs = 4'000'000;
inline constexpr std::uint64_t kLongestSleepNs = 64'000'000;
inline constexpr std::uint64_t kSleepWithoutBitNs = 1'000'000;

/// The bit of a registry index, or 0: that port sleeps kSleepWithoutBitNs at a time.
[[nodiscard]] constexpr std::uint32_t wake_bit(std::uint32_t index) noexcept {
    return index < layout::kWakeBits ? std::uint32_t{1} << index : 0;
}

/// `Ops` has
///   wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint32_t bits,
///        std::uint64_t bound_ns)                      sleeps unless word != expected
///   unsigned wake_all(const std::atomic<std::uint32_t>& word, std::uint32_t bits)
///                                                     wakes all whose bits meet; how many
template <class Ops, class P = DefaultPolicy>
class Sleeper {
public:
    Sleeper(layout::WakeRegion& region, std::uint32_t index) noexcept
        : region_{&region}, bit_{wake_bit(index)} {}

    /// Steps 1 to 5: sleeps until woken, until `bound_ns` passed, or not at all if `look()` is
    /// true. Returns true if it slept. Enters the kernel; bounded. The caller looks again
    /// afterwards.
    template <class Look>
    bool sleep(Look&& look, std::uint64_t bound_ns) noexcept {
        const std::uint32_t seen = arm();
        const bool sleeps = !look();
        if (sleeps) {
            const std::uint64_t bound =
                bit_ != 0 || bound_ns < kSleepWithoutBitNs ? bound_ns : kSleepWithoutBitNs;
            Ops::wait(region_->wake_seq, seen, bits(), bound);
        }
        disarm();
        return sleeps;
    }

    /// Steps 1 and 2 alone, for a sleep that happens elsewhere (an event loop, several regions at
    /// once): the number that wake_seq must still be for it to begin. The caller looks, and sleeps
    /// only if nothing is there. Wait-free.
    [[nodiscard]] std::uint32_t arm() noexcept {
        // edge wake.seq acquire <- Waker::wake: a bump after this makes the wait return at once.
        // seq_cst with the three accesses below (see the file's head).
        const std::uint32_t seen = P::load_peer(region_->wake_seq, std::memory_order_seq_cst);
        // edge wake.armed seq_cst -> Waker::wake: it sees the bit, or we see its message
        P::fetch_or(region_->sleepers, bit_, std::memory_order_seq_cst);
        return seen;
    }
    /// Step 5. Whoever does it without having looked since leaves the look to its next call.
    void disarm() noexcept {
        // edge wake.armed seq_cst -> Waker::wake: a waker after this leaves us alone
        P::fetch_and(region_->sleepers, ~bit_, std::memory_order_seq_cst);
    }
    /// Step 4 is over, or need not begin: somebody bumped wake_seq after arm() returned `seen`.
    [[nodiscard]] bool bumped(std::uint32_t seen) const noexcept {
        // edge wake.seq acquire <- Waker::wake: the bump, as the kernel's compare would see it
        return P::load_peer(region_->wake_seq, std::memory_order_seq_cst) != seen;
    }
    /// The word that is slept on, and the bits that a wake-up must meet.
    [[nodiscard]] const std::atomic<std::uint32_t>& word() const noexcept {
        return region_->wake_seq;
    }
    [[nodiscard]] std::uint32_t bits() const noexcept {
        return bit_ != 0 ? bit_ : ~std::uint32_t{0};
    }
    /// False for a port whose registry index has no bit: nobody looks out for it.
    [[nodiscard]] bool has_bit() const noexcept { return bit_ != 0; }

    /// Makes a sleep of this port end, or its next one not begin; from any thread.
    void interrupt() noexcept {
        // edge wake.seq release -> Sleeper::sleep: the wait that is about to begin finds it changed
        P::fetch_add(region_->wake_seq, std::uint32_t{1}, std::memory_order_seq_cst);
        Ops::wake_all(region_->wake_seq, bits());
    }

private:
    layout::WakeRegion* region_;
    std::uint32_t bit_;
};

template <class Ops, class P = DefaultPolicy>
class Waker {
public:
    explicit Waker(layout::WakeRegion& region) noexcept : region_{&region} {}

    /// Step 2, after a seq_cst publish: the bits of those asleep, usually 0. Wait-free.
    [[nodiscard]] std::uint32_t sleepers() const noexcept {
        // edge wake.armed seq_cst <- Sleeper::sleep: load after our publish, the store-load race
        return P::load_peer(region_->sleepers, std::memory_order_seq_cst);
    }

    /// Step 2 after a publish that was only a release: a read-modify-write that changes nothing.
    [[nodiscard]] std::uint32_t sleepers_fenced() noexcept {
        // edge wake.armed seq_cst <- Sleeper::sleep: two fetch_or on one word, the second sees all
        // that came before the first
        return P::fetch_or(region_->sleepers, std::uint32_t{0}, std::memory_order_seq_cst);
    }

    /// Steps 3 to 7 with the bits that step 2 read, for n messages. Returns how many it woke. At
    /// most one system call for each bit.
    unsigned wake(std::uint32_t bits, std::uint64_t n) noexcept {
        unsigned woken = 0;
        while (bits != 0 && woken < n) {
            const std::uint32_t bit = take(bits);
            // edge wake.armed seq_cst <- Sleeper::sleep: only the one that clears the bit wakes
            if ((P::fetch_and(region_->sleepers, ~bit, std::memory_order_seq_cst) & bit) == 0) {
                continue;
            }
            // edge wake.seq release -> Sleeper::sleep: a wait not yet begun returns at once
            P::fetch_add(region_->wake_seq, std::uint32_t{1}, std::memory_order_seq_cst);
            woken += Ops::wake_all(region_->wake_seq, bit);
        }
        return woken;
    }

    /// Of a kind whose messages are for everybody, after step 2 found a bit: wakes all who have
    /// one. Returns how many it woke. One system call.
    unsigned wake_each() noexcept {
        // edge wake.armed seq_cst <- Sleeper::sleep: only the one that clears a bit wakes for it
        if (P::fetch_and(region_->sleepers, std::uint32_t{0}, std::memory_order_seq_cst) == 0) {
            return 0;
        }
        // edge wake.seq release -> Sleeper::sleep: a wait not yet begun returns at once
        P::fetch_add(region_->wake_seq, std::uint32_t{1}, std::memory_order_seq_cst);
        return Ops::wake_all(region_->wake_seq, ~std::uint32_t{0});
    }

    /// Wakes everybody: close, ends.
    void wake_all() noexcept {
        // edge wake.seq release -> Sleeper::sleep: a wait not yet begun returns at once
        P::fetch_add(region_->wake_seq, std::uint32_t{1}, std::memory_order_seq_cst);
        Ops::wake_all(region_->wake_seq, ~std::uint32_t{0});
    }

private:
    // Takes a bit out of `bits`, the next one above the bit taken last.
    std::uint32_t take(std::uint32_t& bits) noexcept {
        const std::uint32_t above = bits & ~((last_ << 1) - 1);
        const std::uint32_t from = above != 0 && last_ != 0 ? above : bits;
        last_ = from & (~from + 1);
        bits &= ~last_;
        return last_;
    }

    layout::WakeRegion* region_;
    std::uint32_t last_ = 0;  // the bit taken last, so that turns rotate
};

}  // namespace shunt
