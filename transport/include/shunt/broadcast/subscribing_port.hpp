// SPDX-License-Identifier: MIT
//
// What subscribers of a broadcast channel have in common, whatever their messages are: positions,
// losses and gates, beside what all readers of a log have. It knows no message; `Log` does.
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
    /// Done with what the last peek showed. `ok`: it was valid throughout, and counts as received.
    /// `lapped`: the publisher was overwriting it; what was read of it is not to be used. Once, and
    /// only after a peek that was ok.
    [[nodiscard]] Status release() noexcept {
        const Status status = log().release();
        settle();
        return status ? status : this->not_read(status);
    }
    [[nodiscard]] Status release_quiet() noexcept {
        const Status status = log().release();
        settle_quietly();
        return status ? status : this->not_read(status);
    }

    /// Waits until a message is there, or a loss to be told, and leaves it there. Blocks. Ends are
    /// told as by pop().
    Status wait(channel::Deadline deadline) noexcept {
        return this->block(
            Status::empty,
            [this] {
                if (log().readable()) {
                    return Status{Status::ok};
                }
                log().tell();
                settle();
                return this->not_read(log().broken() ? Status::broken : Status::empty);
            },
            [this] { return log().readable(); }, deadline);
    }

    /// Position of the message delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return log().position(); }
    /// Position of the message that comes next.
    [[nodiscard]] std::uint64_t next_position() const noexcept { return log().next_position(); }
    /// True while the publisher waits for this subscriber (policy::gated): nothing from
    /// next_position() on is lost. False once it was evicted; to be waited for again it opens anew.
    [[nodiscard]] bool gated() const noexcept { return log().gated(); }
    /// Messages that were overwritten, or passed over (policy::conflate), before this subscriber
    /// had read them. With those delivered they are all that were published from where it began,
    /// exactly.
    [[nodiscard]] std::uint64_t lost() const noexcept { return log().lost(); }
    /// Messages published, and neither read nor told as lost.
    [[nodiscard]] std::uint64_t lag() const noexcept { return log().lag(); }
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return lag(); }

protected:
    /// `make(place)`: the log.
    template <class Make>
    SubscribingPort(const channel::Request& request, Make&& make)
        : ReadingPort<Log>(request, std::forward<Make>(make)), on_gap_{request.options.on_gap} {
        settle();
    }

    using ReadingPort<Log>::log;

    // Behind what may have moved a gate: wakes a publisher that waits for room.
    void settle() noexcept {
        if (told_ != log().told()) [[unlikely]] {
            told_ = log().told();
            if (this->wakeable()) {
                this->woken_each();
            }
        }
    }
    void settle_quietly() noexcept {
        if (told_ != log().told()) [[unlikely]] {
            told_ = log().told();
            this->owe();
        }
    }

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
    std::uint64_t told_ = 0;  // of its gate, when a publisher that waits was last looked for
    shunt::on_gap on_gap_;
};

}  // namespace shunt::broadcast
