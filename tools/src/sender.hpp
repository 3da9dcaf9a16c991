// SPDX-License-Identifier: MIT
//
// The sending end of a stream: takes bytes from a source, puts them into the ring in place, and
// stays until the receiver has everything. It knows no command line.
#pragma once

#include "pace.hpp"
#include "peer_watch.hpp"
#include "signals.hpp"
#include "source.hpp"
#include "stream_port.hpp"
#include "terminal.hpp"

#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace shunt::tools {

struct SendRequest {
    std::string channel;
    StreamKind kind = StreamKind::spsc;
    std::size_t size = 0;  // payload of a message; 0: what a read brings, up to 64 KiB
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // messages at most
    Rate rate;
    bool raw = false;     // without stream offsets
    bool resume = false;  // behind the last message of a predecessor
    bool tell_pages = false;
    Options options;
    Patience patience;
};

class Sender {
public:
    /// Opens the channel. Throws Error, Failure.
    Sender(const SendRequest& request, std::unique_ptr<Source> source,
           const Interrupts& interrupts);

    /// Sends all, and returns when the receiver has it, or on a request of Interrupts. Blocks.
    /// Throws Failure; what was sent stays in the channel.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] std::vector<perf::Warning> warnings() const;
    /// "300.0 MiB in 4,801 messages, 1.2 s, 250.0 MiB/s".
    [[nodiscard]] std::string summary() const;
    /// Everything was sent and the receiver has it.
    [[nodiscard]] bool complete() const noexcept { return drained_; }

private:
    using Clock = std::chrono::steady_clock;

    void tell_memory();
    void find_start();
    [[nodiscard]] bool send_one();
    void send_end();
    void drain();
    [[nodiscard]] bool claim(std::size_t bytes, std::span<std::byte>& place);
    void publish(std::size_t bytes, std::uint32_t type);
    void attend(Status told);
    void look(Status told);
    void show_progress();
    [[nodiscard]] std::size_t head() const noexcept;
    [[nodiscard]] double elapsed_s() const;

    SendRequest request_;
    std::unique_ptr<Source> source_;
    const Interrupts& interrupts_;
    Progress progress_;
    SendPort port_;
    channel::Placement placement_;
    std::size_t size_;  // payload of a message at most
    PeerWatch watch_;
    Pace pace_;
    Clock::time_point begun_{};  // first message
    Clock::time_point ended_{};
    std::uint64_t begin_ = 0;   // stream offset of our first byte
    std::uint64_t offset_ = 0;  // of the next byte
    std::uint64_t messages_ = 0;
    bool end_sent_ = false;
    bool drained_ = false;
};

}  // namespace shunt::tools
