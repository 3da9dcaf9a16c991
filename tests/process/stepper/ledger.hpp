// SPDX-License-Identifier: MIT
//
// What was injected and what was survived, as a table for people and as JSON for what is committed
// (docs/ledger/spsc.json).
#pragma once

#include "process/stepper/sweep.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::stepper {

struct Row {
    std::string_view kind;
    std::string_view ware;
    std::string_view pages;
    std::string_view operation;
    How how = How::kill;
    Tally tally;
};

struct Ledger {
    std::string_view mode;
    std::uint64_t seed = 0;
    bool huge = true;  // 2 MiB pages could be had
    std::vector<Row> rows;

    [[nodiscard]] Tally totals() const;
    [[nodiscard]] Tally totals(How how) const;
};

/// One line for each operation and way, over all wares and pages; then what went wrong.
void print_table(const Ledger& ledger);
[[nodiscard]] std::string to_json(const Ledger& ledger);

}  // namespace shunt::stepper
