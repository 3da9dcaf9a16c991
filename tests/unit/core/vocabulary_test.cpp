// SPDX-License-Identifier: MIT
//
// The small words that everything else is made of: status, error, bytes, type names, geometry.
#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/line_shape.hpp>
#include <shunt/core/status.hpp>
#include <shunt/core/type_name.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace shunt::test {
struct Tick {
    std::uint64_t id;
};
struct Nameless {
    std::uint64_t id;
};
}  // namespace shunt::test
SHUNT_TYPE(shunt::test::Tick, "md.Tick/1");

namespace shunt::test {
namespace {

TEST(Status, IsTrueForOkOnlyAndEachHasItsName) {
    const std::string_view names[] = {"ok",          "full",    "empty",     "busy",   "lapped",
                                      "gap",         "closed",  "peer_dead", "broken", "timeout",
                                      "interrupted", "too_big", "too_small"};
    for (std::uint8_t code = 0; code < std::size(names); ++code) {
        const Status status{static_cast<Status::Code>(code)};
        EXPECT_EQ(bool{status}, code == Status::ok);
        EXPECT_EQ(to_string(status), names[code]);
        EXPECT_EQ(status.code(), code);
    }
    EXPECT_EQ(std::size(names), Status::too_small + 1u);
    EXPECT_EQ(sizeof(Status), 1u);
}

TEST(Error, SaysItsTextAndHasItsCode) {
    const Error ours{Errc::limit, "wanted 1 GiB locked, the limit is 8 MiB: ulimit -l"};
    EXPECT_STREQ(ours.what(), "wanted 1 GiB locked, the limit is 8 MiB: ulimit -l");
    EXPECT_EQ(ours.code(), Errc::limit);
    EXPECT_EQ(ours.code().message(), "limit reached");
    const Error kernel{{ENOSPC, std::generic_category()}, "no room"};
    EXPECT_EQ(kernel.code(), std::errc::no_space_on_device);
    EXPECT_STREQ(kernel.what(), "no room");
}

TEST(Error, EveryReasonHasItsOwnWords) {
    std::set<std::string> seen{"unknown"};
    for (int code = static_cast<int>(Errc::bad_argument); code <= static_cast<int>(Errc::limit);
         ++code) {
        EXPECT_TRUE(seen.insert(error_category().message(code)).second) << code;
    }
    EXPECT_EQ(error_category().message(0), "unknown");
    EXPECT_STREQ(error_category().name(), "shunt");
}

TEST(Bytes, AlignUp) {
    EXPECT_EQ(align_up(0, 64), 0u);
    EXPECT_EQ(align_up(1, 64), 64u);
    EXPECT_EQ(align_up(64, 64), 64u);
    EXPECT_EQ(align_up(65, 8), 72u);
    EXPECT_EQ(align_up(kPositionLimit - 1, 64), kPositionLimit);
}

TEST(Bytes, FingerprintsAreFnv1a64) {
    EXPECT_EQ(fnv1a(std::string_view{}), 0xcbf29ce484222325u);
    EXPECT_EQ(fnv1a(std::string_view{"a"}), 0xaf63dc4c8601ec8cu);
    EXPECT_EQ(fnv1a(std::string_view{"foobar"}), 0x85944171f73967e8u);
    EXPECT_EQ(fnv1a(as_bytes("foobar")), fnv1a(std::string_view{"foobar"}));
    EXPECT_EQ(as_text(as_bytes("text")), "text");
}

TEST(Bytes, AnObjectAndItsBytesAreTheSamePlace) {
    alignas(8) std::array<std::byte, 8> memory{};
    *object_at<std::uint64_t>(memory.data()) = 0x0807060504030201u;
    EXPECT_EQ(memory[0], std::byte{1});
    EXPECT_EQ(memory[7], std::byte{8});
    const std::uint64_t& value = *object_at<std::uint64_t>(memory.data());
    EXPECT_EQ(bytes_of(value), memory.data());
}

TEST(TypeName, HasAFingerprintWhereItIsGiven) {
    EXPECT_EQ(TypeName<Tick>::value, "md.Tick/1");
    EXPECT_EQ(type_fingerprint<Tick>(), fnv1a(std::string_view{"md.Tick/1"}));
    EXPECT_TRUE(TypeName<Nameless>::value.empty());
    EXPECT_EQ(type_fingerprint<Nameless>(), 0u);
}

TEST(CheckDeathTest, TellsTheHookAndAborts) {
    EXPECT_EXIT(
        {
            detail::check_failed_hook = [](const char* what) noexcept {
                std::_Exit(std::string_view{what} == "wrong thread" ? 41 : 42);
            };
            SHUNT_CHECK(1 == 1, "not this");
            SHUNT_CHECK(1 == 2, "wrong thread");
        },
        testing::ExitedWithCode(41), "");
}

TEST(Policy, TicksNeverGoBack) {
    const std::uint64_t before = DefaultPolicy::ticks();
    DefaultPolicy::pause();
    EXPECT_GE(DefaultPolicy::ticks(), before);
}

template <std::size_t N, std::size_t Align = 1>
struct alignas(Align) Sized {
    std::byte bytes[N];
};

TEST(LineShape, PacksUpTo56BytesAndStampsTheEnd) {
    using ring::LineShape;
    EXPECT_EQ((LineShape<Sized<1>>::kPerSlot), 56u);
    EXPECT_EQ((LineShape<Sized<3>>::kPerSlot), 18u);
    EXPECT_EQ((LineShape<Sized<8>>::kPerSlot), 7u);
    EXPECT_EQ((LineShape<Sized<28>>::kPerSlot), 2u);
    EXPECT_EQ((LineShape<Sized<29>>::kPerSlot), 1u);
    EXPECT_EQ((LineShape<Sized<56>>::kSlotBytes), 64u);
    EXPECT_EQ((LineShape<Sized<56>>::kStampOffset), 56u);
    EXPECT_EQ((LineShape<Sized<57>>::kSlotBytes), 128u);
    EXPECT_EQ((LineShape<Sized<57>>::kStampOffset), 120u);
    EXPECT_EQ((LineShape<Sized<120>>::kSlotBytes), 128u);
    EXPECT_EQ((LineShape<Sized<121>>::kSlotBytes), 192u);
    EXPECT_EQ((LineShape<Sized<4096, 64>>::kSlotBytes), 4160u);
}

TEST(LineGeometry, IsTheSmallestRingOfAtLeastTheCapacity) {
    using T = Sized<8>;
    EXPECT_EQ(ring::line_geometry<T>(1).capacity, 7u);
    EXPECT_EQ(ring::line_geometry<T>(7).slots, 1u);
    EXPECT_EQ(ring::line_geometry<T>(8).capacity, 14u);
    EXPECT_EQ(ring::line_geometry<T>(1024).slots, 256u);
    EXPECT_EQ(ring::line_geometry<T>(1024).capacity, 1792u);
    EXPECT_EQ(ring::line_geometry<T>(1024).bytes, 256 * 64 + kLinePairBytes);
    for (std::uint64_t wanted = 1; wanted < 3000; ++wanted) {
        const ring::LineGeometry g = ring::line_geometry<T>(wanted);
        ASSERT_GE(g.capacity, wanted);
        ASSERT_TRUE(g.slots == 1 || g.slots / 2 * 7 < wanted);
    }
}

TEST(LineGeometry, RefusesNothingAndTheAbsurd) {
    using T = Sized<1000>;
    for (const std::uint64_t absurd :
         {std::uint64_t{0}, kMaxSlotsBytes, UINT64_MAX, kMaxSlotsBytes / 1024 + 1}) {
        EXPECT_EQ(ring::line_geometry<T>(absurd).slots, 0u);
        EXPECT_EQ(ring::line_geometry<T>(absurd).capacity, 0u);
        EXPECT_EQ(ring::line_geometry<T>(absurd).bytes, 0u);
    }
    EXPECT_EQ(ring::line_geometry<T>(kMaxSlotsBytes / 1024).slots, kMaxSlotsBytes / 1024);
}

}  // namespace
}  // namespace shunt::test
