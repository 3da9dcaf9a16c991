// SPDX-License-Identifier: MIT
#include "bench/lib/src/arena.hpp"

#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/channel/directory.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>
#include <shunt_perf/cpus.hpp>

#include <sys/mman.h>
#include <cerrno>
#include <system_error>
#include <vector>

namespace shunt::bench {

namespace {

constexpr std::uint64_t kPreferHugeFrom = std::uint64_t{1} << 20;

constexpr const char* kWhat = "rivals' memory";

Mapping make_huge(std::uint64_t bytes, std::uint64_t page_bytes) {
    const channel::Folder directory = channel::open_directory();
    const HugeMount mount = find_huge_mount(page_bytes, channel::slots_root_name());
    const channel::Folder folder =
        channel::open_slots_folder(directory, mount.path, channel::Folder::Missing::create);
    return make_memory(folder.create_unnamed(), bytes, page_bytes, kWhat);
}

Mapping make_as_asked(std::uint64_t bytes, shunt::pages pages, std::uint64_t slots_bytes) {
    switch (pages) {
        case shunt::pages::base:
        case shunt::pages::thp:
            break;
        case shunt::pages::huge_2m:
            return make_huge(bytes, kHugePageBytes);
        case shunt::pages::huge_1g:
            return make_huge(bytes, kGiganticPageBytes);
        case shunt::pages::prefer_huge:
            if (slots_bytes < kPreferHugeFrom) {
                break;
            }
            try {
                return make_huge(bytes, kHugePageBytes);
            } catch (const Error&) {
                break;  // preferred, not required: base pages, and the result says so
            }
    }
    return make_memory(channel::open_directory().create_unnamed(), bytes,
                       MemoryPlan{.transparent = pages == shunt::pages::thp}, kWhat);
}

// Runs on one cpu for as long as it lives, so that first touch puts the pages on that cpu's node.
class Visit {
public:
    explicit Visit(int cpu) : before_{perf::allowed_cpus()} { perf::pin_to(cpu); }
    ~Visit() {
        try {
            perf::pin_to(before_);
        } catch (const std::system_error&) {
            // The cpuset shrank meanwhile: this process stays where it is.
        }
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

private:
    std::vector<int> before_;
};

}  // namespace

Arena::Arena(std::uint64_t bytes, shunt::pages pages, std::uint64_t slots_bytes, int cpu) {
    const Visit visit(cpu);
    mapping_ = make_as_asked(bytes, pages, slots_bytes);
    // Channels are not inherited; this memory is, it is how the children get it.
    if (madvise(mapping_.bytes(), mapping_.size(), MADV_DOFORK) != 0) {
        throw Error({errno, std::generic_category()},
                    "rivals' memory: madvise(MADV_DOFORK) refused");
    }
    const MemoryProof proof = prove_memory(mapping_);
    page_bytes_ = proof.transparent_bytes == mapping_.size() ? kHugePageBytes : proof.page_bytes;
    node_ = proof.node();
}

}  // namespace shunt::bench
