// SPDX-License-Identifier: MIT
//
// A reader of a latest value: writes each change that it sees, and counts those that it does not.
// It knows no command line.
#pragma once

#include "peer_watch.hpp"
#include "signals.hpp"
#include "sink.hpp"
#include "tally.hpp"
#include "terminal.hpp"

#include <shunt/core/ring/frame.hpp>
#include <shunt/latest.hpp>
#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace shunt::tools {

struct ValueReceiveRequest {
    std::string channel;
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // values at most
    bool hex = false;
    bool quiet = false;  // no progress: the data itself goes to the terminal
    Options options;
    Patience patience;
};

class ValueReceiver {
public:
    ValueReceiver(const ValueReceiveRequest& request, Sink& sink, const Interrupts& interrupts);

    /// Receives until the writer has left and its newest value was written, `count` values were, or
    /// a request of Interrupts. Blocks. Throws Error, Failure.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] std::vector<perf::Warning> warnings() const { return {}; }
    [[nodiscard]] std::string summary() const;
    /// The writer has left, or `count` was reached.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    using Clock = std::chrono::steady_clock;

    void open();
    void receive();
    [[nodiscard]] Status take_newest();
    [[nodiscard]] bool write(const ring::BytesView& view);
    void attend(Status told);
    void show_progress();
    [[nodiscard]] bool goes_on() const noexcept {
        return written_ && !complete_ && !interrupts_.requested();
    }

    ValueReceiveRequest request_;
    Sink& sink_;
    const Interrupts& interrupts_;
    Progress progress_;
    std::optional<latest::BytesReader> port_;
    PeerWatch watch_;
    Tally tally_;
    std::vector<std::byte> copy_;  // of one value
    std::string text_;             // what is written of it
    std::uint64_t version_ = 0;    // that was written last; 0: none
    std::uint64_t skipped_ = 0;
    bool complete_ = false;
    bool written_ = true;
};

}  // namespace shunt::tools
