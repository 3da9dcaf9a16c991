// SPDX-License-Identifier: MIT
#include <shunt/allocators/numa.hpp>

#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "unit/allocators/numa_host.hpp"
#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::NumaHost;
using sandbox::says;
using Mode = NodePlan::Mode;

FileHandle unnamed() {
    return FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
}

// Two nodes with cpus, a third with memory alone, and a fourth with cpus alone.
NumaHost host() {
    return NumaHost{{{0, {.cpus = {0, 1, 4, 5}}},
                     {1, {.cpus = {2, 3, 6, 7}}},
                     {2, {.cpus = {}}},
                     {5, {.cpus = {8}, .has_memory = false}}}};
}

std::string refusal(std::int32_t wish, int cpu, NumaKernel& kernel) {
    return caught([&] { (void)plan_nodes(wish, cpu, kernel); });
}

TEST(ParseList, ReadsWhatTheKernelWrites) {
    EXPECT_EQ(parse_list("0-2,5,7-8\n"), (std::vector<int>{0, 1, 2, 5, 7, 8}));
    EXPECT_EQ(parse_list("3"), (std::vector<int>{3}));
    EXPECT_TRUE(parse_list("\n").empty());
    EXPECT_TRUE(parse_list("").empty());
    EXPECT_TRUE(parse_list("-1").empty());
    EXPECT_EQ(parse_list("1,x"), (std::vector<int>{1}));
    EXPECT_TRUE(parse_list("0-99999999999").empty());
}

TEST(PlanNodes, AnyAsksTheKernelNothing) {
    NumaHost many = host();
    const NodePlan plan = plan_nodes(node::any, 0, many);
    EXPECT_EQ(plan.mode, Mode::anywhere);
    EXPECT_TRUE(plan.nodes.empty());
    EXPECT_EQ(plan.text(), "");
    EXPECT_EQ(many.reads, 0u);
}

TEST(PlanNodes, AutomaticIsTheNodeOfTheCpu) {
    NumaHost many = host();
    for (const auto& [cpu, node] :
         std::vector<std::pair<int, int>>{{0, 0}, {5, 0}, {2, 1}, {7, 1}}) {
        const NodePlan plan = plan_nodes(node::automatic, cpu, many);
        EXPECT_EQ(plan.mode, Mode::bind);
        EXPECT_EQ(plan.nodes, std::vector<int>{node}) << cpu;
        EXPECT_EQ(plan.text(), " on node " + std::to_string(node));
    }
}

TEST(PlanNodes, InterleaveIsAllThatHaveMemoryAndAreAllowed) {
    NumaHost many = host();
    const NodePlan plan = plan_nodes(node::interleave, 0, many);
    EXPECT_EQ(plan.mode, Mode::interleave);
    EXPECT_EQ(plan.nodes, (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(plan.text(), " over nodes 0, 1, 2");
    many.allow({1, 2, 5});
    EXPECT_EQ(plan_nodes(node::interleave, 0, many).nodes, (std::vector<int>{1, 2}));
    many.allow({5});
    EXPECT_TRUE(says(refusal(node::interleave, 0, many),
                     "no permission: wanted memory over all nodes, but the cpuset of this process "
                     "allows 5, and memory is on 0, 1, 2: widen cpuset.mems"));
}

TEST(PlanNodes, ANodeWithoutCpusIsAsGoodAsAnother) {
    NumaHost many = host();
    EXPECT_EQ(plan_nodes(2, 0, many).nodes, std::vector<int>{2});
}

TEST(PlanNodes, WhatCannotBeIsRefusedWithTheChoice) {
    NumaHost many = host();
    EXPECT_TRUE(says(refusal(7, 0, many),
                     "bad argument: wanted memory on node 7, but this host has no node 7, only 0, "
                     "1, 2, 5: ask for one of these"));
    EXPECT_TRUE(says(refusal(5, 0, many),
                     "bad argument: wanted memory on node 5, but node 5 has no memory; these "
                     "have: 0, 1, 2"));
    EXPECT_TRUE(says(refusal(node::automatic, 8, many),
                     "bad argument: wanted memory on the node of cpu 8, but node 5 has no memory"));
    EXPECT_TRUE(says(refusal(node::automatic, 99, many),
                     "bad argument: wanted memory on the node of cpu 99, but no node of this host "
                     "has cpu 99 online"));
    EXPECT_TRUE(says(refusal(-7, 0, many), "bad argument: wanted memory on node -7, which is no"));
    many.allow({0});
    EXPECT_TRUE(says(refusal(1, 0, many),
                     "no permission: wanted memory on node 1, but the cpuset of this process "
                     "allows only 0, not node 1: ask for one of these, or widen cpuset.mems"));
}

TEST(PlanNodes, AKernelWithoutNodesHasOnlyAny) {
    NumaHost none{{}};
    none.files.clear();
    EXPECT_EQ(plan_nodes(node::any, 0, none).mode, Mode::anywhere);
    for (const std::int32_t wish : {0, node::automatic, node::interleave}) {
        EXPECT_TRUE(says(refusal(wish, 0, none), "tells of no NUMA nodes"));
    }
}

class MemoryOnNodes : public testing::Test {
protected:
    static constexpr std::uint64_t kPages = 16;
    const std::uint64_t bytes_ = kPages * base_page_bytes();

    std::string refused(const NodePlan& plan, NumaHost& kernel) const {
        return caught([&] {
            (void)make_memory(unnamed(), bytes_, MemoryPlan{.nodes = plan}, "slots of 'x'", kernel);
        });
    }
};

TEST_F(MemoryOnNodes, IsBoundAsAWholeBeforeAnyPageIsThere) {
    NumaHost many = host();
    const Mapping memory =
        make_memory(unnamed(), bytes_, MemoryPlan{.nodes = plan_nodes(1, 0, many)}, "x", many);
    ASSERT_EQ(many.bound.size(), 1u);
    EXPECT_EQ(many.bound[0].begin, memory.bytes());
    EXPECT_EQ(many.bound[0].bytes, bytes_);
    EXPECT_EQ(many.bound[0].mode, MPOL_BIND);
    EXPECT_EQ(many.bound[0].nodes, std::vector<int>{1});
    const MemoryProof proof = prove_memory(memory, many);
    EXPECT_EQ(proof.node(), 1);
    EXPECT_EQ(proof.resident_pages, kPages);
}

TEST_F(MemoryOnNodes, AnywhereIsNotBoundAtAll) {
    NumaHost many = host();
    (void)make_memory(unnamed(), bytes_, MemoryPlan{}, "x", many);
    EXPECT_TRUE(many.bound.empty());
    EXPECT_EQ(many.reads, 0u);
}

TEST_F(MemoryOnNodes, AMaskReachesNodesBeyondAWord) {
    NumaHost many{{{3, {}}, {64, {}}, {130, {}}}};
    (void)make_memory(unnamed(), bytes_, MemoryPlan{.nodes = plan_nodes(node::interleave, 0, many)},
                      "x", many);
    ASSERT_EQ(many.bound.size(), 1u);
    EXPECT_EQ(many.bound[0].mode, MPOL_INTERLEAVE);
    EXPECT_EQ(many.bound[0].nodes, (std::vector<int>{3, 64, 130}));
}

TEST_F(MemoryOnNodes, PartOfItElsewhereIsAnErrorThatCountsIt) {
    NumaHost many{{{0, {}}, {1, {.takes = 10}}}};
    EXPECT_TRUE(says(refused({Mode::bind, {1}}, many),
                     "no space: wanted 16 x 4 KiB pages on node 1 (64 KiB) for slots of 'x', but "
                     "of 16 pages there are 6 on node 0, 10 on node 1: end what fills the nodes"));
}

TEST_F(MemoryOnNodes, InterleavedHasAtLeastHalfOfItsShareOnEachNode) {
    const NodePlan both{Mode::interleave, {0, 1}};
    NumaHost even{{{0, {}}, {1, {}}}};
    EXPECT_EQ(refused(both, even), "nothing");
    NumaHost uneven{{{0, {}}, {1, {.takes = 4}}}};
    EXPECT_EQ(refused(both, uneven), "nothing");
    NumaHost poor{{{0, {}}, {1, {.takes = 3}}}};
    EXPECT_TRUE(says(refused(both, poor),
                     "pages over nodes 0, 1 (64 KiB) for slots of 'x', but of 16 pages there are "
                     "13 on node 0, 3 on node 1"));
    NumaHost outside{{{0, {.takes = 8}}, {1, {.takes = 7}}, {2, {}}}};
    EXPECT_TRUE(says(refused(both, outside), "8 on node 0, 7 on node 1, 1 on node 2"));
}

TEST_F(MemoryOnNodes, ANodeWithoutRoomIsAnErrorBeforeAnythingIsTaken) {
    NumaHost many{{{0, {}}, {1, {.free_kib = 40}}}};
    EXPECT_TRUE(says(refused({Mode::bind, {1}}, many),
                     "no space: wanted 16 x 4 KiB pages on node 1 (64 KiB) for slots of 'x', node "
                     "1 has 52 KiB free or easily freed: "));
    EXPECT_TRUE(many.bound.empty());
    EXPECT_EQ(refused({Mode::interleave, {0, 1}}, many), "nothing");  // its share fits
}

TEST_F(MemoryOnNodes, WhatCannotBeBoundIsRefused) {
    NumaHost many = host();
    for (const int error : {EPERM, ENOSYS}) {
        many.bind_error = error;
        const std::string text = refused({Mode::bind, {1}}, many);
        EXPECT_TRUE(says(text, "no permission: wanted 16 x 4 KiB pages on node 1"));
        EXPECT_TRUE(says(text, "mbind was refused"));
        EXPECT_TRUE(says(text, "--cap-add SYS_NICE"));
    }
    many.bind_error = EIO;
    EXPECT_TRUE(says(refused({Mode::bind, {1}}, many), "Input/output error"));
}

TEST_F(MemoryOnNodes, WhatCannotBeProvenIsRefused) {
    NumaHost many = host();
    many.locate_error = EPERM;
    EXPECT_TRUE(says(refused({Mode::bind, {1}}, many),
                     "no permission: wanted 16 x 4 KiB pages on node 1 (64 KiB) for slots of 'x', "
                     "but where they are cannot be proven (move_pages: Operation not permitted)"));
    EXPECT_EQ(refused({}, many), "nothing");
}

// This host itself, however few nodes it has.
class ThisHost : public testing::Test {
protected:
    void SetUp() override { SHUNT_NEEDS_NODES(); }
};

TEST_F(ThisHost, PutsMemoryOnTheNodeOfEachOfItsCpusAndKeepsItThere) {
    const std::vector<int> cpus = parse_list(*this_kernel().read("/sys/devices/system/cpu/online"));
    ASSERT_FALSE(cpus.empty());
    for (const int cpu : {cpus.front(), cpus.back()}) {
        const NodePlan plan = plan_nodes(node::automatic, cpu);
        const Mapping memory = make_memory(unnamed(), 1 << 20, MemoryPlan{.nodes = plan}, "a test");
        EXPECT_EQ(prove_memory(memory).node(), plan.nodes.front());
        int mode = -1;
        constexpr int kOfAddress = 2;  // MPOL_F_ADDR
        ASSERT_EQ(::syscall(SYS_get_mempolicy, &mode, nullptr, 0, memory.bytes(), kOfAddress), 0);
        EXPECT_EQ(mode, MPOL_BIND);
    }
}

TEST_F(ThisHost, Interleaves) {
    const NodePlan plan = plan_nodes(node::interleave, 0);
    const Mapping memory = make_memory(unnamed(), 1 << 20, MemoryPlan{.nodes = plan}, "a test");
    EXPECT_EQ(prove_memory(memory).nodes.size(), plan.nodes.size());
}

TEST_F(ThisHost, HasNoNodeBeyondItsLast) {
    EXPECT_TRUE(says(refusal(4711, 0, this_kernel()), "this host has no node 4711, only 0"));
}

}  // namespace
}  // namespace shunt
