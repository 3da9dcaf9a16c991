// SPDX-License-Identifier: MIT
#include "tools/src/torn_line.hpp"
#include "tools/src/command.hpp"
#include "unit/tools/memory_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::tools {
namespace {

TEST(TornLine, IsCutOffAndTheWholeOnesStay) {
    const MemoryFile file{"one\ntwo\nthr"};
    EXPECT_EQ(torn_line_bytes(file.path()), 3u);
    EXPECT_EQ(file.content(), "one\ntwo\nthr") << "asking changes nothing";
    EXPECT_EQ(cut_torn_line(file.path()), 3u);
    EXPECT_EQ(file.content(), "one\ntwo\n");
    EXPECT_EQ(torn_line_bytes(file.path()), 0u);
    EXPECT_EQ(cut_torn_line(file.path()), 0u);
    EXPECT_EQ(file.content(), "one\ntwo\n");
}

TEST(TornLine, IsAllOfAFileWithoutALinesEndAndNothingOfAnEmptyOne) {
    const MemoryFile none{"no end"};
    EXPECT_EQ(cut_torn_line(none.path()), 6u);
    EXPECT_EQ(none.content(), "");
    EXPECT_EQ(cut_torn_line(none.path()), 0u);
}

TEST(TornLine, MayBeLongerThanWhatIsReadAtATime) {
    const std::string torn(65'530, 'x');
    const MemoryFile file{"a\n" + torn};
    EXPECT_EQ(torn_line_bytes(file.path()), torn.size());
    const MemoryFile across{"a\nb\n" + std::string(65'536, 'y')};
    EXPECT_EQ(cut_torn_line(across.path()), 65'536u);
    EXPECT_EQ(across.content(), "a\nb\n");
}

TEST(TornLine, SaysWhichFileItCannotReadAndWhy) {
    try {
        (void)cut_torn_line("/proc/none");
        ADD_FAILURE() << "it is taken";
    } catch (const Failure& why) {
        EXPECT_EQ(why.exit(), Exit::runtime);
        EXPECT_EQ(std::string{why.what()},
                  "cannot look for the last line of '/proc/none': No such file or directory");
    }
}

}  // namespace
}  // namespace shunt::tools
