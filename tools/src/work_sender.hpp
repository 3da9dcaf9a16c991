// SPDX-License-Identifier: MIT
//
// The sending end of shared work: puts messages that stand by themselves into an mpmc channel, each
// for whoever is free, and stays until receivers have taken and released all of its own. It knows
// no command line.
#pragma once

#include "pace.hpp"
#include "peer_watch.hpp"
#include "signals.hpp"
#include "tally.hpp"
#include "terminal.hpp"
#include "work_input.hpp"
#include "work_port.hpp"

#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace shunt::tools {

struct WorkSendRequest {
    std::string channel;
    bool blocks = false;  // the channel's messages lie in blocks
    bool lines = false;
    std::uint64_t size = 0;  // of a message, where it is no line
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // messages at most
    Rate rate;
    bool tell_pages = false;
    Options options;
    Patience patience;
};

class WorkSender {
public:
    /// Opens the channel. Throws Error, Failure.
    WorkSender(const WorkSendRequest& request, std::unique_ptr<Source> source,
               const Interrupts& interrupts);

    /// Sends all, and returns when receivers have it, or on a request of Interrupts. Blocks. Throws
    /// Failure; what was sent stays in the channel.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] std::vector<perf::Warning> warnings() const;
    [[nodiscard]] std::string summary() const { return tally_.summary(); }
    /// Everything was sent, and receivers have released it.
    [[nodiscard]] bool complete() const noexcept { return drained_; }

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] WorkInput input_of(std::unique_ptr<Source> source) const;
    void tell_memory();
    [[nodiscard]] bool send_one();
    [[nodiscard]] bool push(std::span<const std::byte> message);
    void drain();
    void attend(Status told);
    void look(Status told);
    [[nodiscard]] Status end_of_receivers();
    void show_progress();

    WorkSendRequest request_;
    const Interrupts& interrupts_;
    Progress progress_;
    WorkSendPort port_;
    channel::Placement placement_;
    WorkInput input_;
    PeerWatch watch_;
    Pace pace_;
    Tally tally_;
    bool drained_ = false;
    std::uint64_t died_seen_ = 0;
    std::uint64_t closed_seen_ = 0;
};

}  // namespace shunt::tools
