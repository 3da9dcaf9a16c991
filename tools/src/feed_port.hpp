// SPDX-License-Identifier: MIT
//
// The port by which `send` feeds all who listen: the publisher of a broadcast channel, or one of
// several, in a lane; or the writer of a latest value, for whom there is always room. And the port
// by which `recv` subscribes, to one publisher or to several.
#pragma once

#include "stream_port.hpp"

#include <shunt/broadcast.hpp>
#include <shunt/latest.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace shunt::tools {

/// Throws Error. The calls are those of broadcast::BytesPublisher.
class FeedPort {
public:
    FeedPort(StreamKind kind, bool in_lanes, const std::string& channel, const Options& options)
        : port_{kind == StreamKind::latest
                    ? Either{std::in_place_type<latest::BytesWriter>, channel, options}
                : in_lanes
                    ? Either{std::in_place_type<broadcast::BytesLanePublisher>, channel, options}
                    : Either{std::in_place_type<broadcast::BytesPublisher>, channel, options}} {}

    [[nodiscard]] channel::Port& port() noexcept {
        return std::visit([](auto& port) -> channel::Port& { return port; }, port_);
    }
    [[nodiscard]] const channel::Port& port() const noexcept {
        return std::visit([](const auto& port) -> const channel::Port& { return port; }, port_);
    }
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        return std::visit([&](auto& port) { return port.try_claim(bytes, place); }, port_);
    }
    void publish(std::uint64_t bytes, std::uint32_t type) noexcept {
        std::visit([&](auto& port) { port.publish(bytes, type); }, port_);
    }
    Status wait(channel::Deadline deadline) noexcept {
        return std::visit([&](auto& port) { return port.wait(deadline); }, port_);
    }
    std::uint32_t recover() noexcept {
        return std::visit([](auto& port) { return port.recover(); }, port_);
    }
    [[nodiscard]] std::uint64_t position() const noexcept {
        return std::visit([](const auto& port) { return port.position(); }, port_);
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept {
        return std::visit([](const auto& port) { return port.capacity(); }, port_);
    }
    [[nodiscard]] std::uint64_t max_message() const noexcept {
        return std::visit([](const auto& port) { return port.max_message(); }, port_);
    }
    [[nodiscard]] std::uint64_t evictions() const noexcept {
        return std::visit([](const auto& port) { return port.evictions(); }, port_);
    }
    /// One of several publishers: its own.
    [[nodiscard]] std::optional<std::uint32_t> lane() const noexcept {
        const auto* const one = std::get_if<broadcast::BytesLanePublisher>(&port_);
        return one != nullptr ? std::optional{one->lane()} : std::nullopt;
    }

private:
    using Either =
        std::variant<broadcast::BytesPublisher, broadcast::BytesLanePublisher, latest::BytesWriter>;
    Either port_;
};

/// Throws Error. The calls are those of broadcast::BytesSubscriber.
class SubscribePort {
public:
    SubscribePort(bool to_lanes, const std::string& channel, const Options& options)
        : port_{to_lanes
                    ? Either{std::in_place_type<broadcast::BytesLaneSubscriber>, channel, options}
                    : Either{std::in_place_type<broadcast::BytesSubscriber>, channel, options}} {}

    [[nodiscard]] channel::Port& port() noexcept {
        return std::visit([](auto& port) -> channel::Port& { return port; }, port_);
    }
    Status wait(channel::Deadline deadline) noexcept {
        return std::visit([&](auto& port) { return port.wait(deadline); }, port_);
    }
    [[nodiscard]] Status try_peek(ring::BytesView& view) noexcept {
        return std::visit([&](auto& port) { return port.try_peek(view); }, port_);
    }
    [[nodiscard]] Status release() noexcept {
        return std::visit([](auto& port) { return port.release(); }, port_);
    }
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        return std::visit([&](auto& port) { return port.try_pop(to, size); }, port_);
    }
    [[nodiscard]] std::uint32_t type() const noexcept {
        return std::visit([](const auto& port) { return port.type(); }, port_);
    }
    [[nodiscard]] std::uint64_t position() const noexcept {
        return std::visit([](const auto& port) { return port.position(); }, port_);
    }
    [[nodiscard]] std::uint64_t lost() const noexcept {
        return std::visit([](const auto& port) { return port.lost(); }, port_);
    }
    [[nodiscard]] std::uint64_t max_message() const noexcept {
        return std::visit([](const auto& port) { return port.max_message(); }, port_);
    }
    /// Of the message that was shown or copied last: its lane; of one publisher 0.
    [[nodiscard]] std::uint32_t lane() const noexcept {
        const auto* const lanes = std::get_if<broadcast::BytesLaneSubscriber>(&port_);
        return lanes != nullptr ? lanes->lane() : 0;
    }
    /// Of the message at that position in lane(): the token of its publisher. Of one publisher 0,
    /// of several nothing where that is not known any more.
    [[nodiscard]] std::optional<std::uint64_t> producer(std::uint64_t position) const noexcept {
        const auto* const lanes = std::get_if<broadcast::BytesLaneSubscriber>(&port_);
        if (lanes == nullptr) {
            return 0;
        }
        const std::uint64_t token = lanes->producer(position);
        return token != 0 ? std::optional{token} : std::nullopt;
    }

private:
    using Either = std::variant<broadcast::BytesSubscriber, broadcast::BytesLaneSubscriber>;
    Either port_;
};

}  // namespace shunt::tools
