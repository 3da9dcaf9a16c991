// SPDX-License-Identifier: MIT
#include <shunt/allocators/numa.hpp>

#include <shunt/allocators/file.hpp>
#include <shunt/core/error.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "text.hpp"

namespace shunt {
namespace {

constexpr int kMostNumbers = 1 << 20;  // beyond any cpu or node
constexpr const char* kNodes = "/sys/devices/system/node/";

bool has(const std::vector<int>& list, int number) {
    return std::find(list.begin(), list.end(), number) != list.end();
}

std::vector<int> common(const std::vector<int>& some, const std::vector<int>& others) {
    std::vector<int> both;
    std::copy_if(some.begin(), some.end(), std::back_inserter(both),
                 [&](int number) { return has(others, number); });
    return both;
}

std::string list_text(const std::vector<int>& numbers) {
    std::string text;
    for (const int number : numbers) {
        text += (text.empty() ? "" : ", ") + std::to_string(number);
    }
    return text.empty() ? "none" : text;
}

class Host {
public:
    Host(NumaKernel& kernel, const std::string& asked) : kernel_{kernel}, asked_{asked} {
        const std::optional<std::string> online = kernel.read(std::string{kNodes} + "online");
        if (!online) {
            throw Error{Errc::bad_argument, asked + ", but this kernel tells of no NUMA nodes (" +
                                                kNodes +
                                                "online cannot be read): leave .node at "
                                                "node::any"};
        }
        online_ = parse_list(*online);
        // Kernels that do not say which nodes have memory leave it to mbind to refuse.
        const auto with_memory = kernel.read(std::string{kNodes} + "has_memory");
        with_memory_ = with_memory ? parse_list(*with_memory) : online_;
        allowed_ = allowed_nodes();
    }

    [[nodiscard]] NodePlan one(int node) const {
        if (!has(online_, node)) {
            throw Error{Errc::bad_argument,
                        asked_ + ", but this host has no node " + std::to_string(node) + ", only " +
                            list_text(online_) + ": ask for one of these, or for node::any"};
        }
        if (!has(with_memory_, node)) {
            throw Error{Errc::bad_argument, asked_ + ", but node " + std::to_string(node) +
                                                " has no memory; these have: " +
                                                list_text(with_memory_) + ": ask for one of them"};
        }
        if (!has(allowed_, node)) {
            throw Error{Errc::no_permission,
                        asked_ + ", but the cpuset of this process allows only " +
                            list_text(allowed_) + ", not node " + std::to_string(node) +
                            ": ask for one of these, or widen cpuset.mems of its control group"};
        }
        return {NodePlan::Mode::bind, {node}};
    }

    [[nodiscard]] NodePlan all() const {
        NodePlan plan{NodePlan::Mode::interleave, common(with_memory_, allowed_)};
        if (plan.nodes.empty()) {
            throw Error{Errc::no_permission, asked_ + ", but the cpuset of this process allows " +
                                                 list_text(allowed_) + ", and memory is on " +
                                                 list_text(with_memory_) +
                                                 ": widen cpuset.mems of its control group"};
        }
        return plan;
    }

    [[nodiscard]] int node_of(int cpu) const {
        for (const int node : online_) {
            const auto cpus =
                kernel_.read(std::string{kNodes} + "node" + std::to_string(node) + "/cpulist");
            if (cpus && has(parse_list(*cpus), cpu)) {
                return node;
            }
        }
        throw Error{Errc::bad_argument, asked_ + ", but no node of this host has cpu " +
                                            std::to_string(cpu) +
                                            " online: give .cpu another one, or ask for a node by "
                                            "its number"};
    }

private:
    // Of this thread; a kernel without cpusets allows all.
    [[nodiscard]] std::vector<int> allowed_nodes() const {
        constexpr std::string_view kKey = "\nMems_allowed_list:";
        const auto status = kernel_.read("/proc/thread-self/status");
        const std::size_t at = status ? status->find(kKey) : std::string::npos;
        if (at == std::string::npos) {
            return online_;
        }
        std::string_view rest{*status};
        rest.remove_prefix(at + kKey.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        return parse_list(rest);
    }

    NumaKernel& kernel_;
    const std::string& asked_;
    std::vector<int> online_;
    std::vector<int> with_memory_;
    std::vector<int> allowed_;
};

}  // namespace

int NumaKernel::bind(std::byte* begin, std::uint64_t bytes, int mode,
                     std::span<const unsigned long> mask) {
    // The kernel counts one bit fewer than it is told.
    const std::uint64_t bits = mask.size() * 8 * sizeof(unsigned long) + 1;
    return ::syscall(SYS_mbind, begin, bytes, mode, mask.data(), bits, 0) == 0 ? 0 : errno;
}

int NumaKernel::locate(std::span<const void* const> pages, std::span<int> nodes) {
    const long got =
        ::syscall(SYS_move_pages, 0, pages.size(), pages.data(), nullptr, nodes.data(), 0);
    return got == 0 ? 0 : errno;
}

std::optional<std::string> NumaKernel::read(const std::string& path) {
    return read_text(path.c_str());
}

NumaKernel& this_kernel() noexcept {
    static NumaKernel kernel;
    return kernel;
}

std::string NodePlan::text() const {
    switch (mode) {
        case Mode::anywhere:
            break;
        case Mode::bind:
            return " on node " + list_text(nodes);
        case Mode::interleave:
            return " over nodes " + list_text(nodes);
    }
    return {};
}

std::vector<int> parse_list(std::string_view text) {
    std::vector<int> numbers;
    const char* const end = text.data() + text.size();
    const char* at = text.data();
    int first = 0;
    int last = 0;
    while (at < end) {
        const auto low = std::from_chars(at, end, first);
        if (low.ec != std::errc{} || first < 0) {
            break;
        }
        at = low.ptr;
        last = first;
        if (at < end && *at == '-') {
            const auto high = std::from_chars(at + 1, end, last);
            if (high.ec != std::errc{} || last > kMostNumbers) {
                break;
            }
            at = high.ptr;
        }
        for (; first <= last; ++first) {
            numbers.push_back(first);
        }
        if (at == end || *at != ',') {
            break;
        }
        ++at;
    }
    return numbers;
}

NodePlan plan_nodes(std::int32_t wish, int cpu, NumaKernel& kernel) {
    if (wish == node::any) {
        return {};
    }
    if (wish == node::interleave) {
        return Host{kernel, "wanted memory over all nodes"}.all();
    }
    if (wish == node::automatic) {
        const std::string asked = "wanted memory on the node of cpu " + std::to_string(cpu);
        const Host host{kernel, asked};
        return host.one(host.node_of(cpu));
    }
    const std::string asked = "wanted memory on node " + std::to_string(wish);
    if (wish < 0) {
        throw Error{Errc::bad_argument, asked +
                                            ", which is no number of a node: give one from 0 on, "
                                            "node::automatic, node::interleave or node::any"};
    }
    return Host{kernel, asked}.one(wish);
}

}  // namespace shunt
