// SPDX-License-Identifier: MIT
//
// --svg and --html of the sub-commands that draw. Files are opened before anything is measured, so
// that what is wrong with them is known early.
#pragma once

#include "sink.hpp"

#include <shunt_perf/svg.hpp>

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace shunt::tools {

/// `what` is drawn: "The map".
void add_drawings(CLI::App& app, std::string& svg, std::string& html, const std::string& what);

class DrawingFiles {
public:
    /// Paths; empty: not asked for. Throws Failure.
    DrawingFiles(const std::string& svg, const std::string& html, const Interrupts& interrupts);

    /// The drawing into both; the page also says which machine and build it is of. Throws Failure.
    void write(const std::string& title, const perf::svg::Element& drawing);

private:
    std::optional<Sink> svg_;
    std::optional<Sink> html_;
};

}  // namespace shunt::tools
