// SPDX-License-Identifier: MIT
//
// The sending end of a feed: puts a stream, or messages that stand by themselves, into a broadcast
// channel, or a value after the other into a latest one, for all who listen. It begins when enough
// of them do, and ends when each gate that lives has everything. It knows no command line.
#pragma once

#include "feed_port.hpp"
#include "listeners.hpp"
#include "pace.hpp"
#include "peer_watch.hpp"
#include "signals.hpp"
#include "stream.hpp"
#include "tally.hpp"
#include "terminal.hpp"
#include "work_input.hpp"

#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace shunt::tools {

struct FeedSendRequest {
    std::string channel;
    StreamKind kind = StreamKind::broadcast;  // or latest
    bool in_lanes = false;          // one of several publishers, each with a stream of its own
    std::uint64_t subscribers = 1;  // who listen before the first message
    bool lines = false;             // a message a line
    bool stream = true;             // with stream offsets and an end; not of lines, not of latest
    bool resume = false;            // behind the last message of a predecessor, of a stream
    std::uint64_t size = 0;  // payload of a message, where it is no line; 0: what a read brings
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // messages at most
    Rate rate;
    bool tell_pages = false;
    Options options;
    Patience patience;  // `for_successor`: how long a gate may hold all up without a message read
};

class FeedSender {
public:
    /// Opens the channel. Throws Error, Failure.
    FeedSender(const FeedSendRequest& request, std::unique_ptr<Source> source,
               const Interrupts& interrupts);

    /// Sends all, and returns when each gate that lives has it, or on a request of Interrupts.
    /// Blocks. Throws Failure.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] std::vector<perf::Warning> warnings() const;
    [[nodiscard]] std::string summary() const;
    /// Everything was sent, and each gate that lives has it.
    [[nodiscard]] bool complete() const noexcept { return drained_; }

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] WorkInput input_of(std::unique_ptr<Source> source) const;
    [[nodiscard]] std::size_t head() const noexcept { return request_.stream ? kOffsetBytes : 0; }
    void tell_memory();
    void find_start();
    [[nodiscard]] bool await_listeners();
    [[nodiscard]] bool send_one();
    void send_end();
    [[nodiscard]] bool claim(std::size_t bytes, std::span<std::byte>& place);
    [[nodiscard]] bool make_room();
    void drain();
    void refuse_slow(Clock::time_point since) const;
    void show_progress();

    FeedSendRequest request_;
    const Interrupts& interrupts_;
    Progress progress_;
    FeedPort port_;
    Listeners listeners_;
    channel::Placement placement_;
    WorkInput input_;
    Pace pace_;
    Tally tally_;
    std::uint64_t begin_ = 0;   // of a stream: offset of our first byte
    std::uint64_t offset_ = 0;  // of the next byte
    bool end_sent_ = false;
    bool drained_ = false;
    std::uint64_t dropped_ = 0;
    Clock::duration longest_wait_{};  // that one message had for room
};

}  // namespace shunt::tools
