// SPDX-License-Identifier: MIT
#include "intake.hpp"
#include "command.hpp"
#include "hex.hpp"
#include "stream.hpp"

#include <shunt/core/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

void Intake::take(const ring::BytesView& view, bool redelivered) {
    redelivered_ += redelivered ? 1u : 0u;
    if (view.type != kPiece && view.type != kEnd) {
        be(Mode::raw);
        write(view.type == kLine ? with_end(view.payload) : view.payload, "");
        if (redelivered && written_) {
            warn_("redelivered",
                  "a receiver died before this one: its last messages, which had no "
                  "stream offsets, may have been written twice");
        }
        return;
    }
    be(Mode::stream);
    const auto number = offset_of(view.payload);
    if (!number) {
        fail_integrity("holds a piece without a stream offset; its sender is not 'shunt send'");
    }
    if (view.type == kEnd) {
        take_end(*number);
    } else {
        take_piece(*number, view.payload.subspan(kOffsetBytes));
    }
}

std::span<const std::byte> Intake::with_end(std::span<const std::byte> line) {
    line_ = as_text(line);
    line_ += '\n';
    return as_bytes(line_);
}

void Intake::be(Mode mode) {
    if (mode_ != Mode::unknown && mode_ != mode) {
        fail_integrity("mixes messages with stream offsets and raw ones: two senders wrote to it");
    }
    mode_ = mode;
}

void Intake::start_at(std::uint64_t offset) {
    started_ = true;
    if (request_.append) {
        next_ = sink_.length();
        return;
    }
    const char* const before = request_.feed ? "what is before it was overwritten"
                                             : "an earlier receiver took what is before it";
    if (sink_.is_file() && offset != 0 && !request_.holes) {
        fail_integrity(fmt::format(
            "goes on at byte {} of its stream, {}; {}", offset, before,
            request_.feed ? "start receivers first, and send with --subscribers N; with --append "
                            "it goes on with a file that has all before it"
                          : "add --append to go on with that receiver's file"));
    }
    next_ = offset;
    if (offset != 0) {
        missing_bytes_ += request_.feed ? offset : 0;
        warn_("begins-late",
              fmt::format("the output begins at byte {} of the stream: {}", offset, before));
    }
}

// What is missing before that byte, of a feed that may have holes.
bool Intake::passes_over(std::uint64_t offset) {
    if (!request_.holes || offset < next_) {
        return false;
    }
    missing_bytes_ += offset - next_;
    next_ = offset;
    return true;
}

void Intake::take_piece(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (!started_) {
        start_at(offset);
    }
    if (offset > next_ && !passes_over(offset)) {
        fail_integrity(
            fmt::format("goes on at byte {}, but {} ends at byte {}: {} bytes are "
                        "missing{}",
                        offset, sink_.name(), next_, offset - next_,
                        request_.feed ? "" : "; use the file that the last receiver wrote"));
    }
    if (written_any_ && offset != next_) {
        fail_integrity(
            fmt::format("starts again at byte {} where {} was due: its sender was "
                        "restarted without --resume",
                        offset, next_));
    }
    const std::uint64_t known = std::min<std::uint64_t>(next_ - offset, bytes.size());
    dropped_bytes_ += known;
    if (known == bytes.size()) {
        return;
    }
    bytes = bytes.subspan(known);
    write(bytes, fmt::format(" of the stream at byte {}", next_));
    if (written_) {
        begin_ = begin_.value_or(next_);
        next_ += bytes.size();
        written_any_ = true;
    }
}

void Intake::take_end(std::uint64_t total) {
    if (!started_) {
        start_at(total);
    }
    if (total != next_ && !passes_over(total)) {
        fail_integrity(fmt::format("holds the end of a stream of {} bytes, but {} has {}", total,
                                   sink_.name(), next_));
    }
    sink_.begin();   // an empty stream makes an empty file
    sink_.finish();  // before the release: the sender leaves when this is released
    total_ = total;
}

void Intake::write(std::span<const std::byte> bytes, std::string_view where) {
    if (request_.hex) {
        const std::string text = fmt::format("message {}, {} bytes{}\n{}", messages_ + 1,
                                             bytes.size(), where, hex_dump(bytes));
        written_ = sink_.write(as_bytes(text));
    } else {
        written_ = sink_.write(bytes);
    }
    if (written_) {
        bytes_ += bytes.size();
        ++messages_;
    }
}

void Intake::fail_integrity(const std::string& text) const {
    throw Failure(Exit::integrity, fmt::format("channel '{}' {}", request_.channel, text));
}

nlohmann::json Intake::result() const {
    const auto known = [](const std::optional<std::uint64_t>& value) {
        return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    };
    return {{"bytes", bytes_},
            {"messages", messages_},
            {"raw", raw()},
            {"begin", known(begin_)},
            {"end", is_stream() ? nlohmann::json(next_) : nlohmann::json(nullptr)},
            {"total", known(total_)},
            {"dropped_bytes", dropped_bytes_},
            {"redelivered", redelivered_}};
}

}  // namespace shunt::tools
