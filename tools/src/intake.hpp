// SPDX-License-Identifier: MIT
//
// One stream as it is received: where it goes on, what is known of it already, what is written.
//
// Where the stream goes on is `next`. At first that is the length of a file that is appended to (0
// of another file; of standard output, wherever the first message begins). Pieces below it are what
// a predecessor wrote before it died: they are dropped, and the one across it is written from there
// on. As soon as a piece was written, the next must begin exactly behind it.
#pragma once

#include "sink.hpp"

#include <shunt/core/ring/frame.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shunt::tools {

struct IntakeRequest {
    std::string channel;
    bool hex = false;
    bool append = false;
    bool feed = false;   // what comes before the first message is overwritten, not another's
    bool holes = false;  // messages may be lost: what is missing of a stream is counted
};

class Intake {
public:
    using Warn = std::function<void(const std::string& id, const std::string& text)>;

    Intake(const IntakeRequest& request, Sink& sink, Warn warn)
        : request_{request}, sink_{sink}, warn_{std::move(warn)} {}

    /// Writes what is new of a message. Throws Failure.
    void take(const ring::BytesView& view, bool redelivered);

    /// The newest message is written in full, and may be released. False: a request of Interrupts
    /// came meanwhile.
    [[nodiscard]] bool written() const noexcept { return written_; }
    /// The end of the stream came, and all of it is there.
    [[nodiscard]] bool complete() const noexcept { return total_.has_value(); }
    /// Its messages have no stream offsets, and so no end but that of their sender.
    [[nodiscard]] bool raw() const noexcept { return mode_ == Mode::raw; }
    [[nodiscard]] bool is_stream() const noexcept { return mode_ == Mode::stream; }
    /// Of the stream's next byte.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
    [[nodiscard]] std::uint64_t dropped_bytes() const noexcept { return dropped_bytes_; }
    [[nodiscard]] std::uint64_t redelivered() const noexcept { return redelivered_; }
    /// Of a feed: bytes of the stream that never came, those before its first message too.
    [[nodiscard]] std::uint64_t missing_bytes() const noexcept { return missing_bytes_; }
    /// bytes, messages, raw, begin, end, total, dropped_bytes, redelivered
    [[nodiscard]] nlohmann::json result() const;

private:
    enum class Mode { unknown, stream, raw };

    void take_piece(std::uint64_t offset, std::span<const std::byte> bytes);
    void take_end(std::uint64_t total);
    [[nodiscard]] bool passes_over(std::uint64_t offset);
    void start_at(std::uint64_t offset);
    void be(Mode mode);
    [[nodiscard]] std::span<const std::byte> with_end(std::span<const std::byte> line);
    void write(std::span<const std::byte> bytes, std::string_view where);
    [[noreturn]] void fail_integrity(const std::string& text) const;

    IntakeRequest request_;
    Sink& sink_;
    Warn warn_;
    Mode mode_ = Mode::unknown;
    bool started_ = false;      // `next_` is known
    bool written_any_ = false;  // of the stream: no more catching up
    bool written_ = true;
    std::uint64_t next_ = 0;
    std::optional<std::uint64_t> begin_;  // stream offset of the first byte that we wrote
    std::optional<std::uint64_t> total_;
    std::uint64_t bytes_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t dropped_bytes_ = 0;
    std::uint64_t redelivered_ = 0;
    std::uint64_t missing_bytes_ = 0;
    std::string line_;  // with its end
};

}  // namespace shunt::tools
