// SPDX-License-Identifier: MIT
//
// How a fuzz target is entered: by libFuzzer, which has a main; or, without it, by a main that
// plays every file of the folders named on the command line.
#include "fuzz/fuzz.hpp"

#include <shunt/core/bytes.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#if defined(SHUNT_LIBFUZZER)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    shunt::fuzz::one_input(std::as_bytes(std::span{data, size}));
    return 0;
}

#else

int main(int argc, char** argv) {
    std::size_t played = 0;
    for (int i = 1; i < argc; ++i) {
        std::vector<std::string> paths;
        for (const auto& entry : std::filesystem::directory_iterator{argv[i]}) {
            paths.push_back(entry.path());
        }
        std::sort(paths.begin(), paths.end());
        for (const std::string& path : paths) {
            std::ifstream file{path, std::ios::binary};
            const std::string text{std::istreambuf_iterator<char>{file}, {}};
            shunt::fuzz::one_input(shunt::as_bytes(text));
            ++played;
        }
    }
    std::printf("%zu inputs\n", played);
    return played == 0 ? 1 : 0;
}

#endif
