// SPDX-License-Identifier: MIT
//
// Memory for rings under test: an array and a mapped 2 MiB page, both with guard bytes before and
// behind, so that a write out of bounds is seen without a sanitizer too.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/status.hpp>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <ostream>
#include <stdexcept>
#include <string>

namespace shunt {

// For GoogleTest, which finds it by the type.
inline void PrintTo(Status status, std::ostream* out) {
    *out << to_string(status);
}

}  // namespace shunt

namespace shunt::test {

inline constexpr std::size_t kGuardBytes = 256;
inline constexpr std::byte kGuard{0xA7};

/// The heap.
struct ArrayPages {
    static std::string why_not() { return {}; }
    static std::byte* take(std::size_t bytes) {
        return static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kBasePageBytes}));
    }
    static void give(std::byte* memory, std::size_t) noexcept {
        ::operator delete (memory, std::align_val_t{kBasePageBytes});
    }
};

/// One anonymous 2 MiB page.
struct HugePage {
    static std::byte* map() noexcept {
        void* const memory =
            ::mmap(nullptr, kHugePageBytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
        return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
    }
    static std::string why_not() {
        std::byte* const memory = map();
        if (memory == nullptr) {
            return "no free 2 MiB page in the pool";
        }
        give(memory, 0);
        return {};
    }
    static std::byte* take(std::size_t bytes) {
        std::byte* const memory = bytes <= kHugePageBytes ? map() : nullptr;
        if (memory == nullptr) {
            throw std::runtime_error{"no 2 MiB page for " + std::to_string(bytes) + " bytes"};
        }
        return memory;
    }
    static void give(std::byte* memory, std::size_t) noexcept { ::munmap(memory, kHugePageBytes); }
};

/// `bytes` zero bytes, 64-byte aligned, with guards. `check()` says whether the guards are whole.
template <class Pages>
class Memory {
public:
    explicit Memory(std::size_t bytes) : bytes_{bytes}, all_{Pages::take(bytes + 2 * kGuardBytes)} {
        std::fill_n(all_, bytes + 2 * kGuardBytes, kGuard);
        std::fill_n(data(), bytes, std::byte{0});
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { Pages::give(all_, bytes_ + 2 * kGuardBytes); }

    [[nodiscard]] std::byte* data() const noexcept { return all_ + kGuardBytes; }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_; }
    [[nodiscard]] bool guards_whole() const noexcept {
        const auto whole = [](const std::byte* from) {
            return std::all_of(from, from + kGuardBytes, [](std::byte b) { return b == kGuard; });
        };
        return whole(all_) && whole(data() + bytes_);
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return fnv1a({data(), bytes_}); }

private:
    std::size_t bytes_;
    std::byte* all_;
};

/// One object in zeroed memory of its own, guarded.
template <class T, class Pages = ArrayPages>
class InMemory {
public:
    [[nodiscard]] T& operator*() const noexcept { return *object_at<T>(memory_.data()); }
    [[nodiscard]] T* operator->() const noexcept { return &**this; }
    [[nodiscard]] bool guards_whole() const noexcept { return memory_.guards_whole(); }

private:
    Memory<Pages> memory_{sizeof(T)};
};

}  // namespace shunt::test

#define SHUNT_NEEDS_PAGES(Pages)                                  \
    if (const std::string why = Pages::why_not(); !why.empty()) { \
        GTEST_SKIP() << why;                                      \
    }                                                             \
    static_assert(true)
