// SPDX-License-Identifier: MIT
//
// What readers of a log have in common, subscribers of a broadcast channel and readers of a latest
// value: waiting, ends, leaving. It knows no message; `Log` does.
#pragma once

#include <shunt/broadcast/request.hpp>
#include <shunt/channel/port.hpp>

#include <cstdint>

namespace shunt::broadcast {

template <class Log>
class ReadingPort : public channel::Port {
public:
    /// True if all that was read so far of what the last peek showed was of that message.
    [[nodiscard]] bool still_valid() const noexcept { return log_.still_valid(); }
    /// Done with what the last peek showed. `ok`: it was valid throughout, and counts as received.
    /// `lapped`: the publisher was overwriting it; what was read of it is not to be used. Once, and
    /// only after a peek that was ok.
    [[nodiscard]] Status release() noexcept {
        const Status status = log_.release();
        return status ? status : not_read(status);
    }

    /// Waits until a message is there, or a loss to be told, and leaves it there. Blocks. Ends are
    /// told as by pop().
    Status wait(channel::Deadline deadline) noexcept {
        return wait_for([this] { return log_.readable(); }, deadline);
    }
    /// True if a message is there now, or a loss to be told; changes nothing.
    [[nodiscard]] bool ready() const noexcept { return log_.readable(); }
    /// Before an event loop polls fd(). False: a message is there, or a loss, an end or an
    /// interrupt to be told, now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return log_.readable(); });
    }

    [[nodiscard]] std::uint64_t capacity() const noexcept { return log_.capacity(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, and faults in its code. Throws Error.
    void prepare_rt() { prepare_memory(); }

    /// Leaves the channel. Idempotent.
    void close() noexcept { leave(); }

protected:
    /// `make(place)`: the log.
    template <class Make>
    ReadingPort(const channel::Request& request, Make&& make)
        : Port(request, layout::Role::producer, layout::RegionId::wake_room,
               layout::RegionId::wake_data),
          log_{make(place())} {
        refuse_broken(place(), log_.broken());
    }
    ReadingPort(ReadingPort&&) noexcept = default;
    ~ReadingPort() { close(); }

    [[nodiscard]] Log& log() noexcept { return log_; }
    [[nodiscard]] const Log& log() const noexcept { return log_; }

    // Blocks until `look()`, or an end. `until`: a deadline, or a stop token.
    template <class Look, class Until>
    Status wait_for(Look&& look, const Until& until) {
        return block(
            Status::empty,
            [&] {
                return look() ? Status{Status::ok}
                              : unread(log_.broken() ? Status::broken : Status::empty, look);
            },
            look, until);
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
        return unread(status, [this] { return log_.readable(); });
    }

private:
    template <class Look>
    Status unread(Status status, Look&& look) noexcept {
        batch_ended(status);
        if (status != Status::empty) {
            return status;
        }
        const Status end = ended();
        if (end == Status::ok || look()) {
            return Status::empty;
        }
        told_end();
        return end;
    }

    Log log_;
};

}  // namespace shunt::broadcast
