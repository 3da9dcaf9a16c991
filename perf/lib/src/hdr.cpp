// SPDX-License-Identifier: MIT
#include <shunt_perf/hdr.hpp>

#include <shunt/core/bytes.hpp>

#include <fmt/format.h>

#define ZLIB_CONST  // inputs are const
#include <zlib.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>

namespace shunt::perf::hdr {

namespace {

constexpr std::uint32_t kCookie = 0x1c849303 | 0x10;
constexpr std::uint32_t kCompressedCookie = 0x1c849304 | 0x10;
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

using Bytes = std::vector<std::byte>;

[[noreturn]] void refuse(const std::string& why) {
    throw FormatError("no HdrHistogram that can be read: " + why);
}

template <class Number>
void put(Bytes& out, Number value) {
    for (std::size_t i = sizeof value; i-- > 0;) {
        out.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
}

// Seven bits a byte, least significant first; a ninth byte holds eight.
void put_signed(Bytes& out, std::int64_t value) {
    auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    for (int i = 0; i < 8; ++i) {
        if (rest < 0x80) {
            out.push_back(static_cast<std::byte>(rest));
            return;
        }
        out.push_back(static_cast<std::byte>(rest | 0x80));
        rest >>= 7;
    }
    out.push_back(static_cast<std::byte>(rest));
}

// What is left of the input; every read is checked.
class Input {
public:
    explicit Input(std::span<const std::byte> bytes) : bytes_{bytes} {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    std::span<const std::byte> take(std::size_t n, const char* what) {
        if (n > bytes_.size()) {
            refuse(fmt::format("it ends within {}: {} bytes where {} were due", what, bytes_.size(),
                               n));
        }
        const auto taken = bytes_.first(n);
        bytes_ = bytes_.subspan(n);
        return taken;
    }
    template <class Number>
    Number number(const char* what) {
        Number value = 0;
        for (const std::byte b : take(sizeof value, what)) {
            value = static_cast<Number>((value << 8) | std::to_integer<Number>(b));
        }
        return value;
    }
    std::int64_t signed_number() {
        std::uint64_t value = 0;
        for (unsigned i = 0;; ++i) {
            const auto byte = std::to_integer<std::uint64_t>(take(1, "a count")[0]);
            if (i == 8) {
                value |= byte << 56;
                break;
            }
            value |= (byte & 0x7f) << (7 * i);
            if (byte < 0x80) {
                break;
            }
        }
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }

private:
    std::span<const std::byte> bytes_;
};

// How a histogram of any implementation cuts its range into bins.
struct Geometry {
    unsigned unit_bits = 0;  // the smallest step
    unsigned half_bits = 0;  // a power of two has 2^half_bits bins
    std::uint64_t bins = 0;

    static Geometry of(std::uint32_t digits, std::uint64_t lowest, std::uint64_t highest) {
        if (digits < 1 || digits > 5) {
            refuse(fmt::format("{} significant digits; there are 1 to 5", digits));
        }
        if (lowest < 1 || highest < 2 * lowest || highest >= std::uint64_t{1} << 62) {
            refuse(fmt::format("a range from {} to {}", lowest, highest));
        }
        const auto resolution = static_cast<std::uint64_t>(2 * std::pow(10.0, digits));
        Geometry g;
        g.half_bits = static_cast<unsigned>(std::bit_width(resolution - 1)) - 1;
        g.unit_bits = static_cast<unsigned>(std::bit_width(lowest)) - 1;
        if (g.unit_bits + g.half_bits + 1 > 61) {
            refuse(fmt::format("{} digits do not fit above {}", digits, lowest));
        }
        std::uint64_t buckets = 1;
        for (std::uint64_t end = std::uint64_t{1} << (g.half_bits + 1 + g.unit_bits);
             end <= highest; end <<= 1) {
            ++buckets;
        }
        g.bins = (buckets + 1) << g.half_bits;
        return g;
    }
    // The middle value of a bin.
    [[nodiscard]] std::uint64_t value(std::uint64_t index) const {
        const std::uint64_t half = std::uint64_t{1} << half_bits;
        const std::uint64_t shift = index < 2 * half ? 0 : index / half - 1;
        const std::uint64_t width = std::uint64_t{1} << (shift + unit_bits);
        return ((index - shift * half) << (shift + unit_bits)) + width / 2;
    }
    [[nodiscard]] bool ours() const {
        return unit_bits == 0 && half_bits == Histogram::kExactBits - 1;
    }
};

Histogram decode_plain(Input in) {
    const auto cookie = in.number<std::uint32_t>("the header");
    if (cookie != kCookie) {
        refuse(fmt::format("it begins with {:#x}; the V2 encoding begins with {:#x}", cookie,
                           kCookie));
    }
    const auto length = in.number<std::uint32_t>("the header");
    const auto offset = in.number<std::uint32_t>("the header");
    const auto digits = in.number<std::uint32_t>("the header");
    const auto lowest = in.number<std::uint64_t>("the header");
    const auto highest = in.number<std::uint64_t>("the header");
    (void)in.number<std::uint64_t>("the header");  // a ratio to doubles, of no use here
    if (offset != 0) {
        refuse("its bins are shifted, which nothing but a double histogram's are");
    }
    const Geometry geometry = Geometry::of(digits, lowest, highest);
    Input counts{in.take(length, "the counts")};
    Histogram histogram;
    std::uint64_t total = 0;
    for (std::uint64_t index = 0; !counts.empty();) {
        const std::int64_t n = counts.signed_number();
        const std::uint64_t bins = n < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(n) : 1;
        if (bins > geometry.bins - index) {
            refuse(fmt::format("more counts than its {} bins", geometry.bins));
        }
        if (n > 0) {
            const auto count = static_cast<std::uint64_t>(n);
            if (count > std::numeric_limits<std::uint64_t>::max() / 2 - total) {
                refuse("its counts overflow");
            }
            total += count;
            histogram.record(geometry.ours() && index < Histogram::kBins
                                 ? Histogram::lowest_of(index) + Histogram::width_of(index) / 2
                                 : geometry.value(index),
                             count);
        }
        index += bins;
    }
    return histogram;
}

Bytes inflated(std::span<const std::byte> packed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) {
        throw std::bad_alloc();
    }
    struct End {
        z_stream& stream;
        ~End() { inflateEnd(&stream); }
    } const end{stream};
    stream.next_in = object_at<Bytef>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    Bytes out;
    std::array<std::byte, 16384> chunk;
    for (int status = Z_OK; status != Z_STREAM_END;) {
        stream.next_out = object_at<Bytef>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        status = inflate(&stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END) {
            refuse("its compressed part is damaged or cut short");
        }
        out.insert(out.end(), chunk.begin(),
                   chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() - stream.avail_out));
        if (out.size() > kMostBytes) {
            refuse("it unpacks to more than 64 MiB");
        }
    }
    return out;
}

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::span<const std::byte> bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - at);
        for (std::size_t i = 0; i < 3; ++i) {
            group = group << 8 | (i < n ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += i <= n ? kDigits[group >> (18 - 6 * i) & 63] : '=';
        }
    }
    return text;
}

Bytes from_base64(std::string_view text) {
    while (!text.empty() && text.back() == '=') {
        text.remove_suffix(1);
    }
    Bytes bytes;
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) {
            refuse("it is not base64");
        }
        group = group << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::byte>(group >> bits));
        }
    }
    return bytes;
}

double number_of(std::string_view text, std::size_t line) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        refuse(fmt::format("line {}: '{}' is no number", line, text.substr(0, 40)));
    }
    return value;
}

}  // namespace

std::vector<std::byte> encode(const Histogram& histogram) {
    const auto counts = histogram.counts();
    const std::size_t end =
        histogram.count() == 0 ? 0 : Histogram::index_of(histogram.max()) + 1;
    Bytes payload;
    for (std::size_t i = 0; i < end;) {
        std::size_t next = i + 1;
        if (counts[i] != 0) {
            put_signed(payload, static_cast<std::int64_t>(counts[i]));
        } else {
            while (next < end && counts[next] == 0) {
                ++next;
            }
            const auto run = static_cast<std::int64_t>(next - i);
            put_signed(payload, run == 1 ? 0 : -run);
        }
        i = next;
    }
    Bytes out;
    put(out, kCookie);
    put(out, static_cast<std::uint32_t>(payload.size()));
    put(out, std::uint32_t{0});
    put(out, std::uint32_t{3});
    put(out, std::uint64_t{1});
    put(out, Histogram::kLargest);
    put(out, std::bit_cast<std::uint64_t>(1.0));
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

std::vector<std::byte> encode_compressed(const Histogram& histogram) {
    const Bytes plain = encode(histogram);
    uLongf size = compressBound(static_cast<uLong>(plain.size()));
    Bytes packed(size);
    if (compress2(object_at<Bytef>(packed.data()), &size,
                  object_at<Bytef>(plain.data()), static_cast<uLong>(plain.size()),
                  Z_DEFAULT_COMPRESSION) != Z_OK) {
        throw std::bad_alloc();  // the room suffices: nothing else can fail
    }
    Bytes out;
    put(out, kCompressedCookie);
    put(out, static_cast<std::uint32_t>(size));
    out.insert(out.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    return out;
}

std::string encode_text(const Histogram& histogram) {
    return to_base64(encode_compressed(histogram));
}

Histogram decode(std::span<const std::byte> bytes) {
    Input in{bytes};
    if (in.number<std::uint32_t>("the header") != kCompressedCookie) {
        return decode_plain(Input{bytes});
    }
    const auto length = in.number<std::uint32_t>("the header");
    const Bytes plain = inflated(in.take(length, "the compressed part"));
    return decode_plain(Input{plain});
}

Histogram decode_text(std::string_view base64) {
    return decode(from_base64(base64));
}

std::string write_log(std::span<const Interval> intervals, double start_s) {
    std::string out = "#[Histogram log format version 1.3]\n";
    fmt::format_to(std::back_inserter(out), "#[StartTime: {:.3f} (seconds since epoch)]\n",
                   start_s);
    out += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
           "\"Interval_Compressed_Histogram\"\n";
    for (const Interval& interval : intervals) {
        if (!interval.tag.empty()) {
            fmt::format_to(std::back_inserter(out), "Tag={},", interval.tag);
        }
        const bool none = interval.histogram.count() == 0;
        fmt::format_to(std::back_inserter(out), "{:.3f},{:.3f},{:.3f},{}\n", interval.start_s,
                       interval.length_s,
                       none ? 0.0 : static_cast<double>(interval.histogram.max()) / 1e6,
                       encode_text(interval.histogram));
    }
    return out;
}

void read_log(std::string_view text, const std::function<void(Interval&&)>& visit) {
    std::size_t line_number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++line_number;
        if (!line.empty() && line.back() == '\r') {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#' || line.front() == '"') {
            continue;
        }
        Interval interval{};
        const auto field = [&] {
            const std::size_t comma = line.find(',');
            if (comma == std::string_view::npos) {
                refuse(fmt::format("line {} has fewer than four columns", line_number));
            }
            const std::string_view found = line.substr(0, comma);
            line.remove_prefix(comma + 1);
            return found;
        };
        if (line.starts_with("Tag=")) {
            interval.tag = std::string{field().substr(4)};
        }
        interval.start_s = number_of(field(), line_number);
        interval.length_s = number_of(field(), line_number);
        (void)number_of(field(), line_number);  // the largest value, which the histogram knows
        interval.histogram = decode_text(line);
        visit(std::move(interval));
    }
}

namespace {

// With so many decimals, as Java prints a number: its shortest decimal form, rounded half up. (The
// levels of a distribution are fractions of powers of two, so they do end in a 5.)
std::string as_java(double value, std::size_t decimals) {
    std::array<char, 400> buffer;  // any double fits
    const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::fixed);
    std::string text(buffer.data(), done.ptr);
    std::size_t point = text.find('.');
    if (point == std::string::npos) {
        point = text.size();
        text += '.';
    }
    if (text.size() <= point + 1 + decimals) {
        text.append(point + 1 + decimals - text.size(), '0');
        return text;
    }
    bool up = text[point + 1 + decimals] >= '5';
    text.resize(point + 1 + decimals);
    for (std::size_t i = text.size(); up && i-- != 0;) {
        if (text[i] != '.') {
            up = text[i] == '9';
            text[i] = up ? '0' : static_cast<char>(text[i] + 1);
        }
    }
    return up ? "1" + text : text;
}

}  // namespace

std::string percentiles(const Histogram& histogram, double unit) {
    constexpr double kStepsPerHalf = 5;
    const auto counts = histogram.counts();
    const auto total = static_cast<double>(histogram.count());
    // The bin's middle for the mean, its last value for a percentile: as everybody does.
    const auto last_of = [](std::size_t i) {
        return static_cast<double>(Histogram::lowest_of(i) + Histogram::width_of(i) - 1);
    };
    const auto middle_of = [](std::size_t i) {
        return static_cast<double>(Histogram::lowest_of(i) + Histogram::width_of(i) / 2);
    };
    std::string out = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
                                  "TotalCount", "1/(1-Percentile)");
    // Each level is answered by the first bin that reaches it; one bin may answer several. Behind
    // the last recorded value comes one more row, for all of it.
    double level = 0;
    double below = 0;
    double sum = 0;
    std::size_t last = 0;
    const auto row = [&] {
        fmt::format_to(std::back_inserter(out), "{:>12} {} {:10.0f}",
                       as_java(last_of(last) / unit, 3), as_java(level / 100, 12), below);
        if (level != 100) {
            fmt::format_to(std::back_inserter(out), " {:>14}",
                           as_java(1 / (1 - level / 100), 2));
        }
        out += '\n';
    };
    for (std::size_t i = 0; i < counts.size() && below < total; ++i) {
        if (counts[i] == 0) {
            continue;
        }
        last = i;
        below += static_cast<double>(counts[i]);
        sum += static_cast<double>(counts[i]) * middle_of(i);
        while (100 * below / total >= level && level < 100) {
            row();
            const double halvings = std::floor(std::log2(100 / (100 - level)));
            level += 100 / (kStepsPerHalf * std::exp2(halvings + 1));
            if (below == total) {
                level = 100;
                row();
            }
        }
    }
    const double mean = total == 0 ? 0 : sum / total;
    double squares = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        squares += static_cast<double>(counts[i]) * std::pow(middle_of(i) - mean, 2);
    }
    fmt::format_to(std::back_inserter(out),
                   "#[Mean    = {:>12}, StdDeviation   = {:>12}]\n"
                   "#[Max     = {:>12}, Total count    = {:12.0f}]\n"
                   "#[Buckets = {:12}, SubBuckets     = {:12}]\n",
                   as_java(mean / unit, 3),
                   as_java(total == 0 ? 0 : std::sqrt(squares / total) / unit, 3),
                   as_java(total == 0 ? 0 : last_of(last) / unit, 3), total,
                   Histogram::kValueBits - Histogram::kExactBits + 1, Histogram::kExact);
    return out;
}

}  // namespace shunt::perf::hdr
