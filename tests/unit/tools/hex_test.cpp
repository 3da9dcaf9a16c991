// SPDX-License-Identifier: MIT
#include "tools/src/hex.hpp"

#include <shunt/core/bytes.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace shunt::tools {
namespace {

TEST(HexDump, OfNothingIsNothing) {
    EXPECT_EQ(hex_dump({}), "");
}

TEST(HexDump, PadsAShortLineSoThatTheTextStandsInItsColumn) {
    EXPECT_EQ(hex_dump(as_bytes("hello\n")),
              "00000000  68 65 6c 6c 6f 0a                                 |hello.|\n");
}

TEST(HexDump, BreaksBehindSixteenBytesAndCountsInHexadecimal) {
    EXPECT_EQ(hex_dump(as_bytes("0123456789abcdef")),
              "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n");
    EXPECT_EQ(hex_dump(as_bytes("0123456789abcdefg")),
              "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
              "00000010  67                                                |g|\n");
}

TEST(HexDump, ShowsWhatIsNoAsciiTextAsDots) {
    const std::array bytes{std::byte{0x00}, std::byte{0x1f}, std::byte{0x20}, std::byte{0x7e},
                           std::byte{0x7f}, std::byte{0x80}, std::byte{0xff}};
    const std::string line = hex_dump(bytes);
    EXPECT_NE(line.find(" 00 1f 20 7e 7f 80 ff "), std::string::npos) << line;
    EXPECT_NE(line.find("|.. ~...|\n"), std::string::npos) << line;
}

}  // namespace
}  // namespace shunt::tools
