// SPDX-License-Identifier: MIT
//
// The publishing side of the broadcast log; broadcast.hpp has the invariants (B1 to B5) and the
// edges.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/broadcast_gate.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/stage.hpp>
#include <shunt/core/ring/warm.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// What publishers have in common, whatever their messages are. One thread at a time; every call is
/// wait-free and real-time safe. Where a gated subscriber still needs the message that would be
/// overwritten, calls say `full`, or the gate is evicted, as `gates.evicts` says. `order` is
/// memory_order_seq_cst where sleepers may have to be woken afterwards (docs/wakeup_protocol.md).
template <std::uint64_t kBytes, class P, told kTold = told::by_stamp>
class LogWriter {
public:
    /// Position of the next message; the first one ever has the log's start position.
    [[nodiscard]] std::uint64_t position() const noexcept { return write_pos_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.capacity(); }
    /// The words that a predecessor left are impossible; permanent. Nothing is published then.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// True if a call would not say `full`. Changes nothing that others see; also the look of a
    /// sleeper.
    [[nodiscard]] bool writable() noexcept {
        return write_pos_ != limit_ || !may_publish() || keeper_.lets_through(write_pos_);
    }
    /// Gates that this publisher has evicted: those subscribers are lossy from then on.
    [[nodiscard]] std::uint64_t evictions() const noexcept { return keeper_.evictions(); }

    /// Gives the claimed place up. Nothing is published; but the message that stood in that place,
    /// the oldest, is gone.
    void abandon() noexcept { claims_ = false; }

    /// Takes the lines of the first messages into this core's caches. Once, before the first.
    void warm() noexcept {
        const std::uint64_t slots =
            std::min(slots_.capacity(), kWarmBytes / slots_.slot_bytes() + 1);
        for (std::uint64_t i = 0; i < slots; ++i) {
            store_again<P>(slots_.stamp(write_pos_ + i));
        }
    }

protected:
    using Slots = LogSlots<kBytes>;

    /// Takes the log over where the last publisher left it.
    LogWriter(const Slots& slots, layout::PublisherWords& words, std::uint64_t start_pos,
              const Gates& gates) noexcept
        : slots_{slots}, words_{&words}, keeper_{gates, words, slots.capacity()} {
        // relaxed: our predecessor's, whose death or leave the registry ordered (B1)
        write_pos_ = std::max(P::load(words.write_pos, std::memory_order_relaxed), start_pos);
        limit_ = write_pos_;
        if (write_pos_ >= kPositionLimit) {
            broken_ = true;
            return;
        }
        // relaxed: as above
        const std::uint64_t stamp = P::load(slots_.stamp(write_pos_), std::memory_order_relaxed);
        broken_ = !slots_.plausible(stamp, write_pos_) || stamp > stamp_readable(write_pos_);
        if (stamp == stamp_readable(write_pos_)) {
            store_write_pos(write_pos_ + 1);  // it died between the two stores that publish (B3)
        }
        limit_ = broken_ ? write_pos_
                         : keeper_.take_over(write_pos_, stamp == stamp_writing(write_pos_));
    }

    [[nodiscard]] const Slots& slots() const noexcept { return slots_; }
    [[nodiscard]] bool claims() const noexcept { return claims_; }
    void claim() noexcept { claims_ = true; }

    // ok: the next position may be written. Else `full` or `broken`.
    [[nodiscard, gnu::always_inline]] Status room() noexcept {
        return write_pos_ != limit_ ? Status{Status::ok} : look_at_gates();
    }
    // Of those that may be written without another look.
    [[nodiscard]] std::uint64_t positions_left() const noexcept { return limit_ - write_pos_; }

    // From here on the slot's last message cannot be read any more.
    [[gnu::always_inline]] std::byte* begin() noexcept {
        // edge broadcast.newest release -> LogReader::overtaken: who sees this sees a write_pos of
        // this position at least (B4)
        P::store(slots_.stamp(write_pos_), stamp_writing(write_pos_), std::memory_order_release);
        return slots_.slot(write_pos_);
    }
    // What follows is written in place, by stores that the compiler and the cpu may move.
    static void keep_behind() noexcept {
        // edge broadcast.overwrite release -> LogReader::whole: who reads a byte of the new message
        // finds the stamp changed
        P::fence(std::memory_order_release);
    }
    template <std::memory_order order>
    [[gnu::always_inline]] void end() noexcept {
        constexpr bool kByStamp = kTold == told::by_stamp;
        // edge broadcast.publish release -> LogReader::look, NewestReader::look: the message is
        // complete. seq_cst where the caller then reads the sleepers (WakeRegion, waker step 2).
        P::store(slots_.stamp(write_pos_), stamp_readable(write_pos_),
                 kByStamp ? order : std::memory_order_release);
        store_write_pos<kByStamp ? std::memory_order_release : order>(write_pos_ + 1);
        prefetch_next();
    }

private:
    [[nodiscard]] bool may_publish() const noexcept {
        return !broken_ && write_pos_ < GateKeeper<P>::kMostLimit;
    }
    [[gnu::noinline]] Status look_at_gates() noexcept {
        if (!may_publish()) {
            return Status::broken;
        }
        limit_ = keeper_.next_limit(write_pos_);
        return write_pos_ != limit_ ? Status::ok : Status::full;
    }
    template <std::memory_order order = std::memory_order_release>
    void store_write_pos(std::uint64_t position) noexcept {
        write_pos_ = position;
        // edge broadcast.newest release -> LogReader::newest, NewestReader::look: every message
        // before it was published
        P::store(words_->write_pos, position, order);
    }
    [[gnu::always_inline]] void prefetch_next() const noexcept {
        const std::byte* const slot = slots_.slot(write_pos_);
        const std::uint64_t bytes = std::min(slots_.slot_bytes(), kMostPrefetched);
        for (std::uint64_t line = 0; line < bytes; line += kLineBytes) {
            P::prefetch_write(slot + line);
        }
    }

    static constexpr std::uint64_t kMostPrefetched = 16 * kLineBytes;

    Slots slots_;
    layout::PublisherWords* words_;
    std::uint64_t write_pos_ = 0;  // the word says the same; ours alone, so never re-read
    std::uint64_t limit_ = 0;      // not beyond gate_limit; positions below need no look at gates
    GateKeeper<P> keeper_;
    bool broken_ = false;
    bool claims_ = false;
};

/// The publisher of messages of type T.
template <class T, class P = DefaultPolicy, told kTold = told::by_stamp>
class BroadcastPublisher : public LogWriter<LogShape<T>::kSlotBytes, P, kTold> {
    using Writer = LogWriter<LogShape<T>::kSlotBytes, P, kTold>;

public:
    /// `memory` and `capacity` as LogShape<T>::of() gave them.
    BroadcastPublisher(std::byte* memory, std::uint64_t capacity, layout::PublisherWords& words,
                       std::uint64_t start_pos, const Gates& gates = {}) noexcept
        : Writer{{memory, capacity}, words, start_pos, gates} {}

    /// Publishes a copy of one message. `full`: a gate needs the place. `broken`: the log is, or
    /// its positions are used up.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard, gnu::always_inline]] Status try_push(const T& message) noexcept {
        if (const Status status = this->room(); !status) [[unlikely]] {
            return status;
        }
        write<order>(message);
        return Status::ok;
    }

    /// The same of several, in order; returns how many. Each can be read as soon as it is there.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        std::size_t pushed = 0;
        while (pushed < messages.size() && this->room()) {
            const std::size_t end =
                pushed + std::min<std::uint64_t>(messages.size() - pushed, this->positions_left());
            for (; pushed + 1 < end; ++pushed) {
                write<std::memory_order_release>(messages[pushed]);
            }
            write<order>(messages[pushed++]);
        }
        return pushed;
    }

    /// The place of the next message, to be filled in and published; null: `full` or `broken`. What
    /// stood there, the oldest message, is gone from now on. Claiming again without publishing
    /// gives the same place.
    [[nodiscard]] T* try_claim() noexcept {
        if (!this->room()) [[unlikely]] {
            return nullptr;
        }
        std::byte* place = this->slots().slot(this->position());
        if (!this->claims()) {
            this->claim();
            place = this->begin();
            this->keep_behind();
        }
        return object_at<T>(stage_.place(place, sizeof(T)));
    }

    /// Publishes the claimed place. Only after a successful try_claim.
    template <std::memory_order order = std::memory_order_release>
    void publish() noexcept {
        SHUNT_CHECK(this->claims(), "publish() without try_claim()");
        stage_.template put_back<P>(this->slots().slot(this->position()), sizeof(T));
        this->abandon();
        this->template end<order>();
    }

private:
    template <std::memory_order order>
    [[gnu::always_inline]] void write(const T& message) noexcept {
        std::byte* const place = this->begin();
        // edge broadcast.overwrite release -> BroadcastSubscriber::try_pop: by each of its words
        P::template copy_in_ordered<sizeof(T)>(place, bytes_of(message));
        this->abandon();
        this->template end<order>();
    }

    Stage stage_;
};

}  // namespace shunt::ring
