// SPDX-License-Identifier: MIT
//
// The latencies of a measurement as files that other tools plot and merge: the percentiles of shunt
// (.hgrm), and a log of everybody's histograms (.hlog). Opened before anything is measured.
#pragma once

#include "sink.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace shunt::tools {

class HistogramFiles {
public:
    /// Empty paths: none of that kind. Throws Failure.
    HistogramFiles(const std::string& hgrm, const std::string& hlog, const Interrupts& interrupts);

    /// Of a document of a latency, or of a slow receiver, which began at `start_s` since the epoch
    /// and took `length_s`. The .hgrm is of its first size. Throws Failure.
    void write(const nlohmann::json& document, double start_s, double length_s);

private:
    std::optional<Sink> hgrm_;
    std::optional<Sink> hlog_;
};

}  // namespace shunt::tools
