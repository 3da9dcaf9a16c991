// SPDX-License-Identifier: MIT
//
// A receiving end of a feed: a subscriber of a broadcast channel that writes what it is given. A
// gated one writes each message before it lets it go, and gets all; a lossy or a conflating one
// counts what it did not get, and never ends as if that were all. It knows no command line.
#pragma once

#include "feed_port.hpp"
#include "peer_watch.hpp"
#include "signals.hpp"
#include "sink.hpp"
#include "streams.hpp"
#include "tally.hpp"
#include "terminal.hpp"

#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace shunt::tools {

struct FeedReceiveRequest {
    std::string channel;
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // messages at most
    std::string split;          // folder that is there, of a file for each sender; empty: one sink
    std::uint64_t streams = 0;  // with `split`: as StreamsRequest::wanted
    bool hex = false;
    bool append = false;
    bool quiet = false;  // no progress: the data itself goes to the terminal
    Options options;     // .policy
    Patience patience;
};

class FeedReceiver {
public:
    /// Into that sink; null: with request.split.
    FeedReceiver(const FeedReceiveRequest& request, Sink* sink, const Interrupts& interrupts);

    /// Receives until the stream is complete (of several: see StreamsRequest), or, of messages that
    /// are none, their last sender has left; until `count` messages were written; or until a
    /// request of Interrupts. Blocks. Throws Error, Failure, also where the output is not all that
    /// was sent.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] const std::vector<perf::Warning>& warnings() const noexcept { return warnings_; }
    [[nodiscard]] std::string summary() const;
    /// It came to its end, or `count` was reached.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    using Clock = std::chrono::steady_clock;

    void open();
    void receive();
    [[nodiscard]] Status take_one();
    [[nodiscard]] Status take_in_place();
    [[nodiscard]] Status take_copy();
    void take(const ring::BytesView& view);
    [[nodiscard]] Intake& intake_of(const ring::BytesView& view);
    void attend(Status told);
    void refuse_eviction() const;
    void refuse_losses() const;
    void warn(const std::string& id, const std::string& text);
    void show_progress();
    [[nodiscard]] bool gated() const noexcept { return request_.options.policy == policy::gated; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return port_ ? port_->lost() : 0; }
    // All that was sent is in the output, or, of values that stand by themselves, the newest.
    [[nodiscard]] bool whole() const noexcept;
    [[nodiscard]] bool goes_on() const noexcept {
        return written_ && !complete_ && !interrupts_.requested();
    }

    FeedReceiveRequest request_;
    const Interrupts& interrupts_;
    Progress progress_;
    std::optional<SubscribePort> port_;
    PeerWatch watch_;
    Streams streams_;
    Tally tally_;
    std::vector<std::byte> copy_;  // of one message
    bool complete_ = false;
    bool written_ = true;  // the newest message, in full
    std::vector<perf::Warning> warnings_;
};

}  // namespace shunt::tools
