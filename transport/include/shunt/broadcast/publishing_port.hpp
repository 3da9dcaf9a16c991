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

    /// Asks the kernel for dead subscribers and gives their seats back; how many there were. They
    /// hold nothing else, so nobody need call it. About 0.3 us a participant.
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
          log_{make(place())} {
        refuse_broken(place(), log_.broken());
    }
    PublishingPort(PublishingPort&&) noexcept = default;
    ~PublishingPort() { close(); }

    [[nodiscard]] Log& log() noexcept { return log_; }

private:
    Log log_;
};

}  // namespace shunt::broadcast
