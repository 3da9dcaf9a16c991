// SPDX-License-Identifier: MIT
//
// Which operations are swept: the one place where a kind of channel adds its own.
#pragma once

#include "process/stepper/pair_play.hpp"
#include "process/stepper/play.hpp"
#include "process/stepper/sweep.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace shunt::stepper {

/// A channel to play on.
struct Stock {
    Ware ware = Ware::small;
    bool huge = false;
};
[[nodiscard]] std::string_view name_of(Ware ware) noexcept;

using Scene = std::function<std::unique_ptr<Play>(World&, const Stock&)>;

using PairScene = std::function<std::unique_ptr<PairPlay>(World&, const Stock&)>;

struct Operation {
    std::string_view kind;
    std::string_view name;
    std::vector<Scene> scenes;  // the situations in which it is performed
    std::vector<How> hows;
    std::vector<Ware> wares;
    std::vector<Ware> quick_wares;   // of them, where a sample is taken
    std::vector<PairScene> pairs{};  // of an operation by two
};

[[nodiscard]] const std::vector<Operation>& operations();

/// A seeded bug, and the operation in which it has to be found.
struct Seeded {
    Bug bug;
    How how;
    Scene scene;
};
[[nodiscard]] const std::vector<Seeded>& seeded_bugs();

}  // namespace shunt::stepper
