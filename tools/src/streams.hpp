// SPDX-License-Identifier: MIT
//
// What a receiver is given, by who sends it: a stream of each sender, all into one sink, or a file
// for each. Of channels with one sender there is one.
#pragma once

#include "intake.hpp"
#include "signals.hpp"
#include "sink.hpp"

#include <shunt/core/status.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace shunt::tools {

struct StreamsRequest {
    IntakeRequest intake;
    std::string split;  // folder that is there, of a file for each sender; empty: one sink for all
    std::uint64_t wanted = 0;  // with `split`: enough when so many are complete; 0: see ends()
};

class Streams {
public:
    /// Into that sink; null: with request.split.
    Streams(const StreamsRequest& request, Sink* sink, const Interrupts& interrupts,
            Intake::Warn warn)
        : request_{request}, sink_{sink}, interrupts_{interrupts}, warn_{std::move(warn)} {}

    /// That of the sender of a message, in its lane. Throws Failure where one output cannot hold
    /// the streams of two.
    [[nodiscard]] Intake& of(std::uint32_t lane, std::uint64_t producer);
    /// Behind a message that `intake` took: all is there that was asked for.
    [[nodiscard]] bool enough(const Intake& intake) const;
    /// What a port was told of its senders is the end of all: there is no other one of raw
    /// messages, nor of several streams where `wanted` says nothing.
    [[nodiscard]] bool ends(Status told) const;
    /// Empties the sink of all, where no message has. Throws Failure.
    void begin();
    /// Throws Failure.
    void finish();

    [[nodiscard]] bool splits() const noexcept { return sink_ == nullptr; }
    [[nodiscard]] bool any_stream() const;
    [[nodiscard]] std::size_t size() const noexcept { return streams_.size(); }
    [[nodiscard]] std::uint64_t sum(std::uint64_t (Intake::*what)() const noexcept) const;
    /// "'into/lane-00.7' is unfinished at byte 5", "12 messages were received".
    [[nodiscard]] std::string where_it_stands() const;
    /// Of all: bytes, messages, dropped_bytes, redelivered; of each, or of the only one: as
    /// Intake::result().
    [[nodiscard]] nlohmann::json result() const;

private:
    // `own_sink`: null where all have the same.
    struct Stream {
        std::uint32_t lane = 0;
        std::unique_ptr<Sink> own_sink;
        std::unique_ptr<Intake> intake;
    };

    [[nodiscard]] Intake& start(std::uint32_t lane, std::uint64_t producer);
    [[nodiscard]] std::string file_of(std::uint32_t lane, std::uint64_t producer) const;
    [[nodiscard]] bool all_complete() const;
    [[nodiscard]] bool any_raw() const;

    StreamsRequest request_;
    Sink* sink_;
    const Interrupts& interrupts_;
    Intake::Warn warn_;
    std::map<std::uint64_t, Stream> streams_;  // by producer
};

}  // namespace shunt::tools
