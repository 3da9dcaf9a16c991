// SPDX-License-Identifier: MIT
//
// How a channel is born, joined, replaced and removed: the order of locks, links and registry words
// that lets any of them be killed anywhere, and any two of them meet. What is in the ring is not
// its business; docs/failure_model.md has the table of deaths.
//
// Invariants
//   L1  A name never leads to a file that is not complete: linkat and rename are the commit points.
//   L2  A joiner holds the gate for reading from before it looks at the link count until it is
//       ALIVE; a remover or replacer holds it for writing while it looks at link count and entries
//       and until the name is gone. So nobody becomes ALIVE in a file without a name.
//   L3  Whoever gets the gate and finds no link has nothing to do there.
//   L4  A slots file is unlinked after the name that leads to it, by who holds that name's gate; a
//       new one is locked before it is linked, so that a collector sees whose it is.
#pragma once

#include <shunt/allocators/numa.hpp>
#include <shunt/channel/directory.hpp>
#include <shunt/channel/open_channel.hpp>

#include <cstdint>
#include <string>

namespace shunt::channel {

/// How long the last closer waits for the gate before it leaves the channel to a collector.
inline constexpr std::chrono::milliseconds kCloserWait{100};

/// A participant's place: where it is registered and with what proof.
struct Seat {
    std::uint32_t index = 0;
    std::uint64_t token = 0;
};

/// A channel without a name, complete, its maker registered in it. Either commit() or replace()
/// gives it the name, or nothing of it stays.
class Newborn {
public:
    /// Steps 1 to 3 of a birth. Throws Error; nothing stays then.
    Newborn(const Request& request, const Folder& directory);
    ~Newborn();
    Newborn(const Newborn&) = delete;
    Newborn& operator=(const Newborn&) = delete;

    /// linkat: false if there is such a name already.
    [[nodiscard]] bool commit(const Folder& directory);

    /// Puts it in the place of `old`: gate of the old file without waiting, link count, entries,
    /// rename. False if the gate is held, somebody lives in it, or the name leads elsewhere by now.
    [[nodiscard]] bool replace(const Folder& directory, OpenChannel& old);

    /// After commit() or replace().
    [[nodiscard]] OpenChannel take_channel() noexcept { return std::move(channel_); }
    [[nodiscard]] Seat seat() const noexcept { return seat_; }
    /// Why the slots are not in the pages that were preferred; empty: they are.
    [[nodiscard]] const std::string& note() const noexcept { return note_; }

private:
    void make_slots(const Request& request, const Folder& directory, const Incarnation& incarnation,
                    std::uint64_t page_bytes);
    void make_named(const Request& request, const Folder& directory);
    void enter(const Request& request);
    void committed() noexcept;

    OpenChannel channel_;
    FileHandle slots_file_;  // its byte 0 is locked until the name is there
    std::string slots_path_;
    std::string note_;
    NodePlan nodes_;
    Seat seat_;
    bool linked_slots_ = false;
    bool committed_ = false;
};

/// What came of looking at a file that has the name.
enum class JoinResult {
    joined,
    gone,   // its name was taken from it meanwhile: look again
    stale,  // made before the last boot: to be replaced
};

/// Joins the channel of `channel.file`, which was just opened by its name: fills in the rest of
/// `channel` and `seat`. Throws where the file is not a channel, or not the one that was asked for
/// (then the gate is released and `channel.header` is valid), or the seat is taken.
[[nodiscard]] JoinResult join(const Request& request, OpenChannel& channel, Seat& seat,
                              Clock::time_point deadline);

/// Puts `token` into the seat that is asked for, retrying for options.seat_timeout; which one it
/// was. Draws a new token where that one became too old while it waited. Throws
/// Errc::already_exists with the holder's pid, or where all shared seats are taken.
[[nodiscard]] std::uint32_t take_seat(const Request& request, const OpenChannel& channel,
                                      std::uint64_t& token);

/// Draws a token and locks its byte.
[[nodiscard]] std::uint64_t prove_alive(const OpenChannel& channel);

/// Whoever was the last to leave removes the channel where `linger` says so. `self` has left
/// already.
void remove_if_last(const OpenChannel& channel, const Folder& directory, std::uint32_t left_index,
                    bool (*drained)(const Participant&), const Participant& self) noexcept;

/// True if the file of that name in the directory is the one of `descriptor`.
[[nodiscard]] bool name_leads_to(const Folder& directory, const std::string& file,
                                 int descriptor) noexcept;

}  // namespace shunt::channel
