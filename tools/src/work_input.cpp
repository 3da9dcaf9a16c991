// SPDX-License-Identifier: MIT
#include "command.hpp"
#include "work_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace shunt::tools {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::byte kLineEnd{'\n'};

}  // namespace

WorkInput WorkInput::lines(std::unique_ptr<Source> source, std::uint64_t most,
                           const Interrupts& interrupts) {
    return {std::move(source), true, most, static_cast<std::size_t>(most) + kReadBytes, interrupts};
}

WorkInput WorkInput::records(std::unique_ptr<Source> source, std::uint64_t size,
                             const Interrupts& interrupts) {
    return {std::move(source), false, size, static_cast<std::size_t>(size), interrupts};
}

bool WorkInput::next(std::span<const std::byte>& message) {
    if (lines_) {
        return next_line(message);
    }
    const std::size_t got = source_->read(buffer_);
    message = std::span{buffer_}.first(got);
    return got != 0 && !interrupts_.requested();
}

bool WorkInput::next_line(std::span<const std::byte>& line) {
    for (;;) {
        const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(scanned_);
        const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
        const auto found = std::find(from, to, kLineEnd);
        const auto bytes = static_cast<std::size_t>(found - buffer_.begin()) - begin_;
        check_length(bytes);
        if (found != to) {
            line = take(bytes, bytes + 1);
            return true;
        }
        scanned_ = end_;
        if (read_more() == 0) {
            line = take(end_ - begin_, end_ - begin_);
            return !line.empty() && !interrupts_.requested();
        }
    }
}

// What is not taken goes to the front, so that there is always room.
std::size_t WorkInput::read_more() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
    const std::size_t got = source_->read(std::span{buffer_}.subspan(end_));
    end_ += got;
    return got;
}

std::span<const std::byte> WorkInput::take(std::size_t bytes, std::size_t with_end) {
    const std::span<const std::byte> taken{buffer_.data() + begin_, bytes};
    begin_ += with_end;
    scanned_ = begin_;
    ++taken_;
    return taken;
}

void WorkInput::check_length(std::size_t bytes) const {
    if (bytes > most_) {
        throw Failure(
            Exit::runtime,
            fmt::format("line {0} is longer than {1} bytes, the greatest message of this channel; "
                        "the lines before it are sent: make a channel with a larger --max-message, "
                        "and send the rest with 'tail -n +{0}'",
                        taken_ + 1, most_));
    }
}

}  // namespace shunt::tools
