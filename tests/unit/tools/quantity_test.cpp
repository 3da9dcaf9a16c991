// SPDX-License-Identifier: MIT
#include "tools/src/quantity.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace shunt::tools {
namespace {

// What a parser says of a text that it refuses; empty: it takes it.
template <class Parse>
std::string refusal(Parse parse, const std::string& text) {
    try {
        (void)parse(text);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

TEST(ParseCount, TakesDigitsOnly) {
    EXPECT_EQ(parse_count("0"), 0u);
    EXPECT_EQ(parse_count("18446744073709551615"), UINT64_MAX);
    for (const char* bad :
         {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "1K", "many", "18446744073709551616"}) {
        EXPECT_EQ(refusal(parse_count, bad), "'" + std::string{bad} + "' is no whole number");
    }
}

TEST(ParseBytes, TakesPowersOf1024InBothCases) {
    EXPECT_EQ(parse_bytes("0"), 0u);
    EXPECT_EQ(parse_bytes("4096"), 4096u);
    EXPECT_EQ(parse_bytes("64K"), 65536u);
    EXPECT_EQ(parse_bytes("64k"), 65536u);
    EXPECT_EQ(parse_bytes("3M"), 3u << 20);
    EXPECT_EQ(parse_bytes("2g"), std::uint64_t{2} << 30);
}

TEST(ParseBytes, SaysWhatItTakes) {
    for (const char* bad : {"", "K", "12x", "1.5M", "-1K", "1KB", "1 K", "1KK"}) {
        EXPECT_EQ(
            refusal(parse_bytes, bad),
            "'" + std::string{bad} + "' is no size: write 4096, 64K, 1M or 2G (powers of 1024)");
    }
}

TEST(ParseBytes, RefusesExactlyWhatIsBeyond64Bits) {
    EXPECT_EQ(parse_bytes("17179869183G"), std::uint64_t{17179869183} << 30);
    EXPECT_EQ(refusal(parse_bytes, "17179869184G"), "'17179869184G' is beyond 64 bits");
    EXPECT_EQ(parse_bytes("18014398509481983K"), std::uint64_t{18014398509481983} << 10);
    EXPECT_EQ(refusal(parse_bytes, "18014398509481984K"), "'18014398509481984K' is beyond 64 bits");
}

TEST(ParseRate, IsOfMessagesUnlessItHasAUnit) {
    const auto expect = [](const char* text, double per_second, bool bytes) {
        const Rate rate = parse_rate(text);
        EXPECT_EQ(rate.per_second, per_second) << text;
        EXPECT_EQ(rate.bytes, bytes) << text;
    };
    expect("1000", 1000, false);
    expect("0.5", 0.5, false);
    expect("500K", 500 * 1024.0, true);
    expect("10m", 10 * 1048576.0, true);
    expect("1.5G", 1.5 * 1073741824.0, true);
}

TEST(ParseRate, RefusesWhatIsNoPositiveNumber) {
    for (const char* bad : {"", "0", "0K", "-1", "fast", "inf", "nan", "K", "1T", "1e999"}) {
        EXPECT_NE(refusal(parse_rate, bad), "") << bad;
    }
}

TEST(ParseMessageRate, HasUnitsOfAThousand) {
    EXPECT_EQ(parse_message_rate("1000"), 1000);
    EXPECT_EQ(parse_message_rate("250K"), 250e3);
    EXPECT_EQ(parse_message_rate("1.5m"), 1.5e6);
    EXPECT_EQ(parse_message_rate("1G"), 1e9);
    for (const char* bad : {"", "0", "-1", "fast", "inf", "M", "1T"}) {
        EXPECT_NE(refusal(parse_message_rate, bad), "") << bad;
    }
}

TEST(ParseNanoseconds, TakesAUnitAndIsOfNsWithoutOne) {
    EXPECT_EQ(parse_nanoseconds("120"), 120);
    EXPECT_EQ(parse_nanoseconds("15ns"), 15);
    EXPECT_EQ(parse_nanoseconds("50us"), 50e3);
    EXPECT_EQ(parse_nanoseconds("1.5ms"), 1.5e6);
    EXPECT_EQ(parse_nanoseconds("2s"), 2e9);
    for (const char* bad : {"", "0", "-1us", "soon", "us", "1m"}) {
        EXPECT_NE(refusal(parse_nanoseconds, bad), "") << bad;
    }
}

TEST(ParsePercent, IsAPlainNumberAboveZero) {
    EXPECT_EQ(parse_percent("95"), 95);
    EXPECT_EQ(parse_percent("12.5"), 12.5);
    for (const char* bad : {"", "0", "-5", "80%"}) {
        EXPECT_NE(refusal(parse_percent, bad), "") << bad;
    }
}

TEST(ParseSeconds, TakesWhatIsFiniteAndNotNegative) {
    EXPECT_EQ(parse_seconds("0"), 0);
    EXPECT_EQ(parse_seconds("0.25"), 0.25);
    EXPECT_EQ(parse_seconds("1000000000"), 1e9);
    for (const char* bad : {"", "-1", "inf", "nan", "30s", "1000000001"}) {
        EXPECT_EQ(refusal(parse_seconds, bad),
                  "'" + std::string{bad} + "' is no number of seconds");
    }
}

TEST(ParseDuration, TakesWholeUnitsUpToTenThousandDays) {
    using std::chrono::seconds;
    EXPECT_EQ(parse_duration("0"), seconds{0});
    EXPECT_EQ(parse_duration("90"), seconds{90});
    EXPECT_EQ(parse_duration("90s"), seconds{90});
    EXPECT_EQ(parse_duration("10m"), seconds{600});
    EXPECT_EQ(parse_duration("2h"), seconds{7200});
    EXPECT_EQ(parse_duration("10000d"), seconds{864'000'000});
    for (const char* wrong : {"", "s", "-1", "1.5h", "1w", "1 h", "10001d", "1hh", "9e9"}) {
        EXPECT_THROW((void)parse_duration(wrong), std::invalid_argument) << wrong;
    }
}

TEST(QuantityText, OfBytesHasOneDecimalFromOneKibibyteOn) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(1023), "1023 B");
    EXPECT_EQ(bytes_text(1024), "1.0 KiB");
    EXPECT_EQ(bytes_text(1536), "1.5 KiB");
    EXPECT_EQ(bytes_text(300.0 * 1048576), "300.0 MiB");
    EXPECT_EQ(bytes_text(5.0 * 1099511627776), "5.0 TiB");
    EXPECT_EQ(bytes_text(5000.0 * 1099511627776), "5000.0 TiB");
}

TEST(QuantityText, OfExactBytesNeverRounds) {
    EXPECT_EQ(exact_bytes_text(0), "0 bytes");
    EXPECT_EQ(exact_bytes_text(1000), "1000 bytes");
    EXPECT_EQ(exact_bytes_text(1536), "1536 bytes");
    EXPECT_EQ(exact_bytes_text(4096), "4 KiB");
    EXPECT_EQ(exact_bytes_text(2u << 20), "2 MiB");
    EXPECT_EQ(exact_bytes_text((2u << 20) + 1024), "2049 KiB");
}

TEST(QuantityText, OfCountsHasACommaBeforeEveryThreeDigits) {
    EXPECT_EQ(count_text(0), "0");
    EXPECT_EQ(count_text(999), "999");
    EXPECT_EQ(count_text(1000), "1,000");
    EXPECT_EQ(count_text(1234567), "1,234,567");
    EXPECT_EQ(count_text(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(QuantityText, OfSecondsIsInMillisecondsBelowOne) {
    EXPECT_EQ(seconds_text(0), "0 ms");
    EXPECT_EQ(seconds_text(0.85), "850 ms");
    EXPECT_EQ(seconds_text(0.9994), "999 ms");
    EXPECT_EQ(seconds_text(0.9996), "1.0 s");
    EXPECT_EQ(seconds_text(61.25), "61.2 s");
}

}  // namespace
}  // namespace shunt::tools
