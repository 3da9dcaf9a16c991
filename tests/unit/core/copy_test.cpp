// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <shunt/core/copy.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace shunt::test {
namespace {

constexpr std::size_t kMost = 300;
constexpr std::size_t kRoom = kMost + 3 * 64;
constexpr std::byte kUntouched{0x5C};

class Copy : public testing::Test {
protected:
    Copy() {
        for (std::size_t i = 0; i < from.size(); ++i) {
            from[i] = static_cast<std::byte>(i * 37 + i / 256 + 1);
        }
    }
    // Runs `copy(to, from)` of n bytes and looks at every byte of the destination.
    template <class Act>
    testing::AssertionResult copies(std::size_t n, std::size_t to_at, std::size_t from_at,
                                    Act&& copy) {
        to.fill(kUntouched);
        copy(to.data() + 64 + to_at, from.data() + from_at);
        return arrived(n, to_at, from_at);
    }
    // No template: it is compiled once, not for each of some thousand copies.
    testing::AssertionResult arrived(std::size_t n, std::size_t to_at, std::size_t from_at) const {
        for (std::size_t i = 0; i < to.size(); ++i) {
            const bool inside = i >= 64 + to_at && i < 64 + to_at + n;
            const std::byte wanted = inside ? from[from_at + i - 64 - to_at] : kUntouched;
            if (to[i] != wanted) {
                return testing::AssertionFailure() << n << " bytes to +" << to_at << " from +"
                                                   << from_at << ": byte " << i << " is wrong";
            }
        }
        return testing::AssertionSuccess();
    }
    alignas(64) std::array<std::byte, kRoom> from{};
    alignas(64) std::array<std::byte, kRoom> to{};
};

TEST_F(Copy, OfAnyLengthBetweenAnyAlignmentsIsMemcpyAndTouchesNothingElse) {
    for (std::size_t n = 0; n <= kMost; ++n) {
        for (const std::size_t to_at : {0u, 1u, 4u, 8u, 13u, 16u, 63u}) {
            for (const std::size_t from_at : {0u, 1u, 3u, 8u, 16u, 33u}) {
                ASSERT_TRUE(copies(n, to_at, from_at, [n](std::byte* t, const std::byte* f) {
                    detail::copy_in(t, f, n);
                }));
                ASSERT_TRUE(copies(n, to_at, from_at, [n](std::byte* t, const std::byte* f) {
                    detail::copy_out(t, f, n);
                }));
                if (from_at % 8 == 0) {
                    ASSERT_TRUE(copies(n, to_at, from_at, [n](std::byte* t, const std::byte* f) {
                        detail::copy_racing(t, f, n);
                    }));
                    ASSERT_TRUE(copies(n, to_at, from_at, [n](std::byte* t, const std::byte* f) {
                        detail::copy_out_ordered(t, f, n);
                    }));
                }
                if (to_at % 8 == 0) {
                    ASSERT_TRUE(copies(n, to_at, from_at, [n](std::byte* t, const std::byte* f) {
                        detail::copy_in_ordered(t, f, n);
                    }));
                }
            }
        }
    }
}

template <std::size_t N>
void fixed(auto&& check) {
    for (const std::size_t to_at : {0u, 1u, 8u, 17u}) {
        for (const std::size_t from_at : {0u, 1u, 8u, 31u}) {
            check(N, to_at, from_at,
                  [](std::byte* t, const std::byte* f) { detail::copy_in<N>(t, f); });
            check(N, to_at, from_at,
                  [](std::byte* t, const std::byte* f) { detail::copy_out<N>(t, f); });
        }
    }
}

TEST_F(Copy, OfAConstantLengthIsTheSame) {
    const auto check = [this](std::size_t n, std::size_t to_at, std::size_t from_at, auto copy) {
        EXPECT_TRUE(copies(n, to_at, from_at, copy));
    };
    // Every length of a line and some, then the borders of what is copied in blocks.
    const auto each = [&]<std::size_t... N>(std::index_sequence<N...>) {
        (fixed<N>(check), ...);
    };
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        (fixed<N + 1>(check), ...);
    }
    (std::make_index_sequence<72>{});
    each(std::index_sequence<79, 80, 81, 95, 96, 97, 103, 112, 120, 127, 128, 129, 130, 136, 144,
                             159, 160, 161, 184, 191, 192, 193, 200, 240, 248, 255, 256, 257, 263,
                             272, 280, 288, kMost>{});
}

}  // namespace
}  // namespace shunt::test
