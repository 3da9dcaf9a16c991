// SPDX-License-Identifier: MIT
#include <shunt/allocators/file.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/ring/broadcast_gate.hpp>
#include <shunt/wake/futex.hpp>

#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::channel {
namespace {

using layout::EntryState;

constexpr std::uint64_t kFree = entry_word(EntryState::free, 0);

void wake_all(layout::WakeRegion& region) noexcept {
    // edge wake.seq release -> Sleeper::sleep: who reads the new number sees the registry as it is
    region.wake_seq.fetch_add(1, std::memory_order_release);
    FutexOps::wake_all(region.wake_seq, ~std::uint32_t{0});
}

}  // namespace

void raise(std::atomic<std::uint64_t>& word, std::uint64_t token) noexcept {
    // relaxed: only a first guess for the CAS
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    // edge registry.ends release -> last_closed: what the leaver stored, or the decided death
    while (seen < token && !word.compare_exchange_weak(seen, token, std::memory_order_release,
                                                       std::memory_order_relaxed)) {
    }
}

std::uint64_t last_died(const layout::ControlPage& control, layout::Role role) noexcept {
    // edge registry.ends acquire <- raise: the death is decided, the ring holds all it will ever
    // hold
    return control.ends[static_cast<std::size_t>(role)].last_died.load(std::memory_order_acquire);
}

std::uint64_t last_closed(const layout::ControlPage& control, layout::Role role) noexcept {
    // edge registry.ends acquire <- raise: everything that the leaver published
    return control.ends[static_cast<std::size_t>(role)].last_closed.load(std::memory_order_acquire);
}

std::uint64_t ended(const layout::RegistryEntry& entry) noexcept {
    // edge registry.ends acquire <- raise: everything that the leaver published, or the death
    return entry.ended.load(std::memory_order_acquire);
}

namespace {

// Field 22 of a process's stat.
std::uint64_t start_time_in(const std::string& path) {
    const std::optional<std::string> stat = read_text(path.c_str());
    if (!stat) {
        return 0;
    }
    std::string_view rest{*stat};
    const std::size_t name_end = rest.rfind(')');  // the command's name may hold anything
    if (name_end == std::string_view::npos) {
        return 0;
    }
    rest.remove_prefix(name_end + 1);
    for (int field = 2; field < 22; ++field) {
        const std::size_t space = rest.find(' ');
        if (space == std::string_view::npos) {
            return 0;
        }
        rest.remove_prefix(space + 1);
    }
    std::uint64_t ticks = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), ticks);
    return ticks;
}

}  // namespace

std::uint64_t start_time_of(std::uint32_t pid) {
    return start_time_in("/proc/" + std::to_string(pid) + "/stat");
}

Identity identity_here(layout::Role role, std::uint32_t wait) {
    return {.start_time = start_time_in("/proc/self/stat"),
            .pid = static_cast<std::uint32_t>(::getpid()),
            .role = role,
            .wait = wait,
            .cpu = ::sched_getcpu()};
}

std::uint64_t Registry::draw_token() const noexcept {
    // relaxed: the number itself is all that is shared; the lock on its byte orders the rest
    return control_->next_token.fetch_add(1, std::memory_order_relaxed) + 1;
}

bool Registry::sit_down(std::uint32_t index, std::uint64_t token) const noexcept {
    std::uint64_t expected = kFree;
    // edge registry.free acquire <- Registry::leave: the seat's last holder has stored all its work
    // edge registry.claim release -> Registry::recover: the lock on the token's byte is held
    return entries_[index].word.compare_exchange_strong(
        expected, entry_word(EntryState::joining, token), std::memory_order_acq_rel,
        std::memory_order_relaxed);
}

void Registry::get_up(std::uint32_t index) const noexcept {
    // edge registry.free release -> Registry::sit_down: nothing, but as everybody who frees it
    entries_[index].word.store(kFree, std::memory_order_release);
}

void Registry::enter(std::uint32_t index, std::uint64_t token, const Identity& who) const noexcept {
    layout::RegistryEntry& entry = entries_[index];
    // edge registry.role release -> Registry::recover: who sees this role sees a word newer than
    // its own
    entry.role.store(static_cast<std::uint32_t>(who.role), std::memory_order_release);
    // relaxed: for display
    entry.start_time.store(who.start_time, std::memory_order_relaxed);
    // relaxed: for display
    entry.pid.store(who.pid, std::memory_order_relaxed);
    // relaxed: for display
    entry.wait.store(who.wait, std::memory_order_relaxed);
    // relaxed: for display
    entry.cpu.store(who.cpu, std::memory_order_relaxed);
    // edge registry.alive release -> Registry::recover: the fields above are ours
    entry.word.store(entry_word(EntryState::alive, token), std::memory_order_release);
}

bool lives(std::uint64_t word, int probe_fd) noexcept {
    const EntryState state = state_of(word);
    return (state == EntryState::joining || state == EntryState::alive) &&
           is_locked(probe_fd, token_byte(token_of(word)));
}

bool Registry::lives(std::uint64_t word) const noexcept {
    return channel::lives(word, probe_fd_);
}

Registry::Found Registry::recover(std::uint32_t index) const noexcept {
    layout::RegistryEntry& entry = entries_[index];
    // edge registry.alive acquire <- Registry::enter: the role below is that of this token
    std::uint64_t word = entry.word.load(std::memory_order_acquire);
    if (state_of(word) == EntryState::free) {
        return Found::free;
    }
    if (lives(word)) {
        return Found::living;
    }
    if (state_of(word) == EntryState::joining) {
        // relaxed: nothing of a participant that never was ALIVE is to be seen by anybody
        entry.word.compare_exchange_strong(word, kFree, std::memory_order_relaxed,
                                           std::memory_order_relaxed);
        return Found::free;
    }
    if (state_of(word) == EntryState::alive) {
        const std::uint64_t dead = entry_word(EntryState::dead, token_of(word));
        // edge registry.dead release -> Registry::recover: the kernel has said that the holder is
        // dead
        // edge registry.held release -> Registry::give_back: and so does who looks again
        if (!entry.word.compare_exchange_strong(word, dead, std::memory_order_acq_rel,
                                                std::memory_order_relaxed)) {
            return Found::free;  // somebody else decided first; whoever needs the entry looks again
        }
        word = dead;
    }
    return give_back(index, word) && bury(index, word) ? Found::recovered : Found::free;
}

void Registry::close_gates(std::uint32_t index, std::uint64_t token) const noexcept {
    for (std::size_t i = index; i < gates_.size(); i += entries_.size()) {
        ring::close_gate(gates_[i], token);
    }
}

// What the dead one held, between DEAD and FREE. False: another was faster with all of it.
bool Registry::give_back(std::uint32_t index, std::uint64_t word) const noexcept {
    close_gates(index, token_of(word));
    if (!ring_) {
        return true;
    }
    ring::Recovered done;
    const auto still_dead = [&] {
        // edge registry.held acquire <- Registry::recover: still this death
        return entries_[index].word.load(std::memory_order_acquire) == word;
    };
    const bool all = std::visit(
        [&](const auto& slots) {
            return ring::recover_slots(slots, *ring_->words,
                                       ring::slot_owner(index, token_of(word)), ring_->policy,
                                       still_dead, done);
        },
        ring_->slots);
    // relaxed: for display
    ring_->words->voided.fetch_add(done.voided, std::memory_order_relaxed);
    // relaxed: for display
    ring_->words->orphaned.fetch_add(done.orphaned, std::memory_order_relaxed);
    // relaxed: for display
    ring_->words->dropped.fetch_add(done.dropped, std::memory_order_relaxed);
    return all;
}

// When and how the holder of `word` ended, told once: by itself, or by whoever finds it dead. One
// that died while it left, behind telling so, left: all that it had to store is stored. 0: another
// has told it, and the entry is somebody else's.
std::uint64_t Registry::tell_end(std::uint32_t index, std::uint64_t word,
                                 bool died) const noexcept {
    layout::RegistryEntry& entry = entries_[index];
    std::uint64_t told = ended(entry);
    if (told >> 1 >= token_of(word)) {
        return told;
    }
    // edge registry.dead acquire <- Registry::recover: with the same holder, what we found told is
    // of an earlier one, and whoever tells of this one makes us fail
    if (entry.word.load(std::memory_order_acquire) != word) {
        return 0;
    }
    const bool many = index >= layout::kFirstSharedSeat;
    const std::uint64_t end = end_word(many ? draw_token() : token_of(word), died);
    // edge registry.ends release -> ended: all that it published, or that it is dead
    return entry.ended.compare_exchange_strong(told, end, std::memory_order_acq_rel,
                                               std::memory_order_acquire)
               ? end
               : told;
}

// From DEAD(token) to FREE.
bool Registry::bury(std::uint32_t index, std::uint64_t word) const noexcept {
    layout::RegistryEntry& entry = entries_[index];
    // edge registry.role acquire <- Registry::enter: a newer role comes with a newer word, seen
    // below
    const std::uint32_t role = entry.role.load(std::memory_order_acquire);
    // edge registry.dead acquire <- Registry::recover: still this death, so the role was its own
    if (entry.word.load(std::memory_order_acquire) != word) {
        return false;
    }
    const std::uint64_t end = tell_end(index, word, true);
    if (role < layout::kRoles && end != 0) {
        layout::RoleEnds& ends = control_->ends[role];
        raise((end & 1) != 0 ? ends.last_died : ends.last_closed, end >> 1);
    }
    // edge registry.free release -> Registry::sit_down: last_died tells of this death
    const bool freed = entry.word.compare_exchange_strong(word, kFree, std::memory_order_acq_rel,
                                                          std::memory_order_relaxed);
    if (freed) {
        wake_everybody();
    }
    return freed;
}

std::uint32_t Registry::recover_all(std::uint32_t mine) const noexcept {
    std::uint32_t recovered = 0;
    for (std::uint32_t i = 0; i < size(); ++i) {
        if (i != mine && recover(i) == Found::recovered) {
            ++recovered;
        }
    }
    return recovered;
}

bool Registry::anybody_else(std::uint32_t mine) const noexcept {
    for (std::uint32_t i = 0; i < size(); ++i) {
        // edge registry.claim acquire <- Registry::sit_down: its lock was taken before this word
        if (i != mine && lives(entries_[i].word.load(std::memory_order_acquire))) {
            return true;
        }
    }
    return false;
}

void Registry::let_go(std::uint32_t index, std::uint64_t token) const noexcept {
    close_gates(index, token);
    if (ring_) {
        ring::Recovered done;
        std::visit(
            [&](const auto& slots) {
                (void)ring::recover_slots(
                    slots, *ring_->words, ring::slot_owner(index, token), ring::on_orphan::inherit,
                    [] { return true; }, done);
            },
            ring_->slots);
    }
}

void Registry::leave(std::uint32_t index, std::uint64_t token, layout::Role role) const noexcept {
    const std::uint64_t end = tell_end(index, entry_word(EntryState::alive, token), false);
    raise(control_->ends[static_cast<std::size_t>(role)].last_closed, end >> 1);
    // edge registry.free release -> Registry::sit_down: all that this participant stored
    entries_[index].word.store(kFree, std::memory_order_release);
}

void Registry::wake_everybody() const noexcept {
    wake_all(*data_);
    wake_all(*room_);
}

}  // namespace shunt::channel
