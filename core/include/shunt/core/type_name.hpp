// SPDX-License-Identifier: MIT
//
// The name under which an element type travels. Both sides of a channel compare its hash, so that
// two structs of equal size are not taken for each other. Without a name only size and alignment
// are compared, and `shunt info` says so.
#pragma once

#include <shunt/core/bytes.hpp>

#include <cstdint>
#include <string_view>

namespace shunt {

/// Specialised by SHUNT_TYPE. Empty: the type has no agreed name.
template <class T>
struct TypeName {
    static constexpr std::string_view value{};
};

/// FNV-1a of the type's name, or 0 where it has none.
template <class T>
[[nodiscard]] constexpr std::uint64_t type_fingerprint() noexcept {
    return TypeName<T>::value.empty() ? 0 : fnv1a(TypeName<T>::value);
}

}  // namespace shunt

/// At namespace scope, outside any namespace: SHUNT_TYPE(Tick, "md.Tick/1"). At most 63 characters.
#define SHUNT_TYPE(Type, Name)                                                   \
    template <>                                                                  \
    struct shunt::TypeName<Type> {                                               \
        static constexpr std::string_view value{Name};                           \
        static_assert(!value.empty() && value.size() < 64, "1 to 63 characters"); \
    }
