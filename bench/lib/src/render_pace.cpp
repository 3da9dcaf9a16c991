// SPDX-License-Identifier: MIT
#include "bench/lib/src/render_parts.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace shunt::bench {

namespace {

using nlohmann::json;

void first_trips(std::string& out, const json& row) {
    const json& first = row.at("first_ns");
    const auto put = std::back_inserter(out);
    out += "  message";
    for (const std::size_t i : {0u, 1u, 2u, 3u, 7u, 15u, 31u}) {
        fmt::format_to(put, "  {}: {}", i + 1,
                       first[i].is_null() ? "-" : number(first[i].at("p50")));
    }
    out += " ns\n";
    if (const json& over = row.at("first_over_steady"); !over.is_null()) {
        fmt::format_to(put, "  the first over the steady p50: {:.1f} ({:.1f} to {:.1f})\n",
                       over.at("median").get<double>(), over.at("low").get<double>(),
                       over.at("high").get<double>());
    }
    fmt::format_to(put, "  minor faults, at most: {} and {}; {} pairs had none\n",
                   row.at("minor_faults").at("first_side").get<std::uint64_t>(),
                   row.at("minor_faults").at("second_side").get<std::uint64_t>(),
                   row.at("without_faults").get<std::uint64_t>());
}

}  // namespace

void pace_rows(std::string& out, const json& row) {
    if (const auto it = row.find("last_of_burst_ns"); it != row.end()) {
        latency_row(out, "  last of a burst", *it, "");
    }
    if (const auto it = row.find("late_ns"); it != row.end()) {
        latency_row(out, "  sender late by", *it, "");
    }
    if (const auto it = row.find("send_ns"); it != row.end()) {
        latency_row(out, "  the call", *it, "");
    }
    if (row.contains("first_ns")) {
        first_trips(out, row);
    }
    const auto missed = row.find("missed_repeats");
    if (missed != row.end() && missed->get<unsigned>() != 0) {
        fmt::format_to(std::back_inserter(out),
                       "  MISSED its rate in {} repeats, which are not in the figures; achieved "
                       "{} messages/s\n",
                       missed->get<unsigned>(), rate(row.at("achieved_per_s")));
    }
}

std::string pace_words(const json& point) {
    if (const auto it = point.find("gap_ns"); it != point.end()) {
        return fmt::format(", one each {:g} ns", it->get<double>());
    }
    if (const auto it = point.find("asked_per_s"); it != point.end()) {
        return fmt::format(", {} messages/s", rate(*it));
    }
    return "";
}

}  // namespace shunt::bench
