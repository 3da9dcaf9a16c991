// SPDX-License-Identifier: MIT
//
// What plays of a channel's life share, of whatever kind: the victim's operation between two halts,
// and another process that opens, lists and collects while the victim stands still.
#pragma once

#include "process/stepper/play.hpp"

#include <shunt/channel/collect.hpp>
#include <shunt/core/error.hpp>

#include <chrono>

namespace shunt::stepper {

class LifePlay : public Play {
public:
    LifePlay(World& world, const Options& options)
        : Play{world}, options_{options}, at_once_{options} {
        at_once_.open_timeout = std::chrono::milliseconds{0};
    }

    Bound while_stopped(Steps counted) override {
        Child other{
            [this] {
                return guarded(*other_, [this] {
                    try_beside();
                    measured(*other_, Call::list, [] { static_cast<void>(channel::list()); });
                    if (collects_beside()) {
                        measured(*other_, Call::collect,
                                 [] { static_cast<void>(channel::collect({.apply = true})); });
                    }
                    other_->phase.store(kDone, std::memory_order_release);
                    halt();
                });
            },
            {.traced = true}};
        const Bound bound =
            step_through(other, *other_, counted == Steps::all ? Steps::ours : Steps::none);
        expect_good_end(other, *other_, "another");
        return bound;
    }

protected:
    /// What the victim does before, in and after its operation.
    virtual void live() = 0;
    /// What another one tries while it stands still: measured() calls.
    virtual void try_beside() = 0;
    /// A collector comes by too; not where nobody would live in what is to be read yet.
    [[nodiscard]] virtual bool collects_beside() const { return true; }

    void start_victim() {
        victim_ = Child{[this] { return guarded(*log_, [this] { live(); }); }, {.traced = true}};
        await_ready();
    }
    template <class F>
    void operate(F&& operation) {
        log_->phase.store(kReady, std::memory_order_release);
        halt();
        operation();
        log_->phase.store(kDone, std::memory_order_release);
        halt();
    }
    void watch() { observer_.emplace(kChannel); }

    // One more that opens and leaves; what it is told where something is held.
    template <class Open>
    void open_beside(Open&& open) {
        std::string refused;
        measured(*other_, Call::open, [&] {
            try {
                open()->close();
            } catch (const Error& error) {
                refused = error.what();
                const bool taken = error.code() == Errc::already_exists;
                const bool waited = error.code() == Errc::timed_out;
                const bool absent = error.code() == Errc::not_found;
                const bool names =
                    refused.find("process " + std::to_string(victim_.pid())) != std::string::npos;
                const bool joins = refused.find("is just joining") != std::string::npos;
                expect(absent || (taken && (names || joins)) || waited,
                       "another is told: " + refused);
                other_->say(taken ? "seat" : waited ? "gate" : "");
            }
        });
    }
    // What a collector still finds is garbage.
    void end_world() {
        observer_.reset();
        expect(world_.ground().files().empty(), "a name is left");
        static_cast<void>(channel::collect({.apply = true}));
        world_.expect_clean();
    }

    Options options_;
    Options at_once_;  // one that opens does not wait for a gate
    Shared<Log> other_;
};

/// Killed or let go on: the others find the same.
class LifeWithOneOutcome : public LifePlay {
public:
    using LifePlay::LifePlay;

    void after_death(std::uint64_t) final { outcome(); }
    void after_all() final {
        expect_good_end(victim_, *log_, "the victim");
        outcome();
    }

protected:
    virtual void outcome() = 0;
};

}  // namespace shunt::stepper
