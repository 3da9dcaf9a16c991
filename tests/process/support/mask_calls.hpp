// SPDX-License-Identifier: MIT
//
// A process to which the kernel refuses some system calls, as on a host that lacks them. Or makes
// believe: with error 0 a call does nothing, and says that it did.
#pragma once

#include <vector>

namespace shunt::process_test {

struct Masked {
    long number;
    int error;
};

/// From here on, in this thread and those that it makes. In a child that lives for one test.
void mask_calls(const std::vector<Masked>& calls);

/// True if the kernel lets a process bind itself so.
[[nodiscard]] bool may_mask_calls();

}  // namespace shunt::process_test
