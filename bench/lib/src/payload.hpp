// SPDX-License-Identifier: MIT
//
// What messages carry: 64-bit words, word j of message s being s + j. Both sides touch all of it:
// the sender writes every word, the reader adds all of them up and compares. `fields` says how it
// is written: 0 as the compiler likes (it may keep a small message in registers all the way into
// the ring), 4 or 8 into memory, field by field, each with a store of that width.
#pragma once

#include <shunt/core/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace shunt::bench {

inline constexpr std::uint64_t kTorn = ~std::uint64_t{0};       // parts of several messages
inline constexpr std::uint64_t kLast = std::uint64_t{1} << 62;  // ends a ping-pong

template <std::size_t N>
struct Message {
    static_assert(N % 8 == 0 && N >= 8);
    std::uint64_t word[N / 8];
};

inline constexpr std::array<std::size_t, 14> kTypedSizes{8,  16,  24,  32,  40,  48,   56,
                                                         64, 128, 248, 256, 512, 1024, 4096};

/// Calls `use.template operator()<N>()` for the typed size that equals `bytes`; false: none does.
template <class Use>
bool with_typed_size(std::size_t bytes, Use&& use) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return ((kTypedSizes[I] == bytes && (use.template operator()<kTypedSizes[I]>(), true)) ||
                ...);
    }
    (std::make_index_sequence<kTypedSizes.size()>{});
}

/// The compiler must take the object for used and changed here, and in memory.
inline void in_memory(const void* object) noexcept {
    asm volatile("" : : "r"(object) : "memory");
}

template <class Field>
inline void write_fields(std::byte* to, std::size_t bytes, std::uint64_t seq) noexcept {
    for (std::size_t at = 0; at + 8 <= bytes; at += 8) {
        const std::uint64_t word = seq + at / 8;
        for (std::size_t part = 0; part < 8; part += sizeof(Field)) {
            const auto field = static_cast<Field>(word >> (8 * part));
            std::memcpy(to + at + part, &field, sizeof field);
            in_memory(to);  // one store a field: nothing is merged
        }
    }
}

template <std::size_t N>
inline void write(Message<N>& message, std::uint64_t seq) noexcept {
#pragma GCC unroll 8  // also at -O2: in a loop, a small message would go through memory
    for (std::size_t i = 0; i < N / 8; ++i) {
        message.word[i] = seq + i;
    }
}

/// Payload of any length from 8 bytes on; what is left behind the last whole word repeats seq.
inline void write(std::byte* to, std::size_t bytes, std::uint64_t seq, unsigned fields) noexcept {
    if (fields == 8) {
        write_fields<std::uint64_t>(to, bytes, seq);
    } else if (fields == 4) {
        write_fields<std::uint32_t>(to, bytes, seq);
    } else {
        for (std::size_t at = 0; at + 8 <= bytes; at += 8) {
            const std::uint64_t word = seq + at / 8;
            std::memcpy(to + at, &word, 8);
        }
    }
    if (bytes % 8 != 0) {
        std::memcpy(to + (bytes & ~std::size_t{7}), &seq, bytes % 8);
    }
}

/// What the words of message `first` add up to.
[[nodiscard]] inline std::uint64_t sum_of(std::uint64_t first, std::size_t words) noexcept {
    return first * words + words * (words - 1) / 2;
}

/// The sequence number of a message all of whose words are its own; else kTorn.
template <std::size_t N>
[[nodiscard]] inline std::uint64_t read(const Message<N>& message) noexcept {
    std::uint64_t sum = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N / 8; ++i) {
        sum += message.word[i];
    }
    return sum == sum_of(message.word[0], N / 8) ? message.word[0] : kTorn;
}

[[nodiscard]] inline std::uint64_t read(const std::byte* from, std::size_t bytes) noexcept {
    std::uint64_t sums[4] = {};
    std::uint64_t words[4];
    std::size_t at = 0;
    for (; at + 32 <= bytes; at += 32) {
        std::memcpy(words, from + at, 32);
        for (std::size_t i = 0; i < 4; ++i) {
            sums[i] += words[i];
        }
    }
    for (; at + 8 <= bytes; at += 8) {
        std::memcpy(words, from + at, 8);
        sums[0] += words[0];
    }
    std::uint64_t first;
    std::memcpy(&first, from, 8);
    const bool whole = sums[0] + sums[1] + sums[2] + sums[3] == sum_of(first, bytes / 8);
    return whole && std::memcmp(from + at, &first, bytes - at) == 0 ? first : kTorn;
}

/// Up to here a message may live in registers until it is in the ring, unless it is built in
/// memory.
inline constexpr std::size_t kRegisterBytes = 64;

/// The sender's message. With InMemory it is written there field by field before it is sent; a
/// message of more than kRegisterBytes is in memory anyway; any other is assigned where it is sent.
template <std::size_t N, bool InMemory>
class Outgoing {
public:
    explicit Outgoing(unsigned fields) noexcept : fields_{fields} {}
    void write(std::uint64_t seq) noexcept {
        if (InMemory || (N > kRegisterBytes && fields_ != 0)) {
            bench::write(bytes_of(message_), N, seq, fields_);
        } else if constexpr (N > kRegisterBytes) {
            bench::write(message_, seq);
        }
    }
    /// What `send(const Message<N>&)` returns for the message written last, which was `seq`.
    template <class Send>
    bool give(std::uint64_t seq, Send&& send) {
        if constexpr (InMemory || N > kRegisterBytes) {
            return send(message_);
        } else {
            Message<N> message;
            bench::write(message, seq);
            return send(message);
        }
    }

private:
    Message<N> message_{};
    unsigned fields_;
};

/// Calls `use.template operator()<InMemory>()`.
template <std::size_t N, class Use>
void with_memory(unsigned fields, Use&& use) {
    if constexpr (N <= kRegisterBytes) {
        if (fields != 0) {
            use.template operator()<true>();
            return;
        }
    }
    use.template operator()<false>();
}

/// The sender's messages of one batch; always in memory.
template <std::size_t N>
class OutgoingBatch {
public:
    OutgoingBatch(std::size_t batch, unsigned fields) : messages_(batch), fields_{fields} {}
    void write(std::uint64_t seq, std::size_t n) noexcept {
        for (std::size_t i = 0; i < n; ++i) {
            if (fields_ == 0) {
                bench::write(messages_[i], seq + i);
            } else {
                bench::write(bytes_of(messages_[i]), N, seq + i, fields_);
            }
        }
    }
    [[nodiscard]] const Message<N>* data() const noexcept { return messages_.data(); }

private:
    std::vector<Message<N>> messages_;
    unsigned fields_;
};

}  // namespace shunt::bench
