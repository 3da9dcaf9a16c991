// SPDX-License-Identifier: MIT
//
// The receiving end: writes each message and then releases it, so that nothing is ever released
// that was not written. All into one sink, or, of an mpsc channel, a file for each sender. It knows
// no command line.
#pragma once

#include "peer_watch.hpp"
#include "signals.hpp"
#include "sink.hpp"
#include "stream_port.hpp"
#include "streams.hpp"
#include "terminal.hpp"

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
    std::optional<StreamKind> kind;                                   // nothing: as the channel is
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // messages at most
    std::uint64_t streams =
        0;              // with `split`: ends when so many are complete; 0: when all senders left
    std::string split;  // folder that is there, of a file for each sender; empty: one sink for all
    bool hex = false;
    bool append = false;
    bool quiet = false;  // no progress: the data itself goes to the terminal
    Options options;
    Patience patience;
};

class Receiver {
public:
    /// Into that sink; null: with request.split.
    Receiver(const ReceiveRequest& request, Sink* sink, const Interrupts& interrupts);

    /// Receives until the stream is complete (of several: see ReceiveRequest), `count` messages
    /// were written, or a request of Interrupts. Blocks. Throws Error, Failure; what was not
    /// written stays in the channel.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] const std::vector<perf::Warning>& warnings() const noexcept { return warnings_; }
    [[nodiscard]] std::string summary() const;
    /// The stream, or all of them, is complete, or `count` was reached.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    using Clock = std::chrono::steady_clock;

    void open();
    void receive();
    void attend(Status told);
    void warn(const std::string& id, const std::string& text);
    void show_progress();
    [[nodiscard]] bool goes_on() const noexcept;
    [[nodiscard]] double elapsed_s() const;

    ReceiveRequest request_;
    const Interrupts& interrupts_;
    Progress progress_;
    std::optional<ReceivePort> port_;
    PeerWatch watch_;
    Streams streams_;
    Clock::time_point begun_{};  // first message
    Clock::time_point ended_{};
    bool complete_ = false;
    bool written_ = true;  // the newest message, in full
    std::vector<perf::Warning> warnings_;
};

}  // namespace shunt::tools
