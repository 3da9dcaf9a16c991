// SPDX-License-Identifier: MIT
//
// The two halves of a collection, for collect() alone: the names of a directory, and then the slots
// on hugetlbfs that they name or do not name.
#pragma once

#include <shunt/channel/collect.hpp>

#include <sys/stat.h>

#include <chrono>
#include <string>
#include <vector>

namespace shunt::channel {

/// Which slots files the names of a directory account for.
struct NamedSlots {
    std::vector<std::string> files;  // "<incarnation>.slots"
    std::string doubt;  // a name that cannot be read and may name any of them; empty: none
};
/// Looks at every name as it is now. `leaving`: paths of names that are to go and do not count.
[[nodiscard]] NamedSlots named_slots(const Folder& directory,
                                     const std::vector<std::string>& leaving);

/// Judges, and removes where `how` says so, every slots file and folder of this user that
/// `directory` does not account for. Null: there is no directory, so only those of others.
void collect_slots(const Folder* directory, const Collecting& how, std::vector<Finding>& findings);

/// Verdict and reason of `finding`, from its clues.
void pronounce(Finding& finding, const Clues& clues, const Collecting& how);

[[nodiscard]] std::chrono::seconds age_of(const struct stat& facts) noexcept;

}  // namespace shunt::channel
