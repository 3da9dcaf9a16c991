// SPDX-License-Identifier: MIT
//
// What the producers of an mpmc channel have in common, whatever their messages are: waiting, ends,
// recovery, leaving. It knows no message; `Ring` does.
#pragma once

#include <shunt/channel/port.hpp>
#include <shunt/mpmc/request.hpp>

#include <cstdint>

namespace shunt::mpmc {

template <class Ring>
class ProducingPort : public channel::Port {
public:
    /// Gives the claimed place up; its position becomes a gap. Of a block: nobody has seen it.
    void abandon() noexcept {
        if (Ring::kOutOfLine || !wakeable()) {
            ring_.abandon();
            return;
        }
        ring_.template abandon<std::memory_order_seq_cst>();
        woken(1);
    }

    /// Waits until there is room. Blocks. Another may be faster to take it.
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::full,
            [this] { return ring_.writable() ? Status{Status::ok} : not_pushed(Status::full); },
            [this] { return ring_.writable(); }, deadline);
    }

    /// True if there is room now; changes nothing.
    [[nodiscard]] bool ready() const noexcept { return ring_.writable(); }
    /// Before an event loop polls fd(). False: there is room, or an end or an interrupt to be told,
    /// now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return ring_.writable(); });
    }

    /// Asks the kernel for the dead and gives back what they held; how many there were. For those
    /// who make no blocking calls. About 0.3 us a participant, and a look at each slot for each
    /// death.
    std::uint32_t recover() noexcept { return place().reap(); }

    /// Position of the message that was claimed last; where it lies in a block, published last.
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// Messages that no consumer has taken yet.
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return untaken_approx(place()); }
    [[nodiscard]] std::uint64_t free_approx() const noexcept { return capacity() - size_approx(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, and faults in its code. Throws Error.
    void prepare_rt() { prepare_memory(); }

    /// Leaves the channel; a claim becomes a gap, or its block is given back. Idempotent.
    void close() noexcept { leave(); }

protected:
    // `make(place)`: the ring.
    template <class Make>
    ProducingPort(const channel::Request& request, Make&& make)
        : Port(request, layout::Role::consumer, layout::RegionId::wake_data,
               layout::RegionId::wake_room),
          ring_{make(place())} {
        ring_.for_throughput(request.options.consume == consume::throughput);
    }
    ProducingPort(ProducingPort&&) noexcept = default;
    ~ProducingPort() { close(); }

    [[nodiscard]] Ring& ring() noexcept { return ring_; }
    [[nodiscard]] const Ring& ring() const noexcept { return ring_; }

    [[gnu::noinline]] Status not_pushed(Status status) noexcept {
        if (status == Status::too_big) {
            return status;
        }
        count(counters().full);
        const Status end = ended();
        if (end == Status::ok || ring_.writable()) {
            return status;
        }
        told_end();
        return end;
    }

private:
    Ring ring_;
};

}  // namespace shunt::mpmc
