// SPDX-License-Identifier: MIT
//
// Where `recv` puts its bytes: a file or standard output. A file is opened at once, so that what is
// wrong with it is known early, and emptied only when something is there to be written.
#pragma once

#include "signals.hpp"

#include <shunt/allocators/file.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace shunt::tools {

class Sink {
public:
    /// Standard output.
    explicit Sink(const Interrupts& interrupts);
    /// A file, made if it is missing. `append`: what is in it stays; it must be a regular file.
    /// Throws Failure.
    Sink(const std::string& path, bool append, const Interrupts& interrupts);

    /// Bytes that were in the file that is appended to; else 0.
    [[nodiscard]] std::uint64_t length() const noexcept { return length_; }
    [[nodiscard]] bool is_file() const noexcept { return static_cast<bool>(file_); }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Before the first write: empties a file that is not appended to.
    void begin();
    /// All of it. False: a request came while it could not be written; a part may be written.
    /// Throws Failure.
    [[nodiscard]] bool write(std::span<const std::byte> bytes);
    /// A short text as all that there is, interrupted or not, and finish(). Throws Failure.
    void put(std::string_view text);
    /// Closes a file: some file systems tell only now. Throws Failure.
    void finish();

private:
    [[noreturn]] void fail(int error) const;

    const Interrupts& interrupts_;
    FileHandle file_;
    int descriptor_;
    std::string name_;
    std::uint64_t length_ = 0;
    bool regular_ = false;
    bool append_ = false;
    bool begun_ = false;
    bool streams_ = true;  // out of a channel, which keeps what is not written
};

}  // namespace shunt::tools
