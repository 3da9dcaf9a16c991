// SPDX-License-Identifier: MIT
//
// The receiving end of a stream: writes each message and then releases it, so that nothing is ever
// released that was not written. It knows no command line.
//
// Where the stream goes on is `next`. At first that is the length of a file that is appended to (0
// of another file; of standard output, wherever the first message begins). Pieces below it are what
// a predecessor wrote before it died: they are dropped, and the one across it is written from there
// on. As soon as a piece was written, the next must begin exactly behind it.
#pragma once

#include "peer_watch.hpp"
#include "signals.hpp"
#include "sink.hpp"
#include "terminal.hpp"

#include <shunt/spsc.hpp>
#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace shunt::tools {

struct ReceiveRequest {
    std::string channel;
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // messages at most
    bool hex = false;
    bool append = false;
    bool quiet = false;  // no progress: the data itself goes to the terminal
    Options options;
    Patience patience;
};

class Receiver {
public:
    Receiver(const ReceiveRequest& request, Sink& sink, const Interrupts& interrupts);

    /// Receives until the stream is complete, `count` messages were written, or a request of
    /// Interrupts. Blocks. Throws Error, Failure; what was not written stays in the channel.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] const std::vector<perf::Warning>& warnings() const noexcept { return warnings_; }
    [[nodiscard]] std::string summary() const;
    /// The stream is complete, or `count` was reached.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    using Clock = std::chrono::steady_clock;
    enum class Mode { unknown, stream, raw };

    void open();
    void receive();
    void take(const ring::BytesView& view);
    void take_piece(std::uint64_t offset, std::span<const std::byte> bytes);
    void take_end(std::uint64_t total);
    void start_at(std::uint64_t offset);
    void be(Mode mode);
    void write(std::span<const std::byte> bytes, std::string_view where);
    void attend(Status told);
    void warn(const std::string& id, const std::string& text);
    void show_progress();
    [[nodiscard]] bool goes_on() const noexcept;
    [[nodiscard]] double elapsed_s() const;
    [[noreturn]] void fail_integrity(const std::string& text) const;

    ReceiveRequest request_;
    Sink& sink_;
    const Interrupts& interrupts_;
    Progress progress_;
    std::optional<spsc::BytesConsumer> port_;
    PeerWatch watch_;
    Clock::time_point begun_{};  // first message
    Clock::time_point ended_{};
    Mode mode_ = Mode::unknown;
    bool started_ = false;      // `next_` is known
    bool written_any_ = false;  // of the stream: no more catching up
    bool written_ = true;       // the newest message, in full
    bool complete_ = false;
    std::uint64_t next_ = 0;
    std::optional<std::uint64_t> begin_;  // stream offset of the first byte that we wrote
    std::optional<std::uint64_t> total_;
    std::uint64_t bytes_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t dropped_bytes_ = 0;
    std::uint64_t redelivered_ = 0;
    std::vector<perf::Warning> warnings_;
};

}  // namespace shunt::tools
