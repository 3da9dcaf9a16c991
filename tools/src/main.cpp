// SPDX-License-Identifier: MIT
#include "command.hpp"

int main(int argc, char** argv) {
    return shunt::tools::run_command(argc, argv);
}
