// SPDX-License-Identifier: MIT
//
// Joining: gate, link count, header, seat, and only then out of the gate.
#include <shunt/channel/failure.hpp>
#include <shunt/channel/life.hpp>

#include <cerrno>

namespace shunt::channel {
namespace {

std::string joining(const Request& request, const OpenChannel& channel) {
    return "cannot join channel " + quoted(request.name) + " (" + channel.path + ")";
}

void pass_gate(const Request& request, const OpenChannel& channel, Clock::time_point deadline) {
    const int error = lock_until(channel.file.get(), layout::kGateByte, LockKind::read, deadline);
    if (error == ETIMEDOUT) {
        fail(Errc::timed_out, joining(request, channel),
             "waited " + std::to_string(request.options.open_timeout.count()) +
                 " ms for its gate (lock on byte 0 of the file), which a process that removes or "
                 "replaces the channel holds",
             "that process may be stopped: find it in /proc/locks by inode " +
                 std::to_string(facts_of(channel.file.get(), channel.path).inode) +
                 " and let it go on, or end it");
    }
    if (error != 0) {
        fail_errno(error, joining(request, channel), "lock of its gate");
    }
}

// While the holder is JOINING, what stands beside its word is that of an earlier one.
[[noreturn]] void fail_taken(const Request& request, const OpenChannel& channel,
                             const layout::RegistryEntry& entry) {
    const std::string role{role_name(channel.header, request.role)};
    // edge registry.alive acquire <- Registry::enter: the pid below is that of this token
    const std::uint64_t word = entry.word.load(std::memory_order_acquire);
    // relaxed: for display
    const std::uint32_t pid = entry.pid.load(std::memory_order_relaxed);
    const bool known = state_of(word) == layout::EntryState::alive;
    const std::string holder =
        known ? "process " + std::to_string(pid) : "a process that is just joining";
    fail(Errc::already_exists, joining(request, channel),
         "its " + role + " is " + holder + ", which lives, and there is one " + role + " at a time",
         known ? "end that process or have it close its port, or use another name"
               : "try again, or use another name; if it stays so, that process is stopped: find it "
                 "in /proc/*/fd by inode " +
                     std::to_string(channel.header.inode) + " and let it go on, or end it");
}

void zero_counters(layout::Counters& counters) noexcept {
    for (auto* word : {&counters.full, &counters.empty_polls, &counters.parks, &counters.wakes,
                       &counters.payload_bytes, &counters.redelivered, &counters.recovered,
                       &counters.high_water, &counters.gaps, &counters.dead_letters}) {
        // relaxed: statistics
        word->store(0, std::memory_order_relaxed);
    }
}

}  // namespace

std::uint64_t prove_alive(const OpenChannel& channel) {
    const std::uint64_t token = channel.registry().draw_token();
    const std::string asked = "cannot join channel " + quoted(channel.name);
    const int error = token > kPositionLimit
                          ? ERANGE
                          : try_lock(channel.file.get(), token_byte(token), LockKind::write);
    if (error == EAGAIN || error == ERANGE) {
        fail(Errc::corrupt, asked,
             "its next token " + std::to_string(token) + " is in use already or impossible",
             "something has written over its control page; close its users and remove it: rm " +
                 quoted(channel.path));
    }
    if (error != 0) {
        fail_errno(error, asked, "lock of the byte that proves us alive");
    }
    return token;
}

namespace {

[[noreturn]] void fail_full(const Request& request, const OpenChannel& channel,
                            std::uint32_t unread) {
    const bool publishes = has_log_lanes(channel.header) && request.role == layout::Role::producer;
    if (publishes) {
        fail(Errc::already_exists, joining(request, channel),
             "all of its " + std::to_string(channel.header.lanes) +
                 " lanes have publishers that live",
             "close a publisher, or make the channel anew with more .lanes");
    }
    if (has_lanes(channel.header) && !has_log_lanes(channel.header)) {
        fail(Errc::already_exists, joining(request, channel),
             "of its " + std::to_string(lanes_of(channel.header)) + " lanes " +
                 std::to_string(unread) +
                 " wait for the consumer to read what their last producers left, the others have "
                 "producers that live",
             "have the consumer read on, close a producer, or make the channel anew with more "
             ".lanes");
    }
    const SeatRange seats = shared_seats(channel.header, request.role);
    fail(Errc::already_exists, joining(request, channel),
         "all " + std::to_string(seats.end - seats.first) + " places of its " +
             std::to_string(channel.header.ports) + " ports that " +
             (is_broadcast(channel.header) ? "subscribers"
              : is_latest(channel.header)  ? "readers"
                                           : "producers and consumers") +
             " share are taken by the living",
         "close a port, or make the channel anew with more .ports, at most " +
             std::to_string(layout::kMaxPorts));
}

[[noreturn]] void fail_ended(const OpenChannel& channel, std::uint32_t index, std::uint64_t end) {
    fail(
        Errc::corrupt, "cannot join channel " + quoted(channel.name),
        "entry " + std::to_string(index) + " of its registry is impossible: the end of token " +
            std::to_string(end) + ", which nobody has drawn",
        "something has written over it; close its users and remove it: rm " + quoted(channel.path));
}

// False: somebody has it. While we waited others may have come and gone in it; then our token is
// older than the last end there, by which its holder's end would count as told: we get a new one.
bool sit_down(const OpenChannel& channel, std::uint32_t index, std::uint64_t& token) {
    const Registry registry = channel.registry();
    while (registry.sit_down(index, token)) {
        const std::uint64_t end = ended(registry.entry(index)) >> 1;
        if (end < token) {
            return true;
        }
        registry.get_up(index);
        const std::uint64_t old = token;
        token = prove_alive(channel);
        unlock(channel.file.get(), token_byte(old));
        // Whoever stored that end had drawn its token before, and we draw later ones.
        if (end >= token) {
            fail_ended(channel, index, end);
        }
    }
    return false;
}

// The first free one; the dead are asked for only where there is none.
std::uint32_t take_shared_seat(const Request& request, const OpenChannel& channel,
                               std::uint64_t& token, const Identity& self) {
    const Registry registry = channel.registry();
    const SeatRange seats = shared_seats(channel.header, request.role);
    Naps naps{deadline_after(request.options.seat_timeout)};
    for (bool last = false;;) {
        std::uint32_t unread = 0;
        for (std::uint32_t i = seats.first; i < seats.end; ++i) {
            if (!sit_down(channel, i, token)) {
                continue;
            }
            if (request.lane_is_free == nullptr ||
                request.lane_is_free(channel, i - layout::kFirstSharedSeat)) {
                registry.enter(i, token, self);
                return i;
            }
            registry.get_up(i);
            ++unread;
        }
        if (last) {
            fail_full(request, channel, unread);
        }
        // And once more: one that died while it joined does not count, and has left its seat now.
        last = registry.recover_all(kNoEntry) == 0 && !naps.nap();
    }
}

void take_own_seat(const Request& request, const OpenChannel& channel, std::uint64_t& token,
                   const Identity& self) {
    const Registry registry = channel.registry();
    Naps naps{deadline_after(request.options.seat_timeout)};
    while (!sit_down(channel, request.seat, token)) {
        const Registry::Found found = registry.recover(request.seat);
        if (found == Registry::Found::free) {
            // relaxed: a word that nobody stores, so it does not matter whose it is
            const std::uint64_t word =
                registry.entry(request.seat).word.load(std::memory_order_relaxed);
            if (state_of(word) == layout::EntryState::free && token_of(word) != 0) {
                fail(Errc::corrupt, joining(request, channel),
                     "entry " + std::to_string(request.seat) +
                         " of its registry is impossible: free, and of token " +
                         std::to_string(token_of(word)),
                     "something has written over it; close its users and remove it: rm " +
                         quoted(channel.path));
            }
        }
        if (found == Registry::Found::living && !naps.nap()) {
            fail_taken(request, channel, registry.entry(request.seat));
        }
    }
    registry.enter(request.seat, token, self);
}

}  // namespace

std::uint32_t take_seat(const Request& request, const OpenChannel& channel, std::uint64_t& token) {
    const Identity self =
        identity_here(request.role, static_cast<std::uint32_t>(request.options.wait));
    std::uint32_t index = request.seat;
    if (index == kAnySeat) {
        index = take_shared_seat(request, channel, token, self);
    } else {
        take_own_seat(request, channel, token, self);
    }
    zero_counters(channel.counters(index));
    return index;
}

JoinResult join(const Request& request, OpenChannel& channel, Seat& seat,
                Clock::time_point deadline) {
    pass_gate(request, channel, deadline);
    if (!has_a_name(channel.file.get())) {
        return JoinResult::gone;
    }
    channel.header = read_header(channel.file.get(), facts_of(channel.file.get(), channel.path));
    if (!of_this_boot(channel.header)) {
        return JoinResult::stale;
    }
    check_wanted(channel.header, request, channel.path);
    map_named(channel, Access::read_write);
    const Access to_slots = request.reads_only ? Access::read : Access::read_write;
    map_slots(channel, to_slots, open_slots(channel, to_slots));
    if (request.reads_only) {
        protect_log(channel);
    }
    seat.token = prove_alive(channel);
    seat.index = take_seat(request, channel, seat.token);
    unlock(channel.file.get(), layout::kGateByte);
    return JoinResult::joined;
}

}  // namespace shunt::channel
