// SPDX-License-Identifier: MIT
//
// Memory for a ring of one process: zeroed, on a line pair, as a mapping would give.
#pragma once

#include <shunt/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace shunt::micro {

class Memory {
public:
    explicit Memory(std::uint64_t bytes)
        : bytes_{
              static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kLinePairBytes}))} {
        std::fill_n(bytes_.get(), bytes, std::byte{0});
    }
    [[nodiscard]] std::byte* get() const noexcept { return bytes_.get(); }

private:
    struct Free {
        void operator()(std::byte* bytes) const noexcept {
            ::operator delete (bytes, std::align_val_t{kLinePairBytes});
        }
    };
    std::unique_ptr<std::byte, Free> bytes_;
};

}  // namespace shunt::micro
