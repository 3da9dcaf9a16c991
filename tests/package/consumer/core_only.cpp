// SPDX-License-Identifier: MIT
//
// Uses the header-only part alone: no library is linked.
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/status.hpp>

int main() {
    const shunt::Status status = shunt::Status::full;
    const bool texts = shunt::to_string(status) == "full";
    const bool sizes = shunt::align_up(1, shunt::kLineBytes) == shunt::kLineBytes;
    return texts && sizes && !status ? 0 : 1;
}
