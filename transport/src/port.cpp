// SPDX-License-Identifier: MIT
#include "event_source.hpp"

#include <shunt/channel/failure.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace shunt::channel {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

bool polls_only(const Participant& place) noexcept {
    return place.header().wake_mode == static_cast<std::uint32_t>(layout::WakeMode::polling);
}

layout::WakeRegion* wake_region(const Participant& place, layout::RegionId id) noexcept {
    return polls_only(place) ? nullptr : object_at<layout::WakeRegion>(place.region(id));
}

// The newest token of that role whose holder lives; 0: nobody does.
std::uint64_t newest_alive(const Participant& place, layout::Role role) {
    std::uint64_t newest = 0;
    for (const Peer& peer : place.peers()) {
        if (peer.role == role && peer.alive) {
            newest = std::max(newest, peer.token);
        }
    }
    return newest;
}

}  // namespace

Port::Port(const Request& request, layout::Role peer_role, layout::RegionId wakes_peers,
           layout::RegionId wakes_us)
    : place_{std::make_unique<Participant>(request)},
      wakes_peers_{wake_region(*place_, wakes_peers)},
      wakes_us_{wake_region(*place_, wakes_us)},
      peer_ends_{&place_->control().ends[static_cast<std::size_t>(peer_role)]},
      counters_{&place_->counters()},
      many_peers_{request.many_peers},
      peer_role_{peer_role},
      wake_index_{wake_index(place_->header(), place_->index())},
      ticks_per_ms_{std::max<std::uint64_t>(1, place_->control().tsc_hz / 1000)},
      spin_{ticks_per_ms_},
      wait_{request.options.wait},
      liveness_{request.options.liveness},
      on_death_{request.options.on_death},
      events_how_{request.options.events} {
    // Ends from before a living peer's time are history; where nobody lives, the newest is news.
    place_->reap();
    // edge registry.ends acquire <- raise: what the ended ones published is visible
    const std::uint64_t died = peer_ends_->last_died.load(std::memory_order_acquire);
    // edge registry.ends acquire <- raise: what the ended ones published is visible
    const std::uint64_t closed = peer_ends_->last_closed.load(std::memory_order_acquire);
    if (many_peers_) {
        witness_ = registered_peer(witness_word_);
    }
    // One that has told of its close, and is not gone yet, lives: its own end is no history.
    const bool history = many_peers_ ? witness_ != nullptr
                                     : newest_alive(*place_, peer_role) > std::max(died, closed);
    died_told_ = history || died < closed ? died : 0;
    closed_told_ = history || closed < died ? closed : 0;
}

Port::Port(Port&& other) noexcept
    : place_{std::move(other.place_)},
      wakes_peers_{other.wakes_peers_},
      wakes_us_{other.wakes_us_},
      peer_ends_{other.peer_ends_},
      counters_{other.counters_},
      died_told_{other.died_told_},
      closed_told_{other.closed_told_},
      pending_end_{other.pending_end_},
      pending_death_{other.pending_death_},
      pending_died_{other.pending_died_},
      many_peers_{other.many_peers_},
      peer_role_{other.peer_role_},
      witness_{other.witness_},
      witness_word_{other.witness_word_},
      wake_index_{other.wake_index_},
      ticks_per_ms_{other.ticks_per_ms_},
      spin_{other.spin_},
      wait_{other.wait_},
      liveness_{other.liveness_},
      on_death_{other.on_death_},
      open_{std::exchange(other.open_, false)},
      // relaxed: a port that is being moved is used by nobody else
      interrupted_{other.interrupted_.load(std::memory_order_relaxed)},
      // relaxed: a port that is being moved is used by nobody else
      owed_{other.owed_.load(std::memory_order_relaxed)},
      events_how_{other.events_how_},
      met_interrupt_{other.met_interrupt_},
      events_{std::move(other.events_)} {}

Port::~Port() = default;

void Port::prepare_memory() {
    place_->prepare_rt();
    (void)ended();
    if (wakeable()) {
        (void)Waker<FutexOps>{*wakes_peers_}.sleepers();
    }
    count(counters_->parks, 0);
}

void Port::notify() noexcept {
    // edge port.owed acquire <- Port::owe: the quiet publish precedes the wake-up
    if (owed_.exchange(0, std::memory_order_acquire) == 0 || !wakeable()) {
        return;
    }
    Waker<FutexOps> waker{*wakes_peers_};
    const std::uint32_t bits = waker.sleepers_fenced();
    if (bits != 0 && has_log(header())) {
        wake_each();
    } else if (waker.wake(bits, UINT64_MAX) != 0) {
        count(counters_->wakes);
    }
    if (many_peers_ && !has_log(header())) {
        // What a quiet pop took may have been all that kept another from what lies behind it.
        Waker<FutexOps> beside{*wakes_us_};
        if (beside.wake(beside.sleepers_fenced(), 1) != 0) {
            count(counters_->wakes);
        }
    }
}

void Port::wake_in(layout::WakeRegion& region, std::uint32_t bits, std::uint64_t n) noexcept {
    Waker<FutexOps>{region}.wake(bits, n);
    count(counters_->wakes);
}

void Port::wake_each() noexcept {
    Waker<FutexOps>{*wakes_peers_}.wake_each();
    count(counters_->wakes);
}

Status Port::ended_now(std::uint64_t died, std::uint64_t closed) noexcept {
    const bool new_death = died != died_told_;
    const bool new_close = closed != closed_told_;
    // Both at once: the older end first.
    pending_died_ = new_death && (!new_close || died < closed);
    pending_end_ = pending_died_ ? died : closed;
    return pending_died_ ? Status::peer_dead : Status::closed;
}

const layout::RegistryEntry* Port::registered_peer(std::uint64_t& word) const noexcept {
    const auto* const entries =
        object_at<layout::RegistryEntry>(place_->region(layout::RegionId::registry));
    for (std::uint32_t i = 0; i < header().ports; ++i) {
        // edge registry.alive acquire <- Registry::enter: the role below is that of this token
        word = entries[i].word.load(std::memory_order_acquire);
        // One that is found dead is there until its end is told.
        const layout::EntryState state = state_of(word);
        if ((state == layout::EntryState::alive || state == layout::EntryState::dead) &&
            // relaxed: it was stored before the word
            entries[i].role.load(std::memory_order_relaxed) ==
                static_cast<std::uint32_t>(peer_role_)) {
            return &entries[i];
        }
    }
    return nullptr;
}

// The newest end of the role is how the last one ended.
Status Port::ended_of_many() noexcept {
    const auto look = [this] {
        // edge registry.ends acquire <- raise: what the ended ones published is visible
        pending_death_ = peer_ends_->last_died.load(std::memory_order_acquire);
        // edge registry.ends acquire <- raise: as above
        pending_end_ = peer_ends_->last_closed.load(std::memory_order_acquire);
    };
    look();
    std::uint64_t word = 0;
    if (const layout::RegistryEntry* const other = registered_peer(word); other != nullptr) {
        witness_ = other;
        witness_word_ = word;
        died_told_ = pending_death_;
        closed_told_ = pending_end_;
        return Status::ok;
    }
    // They are gone, so their ends are told by now. The witness stays: its end may have been there
    // at the look before it was gone.
    look();
    pending_died_ = pending_death_ > pending_end_;
    return pending_died_ ? Status::peer_dead : Status::closed;
}

void Port::told_end() noexcept {
    if (many_peers_) {
        if (!pending_died_ || on_death_ == on_death::once) {
            died_told_ = pending_death_;
            closed_told_ = pending_end_;
            witness_ = nullptr;
        }
        return;
    }
    if (!pending_died_) {
        closed_told_ = pending_end_;
    } else if (on_death_ == on_death::once) {
        died_told_ = pending_end_;
    }
}

void Port::check_usable() const noexcept {
    SHUNT_CHECK(place_->usable_here(),
                "a port was used in a child made by fork: open its own there");
}

Port::Spell Port::begin_spell(Deadline deadline) noexcept {
    check_usable();
    const std::uint64_t now = DefaultPolicy::ticks();
    const bool goes_on = now - std::exchange(timed_out_ticks_, 0) < ticks_per_ms_;
    return {.deadline = deadline,
            .began_ticks = now,
            .asked_ticks = now,
            .sleep_ns = goes_on ? timed_out_sleep_ns_ : kFirstSleepNs};
}

Status Port::between_polls(Spell& spell) noexcept {
    // edge port.interrupt seq_cst <- Port::interrupt_with: what the interrupter did before
    if (interrupted_.load(std::memory_order_seq_cst) != 0) {
        return Status::interrupted;
    }
    if (spell.deadline != kNoDeadline && steady_clock::now() >= spell.deadline) {
        return Status::timeout;
    }
    const std::uint64_t now = DefaultPolicy::ticks();
    if (liveness_ == liveness::always && now - spell.asked_ticks >= ticks_per_ms_) {
        spell.asked_ticks = now;
        place_->reap();
    }
    spell.park = may_sleep() && (wait_ == wait::park || now - spell.began_ticks >= spin_.ticks());
    return Status::ok;
}

Status Port::left(const Spell& spell, Status why) noexcept {
    if (why == Status::timeout) {
        timed_out_ticks_ = DefaultPolicy::ticks();
        timed_out_sleep_ns_ = spell.sleep_ns;
    } else if (why == Status::interrupted) {
        // relaxed: the flag is ours to clear; a stop request's bit is cleared by its own call
        interrupted_.fetch_and(~kInterrupt, std::memory_order_relaxed);
    }
    return why;
}

std::uint64_t Port::bound_ns(const Spell& spell) const noexcept {
    if (spell.deadline == kNoDeadline) {
        return spell.sleep_ns;
    }
    const auto left = std::chrono::duration_cast<nanoseconds>(spell.deadline - steady_clock::now());
    return std::min(spell.sleep_ns,
                    static_cast<std::uint64_t>(std::max<std::int64_t>(0, left.count())));
}

void Port::slept(Spell& spell, bool slept) noexcept {
    if (!slept) {
        return;
    }
    count(counters_->parks);
    if (spell.deadline == kNoDeadline || steady_clock::now() < spell.deadline) {
        spell.sleep_ns = std::min(2 * spell.sleep_ns, kLongestSleepNs);
    }
    place_->reap();
    spell.asked_ticks = DefaultPolicy::ticks();
}

void Port::interrupt_with(std::uint32_t flag) noexcept {
    // edge port.interrupt seq_cst -> Port::between_polls, Port::sleep: set before the sleeper is
    // woken
    interrupted_.fetch_or(flag, std::memory_order_seq_cst);
    if (wakes_us_ != nullptr) {
        sleeper().interrupt();
    }
}

int Port::fd() {
    check_usable();
    const std::string asked =
        "cannot give a descriptor for an event loop of channel " + quoted(place_->name());
    if (wakes_us_ == nullptr || !open_) {
        fail(Errc::bad_argument, asked,
             open_ ? "it is a polling channel, and nobody in it may sleep" : "the port is closed",
             open_ ? "make it with .wake = wake::wakeable" : "open another");
    }
    if (events_ == nullptr) {
        const Sleeper<FutexOps> here = sleeper();
        events_ = explaining(asked, quoted(place_->name()), [&] {
            return std::make_unique<EventSource>(*place_, here.word(), here.bits(), here.has_bit(),
                                                 events_how_);
        });
    }
    return events_->descriptor();
}

void Port::disarm() noexcept {
    if (wakes_us_ != nullptr && open_) {
        sleeper().disarm();
    }
}

Events Port::events() const noexcept {
    return events_ == nullptr ? Events{} : events_->events();
}

void Port::begin_arming() noexcept {
    check_usable();
    SHUNT_CHECK(events_ != nullptr, "arm() of a port whose fd() nobody has asked for");
    const bool due = events_->collect();
    if (due || events_->changed()) {
        events_->follow();
        place_->reap();  // behind it: who died before it was followed is found here
    }
}

bool Port::finish_arming(std::uint32_t seen, bool something) noexcept {
    if (!something && events_->set(seen)) {
        met_interrupt_ = false;
        count(counters_->parks);
        return true;
    }
    sleeper().disarm();
    met_interrupt_ = take_interrupt();
    return false;
}

bool Port::take_interrupt() noexcept {
    // edge port.interrupt acquire <- Port::interrupt_with: what the interrupter did before
    return (interrupted_.fetch_and(~kInterrupt, std::memory_order_acquire) & kInterrupt) != 0;
}

void Port::leave() noexcept {
    if (std::exchange(open_, false)) {
        events_.reset();
        place_->close();
    }
}

}  // namespace shunt::channel
