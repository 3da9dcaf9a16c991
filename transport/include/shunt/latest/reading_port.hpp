// SPDX-License-Identifier: MIT
//
// What readers of a latest value have in common, whatever the values are: versions, and waiting for
// the next one. It knows no value; `Log` does.
#pragma once

#include <shunt/broadcast/reading_port.hpp>

#include <cstdint>
#include <stop_token>

namespace shunt::latest {

template <class Log>
class ReadingPort : public broadcast::ReadingPort<Log> {
public:
    /// Version of the value that was loaded last; 0: none was.
    [[nodiscard]] std::uint64_t version() const noexcept { return this->log().version(); }
    /// Version of the newest value; 0: there is none yet. One load.
    [[nodiscard]] std::uint64_t newest() const noexcept { return this->log().newest(); }
    /// True if there is a value that is newer than that version. One load; wait-free.
    [[nodiscard]] bool changed_since(std::uint64_t version) const noexcept {
        return this->log().changed_since(version);
    }

    /// Waits until there is a value that is newer than that version. Blocks. Of a writer that left,
    /// and had stored none: `closed` or `peer_dead`, once; then it waits for a successor.
    /// `timeout`, `interrupted`, `broken`.
    Status wait_changed(std::uint64_t version,
                        channel::Deadline deadline = channel::kNoDeadline) noexcept {
        return this->wait_for([this, version] { return changed_since(version); }, deadline);
    }
    Status wait_changed(std::uint64_t version, const std::stop_token& stop) {
        return this->wait_for([this, version] { return changed_since(version); }, stop);
    }

protected:
    using broadcast::ReadingPort<Log>::ReadingPort;

    // What load() or try_peek() came to: an end, where there is no value and will be none.
    Status loaded(Status status) noexcept { return status ? status : this->not_read(status); }
};

}  // namespace shunt::latest
