// SPDX-License-Identifier: MIT
//
// HdrHistogram's file formats: the V2 encoding and its compressed form, the interval log 1.3
// (.hlog), the percentile text (.hgrm). What other tools plot and merge. Readers take files from
// anywhere: whatever is wrong with one is a FormatError, and no input makes them take more than
// 64 MiB.
#pragma once

#include <shunt_perf/histogram.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::perf::hdr {

/// Not a histogram, or a damaged one. what() says where and why.
class FormatError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// V2: big-endian, counts as ZigZag LEB128, runs of empty bins as one negative number.
[[nodiscard]] std::vector<std::byte> encode(const Histogram& histogram);
/// V2 in zlib. In base64, "HISTFAAA...": what logs hold.
[[nodiscard]] std::vector<std::byte> encode_compressed(const Histogram& histogram);
[[nodiscard]] std::string encode_text(const Histogram& histogram);

/// Any of the three, by any implementation, with one to five digits. Values are taken as the middle
/// of their bin where its bins are not ours; those above Histogram::kLargest count as kLargest.
[[nodiscard]] Histogram decode(std::span<const std::byte> bytes);
[[nodiscard]] Histogram decode_text(std::string_view base64);

struct Interval {
    std::string tag;    // no comma, space or line break; may be empty
    double start_s;     // since the epoch, or since the log's start time
    double length_s;
    Histogram histogram;  // in ns
};

/// An interval log. Its third column is the interval's largest value in ms, as everybody's is.
[[nodiscard]] std::string write_log(std::span<const Interval> intervals, double start_s);
/// Calls `visit` for each interval in turn, and holds one at a time: a short line can stand for a
/// whole histogram. Comments and the legend are skipped.
void read_log(std::string_view text, const std::function<void(Interval&&)>& visit);

/// Percentiles with five steps to each halving of what is left; values divided by `unit`.
[[nodiscard]] std::string percentiles(const Histogram& histogram, double unit = 1.0);

}  // namespace shunt::perf::hdr
