// SPDX-License-Identifier: MIT
//
// Port: what every port of every kind has beside its ring: a place in the channel, waiting, waking,
// ends and deaths, interrupts. A ring-specific port derives from it, hands its ring's looks to
// `block`, and calls `woken` after it published or freed something. It knows no message.
//
// Edges
//   port.interrupt  interrupt() -> block()   the flag; the sleeper's step 3 looks at it, so seq_cst
//   port.owed       a _quiet call -> notify() the quiet publish, to whatever thread notifies
//   registry.ends   registry -> ended()      an end was stored: what it left behind is complete
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/status.hpp>
#include <shunt/core/wait/spin_budget.hpp>
#include <shunt/core/wait/wake_region.hpp>
#include <shunt/wake/futex.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace shunt {
class Vigil;
}

namespace shunt::channel {

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

class EventSource;

/// What makes a port's fd() readable.
struct Events {
    enum class By : std::uint32_t {
        none,      // fd() was not called
        io_uring,  // the kernel, as soon as a peer wakes it
        thread,    // the process's helper thread, as soon as a peer wakes it
        timer,     // a look each millisecond: the kernel refused, or the port has no wake-up bit
    };
    By by = By::none;
    bool pidfds = false;  // deaths come as they happen; else the timer looks each 4 ms
};

class Port {
public:
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    /// The validated header of the channel.
    [[nodiscard]] const layout::Header& header() const noexcept { return place_->header(); }
    /// This port's own counters.
    [[nodiscard]] const layout::Counters& stats() const noexcept { return *counters_; }
    /// All participants, this port too, asked from the kernel. Not on the hot path.
    [[nodiscard]] std::vector<Peer> peers() const { return place_->peers(); }
    /// What the slots' memory is, asked from the kernel. Not on the hot path.
    [[nodiscard]] Placement placement() const { return place_->placement(); }
    [[nodiscard]] const Participant& participant() const noexcept { return *place_; }

    /// Makes this port's blocking call return `interrupted`, or the next one if none is under way.
    /// Any thread.
    void interrupt() noexcept { interrupt_with(kInterrupt); }
    /// Makes the wake-up that `_quiet` calls owe. Any thread; at most one system call a sleeper.
    void notify() noexcept;

    /// A descriptor for an event loop (epoll, poll, asio, glib, asyncio): readable once there is
    /// something for this port after arm() returned true: a message (room), an end, a death, an
    /// interrupt; or for nothing, each 64 ms at the latest. Level-triggered, and so until the next
    /// arm(). The port keeps it, until it is closed or moved from. The first call makes it: some
    /// descriptors, and a thread only where io_uring is refused. Throws Error in a polling channel,
    /// where nobody may sleep, and where the kernel gives none.
    [[nodiscard]] int fd();
    /// For a port that goes on without sleeping after arm() returned true: nobody need wake it.
    /// What is not disarmed costs a peer one wake-up at most. Wait-free.
    void disarm() noexcept;
    /// True if the last arm() met an interrupt(), which it took.
    [[nodiscard]] bool interrupted() const noexcept { return met_interrupt_; }
    /// What makes fd() readable, as of the last arm().
    [[nodiscard]] Events events() const noexcept;

protected:
    Port(const Request& request, layout::Role peer_role, layout::RegionId wakes_peers,
         layout::RegionId wakes_us);
    Port(Port&& other) noexcept;
    Port& operator=(Port&&) = delete;
    ~Port();

    [[nodiscard]] bool wakeable() const noexcept { return wakes_peers_ != nullptr; }

    /// No page of the channel or of the code faults from here on, and the words that every call
    /// looks at are in this core's caches. Throws Error.
    void prepare_memory();

    /// After a seq_cst publish (or free) of n messages: wakes who sleeps for it. A load when nobody
    /// does; else one system call a sleeper.
    void woken(std::uint64_t n) noexcept {
        if (const std::uint32_t bits = Waker<FutexOps>{*wakes_peers_}.sleepers(); bits != 0)
            [[unlikely]] {
            wake_in(*wakes_peers_, bits, n);
        }
    }
    /// As woken(), all who sleep. One system call.
    void woken_each() noexcept {
        if (Waker<FutexOps>{*wakes_peers_}.sleepers() != 0) [[unlikely]] {
            wake_each();
        }
    }
    /// As woken(), of those ports alone whose wake bits are given.
    void woken_of(std::uint32_t wanted) noexcept {
        const std::uint32_t bits = Waker<FutexOps>{*wakes_peers_}.sleepers() & wanted;
        if (bits != 0) [[unlikely]] {
            wake_in(*wakes_peers_, bits, UINT64_MAX);
        }
    }
    /// As woken(1), for another port that waits for what this one waits for.
    void woken_beside() noexcept {
        if (const std::uint32_t bits = Waker<FutexOps>{*wakes_us_}.sleepers(); bits != 0)
            [[unlikely]] {
            wake_in(*wakes_us_, bits, 1);
        }
    }
    /// A publish went without waking; notify() will.
    void owe() noexcept {
        // edge port.owed release -> Port::notify: the quiet publish precedes the wake-up
        owed_.store(1, std::memory_order_release);
    }

    /// If a peer ended since the last time this was told: closed or peer_dead; else ok. Of a role
    /// that has many: if the last one of them that was there did. The caller then looks at its ring
    /// once more, and tells the end (told_end) only if nothing is there.
    [[nodiscard]] Status ended() noexcept {
        if (witness_ != nullptr) {
            // edge registry.free acquire <- Registry::leave, bury: its end is told
            return witness_->word.load(std::memory_order_acquire) == witness_word_
                       ? Status{Status::ok}
                       : ended_of_many();
        }
        // edge registry.ends acquire <- raise: everything that the peer published is visible
        const std::uint64_t died = peer_ends_->last_died.load(std::memory_order_acquire);
        // edge registry.ends acquire <- raise: everything that the peer published is visible
        const std::uint64_t closed = peer_ends_->last_closed.load(std::memory_order_acquire);
        if (died == died_told_ && closed == closed_told_) [[likely]] {
            return Status::ok;
        }
        return many_peers_ ? ended_of_many() : ended_now(died, closed);
    }
    /// Marks what ended() returned last as told.
    void told_end() noexcept;

    /// Blocks until `attempt()` returns something else than `blocked`. `look()` is true when an
    /// attempt would not return `blocked`; it changes nothing. Returns the attempt's status, or
    /// timeout, or interrupted.
    template <class Attempt, class Look>
    Status block(Status blocked, Attempt&& attempt, Look&& look, Deadline deadline) noexcept {
        Status status = attempt();
        if (status != blocked) [[likely]] {
            return status;
        }
        Spell spell = begin_spell(deadline);
        for (;;) {
            for (int polls = 0; polls < kPollsPerCheck; ++polls) {
                if (wait_ != wait::spin) {
                    DefaultPolicy::pause();
                }
                status = attempt();
                if (status != blocked) {
                    return arrived(spell, status);
                }
            }
            const Status check = between_polls(spell);
            if (!check) {
                // Nobody leaves without a last look, and a consumer that rests from its ring
                // (Lookahead) not while that shows something.
                do {
                    status = attempt();
                } while (status == blocked && look());
                return status != blocked ? arrived(spell, status) : left(spell, check);
            }
            if (spell.park) {
                sleep(spell, look);
            }
        }
    }

    /// As block(), and a stop request ends it as interrupt() does.
    template <class Attempt, class Look>
    Status block(Status blocked, Attempt&& attempt, Look&& look, const std::stop_token& stop) {
        Status status = blocked;
        {
            const std::stop_callback on_stop(stop, [this] { interrupt_with(kStop); });
            status = block(blocked, attempt, look, kNoDeadline);
        }
        // relaxed: the callback is over or never runs, now that on_stop is gone
        interrupted_.fetch_and(~kStop, std::memory_order_relaxed);
        return status;
    }

    /// Steps 1 to 4 of a sleep that an event loop does on fd(). False: there is something now.
    template <class Look>
    [[nodiscard]] bool arm_events(Look&& look) noexcept {
        begin_arming();
        const std::uint32_t seen = sleeper().arm();
        return finish_arming(seen, worth_a_call(look));
    }

    /// Leaves the channel. The derived port has stored what a successor needs.
    void leave() noexcept;
    [[nodiscard]] bool open() const noexcept { return open_; }
    [[nodiscard]] bool ends_at_death() const noexcept { return on_death_ == on_death::fail; }

    /// Adds to one of our own counters.
    static void count(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) noexcept {
        // relaxed: our own word; others only display it
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    [[nodiscard]] layout::Counters& counters() const noexcept { return *counters_; }
    [[nodiscard]] Participant& place() const noexcept { return *place_; }
    [[nodiscard]] const layout::RoleEnds& peer_ends() const noexcept { return *peer_ends_; }

private:
    friend class shunt::Vigil;

    static constexpr int kPollsPerCheck = 64;
    static constexpr std::uint32_t kInterrupt = 1;
    static constexpr std::uint32_t kStop = 2;

    // One blocking call's state.
    struct Spell {
        Deadline deadline;
        std::uint64_t began_ticks;
        std::uint64_t asked_ticks;  // when the kernel was last asked about peers
        std::uint64_t sleep_ns = kFirstSleepNs;
        bool park = false;
    };

    [[nodiscard]] Spell begin_spell(Deadline deadline) noexcept;
    // Deadline, interrupt, liveness; decides whether to park. ok: go on.
    Status between_polls(Spell& spell) noexcept;
    Status left(const Spell& spell, Status why) noexcept;
    // What was waited for is there.
    Status arrived(const Spell& spell, Status status) noexcept {
        if (wait_ == wait::adaptive) {
            spin_.learn(DefaultPolicy::ticks() - spell.began_ticks);
        }
        return status;
    }
    // By its channel and its `.wait`.
    [[nodiscard]] bool may_sleep() const noexcept {
        return wakes_us_ != nullptr && (wait_ == wait::park || wait_ == wait::adaptive);
    }
    void check_usable() const noexcept;
    [[nodiscard]] Sleeper<FutexOps> sleeper() const noexcept { return {*wakes_us_, wake_index_}; }
    Status ended_now(std::uint64_t died, std::uint64_t closed) noexcept;
    Status ended_of_many() noexcept;
    [[nodiscard]] const layout::RegistryEntry* registered_peer(std::uint64_t& word) const noexcept;
    [[gnu::cold]] void wake_in(layout::WakeRegion& region, std::uint32_t bits,
                               std::uint64_t n) noexcept;
    [[gnu::cold]] void wake_each() noexcept;
    void interrupt_with(std::uint32_t flag) noexcept;
    [[nodiscard]] std::uint64_t bound_ns(const Spell& spell) const noexcept;
    void slept(Spell& spell, bool slept) noexcept;

    template <class Look>
    void sleep(Spell& spell, Look&& look) noexcept {
        slept(spell, sleeper().sleep([&] { return worth_a_call(look); }, bound_ns(spell)));
    }
    // The sleeper's look, step 3.
    template <class Look>
    [[nodiscard]] bool worth_a_call(Look&& look) noexcept {
        // edge port.interrupt seq_cst <- Port::interrupt_with: the sleeper's look, step 3
        return look() || ended() != Status::ok || interrupted_.load(std::memory_order_seq_cst) != 0;
    }
    void begin_arming() noexcept;
    [[nodiscard]] bool finish_arming(std::uint32_t seen, bool something) noexcept;
    // True if there was an interrupt, which is over then.
    bool take_interrupt() noexcept;

    std::unique_ptr<Participant> place_;
    layout::WakeRegion* wakes_peers_;  // null in a polling channel
    layout::WakeRegion* wakes_us_;
    const layout::RoleEnds* peer_ends_;
    layout::Counters* counters_;
    std::uint64_t died_told_ = 0;
    std::uint64_t closed_told_ = 0;
    std::uint64_t pending_end_ = 0;    // token of the end that ended() returned last
    std::uint64_t pending_death_ = 0;  // of many: last_died as it was then
    bool pending_died_ = false;
    bool many_peers_ = false;
    layout::Role peer_role_ = layout::Role::none;
    // Of a role that has many: one of them that was there at the last look, and its entry's word
    // then. While that is the same nothing has ended.
    const layout::RegistryEntry* witness_ = nullptr;
    std::uint64_t witness_word_ = 0;
    std::uint32_t wake_index_;
    std::uint64_t ticks_per_ms_;
    // When a blocking call last timed out, and how long it would have slept next: one that follows
    // at once sleeps on from there. 0: none did, or one has followed it.
    std::uint64_t timed_out_ticks_ = 0;
    std::uint64_t timed_out_sleep_ns_ = kFirstSleepNs;
    SpinBudget spin_;
    shunt::wait wait_;
    shunt::liveness liveness_;
    shunt::on_death on_death_;
    bool open_ = true;
    std::atomic<std::uint32_t> interrupted_{0};
    std::atomic<std::uint32_t> owed_{0};
    shunt::events events_how_;
    bool met_interrupt_ = false;
    std::unique_ptr<EventSource> events_;  // before place_ is gone
};

}  // namespace shunt::channel
