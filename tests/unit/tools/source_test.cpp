// SPDX-License-Identifier: MIT
#include "tools/src/source.hpp"
#include "tools/src/command.hpp"
#include "unit/tools/memory_file.hpp"

#include <shunt/core/bytes.hpp>

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <memory>
#include <span>
#include <string>

namespace shunt::tools {
namespace {

// Reads once, at most so many bytes.
std::string read(Source& source, std::size_t bytes) {
    std::string text(bytes, '\0');
    const std::size_t got = source.read(std::as_writable_bytes(std::span{text}));
    return text.substr(0, got);
}

std::string read_all(Source& source, std::size_t bytes_a_time) {
    std::string all;
    for (std::string part; !(part = read(source, bytes_a_time)).empty();) {
        all += part;
    }
    return all;
}

// The Failure that `act` ends with.
template <class Act>
std::pair<Exit, std::string> failure(Act&& act) {
    try {
        act();
    } catch (const Failure& why) {
        return {why.exit(), why.what()};
    }
    return {Exit::ok, "nothing"};
}

TEST(FileSource, HasAllBytesAndKnowsHowMany) {
    const Interrupts interrupts;
    const MemoryFile file{"0123456789"};
    const auto source = open_file(file.path(), false, interrupts);
    EXPECT_EQ(source->total(), 10u);
    EXPECT_EQ(read(*source, 4), "0123");
    EXPECT_EQ(read(*source, 100), "456789");
    EXPECT_EQ(read(*source, 100), "");
}

TEST(FileSource, GoesToAByteAndToItsEndAndNotBeyond) {
    const Interrupts interrupts;
    const MemoryFile file{"0123456789"};
    const auto source = open_file(file.path(), false, interrupts);
    EXPECT_TRUE(source->seek(7));
    EXPECT_EQ(read(*source, 100), "789");
    EXPECT_TRUE(source->seek(10));
    EXPECT_EQ(read(*source, 100), "");
    const auto [exit, text] = failure([&] { (void)source->seek(11); });
    EXPECT_EQ(exit, Exit::integrity);
    EXPECT_NE(text.find("11 bytes were sent before"), std::string::npos) << text;
    EXPECT_NE(text.find("has only 10"), std::string::npos) << text;
}

TEST(FileSource, SaysWhatIsWrongWithAFile) {
    const Interrupts interrupts;
    EXPECT_EQ(failure([&] { (void)open_file("/proc/none", false, interrupts); }).first,
              Exit::not_found);
    const auto [exit, text] = failure([&] { (void)open_file("/proc", false, interrupts); });
    EXPECT_EQ(exit, Exit::runtime);
    EXPECT_EQ(text, "cannot read '/proc': Is a directory");
}

class PipeSource : public testing::Test {
protected:
    PipeSource() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
            reader_.reset(ends[0]);
            writer_.reset(ends[1]);
        }
    }
    void put(const std::string& text) const {
        ASSERT_EQ(::write(writer_.get(), text.data(), text.size()),
                  static_cast<ssize_t>(text.size()));
    }

    FileHandle reader_;
    FileHandle writer_;
    const Interrupts interrupts_;
};

TEST_F(PipeSource, BringsWhatThereIsNow) {
    const InPlaceOf in{STDIN_FILENO, reader_.get()};
    const auto source = standard_input(false, interrupts_);
    EXPECT_EQ(source->total(), std::nullopt);
    put("abc");
    EXPECT_EQ(read(*source, 100), "abc");
    writer_.reset();
    EXPECT_EQ(read(*source, 100), "");
}

TEST_F(PipeSource, FillsTheWholePlaceOrTakesAllUpToTheEnd) {
    const InPlaceOf in{STDIN_FILENO, reader_.get()};
    const auto source = standard_input(true, interrupts_);
    put("0123456789");
    EXPECT_EQ(read(*source, 8), "01234567");
    writer_.reset();
    EXPECT_EQ(read(*source, 8), "89");
}

TEST_F(PipeSource, SkipsToAByte) {
    const InPlaceOf in{STDIN_FILENO, reader_.get()};
    const auto source = standard_input(false, interrupts_);
    put("0123456789");
    EXPECT_TRUE(source->seek(6));
    EXPECT_EQ(read(*source, 100), "6789");
    put("01");
    writer_.reset();
    const auto [exit, text] = failure([&] { (void)source->seek(3); });
    EXPECT_EQ(exit, Exit::integrity);
    EXPECT_NE(text.find("standard input has only 2"), std::string::npos) << text;
}

TEST_F(PipeSource, EndsOnARequestThoughThereIsMore) {
    const InPlaceOf in{STDIN_FILENO, reader_.get()};
    const auto source = standard_input(false, interrupts_);
    put("abc");
    std::raise(SIGINT);
    EXPECT_EQ(read(*source, 100), "");
    EXPECT_FALSE(source->seek(2));
}

TEST(GeneratedSource, MakesTheSameBytesInPiecesOfAnySize) {
    const std::string whole = read(*generated(4099), 4099);
    ASSERT_EQ(whole.size(), 4099u);
    for (const std::size_t piece : {1u, 7u, 8u, 13u, 1024u}) {
        const auto source = generated(4099);
        EXPECT_TRUE(read_all(*source, piece) == whole) << piece;
    }
}

TEST(GeneratedSource, GoesOnAtAnyByteWithTheBytesThatBelongThere) {
    const std::string whole = read(*generated(200), 200);
    const auto source = generated(200);
    for (std::uint64_t offset = 0; offset <= 200; ++offset) {
        ASSERT_TRUE(source->seek(offset));
        EXPECT_EQ(read(*source, 1000), whole.substr(offset)) << offset;
    }
    const auto [exit, text] = failure([&] { (void)source->seek(201); });
    EXPECT_EQ(exit, Exit::integrity);
    EXPECT_NE(text.find("make only 200"), std::string::npos) << text;
}

TEST(GeneratedSource, HasNoEndWhereNoneIsGivenAndDoesNotRepeatItself) {
    const auto source = generated(std::nullopt);
    EXPECT_EQ(source->total(), std::nullopt);
    const std::string first = read(*source, 4096);
    const std::string second = read(*source, 4096);
    EXPECT_EQ(second.size(), 4096u);
    EXPECT_FALSE(first == second);
    EXPECT_TRUE(source->seek(std::uint64_t{1} << 60));
    EXPECT_EQ(read(*source, 9).size(), 9u);
}

}  // namespace
}  // namespace shunt::tools
