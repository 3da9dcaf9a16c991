// SPDX-License-Identifier: MIT
#include "report_input.hpp"

#include "command.hpp"

#include <shunt_perf/hdr.hpp>
#include <shunt_perf/svg.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string_view>

namespace shunt::tools {

namespace {

using nlohmann::json;

constexpr std::size_t kLargest = std::size_t{64} << 20;
constexpr std::size_t kDeepest = 64;
constexpr std::string_view kSweep = "sweep";
constexpr std::array<std::string_view, 7> kWithRows{
    "bench-pingpong", "bench-throughput", "bench-openloop", "bench-paced",
    "bench-wake",     "bench-coldstart",  "peers"};
constexpr std::array<std::string_view, 5> kOthers{"bench-fanin", "bench-fanout", "bench-slow",
                                                  "c2c", "jitter"};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw Failure(Exit::integrity, fmt::format("{}: {}", path, why));
}

std::string read_all(const std::string& path) {
    std::ifstream file;
    if (path != "-") {
        errno = 0;
        file.open(path, std::ios::binary);
        if (!file) {
            const std::error_code code(errno == 0 ? ENOENT : errno, std::system_category());
            throw Failure(code.value() == ENOENT ? Exit::not_found : exit_of(code),
                          fmt::format("cannot open {}: {}", path, code.message()));
        }
    }
    std::istream& in = path == "-" ? std::cin : file;
    std::string text;
    std::array<char, 65536> block;
    while (in.read(block.data(), block.size()), in.gcount() > 0) {
        text.append(block.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > kLargest) {
            refuse(path, fmt::format("longer than {} MiB: no document of measurements is",
                                     kLargest >> 20));
        }
    }
    if (in.bad()) {
        throw Failure(Exit::runtime, fmt::format("cannot read {}: {}", path,
                                                 std::system_category().message(errno)));
    }
    return text;
}

// How deep values lie in each other. Whoever walks through them takes as much of the stack.
std::size_t depth_of(std::string_view text) {
    std::size_t depth = 0;
    std::size_t most = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\' ? 1u : 0u;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            most = std::max(most, ++depth);
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return most;
}

std::optional<Percentiles> percentiles_of(const Part& row, const char* key) {
    const auto part = row.find(key);
    if (!part) {
        return std::nullopt;
    }
    Percentiles percentiles;
    for (const auto& [name, value] : part->members()) {
        if (!value.value().is_null()) {
            percentiles[name] = value.number();
        }
    }
    return percentiles;
}

// What of a row says which of shunt's rows it is compared with.
const char* pairs_of(const MeasuredRow& row) {
    return row.in_threads                 ? "paired_threads"
           : row.blocks || row.round_trip ? "paired_park"
                                          : "paired";
}

std::optional<double> ratio_of(const MeasuredRow& row, const Part& size) {
    const auto pairs = size.find(pairs_of(row));
    const auto pair = pairs ? pairs->find(row.name) : std::nullopt;
    return pair ? pair->number("median") : std::nullopt;
}

void take_about(MeasuredRow& row, const Part& figures) {
    row.blocks = row.name == "shunt-park";
    row.in_threads = row.name == "shunt-threads";
    if (const auto about = figures.find("about")) {
        row.blocks = row.blocks || about->text("waits", "") == "blocking";
        row.in_threads = row.in_threads || about->text("between", "") == "threads";
        row.oversubscribed = about->flag("oversubscribed", false);
        row.about = about->value();
    }
}

void add_row(MeasuredSize& to, const std::string& name, const Part& figures, const Part& size) {
    MeasuredRow row;
    row.name = name;
    take_about(row, figures);
    row.histogram = histogram_of(figures);
    row.rate = figures.number("msgs_per_s");
    row.lowest_rate = figures.number("msgs_per_s_low");
    row.highest_rate = figures.number("msgs_per_s_high");
    const auto one_way = percentiles_of(figures, "one_way_ns");
    const auto round_trip = percentiles_of(figures, "round_trip_ns");
    row.round_trip = round_trip && !one_way;
    row.latencies = one_way ? one_way : round_trip;
    row.ratio = ratio_of(row, size);
    to.rows.push_back(row);
    if (one_way && round_trip) {
        MeasuredRow call;
        call.name = name;
        call.latencies = round_trip;
        call.round_trip = true;
        call.ratio = ratio_of(call, size);
        to.rows.push_back(std::move(call));
    }
}

// What its sizes are a list of; each of its repeats has the like.
std::string list_of(const Part& result) {
    std::string list = "sizes";
    for (const std::string_view other : {std::string_view{"points"}, kSweep}) {
        list = result.find(std::string{other}) ? other : list;
    }
    return list;
}

// What one size of several is of, beside it: the rate of an open loop, the value of a sweep.
std::string setting_of(const Part& in, std::string_view list) {
    if (const auto gap = in.number("gap_ns")) {
        return "a message each " + perf::svg::duration_text(*gap);
    }
    if (const auto pace = in.number("asked_per_s")) {
        return fmt::format("{:.0f}/s", *pace);
    }
    if (list == kSweep) {
        for (const char* const swept : {"pages", "wait"}) {
            if (const std::string value = in.text(swept, ""); !value.empty()) {
                return fmt::format("{} {}", swept, value);
            }
        }
        if (const auto capacity = in.count("asked_capacity")) {
            return fmt::format("capacity {}", *capacity);
        }
    }
    return "";
}

MeasuredSize size_of(const Part& in, std::string_view list) {
    MeasuredSize size{in.at("size").count(), setting_of(in, list), {}, {}};
    add_row(size, "shunt", in, in);
    for (const auto& [name, figures] : in.members("peers")) {
        add_row(size, name, figures, in);
    }
    return size;
}

std::optional<double> floor_of(const Part& in) {
    const auto before = in.number("floor_before_ns");
    const auto after = in.number("floor_after_ns");
    return before && after ? std::optional((*before + *after) / 2) : std::nullopt;
}

// `in`: one repeat, as one size saw it.
Repeat repeat_of(const Part& in, const std::optional<double>& at_ms) {
    constexpr double kNsPerMs = 1e6;
    Repeat repeat{in.at("counted").flag(), "", std::nullopt, floor_of(in), {}};
    if (!repeat.counted) {
        repeat.why_not = in.text("why_not", "no reason is given");
    }
    if (at_ms) {
        repeat.at_ns = *at_ms * kNsPerMs;
    }
    for (const auto& [name, figures] : in.members("rows")) {
        RepeatRow& row = repeat.rows[name];
        const auto p50 = figures.number("p50_ns");
        row.figure = p50 ? p50 : figures.number("msgs_per_s");
        row.p99 = figures.number("p99_ns");
        row.longest = figures.number("max_ns");
    }
    return repeat;
}

// Each repeat has the sizes of the result, in their order.
void take_repeats(Measured& measured, const Part& result, const std::string& list) {
    for (const Part& in : result.items("repeats")) {
        const auto at_ms = in.number("at_ms");
        const auto sizes = in.items(list);
        for (std::size_t i = 0; i < std::min(sizes.size(), measured.sizes.size()); ++i) {
            measured.sizes[i].repeats.push_back(repeat_of(sizes[i], at_ms));
        }
    }
}

void take_rows(Measured& measured, const Part& result) {
    const std::string list = list_of(result);
    for (const Part& size : sizes_of(result)) {
        measured.sizes.push_back(size_of(size, list));
    }
    if (measured.sizes.empty()) {
        refuse(measured.path, "it holds no figures: that run was ended before it had any");
    }
    take_repeats(measured, result, list);
}

void take(Measured& measured) {
    const json& document = measured.document;
    const auto schema = document.find("schema");
    if (!document.is_object() || schema == document.end() || !schema->is_string()) {
        refuse(measured.path,
               "no document of shunt: it has no schema. Take what `shunt bench --json`, "
               "`shunt c2c --json`, `shunt jitter --json` or `shunt-peers --json` wrote");
    }
    const auto name = schema->get<std::string>();
    for (const auto& kinds : {std::span<const std::string_view>{kWithRows}, {kOthers}}) {
        for (const std::string_view command : kinds) {
            if (name == fmt::format("shunt/{}/1", command)) {
                measured.command = command;
            }
        }
    }
    if (measured.command.empty()) {
        refuse(
            measured.path,
            fmt::format("{} cannot be shown: pages are made of what shunt bench, shunt c2c, shunt "
                        "jitter and shunt-peers write with --json",
                        name));
    }
    const Part result = Part{document}.at("result");
    if (has_rows(measured.command)) {
        take_rows(measured, result);
    }
}

}  // namespace

std::optional<double> MeasuredRow::percentile(std::string_view of) const {
    const auto it = latencies ? latencies->find(of) : Percentiles::const_iterator{};
    return latencies && it != latencies->end() ? std::optional(it->second) : std::nullopt;
}

bool Measured::latencies() const {
    return sizes.front().rows.front().latencies.has_value();
}

std::vector<Part> sizes_of(const Part& result) {
    const auto several = result.find(list_of(result));
    return several ? several->items() : std::vector<Part>{result};
}

std::optional<perf::Spread> spread_of(const Part& in, const std::string& key) {
    const auto spread = in.find(key);
    if (!spread) {
        return std::nullopt;
    }
    return perf::Spread{spread->at("median").number(), spread->at("low").number(),
                        spread->at("high").number(), spread->count("n").value_or(0)};
}

std::optional<perf::Histogram> histogram_of(const Part& row) {
    const std::string text = row.text("hdr", "");
    if (text.empty()) {
        return std::nullopt;
    }
    try {
        return perf::hdr::decode_text(text);
    } catch (const perf::hdr::FormatError& error) {
        row.at("hdr").refuse(fmt::format("is no histogram: {}", error.what()));
    }
}

bool has_rows(std::string_view command) {
    return std::find(kWithRows.begin(), kWithRows.end(), command) != kWithRows.end();
}

Measured read_measured(const std::string& path) {
    Measured measured;
    measured.path = path;
    measured.text = read_all(path);
    if (depth_of(measured.text) > kDeepest) {
        refuse(path, fmt::format("values lie more than {} deep in each other: no document of "
                                 "measurements has that",
                                 kDeepest));
    }
    try {
        measured.document = json::parse(measured.text);
    } catch (const json::parse_error& error) {
        refuse(path, fmt::format("no JSON, or not all of it: something is wrong at byte {} of {}",
                                 error.byte, measured.text.size()));
    } catch (const json::exception& error) {
        refuse(path, fmt::format("damaged: {}", error.what()));  // a number without an end
    }
    try {
        take(measured);
    } catch (const Damaged& damaged) {
        refuse(path, fmt::format("damaged: {}", damaged.what()));
    }
    return measured;
}

}  // namespace shunt::tools
