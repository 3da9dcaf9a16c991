// SPDX-License-Identifier: MIT
//
// The registry of a channel: who takes part, who lives, who died. It works on mapped bytes and on
// two descriptors of the channel's file, and knows nothing of how they came about.
//
// Invariants
//   I1  A token is given out once in the life of a file. Byte 2^32 + token is locked by its owner
//       and by nobody else, from before the entry's word names the token until after the word is
//       FREE again.
//   I2  So JOINING or ALIVE with that byte unlocked is dead, whatever pid and start_time say.
//   I3  Every change of another's word is one exact CAS of {token, state}; as tokens never return,
//       a recoverer may stall, be repeated or die between any two steps.
//   I4  last_died, last_closed and the entry's own `ended` only grow, and hold the token before the
//       entry becomes FREE.
//   I5  What a dead one held in a ring is given back between DEAD and FREE, so nobody can have its
//       index and generation before.
// Edges
//   registry.claim  Registry::sit_down -> Registry::recover      the lock on the token's byte is
//   held registry.alive  Registry::enter -> Registry::recover      the fields of this token are
//   written registry.role   Registry::enter -> Registry::bury         who sees a newer role sees
//   its word registry.dead   Registry::recover -> Registry::bury      the kernel has said that it
//   is dead registry.free   Registry::leave, bury -> Registry::sit_down  all that the seat's last
//   holder stored registry.ends   raise -> last_died, last_closed          all that it published;
//   its fate registry.held   Registry::recover -> give_back           still this death: nobody has
//   its name
#pragma once

#include <shunt/channel/lock.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/layout/segment.hpp>
#include <shunt/core/layout/wake.hpp>
#include <shunt/core/ring/mpmc_recover.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace shunt::channel {

[[nodiscard]] constexpr std::uint64_t entry_word(layout::EntryState state,
                                                 std::uint64_t token) noexcept {
    return token << 2 | static_cast<std::uint64_t>(state);
}
[[nodiscard]] constexpr layout::EntryState state_of(std::uint64_t word) noexcept {
    return static_cast<layout::EntryState>(word & 3);
}
[[nodiscard]] constexpr std::uint64_t token_of(std::uint64_t word) noexcept {
    return word >> 2;
}

/// The byte of the named file whose lock proves that the owner of `token` lives.
[[nodiscard]] constexpr std::uint64_t token_byte(std::uint64_t token) noexcept {
    return layout::kTokenBytes + token;
}

/// The holder of an entry's `word` lives, by its lock, asked for through `probe_fd`. False for FREE
/// and DEAD.
[[nodiscard]] bool lives(std::uint64_t word, int probe_fd) noexcept;

/// RegistryEntry::ended of one that left, or died, at that time.
[[nodiscard]] constexpr std::uint64_t end_word(std::uint64_t time, bool died) noexcept {
    return time << 1 | (died ? 1u : 0u);
}

/// Raises `word` to `token`; never lowers it.
void raise(std::atomic<std::uint64_t>& word, std::uint64_t token) noexcept;

/// The largest token of that role that died, or that left by closing. 0: none.
[[nodiscard]] std::uint64_t last_died(const layout::ControlPage& control,
                                      layout::Role role) noexcept;
[[nodiscard]] std::uint64_t last_closed(const layout::ControlPage& control,
                                        layout::Role role) noexcept;

/// When and how the last holder of an entry that left or died did so, as end_word(). 0: none has.
[[nodiscard]] std::uint64_t ended(const layout::RegistryEntry& entry) noexcept;

/// What a participant says of itself, for display. The role is also what its end is counted by.
struct Identity {
    std::uint64_t start_time = 0;
    std::uint32_t pid = 0;
    layout::Role role = layout::Role::none;
    std::uint32_t wait = 0;
    std::int32_t cpu = -1;
};

/// When a process started, in clock ticks after the boot. 0: not to be told.
[[nodiscard]] std::uint64_t start_time_of(std::uint32_t pid);

/// This thread of this process, now.
[[nodiscard]] Identity identity_here(layout::Role role, std::uint32_t wait);

/// The ring in which a dead participant may have left something that it held; nothing: a kind
/// whose words are stored after the work they stand for, so that a successor finds them right
/// wherever the victim stopped.
struct HeldRing {
    std::variant<ring::MpmcSlots, ring::BlockSlots> slots;
    layout::MpmcWords* words;
    ring::on_orphan policy;
};

class Registry {
public:
    /// What recover() found.
    enum class Found { free, living, recovered };

    Registry() = default;
    /// `probe_fd`: a description of the same file that holds no lock on a token. All outlive this.
    Registry(layout::ControlPage& control, std::span<layout::RegistryEntry> entries,
             layout::WakeRegion& data, layout::WakeRegion& room, int probe_fd,
             const std::optional<HeldRing>& ring = std::nullopt,
             std::span<layout::SubscriberWords> gates = {}) noexcept
        : control_{&control},
          entries_{entries},
          data_{&data},
          room_{&room},
          probe_fd_{probe_fd},
          ring_{ring},
          gates_{gates} {}

    [[nodiscard]] std::uint32_t size() const noexcept {
        return static_cast<std::uint32_t>(entries_.size());
    }
    [[nodiscard]] layout::RegistryEntry& entry(std::uint32_t index) const noexcept {
        return entries_[index];
    }

    /// A token of this file that nobody had before. Never fails; lock-free.
    [[nodiscard]] std::uint64_t draw_token() const noexcept;

    /// Puts `token`, whose byte the caller has locked, into the entry: FREE -> JOINING -> ALIVE.
    /// False if the entry was not FREE; nothing was written then.
    [[nodiscard]] bool take(std::uint32_t index, std::uint64_t token,
                            const Identity& who) const noexcept {
        return sit_down(index, token) && (enter(index, token, who), true);
    }
    /// The two steps of take(): FREE -> JOINING, and -> ALIVE. Between them nobody else has the
    /// entry, and nobody counts its holder in: get_up() gives it back without an end to be told.
    [[nodiscard]] bool sit_down(std::uint32_t index, std::uint64_t token) const noexcept;
    void enter(std::uint32_t index, std::uint64_t token, const Identity& who) const noexcept;
    void get_up(std::uint32_t index) const noexcept;

    /// Asks the kernel about the entry's holder and, where it is dead, gives back what it held in
    /// the ring (or closes its gates), frees the entry, raises last_died (not for one that died
    /// while JOINING) and wakes everybody. Lock-free; several may do it at once. Looks at every
    /// slot of a ring that may have been held.
    [[nodiscard]] Found recover(std::uint32_t index) const noexcept;

    /// recover() for every entry but `mine`. Returns how many it recovered.
    std::uint32_t recover_all(std::uint32_t mine) const noexcept;

    /// True if an entry other than `mine` has a holder that lives. Changes nothing.
    [[nodiscard]] bool anybody_else(std::uint32_t mine) const noexcept;

    /// Gives back what a participant that leaves still holds in a ring: claims become gaps, blocks
    /// are free, what it took becomes another's, flagged; its gates are closed. By itself, with
    /// nothing of it under way.
    void let_go(std::uint32_t index, std::uint64_t token) const noexcept;
    [[nodiscard]] bool holds_in_ring() const noexcept { return ring_.has_value(); }

    /// Leaves the entry: last_closed, then FREE. The caller drops the lock after it, never before.
    void leave(std::uint32_t index, std::uint64_t token, layout::Role role) const noexcept;

    /// Wakes every sleeper of both wake regions; each looks at the ring and at the registry again.
    void wake_everybody() const noexcept;

    /// The holder of `word` lives, by its lock. False for FREE and DEAD.
    [[nodiscard]] bool lives(std::uint64_t word) const noexcept;

private:
    [[nodiscard]] std::uint64_t tell_end(std::uint32_t index, std::uint64_t word,
                                         bool died) const noexcept;
    [[nodiscard]] bool bury(std::uint32_t index, std::uint64_t word) const noexcept;
    [[nodiscard]] bool give_back(std::uint32_t index, std::uint64_t word) const noexcept;
    void close_gates(std::uint32_t index, std::uint64_t token) const noexcept;

    layout::ControlPage* control_ = nullptr;
    std::span<layout::RegistryEntry> entries_;
    layout::WakeRegion* data_ = nullptr;
    layout::WakeRegion* room_ = nullptr;
    int probe_fd_ = -1;
    std::optional<HeldRing> ring_;
    std::span<layout::SubscriberWords> gates_;  // of a broadcast channel: of each log, by entry
};

inline constexpr std::uint32_t kNoEntry = ~std::uint32_t{0};

}  // namespace shunt::channel
