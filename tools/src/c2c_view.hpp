// SPDX-License-Identifier: MIT
//
// What `shunt c2c` shows of a measurement: a table, comma-separated numbers, a document. The map
// is c2c_map, of the document.
#pragma once

#include <shunt_experiments/c2c.hpp>
#include <shunt_perf/cpus.hpp>
#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace shunt::tools {

class C2cView {
public:
    enum class Stat { min, p50, p99 };

    /// `places` are those of config.cpus. The arguments live as long as the view.
    C2cView(const perf::c2c::Config& config, const std::vector<perf::CpuPlace>& places,
            const perf::c2c::Result& result, Stat stat, std::size_t memory_nodes);

    /// Row by row, the cpu that begins (of a stream: writes) slowest: ns, of a stream lines a
    /// second; nullopt on the diagonal and where nothing was measured.
    [[nodiscard]] std::vector<std::optional<double>> matrix() const;

    [[nodiscard]] std::string text() const;
    /// The matrix and nothing else, an empty field for what there is not: what the notebooks of
    /// core-to-core-latency read.
    [[nodiscard]] std::string csv() const;
    [[nodiscard]] nlohmann::json document() const;
    [[nodiscard]] std::vector<perf::Warning> warnings() const;
    /// What a figure is, in words.
    [[nodiscard]] std::string what() const;

private:
    [[nodiscard]] bool stream() const noexcept;
    [[nodiscard]] std::optional<double> ns_of(const perf::c2c::Pair& pair) const;
    [[nodiscard]] std::string home_text() const;
    [[nodiscard]] std::string by_relation() const;

    const perf::c2c::Config& config_;
    const std::vector<perf::CpuPlace>& places_;
    const perf::c2c::Result& result_;
    Stat stat_;
    std::size_t memory_nodes_;
};

[[nodiscard]] C2cView::Stat stat_of(const std::string& word);
[[nodiscard]] std::string_view to_string(C2cView::Stat stat) noexcept;

}  // namespace shunt::tools
