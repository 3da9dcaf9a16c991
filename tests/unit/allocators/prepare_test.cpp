// SPDX-License-Identifier: MIT
#include <shunt/allocators/prepare.hpp>

#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::says;

constexpr std::uint64_t kBytes = 256 * 1024;

FileHandle unnamed() {
    FileHandle file = FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
    sandbox::must(static_cast<bool>(file), "unnamed file");
    return file;
}

// In a child: no right to lock more than `bytes`.
void limit_memlock(rlim_t bytes) {
    const rlimit limit{bytes, bytes};
    sandbox::must(::setrlimit(RLIMIT_MEMLOCK, &limit) == 0, "setrlimit");
    sandbox::become_nobody();
}

// Pages of this process's code that are not in its page tables.
std::uint64_t missing_code_bytes() {
    std::ifstream smaps("/proc/self/smaps");
    std::uint64_t missing = 0;
    std::uint64_t size = 0;
    bool code = false;
    for (std::string line; std::getline(smaps, line);) {
        std::istringstream words(line);
        std::string first;
        std::string second;
        words >> first >> second;
        if (second.size() == 4 && second.front() == 'r') {
            code = second == "r-xp" && line.find('/') != std::string::npos;
        } else if (first == "Size:") {
            size = std::stoull(second);
        } else if (first == "Rss:" && code) {
            missing += size - std::stoull(second);
        }
    }
    return missing * 1024;
}

// A child made by fork has no page tables for the files that its parent mapped.
TEST(PrefaultCode, PutsAllCodeIntoThePageTables) {
    const std::string result = in_child([] {
        const std::uint64_t before = missing_code_bytes();
        prefault_code();
        return std::to_string(before != 0) + " " + std::to_string(missing_code_bytes());
    });
    EXPECT_EQ(result, "1 0");
}

class Prefault : public testing::TestWithParam<Access> {};

TEST_P(Prefault, FillsThisProcessesPageTablesAndChangesNoByte) {
    const FileHandle file = unnamed();
    const Mapping maker = make_memory(file, kBytes, kBasePageBytes, "a test");
    maker.bytes()[kBytes / 2] = std::byte{42};
    const Mapping memory = map_file(file, kBytes, GetParam(), "a test");
    ASSERT_EQ(prove_memory(memory).resident_pages, 0u);
    prefault(memory, "a test");
    const MemoryProof proof = prove_memory(memory);
    EXPECT_EQ(proof.resident_pages, proof.pages);
    EXPECT_EQ(memory.bytes()[kBytes / 2], std::byte{42});
    EXPECT_EQ(memory.bytes()[kBytes / 2 + 1], std::byte{0});
}

TEST_P(Prefault, OfAFileThatWasCutShortIsAnErrorAndNotASignal) {
    const FileHandle file = unnamed();
    const Mapping maker = make_memory(file, kBytes, kBasePageBytes, "a test");
    const Mapping memory = map_file(file, kBytes, GetParam(), "a test");
    ASSERT_EQ(::ftruncate(file.get(), kBytes / 2), 0);
    EXPECT_TRUE(says(caught([&] { prefault(memory, "slots of 'x'"); }),
                     "truncated: wanted all 256 KiB of slots of 'x' in the page tables, but the "
                     "file was cut short"));
}

INSTANTIATE_TEST_SUITE_P(Access, Prefault, testing::Values(Access::read, Access::read_write),
                         [](const auto& access) {
                             return access.param == Access::read ? "Read" : "ReadWrite";
                         });

TEST(LockMemory, LocksEveryPage) {
    const Mapping memory = make_memory(unnamed(), kBytes, kBasePageBytes, "a test");
    ASSERT_EQ(prove_memory(memory).locked_bytes, 0u);
    lock_memory(memory, "a test");
    EXPECT_EQ(prove_memory(memory).locked_bytes, kBytes);
}

TEST(LockMemory, UpToTheLimitAndNotOnePageMore) {
    const std::string text = in_child([] {
        const Mapping first = make_memory(unnamed(), kBytes, kBasePageBytes, "a test");
        const Mapping more = make_memory(unnamed(), 1, kBasePageBytes, "a test");
        limit_memlock(kBytes);
        const std::string within = caught([&] { lock_memory(first, "the ring of 'x'"); });
        return within + " | " + caught([&] { lock_memory(more, "the header of 'x'"); });
    });
    EXPECT_TRUE(says(text,
                     "nothing | limit reached: wanted to lock 4 KiB of the header of 'x' into "
                     "memory, but RLIMIT_MEMLOCK is 256 KiB with 256 KiB locked already: "
                     "raise it to 266240 bytes (ulimit -l 260, LimitMEMLOCK= of the service"));
}

TEST(LockMemory, WithoutAnyLimitToSpendIsAnErrorToo) {
    const std::string text = in_child([] {
        const Mapping memory = make_memory(unnamed(), kBytes, kBasePageBytes, "a test");
        limit_memlock(0);
        return caught([&] { lock_memory(memory, "slots of 'x'"); });
    });
    EXPECT_TRUE(says(text, "limit reached: "));
    EXPECT_TRUE(says(text, "RLIMIT_MEMLOCK is 0 bytes with 0 bytes locked already"));
}

}  // namespace
}  // namespace shunt
