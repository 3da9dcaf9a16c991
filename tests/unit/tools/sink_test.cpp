// SPDX-License-Identifier: MIT
#include "tools/src/sink.hpp"
#include "tools/src/command.hpp"
#include "unit/tools/memory_file.hpp"

#include <shunt/core/bytes.hpp>

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>

namespace shunt::tools {
namespace {

class SinkTest : public testing::Test {
protected:
    // The Failure that `act` ends with.
    template <class Act>
    static std::pair<Exit, std::string> failure(Act&& act) {
        try {
            act();
        } catch (const Failure& why) {
            return {why.exit(), why.what()};
        }
        return {Exit::ok, "nothing"};
    }

    const Interrupts interrupts_;
};

TEST_F(SinkTest, EmptiesAFileWhenThereIsSomethingToWriteAndNotBefore) {
    const MemoryFile file{"what was there before"};
    Sink sink{file.path(), false, interrupts_};
    EXPECT_EQ(sink.length(), 0u);
    EXPECT_EQ(file.content(), "what was there before");
    EXPECT_TRUE(sink.write(as_bytes("new")));
    EXPECT_TRUE(sink.write(as_bytes(" and more")));
    EXPECT_EQ(file.content(), "new and more");
    sink.finish();
    EXPECT_EQ(file.content(), "new and more");
}

TEST_F(SinkTest, EmptiesAFileForAnEmptyStreamToo) {
    const MemoryFile file{"what was there before"};
    Sink sink{file.path(), false, interrupts_};
    sink.begin();
    sink.finish();
    EXPECT_EQ(file.content(), "");
}

TEST_F(SinkTest, GoesOnBehindWhatAFileHas) {
    const MemoryFile file{"begun "};
    Sink sink{file.path(), true, interrupts_};
    EXPECT_EQ(sink.length(), 6u);
    EXPECT_TRUE(sink.write(as_bytes("and done")));
    sink.finish();
    EXPECT_EQ(file.content(), "begun and done");
}

TEST_F(SinkTest, RefusesToAppendToWhatHasNoLength) {
    const auto [exit, text] = failure([&] { (void)Sink{"/dev/null", true, interrupts_}; });
    EXPECT_EQ(exit, Exit::usage);
    EXPECT_NE(text.find("cannot append to '/dev/null'"), std::string::npos) << text;
}

TEST_F(SinkTest, SaysWhyItCannotWriteAndWhatToDo) {
    Sink full{"/dev/full", false, interrupts_};
    const auto [exit, text] = failure([&] { (void)full.write(as_bytes("x")); });
    EXPECT_EQ(exit, Exit::runtime);
    EXPECT_NE(text.find("cannot write '/dev/full': No space left on device"), std::string::npos)
        << text;
    EXPECT_NE(text.find("--append"), std::string::npos) << text;
    EXPECT_EQ(failure([&] { (void)Sink{"/proc/self", false, interrupts_}; }).first, Exit::runtime);
}

TEST_F(SinkTest, AFullDiskIsToldWithoutAChannelWhereATextIsPut) {
    Sink full{"/dev/full", false, interrupts_};
    const auto [exit, text] = failure([&] { full.put("x"); });
    EXPECT_EQ(exit, Exit::runtime);
    EXPECT_EQ(text,
              "cannot write '/dev/full': No space left on device; make room, or name "
              "another file");
}

class SinkToAPipe : public SinkTest {
protected:
    SinkToAPipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
            reader_.reset(ends[0]);
            writer_.reset(ends[1]);
        }
    }

    FileHandle reader_;
    FileHandle writer_;
};

// While stdout is the pipe nothing is asserted: GoogleTest would print to it.
TEST_F(SinkToAPipe, TellsThatItsReaderHasLeft) {
    reader_.reset();
    const auto [exit, text] = failure([&] {
        const InPlaceOf out{STDOUT_FILENO, writer_.get()};
        (void)Sink{interrupts_}.write(as_bytes("x"));
    });
    EXPECT_EQ(exit, Exit::runtime);
    EXPECT_NE(text.find("its reader has left"), std::string::npos) << text;
}

TEST_F(SinkToAPipe, EndsOnARequestWhereThePipeIsFull) {
    ASSERT_EQ(::fcntl(writer_.get(), F_SETPIPE_SZ, 4096), 4096);
    bool filled = false;
    bool beyond = true;
    {
        const InPlaceOf out{STDOUT_FILENO, writer_.get()};
        Sink sink{interrupts_};
        filled = sink.write(as_bytes(std::string(4096, 'x')));
        std::raise(SIGINT);
        beyond = sink.write(as_bytes("y"));
    }
    EXPECT_TRUE(filled);
    EXPECT_FALSE(beyond);
}

}  // namespace
}  // namespace shunt::tools
