// SPDX-License-Identifier: MIT
#include <shunt/allocators/proof.hpp>

#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/prepare.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>
#include <span>

#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::says;

const std::uint64_t kPage = base_page_bytes();
const std::uint64_t kBytes = 16 * kPage;

FileHandle unnamed() {
    FileHandle file = FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
    sandbox::must(static_cast<bool>(file), "unnamed file");
    return file;
}

TEST(ProveMemory, CountsPagesOnNodes) {
    const Mapping memory = make_memory(unnamed(), kBytes, kBasePageBytes, "a test");
    const MemoryProof proof = prove_memory(memory);
    EXPECT_EQ(proof.page_bytes, kPage);
    EXPECT_EQ(proof.pages, 16u);
    EXPECT_EQ(proof.resident_pages, 16u);
    EXPECT_EQ(proof.locked_bytes, 0u);
    if (proof.nodes.empty()) {
        EXPECT_FALSE(proof.no_nodes.empty());
        EXPECT_EQ(proof.node(), -1);
    } else {
        EXPECT_TRUE(proof.no_nodes.empty());
        std::uint64_t sum = 0;
        for (const auto& [node, pages] : proof.nodes) {
            EXPECT_GE(node, 0);
            sum += pages;
        }
        EXPECT_EQ(sum, 16u);
    }
}

TEST(ProveMemory, CountsOnlyWhatThisProcessHasInItsPageTables) {
    const FileHandle file = unnamed();
    const Mapping maker = make_memory(file, kBytes, kBasePageBytes, "a test");
    const Mapping memory = map_file(file, kBytes, Access::read_write, "a test");
    EXPECT_EQ(prove_memory(memory).resident_pages, 0u);
    EXPECT_EQ(prove_memory(memory).node(), -1);
    EXPECT_FALSE(prove_memory(memory).no_nodes.empty());
    memory.bytes()[3 * kPage] = std::byte{1};
    EXPECT_EQ(prove_memory(memory).resident_pages, 1u);
    memory.bytes()[9 * kPage] = std::byte{1};
    EXPECT_EQ(prove_memory(memory).resident_pages, 2u);
    EXPECT_EQ(prove_memory(memory).pages, 16u);
}

// A kernel that is moving pages 3 and 5, and of these 5 twice.
struct MovingPages : NumaKernel {
    int locate(std::span<const void* const> pages, std::span<int> nodes) override {
        for (std::size_t i = 0; i < pages.size(); ++i) {
            const auto at = static_cast<const std::byte*>(pages[i]);
            const auto page = static_cast<std::size_t>(at - begin) / kPage;
            nodes[i] = page < left.size() && left[page] > 0 ? -ENOENT : 0;
            left[page] -= nodes[i] < 0 ? 1 : 0;
        }
        return 0;
    }

    const std::byte* begin = nullptr;
    std::array<int, 16> left{0, 0, 0, 1, 0, 2};
};

TEST(ProveMemory, CountsPagesThatTheKernelMovesJustThen) {
    const Mapping memory = make_memory(unnamed(), kBytes, kBasePageBytes, "a test");
    MovingPages kernel;
    kernel.begin = memory.bytes();
    EXPECT_EQ(prove_memory(memory, kernel).resident_pages, 16u);
}

TEST(ProveMemory, ThatNeverComesToRestIsNotWaitedForForEver) {
    const Mapping memory = make_memory(unnamed(), kBytes, kBasePageBytes, "a test");
    MovingPages kernel;
    kernel.begin = memory.bytes();
    kernel.left[7] = std::numeric_limits<int>::max();
    EXPECT_EQ(prove_memory(memory, kernel).resident_pages, 15u);
}

TEST(ProveMemory, OfAPartCountsItsPagesOnly) {
    const FileHandle file = unnamed();
    const Mapping maker = make_memory(file, kBytes, kBasePageBytes, "a test");
    const Mapping memory = map_file(file, kBytes, Access::read_write, "a test");
    memory.bytes()[3 * kPage] = std::byte{1};
    memory.bytes()[9 * kPage] = std::byte{1};
    const MemoryProof proof = prove_memory(memory.bytes() + 2 * kPage + 8, 3 * kPage);
    EXPECT_EQ(proof.pages, 4u);  // from the middle of page 2 to the middle of page 5
    EXPECT_EQ(proof.resident_pages, 1u);
}

TEST(ProveMemory, OfManyPagesAsksForEachOnce) {
    const std::uint64_t pages = 2500;  // move_pages is asked for 1024 at a time
    const FileHandle file = unnamed();
    const Mapping maker = make_memory(file, pages * kPage, kBasePageBytes, "a test");
    EXPECT_EQ(prove_memory(maker).resident_pages, pages);
    const Mapping memory = map_file(file, pages * kPage, Access::read_write, "a test");
    for (const std::uint64_t page : {0u, 1023u, 1024u, 2499u}) {
        memory.bytes()[page * kPage] = std::byte{1};
    }
    EXPECT_EQ(prove_memory(memory).resident_pages, 4u);
}

TEST(ProveMemory, OfSplitMappingsAddsUp) {
    const Mapping memory = make_memory(unnamed(), kBytes, kBasePageBytes, "a test");
    ASSERT_EQ(::mprotect(memory.bytes() + 4 * kPage, 4 * kPage, PROT_READ), 0);
    EXPECT_EQ(prove_memory(memory).resident_pages, 16u);
    EXPECT_EQ(prove_memory(memory).pages, 16u);
}

// In a child that ends without unmapping: others may have put their memory into the hole by then.
TEST(ProveMemory, OfWhatIsNotMappedIsABadArgument) {
    const std::string text = in_child([] {
        auto* memory = new Mapping{make_memory(unnamed(), kBytes, kBasePageBytes, "a test")};
        sandbox::must(::munmap(memory->bytes() + 8 * kPage, 8 * kPage) == 0, "munmap");
        return caught([&] { (void)prove_memory(*memory); });
    });
    EXPECT_TRUE(says(
        text, "bad argument: wanted proof for 64 KiB of memory, but 32 KiB of it are mapped"));
    EXPECT_TRUE(says(caught([] { (void)prove_memory(Mapping{}); }), "bad argument: "));
}

TEST(ProveMemory, SaysWhyNodesAreUnknownAndCountsPagesAnyway) {
    const std::string text = in_child([] {
        const FileHandle file = unnamed();
        const Mapping maker = make_memory(file, kBytes, kBasePageBytes, "a test");
        const Mapping memory = map_file(file, kBytes, Access::read_write, "a test");
        memory.bytes()[0] = std::byte{1};
        sandbox::forbid_move_pages();
        const MemoryProof all = prove_memory(maker);
        const MemoryProof one = prove_memory(memory);
        return all.no_nodes + " " + std::to_string(all.node()) + " " +
               std::to_string(all.resident_pages) + " " + std::to_string(one.resident_pages);
    });
    EXPECT_EQ(text, "move_pages: Operation not permitted -1 16 1");
}

}  // namespace
}  // namespace shunt
