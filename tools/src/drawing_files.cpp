// SPDX-License-Identifier: MIT
#include "drawing_files.hpp"

#include <CLI/CLI.hpp>

namespace shunt::tools {

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

void DrawingFiles::write(const std::string& title, const std::vector<std::string>& paragraphs,
                         const perf::svg::Element& drawing) {
    if (svg_) {
        svg_->put(perf::svg::file_of(drawing));
    }
    if (html_) {
        html_->put(perf::svg::page_of(title, paragraphs, {&drawing, 1}));
    }
}

}  // namespace shunt::tools
