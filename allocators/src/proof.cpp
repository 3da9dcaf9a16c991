// SPDX-License-Identifier: MIT
#include <shunt/allocators/proof.hpp>

#include <shunt/allocators/file.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "text.hpp"

namespace shunt {
namespace {

struct Range {
    std::uint64_t begin;
    std::uint64_t end;
};

// What smaps says about the mappings that touch a range.
struct Smaps {
    std::uint64_t covered = 0;  // bytes of the range that are mapped
    std::uint64_t page_bytes = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t locked_bytes = 0;
    std::uint64_t transparent_bytes = 0;
    std::uint64_t whole = 0;  // bytes of these mappings, the range's and others
    bool mixed = false;
};

constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) noexcept {
    return value & ~(alignment - 1);
}

// "7f0000000000-7f0000200000 rw-s ...": the head of a mapping; the names of fields are capitalised.
std::optional<Range> parse_head(std::string_view line) {
    const char* const end = line.data() + line.size();
    Range range{};
    const auto first = std::from_chars(line.data(), end, range.begin, 16);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') {
        return std::nullopt;
    }
    const auto second = std::from_chars(first.ptr + 1, end, range.end, 16);
    if (second.ec != std::errc{} || second.ptr == end || *second.ptr != ' ') {
        return std::nullopt;
    }
    return range;
}

// "KernelPageSize:        4 kB": the field's bytes, where it is that field.
std::optional<std::uint64_t> parse_field(std::string_view line, std::string_view key) {
    if (!line.starts_with(key)) {
        return std::nullopt;
    }
    line.remove_prefix(std::min(line.find_first_of("0123456789"), line.size()));
    std::uint64_t kib = 0;
    std::from_chars(line.data(), line.data() + line.size(), kib);
    return kib * 1024;
}

void take_field(Smaps& smaps, std::string_view line) {
    if (const auto bytes = parse_field(line, "KernelPageSize:")) {
        smaps.mixed = smaps.mixed || (smaps.page_bytes != 0 && smaps.page_bytes != *bytes);
        smaps.page_bytes = *bytes;
    }
    for (const std::string_view key : {"Rss:", "Shared_Hugetlb:", "Private_Hugetlb:"}) {
        smaps.resident_bytes += parse_field(line, key).value_or(0);
    }
    // ShmemPmdMapped: mapped by one entry of 2 MiB each; FilePmdMapped is other file systems'.
    for (const std::string_view key : {"ShmemPmdMapped:", "FilePmdMapped:"}) {
        smaps.transparent_bytes += parse_field(line, key).value_or(0);
    }
    smaps.locked_bytes += parse_field(line, "Locked:").value_or(0);
}

Smaps read_smaps(Range range) {
    const std::optional<std::string> text = read_text("/proc/self/smaps");
    if (!text) {
        throw detail::system_error(errno, "cannot read /proc/self/smaps to prove what memory is");
    }
    Smaps smaps;
    bool inside = false;
    for (std::string_view rest{*text}; !rest.empty();) {
        const std::size_t length = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, length);
        rest.remove_prefix(std::min(length + 1, rest.size()));
        if (!line.empty() && line.front() >= 'A' && line.front() <= 'Z') {
            if (inside) {
                take_field(smaps, line);
            }
        } else if (const std::optional<Range> head = parse_head(line)) {
            if (head->begin >= range.end) {
                break;  // mappings come in the order of their addresses
            }
            const std::uint64_t from = std::max(head->begin, range.begin);
            const std::uint64_t to = std::min(head->end, range.end);
            inside = from < to;
            smaps.covered += inside ? to - from : 0;
            smaps.whole += inside ? head->end - head->begin : 0;
        }
    }
    return smaps;
}

// Nodes, and how many pages lie on each.
using Nodes = std::map<int, std::uint64_t>;

constexpr std::size_t kAtOnce = 1024;

// The nodes of kAtOnce pages at most, counted; 0 or what move_pages refused with. A negative status
// is a page that is not in this process's page tables, which goes to `missing`.
int count_some(std::span<const void* const> pages, NumaKernel& kernel, Nodes& nodes,
               std::vector<const void*>& missing) {
    std::array<int, kAtOnce> status{};
    if (const int error = kernel.locate(pages, {status.data(), pages.size()}); error != 0) {
        return error;
    }
    for (std::size_t i = 0; i < pages.size(); ++i) {
        if (status[i] >= 0) {
            ++nodes[status[i]];
        } else {
            missing.push_back(pages[i]);
        }
    }
    return 0;
}

int count_nodes(const std::byte* begin, std::uint64_t pages, std::uint64_t page_bytes,
                NumaKernel& kernel, Nodes& nodes, std::vector<const void*>& missing) {
    std::array<const void*, kAtOnce> addresses{};
    for (std::uint64_t done = 0; done < pages; done += kAtOnce) {
        const std::uint64_t now = std::min<std::uint64_t>(kAtOnce, pages - done);
        for (std::uint64_t i = 0; i < now; ++i) {
            addresses[i] = begin + (done + i) * page_bytes;
        }
        if (const int error = count_some({addresses.data(), now}, kernel, nodes, missing);
            error != 0) {
            return error;
        }
    }
    return 0;
}

// Of memory that smaps calls resident, what is missing is on its way: the kernel moves pages, to
// make room for huge ones or for balance, and move_pages finds one only where it lies. Populating
// it waits until it does.
int count_moved(std::vector<const void*> moved, std::uint64_t page_bytes, NumaKernel& kernel,
                Nodes& nodes) {
    constexpr int kTries = 16;  // on its way again; or gone, with the end of its file
    for (int i = 0; i < kTries && !moved.empty(); ++i) {
        std::vector<const void*> missing;
        for (const void* const page : moved) {
            (void)::madvise(const_cast<void*>(page), page_bytes, MADV_POPULATE_READ);
            if (const int error = count_some({&page, 1}, kernel, nodes, missing); error != 0) {
                return error;
            }
        }
        moved = std::move(missing);
    }
    return 0;
}

}  // namespace

MemoryProof prove_memory(const std::byte* begin, std::uint64_t size, NumaKernel& kernel) {
    const auto first = std::bit_cast<std::uint64_t>(begin);
    const std::uint64_t base = base_page_bytes();
    const Range range{align_down(first, base), align_up(first + size, base)};
    const Smaps smaps = read_smaps(range);
    if (size == 0 || smaps.covered != range.end - range.begin || smaps.mixed ||
        smaps.page_bytes == 0) {
        throw Error{Errc::bad_argument,
                    "wanted proof for " + detail::size_text(size) + " of memory, but " +
                        (smaps.mixed ? "its pages differ in size"
                                     : detail::size_text(smaps.covered) + " of it are mapped") +
                        ": ask for one mapping"};
    }
    MemoryProof proof;
    proof.page_bytes = smaps.page_bytes;
    proof.locked_bytes = smaps.locked_bytes;
    // What is in small pages may all be of the range.
    const std::uint64_t small = smaps.whole - std::min(smaps.whole, smaps.transparent_bytes);
    proof.transparent_bytes = size - std::min(size, small);
    Nodes nodes;
    std::vector<const void*> missing;
    proof.pages = (align_up(first + size, smaps.page_bytes) - align_down(first, smaps.page_bytes)) /
                  smaps.page_bytes;
    const std::byte* const first_page = begin - (first & (smaps.page_bytes - 1));
    int error = count_nodes(first_page, proof.pages, smaps.page_bytes, kernel, nodes, missing);
    if (error == 0 && smaps.resident_bytes == smaps.whole) {
        error = count_moved(std::move(missing), smaps.page_bytes, kernel, nodes);
    }
    if (error != 0) {
        proof.no_nodes = "move_pages: " + std::generic_category().message(error);
        proof.resident_pages = std::min(smaps.resident_bytes / smaps.page_bytes, proof.pages);
        return proof;
    }
    for (const auto& [node, pages] : nodes) {
        proof.nodes.emplace_back(node, pages);
        proof.resident_pages += pages;
    }
    if (nodes.empty()) {
        proof.no_nodes = "no page is in this process's page tables";
    }
    return proof;
}

MemoryProof prove_memory(const Mapping& mapping, NumaKernel& kernel) {
    return prove_memory(mapping.bytes(), mapping.size(), kernel);
}

}  // namespace shunt
