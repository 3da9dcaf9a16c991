// SPDX-License-Identifier: MIT
//
// What the publisher of a broadcast channel does, whatever its messages are. It knows no message;
// `Log` does.
#pragma once

#include <shunt/broadcast/request.hpp>
#include <shunt/channel/port.hpp>

#include <cstdint>

namespace shunt::broadcast {

template <class Log>
class PublishingPort : public channel::Port {
public:
    /// Gives the claimed place up; nothing is published. The message that stood there, the oldest,
    /// is gone.
    void abandon() noexcept { log_.abandon(); }

    /// Waits until there is room, where a gate needs what would be overwritten. Blocks. A gate
    /// whose subscriber dies makes room; one that opens meanwhile may take it, so the next attempt
    /// may say `full` all the same.
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::full,
            [this] { return log_.writable() ? Status{Status::ok} : not_published(Status::full); },
            [this] { return log_.writable(); }, deadline);
    }
    /// True if there is room now: no gate needs what would be overwritten, or it is evicted.
    [[nodiscard]] bool ready() noexcept { return log_.writable(); }
    /// Before an event loop polls fd(). False: there is room, or an interrupt to be told, now. fd()
    /// was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return log_.writable(); });
    }
    /// Gated subscribers that this publisher has evicted.
    [[nodiscard]] std::uint64_t evictions() const noexcept { return log_.evictions(); }

    /// Asks the kernel for dead subscribers, closes their gates and gives their seats back; how
    /// many there were. Blocking calls do so by themselves. About 0.3 us a participant.
    std::uint32_t recover() noexcept { return place().reap(); }

    /// Position of the next message; also how many there were, but for the first one's.
    [[nodiscard]] std::uint64_t position() const noexcept { return log_.position(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return log_.capacity(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, faults in its code, and takes the lines of the first messages into this core's
    /// caches. Throws Error.
    void prepare_rt() {
        prepare_memory();
        log_.warm();
    }

    /// Leaves the channel; a claim is given up. What was published stays for subscribers to come,
    /// as long as the channel does. Idempotent.
    void close() noexcept { leave(); }

protected:
    /// `make(place)`: the log.
    template <class Make>
    PublishingPort(const channel::Request& request, Make&& make)
        : Port(request, layout::Role::consumer, layout::RegionId::wake_data,
               layout::RegionId::wake_room),
          log_{make(place())},
          blocks_{request.options.on_slow == on_slow::block} {
        refuse_broken(place(), log_.broken());
    }
    PublishingPort(PublishingPort&&) noexcept = default;
    ~PublishingPort() { close(); }

    [[nodiscard]] Log& log() noexcept { return log_; }
    // Where there is no room, it is waited for.
    [[nodiscard]] bool waits_for_gates() const noexcept { return blocks_; }
    // Counts why nothing was published.
    [[gnu::noinline]] Status not_published(Status status) noexcept {
        if (status == Status::full) {
            count(counters().full);
            // Subscribers that left earlier are nothing to wake up for.
            if (ended() != Status::ok) {
                told_end();
            }
        }
        return status;
    }

private:
    Log log_;
    bool blocks_;
};

}  // namespace shunt::broadcast
