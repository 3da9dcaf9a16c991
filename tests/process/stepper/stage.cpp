// SPDX-License-Identifier: MIT
#include "process/stepper/stage.hpp"

#include <shunt/allocators/file.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace shunt::stepper {
namespace {

// Of files: memory of the heap comes and goes.
std::uint64_t mapped_files() {
    const auto text = read_text("/proc/self/maps");
    std::uint64_t count = 0;
    for (const char* what : {".shunt", ".slots", "/own/#"}) {
        for (std::size_t at = text ? text->find(what) : std::string::npos; at != std::string::npos;
             at = text->find(what, at + 1)) {
            ++count;
        }
    }
    return count;
}

}  // namespace

void Log::say(const std::string& what) noexcept {
    const std::size_t size = std::min(what.size(), sizeof(text));
    std::memcpy(text, what.data(), size);
    text_size.store(static_cast<std::uint32_t>(size), std::memory_order_release);
}

std::string Log::said() const {
    return {text, text_size.load(std::memory_order_acquire)};
}

void expect(bool as_it_should_be, const std::string& what) {
    if (!as_it_should_be) {
        throw Fault(what);
    }
}

void expect_within(std::uint64_t value, std::uint64_t low, std::uint64_t high,
                   const std::string& what) {
    expect(value >= low && value <= high, what + " is " + std::to_string(value) + ", wanted " +
                                              std::to_string(low) + " to " + std::to_string(high));
}

World::World(bool may_be_huge) {
    if (may_be_huge) {
        static_cast<void>(process_test::own_huge_pages());
    }
}

void World::expect_clean() {
    const auto files = ground_.files();
    expect(files.empty(), "left in the directory: " + (files.empty() ? "" : files.front()));
    const auto slots = process_test::slots_files();
    expect(slots.empty(), "left on hugetlbfs: " + (slots.empty() ? "" : slots.front()));
    const std::uint64_t descriptors = process_test::open_descriptors(::getpid());
    const std::uint64_t mappings = mapped_files();
    if (descriptors_ == 0) {
        descriptors_ = descriptors;
        mappings_ = mappings;
    }
    expect_within(descriptors, descriptors_, descriptors_, "number of open descriptors");
    expect_within(mappings, mappings_, mappings_, "number of mapped files");
}

void World::sweep() noexcept {
    std::error_code ignored;
    for (const std::string& file : ground_.files()) {
        std::filesystem::remove(ground_.path() + "/" + file, ignored);
    }
    for (const std::string& slots : process_test::slots_files()) {
        std::filesystem::remove(slots, ignored);
    }
    descriptors_ = 0;  // a play that was left in its middle may have left some
}

}  // namespace shunt::stepper
