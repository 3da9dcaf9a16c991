// SPDX-License-Identifier: MIT
#include "report_input.hpp"

#include "command.hpp"

#include <shunt_perf/hdr.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string_view>

namespace shunt::tools {

namespace {

using nlohmann::json;

constexpr std::size_t kLargest = std::size_t{64} << 20;
constexpr std::array<std::string_view, 4> kCommands{"bench-pingpong", "bench-throughput",
                                                    "bench-openloop", "peers"};

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

const json* percentiles_of(const json& figures) {
    for (const char* const key : {"one_way_ns", "round_trip_ns"}) {
        if (const auto it = figures.find(key); it != figures.end() && it->is_object()) {
            return &*it;
        }
    }
    return nullptr;
}

std::optional<double> number_of(const json& in, const char* name) {
    const auto it = in.find(name);
    return it != in.end() && it->is_number() ? std::optional(it->get<double>()) : std::nullopt;
}

// What of a row says which of shunt's rows it is compared with.
const char* pairs_of(const MeasuredRow& row) {
    return row.in_threads()                 ? "paired_threads"
           : row.blocks() || row.round_trip ? "paired_park"
                                            : "paired";
}

MeasuredRow row_of(const std::string& name, const json& figures, const json& size) {
    MeasuredRow row{name, figures, std::nullopt, std::nullopt,
                    figures.contains("round_trip_ns") && !figures.contains("one_way_ns")};
    if (const std::string text = figures.value("hdr", ""); !text.empty()) {
        row.histogram = perf::hdr::decode_text(text);
    }
    const json pairs = size.value(pairs_of(row), json::object());
    if (const auto it = pairs.find(name); it != pairs.end() && it->is_object()) {
        row.ratio = number_of(*it, "median");
    }
    return row;
}

void add_row(MeasuredSize& to, const std::string& name, const json& figures, const json& size) {
    to.rows.push_back(row_of(name, figures, size));
    if (figures.contains("round_trip_ns") && figures.contains("one_way_ns")) {
        to.rows.push_back(row_of(name, {{"round_trip_ns", figures.at("round_trip_ns")}}, size));
    }
}

MeasuredSize size_of(const json& in) {
    MeasuredSize size{in.at("size").get<std::uint64_t>(), "", {}};
    if (const auto pace = number_of(in, "asked_per_s")) {
        size.pace = fmt::format("{:.0f}/s", *pace);
    }
    json ours = in;
    for (const char* const key : {"peers", "paired", "paired_park", "paired_threads"}) {
        ours.erase(key);
    }
    add_row(size, "shunt", ours, in);
    const json peers = in.value("peers", json::object());
    for (const auto& [name, figures] : peers.items()) {
        add_row(size, name, figures, in);
    }
    return size;
}

std::vector<Repeat> repeats_of(const json& result) {
    std::vector<Repeat> repeats;
    for (const json& in : result.value("repeats", json::array())) {
        Repeat repeat{in.at("counted").get<bool>(), {}};
        const auto sizes = in.find("sizes");
        const json& of = sizes != in.end() && !sizes->empty() ? sizes->front() : in;
        const json rows = of.value("rows", json::object());
        for (const auto& [name, figures] : rows.items()) {
            for (const char* const key : {"p50_ns", "msgs_per_s"}) {
                if (const auto value = number_of(figures, key)) {
                    repeat.figures.emplace_back(name, *value);
                }
            }
        }
        repeats.push_back(std::move(repeat));
    }
    return repeats;
}

void take(Measured& measured) {
    const json& document = measured.document;
    const auto schema = document.find("schema");
    if (!document.is_object() || schema == document.end() || !schema->is_string()) {
        refuse(measured.path,
               "no document of shunt: it has no schema. Take what `shunt bench "
               "--json` or `shunt-peers --json` wrote");
    }
    const auto name = schema->get<std::string>();
    for (const std::string_view command : kCommands) {
        if (name == fmt::format("shunt/{}/1", command)) {
            measured.command = command;
        }
    }
    if (measured.command.empty()) {
        refuse(measured.path, fmt::format("{} cannot be shown: pages are made of what shunt bench "
                                          "pingpong, throughput and openloop, and shunt-peers, "
                                          "write with --json",
                                          name));
    }
    const json& result = document.at("result");
    const char* const list = result.contains("points") ? "points" : "sizes";
    const json sizes = result.contains(list) ? result.at(list) : json::array({result});
    for (const json& size : sizes) {
        measured.sizes.push_back(size_of(size));
    }
    if (measured.sizes.empty()) {
        refuse(measured.path, "it holds no figures: that run was ended before it had any");
    }
    measured.repeats = repeats_of(result);
}

}  // namespace

std::optional<double> MeasuredRow::percentile(const char* of) const {
    const json* const all = percentiles_of(figures);
    return all == nullptr ? std::nullopt : number_of(*all, of);
}

bool MeasuredRow::blocks() const {
    return figures.value(json::json_pointer("/about/waits"), "") == "blocking" ||
           name == "shunt-park";
}

bool MeasuredRow::in_threads() const {
    return figures.value(json::json_pointer("/about/between"), "") == "threads" ||
           name == "shunt-threads";
}

std::optional<double> MeasuredRow::rate() const {
    return number_of(figures, "msgs_per_s");
}

bool Measured::latencies() const {
    return percentiles_of(sizes.front().rows.front().figures) != nullptr;
}

Measured read_measured(const std::string& path) {
    Measured measured;
    measured.path = path;
    measured.text = read_all(path);
    try {
        measured.document = json::parse(measured.text);
    } catch (const json::parse_error& error) {
        refuse(path, fmt::format("no JSON, or not all of it: something is wrong at byte {} of {}",
                                 error.byte, measured.text.size()));
    }
    try {
        take(measured);
    } catch (const json::exception& error) {
        refuse(path, fmt::format("damaged: {}", error.what()));
    } catch (const perf::hdr::FormatError& error) {
        refuse(path, fmt::format("damaged, in a histogram: {}", error.what()));
    }
    return measured;
}

}  // namespace shunt::tools
