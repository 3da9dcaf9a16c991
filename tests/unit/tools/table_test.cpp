// SPDX-License-Identifier: MIT
#include "tools/src/table.hpp"

#include <gtest/gtest.h>

namespace shunt::tools {
namespace {

// Heads are bold on a terminal only, and the output of a test is none.
TEST(TableText, IsAsWideAsTheWidestCellWithNumbersToTheRight) {
    Table table{{"NAME", ">COUNT", "STATE"}};
    table.add({"a", "7", "active"});
    table.add({"much longer", "1,234,567", "stale"});
    EXPECT_EQ(table.text(),
              "NAME             COUNT  STATE\n"
              "a                    7  active\n"
              "much longer  1,234,567  stale\n");
}

TEST(TableText, HasNoBlanksAtTheEndOfALine) {
    Table table{{"NAME", "REASON"}};
    table.add({"a", ""});
    table.add({"b", "long reason"});
    EXPECT_EQ(table.text(),
              "NAME  REASON\n"
              "a\n"
              "b     long reason\n");
}

TEST(TableText, StandsBehindTheIndentAndFillsMissingCells) {
    Table table{{"A", ">B"}};
    table.add({"x"});
    table.add({"y", "1", "one too many"});
    EXPECT_EQ(table.text("  "),
              "  A  B\n"
              "  x\n"
              "  y  1\n");
}

TEST(TableText, OfNoRowsIsItsHeads) {
    EXPECT_EQ((Table{{"A", ">B"}}.text()), "A  B\n");
}

}  // namespace
}  // namespace shunt::tools
