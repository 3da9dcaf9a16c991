// SPDX-License-Identifier: MIT
#include <shunt/allocators/file.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace shunt {
namespace {

FileHandle unnamed() {
    return FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

TEST(FileHandle, OpensCloseOnExec) {
    const FileHandle file = unnamed();
    ASSERT_TRUE(file);
    EXPECT_EQ(::fcntl(file.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(FileHandle, IsEmptyWithErrnoWhereTheKernelRefuses) {
    const FileHandle file = FileHandle::open("/dev/shm/no/such/file", O_RDONLY);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_FALSE(file);
    EXPECT_EQ(file.get(), -1);
}

TEST(FileHandle, ClosesAtItsEnd) {
    int descriptor = -1;
    {
        const FileHandle file = unnamed();
        descriptor = file.get();
        ASSERT_TRUE(is_open(descriptor));
    }
    EXPECT_FALSE(is_open(descriptor));
}

TEST(FileHandle, MovesWithoutClosingAndClosesWhatItOwnedBefore) {
    FileHandle first = unnamed();
    FileHandle second = unnamed();
    const int kept = first.get();
    const int dropped = second.get();
    second = std::move(first);
    EXPECT_EQ(second.get(), kept);
    EXPECT_TRUE(is_open(kept));
    EXPECT_FALSE(is_open(dropped));
    const FileHandle third{std::move(second)};
    EXPECT_EQ(third.get(), kept);
    EXPECT_TRUE(is_open(kept));
}

TEST(FileHandle, ReleaseGivesTheDescriptorAwayOpen) {
    FileHandle file = unnamed();
    const int descriptor = file.release();
    EXPECT_FALSE(file);
    EXPECT_TRUE(is_open(descriptor));
    EXPECT_EQ(::close(descriptor), 0);
}

TEST(FileHandle, ResetLeavesErrnoAlone) {
    FileHandle file = unnamed();
    ASSERT_EQ(::close(file.get()), 0);  // so that closing it again fails
    errno = E2BIG;
    file.reset();
    EXPECT_EQ(errno, E2BIG);
}

TEST(FileHandle, ReopenGivesAnIndependentDescriptionOfTheSameFile) {
    const FileHandle first = unnamed();
    ASSERT_EQ(::write(first.get(), "abc", 3), 3);
    const FileHandle second = first.reopen(O_RDONLY);
    ASSERT_TRUE(second);
    struct stat one {};
    struct stat two {};
    ASSERT_EQ(::fstat(first.get(), &one), 0);
    ASSERT_EQ(::fstat(second.get(), &two), 0);
    EXPECT_EQ(one.st_ino, two.st_ino);
    EXPECT_EQ(::lseek(first.get(), 0, SEEK_CUR), 3);
    EXPECT_EQ(::lseek(second.get(), 0, SEEK_CUR), 0);
    EXPECT_EQ(::fcntl(second.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(ReadText, ReadsWholeProcFilesAndSaysWhyNot) {
    const std::optional<std::string> status = read_text("/proc/self/status");
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->rfind("Name:", 0), 0u);
    EXPECT_NE(status->find("\nVmLck:"), std::string::npos);
    EXPECT_FALSE(read_text("/proc/self/no-such-file").has_value());
    EXPECT_EQ(errno, ENOENT);
    EXPECT_FALSE(read_text("/proc/self/fd").has_value());  // a directory
    EXPECT_EQ(errno, EISDIR);
}

TEST(ReadText, ReadsMoreThanOneChunk) {
    const FileHandle file = unnamed();
    const std::string text(50'000, 'x');
    ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    const std::string path = "/proc/self/fd/" + std::to_string(file.get());
    EXPECT_EQ(read_text(path.c_str()), text);
}

}  // namespace
}  // namespace shunt
