// SPDX-License-Identifier: MIT
//
// A $SHUNT_DIR of the test's own on tmpfs, and proof that nothing is left in it.
#pragma once

#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace shunt::bench {

class OwnDirectory : public testing::Test {
protected:
    OwnDirectory() { setenv("SHUNT_DIR", path_.c_str(), 1); }
    ~OwnDirectory() override {
        EXPECT_TRUE(std::filesystem::is_empty(path_)) << "something was left in " << path_;
        unsetenv("SHUNT_DIR");
    }

private:
    sandbox::Scratch scratch_;

protected:
    std::filesystem::path path_{scratch_.path()};
};

}  // namespace shunt::bench
