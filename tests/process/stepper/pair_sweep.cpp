// SPDX-License-Identifier: MIT
#include "process/stepper/pair_sweep.hpp"

#include <algorithm>
#include <cmath>
#include <exception>

namespace shunt::stepper {
namespace {

constexpr int kTries = 3;
constexpr std::size_t kFaultsKept = 3;

// One victim walks first, to k1, then the other, to k2.
class Pairs {
public:
    Pairs(World& world, const MakePair& make, std::atomic<std::uint64_t>& pulse, std::size_t first)
        : world_{world}, make_{make}, pulse_{pulse}, first_{first} {}

    Tally run(const Portion& portion) {
        const Trace trace = record_first();
        const auto all = points_of_change(trace);
        // Of k1 as many as of k2 for each.
        const auto root = static_cast<std::uint64_t>(std::ceil(
            std::sqrt(static_cast<double>(std::min<std::uint64_t>(portion.most, 1u << 30)))));
        for (const std::uint64_t k1 : sample(all, {}, {root, portion.seed})) {
            const Trace second = record_second(trace, k1);
            const auto points = points_of_change(second);
            tally_.points += points.size();
            for (const std::uint64_t k2 : sample(points, {}, {root, portion.seed ^ k1})) {
                inject(trace, k1, second, k2);
            }
        }
        return tally_;
    }

private:
    [[nodiscard]] std::size_t second() const { return 1 - first_; }

    Trace record(PairPlay& play, std::size_t number) {
        // relaxed: a sign of life
        pulse_.fetch_add(1, std::memory_order_relaxed);
        return Walker{play.victim(number)}.record([&] { return play.over(number); },
                                                  [&] { return play.memory(); });
    }
    static void end_both(PairPlay& play) {
        play.victim(0).end();
        play.victim(1).end();
    }
    Trace record_first() {
        const auto play = make_(world_);
        play->begin();
        Trace trace = record(*play, first_);
        end_both(*play);
        play->after_death();
        return trace;
    }
    Trace record_second(const Trace& trace, std::uint64_t k1) {
        for (int tries = 0; tries < kTries; ++tries) {
            const auto play = make_(world_);
            play->begin();
            const bool there = bring_first(*play, trace, k1);
            Trace found = record(*play, second());
            end_both(*play);
            play->after_death();
            if (there) {
                return found;
            }
        }
        throw Fault("the first victim takes another way each time");
    }
    bool bring_first(PairPlay& play, const Trace& trace, std::uint64_t k1) const {
        const bool there = Walker{play.victim(first_)}.go_to(trace, k1);
        if (play.one_after_the_other()) {
            play.victim(first_).end();
        }
        return there;
    }
    void inject(const Trace& first, std::uint64_t k1, const Trace& second_trace, std::uint64_t k2) {
        for (int tries = 0; tries < kTries; ++tries) {
            // relaxed: a sign of life
            pulse_.fetch_add(1, std::memory_order_relaxed);
            try {
                const auto play = make_(world_);
                play->begin();
                const bool there = bring_first(*play, first, k1) &&
                                   Walker{play->victim(second())}.go_to(second_trace, k2);
                end_both(*play);
                play->after_death();
                if (there) {
                    ++tally_.injected;
                    ++tally_.survived;
                    return;
                }
            } catch (const std::exception& fault) {
                ++tally_.injected;
                if (tally_.faults.size() < kFaultsKept) {
                    tally_.faults.push_back("points " + std::to_string(k1) + " and " +
                                            std::to_string(k2) + ": " + fault.what());
                }
                world_.sweep();
                return;
            }
        }
        ++tally_.missed;
    }

    World& world_;
    const MakePair& make_;
    std::atomic<std::uint64_t>& pulse_;
    std::size_t first_;
    Tally tally_;
};

}  // namespace

Tally sweep_pairs(World& world, const MakePair& make, const Portion& portion,
                  std::atomic<std::uint64_t>& pulse) {
    Tally tally;
    const bool both_orders = !make(world)->one_after_the_other();
    for (std::size_t first = 0; first < (both_orders ? 2u : 1u); ++first) {
        tally.add(Pairs{world, make, pulse, first}.run(portion));
    }
    return tally;
}

}  // namespace shunt::stepper
