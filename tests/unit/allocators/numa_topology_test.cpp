// SPDX-License-Identifier: MIT
//
// The logic of many nodes on machines that hwloc describes: synthetic ones, and this host, of which
// hwloc has an opinion of its own.
#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <hwloc.h>
#include <sched.h>

#include <map>
#include <memory>

#include "unit/allocators/numa_host.hpp"
#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::NumaHost;

struct Destroy {
    void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<hwloc_topology, Destroy>;

// Of a description; of this host where that is empty.
Topology loaded(const char* synthetic) {
    hwloc_topology_t made = nullptr;
    sandbox::must(hwloc_topology_init(&made) == 0, "hwloc_topology_init");
    Topology topology{made};
    sandbox::must(*synthetic == '\0' || hwloc_topology_set_synthetic(made, synthetic) == 0,
                  "hwloc_topology_set_synthetic");
    sandbox::must(hwloc_topology_load(made) == 0, "hwloc_topology_load");
    return topology;
}

std::vector<int> numbers(hwloc_const_bitmap_t set) {
    std::vector<int> all;
    for (int i = hwloc_bitmap_first(set); i >= 0; i = hwloc_bitmap_next(set, i)) {
        all.push_back(i);
    }
    return all;
}

std::map<int, NumaHost::Node> nodes_of(hwloc_topology* topology) {
    std::map<int, NumaHost::Node> nodes;
    for (hwloc_obj_t node = nullptr;
         (node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
        nodes[static_cast<int>(node->os_index)] = {.cpus = numbers(node->cpuset)};
    }
    return nodes;
}

class OnMachine : public testing::TestWithParam<const char*> {};

TEST_P(OnMachine, EveryCpuHasItsMemoryOnItsOwnNode) {
    const Topology topology = loaded(GetParam());
    NumaHost host{nodes_of(topology.get())};
    int cpus = 0;
    for (hwloc_obj_t cpu = nullptr;
         (cpu = hwloc_get_next_obj_by_type(topology.get(), HWLOC_OBJ_PU, cpu)) != nullptr; ++cpus) {
        const NodePlan plan = plan_nodes(node::automatic, static_cast<int>(cpu->os_index), host);
        EXPECT_EQ(plan.nodes, numbers(cpu->nodeset)) << cpu->os_index;
    }
    EXPECT_GT(cpus, 0);
}

TEST_P(OnMachine, MemoryIsMadeOnEachNodeAndOverAll) {
    const Topology topology = loaded(GetParam());
    const auto nodes = nodes_of(topology.get());
    std::vector<std::int32_t> wishes{node::interleave};
    for (const auto& [id, node] : nodes) {
        wishes.push_back(id);
    }
    for (const std::int32_t wish : wishes) {
        NumaHost host{nodes};
        const NodePlan plan = plan_nodes(wish, 0, host);
        const FileHandle file = FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
        const Mapping memory =
            make_memory(file, 192 * kBasePageBytes, MemoryPlan{.nodes = plan}, "a test", host);
        const MemoryProof proof = prove_memory(memory, host);
        ASSERT_EQ(host.bound.size(), 1u);
        EXPECT_EQ(host.bound[0].nodes, plan.nodes);
        EXPECT_EQ(proof.nodes.size(), plan.nodes.size()) << wish;
        EXPECT_EQ(proof.node(), wish >= 0                 ? wish
                                : plan.nodes.size() == 1u ? plan.nodes.front()
                                                          : -1);
    }
}

TEST_P(OnMachine, ANodeThatFillsHalfwayIsAnErrorOnEachButTheLast) {
    const Topology topology = loaded(GetParam());
    auto nodes = nodes_of(topology.get());
    if (nodes.size() < 2) {
        return;  // a page that finds no room has no other place there
    }
    for (auto& [id, each] : nodes) {
        auto filling = nodes;
        filling[id].takes = 8;
        NumaHost host{filling};
        const FileHandle file = FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
        const NodePlan plan = plan_nodes(id, 0, host);
        EXPECT_TRUE(sandbox::says(sandbox::caught([&] {
                                      (void)make_memory(file, 16 * kBasePageBytes,
                                                        MemoryPlan{.nodes = plan}, "x", host);
                                  }),
                                  "8 on node " + std::to_string(id)));
    }
}

INSTANTIATE_TEST_SUITE_P(Machines, OnMachine,
                         testing::Values("numa:1 core:2 pu:1",              // this kind of VM
                                         "pack:2 [numa] core:8 pu:2",       // two sockets
                                         "pack:2 numa:4 l3:2 core:4 pu:2",  // NPS4
                                         "numa:16 core:8 pu:1",             // beyond a byte
                                         "numa:96 core:1 pu:1",             // beyond a word
                                         "pack:2 [numa(indexes=4,0)] core:2 pu:1"));  // holes

TEST(Hwloc, AgreesAboutTheNodesOfThisHostsCpus) {
    SHUNT_NEEDS_NODES();
    const Topology topology = loaded("");
    for (hwloc_obj_t cpu = nullptr;
         (cpu = hwloc_get_next_obj_by_type(topology.get(), HWLOC_OBJ_PU, cpu)) != nullptr;) {
        EXPECT_EQ(plan_nodes(node::automatic, static_cast<int>(cpu->os_index)).nodes,
                  numbers(cpu->nodeset));
    }
    EXPECT_EQ(plan_nodes(node::interleave, 0).nodes,
              numbers(hwloc_topology_get_allowed_nodeset(topology.get())));
}

}  // namespace
}  // namespace shunt
