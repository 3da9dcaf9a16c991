// SPDX-License-Identifier: MIT
//
// A $SHUNT_DIR of the test's own on tmpfs, and proof that nothing is left in it.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace shunt::bench {

class OwnDirectory : public testing::Test {
protected:
    OwnDirectory() : path_{"/dev/shm/shunt-bench-test-" + std::to_string(getpid())} {
        std::filesystem::create_directory(path_);
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
        setenv("SHUNT_DIR", path_.c_str(), 1);
    }
    ~OwnDirectory() override {
        EXPECT_TRUE(std::filesystem::is_empty(path_)) << "something was left in " << path_;
        unsetenv("SHUNT_DIR");
        std::filesystem::remove_all(path_);
    }

    std::filesystem::path path_;
};

}  // namespace shunt::bench
