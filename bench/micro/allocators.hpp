// SPDX-License-Identifier: MIT
#pragma once

namespace shunt::micro {

/// Adds what is measured of 2 MiB pages, where this host has enough of them to give; else says on
/// stderr why it does not. Before the benchmarks run.
void add_calls_for_huge_pages();

}  // namespace shunt::micro
