// SPDX-License-Identifier: MIT
//
// A latest value on memory of its own, typed and of bytes, its words in sight: the memory is that
// of a broadcast log.
#pragma once

#include "broadcast_rig.hpp"

#include <shunt/core/ring/latest.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shunt::test {

template <class T, class P = DefaultPolicy>
struct LatestRig : LogMemory {
    using Value = T;
    using Writer = ring::LatestWriter<T, P>;
    using Reader = ring::LatestReader<T, P>;

    explicit LatestRig(std::uint64_t buffers, std::uint64_t start = 0)
        : LogMemory{ring::LogShape<T>::of(buffers), start} {}

    [[nodiscard]] Writer writer() {
        return Writer{slots.data(), geometry.capacity, *words, start_pos};
    }
    [[nodiscard]] Reader reader(std::size_t index = 0) {
        return Reader{slots.data(), geometry.capacity, *words, *own[index], start_pos};
    }
};

template <class P = DefaultPolicy>
struct LatestBytesRig : LogMemory {
    using Writer = ring::LatestBytesWriter<P>;
    using Reader = ring::LatestBytesReader<P>;

    LatestBytesRig(std::uint64_t buffers, std::uint64_t longest, std::uint64_t start = 0)
        : LogMemory{ring::LogBytesShape::of(buffers, longest), start}, max_message{longest} {}

    [[nodiscard]] Writer writer() {
        return Writer{slots.data(), geometry, max_message, *words, start_pos};
    }
    [[nodiscard]] Reader reader(std::size_t index = 0) {
        return Reader{slots.data(), geometry, max_message, *words, *own[index], start_pos};
    }

    std::uint64_t max_message;
};

/// What differs between typed and byte values. `right`: what was read is the value of its version.
template <class T, class P = DefaultPolicy>
struct LatestTyped {
    using Rig = LatestRig<T, P>;
    using Writer = typename Rig::Writer;
    using Reader = typename Rig::Reader;
    static constexpr std::size_t kBytes = sizeof(T);

    static Rig rig(std::uint64_t buffers, std::uint64_t start = 0) { return Rig{buffers, start}; }
    static Status store(Writer& writer) { return writer.try_push(message<T>(writer.position())); }
    /// Fills a claim, and leaves it so.
    static bool claim(Writer& writer) {
        T* const place = writer.try_claim();
        if (place != nullptr) {
            const T made = message<T>(writer.position());
            P::copy_in(bytes_of(*place), bytes_of(made), sizeof made);
        }
        return place != nullptr;
    }
    static void publish(Writer& writer) { writer.publish(); }
    static Status load(Reader& reader, bool& right) {
        T out{};
        const Status status = reader.load(out);
        right = status && out == message<T>(reader.version() - 1);
        return status;
    }
    static Status peek(Reader& reader, std::vector<std::byte>& seen) {
        const T* shown = nullptr;
        const Status status = reader.try_peek(shown);
        if (status) {
            seen.resize(sizeof(T));
            P::copy_out(seen.data(), bytes_of(*shown), sizeof(T));
        }
        return status;
    }
    static bool is(std::span<const std::byte> bytes, std::uint64_t version) {
        const T wanted = message<T>(version - 1);
        return same(bytes, {bytes_of(wanted), sizeof wanted});
    }
};

template <std::uint64_t kLongest, class P = DefaultPolicy>
struct LatestOfBytes {
    using Rig = LatestBytesRig<P>;
    using Writer = typename Rig::Writer;
    using Reader = typename Rig::Reader;
    static constexpr std::size_t kBytes = kLongest;

    static Rig rig(std::uint64_t buffers, std::uint64_t start = 0) {
        return Rig{buffers, kLongest, start};
    }
    static std::uint32_t type(std::uint64_t position) {
        return static_cast<std::uint32_t>(position * 3 % 1000);
    }
    static Status store(Writer& writer) {
        return writer.try_push(sent(writer.position(), kLongest), type(writer.position()));
    }
    static bool claim(Writer& writer) {
        std::span<std::byte> place;
        if (!writer.try_claim(kLongest, place)) {
            return false;
        }
        const std::vector<std::byte> made = sent(writer.position(), kLongest);
        P::copy_in(place.data(), made.data(), made.size());
        return true;
    }
    static void publish(Writer& writer) {
        writer.publish(length_of(writer.position(), kLongest), type(writer.position()));
    }
    static Status load(Reader& reader, bool& right) {
        std::vector<std::byte> out(kLongest);
        std::size_t size = 0;
        const Status status = reader.load(out, size);
        right = status && is(std::span{out}.first(size), reader.version()) &&
                reader.type() == type(reader.version() - 1);
        return status;
    }
    static Status peek(Reader& reader, std::vector<std::byte>& seen) {
        ring::BytesView view;
        const Status status = reader.try_peek(view);
        if (status) {
            seen.resize(view.payload.size());
            P::copy_out(seen.data(), view.payload.data(), seen.size());
        }
        return status;
    }
    static bool is(std::span<const std::byte> bytes, std::uint64_t version) {
        return same(bytes, sent(version - 1, kLongest));
    }
};

/// Loads, and says whether it is the value of that version.
template <class Kind>
[[nodiscard]] testing::AssertionResult loads(typename Kind::Reader& reader, std::uint64_t version) {
    bool right = false;
    if (const Status status = Kind::load(reader, right); !status) {
        return testing::AssertionFailure()
               << "wanted version " << version << ", got " << to_string(status);
    }
    if (reader.version() != version) {
        return testing::AssertionFailure()
               << "wanted version " << version << ", got " << reader.version();
    }
    return right ? testing::AssertionSuccess()
                 : testing::AssertionFailure() << "version " << version << " has other bytes";
}

/// Stores until that version is there.
template <class Kind>
[[nodiscard]] bool stores(typename Kind::Writer& writer, std::uint64_t version) {
    bool all = true;
    while (all && writer.position() < version) {
        all = bool{Kind::store(writer)};
    }
    return all;
}

}  // namespace shunt::test
