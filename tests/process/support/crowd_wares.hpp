// SPDX-License-Identifier: MIT
//
// The faces of wares.hpp for ports of which there are many. A producer's messages bear its own
// numbers, a span of them apart from another's.
#pragma once

#include "process/support/journal.hpp"
#include "process/support/text_ports.hpp"
#include "process/support/wares.hpp"

#include <shunt/mpsc.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::process_test {

/// Numbers of each producer's messages.
inline constexpr std::uint64_t kSpan = Journal::kMost;

template <class T, class Port = typename PortsOf<T>::Producer>
class CrowdOut : public FixedOut<T, Port> {
    using Base = FixedOut<T, Port>;

public:
    /// Its messages are numbers seat * kSpan + `begins` and on.
    CrowdOut(std::string_view name, const Options& options, std::uint64_t seat,
             std::uint64_t begins, std::atomic<std::uint64_t>& abandoned)
        : Base{name, options, seat * kSpan, abandoned}, begins_{begins} {}

    [[nodiscard]] std::uint64_t next() const noexcept { return begins_; }

private:
    std::uint64_t begins_;
};

/// The same of byte messages.
class CrowdBytesOut : public BytesOut<mpsc::BytesProducer> {
public:
    CrowdBytesOut(std::string_view name, const Options& options, std::uint64_t seat,
                  std::uint64_t begins, std::atomic<std::uint64_t>&)
        : BytesOut{name, options}, base_{seat * kSpan}, begins_{begins} {}

    [[nodiscard]] std::uint64_t next() const noexcept { return begins_; }
    Status put(Verb verb, std::uint64_t number, std::uint64_t end, std::uint64_t& moved,
               channel::Deadline deadline) {
        return BytesOut::put(verb, base_ + number, base_ + end, moved, deadline);
    }

private:
    std::uint64_t base_;
    std::uint64_t begins_;
};

template <class T>
class CrowdIn {
public:
    CrowdIn(std::string_view name, const Options& options) : port{name, options} {}

    /// As FixedIn::take. `gap`: one was passed over, nothing was moved.
    template <class Visitor>
    Status take(Verb verb, Visitor& visitor, channel::Deadline deadline) {
        const auto visit = [&](const T& message) {
            visitor.seen(message.number, intact(message), port.redelivered());
        };
        if (verb == Verb::single) {
            T message;
            const Status status = port.pop_until(message, deadline);
            if (status) {
                visit(message);
                visitor.done();
            }
            return status;
        }
        std::size_t moved = 0;
        if (verb == Verb::batch) {
            std::array<T, kMostAtOnce> messages;
            moved = port.try_pop_n(messages);
            for (std::size_t i = 0; i < moved; ++i) {
                visitor.seen(messages[i].number, intact(messages[i]),
                             i + 1 == moved && port.redelivered());
            }
        } else if (verb == Verb::in_place) {
            if (const T* const message = port.try_peek(); message != nullptr) {
                visit(*message);
                port.release();
                moved = 1;
            } else if (port.last_status() == Status::gap) {
                return Status::gap;
            }
        } else {
            moved = port.drain(visit, kMostAtOnce);
        }
        if (moved == 0) {
            return port.wait(deadline);
        }
        visitor.done();
        return Status::ok;
    }

    typename PortsOf<T>::Consumer port;
};

}  // namespace shunt::process_test
