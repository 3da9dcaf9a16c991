// SPDX-License-Identifier: MIT
//
// Uses the installed library's headers and options.
#include <shunt/channel/options.hpp>
#include <shunt/core/status.hpp>

int main() {
    const shunt::Options options{.capacity = 64, .pages = shunt::pages::base};
    const shunt::Status status = shunt::Status::ok;
    return status && options.capacity == 64 && options.ports == 0 ? 0 : 1;
}
