// SPDX-License-Identifier: MIT
//
// The byte ports that `send` and `recv` use: of an spsc or of an mpsc channel, as the command line
// or the channel says.
#pragma once

#include <shunt/core/layout/segment.hpp>
#include <shunt/mpsc.hpp>
#include <shunt/spsc.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace shunt::tools {

/// The ports below are of spsc and mpsc. Of mpmc there is no stream, as each message goes to
/// another receiver: work_sender.hpp. Of broadcast and latest all of them get what they can, or the
/// newest: feed_sender.hpp.
enum class StreamKind { spsc, mpsc, mpmc, broadcast, latest };

/// "spsc", "mpsc", "mpmc", "broadcast", "latest". Throws std::invalid_argument.
[[nodiscard]] StreamKind stream_kind_of(const std::string& word);
/// As that channel is; spsc where something is wrong with it, which whoever opens it is told.
/// Throws Error not_found where there is none.
[[nodiscard]] StreamKind kind_of_channel(const std::string& channel);
/// The publishers of that broadcast channel have a lane each, as it says of itself. False where
/// something is wrong with it. Throws Error not_found where there is none.
[[nodiscard]] bool is_in_lanes(const std::string& channel);
/// The messages of that mpmc channel lie in blocks, as it says of itself. False where something is
/// wrong with it. Throws Error not_found where there is none.
[[nodiscard]] bool is_in_blocks(const std::string& channel);
/// As it is asked for, as the channel of that name is, or, where there is none, spsc.
[[nodiscard]] StreamKind kind_for(const std::string& channel, std::optional<StreamKind> asked);

/// A producer; one call for both kinds. Throws Error.
class SendPort {
public:
    SendPort(StreamKind kind, const std::string& channel, const Options& options)
        : port_{kind == StreamKind::mpsc
                    ? Either{std::in_place_type<mpsc::BytesProducer>, channel, options}
                    : Either{std::in_place_type<spsc::BytesProducer>, channel, options}} {}

    [[nodiscard]] lane::BytesProducer& operator*() noexcept {
        return std::visit([](auto& port) -> lane::BytesProducer& { return port; }, port_);
    }
    [[nodiscard]] const lane::BytesProducer& operator*() const noexcept {
        return std::visit([](const auto& port) -> const lane::BytesProducer& { return port; },
                          port_);
    }
    [[nodiscard]] lane::BytesProducer* operator->() noexcept { return &**this; }
    [[nodiscard]] const lane::BytesProducer* operator->() const noexcept { return &**this; }

private:
    using Either = std::variant<spsc::BytesProducer, mpsc::BytesProducer>;
    Either port_;
};

/// A consumer, likewise.
class ReceivePort {
public:
    ReceivePort(StreamKind kind, const std::string& channel, const Options& options)
        : port_{kind == StreamKind::mpsc
                    ? Either{std::in_place_type<mpsc::BytesConsumer>, channel, options}
                    : Either{std::in_place_type<spsc::BytesConsumer>, channel, options}} {}

    [[nodiscard]] channel::Port& port() noexcept {
        return std::visit([](auto& port) -> channel::Port& { return port; }, port_);
    }
    Status peek_until(ring::BytesView& view, channel::Deadline deadline) noexcept {
        return std::visit([&](auto& port) { return port.peek_until(view, deadline); }, port_);
    }
    void release() noexcept {
        std::visit([](auto& port) { port.release(); }, port_);
    }
    [[nodiscard]] bool redelivered() const noexcept {
        return std::visit([](const auto& port) { return port.redelivered(); }, port_);
    }
    /// Of the message that was shown last: its lane, and the token of its producer. Of spsc: 0.
    [[nodiscard]] std::uint32_t lane() const noexcept {
        const auto* const merge = std::get_if<mpsc::BytesConsumer>(&port_);
        return merge != nullptr ? merge->lane() : 0;
    }
    [[nodiscard]] std::uint64_t producer() const noexcept {
        const auto* const merge = std::get_if<mpsc::BytesConsumer>(&port_);
        return merge != nullptr ? merge->producer() : 0;
    }

private:
    using Either = std::variant<spsc::BytesConsumer, mpsc::BytesConsumer>;
    Either port_;
};

}  // namespace shunt::tools
