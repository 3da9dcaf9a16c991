// SPDX-License-Identifier: MIT
//
// Each class of message size and alignment once, for typed tests of the line ring.
#pragma once

#include "line_rig.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace shunt::test {

using LineCases =
    testing::Types<LineCase<Blob<1, 1>, ArrayPages>, LineCase<Blob<3, 1>, ArrayPages>,
                   LineCase<Blob<8, 8>, ArrayPages>, LineCase<Blob<16, 16>, ArrayPages>,
                   LineCase<Blob<24, 8>, ArrayPages>, LineCase<Blob<28, 4>, ArrayPages>,
                   LineCase<Blob<32, 32>, ArrayPages>, LineCase<Blob<48, 16>, ArrayPages>,
                   LineCase<Blob<56, 8>, ArrayPages>, LineCase<Blob<57, 1>, ArrayPages>,
                   LineCase<Blob<64, 64>, ArrayPages>, LineCase<Blob<248, 8>, ArrayPages>,
                   LineCase<Blob<4096, 64>, ArrayPages>, LineCase<Blob<8, 8>, HugePage>,
                   LineCase<Blob<1024, 16>, HugePage>>;

/// The sizes for tests whose body does not depend much on the size.
using FewLineCases =
    testing::Types<LineCase<Blob<3, 1>, ArrayPages>, LineCase<Blob<8, 8>, ArrayPages>,
                   LineCase<Blob<24, 8>, ArrayPages>, LineCase<Blob<56, 8>, ArrayPages>,
                   LineCase<Blob<64, 64>, ArrayPages>, LineCase<Blob<248, 8>, ArrayPages>,
                   LineCase<Blob<8, 8>, HugePage>>;

/// "Size8Align8InArray" in test names.
struct LineCaseName {
    template <class Case>
    static std::string GetName(int) {
        using T = typename Case::Message;
        return "Size" + std::to_string(sizeof(T)) + "Align" + std::to_string(alignof(T)) +
               (std::is_same_v<typename Case::PagesKind, HugePage> ? "InHugePage" : "InArray");
    }
};

}  // namespace shunt::test
