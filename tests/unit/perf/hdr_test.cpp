// SPDX-License-Identifier: MIT
//
// HdrHistogram's formats. The golden texts were written by HdrHistogram 2.1.11 for Java.
#include <shunt_perf/hdr.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

namespace shunt::perf::hdr {
namespace {

// Histogram(1, 2^40 - 1, 3) with what golden() records.
constexpr const char* kGoldenPlain =
    "HISTEwAAAbQAAAAAAAAAAwAAAAAAAAABAAAA//////8/8AAAAAAAAALHAQIGBgQEAgAECgQGAgAIBAIEAAYICAgA"
    "BAgEBAQGAAQECgYKAgQCAgIKAggCCgwGAAIGBAoIBgIEBgoIBgQEBgQEAgwEAAYEBAAEBgQGBAYEAgQKBAgGBggI"
    "BgYCCAQEAgIIBggEBAgGAgQABgQCCAICBAAMCgIEAgIGAAQEAggKCgQKBgIMBgICBAYMBAgCAgQICAYGAAwCCAQE"
    "CggIBgQCBAAECAYKAgIABgAIBAQCBgYCBAQKCAQCDgYGCAYEBAYCBggKCgAEDAgEAAYEBgwKBAAIBgICAgYGBAQC"
    "AAIIBAYCBgIIBgQEBAICAgYGCA4CBgAEAggKAgwCAgQKDAIEBgIEAgQGCAQEAggICAgKAgQOBAgGAgIECAACBAYE"
    "AAQEBAgGBgIIBggGBgYCBgQABAYIAgMGBgYEAAYECg4CAAYABgIGAgYEAAQKCAQEBAQGBgAGBAQAAgAEBhAIAgIC"
    "AAYAAgIGAgoCBAAECAAGBAoCBgIIDAYGBgwKBAwIAgQGAgYGCggABgYEBgAC7QYC3SAC3UQCzQECxRECoQsC6QEC"
    "SwIJAgACl4gBBsXSAQI=";
constexpr const char* kGoldenPacked =
    "HISTFAAAAQ94nC2QsU1EQQxEvXMjyxjrC0RKQCckZLRFQE5ATA+0cCIiIb8CCJDoAGbubr/+7sprvxn79unlJmK9"
    "x2ntzufS/+d1/3sK4GMhk0SwmYgiGFlVwSKZQXY2CKBR6MlAsivB1K4M1Y5KyNDdH0SqFCMTYgCVOlyhLDF0zpFo"
    "OKpbCphUPId+dmWMa1tXG1J1A5FhnrB+ITaJ2AFSkOCUBXKaITGc2xJGCXAij8HaLCxdjLR6JCsztEeob8W52a18"
    "hMISt3kTtAvlPgs73S3Xm21ZwQ/tmVHuPQ6NNK/UjxMkrPm5EdfYzwggq1PWT80yBFTiT+Jwh8MDPhf213i7xPfC"
    "Iy7Uyevzyv3Xwj+b7Bom";
constexpr const char* kGoldenPercentiles =
    "       Value     Percentile TotalCount 1/(1-Percentile)\n"
    "\n"
    "       0.000 0.000000000000          1           1.00\n"
    "     145.000 0.100000000000        104           1.11\n"
    "     183.000 0.200000000000        201           1.25\n"
    "     227.000 0.300000000000        305           1.43\n"
    "     259.000 0.400000000000        403           1.67\n"
    "     298.000 0.500000000000        504           2.00\n"
    "     318.000 0.550000000000        555           2.22\n"
    "     341.000 0.600000000000        608           2.50\n"
    "     360.000 0.650000000000        655           2.86\n"
    "     377.000 0.700000000000        707           3.33\n"
    "     398.000 0.750000000000        754           4.00\n"
    "     409.000 0.775000000000        779           4.44\n"
    "     420.000 0.800000000000        807           5.00\n"
    "     433.000 0.825000000000        831           5.71\n"
    "     444.000 0.850000000000        856           6.67\n"
    "     456.000 0.875000000000        880           8.00\n"
    "     463.000 0.887500000000        892           8.89\n"
    "     470.000 0.900000000000        905          10.00\n"
    "     475.000 0.912500000000        919          11.43\n"
    "     478.000 0.925000000000        931          13.33\n"
    "     481.000 0.937500000000        945          16.00\n"
    "     483.000 0.943750000000        953          17.78\n"
    "     484.000 0.950000000000        957          20.00\n"
    "     487.000 0.956250000000        963          22.86\n"
    "     490.000 0.962500000000        970          26.67\n"
    "     491.000 0.968750000000        975          32.00\n"
    "     492.000 0.971875000000        979          35.56\n"
    "     494.000 0.975000000000        982          40.00\n"
    "     495.000 0.978125000000        985          45.71\n"
    "     496.000 0.981250000000        987          53.33\n"
    "     497.000 0.984375000000        990          64.00\n"
    "     499.000 0.985937500000        991          71.11\n"
    "    4023.000 0.987500000000        993          80.00\n"
    "   89343.000 0.989062500000        995          91.43\n"
    "  191487.000 0.990625000000        996         106.67\n"
    "  335871.000 0.992187500000        998         128.00\n"
    "  335871.000 0.992968750000        998         142.22\n"
    "  345855.000 0.993750000000        999         160.00\n"
    "  347391.000 0.994531250000       1000         182.86\n"
    "  347903.000 0.995312500000       1001         213.33\n"
    "123469823.000 0.996093750000       1004         256.00\n"
    "123469823.000 0.996484375000       1004         284.44\n"
    "123469823.000 0.996875000000       1004         320.00\n"
    "123469823.000 0.997265625000       1004         365.71\n"
    "123469823.000 0.997656250000       1004         426.67\n"
    "123469823.000 0.998046875000       1004         512.00\n"
    "123469823.000 0.998242187500       1004         568.89\n"
    "123469823.000 0.998437500000       1004         640.00\n"
    "123469823.000 0.998632812500       1004         731.43\n"
    "123469823.000 0.998828125000       1004         853.33\n"
    "1099511627775.000 0.999023437500       1005        1024.00\n"
    "1099511627775.000 1.000000000000       1005\n"
    "#[Mean    = 1094145124.726, StdDeviation   = 34657277272.044]\n"
    "#[Max     = 1099511627775.000, Total count    =         1005]\n"
    "#[Buckets =           30, SubBuckets     =         2048]\n";
// Histogram(1000, 3600000000, 2) with 12345 i + 5 for i from 0 to 99.
constexpr const char* kGoldenOther =
    "HISTFAAAAD94nJNpmSzMwMBwgAECmCAU8wsQeW3yEgb7D1AJXTSoD8TKTKJIUBxKczNx4oSocqxMzGRCfDqZGLAg"
    "AMcGCvk=";

Histogram golden() {
    Histogram histogram;
    std::uint64_t v = 7;
    for (int i = 0; i < 1000; ++i) {
        v = v * 48271 % 2147483647;
        histogram.record(100 + v % (i < 990 ? 400 : 400000));
    }
    histogram.record(123456789, 3);
    histogram.record(0);
    histogram.record(Histogram::kLargest);
    return histogram;
}

bool same(const Histogram& a, const Histogram& b) {
    return std::ranges::equal(a.counts(), b.counts());
}

std::vector<std::byte> bytes_of(const std::string& text) {
    std::vector<std::byte> bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

// The header of a V2 encoding, then `counts`.
std::vector<std::byte> encoding(std::uint32_t digits, std::uint64_t lowest, std::uint64_t highest,
                                const std::string& counts, std::uint32_t length,
                                std::uint32_t offset = 0) {
    std::string text;
    const auto put = [&](std::uint64_t value, int bytes) {
        while (bytes-- > 0) {
            text += static_cast<char>(value >> (8 * bytes));
        }
    };
    put(0x1c849313, 4), put(length, 4), put(offset, 4), put(digits, 4);
    put(lowest, 8), put(highest, 8), put(0x3ff0000000000000, 8);
    return bytes_of(text + counts);
}

std::string why(const std::vector<std::byte>& bytes) {
    try {
        (void)decode(bytes);
    } catch (const FormatError& error) {
        return error.what();
    }
    return "it was taken";
}

TEST(Hdr, ReadsWhatJavaWrote) {
    EXPECT_TRUE(same(decode_text(kGoldenPlain), golden()));
    EXPECT_TRUE(same(decode_text(kGoldenPacked), golden()));
}

TEST(Hdr, ReadsOtherGeometriesByTheMiddleOfTheirBins) {
    const Histogram histogram = decode_text(kGoldenOther);
    EXPECT_EQ(histogram.count(), 100u);
    EXPECT_NEAR(*histogram.percentile(0.5), 606207, 606207 * 0.01);
    EXPECT_NEAR(static_cast<double>(histogram.max()), 1228799, 1228799 * 0.01);
}

TEST(Hdr, WritesThePercentilesThatJavaWrites) {
    EXPECT_EQ(percentiles(golden()), kGoldenPercentiles);
}

TEST(Hdr, RoundsLevelsThatEndInA5AsJavaDoes) {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 20'000; ++value) {
        histogram.record(value, 1);
    }
    const std::string text = percentiles(histogram);
    for (const char* const row : {"   19999.000 0.999780273438      19999        4551.11\n",
                                  "   19999.000 0.999829101563      19999        5851.43\n",
                                  "   19999.000 0.999926757813      19999       13653.33\n",
                                  "   20015.000 1.000000000000      20000\n",
                                  "#[Mean    =    10000.949, StdDeviation   =     5773.582]\n"}) {
        EXPECT_NE(text.find(row), std::string::npos) << row << "in\n" << text;
    }
}

TEST(Hdr, PercentilesOfNothingAreTheFrame) {
    const std::string text = percentiles(Histogram{});
    EXPECT_NE(text.find("Total count    =            0]"), std::string::npos) << text;
}

TEST(Hdr, WhatWasWrittenIsReadBack) {
    std::mt19937_64 random(11);
    for (int round = 0; round < 50; ++round) {
        Histogram histogram;
        for (int i = 0; i < 200; ++i) {
            histogram.record(random() >> (24 + random() % 40), random() >> (24 + random() % 40));
        }
        EXPECT_TRUE(same(decode(encode(histogram)), histogram));
        EXPECT_TRUE(same(decode(encode_compressed(histogram)), histogram));
        EXPECT_TRUE(same(decode_text(encode_text(histogram)), histogram));
    }
    EXPECT_EQ(decode(encode(Histogram{})).count(), 0u);
    EXPECT_TRUE(encode_text(golden()).starts_with("HISTFAAA"));
}

TEST(Hdr, ALogIsReadBack) {
    std::vector<Interval> intervals;
    intervals.push_back({"shunt", 0.5, 1.25, golden()});
    intervals.push_back({"", 2, 1, Histogram{}});
    const std::string text = write_log(intervals, 1700000000);
    EXPECT_TRUE(text.starts_with("#[Histogram log format version 1.3]\n#[StartTime: "
                                 "1700000000.000 (seconds since epoch)]\n\"StartTimestamp\","))
        << text;
    EXPECT_NE(text.find("\nTag=shunt,0.500,1.250,1099511.628,HISTFAAA"), std::string::npos);
    std::vector<Interval> back;
    read_log(text, [&](Interval&& interval) { back.push_back(std::move(interval)); });
    ASSERT_EQ(back.size(), 2u);
    EXPECT_EQ(back[0].tag, "shunt");
    EXPECT_EQ(back[0].start_s, 0.5);
    EXPECT_EQ(back[0].length_s, 1.25);
    EXPECT_TRUE(same(back[0].histogram, golden()));
    EXPECT_EQ(back[1].tag, "");
    EXPECT_EQ(back[1].histogram.count(), 0u);
}

// Every line of it unpacks to a whole histogram: all at once they would be 500 MiB.
TEST(Hdr, ALongLogIsReadOneIntervalAtATime) {
    const std::string line = "1,1,0," + encode_text(Histogram{}) + "\n";
    std::string text;
    constexpr int kLines = 2000;
    for (int i = 0; i < kLines; ++i) {
        text += line;
    }
    int seen = 0;
    read_log(text, [&](Interval&& interval) { seen += interval.histogram.count() == 0 ? 1 : 0; });
    EXPECT_EQ(seen, kLines);
}

TEST(Hdr, EveryPrefixOfAnEncodingIsRefused) {
    for (const auto& whole : {encode(golden()), encode_compressed(golden())}) {
        for (std::size_t n = 0; n < whole.size(); ++n) {
            const std::vector<std::byte> part(whole.begin(),
                                              whole.begin() + static_cast<std::ptrdiff_t>(n));
            EXPECT_THROW((void)decode(part), FormatError) << n;
        }
    }
}

TEST(Hdr, AnyChangedByteIsRefusedOrRead) {
    const auto whole = encode_compressed(golden());
    const auto plain = encode(golden());
    for (const auto* bytes : {&whole, &plain}) {
        for (std::size_t i = 0; i < bytes->size(); ++i) {
            for (const int bit : {0, 3, 7}) {
                auto changed = *bytes;
                changed[i] ^= static_cast<std::byte>(1 << bit);
                try {
                    (void)decode(changed);
                } catch (const FormatError&) {
                    // as good
                }
            }
        }
    }
}

TEST(Hdr, HostileHeadersAreRefused) {
    constexpr std::uint64_t kMost = Histogram::kLargest;
    EXPECT_NE(why(encoding(3, 1, kMost, "", 4)).find("4 were due"), std::string::npos);
    EXPECT_NE(why(encoding(3, 1, kMost, "", 0xffffffff)).find("were due"), std::string::npos);
    EXPECT_NE(why(encoding(0, 1, kMost, "", 0)).find("significant digits"), std::string::npos);
    EXPECT_NE(why(encoding(6, 1, kMost, "", 0)).find("significant digits"), std::string::npos);
    EXPECT_NE(why(encoding(3, 0, kMost, "", 0)).find("range"), std::string::npos);
    EXPECT_NE(why(encoding(3, 1, 1, "", 0)).find("range"), std::string::npos);
    EXPECT_NE(why(encoding(3, 1, ~std::uint64_t{0}, "", 0)).find("range"), std::string::npos);
    EXPECT_NE(why(encoding(5, std::uint64_t{1} << 60, std::uint64_t{1} << 61, "", 0)).find("fit"),
              std::string::npos);
    EXPECT_NE(why(encoding(3, 1, kMost, "", 0, 1)).find("shifted"), std::string::npos);
    EXPECT_NE(why(bytes_of("HIST")).find("begins with"), std::string::npos);
}

TEST(Hdr, HostileCountsAreRefused) {
    constexpr std::uint64_t kMost = Histogram::kLargest;
    // A run of 2^63 empty bins; nine bytes.
    const std::string endless = std::string(8, '\xff') + '\xff';
    EXPECT_NE(why(encoding(3, 1, kMost, endless, 9)).find("bins"), std::string::npos);
    // Two counts of 2^62 each.
    const std::string large = std::string(8, '\x80') + '\x80';
    EXPECT_NE(why(encoding(3, 1, kMost, large + large + large, 27)).find("overflow"),
              std::string::npos);
    // One count too many.
    const std::string many(Histogram::kBins + 1, '\x02');
    const auto length = static_cast<std::uint32_t>(many.size());
    EXPECT_NE(why(encoding(3, 1, kMost, many, length)).find("bins"), std::string::npos);
}

TEST(Hdr, DamagedLogsNameTheLine) {
    const auto refused = [](const std::string& text) {
        try {
            read_log(text, [](Interval&&) {});
        } catch (const FormatError& error) {
            return std::string{error.what()};
        }
        return std::string{"it was taken"};
    };
    EXPECT_NE(refused("#[x]\n1,2\n").find("line 2"), std::string::npos);
    EXPECT_NE(refused("#[x]\n\n1,z,3,HIST\n").find("line 3: 'z' is no number"), std::string::npos);
    EXPECT_NE(refused("1,2,3,***\n").find("base64"), std::string::npos);
    EXPECT_NE(refused("inf,2,3,HIST\n").find("number"), std::string::npos);
}

}  // namespace
}  // namespace shunt::perf::hdr
