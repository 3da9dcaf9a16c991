// SPDX-License-Identifier: MIT
//
// The reading side of a latest value; latest.hpp has the invariants.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/stage.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// Buffers of a latest value where nobody says how many.
inline constexpr std::uint64_t kLatestBuffers = 4;

/// What readers have in common, whatever the values are. One thread at a time; every call is
/// wait-free and real-time safe. It writes nothing but its own SubscriberWords.
template <std::uint64_t kBytes, class P>
class NewestReader {
public:
    /// Copies that a call makes at most, each undone by a writer that went around all buffers.
    static constexpr int kMostTries = 8;

    /// Version of the value that was delivered last; 0: none was.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
    /// Version of the newest value; 0: there is none yet.
    [[nodiscard]] std::uint64_t newest() const noexcept {
        // edge broadcast.newest acquire <- LogWriter::store_write_pos: each value up to it is there
        const std::uint64_t write_pos = P::load_peer(words_->write_pos, std::memory_order_acquire);
        return write_pos > start_pos_ ? write_pos : 0;
    }
    /// True if a value is there that is newer than that version, so that load() gives one. Changes
    /// nothing.
    [[nodiscard]] bool changed_since(std::uint64_t version) const noexcept {
        // edge broadcast.newest acquire <- LogWriter::store_write_pos: this is also the look of a
        // sleeper (WakeRegion, step 3), so seq_cst
        const std::uint64_t write_pos = P::load_peer(words_->write_pos, std::memory_order_seq_cst);
        return broken_ || write_pos > std::max(version, start_pos_);
    }
    /// The same of the value that was delivered last.
    [[nodiscard]] bool readable() const noexcept { return changed_since(version_); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.capacity(); }
    /// Impossible words were found; permanent.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// True if all that was read so far of what try_peek showed was of that value. Only between a
    /// successful try_peek and its release.
    [[nodiscard]] bool still_valid() const noexcept {
        SHUNT_CHECK(shown_ != 0, "still_valid() without try_peek()");
        keep_before();
        // edge broadcast.overwrite acquire <- LogWriter::begin: as NewestReader::whole
        const std::uint64_t stamp =
            P::load_peer(slots_.stamp(shown_ - 1), std::memory_order_acquire);
        return stamp == stamp_readable(shown_ - 1) && !broken_;
    }
    /// Done with it. `ok`: it was valid throughout, and is delivered. `lapped`: the writer has come
    /// around to its buffer.
    [[nodiscard]] Status release() noexcept {
        SHUNT_CHECK(shown_ != 0, "release() without try_peek()");
        at_ = shown_ - 1;
        shown_ = 0;
        keep_before();
        const Status status = broken_ ? Status{Status::broken} : whole();
        if (status) [[likely]] {
            delivered();
        }
        return status;
    }

protected:
    using Slots = LogSlots<kBytes>;

    NewestReader(const Slots& slots, const layout::PublisherWords& words,
                 layout::SubscriberWords& own, std::uint64_t start_pos) noexcept
        : slots_{slots},
          words_{&words},
          own_{&own},
          start_pos_{start_pos},
          seen_{start_pos},
          broken_{newest() >= kPositionLimit} {
        note(start_pos);
    }

    [[nodiscard]] const Slots& slots() const noexcept { return slots_; }
    /// Position of the value that look() found.
    [[nodiscard]] std::uint64_t at() const noexcept { return at_; }

    /// Finds the newest value and takes it: `take()` is called with its buffer at at(). `lapped` is
    /// its reason to begin anew.
    template <class Take>
    [[nodiscard, gnu::always_inline]] Status attempt(Take&& take) noexcept {
        for (int tries = 0; tries < kMostTries; ++tries) {
            Status status = look();
            if (status) [[likely]] {
                status = take();
            }
            if (status != Status::lapped) [[likely]] {
                return status;
            }
        }
        return Status::lapped;
    }
    void delivered() noexcept {
        version_ = std::max(version_, at_ + 1);
        note(version_);
    }
    // The value of at() is shown in place.
    void show() noexcept { shown_ = at_ + 1; }
    // After words of the buffer were copied: all were of the value of at().
    [[nodiscard, gnu::always_inline]] Status whole() noexcept {
        // edge broadcast.overwrite acquire <- LogWriter::begin: who copied a word of the value that
        // comes next in this buffer finds its stamp here
        const std::uint64_t stamp = P::load_peer(slots_.stamp(at_), std::memory_order_acquire);
        return stamp == stamp_readable(at_) ? Status{Status::ok} : disturbed(stamp);
    }
    [[nodiscard]] Status break_down() noexcept {
        broken_ = true;
        return Status::broken;
    }

private:
    // ok: at_ is the position of the newest value, which is there.
    [[nodiscard, gnu::always_inline]] Status look() noexcept {
        // edge broadcast.newest acquire <- LogWriter::store_write_pos: that value is there
        const std::uint64_t write_pos = P::load_peer(words_->write_pos, std::memory_order_acquire);
        if (write_pos <= seen_) {
            // Nothing new; or nothing at all. It never goes back.
            if (broken_ || (write_pos < seen_ && seen_ != start_pos_)) [[unlikely]] {
                return break_down();
            }
            if (seen_ == start_pos_) {
                return Status::empty;
            }
        } else if (write_pos >= kPositionLimit || broken_) [[unlikely]] {
            return break_down();
        }
        seen_ = write_pos;
        at_ = write_pos - 1;
        // edge broadcast.publish acquire <- LogWriter::end: the value is complete
        const std::uint64_t stamp = P::load_peer(slots_.stamp(at_), std::memory_order_acquire);
        return stamp == stamp_readable(at_) ? Status{Status::ok} : disturbed(stamp);
    }
    // The buffer of at_ has another stamp than that of its value: a later one.
    [[gnu::noinline]] Status disturbed(std::uint64_t stamp) noexcept {
        const bool later = slots_.plausible(stamp, at_) && stamp > stamp_readable(at_);
        return later && newest() >= stamped(stamp) ? Status{Status::lapped} : break_down();  // B4
    }
    // What stands in a buffer was read by plain loads, which may not be moved behind the look.
    static void keep_before() noexcept {
        // edge broadcast.overwrite acquire <- LogWriter::keep_behind: who read a byte of the next
        // value finds the stamp changed
        P::fence(std::memory_order_acquire);
    }
    void note(std::uint64_t read_pos) noexcept {
        // relaxed: our own word, for display
        P::store(own_->read_pos, read_pos, std::memory_order_relaxed);
    }

    Slots slots_;
    const layout::PublisherWords* words_;
    layout::SubscriberWords* own_;
    std::uint64_t start_pos_;
    std::uint64_t seen_;  // the greatest write_pos
    std::uint64_t at_ = 0;
    std::uint64_t version_ = 0;
    std::uint64_t shown_ = 0;  // by the last peek: that version; 0: released
    bool broken_;
};

/// A reader of values of type T. `empty`: there is none yet. `lapped`: there is, and the writer
/// went around all buffers within each of kMostTries copies. `broken`: the words are impossible.
template <class T, class P = DefaultPolicy>
class LatestReader : public NewestReader<LogShape<T>::kSlotBytes, P> {
    using Reader = NewestReader<LogShape<T>::kSlotBytes, P>;

public:
    /// `memory` and `capacity` as LogShape<T>::of() gave them; never written.
    LatestReader(std::byte* memory, std::uint64_t capacity, const layout::PublisherWords& words,
                 layout::SubscriberWords& own, std::uint64_t start_pos) noexcept
        : Reader{{memory, capacity}, words, own, start_pos} {}

    /// Copies the newest value out. Where it is not ok, `value` may hold parts of several.
    [[nodiscard, gnu::always_inline]] Status load(T& value) noexcept {
        const Status status = this->attempt([&]() noexcept {
            // edge broadcast.overwrite acquire <- BroadcastPublisher::write: by each of its words
            P::template copy_out_ordered<sizeof(T)>(bytes_of(value),
                                                    this->slots().slot(this->at()));
            return this->whole();
        });
        if (status) [[likely]] {
            this->delivered();
        }
        return status;
    }

    /// Shows the newest value in place, to be used only as still_valid() and release() say: the
    /// writer may come around to it at any time.
    [[nodiscard]] Status try_peek(const T*& value) noexcept {
        const Status status = this->attempt([]() noexcept { return Status{Status::ok}; });
        if (status) [[likely]] {
            this->show();
            value = object_at<const T>(
                stage_.template shown<P>(this->slots().slot(this->at()), sizeof(T)));
        }
        return status;
    }

private:
    Stage stage_;
};

}  // namespace shunt::ring
