// SPDX-License-Identifier: MIT
//
// The port by which `send` feeds all who listen: the publisher of a broadcast channel, or the
// writer of a latest value, for whom there is always room.
#pragma once

#include "stream_port.hpp"

#include <shunt/broadcast.hpp>
#include <shunt/latest.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace shunt::tools {

/// Throws Error. The calls are those of broadcast::BytesPublisher.
class FeedPort {
public:
    FeedPort(StreamKind kind, const std::string& channel, const Options& options)
        : port_{kind == StreamKind::latest
                    ? Either{std::in_place_type<latest::BytesWriter>, channel, options}
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

private:
    using Either = std::variant<broadcast::BytesPublisher, latest::BytesWriter>;
    Either port_;
};

}  // namespace shunt::tools
