// SPDX-License-Identifier: MIT
//
// The line ring for messages of 8 bytes, written out by hand: no Policy, no shape, no cursor. It
// exists to be counted against: what the seam of core/ring costs is the difference, which is
// nothing. Same words, same algorithm; only what a push and a pop of one message need.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::hand {

inline constexpr std::uint64_t kPerLine = 7;
inline constexpr std::uint64_t kAhead = 16;

struct Line {
    std::uint64_t messages[kPerLine];
    std::atomic<std::uint64_t> stamp;
};
static_assert(sizeof(Line) == 64);

// The line some way ahead; where the ring is smaller than that, this one.
[[gnu::always_inline]] inline Line* ahead_of(Line* line, std::uint64_t distance, Line* first,
                                             Line* last) noexcept {
    Line* ahead = line + distance;
    if (ahead >= last) {
        ahead -= last - first;
        ahead = ahead < last ? ahead : line;
    }
    return ahead;
}

struct Producer {
    std::uint64_t write_pos;
    std::uint64_t run_end;
    Line* line;
    std::uint64_t line_begin_bytes;
    std::uint64_t line_end;
    Line* first;
    Line* last;
    std::uint64_t limit;
    const layout::ConsumerWords* peer;

    Producer(std::byte* memory, std::uint64_t lines, const layout::ConsumerWords& words)
        : write_pos{0},
          run_end{0},
          line{object_at<Line>(memory)},
          line_begin_bytes{0},
          line_end{kPerLine},
          first{line},
          last{line + lines},
          limit{0},
          peer{&words} {}

    [[gnu::always_inline]] Status try_push(const std::uint64_t& message) noexcept {
        if (write_pos == run_end) {
            if (const Status status = begin_run(); !status) {
                return status;
            }
        }
        const std::uint64_t position = write_pos;
        Line& here = *line;
        std::byte* const place =
            bytes_of(here.messages) + (position * sizeof(message) - line_begin_bytes);
        std::uint64_t word = message;
        asm("" : "+r"(word));
        *object_at<std::uint64_t>(place) = word;
        here.stamp.store(position + 1, std::memory_order_release);
        write_pos = position + 1;
        return Status::ok;
    }

    [[gnu::always_inline]] Status begin_run() noexcept {
        if (write_pos == limit) [[unlikely]] {
            if (const Status status = look_for_room(); !status) {
                return status;
            }
        }
        if (write_pos == line_end) {
            if (++line == last) {
                line = first;
            }
            line_begin_bytes += sizeof(line->messages);
            line_end += kPerLine;
            Line* const ahead = ahead_of(line, kAhead, first, last);
            if (shunt::detail::kHasPrefetchw) [[likely]] {
                asm volatile("prefetchw %0" : : "m"(*bytes_of(ahead->messages)));
            }
        }
        run_end = std::min(limit, line_end);
        return Status::ok;
    }

    [[gnu::noinline]] Status look_for_room() noexcept {
        const std::uint64_t freed = peer->free_pos.load(std::memory_order_seq_cst);
        limit = freed + static_cast<std::uint64_t>(last - first) * kPerLine;
        return write_pos != limit ? Status::ok : Status::full;
    }
};

struct Consumer {
    std::uint64_t read_pos;
    std::uint64_t run_end;
    Line* line;
    std::uint64_t line_begin_bytes;
    std::uint64_t line_end;
    Line* first;
    Line* last;
    std::uint64_t avail_end;
    layout::ConsumerWords* mine;
    std::uint64_t free_step;
    std::uint64_t freed;
    std::uint64_t distance;
    bool looks_ahead;
    bool broken;

    Consumer(std::byte* memory, std::uint64_t lines, layout::ConsumerWords& words)
        : read_pos{0},
          run_end{0},
          line{object_at<Line>(memory)},
          line_begin_bytes{0},
          line_end{kPerLine},
          first{line},
          last{line + lines},
          avail_end{0},
          mine{&words},
          free_step{lines * kPerLine / 8},
          freed{0},
          distance{8},
          looks_ahead{false},
          broken{false} {}

    [[gnu::always_inline]] Status try_pop(std::uint64_t& message) noexcept {
        if (read_pos == run_end) {
            if (const Status status = begin_run(); !status) {
                return status;
            }
        }
        const std::uint64_t position = read_pos;
        layout::ConsumerWords& words = *mine;
        const std::byte* const place =
            bytes_of(line->messages) + (position * sizeof(message) - line_begin_bytes);
        std::uint64_t word = *object_at<std::uint64_t>(place);
        asm("" : "+r"(word));
        message = word;
        read_pos = position + 1;
        words.read_pos.store(position + 1, std::memory_order_release);
        if (position + 1 == run_end) {
            end_run();
        }
        return Status::ok;
    }

    [[gnu::always_inline]] Status begin_run() noexcept {
        if (read_pos == avail_end) {
            if (const Status status = looks_ahead ? look_ahead() : own_line(); !status) {
                return status;
            }
        }
        run_end = std::min({avail_end, freed + free_step, line_end});
        return Status::ok;
    }

    [[gnu::always_inline]] Status own_line() noexcept {
        const std::uint64_t stamp = line->stamp.load(std::memory_order_acquire);
        if (stamp - read_pos - 1 >= static_cast<std::uint64_t>(last - first) * kPerLine || broken) {
            store_free();
            return Status::empty;
        }
        avail_end = std::min(stamp, line_end);
        return Status::ok;
    }

    // Of a throughput consumer; not counted here, but in the way of the compiler all the same.
    [[gnu::noinline]] Status look_ahead() noexcept { return own_line(); }
    [[gnu::noinline]] void learn_more(std::uint64_t known) noexcept { avail_end += known / 2; }

    [[gnu::always_inline]] void end_run() noexcept {
        if (read_pos == line_end) {
            if (++line == last) {
                line = first;
            }
            line_begin_bytes += sizeof(line->messages);
            line_end += kPerLine;
            const std::uint64_t known = avail_end - read_pos;
            if (known > (kAhead + 1) * kPerLine) {
                asm volatile("prefetcht0 %0"
                             :
                             : "m"(*bytes_of(ahead_of(line, kAhead, first, last)->messages)));
            }
            if (known <= (2 * kAhead + 1) * kPerLine && distance >= 32) {
                learn_more(known);
            }
        }
        if (read_pos - freed >= free_step) {
            store_free();
        }
    }

    void store_free() noexcept {
        if (freed != read_pos) {
            freed = read_pos;
            mine->free_pos.store(freed, std::memory_order_release);
        }
    }
};

}  // namespace shunt::hand
