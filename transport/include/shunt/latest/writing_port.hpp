// SPDX-License-Identifier: MIT
//
// What the writer of a latest value does, whatever the values are: versions, beside what every
// publisher of a log does. It knows no value; `Log` does.
#pragma once

#include <shunt/broadcast/publishing_port.hpp>

#include <cstdint>
#include <utility>

namespace shunt::latest {

template <class Log>
class WritingPort : public broadcast::PublishingPort<Log> {
public:
    /// Version of the value that was stored last, by this writer or by one before it; 0: none was.
    [[nodiscard]] std::uint64_t version() const noexcept {
        return this->position() == this->header().start_pos ? 0 : this->position();
    }

protected:
    /// `make(place)`: the log.
    template <class Make>
    WritingPort(const channel::Request& request, Make&& make)
        : broadcast::PublishingPort<Log>(request, std::forward<Make>(make)) {
        // A value that the last writer had written and not told of, as it died, is there now.
        this->owe();
        this->notify();
    }

    // A value was stored.
    Status stored(Status status) noexcept {
        if (this->wakeable()) {
            this->woken_each();
        }
        return status;
    }
    Status stored_quiet(Status status) noexcept {
        this->owe();
        return status;
    }
};

}  // namespace shunt::latest
