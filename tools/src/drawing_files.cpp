// SPDX-License-Identifier: MIT
#include "drawing_files.hpp"

#include <shunt_perf/environment.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace shunt::tools {

namespace {

// "AMD EPYC, Linux 6.1.0, shunt 0.1.0 (1a2b3c)"; what is not known is left out.
std::string machine_text() {
    const nlohmann::json host = perf::host_stamp();
    const nlohmann::json tool = perf::tool_stamp();
    const nlohmann::json& model = host.at("cpu_model");
    return fmt::format("{}Linux {}, shunt {} ({})",
                       model.is_string() ? model.get<std::string>() + ", " : "",
                       host.at("kernel").get<std::string>(), tool.at("version").get<std::string>(),
                       tool.at("git").get<std::string>());
}

}  // namespace

void add_drawings(CLI::App& app, std::string& svg, std::string& html, const std::string& what) {
    app.add_option("--svg", svg, what + " as a drawing, for light and dark")->type_name("FILE");
    app.add_option("--html", html, what + " as a page that needs nothing else")->type_name("FILE");
}

DrawingFiles::DrawingFiles(const std::string& svg, const std::string& html,
                           const Interrupts& interrupts) {
    if (!svg.empty()) {
        svg_.emplace(svg, false, interrupts);
    }
    if (!html.empty()) {
        html_.emplace(html, false, interrupts);
    }
}

void DrawingFiles::write(const std::string& title, const perf::svg::Element& drawing) {
    if (svg_) {
        svg_->put(perf::svg::file_of(drawing));
    }
    if (html_) {
        const std::string machine[] = {machine_text()};
        html_->put(perf::svg::page_of(title, machine, {&drawing, 1}));
    }
}

}  // namespace shunt::tools
