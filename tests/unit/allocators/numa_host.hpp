// SPDX-License-Identifier: MIT
//
// A host with many NUMA nodes, for a test on one that has few: its files of /sys and /proc, and
// what it answers to mbind and move_pages. Pages go where the last mbind sent them, but no more to
// a node than that has room for; the rest goes to the next.
#pragma once

#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/numa.hpp>

#include <linux/mempolicy.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace shunt::sandbox {

class NumaHost final : public NumaKernel {
public:
    struct Node {
        std::vector<int> cpus{};
        std::uint64_t free_kib = 1 << 20;
        bool has_memory = true;
        std::uint64_t huge_total = 0;  // 2 MiB pages
        std::uint64_t huge_free = 0;
        std::uint64_t takes = UINT64_MAX;  // pages, whatever its files say
    };
    struct Bound {
        const std::byte* begin = nullptr;
        std::uint64_t bytes = 0;
        int mode = -1;
        std::vector<int> nodes;
    };

    explicit NumaHost(std::map<int, Node> nodes) : nodes_{std::move(nodes)} {
        std::vector<int> online;
        std::vector<int> with_memory;
        for (const auto& [id, node] : nodes_) {
            online.push_back(id);
            if (node.has_memory) {
                with_memory.push_back(id);
            }
        }
        const std::string folder = "/sys/devices/system/node/";
        files[folder + "online"] = list(online) + "\n";
        files[folder + "has_memory"] = list(with_memory) + "\n";
        allow(online);
        for (const auto& [id, node] : nodes_) {
            const std::string own = folder + "node" + std::to_string(id) + "/";
            const std::string pool = own + "hugepages/hugepages-2048kB/";
            const std::string row = "Node " + std::to_string(id) + " ";
            files[own + "cpulist"] = list(node.cpus) + "\n";
            files[own + "meminfo"] = row + "MemTotal:  99999999 kB\n" + row +
                                     "MemFree:  " + std::to_string(node.free_kib) + " kB\n" + row +
                                     "Active(file):  4 kB\n" + row + "Inactive(file):  8 kB\n";
            files[pool + "nr_hugepages"] = std::to_string(node.huge_total) + "\n";
            files[pool + "free_hugepages"] = std::to_string(node.huge_free) + "\n";
        }
    }

    /// What the cpuset of the thread has.
    void allow(const std::vector<int>& nodes) {
        files["/proc/thread-self/status"] =
            "Name:\ttest\nMems_allowed:\t1\nMems_allowed_list:\t" + list(nodes) + "\nmore:\t1\n";
    }

    int bind(std::byte* begin, std::uint64_t bytes, int mode,
             std::span<const unsigned long> mask) override {
        Bound call{begin, bytes, mode, {}};
        for (std::size_t bit = 0; bit < mask.size() * 64; ++bit) {
            if ((mask[bit / 64] >> bit % 64 & 1) != 0) {
                call.nodes.push_back(static_cast<int>(bit));
            }
        }
        bound.push_back(call);
        return bind_error;
    }

    int locate(std::span<const void* const> pages, std::span<int> nodes) override {
        for (std::size_t i = 0; i < pages.size(); ++i) {
            nodes[i] = node_of(static_cast<const std::byte*>(pages[i]));
        }
        return locate_error;
    }

    std::optional<std::string> read(const std::string& path) override {
        ++reads;
        const auto file = files.find(path);
        return file == files.end() ? std::nullopt : std::optional{file->second};
    }

    static std::string list(const std::vector<int>& numbers) {
        std::string text;
        for (const int number : numbers) {
            text += (text.empty() ? "" : ",") + std::to_string(number);
        }
        return text;
    }

    std::map<std::string, std::string> files;
    std::vector<Bound> bound;
    int bind_error = 0;
    int locate_error = 0;
    std::uint64_t page_bytes = base_page_bytes();
    std::size_t reads = 0;

private:
    // A page is where it was put first.
    int node_of(const std::byte* page) {
        if (const auto known = places_.find(page); known != places_.end()) {
            return known->second;
        }
        int node = nodes_.begin()->first;
        if (!bound.empty()) {
            const Bound& policy = bound.back();
            const auto index = static_cast<std::uint64_t>(page - policy.begin) / page_bytes;
            node = policy.mode == MPOL_INTERLEAVE ? policy.nodes[index % policy.nodes.size()]
                                                  : policy.nodes.front();
        }
        auto at = nodes_.find(node);
        while (at->second.takes == 0) {
            ++at;
            at = at == nodes_.end() ? nodes_.begin() : at;
        }
        --at->second.takes;
        return places_[page] = at->first;
    }

    std::map<int, Node> nodes_;
    std::map<const std::byte*, int> places_;
};

}  // namespace shunt::sandbox
