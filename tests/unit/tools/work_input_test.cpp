// SPDX-License-Identifier: MIT
#include "tools/src/work_input.hpp"
#include "tools/src/command.hpp"
#include "unit/tools/memory_file.hpp"

#include <shunt/core/bytes.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace shunt::tools {
namespace {

using Strings = std::vector<std::string>;

// Gives so many bytes at a read, as a pipe might.
class Dripping final : public Source {
public:
    Dripping(std::string text, std::size_t most) : text_{std::move(text)}, most_{most} {}
    std::size_t read(std::span<std::byte> place) override {
        const std::size_t bytes = std::min({most_, place.size(), text_.size() - at_});
        std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), bytes,
                    place.begin());
        at_ += bytes;
        return bytes;
    }
    bool seek(std::uint64_t) override { return false; }
    [[nodiscard]] std::optional<std::uint64_t> total() const override { return text_.size(); }

private:
    std::string text_;
    std::size_t most_;
    std::size_t at_ = 0;
};

std::unique_ptr<Source> dripping(std::string text, std::size_t most) {
    return std::make_unique<Dripping>(std::move(text), most);
}

Strings all_of(WorkInput& input) {
    Strings all;
    for (std::span<const std::byte> message; input.next(message);) {
        all.emplace_back(as_text(message));
    }
    return all;
}

TEST(WorkInputLines, AreWithoutTheirEndsHoweverTheyComeIn) {
    const Interrupts interrupts;
    for (const std::size_t most : {1u, 2u, 3u, 1000u}) {
        auto input = WorkInput::lines(dripping("one\n\ntwo\nthe last", most), 8, interrupts);
        EXPECT_EQ(all_of(input), (Strings{"one", "", "two", "the last"})) << most;
        EXPECT_TRUE(input.is_lines());
    }
}

TEST(WorkInputLines, OfNothingAreNone) {
    const Interrupts interrupts;
    auto input = WorkInput::lines(dripping("", 1), 8, interrupts);
    EXPECT_EQ(all_of(input), Strings{});
    auto ended = WorkInput::lines(dripping("one\n", 1), 8, interrupts);
    EXPECT_EQ(all_of(ended), Strings{"one"});
}

TEST(WorkInputLines, AreManyMoreBytesThanItsBuffer) {
    const Interrupts interrupts;
    std::string text;
    Strings wanted;
    for (std::size_t i = 0; i < 3000; ++i) {
        wanted.push_back(std::string(i % 101, static_cast<char>('a' + i % 26)));
        text += wanted.back() + "\n";
    }
    auto input = WorkInput::lines(dripping(text, 4097), 100, interrupts);
    EXPECT_EQ(all_of(input), wanted);
}

TEST(WorkInputLines, ThatAreTooLongAreToldByTheirNumberWhetherTheyEndOrNot) {
    const Interrupts interrupts;
    for (const char* const text : {"1234\n12345\n", "1234\n12345"}) {
        for (const std::size_t most : {1u, 100u}) {
            auto input = WorkInput::lines(dripping(text, most), 4, interrupts);
            std::span<const std::byte> line;
            ASSERT_TRUE(input.next(line));
            EXPECT_EQ(as_text(line), "1234");
            try {
                (void)input.next(line);
                ADD_FAILURE() << "it is taken";
            } catch (const Failure& why) {
                EXPECT_EQ(why.exit(), Exit::runtime);
                EXPECT_NE(std::string{why.what()}.find("line 2 is longer than 4 bytes"),
                          std::string::npos)
                    << why.what();
            }
        }
    }
}

TEST(WorkInputRecords, HaveTheirSizeAndTheLastWhatIsLeft) {
    const Interrupts interrupts;
    const MemoryFile file{"0123456789"};
    auto input = WorkInput::records(open_file(file.path(), true, interrupts), 4, interrupts);
    EXPECT_EQ(all_of(input), (Strings{"0123", "4567", "89"}));
    EXPECT_FALSE(input.is_lines());
}

// What was read of a line when a request came is not sent as if it were whole.
TEST(WorkInputLines, AreNotCutByARequest) {
    const Interrupts interrupts;
    auto input = WorkInput::lines(dripping("one\ntw", 6), 8, interrupts);
    std::span<const std::byte> line;
    ASSERT_TRUE(input.next(line));
    std::raise(SIGINT);
    EXPECT_FALSE(input.next(line));
}

}  // namespace
}  // namespace shunt::tools
