// SPDX-License-Identifier: MIT
#include "streams.hpp"
#include "command.hpp"
#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace shunt::tools {

Intake& Streams::of(std::uint32_t lane, std::uint64_t producer) {
    const auto known = streams_.find(producer);
    if (known != streams_.end()) {
        return *known->second.intake;
    }
    if (!splits() && !streams_.empty()) {
        Intake& only = *streams_.begin()->second.intake;
        if (only.is_stream()) {
            throw Failure(Exit::integrity,
                          fmt::format("channel '{}' brings the streams of several senders, which "
                                      "one output cannot hold: use --split DIR",
                                      request_.intake.channel));
        }
        return only;  // raw: one message after the other, whoever sent it
    }
    return start(lane, producer);
}

Intake& Streams::start(std::uint32_t lane, std::uint64_t producer) {
    Stream& stream = streams_[producer];
    stream.lane = lane;
    if (splits()) {
        stream.own_sink =
            std::make_unique<Sink>(file_of(lane, producer), request_.intake.append, interrupts_);
    }
    stream.intake =
        std::make_unique<Intake>(request_.intake, splits() ? *stream.own_sink : *sink_, warn_);
    return *stream.intake;
}

// Named so that a receiver that goes on with --append finds the file of the same sender.
std::string Streams::file_of(std::uint32_t lane, std::uint64_t producer) const {
    return fmt::format("{}/lane-{:02}.{}", request_.split, lane, producer);
}

bool Streams::enough(const Intake& intake) const {
    return splits() ? request_.wanted != 0 && all_complete() : intake.complete();
}

bool Streams::ends(Status told) const {
    const bool ended = told == Status::closed || (told == Status::peer_dead && !any_raw());
    return ended && (splits() ? request_.wanted == 0 : any_raw()) && all_complete();
}

// Of the streams that there were, or as many as were asked for. A raw one ends with its sender.
bool Streams::all_complete() const {
    const auto complete = static_cast<std::uint64_t>(
        std::count_if(streams_.begin(), streams_.end(),
                      [](const auto& each) { return each.second.intake->complete(); }));
    if (request_.wanted != 0) {
        return complete >= request_.wanted;
    }
    const auto raw = static_cast<std::uint64_t>(
        std::count_if(streams_.begin(), streams_.end(),
                      [](const auto& each) { return each.second.intake->raw(); }));
    return complete + raw == streams_.size();
}

bool Streams::any_raw() const {
    return std::any_of(streams_.begin(), streams_.end(),
                       [](const auto& each) { return each.second.intake->raw(); });
}

bool Streams::any_stream() const {
    return std::any_of(streams_.begin(), streams_.end(),
                       [](const auto& each) { return each.second.intake->is_stream(); });
}

void Streams::begin() {
    if (sink_ != nullptr) {
        sink_->begin();
    }
}

void Streams::finish() {
    if (sink_ != nullptr) {
        sink_->finish();
    }
    for (auto& [producer, stream] : streams_) {
        if (stream.own_sink != nullptr) {
            stream.own_sink->finish();
        }
    }
}

std::uint64_t Streams::sum(std::uint64_t (Intake::*what)() const noexcept) const {
    std::uint64_t all = 0;
    for (const auto& [producer, stream] : streams_) {
        all += (*stream.intake.*what)();
    }
    return all;
}

std::string Streams::where_it_stands() const {
    std::string text;
    for (const auto& [producer, stream] : streams_) {
        if (stream.intake->is_stream() && !stream.intake->complete()) {
            text += fmt::format("{}{} is unfinished at byte {}", text.empty() ? "" : ", ",
                                splits() ? stream.own_sink->name() : "the stream",
                                stream.intake->next());
        }
    }
    return !text.empty()
               ? text
               : fmt::format("{} messages were received", count_text(sum(&Intake::messages)));
}

nlohmann::json Streams::result() const {
    nlohmann::json result{{"raw", false}, {"begin", nullptr}, {"end", nullptr}, {"total", nullptr}};
    if (splits()) {
        auto streams = nlohmann::json::array();
        for (const auto& [producer, stream] : streams_) {
            streams.push_back(stream.intake->result());
            streams.back()["lane"] = stream.lane;
            streams.back()["producer"] = producer;
            streams.back()["file"] = file_of(stream.lane, producer);
            streams.back()["complete"] = stream.intake->complete();
        }
        result = {{"streams", std::move(streams)}};
    } else if (!streams_.empty()) {
        result = streams_.begin()->second.intake->result();
    }
    result["bytes"] = sum(&Intake::bytes);
    result["messages"] = sum(&Intake::messages);
    result["dropped_bytes"] = sum(&Intake::dropped_bytes);
    result["redelivered"] = sum(&Intake::redelivered);
    return result;
}

}  // namespace shunt::tools
