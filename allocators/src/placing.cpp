// SPDX-License-Identifier: MIT
#include "placing.hpp"

#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/core/error.hpp>

#include <linux/mempolicy.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>

#include "text.hpp"

namespace shunt::detail {
namespace {

std::string node_folder(int node) {
    return "/sys/devices/system/node/node" + std::to_string(node) + "/";
}

std::string pool_folder(int node, std::uint64_t page_bytes) {
    return node_folder(node) + "hugepages/hugepages-" + std::to_string(page_bytes / 1024) + "kB/";
}

std::optional<std::uint64_t> count_in(NumaKernel& kernel, const std::string& path) {
    const std::optional<std::string> text = kernel.read(path);
    std::uint64_t count = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), count).ec != std::errc{}) {
        return std::nullopt;
    }
    return count;
}

// "Node 0 MemFree:   1234 kB": the field's bytes.
std::optional<std::uint64_t> field_of(std::string_view text, std::string_view key) {
    const std::size_t at = text.find(" " + std::string{key});
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(at + 1 + key.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t kib = 0;
    std::from_chars(text.data(), text.data() + text.size(), kib);
    return kib * 1024;
}

// Free, or to be had by dropping what is on disk as well; nothing where the kernel does not say.
std::optional<std::uint64_t> room_on(NumaKernel& kernel, int node) {
    const std::optional<std::string> text = kernel.read(node_folder(node) + "meminfo");
    const auto free = text ? field_of(*text, "MemFree:") : std::nullopt;
    if (!free) {
        return std::nullopt;
    }
    std::uint64_t room = *free;
    for (const std::string_view key : {"Active(file):", "Inactive(file):", "SReclaimable:"}) {
        room += field_of(*text, key).value_or(0);
    }
    return room;
}

// Of `pages`, what the node gets at least, whichever node the kernel begins with.
std::uint64_t share_of(const Wanted& wanted) {
    return wanted.bytes / wanted.page_bytes / wanted.nodes->nodes.size();
}

// The kernel's global counts say what it may still add by itself, on any node.
std::uint64_t spare_pages(NumaKernel& kernel, std::uint64_t page_bytes) {
    const std::string pool =
        "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(page_bytes / 1024) + "kB/";
    const std::uint64_t overcommit = count_in(kernel, pool + "nr_overcommit_hugepages").value_or(0);
    const std::uint64_t surplus = count_in(kernel, pool + "surplus_hugepages").value_or(0);
    return overcommit > surplus ? overcommit - surplus : 0;
}

void check_pool(const Wanted& wanted, int node, NumaKernel& kernel) {
    const std::string pool = pool_folder(node, wanted.page_bytes);
    const auto free = count_in(kernel, pool + "free_hugepages");
    const std::uint64_t total = count_in(kernel, pool + "nr_hugepages").value_or(0);
    const std::uint64_t need = share_of(wanted);
    if (!free || *free + spare_pages(kernel, wanted.page_bytes) >= need) {
        return;
    }
    throw Error{Errc::no_huge_pages,
                wanted.text() + ", " + std::to_string(*free) + " of " + std::to_string(total) +
                    " on node " + std::to_string(node) + " are free: as root, echo " +
                    std::to_string(total + need - *free) + " > " + pool +
                    "nr_hugepages; or ask for less, for another node, or for base pages"};
}

void check_memory(const Wanted& wanted, int node, NumaKernel& kernel) {
    const std::uint64_t need = share_of(wanted) * wanted.page_bytes;
    const auto room = room_on(kernel, node);
    if (!room || *room >= need) {
        return;
    }
    throw Error{Errc::no_space,
                wanted.text() + ", node " + std::to_string(node) + " has " + size_text(*room) +
                    " free or easily freed: end what fills it, or ask for less, for another node, "
                    "or for node::interleave"};
}

std::string where_text(const MemoryProof& proof) {
    std::string text;
    for (const auto& [node, pages] : proof.nodes) {
        text +=
            (text.empty() ? "" : ", ") + std::to_string(pages) + " on node " + std::to_string(node);
    }
    return text;
}

bool as_planned(const NodePlan& plan, const MemoryProof& proof) {
    const auto planned = [&](int node) {
        return std::find(plan.nodes.begin(), plan.nodes.end(), node) != plan.nodes.end();
    };
    const bool inside = std::all_of(proof.nodes.begin(), proof.nodes.end(),
                                    [&](const auto& each) { return planned(each.first); });
    if (!inside || proof.resident_pages != proof.pages) {
        return false;
    }
    // Pages may be made in runs, so shares are not exact.
    const std::uint64_t share = proof.pages / plan.nodes.size();
    return share == 0 || (proof.nodes.size() == plan.nodes.size() &&
                          std::all_of(proof.nodes.begin(), proof.nodes.end(),
                                      [&](const auto& each) { return each.second * 2 >= share; }));
}

}  // namespace

void check_room(const Wanted& wanted, NumaKernel& kernel) {
    for (const int node : wanted.nodes->nodes) {
        wanted.huge() ? check_pool(wanted, node, kernel) : check_memory(wanted, node, kernel);
    }
}

void bind(const Wanted& wanted, const Mapping& mapping, NumaKernel& kernel) {
    constexpr std::size_t kBits = 8 * sizeof(unsigned long);
    std::vector<unsigned long> mask;
    for (const int node : wanted.nodes->nodes) {
        const auto bit = static_cast<std::size_t>(node);
        mask.resize(std::max(mask.size(), bit / kBits + 1));
        mask[bit / kBits] |= 1ul << bit % kBits;
    }
    const int mode = wanted.nodes->mode == NodePlan::Mode::interleave ? MPOL_INTERLEAVE : MPOL_BIND;
    const int error = kernel.bind(mapping.bytes(), mapping.size(), mode, mask);
    if (error == 0) {
        return;
    }
    const std::string text =
        wanted.text() + ", mbind was refused (" + std::generic_category().message(error) + ")";
    if (error == EPERM || error == ENOSYS) {
        throw Error{Errc::no_permission,
                    text +
                        ", as containers do: start it with the capability SYS_NICE (--cap-add "
                        "SYS_NICE), or leave .node at node::any"};
    }
    throw Error{{error, std::generic_category()}, text + "; leave .node at node::any"};
}

void refuse_nodes(const Wanted& wanted, int error, NumaKernel& kernel) {
    check_room(wanted, kernel);
    throw Error{Errc::no_huge_pages,
                wanted.text() + ", but they could not be had there (madvise: " +
                    std::generic_category().message(error) +
                    "): somebody else took them meanwhile, or they are promised: ask for less, "
                    "for another node, or enlarge the pool of that node in " +
                    pool_folder(wanted.nodes->nodes.front(), wanted.page_bytes)};
}

void check_nodes(const Wanted& wanted, const MemoryProof& proof) {
    if (!wanted.placed() || as_planned(*wanted.nodes, proof)) {
        return;
    }
    if (proof.nodes.empty()) {
        throw Error{Errc::no_permission,
                    wanted.text() + ", but where they are cannot be proven (" + proof.no_nodes +
                        "): start it with the capability SYS_NICE (--cap-add SYS_NICE), or leave "
                        ".node at node::any"};
    }
    throw Error{wanted.huge() ? Errc::no_huge_pages : Errc::no_space,
                wanted.text() + ", but of " + std::to_string(proof.pages) + " pages there are " +
                    where_text(proof) +
                    ": end what fills the nodes, or ask for less, or for other nodes"};
}

}  // namespace shunt::detail
