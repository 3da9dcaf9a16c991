// SPDX-License-Identifier: MIT
//
// The input of `send` where messages stand by themselves, or go to several: cut into a line each,
// or into so many bytes each. It holds what it has read, so that nobody claims a place in the ring
// before a message is whole.
#pragma once

#include "signals.hpp"
#include "source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shunt::tools {

class WorkInput {
public:
    /// A line each, of at most `most` bytes, without its end.
    static WorkInput lines(std::unique_ptr<Source> source, std::uint64_t most,
                           const Interrupts& interrupts);
    /// `size` bytes each, and the last one what is left, if the source was opened `whole`; else
    /// what a read brings, up to `size`.
    static WorkInput records(std::unique_ptr<Source> source, std::uint64_t size,
                             const Interrupts& interrupts);

    /// The next message, good until the next call. False: the end, or a request came; what was read
    /// of an unfinished message then is in none. Blocks. Throws Failure, also where a line is too
    /// long.
    [[nodiscard]] bool next(std::span<const std::byte>& message);
    /// Goes to that byte of the source, before the first message. As Source::seek().
    [[nodiscard]] bool seek(std::uint64_t offset) { return source_->seek(offset); }
    /// The messages are lines.
    [[nodiscard]] bool is_lines() const noexcept { return lines_; }
    /// Bytes of the source in all, where that is known.
    [[nodiscard]] std::optional<std::uint64_t> total() const { return source_->total(); }

private:
    WorkInput(std::unique_ptr<Source> source, bool lines, std::uint64_t most, std::size_t room,
              const Interrupts& interrupts)
        : source_{std::move(source)},
          interrupts_{interrupts},
          lines_{lines},
          most_{most},
          buffer_(room) {}

    [[nodiscard]] bool next_line(std::span<const std::byte>& line);
    [[nodiscard]] std::size_t read_more();
    [[nodiscard]] std::span<const std::byte> take(std::size_t bytes, std::size_t with_end);
    void check_length(std::size_t bytes) const;

    std::unique_ptr<Source> source_;
    const Interrupts& interrupts_;
    bool lines_;
    std::uint64_t most_;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;    // of what is not taken yet
    std::size_t scanned_ = 0;  // no line ends before this
    std::size_t end_ = 0;
    std::uint64_t taken_ = 0;  // lines
};

}  // namespace shunt::tools
