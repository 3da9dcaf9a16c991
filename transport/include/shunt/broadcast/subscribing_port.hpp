// SPDX-License-Identifier: MIT
//
// What subscribers of a broadcast channel have in common, whatever their messages are: waiting,
// ends, losses, leaving. It knows no message; `Log` does.
#pragma once

#include <shunt/broadcast/request.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/core/error.hpp>

#include <cstdint>
#include <string>

namespace shunt::broadcast {

template <class Log>
class SubscribingPort : public channel::Port {
public:
    /// True if all that was read so far of what the last peek showed was of that message.
    [[nodiscard]] bool still_valid() const noexcept { return log_.still_valid(); }
    /// Done with what the last peek showed. `ok`: it was valid throughout, and counts as received.
    /// `lapped`: the publisher was overwriting it; what was read of it is not to be used. Once, and
    /// only after a peek that was ok.
    [[nodiscard]] Status release() noexcept {
        const Status status = log_.release();
        settle();
        return status ? status : not_read(status);
    }
    [[nodiscard]] Status release_quiet() noexcept {
        const Status status = log_.release();
        settle_quietly();
        return status ? status : not_read(status);
    }

    /// Waits until a message is there, or a loss to be told, and leaves it there. Blocks. Ends are
    /// told as by pop().
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::empty,
            [this] {
                if (log_.readable()) {
                    return Status{Status::ok};
                }
                log_.tell();
                settle();
                return not_read(log_.broken() ? Status::broken : Status::empty);
            },
            [this] { return log_.readable(); }, deadline);
    }
    /// True if a message is there now, or a loss to be told; changes nothing.
    [[nodiscard]] bool ready() const noexcept { return log_.readable(); }
    /// Before an event loop polls fd(). False: a message is there, or a loss, an end or an
    /// interrupt to be told, now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return log_.readable(); });
    }

    /// Position of the message delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return log_.position(); }
    /// Position of the message that comes next.
    [[nodiscard]] std::uint64_t next_position() const noexcept { return log_.next_position(); }
    /// True while the publisher waits for this subscriber (policy::gated): nothing from
    /// next_position() on is lost. False once it was evicted; to be waited for again it opens anew.
    [[nodiscard]] bool gated() const noexcept { return log_.gated(); }
    /// Messages that were overwritten, or passed over (policy::conflate), before this subscriber
    /// had read them. With those delivered they are all that were published from where it began,
    /// exactly.
    [[nodiscard]] std::uint64_t lost() const noexcept { return log_.lost(); }
    /// Messages published, and neither read nor told as lost.
    [[nodiscard]] std::uint64_t lag() const noexcept { return log_.lag(); }
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return lag(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return log_.capacity(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, and faults in its code. Throws Error.
    void prepare_rt() { prepare_memory(); }

    /// Leaves the channel. Idempotent.
    void close() noexcept { leave(); }

protected:
    /// `make(place)`: the log.
    template <class Make>
    SubscribingPort(const channel::Request& request, Make&& make)
        : Port(request, layout::Role::producer, layout::RegionId::wake_room,
               layout::RegionId::wake_data),
          log_{make(place())},
          on_gap_{request.options.on_gap} {
        refuse_broken(place(), log_.broken());
        settle();
    }
    SubscribingPort(SubscribingPort&&) noexcept = default;
    ~SubscribingPort() { close(); }

    [[nodiscard]] Log& log() noexcept { return log_; }
    [[nodiscard]] const Log& log() const noexcept { return log_; }

    // Behind what may have moved a gate: wakes a publisher that waits for room.
    void settle() noexcept {
        if (told_ != log_.told()) [[unlikely]] {
            told_ = log_.told();
            if (wakeable()) {
                woken_each();
            }
        }
    }
    void settle_quietly() noexcept {
        if (told_ != log_.told()) [[unlikely]] {
            told_ = log_.told();
            owe();
        }
    }

    // Counts why a call ended without a message.
    [[gnu::noinline]] void batch_ended(Status status) noexcept {
        if (status == Status::lapped) {
            count(counters().gaps);
        } else if (status == Status::empty) {
            count(counters().empty_polls);
        } else if (status == Status::broken) {
            mark_broken(place());
        }
    }
    // As that; an end, where that is all there is.
    [[gnu::noinline]] Status not_read(Status status) noexcept {
        batch_ended(status);
        if (status != Status::empty) {
            return status;
        }
        const Status end = ended();
        if (end == Status::ok || log_.readable()) {
            return Status::empty;
        }
        told_end();
        return end;
    }
    // Of the loop over all messages.
    void lost_some() const {
        if (on_gap_ == on_gap::fail) {
            throw Error(Errc::lapped,
                        "channel '" + place().name() + "': this subscriber has lost messages, " +
                            std::to_string(lost()) +
                            " by now, which the publisher overwrote; it goes on at position " +
                            std::to_string(next_position()) +
                            ": read faster, give the channel a greater .capacity, or take "
                            ".on_gap = skip");
        }
    }

private:
    Log log_;
    std::uint64_t told_ = 0;  // of its gate, when a publisher that waits was last looked for
    shunt::on_gap on_gap_;
};

}  // namespace shunt::broadcast
