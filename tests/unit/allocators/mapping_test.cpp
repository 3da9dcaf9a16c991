// SPDX-License-Identifier: MIT
#include <shunt/allocators/mapping.hpp>

#include <shunt/core/error.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::says;

constexpr std::uint64_t kBytes = 64 * 1024;

FileHandle file_of(std::uint64_t bytes) {
    FileHandle file = FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
    sandbox::must(file && ::ftruncate(file.get(), static_cast<off_t>(bytes)) == 0, "file");
    return file;
}

// Whether anything is mapped at that place, whoever asks.
bool is_mapped(const std::byte* place) {
    return ::msync(const_cast<std::byte*>(place), 1, MS_ASYNC) == 0;
}

TEST(Mapping, SharesBytesWithTheFileAndWithOtherMappings) {
    const FileHandle file = file_of(kBytes);
    ASSERT_EQ(::pwrite(file.get(), "!", 1, 5000), 1);
    const Mapping writer = map_file(file, kBytes, Access::read_write, "a test");
    const Mapping reader = map_file(file, kBytes, Access::read, "a test");
    EXPECT_EQ(writer.size(), kBytes);
    EXPECT_EQ(writer.page_bytes(), base_page_bytes());
    EXPECT_EQ(reader.access(), Access::read);
    EXPECT_EQ(reader.bytes()[5000], std::byte{'!'});
    writer.bytes()[kBytes - 1] = std::byte{7};
    EXPECT_EQ(reader.bytes()[kBytes - 1], std::byte{7});
}

TEST(Mapping, ReadOnlyCannotBeWritten) {
    const auto write_through = [](Access access) {
        return in_child([access] {
            ::signal(SIGSEGV, SIG_DFL);  // sanitizers turn it into an exit
            const Mapping mapping = map_file(file_of(kBytes), kBytes, access, "a test");
            mapping.bytes()[0] = std::byte{1};
            return std::string{"wrote"};
        });
    };
    EXPECT_EQ(write_through(Access::read_write), "wrote");
    EXPECT_EQ(write_through(Access::read), "died of signal " + std::to_string(SIGSEGV));
}

TEST(Mapping, IsNotInAChildMadeByFork) {
    const Mapping mapping = map_file(file_of(kBytes), kBytes, Access::read_write, "a test");
    const auto look = [&] { return std::string{is_mapped(mapping.bytes()) ? "there" : "gone"}; };
    EXPECT_EQ(look(), "there");
    EXPECT_EQ(in_child(look), "gone");
}

TEST(Mapping, MovesWithoutUnmappingAndUnmapsAtItsEnd) {
    const FileHandle file = file_of(kBytes);
    Mapping first = map_file(file, kBytes, Access::read_write, "a test");
    Mapping second = map_file(file, kBytes, Access::read_write, "a test");
    std::byte* const kept = first.bytes();
    std::byte* const dropped = second.bytes();
    second = std::move(first);
    EXPECT_EQ(second.bytes(), kept);
    EXPECT_EQ(second.size(), kBytes);
    EXPECT_TRUE(is_mapped(kept));
    EXPECT_FALSE(is_mapped(dropped));
    { const Mapping third{std::move(second)}; }
    EXPECT_FALSE(is_mapped(kept));
}

TEST(Mapping, OfAShorterFileIsTruncated) {
    const FileHandle file = file_of(kBytes);
    const std::string text =
        caught([&] { (void)map_file(file, kBytes + 1, Access::read, "slots of 'x'"); });
    EXPECT_TRUE(says(text, "truncated: wanted to map 64 KiB of slots of 'x'"));
    EXPECT_TRUE(says(text, "holds 65536 of these 65537 bytes"));
    EXPECT_EQ(caught([&] { (void)map_file(file, kBytes, Access::read, "all"); }), "nothing");
}

TEST(Mapping, OfNothingIsABadArgument) {
    const std::string text =
        caught([] { (void)map_file(file_of(kBytes), 0, Access::read, "slots of 'x'"); });
    EXPECT_TRUE(says(text, "bad argument: "));
}

TEST(Mapping, OfAFileOpenForReadingCannotBeWritable) {
    const FileHandle file = file_of(kBytes).reopen(O_RDONLY);
    const std::string text =
        caught([&] { (void)map_file(file, kBytes, Access::read_write, "slots of 'x'"); });
    EXPECT_TRUE(says(text, "no permission: wanted 16 x 4 KiB pages (64 KiB) for slots of 'x'"));
    EXPECT_TRUE(says(text, "open for reading and writing"));
}

TEST(Mapping, OfAClosedFileSaysWhatTheKernelSaid) {
    EXPECT_TRUE(says(caught([] { (void)map_file({}, kBytes, Access::read, "nothing"); }),
                     "Bad file descriptor"));
    EXPECT_TRUE(says(caught([] { (void)file_page_bytes({}); }), "Bad file descriptor"));
}

}  // namespace
}  // namespace shunt
