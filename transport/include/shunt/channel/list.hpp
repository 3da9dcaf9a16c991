// SPDX-License-Identifier: MIT
//
// Looking at channels from outside: which there are in a directory, and what is going on in one. An
// observer opens read-only, registers nothing, locks nothing and recovers nobody, so it disturbs
// no participant; and it believes a file no more than a joiner does. What is listed and a channel's
// condition are read (reading.hpp), so that a file that is cut meanwhile is an Error.
#pragma once

#include <shunt/channel/directory.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/channel/reading.hpp>
#include <shunt/core/layout/segment.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::channel {

/// One NAME.shunt of a directory.
struct Listed {
    std::string name;
    std::string path;
    std::string reason;  // why it cannot be read, or is not to be joined; empty: it is a channel
    bool stale = false;  // made before the last boot; `header` is there
    std::optional<layout::Header> header;  // checked copy; nothing where there is a reason
    std::vector<Peer> peers;               // entries in use, with their life by their locks
};

/// Everything in the directory that is called like a channel, in order of names, readable or not.
/// Throws only if the directory itself cannot be read.
[[nodiscard]] std::vector<Listed> list(const Folder& directory);
/// Of $SHUNT_DIR. Nothing where there is no such directory: none is made.
[[nodiscard]] std::vector<Listed> list();

/// A read-only view of one channel. Words that others write are read through it as they are now;
/// their values are input, to be checked before use. Moves, does not copy.
class Observer {
public:
    /// Throws what a joiner would: Errc::not_found, foreign, truncated, corrupt, stale, ...
    explicit Observer(std::string_view name);
    Observer(const Folder& directory, std::string_view name);
    Observer(Observer&&) noexcept;
    Observer& operator=(Observer&&) noexcept;
    ~Observer();

    [[nodiscard]] const layout::Header& header() const noexcept;
    /// By reading the files, as are peers(). Throws Errc::truncated where one was cut.
    [[nodiscard]] Condition condition() const;
    /// This and the two below are mapped: to touch them once the file was cut is SIGBUS.
    [[nodiscard]] const layout::ControlPage& control() const noexcept;
    /// A region's first byte, mapped read-only; null where the kind has none.
    [[nodiscard]] const std::byte* region(layout::RegionId id) const noexcept;
    [[nodiscard]] const layout::Counters& counters(std::uint32_t index) const noexcept;
    [[nodiscard]] const std::string& path() const noexcept;
    [[nodiscard]] std::vector<Peer> peers() const;
    [[nodiscard]] Placement placement() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Observer{name}; reads better at the call.
[[nodiscard]] Observer observe(std::string_view name);

}  // namespace shunt::channel
