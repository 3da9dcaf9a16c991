// SPDX-License-Identifier: MIT
//
// What subscribers of a broadcast channel have in common, whatever their messages are: positions
// and losses, beside what all readers of a log have. It knows no message; `Log` does.
#pragma once

#include <shunt/broadcast/reading_port.hpp>
#include <shunt/core/error.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace shunt::broadcast {

template <class Log>
class SubscribingPort : public ReadingPort<Log> {
public:
    /// Position of the message delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return this->log().position(); }
    /// Position of the message that comes next.
    [[nodiscard]] std::uint64_t next_position() const noexcept {
        return this->log().next_position();
    }
    /// Messages that were overwritten before this subscriber had read them. With those delivered
    /// they are all that were published from where it began, exactly.
    [[nodiscard]] std::uint64_t lost() const noexcept { return this->log().lost(); }
    /// Messages published, and neither read nor told as lost.
    [[nodiscard]] std::uint64_t lag() const noexcept { return this->log().lag(); }
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return lag(); }

protected:
    /// `make(place)`: the log.
    template <class Make>
    SubscribingPort(const channel::Request& request, Make&& make)
        : ReadingPort<Log>(request, std::forward<Make>(make)), on_gap_{request.options.on_gap} {}

    // Of the loop over all messages.
    void lost_some() const {
        if (on_gap_ == on_gap::fail) {
            throw Error(Errc::lapped,
                        "channel '" + this->place().name() +
                            "': this subscriber has lost messages, " + std::to_string(lost()) +
                            " by now, which the publisher overwrote; it goes on at position " +
                            std::to_string(next_position()) +
                            ": read faster, give the channel a greater .capacity, or take "
                            ".on_gap = skip");
        }
    }

private:
    shunt::on_gap on_gap_;
};

}  // namespace shunt::broadcast
