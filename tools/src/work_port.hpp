// SPDX-License-Identifier: MIT
//
// The ports by which `send` and `recv` share work out: of an mpmc channel whose messages lie in its
// slots, or in blocks beside them.
#pragma once

#include <shunt/mpmc.hpp>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace shunt::tools {

/// Throws Error. The calls are those of mpmc::BytesProducer.
class WorkSendPort {
public:
    WorkSendPort(bool blocks, const std::string& channel, const Options& options)
        : port_{blocks ? Either{std::in_place_type<mpmc::BlockBytesProducer>, channel, options}
                       : Either{std::in_place_type<mpmc::BytesProducer>, channel, options}} {}

    [[nodiscard]] channel::Port& port() noexcept {
        return std::visit([](auto& port) -> channel::Port& { return port; }, port_);
    }
    [[nodiscard]] const channel::Port& port() const noexcept {
        return std::visit([](const auto& port) -> const channel::Port& { return port; }, port_);
    }
    Status push_until(std::span<const std::byte> message, channel::Deadline deadline,
                      std::uint32_t type) noexcept {
        return std::visit([&](auto& port) { return port.push_until(message, deadline, type); },
                          port_);
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
    [[nodiscard]] std::uint64_t size_approx() const noexcept {
        return std::visit([](const auto& port) { return port.size_approx(); }, port_);
    }
    [[nodiscard]] bool blocks() const noexcept {
        return std::holds_alternative<mpmc::BlockBytesProducer>(port_);
    }

private:
    using Either = std::variant<mpmc::BytesProducer, mpmc::BlockBytesProducer>;
    Either port_;
};

/// Throws Error. The calls are those of mpmc::BytesConsumer.
class WorkReceivePort {
public:
    WorkReceivePort(bool blocks, const std::string& channel, const Options& options)
        : port_{blocks ? Either{std::in_place_type<mpmc::BlockBytesConsumer>, channel, options}
                       : Either{std::in_place_type<mpmc::BytesConsumer>, channel, options}} {}

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
    [[nodiscard]] std::uint64_t position() const noexcept {
        return std::visit([](const auto& port) { return port.position(); }, port_);
    }
    /// Of the gap that was told last; in a channel with blocks there is none.
    [[nodiscard]] std::uint64_t gap_position() const noexcept {
        const auto* const in_slots = std::get_if<mpmc::BytesConsumer>(&port_);
        return in_slots != nullptr ? in_slots->last_gap().position : 0;
    }
    /// Messages that were given up since so many consumers died of them: that this port met; of
    /// blocks, where whoever recovers does it, in all of the channel.
    [[nodiscard]] std::uint64_t dead_letters() const noexcept {
        if (const auto* const in_slots = std::get_if<mpmc::BytesConsumer>(&port_)) {
            // relaxed: our own word
            return in_slots->stats().dead_letters.load(std::memory_order_relaxed);
        }
        const channel::Participant& place = std::get<mpmc::BlockBytesConsumer>(port_).participant();
        const bool drops =
            place.header().on_orphan == static_cast<std::uint32_t>(shunt::on_orphan::drop);
        // relaxed: for display
        return drops ? 0 : mpmc::ring_words(place).dropped.load(std::memory_order_relaxed);
    }
    [[nodiscard]] const char* deaths_of_a_dead_letter() const noexcept {
        return std::holds_alternative<mpmc::BlockBytesConsumer>(port_) ? "eight" : "sixteen";
    }

private:
    using Either = std::variant<mpmc::BytesConsumer, mpmc::BlockBytesConsumer>;
    Either port_;
};

}  // namespace shunt::tools
