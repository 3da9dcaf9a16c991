// SPDX-License-Identifier: MIT
//
// HdrHistogram's formats, from anywhere: a histogram that reads back as it was written, or a
// FormatError; nothing else.
#include "fuzz/fuzz.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt_perf/hdr.hpp>

#define ZLIB_CONST  // inputs are const
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace shunt::fuzz {
namespace {

namespace hdr = perf::hdr;

bool same(const perf::Histogram& a, const perf::Histogram& b) {
    return a.count() == b.count() && std::ranges::equal(a.counts(), b.counts());
}

template <class Read>
void read(Read&& read_it) {
    try {
        read_it();
    } catch (const hdr::FormatError&) {
        return;  // as it should be for most
    }
}

// The compressed form of what is no histogram perhaps.
std::vector<std::byte> packed(std::span<const std::byte> plain) {
    uLongf size = compressBound(static_cast<uLong>(plain.size()));
    std::vector<std::byte> out(8 + size);
    require(compress2(object_at<Bytef>(out.data() + 8), &size, object_at<Bytef>(plain.data()),
                      static_cast<uLong>(plain.size()), 1) == Z_OK,
            "zlib has room and no");
    const std::uint64_t head = std::uint64_t{0x1c849314} << 32 | size;
    for (std::size_t i = 0; i < 8; ++i) {
        out[i] = static_cast<std::byte>(head >> (56 - 8 * i));
    }
    out.resize(8 + size);
    return out;
}

void read_plain(std::span<const std::byte> bytes) {
    read([&] {
        const perf::Histogram histogram = hdr::decode(bytes);
        require(same(hdr::decode(hdr::encode(histogram)), histogram), "it reads back differently");
    });
}

void read_as_log(std::string_view text) {
    read([&] {
        hdr::read_log(text, [](hdr::Interval&& interval) { (void)interval.histogram.count(); });
    });
}

}  // namespace

void one_input(std::span<const std::byte> input) {
    if (input.empty()) {
        return;
    }
    const std::span<const std::byte> rest = input.subspan(1);
    switch (std::to_integer<unsigned>(input[0]) % 4) {
        case 0:
            return read_plain(rest);
        case 1:
            return read([&] { (void)hdr::decode_text(as_text(rest)); });
        case 2:
            return read_as_log(as_text(rest));
        default:  // what follows, packed, so that a mutation comes behind zlib
            return read_plain(packed(rest));
    }
}

}  // namespace shunt::fuzz
