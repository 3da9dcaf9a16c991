// SPDX-License-Identifier: MIT
//
// Bytes and the objects in them: alignment arithmetic, the one place that casts memory to a type,
// and the hash used for fingerprints and checksums. No I/O, no allocation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

namespace shunt {

[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value,
                                               std::uint64_t alignment) noexcept {
    return (value + alignment - 1) & ~(alignment - 1);
}

/// The object of type T that lives at `memory`, which is aligned and large enough. Mapped memory
/// holds no objects that the compiler has seen made; T is an implicit-lifetime type.
template <class T>
[[nodiscard]] T* object_at(std::byte* memory) noexcept {
    static_assert(std::is_trivially_destructible_v<T>);
    return std::launder(reinterpret_cast<T*>(memory));
}

template <class T>
[[nodiscard]] const T* object_at(const std::byte* memory) noexcept {
    static_assert(std::is_trivially_destructible_v<T>);
    return std::launder(reinterpret_cast<const T*>(memory));
}

/// The bytes of a trivially copyable object.
template <class T>
[[nodiscard]] std::byte* bytes_of(T& object) noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    return reinterpret_cast<std::byte*>(&object);
}

template <class T>
[[nodiscard]] const std::byte* bytes_of(const T& object) noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    return reinterpret_cast<const std::byte*>(&object);
}

/// The characters of a text as bytes, and back.
[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// FNV-1a, 64 bit. Of bytes (checksums) and of type names (fingerprints).
[[nodiscard]] inline std::uint64_t fnv1a(std::span<const std::byte> bytes) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const std::byte b : bytes) {
        hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3u;
    }
    return hash;
}

[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    return hash;
}

}  // namespace shunt
