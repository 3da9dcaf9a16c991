// SPDX-License-Identifier: MIT
#include "process/soak/lane.hpp"

#include "process/support/fault.hpp"
#include "process/support/playground.hpp"

#include <shunt/channel/collect.hpp>
#include <shunt/channel/directory.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/channel/lock.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <numeric>

namespace shunt::process_test {
namespace {

// To a witness a channel is active while its last message is no older than its first sleep.
constexpr std::uint64_t kActiveNs = kFirstSleepNs;
constexpr std::uint64_t kDisturbedNs = 1'000'000;

std::uint64_t queued_ns(const Child& witness) {
    return waited_for_cpu_ns(witness.pid()) + waited_for_cpu_ns(::getpid());
}

// A lock too many for a moment was seen where processes die and open at the same time; what is
// asked here is whether one is leaked, and a leaked one stays.
void expect_locks(FileId file, std::uint64_t wanted, const std::string& held) {
    constexpr int kLooks = 100;
    std::uint64_t found = locks_on(file);
    for (int i = 0; i < kLooks && found != wanted; ++i) {
        found = locks_on(file);
    }
    expect_within(found, wanted, wanted,
                  "number of locks on file " + std::to_string(file.inode) + "," + held +
                      read_text("/proc/locks").value_or("") + ",");
}

}  // namespace

Lane::Lane(std::uint64_t number, std::uint64_t seed, bool may_be_huge, Bell& bell, Tally& tally)
    : number_{number},
      may_be_huge_{may_be_huge},
      bell_{bell},
      tally_{tally},
      random_{mixed(seed) ^ mixed(number + 1)} {
    begin_stream();
}

void Lane::begin_stream() {
    name_ = "lane" + std::to_string(number_) + "." + std::to_string(streams_++);
    const std::span<const Kind> all = kinds();
    // One lane at most keeps cpus busy while it waits: the others would wait for them.
    stream_ = all[below(all.size())].begin({.channel = name_,
                                            .bell = &bell_,
                                            .random = &random_,
                                            .may_be_huge = may_be_huge_,
                                            .may_spin = number_ == 0});
    history_.clear();
    probe_.reset();
    slots_path_.clear();
    file_ = {};
    looked_ = collect_ = false;
    quota_ = 4 + below(40);
    expect(stream_->seats() <= kMostSeats, "a stream of too many seats");
    seats_ = std::vector<Seat>(stream_->seats());
    std::vector<std::size_t> order(seats_.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_);
    for (const std::size_t seat : order) {
        enter(seat);
    }
}

Fate Lane::some_fate() {
    if (quota_ == 0 || tally_.kills_left == 0 || below(10) == 0) {
        return {};
    }
    constexpr std::uint64_t kDelays[] = {3'000, 30'000, 300'000};
    Fate fate;
    fate.delay_ns = below(kDelays[below(3)]);
    fate.after = below(400);
    const std::uint64_t moment = below(16);
    fate.moment = moment == 0   ? Moment::opening
                  : moment == 1 ? Moment::closing
                  : moment < 6  ? Moment::inside
                                : Moment::working;
    return fate;
}

void Lane::enter(std::size_t seat) {
    Seat& it = seats_[seat];
    it.fate = some_fate();
    Doom& doom = (*dooms_)[seat];
    new (&doom) Doom;
    const std::function<int()> body = stream_->enter(seat, it.fate, doom);
    if (it.fate.moment != Moment::never) {
        --quota_;
        --tally_.kills_left;
    }
    it.state = State::running;
    it.descriptors = 0;
    it.lost_witness = false;
    it.child = Child{[&] {
        ::setenv("SHUNT_DIR", scratch_.path().c_str(), 1);
        return body();
    }};
}

void Lane::note(std::size_t seat, const std::string& event) {
    const Report& report = stream_->report(seat);
    history_.push_back("seat " + std::to_string(seat) + " " + event + ": phase " +
                       std::to_string(report.phase.get()) + ", first " +
                       std::to_string(get(report.first)) + ", seen " +
                       std::to_string(get(report.seen)) + ", done " +
                       std::to_string(get(report.done)) + ", told '" + report.ends_told() + "'");
    if (history_.size() > kRemembered) {
        history_.pop_front();
    }
}

bool Lane::step() {
    bool moved = false;
    for (std::size_t seat = 0; !over() && seat < seats_.size(); ++seat) {
        moved = step(seat) || moved;
    }
    if (!over() && std::all_of(seats_.begin(), seats_.end(),
                               [](const Seat& it) { return it.state == State::left; })) {
        end_stream();
        moved = true;
    }
    return moved;
}

bool Lane::step(std::size_t seat) {
    Seat& it = seats_[seat];
    Report& report = stream_->report(seat);
    if (it.state == State::left) {
        return false;
    }
    if (it.state == State::awaiting) {
        return look_for_witness(seat);
    }
    if ((*dooms_)[seat].at_ns.load(std::memory_order_acquire) != 0) {
        bury(seat);
        return true;
    }
    expect(report.faulty.get() == 0, std::string{"a process says: "} + report.fault);
    const std::uint32_t phase = report.phase.get();
    if (phase >= kOpen && it.descriptors == 0 && it.fate.moment == Moment::never) {
        it.descriptors = open_descriptors(it.child.pid());
    }
    if (phase == kFinished && report.leave.get() == 0 && may_leave(seat)) {
        note(seat, "may leave");
        report.leave.set(1);
        return true;
    }
    if (phase == kClosed) {
        const std::string how = it.child.wait();
        expect(how == "exit 0", "a process that left ended by " + how);
        note(seat, "has left");
        it.state = State::left;
        return true;
    }
    return false;
}

bool Lane::open_probe() {
    if (!probe_) {
        const std::string path = scratch_ / channel::channel_file(name_);
        FileHandle file = FileHandle::open(path.c_str(), O_RDONLY);
        if (file) {
            const channel::FileFacts facts = channel::facts_of(file.get(), path);
            slots_path_ = channel::slots_path_of(channel::read_header(file.get(), facts));
            file_ = id_of(file.get());
            probe_ = std::move(file);
        }
    }
    return static_cast<bool>(probe_);
}

// Its timer is set: it dies now, or has left before.
void Lane::bury(std::size_t seat) {
    Seat& it = seats_[seat];
    const Report& report = stream_->report(seat);
    const std::size_t witness = stream_->witness(seat);
    const std::uint64_t last_ns = it.killed_ns;
    it.killed_ns = get((*dooms_)[seat].at_ns);
    it.held_ns = 0;
    if (witness != kNoSeat) {
        const std::uint64_t told_ns = get(stream_->report(witness).last_told_ns);
        it.untold = it.untold && (told_ns < last_ns || told_ns > it.killed_ns);
        it.queued_ns = queued_ns(seats_[witness].child);
    }
    until_released(seat);
    const std::string how = it.child.wait();
    it.child = Child{};
    stopped_ = stopped_ == seat ? kNoSeat : stopped_;
    if (how == "exit 0" && it.fate.moment == Moment::closing) {
        note(seat, "got away");
        ++tally_.got_away;
        ++tally_.kills_left;
        it.state = State::left;
        return;
    }
    expect(how == "signal 9", "a process that was to be killed ended by " + how);
    ++tally_.kills;
    ++tally_.at[static_cast<std::size_t>(it.fate.moment)];
    note(seat, "was killed, fate " + std::to_string(static_cast<unsigned>(it.fate.moment)));
    stream_->died(seat);
    for (std::size_t other = 0; other < seats_.size(); ++other) {
        seats_[other].lost_witness |= stream_->witness(other) == seat;
    }
    if (report.phase.get() >= kFinished && nobody_needs(seat)) {
        it.state = State::left;  // it died while it closed
        collect_ = true;
        return;
    }
    restart_or_await(seat, report.phase.get() >= kOpen);
}

// All the others have done what they had to do as well.
bool Lane::nobody_needs(std::size_t seat) const {
    if (!stream_->is_missed(seat)) {
        return true;
    }
    for (std::size_t other = 0; other < seats_.size(); ++other) {
        if (other != seat && seats_[other].state != State::left &&
            (seats_[other].state == State::awaiting ||
             stream_->report(other).phase.get() < kFinished)) {
            return false;
        }
    }
    return true;
}

// Looks at the victim's lock until it is free, where it has one.
void Lane::until_released(std::size_t seat) {
    Seat& it = seats_[seat];
    const std::uint64_t token = get(stream_->report(seat).token);
    if (token == 0 || !open_probe()) {
        return;
    }
    const std::uint64_t byte = channel::token_byte(token);
    for (std::uint64_t now = now_ns(); channel::is_locked(probe_.get(), byte); now = now_ns()) {
        it.held_ns = now;
        expect(now < it.killed_ns + 10'000'000'000u, "a victim keeps its lock");
        ::sched_yield();
    }
    if (it.fate.moment != Moment::closing && it.held_ns > it.killed_ns) {
        tally_.to_release.add(now_ns() - it.killed_ns);
    }
}

void Lane::restart_or_await(std::size_t seat, bool took_part) {
    Seat& it = seats_[seat];
    const std::size_t witness = stream_->witness(seat);
    const auto is_there = [&] {  // one that still opens may find it dead, and not be told
        const std::uint32_t phase = stream_->report(witness).phase.get();
        return seats_[witness].state == State::running && phase >= kOpen && phase < kFinished;
    };
    const bool nobody = witness == kNoSeat || !is_there();
    const bool rush = below(5) == 0;
    if (!took_part || nobody || rush) {
        tally_.in_a_rush += rush ? 1 : 0;
        it.untold = it.untold || took_part;
        enter(seat);
        return;
    }
    it.state = State::awaiting;
    it.lost_witness = false;
}

// A death is told to who waits; who dies or has no more to do is told of nothing.
bool Lane::look_for_witness(std::size_t seat) {
    Seat& it = seats_[seat];
    const std::size_t witness = stream_->witness(seat);
    const Report& report = stream_->report(witness);
    if (stream_->report(seat).phase.get() >= kFinished && nobody_needs(seat)) {
        it.state = State::left;
        collect_ = true;
        return true;
    }
    if (it.lost_witness || report.phase.get() >= kFinished) {
        it.untold = true;
        enter(seat);
        return true;
    }
    if (get(report.last_told_ns) < it.killed_ns) {
        return false;
    }
    if (!it.untold) {
        if (it.fate.moment != Moment::closing) {
            stream_->was_told(seat);
        }
        note_time(seat, witness);
    }
    it.untold = false;
    enter(seat);
    return true;
}

void Lane::note_time(std::size_t seat, std::size_t witness) {
    Seat& it = seats_[seat];
    const Report& report = stream_->report(witness);
    const std::uint64_t told_ns = get(report.last_told_ns);
    if (it.held_ns == 0 || told_ns < it.held_ns) {
        return;
    }
    if (stopped() || queued_ns(seats_[witness].child) - it.queued_ns > kDisturbedNs) {
        ++tally_.disturbed;
        return;
    }
    const bool active = it.killed_ns <= get(report.progress_ns) + kActiveNs;
    Times& times = !stream_->parks(witness) ? tally_.spinning
                   : active                 ? tally_.parked
                                            : tally_.idle;
    times.add(told_ns - it.held_ns);
}

// Everybody else is there, and nobody is to die but while it closes; or has left.
bool Lane::may_leave(std::size_t seat) {
    for (std::size_t other = 0; other < seats_.size(); ++other) {
        const Seat& it = seats_[other];
        const bool stays = it.fate.moment == Moment::never || it.fate.moment == Moment::closing;
        const bool there =
            it.state == State::running && stays && stream_->report(other).phase.get() >= kOpen;
        if (other != seat && !there && it.state != State::left) {
            return false;
        }
    }
    if (!looked_) {
        looked_ = true;
        look_at_living();
    }
    return true;
}

// Entries, locks and descriptors, when all are in and none has left.
void Lane::look_at_living() {
    expect(open_probe(), "the channel's file is not there");
    std::string held;
    for (std::size_t seat = 0; seat < seats_.size(); ++seat) {
        const std::uint64_t token = get(stream_->report(seat).token);
        held += " token " + std::to_string(token) +
                (channel::is_locked(probe_.get(), channel::token_byte(token)) ? " held" : " free");
    }
    expect_locks(file_, seats_.size(), held);
    const channel::Folder folder =
        channel::Folder::open(scratch_.path(), channel::Folder::Missing::fail);
    const std::vector<channel::Peer> peers = channel::Observer{folder, name_}.peers();
    expect_within(peers.size(), seats_.size(), seats_.size(), "number of entries in use");
    for (const channel::Peer& peer : peers) {
        expect(peer.alive, "entry " + std::to_string(peer.index) + " is of a dead process");
    }
    for (const Seat& it : seats_) {
        if (it.descriptors != 0) {
            expect_within(open_descriptors(it.child.pid()), it.descriptors, it.descriptors,
                          "number of a process's descriptors");
        }
    }
}

void Lane::end_stream() {
    const Sums sums = stream_->account();
    tally_.sums.messages += sums.messages;
    tally_.sums.redelivered += sums.redelivered;
    tally_.sums.in_dead_hands += sums.in_dead_hands;
    tally_.sums.received += sums.received;
    tally_.sums.lost += sums.lost;
    ++tally_.streams;
    expect_locks(file_, 0, {});
    const channel::Folder folder =
        channel::Folder::open(scratch_.path(), channel::Folder::Missing::fail);
    if (collect_) {
        for (const channel::Finding& found : channel::collect(folder, {.apply = true})) {
            tally_.collected += found.removed ? 1 : 0;
        }
    }
    const std::vector<std::string> files = folder.files();
    expect(files.empty(), "left in the directory: " + (files.empty() ? "" : files.front()));
    expect(slots_path_.empty() || ::access(slots_path_.c_str(), F_OK) != 0,
           "left on hugetlbfs: " + slots_path_);
    stream_.reset();
    if (tally_.kills_left != 0) {
        begin_stream();
    }
}

void Lane::look_after() {
    for (std::size_t seat = 0; !over() && seat < seats_.size(); ++seat) {
        Seat& it = seats_[seat];
        if (it.state == State::running &&
            (*dooms_)[seat].at_ns.load(std::memory_order_acquire) == 0 && it.child.has_ended()) {
            const std::string how = it.child.wait();
            expect(how == "exit 0", "a process ended by " + how);
        }
    }
}

std::uint64_t Lane::progress() const {
    std::uint64_t done = 0;
    for (std::size_t seat = 0; !over() && seat < seats_.size(); ++seat) {
        done += get(stream_->report(seat).done);
    }
    return done;
}

void Lane::stop_one() {
    if (over()) {
        return;
    }
    const std::size_t seat = below(seats_.size());
    if (seats_[seat].state == State::running) {
        seats_[seat].child.pause();
        stopped_ = seat;
        ++tally_.stops;
    }
}

void Lane::go_on() {
    if (stopped_ != kNoSeat) {
        seats_[stopped_].child.resume();
        stopped_ = kNoSeat;
    }
}

std::string Lane::describe() const {
    if (over()) {
        return "lane " + std::to_string(number_) + " is over";
    }
    std::string text = "lane " + std::to_string(number_) + ": " + stream_->describe();
    for (const std::string& event : history_) {
        text += "\n    " + event;
    }
    for (std::size_t seat = 0; seat < seats_.size(); ++seat) {
        constexpr const char* kStates[] = {"running", "awaiting", "left"};
        const Report& report = stream_->report(seat);
        text += "\n  now seat " + std::to_string(seat) + ": " +
                kStates[static_cast<std::size_t>(seats_[seat].state)] + ", phase " +
                std::to_string(report.phase.get()) + ", fate " +
                std::to_string(static_cast<unsigned>(seats_[seat].fate.moment)) + ", first " +
                std::to_string(get(report.first)) + ", seen " + std::to_string(get(report.seen)) +
                ", done " + std::to_string(get(report.done)) + ", told '" + report.ends_told() +
                "'" + (report.faulty.get() != 0 ? std::string{", says: "} + report.fault : "");
    }
    return text;
}

}  // namespace shunt::process_test
