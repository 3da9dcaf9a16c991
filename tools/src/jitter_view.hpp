// SPDX-License-Identifier: MIT
//
// What `shunt jitter` shows of a measurement: tables, comma-separated lines, a document, an HDR
// log. The chart is jitter_chart, of the document.
#pragma once

#include <shunt_experiments/gap_class.hpp>
#include <shunt_experiments/jitter.hpp>
#include <shunt_experiments/noise.hpp>
#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace shunt::tools {

class JitterView {
public:
    /// `operation_ns`: of the operation whose chance to be hit is told. The arguments live as long
    /// as the view.
    JitterView(const perf::jitter::Config& config, const perf::jitter::Result& result,
               const perf::jitter::NoiseReading& before, const perf::jitter::NoiseReading& after,
               std::uint64_t operation_ns);

    /// The longest gap of all, in ns; 0: there was none.
    [[nodiscard]] std::uint64_t worst_ns() const;
    /// "18.2 us on cpu 3, 1.25 s from the start", as far as that is known.
    [[nodiscard]] std::string worst_text() const;

    [[nodiscard]] std::string text() const;
    /// A line for each cpu, under the head of rigtorp's `hiccups`.
    [[nodiscard]] std::string csv() const;
    [[nodiscard]] nlohmann::json document() const;
    [[nodiscard]] std::vector<perf::Warning> warnings() const;
    /// An interval log with one histogram for each cpu, Tag=cpuN.
    [[nodiscard]] std::string hlog() const;

private:
    struct Sum {
        std::uint64_t gaps = 0;
        std::uint64_t lost_ns = 0;
        std::uint64_t worst_ns = 0;
    };
    [[nodiscard]] std::vector<Sum> sums() const;  // for each class
    [[nodiscard]] std::string head() const;
    [[nodiscard]] std::string cpus_text() const;
    [[nodiscard]] std::string classes_text() const;
    [[nodiscard]] std::string causes_text() const;
    [[nodiscard]] nlohmann::json cpu_json(std::size_t index) const;

    const perf::jitter::Config& config_;
    const perf::jitter::Result& result_;
    const perf::jitter::NoiseReading& before_;
    const perf::jitter::NoiseReading& after_;
    std::uint64_t operation_ns_;
    perf::jitter::Classified classified_;
};

}  // namespace shunt::tools
