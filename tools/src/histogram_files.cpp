// SPDX-License-Identifier: MIT
#include "histogram_files.hpp"

#include <shunt_perf/hdr.hpp>

#include <fmt/format.h>

#include <vector>

namespace shunt::tools {

namespace {

// Tags of one size at several paces, or values of what is swept, differ.
std::string point_of(const nlohmann::json& size, const nlohmann::json& args) {
    if (const auto swept = args.find("sweep"); swept != args.end()) {
        return *swept == "capacity"
                   ? fmt::format("-{}", size.at("asked_capacity").get<std::uint64_t>())
                   : "-" + size.at(swept->get<std::string>()).get<std::string>();
    }
    if (const auto it = size.find("gap_ns"); it != size.end()) {
        return fmt::format("-{:g}ns", it->get<double>());
    }
    const auto it = size.find("asked_per_s");
    return it == size.end() ? "" : fmt::format("-{:.0f}Hz", it->get<double>());
}

std::string hdr_of(const nlohmann::json& row) {
    return row.value("hdr", std::string{});
}

// Of each size, pace or value, those of shunt and of its rivals.
std::vector<perf::hdr::Interval> latencies(const nlohmann::json& document, double length_s) {
    const nlohmann::json& result = document.at("result");
    const nlohmann::json sizes = result.contains("points")  ? result.at("points")
                                 : result.contains("sweep") ? result.at("sweep")
                                 : result.contains("sizes") ? result.at("sizes")
                                                            : nlohmann::json::array({result});
    std::vector<perf::hdr::Interval> intervals;
    for (const nlohmann::json& size : sizes) {
        const auto add = [&](const std::string& name, const nlohmann::json& row) {
            if (const std::string text = hdr_of(row); !text.empty()) {
                intervals.push_back(
                    {fmt::format("{}-{}B{}", name, size.at("size").get<std::uint64_t>(),
                                 point_of(size, document.at("args"))),
                     0, length_s, perf::hdr::decode_text(text)});
            }
        };
        add("shunt", size);
        for (const auto& [name, row] : size.at("peers").items()) {
            add(name, row);
        }
    }
    return intervals;
}

// Of a slow receiver: of each row how long sending took.
std::vector<perf::hdr::Interval> sends(const nlohmann::json& document, double length_s) {
    std::vector<perf::hdr::Interval> intervals;
    for (const nlohmann::json& row : document.at("result").at("rows")) {
        intervals.push_back({fmt::format("{}-{}B", row.at("name").get<std::string>(),
                                         document.at("args").at("size").get<std::uint64_t>()),
                             0, length_s, perf::hdr::decode_text(hdr_of(row))});
    }
    return intervals;
}

}  // namespace

HistogramFiles::HistogramFiles(const std::string& hgrm, const std::string& hlog,
                               const Interrupts& interrupts) {
    if (!hgrm.empty()) {
        hgrm_.emplace(hgrm, false, interrupts);
    }
    if (!hlog.empty()) {
        hlog_.emplace(hlog, false, interrupts);
    }
}

void HistogramFiles::write(const nlohmann::json& document, double start_s, double length_s) {
    const bool slow = document.at("args").at("mode") == "slow";
    const std::vector<perf::hdr::Interval> intervals =
        slow ? sends(document, length_s) : latencies(document, length_s);
    if (hgrm_ && !intervals.empty()) {
        hgrm_->put(perf::hdr::percentiles(intervals.front().histogram));
    }
    if (hlog_) {
        hlog_->put(perf::hdr::write_log(intervals, start_s));
    }
}

}  // namespace shunt::tools
