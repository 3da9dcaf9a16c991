// SPDX-License-Identifier: MIT
#include "tools/src/stream.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace shunt::tools {
namespace {

TEST(StreamOffset, StandsInTheFirstEightBytesAndLeavesTheRestAlone) {
    std::array<std::byte, 10> message{};
    message.fill(std::byte{0x55});
    put_offset(message, 0x0102030405060708);
    EXPECT_EQ(offset_of(message), 0x0102030405060708u);
    EXPECT_EQ(message[8], std::byte{0x55});
    EXPECT_EQ(message[9], std::byte{0x55});
}

TEST(StreamOffset, IsNotThereInAShorterMessage) {
    std::array<std::byte, 8> message{};
    EXPECT_EQ(offset_of(message), 0u);
    EXPECT_EQ(offset_of(std::span{message}.first(7)), std::nullopt);
    EXPECT_EQ(offset_of({}), std::nullopt);
}

}  // namespace
}  // namespace shunt::tools
