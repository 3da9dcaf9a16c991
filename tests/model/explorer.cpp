// SPDX-License-Identifier: MIT
#include "model/explorer.hpp"

#include <shunt/core/bytes.hpp>

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <utility>

namespace shunt::model {
namespace {

constexpr std::size_t kStackBytes = std::size_t{128} << 10;

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

std::uint64_t mix(std::uint64_t hash, std::span<const std::byte> bytes) noexcept {
    std::size_t at = 0;
    for (std::uint64_t word; at + 8 <= bytes.size(); at += 8) {
        std::memcpy(&word, bytes.data() + at, 8);
        hash = mix(hash, word);
    }
    for (; at < bytes.size(); ++at) {
        hash = mix(hash, std::to_integer<std::uint64_t>(bytes[at]));
    }
    return hash;
}

}  // namespace

std::string_view to_string(Place place) {
    constexpr std::string_view kNames[] = {
        "other",    "payload",    "stamp",    "frames",   "read_pos",  "peek_pos",   "free_pos",
        "last_pos", "handed_pos", "token",    "word",     "block",     "write_hint", "read_hint",
        "epoch",    "registry",   "wake_seq", "sleepers", "write_pos", "lost",       "gate_limit",
        "gate",     "cursor",     "evicted",  "high"};
    return kNames[static_cast<std::size_t>(place)];
}

Explorer::Explorer(Program& program, Limits limits)
    : program_{&program}, limits_{limits}, regions_{program.regions()}, keys_{program.threads()} {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        threads_[i].stack = std::make_unique<std::byte[]>(kStackBytes);
    }
}

Explorer::~Explorer() {
    now_ = nullptr;
}

Report Explorer::explore() {
    do {
        execute();
        ++report_.runs;
    } while (report_.failure.empty() && backtrack());
    if (report_.failure.empty()) {
        report_.schedules = leaf_;
        return report_;
    }
    report_.schedule = schedule();
    Report told = Explorer{*program_, limits_}.replay(report_.schedule);
    report_.trace = std::move(told.trace);
    return report_;
}

Report Explorer::replay(std::string_view schedule) {
    telling_ = true;
    limits_.prune = false;
    if (!follow(schedule)) {
        report_.failure = "no schedule of this program";
        return report_;
    }
    execute();
    report_.runs = 1;
    report_.schedule = this->schedule();
    return report_;
}

// One run, along path_ and then beyond it.
void Explorer::execute() {
    now_ = this;
    start_over();
    for (Choice choice{};;) {
        if (std::exchange(has_handed_, false)) {
            choice = handed_;
        } else if (over_ || !decide(choice)) {
            break;
        }
        apply(choice);
    }
}

void Explorer::start_over() {
    program_->begin();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        threads_[i].life = 0;
        revive(i);
    }
    running_ = -1;
    depth_ = 0;
    leaf_ = 1;
    has_handed_ = over_ = false;
    deaths_left_ = limits_.deaths;
    spurious_left_ = limits_.spurious;
    preempted_ = 0;
}

void Explorer::revive(std::size_t thread) {
    Thread& it = threads_[thread];
    it.activity = Activity::ready;
    it.begun = it.changed = false;
    it.bits = 0;
    it.word = it.loaded = nullptr;
    it.history = mix(0x5eed, static_cast<std::uint64_t>(it.life));
    it.scratch.fill(std::byte{0});
}

// The first words of a thread's stack.
void Explorer::enter() {
    Explorer& it = now();
    const int thread = it.running_;
    it.program_->run(thread, it.threads_[static_cast<std::size_t>(thread)].life);
    it.threads_[static_cast<std::size_t>(thread)].activity = Activity::done;
    it.give_up_the_turn();
}

void Explorer::give_up_the_turn() {
    ::swapcontext(&threads_[static_cast<std::size_t>(running_)].context, &main_);
}

void Explorer::apply(Choice choice) {
    Thread& it = threads_[choice.thread];
    if (choice.deed == Deed::death) {
        --deaths_left_;
        ++it.life;
        tell(std::string{keys_[choice.thread]} + " dies");
        running_ = choice.thread == running_ ? -1 : running_;
        if (program_->deaths_end_waits()) {
            end_waits();
        }
        if (program_->died(choice.thread)) {
            revive(choice.thread);
        } else {
            it.activity = Activity::done;
        }
        return;
    }
    if (choice.deed == Deed::wake_up) {
        spurious_left_ -= program_->may_time_out(choice.thread) ? 0 : 1;
        it.activity = Activity::ready;
        tell(std::string{keys_[choice.thread]} + " wakes up by itself");
        return;
    }
    if (running_ >= 0 && running_ != choice.thread &&
        can_step(static_cast<std::size_t>(running_))) {
        ++preempted_;
    }
    running_ = choice.thread;
    it.activity = Activity::ready;
    if (!std::exchange(it.begun, true)) {
        ::getcontext(&it.context);
        it.context.uc_stack.ss_sp = it.stack.get();
        it.context.uc_stack.ss_size = kStackBytes;
        it.context.uc_link = nullptr;
        ::makecontext(&it.context, &Explorer::enter, 0);
    }
    ::swapcontext(&main_, &it.context);
}

bool Explorer::can_step(std::size_t thread) const noexcept {
    const Thread& it = threads_[thread];
    return it.activity == Activity::ready || (it.activity == Activity::waits && it.changed);
}

// Who may do what now. First, that the thread which ran goes on.
Explorer::Choices Explorer::choices() const {
    Choices all;
    const bool goes_on = running_ >= 0 && can_step(static_cast<std::size_t>(running_));
    if (goes_on) {
        all.add(Deed::step, static_cast<std::size_t>(running_));
    }
    const bool bound_reached = limits_.preemptions >= 0 && preempted_ >= limits_.preemptions;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const Thread& it = threads_[i];
        if (static_cast<int>(i) != running_ && can_step(i) && !(goes_on && bound_reached)) {
            all.add(Deed::step, i);
        }
        if (it.activity == Activity::sleeps &&
            (spurious_left_ > 0 || program_->may_time_out(static_cast<int>(i)))) {
            all.add(Deed::wake_up, i);
        }
    }
    for (std::size_t i = 0; i < keys_.size() && deaths_left_ > 0; ++i) {
        if (threads_[i].begun && threads_[i].activity != Activity::done) {
            all.add(Deed::death, i);
        }
    }
    return all;
}

// The next choice; false where the run ends.
bool Explorer::decide(Choice& choice) {
    if (depth_ < path_.size()) {
        Node& node = path_[depth_++];
        choice = node.choices.of[node.taken];
        return true;
    }
    const Choices all = choices();
    // What is left when nobody can go on of its own is deaths: they are no way out.
    const bool stuck =
        std::none_of(all.of.begin(), all.of.begin() + static_cast<std::ptrdiff_t>(all.size),
                     [](Choice each) { return each.deed != Deed::death; });
    if (stuck) {
        end_of_run();
        return false;
    }
    std::uint64_t here = 0;
    if (limits_.prune) {
        here = state();
        const auto [found, fresh] = seen_.try_emplace(here, 0);
        if (!fresh) {
            leaf_ = found->second;
            return false;
        }
    }
    std::size_t taken = 0;
    if (depth_ < asked_.size()) {
        const Choice asked = asked_[depth_];
        while (taken < all.size &&
               (all.of[taken].deed != asked.deed || all.of[taken].thread != asked.thread)) {
            ++taken;
        }
        if (taken == all.size) {
            report_.failure = "no schedule of this program: choice " + std::to_string(depth_);
            return false;
        }
    }
    path_.push_back({all, taken, here, 0});
    ++report_.states;
    report_.longest = std::max(report_.longest, ++depth_);
    choice = all.of[taken];
    return true;
}

// Nobody has anything to do: everybody is done, or somebody waits for what nobody will do.
void Explorer::end_of_run() {
    std::string stuck;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const bool sleeps = threads_[i].activity == Activity::sleeps;
        const bool waits = threads_[i].activity == Activity::waits;
        if (threads_[i].activity != Activity::done &&
            !((sleeps || waits) && program_->may_rest(static_cast<int>(i)))) {
            stuck += std::string{stuck.empty() ? "" : ", "} + keys_[i] +
                     (sleeps ? " sleeps for ever" : " waits for ever");
        }
    }
    report_.failure = stuck.empty() ? program_->finish() : stuck;
    if (!report_.failure.empty()) {
        tell(report_.failure);
    }
}

// To the last choice that has another; false: there is none. A choice that has none any more has
// seen all that follows it, and its schedules add up.
bool Explorer::backtrack() {
    while (!path_.empty()) {
        Node& last = path_.back();
        last.schedules += leaf_;
        if (++last.taken < last.choices.size) {
            return true;
        }
        leaf_ = last.schedules;
        if (limits_.prune) {
            seen_[last.state] = leaf_;
        }
        path_.pop_back();
    }
    return false;
}

std::uint64_t Explorer::state() const noexcept {
    std::uint64_t hash =
        mix(static_cast<std::uint64_t>(deaths_left_), static_cast<std::uint64_t>(spurious_left_));
    for (const Region& region : regions_) {
        hash = mix(hash, region.bytes);
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const Thread& it = threads_[i];
        hash = mix(hash, it.history);
        hash =
            mix(hash, std::uint64_t{it.bits} << 8 | static_cast<std::uint64_t>(it.activity) << 2 |
                          std::uint64_t{it.changed} << 1 | std::uint64_t{it.begun});
        hash = mix(mix(hash, std::bit_cast<std::uintptr_t>(it.word)),
                   std::bit_cast<std::uintptr_t>(it.loaded));
    }
    if (limits_.preemptions >= 0) {
        hash = mix(hash, static_cast<std::uint64_t>(preempted_ * 16 + running_ + 1));
    }
    return hash;
}

Place Explorer::place_of(const void* at) const noexcept {
    const auto* const byte = static_cast<const std::byte*>(at);
    for (const Region& region : regions_) {
        if (byte >= region.bytes.data() && byte < region.bytes.data() + region.bytes.size()) {
            return region.place;
        }
    }
    return Place::other;
}

std::atomic<std::uint64_t>& Explorer::word_of(Place place) const noexcept {
    const auto found = std::find_if(regions_.begin(), regions_.end(),
                                    [&](const Region& each) { return each.place == place; });
    return *object_at<std::atomic<std::uint64_t>>(found->bytes.data());
}

void Explorer::before(Access access) {
    Choice choice{};
    if (!decide(choice)) {
        over_ = true;
        give_up_the_turn();  // for good
    }
    if (choice.deed != Deed::step || choice.thread != running_) {
        handed_ = choice;
        has_handed_ = true;
        give_up_the_turn();
    }
    access_ = access;
    program_->accesses(running_);
}

void Explorer::saw(std::uint64_t value) noexcept {
    Thread& it = threads_[static_cast<std::size_t>(running_)];
    it.history = mix(it.history, value);
    if (telling_) {
        tell(std::string{keys_[static_cast<std::size_t>(running_)]} + " " + access_.verb + " " +
             std::string{to_string(place_of(access_.at))} + ": " + std::to_string(value));
    }
}

void Explorer::saw(std::span<const std::byte> bytes) noexcept {
    saw(mix(bytes.size(), bytes));
}

void Explorer::loaded(std::uint64_t value) noexcept {
    saw(value);
    Thread& it = threads_[static_cast<std::size_t>(running_)];
    it.loaded = access_.at;
    it.changed = false;
}

void Explorer::wrote(std::uint64_t value) {
    saw(value);
    for (Thread& it : threads_) {
        it.changed |= it.loaded == access_.at;
    }
    program_->changed(running_, access_.at);
}

void Explorer::settle(std::span<const std::byte> local, std::uint64_t at) noexcept {
    Thread& it = threads_[static_cast<std::size_t>(running_)];
    it.history = mix(mix(0x5e771ed, at), local);
    it.loaded = nullptr;
    it.changed = false;
}

void Explorer::wait_for_change(std::span<const std::byte> local) {
    Thread& it = threads_[static_cast<std::size_t>(running_)];
    it.history = mix(0x3a175, local);
    it.activity = Activity::waits;
    before({"waits", nullptr});
    it.activity = Activity::ready;
}

void Explorer::end_waits() noexcept {
    for (Thread& each : threads_) {
        each.changed |= each.activity == Activity::waits;
    }
}

void Explorer::sleep_on(const void* word, std::uint32_t bits) {
    Thread& it = threads_[static_cast<std::size_t>(running_)];
    it.activity = Activity::sleeps;
    it.word = word;
    it.bits = bits;
    before({"sleeps", word});
    it.word = nullptr;
    it.bits = 0;
}

unsigned Explorer::wake(const void* word, std::uint32_t bits) noexcept {
    unsigned woken = 0;
    for (Thread& it : threads_) {
        if (it.activity == Activity::sleeps && it.word == word && (it.bits & bits) != 0) {
            it.activity = Activity::ready;
            ++woken;
        }
    }
    return woken;
}

void Explorer::fail(std::string why) {
    tell(why);
    report_.failure = std::move(why);
    over_ = true;
    give_up_the_turn();  // for good
}

void Explorer::tell(const std::string& line) {
    if (telling_) {
        report_.trace.push_back(line);
    }
}

// `pc3P` is: p, c three times, p dies; `~c`: c wakes up by itself.
std::string Explorer::schedule() const {
    std::string text;
    for (std::size_t i = 0; i < path_.size();) {
        const Choice choice = path_[i].choices.of[path_[i].taken];
        std::size_t times = 0;
        for (; i < path_.size(); ++i, ++times) {
            const Choice next = path_[i].choices.of[path_[i].taken];
            if (next.deed != choice.deed || next.thread != choice.thread) {
                break;
            }
        }
        const char key = keys_[choice.thread];
        text += choice.deed == Deed::wake_up ? "~" : "";
        text += choice.deed == Deed::death ? static_cast<char>(std::toupper(key)) : key;
        text += times > 1 ? std::to_string(times) : "";
    }
    return text;
}

bool Explorer::follow(std::string_view schedule) {
    while (!schedule.empty()) {
        const bool wakes = schedule.front() == '~';
        schedule.remove_prefix(wakes ? 1 : 0);
        if (schedule.empty()) {
            return false;
        }
        const char letter = schedule.front();
        const std::size_t thread = keys_.find(static_cast<char>(std::tolower(letter)));
        schedule.remove_prefix(1);
        std::size_t times = 1;
        const auto [end, error] =
            std::from_chars(schedule.data(), schedule.data() + schedule.size(), times);
        if (thread == std::string::npos || times > 100'000) {
            return false;
        }
        schedule.remove_prefix(static_cast<std::size_t>(end - schedule.data()));
        const Deed deed = wakes ? Deed::wake_up : std::isupper(letter) ? Deed::death : Deed::step;
        asked_.insert(asked_.end(), times, Choice{deed, static_cast<std::uint8_t>(thread)});
    }
    return true;
}

}  // namespace shunt::model
