// SPDX-License-Identifier: MIT
//
// The memory of a channel: making it, mapping what another made, faulting it in, and the proof from
// /proc. An item is a page; the argument is the size in KiB. Files are unnamed, in /dev/shm or on
// the first hugetlbfs that can be written, so nothing is left behind.
#include "bench/micro/allocators.hpp"

#include "bench/micro/loops.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/prepare.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>

#include <fcntl.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace shunt::micro {
namespace {

constexpr const char* kWhat = "a benchmark";

struct Pages {
    std::string folder = "/dev/shm";
    std::uint64_t bytes = kBasePageBytes;
};

[[nodiscard]] FileHandle unnamed(const Pages& pages) {
    return FileHandle::open(pages.folder.c_str(), O_TMPFILE | O_RDWR, 0600);
}

[[nodiscard]] std::uint64_t size_of(const benchmark::State& state) {
    return static_cast<std::uint64_t>(state.range(0)) * 1024;
}

// Of each page.
void finish_pages(benchmark::State& state, const Pages& pages, bool failed) {
    const std::uint64_t page = pages.bytes == kBasePageBytes ? base_page_bytes() : pages.bytes;
    const std::uint64_t size = size_of(state);
    finish(state, 0, state.iterations() * static_cast<std::int64_t>(size / page), failed);
}

// All that the creator of a channel does about memory, and its end.
void memory_make(benchmark::State& state, const Pages& pages) {
    const std::uint64_t size = size_of(state);
    bool failed = false;
    for (auto _ : state) {
        const FileHandle file = unnamed(pages);
        const Mapping memory = make_memory(file, size, pages.bytes, kWhat);
        benchmark::DoNotOptimize(memory.bytes());
        failed |= memory.size() != size;
    }
    finish_pages(state, pages, failed);
}

// All that a joiner does: the pages are there, but not in its page tables.
void memory_join(benchmark::State& state, const Pages& pages) {
    const std::uint64_t size = size_of(state);
    const FileHandle file = unnamed(pages);
    const Mapping made = make_memory(file, size, pages.bytes, kWhat);
    bool failed = false;
    for (auto _ : state) {
        const Mapping memory = map_file(file, size, Access::read_write, kWhat);
        prefault(memory, kWhat);
        benchmark::DoNotOptimize(memory.bytes());
        failed |= memory.size() != size;
    }
    finish_pages(state, pages, failed);
}

// The same without the faults: one call to map, one to unmap, whatever the size.
void memory_map(benchmark::State& state, const Pages& pages) {
    const std::uint64_t size = size_of(state);
    const FileHandle file = unnamed(pages);
    const Mapping made = make_memory(file, size, pages.bytes, kWhat);
    bool failed = false;
    for (auto _ : state) {
        const Mapping memory = map_file(file, size, Access::read_write, kWhat);
        benchmark::DoNotOptimize(memory.bytes());
        failed |= memory.size() != size;
    }
    finish(state, 0, state.iterations(), failed);
}

// Every page is there already.
void memory_prefault_again(benchmark::State& state, const Pages& pages) {
    const FileHandle file = unnamed(pages);
    const Mapping memory = make_memory(file, size_of(state), pages.bytes, kWhat);
    for (auto _ : state) {
        prefault(memory, kWhat);
    }
    finish_pages(state, pages, false);
}

void memory_prove(benchmark::State& state, const Pages& pages) {
    const FileHandle file = unnamed(pages);
    const Mapping memory = make_memory(file, size_of(state), pages.bytes, kWhat);
    bool failed = false;
    for (auto _ : state) {
        const MemoryProof proof = prove_memory(memory);
        failed |= proof.pages == 0 || proof.resident_pages != proof.pages;
    }
    finish_pages(state, pages, failed);
}

void memory_prefault_code(benchmark::State& state) {
    for (auto _ : state) {
        prefault_code();
    }
    finish(state, 0, state.iterations(), false);
}

void memory_look_for_huge_pages(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(huge_pool(kHugePageBytes));
        benchmark::DoNotOptimize(huge_mounts());
    }
    finish(state, 0, state.iterations(), false);
}

constexpr auto kUnit = benchmark::kMicrosecond;

BENCHMARK_CAPTURE(memory_make, 4k, Pages{})->Arg(64)->Arg(1024)->Arg(8192)->Unit(kUnit);
BENCHMARK_CAPTURE(memory_join, 4k, Pages{})->Arg(64)->Arg(1024)->Arg(8192)->Unit(kUnit);
BENCHMARK_CAPTURE(memory_map, 4k, Pages{})->Arg(64)->Arg(8192)->Unit(kUnit);
BENCHMARK_CAPTURE(memory_prefault_again, 4k, Pages{})->Arg(1024)->Unit(kUnit);
BENCHMARK_CAPTURE(memory_prove, 4k, Pages{})->Arg(64)->Arg(1024)->Arg(8192)->Unit(kUnit);
BENCHMARK(memory_prefault_code)->Unit(kUnit);
BENCHMARK(memory_look_for_huge_pages)->Unit(kUnit);

constexpr std::int64_t kHugeKib = 8192;

// Where this host gives that much in huge pages, or why it does not.
[[nodiscard]] std::string no_huge_pages(Pages& huge) {
    huge.bytes = kHugePageBytes;
    try {
        huge.folder = find_huge_mount(kHugePageBytes, "shunt_micro").path;
        const FileHandle file = unnamed(huge);
        if (!file) {
            return huge.folder + ": " + std::strerror(errno);
        }
        (void)make_memory(file, kHugeKib * 1024, kHugePageBytes, kWhat);
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace

void add_calls_for_huge_pages() {
    Pages huge;
    if (const std::string why = no_huge_pages(huge); !why.empty()) {
        std::fprintf(stderr, "2 MiB pages are not measured: %s\n", why.c_str());
        return;
    }
    const auto add = [&huge](const char* name, auto call) {
        benchmark::RegisterBenchmark(name, call, huge)->Arg(kHugeKib)->Unit(kUnit);
    };
    add("memory_make/2m", memory_make);
    add("memory_join/2m", memory_join);
    add("memory_map/2m", memory_map);
    add("memory_prefault_again/2m", memory_prefault_again);
    add("memory_prove/2m", memory_prove);
}

}  // namespace shunt::micro
