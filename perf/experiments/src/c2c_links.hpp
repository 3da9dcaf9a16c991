// SPDX-License-Identifier: MIT
//
// The ways in which two threads hand each other a line, over the same zeroed memory. Who begins
// makes an object of
//   void trip()                 there and back, once
//   void stop()                 the other one's answer() returns
//   static void answer(memory)  of the other: answers until stopped
//   kBytes                      memory that it needs
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/spsc.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::perf::c2c {

using Word = std::atomic<std::uint64_t>;

inline constexpr std::uint64_t kStop = ~std::uint64_t{0};

/// The word says whose turn it is.
class OneLine {
public:
    static constexpr std::size_t kBytes = kLinePairBytes;
    explicit OneLine(std::byte* memory) noexcept : word_{*object_at<Word>(memory)} {}

    void trip() noexcept { (void)hand(kFirst, kSecond); }
    void stop() noexcept { (void)hand(kFirst, kStop); }
    static void answer(std::byte* memory) noexcept {
        OneLine line{memory};
        while (line.hand(kSecond, kFirst)) {
        }
    }

private:
    static constexpr std::uint64_t kFirst = 0;
    static constexpr std::uint64_t kSecond = 1;

    // True: it was our turn. False: it will never be again.
    bool hand(std::uint64_t from, std::uint64_t to) noexcept {
        std::uint64_t seen = from;
        // edge c2c.turn acq_rel -> OneLine::hand: the turn; acquire <- OneLine::hand
        while (!word_.compare_exchange_strong(seen, to, std::memory_order_acq_rel)) {
            if (seen == kStop) {
                return false;
            }
            seen = from;
        }
        return true;
    }

    Word& word_;
};

class TwoLines {
public:
    static constexpr std::size_t kBytes = 2 * kLinePairBytes;
    explicit TwoLines(std::byte* memory) noexcept
        : ask_{*object_at<Word>(memory)}, reply_{*object_at<Word>(memory + kLinePairBytes)} {}

    void trip() noexcept {
        // edge c2c.ask release -> TwoLines::answer: the number
        ask_.store(++sent_, std::memory_order_release);
        // edge c2c.reply acquire <- TwoLines::answer: the number came back
        while (reply_.load(std::memory_order_acquire) != sent_) {
        }
    }
    // edge c2c.ask release -> TwoLines::answer: no more
    void stop() noexcept { ask_.store(kStop, std::memory_order_release); }
    static void answer(std::byte* memory) noexcept {
        TwoLines lines{memory};
        std::uint64_t last = 0;
        std::uint64_t seen;
        // edge c2c.ask acquire <- TwoLines::trip: the number, or no more
        while ((seen = lines.ask_.load(std::memory_order_acquire)) != kStop) {
            if (seen != last) {
                last = seen;
                // edge c2c.reply release -> TwoLines::trip: the number
                lines.reply_.store(seen, std::memory_order_release);
            }
        }
    }

private:
    Word& ask_;
    Word& reply_;
    std::uint64_t sent_ = 0;
};

/// Even: who begins adds; odd: the other.
class Add {
public:
    static constexpr std::size_t kBytes = kLinePairBytes;
    explicit Add(std::byte* memory) noexcept : word_{*object_at<Word>(memory)} {}

    void trip() noexcept {
        await(0);
        // edge c2c.add acq_rel -> Add::await: the turn
        word_.fetch_add(1, std::memory_order_acq_rel);
    }
    void stop() noexcept {
        await(0);
        // edge c2c.add release -> Add::await: no more
        word_.store(kStop, std::memory_order_release);
    }
    static void answer(std::byte* memory) noexcept {
        Add line{memory};
        while (line.await(1)) {
            // edge c2c.add acq_rel -> Add::await: the turn
            line.word_.fetch_add(1, std::memory_order_acq_rel);
        }
    }

private:
    bool await(std::uint64_t parity) noexcept {
        std::uint64_t seen;
        do {
            // edge c2c.add acquire <- Add::trip, Add::answer: the turn
            seen = word_.load(std::memory_order_acquire);
        } while (seen != kStop && seen % 2 != parity);
        return seen != kStop;
    }

    Word& word_;
};

/// Two spsc rings as a channel has them, without the channel.
class Rings {
    struct Message {
        std::uint64_t number;
    };
    static constexpr ring::LineGeometry kGeometry = ring::line_geometry<Message>(64);
    static constexpr std::size_t kWords = align_up(sizeof(layout::ConsumerWords), kLinePairBytes);
    static constexpr std::size_t kOneWay = kWords + align_up(kGeometry.bytes, kLinePairBytes);

public:
    static constexpr std::size_t kBytes = 2 * kOneWay;
    explicit Rings(std::byte* memory) noexcept : memory_{memory} {}

    void trip() noexcept {
        push(there_, ++sent_);
        (void)pop(back_);
    }
    void stop() noexcept { push(there_, kStop); }
    static void answer(std::byte* memory) noexcept {
        Consumer from = consumer(memory);
        Producer to = producer(memory + kOneWay);
        for (std::uint64_t number; (number = pop(from)) != kStop;) {
            push(to, number);
        }
    }

private:
    using Producer = ring::SpscProducer<Message>;
    using Consumer = ring::SpscConsumer<Message>;

    static Producer producer(std::byte* memory) noexcept {
        return {memory + kWords, kGeometry.capacity, *object_at<layout::ConsumerWords>(memory), 0};
    }
    static Consumer consumer(std::byte* memory) noexcept {
        return {memory + kWords, kGeometry.capacity, *object_at<layout::ConsumerWords>(memory), 0,
                false};
    }
    static void push(Producer& to, std::uint64_t number) noexcept {
        while (!to.try_push(Message{number})) {
        }
    }
    static std::uint64_t pop(Consumer& from) noexcept {
        Message message{};
        while (!from.try_pop(message)) {
        }
        return message.number;
    }

    std::byte* memory_;
    Producer there_ = producer(memory_);
    Consumer back_ = consumer(memory_ + kOneWay);
    std::uint64_t sent_ = 0;
};

/// Lines one way. The first word of each is its number and is stored last; the writer waits where
/// the reader is a lap behind.
class Stream {
    static constexpr std::uint64_t kLines = 2048;
    static constexpr std::uint64_t kTell = 64;  // lines between two words of the reader
    static constexpr std::size_t kWords = kLineBytes / sizeof(Word);
    struct Line {
        Word words[kWords];
    };

public:
    static constexpr std::size_t kBytes = kLinePairBytes + kLines * kLineBytes;
    explicit Stream(std::byte* memory) noexcept
        : read_{*object_at<Word>(memory)}, lines_{object_at<Line>(memory + kLinePairBytes)} {}

    /// Of the writer: until stopped.
    void write_all() noexcept {
        std::uint64_t room = kLines;
        for (std::uint64_t number = 1;; ++number) {
            while (number > room) {
                // edge c2c.read acquire <- Stream::read, Stream::stop: lines that may be used again
                const std::uint64_t read = read_.load(std::memory_order_acquire);
                if (read == kStop) {
                    return;
                }
                room = read + kLines;
            }
            Line& line = lines_[number % kLines];
            for (std::size_t i = 1; i < kWords; ++i) {
                // relaxed: the first word publishes them
                line.words[i].store(number + i, std::memory_order_relaxed);
            }
            // edge c2c.line release -> Stream::read: the whole line
            line.words[0].store(number, std::memory_order_release);
        }
    }
    /// Of the reader: the next `count` lines. False: one did not hold what was written.
    [[nodiscard]] bool read(std::uint64_t count) noexcept {
        bool good = true;
        for (const std::uint64_t end = number_ + count; number_ < end;) {
            ++number_;
            Line& line = lines_[number_ % kLines];
            // edge c2c.line acquire <- Stream::write_all: the whole line
            while (line.words[0].load(std::memory_order_acquire) != number_) {
            }
            std::uint64_t sum = 0;
            for (std::size_t i = 1; i < kWords; ++i) {
                // relaxed: the first word published them
                sum += line.words[i].load(std::memory_order_relaxed);
            }
            good &= sum == (kWords - 1) * number_ + kWords * (kWords - 1) / 2;
            if (number_ % kTell == 0) {
                // edge c2c.read release -> Stream::write_all: lines up to it may be used again
                read_.store(number_, std::memory_order_release);
            }
        }
        return good;
    }
    // edge c2c.read release -> Stream::write_all: no more
    void stop() noexcept { read_.store(kStop, std::memory_order_release); }

private:
    Word& read_;
    Line* lines_;
    std::uint64_t number_ = 0;
};

}  // namespace shunt::perf::c2c
