// SPDX-License-Identifier: MIT
#include "process/stepper/play.hpp"

#include <shunt/core/error.hpp>

#include <chrono>
#include <cstring>
#include <exception>

namespace shunt::stepper {
namespace {

constexpr std::uint64_t kTooManySteps = 200'000;
constexpr layout::RegionId kWatched[] = {
    layout::RegionId::registry,       layout::RegionId::wake_data,
    layout::RegionId::wake_room,      layout::RegionId::consumer_words,
    layout::RegionId::producer_words, layout::RegionId::ring_words,
    layout::RegionId::slots,
};

std::uint64_t hash(std::uint64_t seed, const std::byte* memory, std::uint64_t bytes) {
    for (std::uint64_t i = 0; i + 8 <= bytes; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, memory + i, 8);
        seed = (seed ^ word) * 0x100000001b3u;
        seed ^= seed >> 29;
    }
    return seed;
}

}  // namespace

std::string_view to_string(Call call) noexcept {
    constexpr std::string_view kNames[] = {
        "",     "try_push", "try_push (full)", "try_pop", "try_pop (empty)", "try_peek", "release",
        "open", "peers",    "collect",         "list",    "recover"};
    return kNames[static_cast<std::size_t>(call)];
}

channel::Deadline patience() {
    return std::chrono::steady_clock::now() + process_test::kPatience;
}

std::uint64_t memory_of(const channel::Observer& observer) {
    std::uint64_t value = 0xcbf29ce484222325u;
    for (const layout::RegionId id : kWatched) {
        if (const std::byte* const region = observer.region(id); region != nullptr) {
            value =
                hash(value, region, observer.header().regions[static_cast<std::size_t>(id)].bytes);
        }
    }
    return hash(value, bytes_of(observer.control().next_token), sizeof(layout::ControlPage));
}

void Play::await_ready() {
    const std::string instead = victim_.until_marked();
    expect(instead.empty(), "the victim gets ready: " + instead + " " + log_->said());
    expect(log_->phase.load(std::memory_order_acquire) == kReady, "the victim is not ready");
}

Bound step_through(Child& child, const Log& log, Steps counted) {
    Bound bound;
    Walker walker{child};
    for (;;) {
        child.go_on();
        const std::string instead = child.until_marked();
        expect(instead.empty(), "a survivor: " + instead + " " + log.said());
        if (log.phase.load(std::memory_order_acquire) == kDone) {
            bound.held = log.said();
            return bound;
        }
        const std::uint32_t call = log.call.load(std::memory_order_acquire);
        if (counted == Steps::none ||
            (counted == Steps::all_but_open && static_cast<Call>(call) == Call::open)) {
            continue;
        }
        std::uint64_t steps = 0;
        for (; log.call.load(std::memory_order_acquire) == call && steps < kTooManySteps; ++steps) {
            expect(counted == Steps::ours ? walker.step() : child.step(1).empty(),
                   "a survivor dies");
        }
        const std::string_view name = to_string(static_cast<Call>(call));
        expect(steps < kTooManySteps, std::string{name} + " does not return");
        bound.add(steps, name);
    }
}

void Reader::take(const Message& message) {
    if (first_ == kAny) {
        first_ = message.number;
        next_ = next_ == kAny ? message.number : next_;
    }
    expect(message.whole, "message " + std::to_string(next_) + " is damaged");
    expect(message.number == next_, "message " + std::to_string(next_) + " was to come, " +
                                        std::to_string(message.number) + " came");
    if (message.redelivered) {
        expect(next_ == first_ || flagged_end_ == next_,
               "message " + std::to_string(next_) + " is flagged after one that was not");
        flagged_end_ = next_ + 1;
    }
    ++next_;
}

bool Reader::take_status(Status status, const Message& message) {
    if (status == Status::ok) {
        take(message);
        return true;
    }
    if (status == Status::empty) {
        return false;
    }
    expect(status == Status::closed || status == Status::peer_dead,
           "a reader is told " + std::string{shunt::to_string(status)});
    ends_ += status == Status::closed ? 'c' : 'd';
    expect(ends_.size() < 8, "ends are told again and again");
    return true;
}

void Reader::drain(Inlet& in) {
    Message message;
    while (take_status(in.pop(message), message)) {
    }
}

void Reader::until_end(Inlet& in) {
    const std::size_t before = ends_.size();
    Message message;
    while (ends_.size() == before) {
        static_cast<void>(take_status(in.pop_until(message, patience()), message));
    }
}

void Writer::fill(Outlet& out) {
    for (;;) {
        const Status status = out.push(next_);
        if (status == Status::full) {
            return;
        }
        if (status == Status::ok) {
            ++next_;
            continue;
        }
        expect(status == Status::closed || status == Status::peer_dead,
               "a writer is told " + std::string{shunt::to_string(status)});
        ends_ += status == Status::closed ? 'c' : 'd';
        expect(ends_.size() < 8, "ends are told again and again");
    }
}

void Writer::fill_exactly(Outlet& out) {
    const std::uint64_t room = out.room();
    const std::uint64_t before = next_;
    fill(out);
    expect_within(next_ - before, room, room, "number of messages until the ring is full");
}

void Writer::until_end(Outlet& out) {
    const Status status = out.push_until(next_, patience());
    expect(status == Status::closed || status == Status::peer_dead,
           "a waiting writer is told " + std::string{shunt::to_string(status)});
    ends_ += status == Status::closed ? 'c' : 'd';
}

void Writer::push(Outlet& out, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const Status status = out.push_until(next_, patience());
        expect(bool{status}, "a push is told " + std::string{shunt::to_string(status)});
        ++next_;
    }
}

int guarded(Log& log, const std::function<void()>& work) noexcept {
    try {
        work();
        log.phase.store(kOver, std::memory_order_release);
        return 0;
    } catch (const std::exception& error) {
        log.say(error.what());
        return 1;
    }
}

void expect_good_end(Child& child, const Log& log, const std::string& who) {
    child.go_on();
    std::string end = child.until_marked();
    for (int halts = 0; end.empty() && halts < 8; ++halts) {
        child.go_on();
        end = child.until_marked();
    }
    expect(end.ends_with("exit 0"), who + " ended by " + end + ": " + log.said());
}

std::unique_ptr<Outlet> must_open_outlet(Ware ware, const Options& options) {
    try {
        return open_outlet(ware, options);
    } catch (const Error& error) {
        throw Fault(std::string{"a producer cannot open: "} + error.what());
    }
}

std::unique_ptr<Inlet> must_open_inlet(Ware ware, const Options& options) {
    try {
        return open_inlet(ware, options);
    } catch (const Error& error) {
        throw Fault(std::string{"a consumer cannot open: "} + error.what());
    }
}

}  // namespace shunt::stepper
