// SPDX-License-Identifier: MIT
//
// Where a message of a broadcast log lies that is written or read in place: in its slot. To read it
// there while the publisher may overwrite it is formally a data race, which is found out before
// anything is done with what was read; ThreadSanitizer, which knows nothing of that, gets a copy at
// the side instead.
#pragma once

#include <shunt/core/config.hpp>
#include <shunt/core/copy.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace shunt::ring {

class InPlace {
public:
    [[nodiscard]] std::byte* place(std::byte* slot, std::uint64_t) noexcept { return slot; }
    template <class P>
    [[nodiscard]] const std::byte* shown(const std::byte* slot, std::uint64_t) noexcept {
        return slot;
    }
    template <class P>
    void put_back(std::byte*, std::uint64_t) noexcept {}
};

class AtTheSide {
public:
    [[nodiscard]] std::byte* place(std::byte*, std::uint64_t bytes) { return room(bytes); }
    template <class P>
    [[nodiscard]] const std::byte* shown(const std::byte* slot, std::uint64_t bytes) {
        P::copy_out_ordered(room(bytes), slot, bytes);
        return room(bytes);
    }
    template <class P>
    void put_back(std::byte* slot, std::uint64_t bytes) {
        P::copy_in_ordered(slot, room(bytes), bytes);
    }

private:
    struct alignas(kLineBytes) Line {
        std::byte bytes[kLineBytes];
    };
    [[nodiscard]] std::byte* room(std::uint64_t bytes) {
        if (lines_.size() * kLineBytes <= bytes) {
            lines_.resize(bytes / kLineBytes + 1);
        }
        return lines_.data()->bytes;
    }
    std::vector<Line> lines_;
};

using Stage = std::conditional_t<shunt::detail::kThreadSanitizer, AtTheSide, InPlace>;

}  // namespace shunt::ring
