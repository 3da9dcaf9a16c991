// SPDX-License-Identifier: MIT
//
// A play: one channel, a victim that is stopped somewhere in one operation, and the others, who see
// to it that nothing but that is felt. Where the victim stops, and whether it dies there, is the
// business of the sweeps. What is checked are A1 to A9 of docs/testing.md, section "The stepper".
#pragma once

#include "process/stepper/ends.hpp"
#include "process/stepper/stage.hpp"
#include "process/stepper/walker.hpp"

#include <shunt/channel/list.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::stepper {

/// The most single steps that one of the others' calls took while the victim was stopped, and what
/// it was told where the victim held something.
struct Bound {
    std::uint64_t steps = 0;
    std::string call;
    std::string held;

    void add(std::uint64_t count, std::string_view of) {
        if (count > steps) {
            steps = count;
            call = of;
        }
    }
    void add(const Bound& other) {
        add(other.steps, other.call);
        if (held.empty()) {
            held = other.held;
        }
    }
};

/// A hash of a channel's shared memory but for counters.
[[nodiscard]] std::uint64_t memory_of(const channel::Observer& observer);

/// What is counted, by single steps, of the calls of those beside a stopped victim: no
/// instruction, all runs at full speed; all but an open's; every one; or those of this program's
/// text.
enum class Steps { none, all_but_open, all, ours };

class Play {
public:
    explicit Play(World& world) : world_{world} {}
    virtual ~Play() = default;
    Play(const Play&) = delete;
    Play& operator=(const Play&) = delete;

    /// Until the victim stands before its operation. `apart`: the others are processes too, to be
    /// stepped.
    virtual void begin(bool apart) = 0;
    /// The victim is dead and reaped; `k` is where.
    virtual void after_death(std::uint64_t k) = 0;
    /// The victim stands still: what the others call returns.
    virtual Bound while_stopped(Steps counted) = 0;
    /// The victim may go on, and all is well. It is at its second halt, having finished.
    virtual void after_all() = 0;
    /// What the operation sleeps for, if it sleeps.
    [[nodiscard]] virtual std::function<void()> alarm() { return {}; }
    /// Of the channel; 0 while there is none to be seen.
    [[nodiscard]] std::uint64_t memory() const { return observer_ ? memory_of(*observer_) : 0; }

    [[nodiscard]] Child& victim() noexcept { return victim_; }
    [[nodiscard]] bool over() const noexcept {
        return log_->phase.load(std::memory_order_acquire) >= kDone;
    }

protected:
    /// The victim has halted, ready.
    void await_ready();

    World& world_;
    Shared<Log> log_;  // the victim's
    Child victim_;
    std::optional<channel::Observer> observer_;
};

using MakePlay = std::function<std::unique_ptr<Play>(World&)>;

/// Lets a survivor go through the calls that it measures() until its phase is kDone.
[[nodiscard]] Bound step_through(Child& child, const Log& log, Steps counted);

/// In a survivor: a call of that name (a number of kCalls) is about to be measured.
enum class Call : std::uint32_t {
    none,
    push,
    push_full,
    pop,
    pop_empty,
    peek,
    release,
    open,
    peers,
    collect,
    list,
    recover
};
[[nodiscard]] std::string_view to_string(Call call) noexcept;
template <class F>
void measured(Log& log, Call call, F&& f) {
    log.call.store(static_cast<std::uint32_t>(call), std::memory_order_release);
    halt();
    f();
    log.call.store(0, std::memory_order_release);
}

/// Deadline for what must happen.
[[nodiscard]] channel::Deadline patience();

/// One who reads a stream and checks it: in order, whole, from wherever it begins.
class Reader {
public:
    /// `next`: the number that must come first; kAny: whatever comes.
    static constexpr std::uint64_t kAny = ~std::uint64_t{0};
    explicit Reader(std::uint64_t next = kAny) : next_{next} {}

    void take(const Message& message);
    /// Pops all that is there; ends are noted.
    void drain(Inlet& in);
    /// Pops, waiting, until an end was told.
    void until_end(Inlet& in);

    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] std::uint64_t next() const { return next_; }
    /// Messages below came flagged.
    [[nodiscard]] std::uint64_t flagged_end() const { return flagged_end_; }
    /// 'c' and 'd', in order.
    [[nodiscard]] const std::string& ends() const { return ends_; }

private:
    [[nodiscard]] bool take_status(Status status, const Message& message);

    std::uint64_t next_;
    std::uint64_t first_ = kAny;
    std::uint64_t flagged_end_ = 0;
    std::string ends_;
};

/// One who writes it.
class Writer {
public:
    explicit Writer(std::uint64_t next) : next_{next} {}
    /// As many as there is room for; ends are noted.
    void fill(Outlet& out);
    /// fill(), and that were as many as a ring in good order takes.
    void fill_exactly(Outlet& out);
    /// Waits, at a full ring, until an end is told.
    void until_end(Outlet& out);
    void push(Outlet& out, std::uint64_t count);
    [[nodiscard]] std::uint64_t next() const { return next_; }
    [[nodiscard]] const std::string& ends() const { return ends_; }

private:
    std::uint64_t next_;
    std::string ends_;
};

/// In a child: a fault is its last word.
[[nodiscard]] int guarded(Log& log, const std::function<void()>& work) noexcept;
/// A survivor or a victim that was let go on ends in good order.
void expect_good_end(Child& child, const Log& log, const std::string& who);
/// Opens; a refusal is a Fault.
[[nodiscard]] std::unique_ptr<Outlet> must_open_outlet(Ware ware, const Options& options);
[[nodiscard]] std::unique_ptr<Inlet> must_open_inlet(Ware ware, const Options& options);

}  // namespace shunt::stepper
