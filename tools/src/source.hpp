// SPDX-License-Identifier: MIT
//
// Where `send` takes its bytes from: a file, standard input, or made up. It reads straight into the
// place that it is given, which is the ring.
#pragma once

#include "signals.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace shunt::tools {

class Source {
public:
    virtual ~Source() = default;
    /// Puts bytes into `place`, as many as there are now; or, if the source was opened `whole`, as
    /// many as fit. 0: the end, or a request of `interrupts` came. Blocks. Throws Failure.
    [[nodiscard]] virtual std::size_t read(std::span<std::byte> place) = 0;
    /// Goes to the byte `offset` of the stream. False: a request came first. Throws Failure where
    /// there are not so many bytes.
    [[nodiscard]] virtual bool seek(std::uint64_t offset) = 0;
    /// Bytes in all, where that is known.
    [[nodiscard]] virtual std::optional<std::uint64_t> total() const = 0;
};

[[nodiscard]] std::unique_ptr<Source> open_file(const std::string& path, bool whole,
                                                const Interrupts& interrupts);
[[nodiscard]] std::unique_ptr<Source> standard_input(bool whole, const Interrupts& interrupts);
/// `total` bytes, or without end. The byte at an offset is always the same.
[[nodiscard]] std::unique_ptr<Source> generated(std::optional<std::uint64_t> total);

}  // namespace shunt::tools
