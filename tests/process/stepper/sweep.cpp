// SPDX-License-Identifier: MIT
#include "process/stepper/sweep.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <set>

namespace shunt::stepper {
namespace {

constexpr int kTries = 3;
constexpr int kRecordings = 3;
constexpr std::size_t kFaultsKept = 3;
constexpr std::uint64_t kMeasureEvery = 256;

}  // namespace

std::string_view to_string(How how) noexcept {
    constexpr std::string_view kNames[] = {"kill", "stop", "call", "pair"};
    return kNames[static_cast<std::size_t>(how)];
}

void Tally::add(const Tally& other) {
    injected += other.injected;
    survived += other.survived;
    missed += other.missed;
    points += other.points;
    bound.add(other.bound);
    for (const std::string& fault : other.faults) {
        if (faults.size() < kFaultsKept) {
            faults.push_back(fault);
        }
    }
}

std::vector<std::uint64_t> sample(const std::vector<std::uint64_t>& points,
                                  const std::vector<std::uint64_t>& first, const Portion& portion) {
    if (points.size() <= portion.most) {
        return points;
    }
    std::mt19937_64 random{portion.seed};
    const auto some_of = [&](std::vector<std::uint64_t> from, std::size_t most) {
        std::shuffle(from.begin(), from.end(), random);
        from.resize(std::min(from.size(), most));
        return from;
    };
    // Half of them where something changes, the rest anywhere.
    const auto changes = some_of(first, portion.most / 2);
    std::set<std::uint64_t> chosen{changes.begin(), changes.end()};
    for (const std::uint64_t point : some_of(points, points.size())) {
        if (chosen.size() == portion.most) {
            break;
        }
        chosen.insert(point);
    }
    return {chosen.begin(), chosen.end()};
}

const Trace& Sweep::trace() {
    if (trace_.empty()) {
        const std::unique_ptr<Play> play = make_(world_);
        play->begin(false);
        Walker walker{play->victim(), play->alarm()};
        trace_ = walker.record([&] { return play->over(); }, [&] { return play->memory(); });
        play->victim().end();
        play->after_death(0);
    }
    return trace_;
}

std::vector<std::uint64_t> Sweep::chosen() {
    if (portion_.hunts) {
        return points_of_change(trace());
    }
    return sample(distinct_points(trace()), points_of_change(trace()), portion_);
}

// A fault is what did not survive. False: the victim took another way each time.
template <class F>
bool Sweep::inject(Tally& tally, std::uint64_t k, F& play_at) {
    for (int tries = 0; tries < kTries; ++tries) {
        // relaxed: a sign of life
        pulse_.fetch_add(1, std::memory_order_relaxed);
        try {
            if (play_at(k) == Came::there) {
                ++tally.injected;
                ++tally.survived;
                return true;
            }
            world_.sweep();
        } catch (const std::exception& fault) {
            ++tally.injected;
            if (tally.faults.size() < kFaultsKept) {
                tally.faults.push_back("point " + std::to_string(k) + ": " + fault.what());
            }
            world_.sweep();
            return true;
        }
    }
    return false;
}

// Points that were missed have another turn behind all others, as often as that reaches any: what
// makes a victim take another way (a busy machine, a bound that ends) passes.
template <class F>
void Sweep::inject_all(Tally& tally, std::vector<std::uint64_t> points, F&& play_at) {
    while (!points.empty()) {
        std::vector<std::uint64_t> missed;
        for (const std::uint64_t k : points) {
            if (portion_.hunts && !tally.faults.empty()) {
                return;
            }
            if (!inject(tally, k, play_at)) {
                missed.push_back(k);
            }
        }
        if (missed.size() == points.size()) {
            tally.missed += missed.size();
            return;
        }
        points = std::move(missed);
    }
}

Sweep::Came Sweep::kill_at(std::uint64_t k) {
    const std::unique_ptr<Play> play = make_(world_);
    play->begin(false);
    Walker walker{play->victim(), play->alarm()};
    if (!walker.go_to(trace_, k)) {
        return Came::elsewhere;
    }
    play->victim().end();
    play->after_death(k);
    return Came::there;
}

Sweep::Came Sweep::stop_at(std::uint64_t k, Steps counted, Bound& bound) {
    const std::unique_ptr<Play> play = make_(world_);
    play->begin(true);
    Walker walker{play->victim(), play->alarm()};
    if (!walker.go_to(trace_, k)) {
        return Came::elsewhere;
    }
    bound.add(play->while_stopped(counted));
    if (!play->over()) {
        play->victim().go_on();
        const std::string instead = play->victim().until_marked();
        expect(instead.empty() && play->over(), "the victim, let go on: " + instead);
    }
    play->after_all();
    return Came::there;
}

// A way that was recorded while something unusual happened (a sleeper whose bound ended meanwhile)
// is nobody's: then another one is recorded, and all of it done again.
Tally Sweep::run(How how, Portion portion) {
    portion_ = portion;
    Tally tally = once(how);
    for (int recordings = 1; recordings < kRecordings; ++recordings) {
        if (tally.missed == 0 || tally.survived != tally.injected) {
            break;
        }
        trace_.clear();
        tally = once(how);
    }
    return tally;
}

Tally Sweep::once(How how) {
    switch (how) {
        case How::kill:
            return kill();
        case How::stop:
            return stop();
        case How::call:
            return kill_at_calls();
        case How::pair:
            break;
    }
    return {};
}

Tally Sweep::kill() {
    Tally tally;
    tally.points = distinct_points(trace()).size();
    inject_all(tally, chosen(), [this](std::uint64_t at) { return kill_at(at); });
    return tally;
}

// What the others execute beside one that stands still follows from what they can see of it: shared
// memory and its system calls. Where neither is other than at the point before, the count is known.
Tally Sweep::stop() {
    Tally tally;
    tally.points = distinct_points(trace()).size();
    std::optional<Point> counted;
    inject_all(tally, chosen(), [&](std::uint64_t at) {
        const Point& point = trace_[at];
        Steps steps = Steps::none;
        if (tally.injected % kMeasureEvery == 0) {
            steps = Steps::all;
        } else if (!counted || counted->memory != point.memory || counted->calls != point.calls) {
            steps = Steps::all_but_open;
        }
        const Came came = stop_at(at, steps, tally.bound);
        if (came == Came::there && steps != Steps::none) {
            counted = point;
        }
        return came;
    });
    return tally;
}

// Entries and exits of the operation's system calls, from 1.
std::vector<std::uint64_t> Sweep::stops_at_calls() {
    const std::unique_ptr<Play> play = make_(world_);
    play->begin(false);
    std::vector<std::uint64_t> stops;
    while (!play->over()) {
        stops.push_back(stops.size() + 1);
        const std::string instead = play->victim().step_system_calls(1);
        expect(instead.empty(), "the victim: " + instead);
    }
    stops.pop_back();  // it was over there
    play->victim().end();
    play->after_death(0);
    return stops;
}

Tally Sweep::kill_at_calls() {
    Tally tally;
    const std::vector<std::uint64_t> stops = stops_at_calls();
    tally.points = stops.size();
    inject_all(tally, sample(stops, {}, portion_), [&](std::uint64_t at) {
        const std::unique_ptr<Play> play = make_(world_);
        play->begin(false);
        const std::string instead =
            play->victim().step_system_calls(static_cast<std::uint32_t>(at));
        expect(instead.empty(), "the victim: " + instead);
        if (play->over()) {  // with fewer calls than last time: the heap is another
            return Came::elsewhere;
        }
        play->victim().end();
        play->after_death(at);
        return Came::there;
    });
    return tally;
}

}  // namespace shunt::stepper
