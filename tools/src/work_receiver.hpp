// SPDX-License-Identifier: MIT
//
// A receiving end of shared work: takes messages of an mpmc channel, writes each of them whole and
// then releases it, so that one which dies leaves what it had in hand to another. It knows no
// command line.
#pragma once

#include "peer_watch.hpp"
#include "signals.hpp"
#include "sink.hpp"
#include "tally.hpp"
#include "terminal.hpp"
#include "work_port.hpp"

#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::tools {

struct WorkReceiveRequest {
    std::string channel;
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  // messages at most
    std::string file;     // what `sink` writes to; empty: standard output
    bool append = false;  // to that file
    bool hex = false;
    bool quiet = false;  // no progress: the data itself goes to the terminal
    Seconds stay{0};     // how long to wait for another sender when the last one has left
    Options options;
    Patience patience;
};

class WorkReceiver {
public:
    WorkReceiver(const WorkReceiveRequest& request, Sink& sink, const Interrupts& interrupts);

    /// Receives until the last sender has left and nothing is in anybody's hands, `count` messages
    /// were written, or a request of Interrupts. Blocks. Throws Error, Failure; what was not
    /// written goes to another receiver.
    void run();

    [[nodiscard]] nlohmann::json result() const;
    [[nodiscard]] const std::vector<perf::Warning>& warnings() const noexcept { return warnings_; }
    [[nodiscard]] std::string summary() const;
    /// The last sender has left, or `count` was reached.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    using Clock = std::chrono::steady_clock;

    // A message that another receiver had in hand when it died, in our output.
    struct Redelivery {
        std::uint64_t position;
        std::uint64_t at_byte;
        std::uint64_t bytes;
    };

    void open();
    void receive();
    void take(const ring::BytesView& view);
    [[nodiscard]] bool write(const ring::BytesView& view);
    void begin_append(bool line);
    void tell_torn_line();
    void note_redelivery(std::uint64_t bytes);
    void attend(Status told);
    void attend_end(Status told);
    void tell_gap();
    void refuse_losses() const;
    void warn(const std::string& id, const std::string& text);
    void show_progress();
    [[nodiscard]] Clock::time_point next_look() const;
    [[nodiscard]] bool goes_on() const noexcept {
        return written_ && !complete_ && !interrupts_.requested();
    }

    WorkReceiveRequest request_;
    Sink& sink_;
    const Interrupts& interrupts_;
    Progress progress_;
    std::optional<WorkReceivePort> port_;
    PeerWatch watch_;
    Tally tally_;
    std::string text_;                       // what is written of a message
    std::optional<Clock::time_point> left_;  // when the last sender did, and no other came since
    bool complete_ = false;
    bool written_ = true;  // the newest message, in full
    bool begun_ = false;   // with what is in a file that is appended to
    std::uint64_t output_bytes_ = 0;
    std::uint64_t redelivered_ = 0;
    std::uint64_t gaps_ = 0;
    std::uint64_t dead_letters_ = 0;
    std::uint64_t cut_bytes_ = 0;
    std::vector<Redelivery> redeliveries_;  // the first of them
    std::vector<perf::Warning> warnings_;
};

}  // namespace shunt::tools
