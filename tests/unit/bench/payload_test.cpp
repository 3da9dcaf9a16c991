// SPDX-License-Identifier: MIT
#include "bench/lib/src/payload.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::bench {
namespace {

TEST(Payload, EveryTypedSizeSaysItsSequenceNumber) {
    for (const std::size_t size : kTypedSizes) {
        bool ran = false;
        EXPECT_TRUE(with_typed_size(size, [&]<std::size_t N>() {
            ran = N == size;
            Message<N> message{};
            write(message, 41);
            EXPECT_EQ(read(message), 41u);
        }));
        EXPECT_TRUE(ran);
    }
    EXPECT_FALSE(with_typed_size(12, []<std::size_t N>() {}));
}

TEST(Payload, EachWayOfWritingGivesTheSameBytes) {
    for (const std::size_t size : {8u, 9u, 13u, 16u, 40u, 63u, 64u, 100u, 4099u}) {
        std::vector<std::byte> plain(size), by_four(size), by_eight(size);
        const std::uint64_t seq = 0x0123'4567'89ab'cdefu;
        write(plain.data(), size, seq, 0);
        write(by_four.data(), size, seq, 4);
        write(by_eight.data(), size, seq, 8);
        EXPECT_EQ(plain, by_four) << size;
        EXPECT_EQ(plain, by_eight) << size;
        EXPECT_EQ(read(plain.data(), size), seq) << size;
    }
    Message<64> typed{};
    write(typed, 7);
    std::vector<std::byte> bytes(64);
    write(bytes.data(), 64, 7, 0);
    EXPECT_EQ(std::memcmp(&typed, bytes.data(), 64), 0);
}

TEST(Payload, AnyAlteredByteIsSeen) {
    for (const std::size_t size : {16u, 21u, 64u, 1000u}) {
        for (std::size_t at = 0; at < size; ++at) {
            std::vector<std::byte> bytes(size);
            write(bytes.data(), size, 5, 0);
            bytes[at] ^= std::byte{0x40};
            EXPECT_NE(read(bytes.data(), size), 5u) << size << " at " << at;
        }
    }
}

TEST(Payload, PartsOfTwoMessagesAreTorn) {
    Message<64> message{};
    write(message, 100);
    Message<64> next{};
    write(next, 101);
    message.word[7] = next.word[7];
    EXPECT_EQ(read(message), kTorn);
}

}  // namespace
}  // namespace shunt::bench
