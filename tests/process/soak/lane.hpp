// SPDX-License-Identifier: MIT
//
// One channel after another in a directory of its own: a lane lets the processes of a stream live,
// die by their own timers, be succeeded, and leave in the end; then nothing may be left, and the
// next stream begins. Several lanes run side by side in one director, which never waits in one.
#pragma once

#include "process/soak/stream.hpp"
#include "process/support/child.hpp"
#include "process/support/playground.hpp"
#include "process/support/times.hpp"
#include "support/scratch.hpp"

#include <shunt/allocators/file.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace shunt::process_test {

/// What all lanes have done, and how long it took.
struct Tally {
    std::uint64_t kills_left = 0;  // what may still be doomed
    std::uint64_t kills = 0;
    std::uint64_t at[5] = {};  // by Moment
    std::uint64_t in_a_rush = 0;
    std::uint64_t got_away = 0;  // left before their timer
    std::uint64_t streams = 0;
    std::uint64_t stops = 0;
    std::uint64_t disturbed = 0;  // kills not timed: somebody waited for a cpu, or was stopped
    std::uint64_t collected = 0;  // channels that a collector had to remove
    Sums sums;
    Times to_release{"kill_to_release", "SIGKILL to lock free", 0};
    Times parked{"release_to_action_parked", "lock free to peer_dead, parked", 10'000'000};
    Times idle{"release_to_action_idle", "the same, channel idle", 70'000'000};
    Times spinning{"release_to_action_spinning", "lock free to peer_dead, spinning", 5'000'000};
};

class Lane {
public:
    /// `bell` outlives it.
    Lane(std::uint64_t number, std::uint64_t seed, bool may_be_huge, Bell& bell, Tally& tally);

    /// Does what there is to do, without waiting, but for the death of a process whose timer runs.
    /// False: nothing was to do. Throws Fault.
    bool step();
    /// True once no kill is left to do and its last stream is accounted for.
    [[nodiscard]] bool over() const noexcept { return stream_ == nullptr; }
    /// Throws Fault if a process ended that was not to.
    void look_after();
    /// Messages that its processes have moved by now, in sum. It may go down; it changes where any
    /// of them moves.
    [[nodiscard]] std::uint64_t progress() const;

    /// Stops one of its processes, if one lives; lets it go on.
    void stop_one();
    void go_on();
    [[nodiscard]] bool stopped() const noexcept { return stopped_ != kNoSeat; }

    /// In words, with what its processes say is wrong.
    [[nodiscard]] std::string describe() const;

private:
    static constexpr std::size_t kMostSeats = 16;
    static constexpr std::size_t kRemembered = 16;
    enum class State { running, awaiting, left };
    struct Seat {
        Child child;
        Fate fate;
        State state = State::running;
        std::uint64_t descriptors = 0;  // that it had once it was open; 0: not looked yet
        // Of a death that its witness is to be told of:
        std::uint64_t killed_ns = 0;
        std::uint64_t held_ns = 0;  // when the lock was last seen held; 0: unknown
        std::uint64_t queued_ns = 0;
        bool untold = false;        // another death in this seat was not told when this one came
        bool lost_witness = false;  // that died before it was told
    };

    void begin_stream();
    void enter(std::size_t seat);
    [[nodiscard]] Fate some_fate();
    [[nodiscard]] bool step(std::size_t seat);
    void bury(std::size_t seat);
    void until_released(std::size_t seat);
    void restart_or_await(std::size_t seat, bool took_part);
    bool look_for_witness(std::size_t seat);
    void note_time(std::size_t seat, std::size_t witness);
    [[nodiscard]] bool nobody_needs(std::size_t seat) const;
    [[nodiscard]] bool may_leave(std::size_t seat);
    void look_at_living();
    void end_stream();
    [[nodiscard]] bool open_probe();
    void note(std::size_t seat, const std::string& event);
    [[nodiscard]] std::uint64_t below(std::uint64_t end) { return random_() % end; }

    sandbox::Scratch scratch_;
    std::string name_;
    std::uint64_t number_;
    bool may_be_huge_;
    Bell& bell_;
    Tally& tally_;
    std::mt19937_64 random_;
    std::unique_ptr<Stream> stream_;
    std::vector<Seat> seats_;
    Shared<std::array<Doom, kMostSeats>> dooms_;
    FileHandle probe_;
    FileId file_;
    std::string slots_path_;
    std::deque<std::string> history_;  // the last events, for the report of a fault
    std::uint64_t streams_ = 0;
    std::uint64_t quota_ = 0;  // deaths before this stream may end
    std::size_t stopped_ = kNoSeat;
    bool looked_ = false;   // at the living, before the first of them leaves
    bool collect_ = false;  // one died while it closed, and nobody is left
};

}  // namespace shunt::process_test
