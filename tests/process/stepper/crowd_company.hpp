// SPDX-License-Identifier: MIT
//
// What the plays of an mpmc channel share, in slots or (messages InBlocks<T>) in blocks: the
// survivors' two ports with what they were given, and the account of it. A number says whose
// message it is: the survivors' begin at 0, each victim's at a thousand of its own.
#pragma once

#include "process/stepper/play.hpp"

#include "process/support/text_ports.hpp"
#include "process/support/wares.hpp"

#include <shunt/channel/header.hpp>
#include <shunt/core/ring/block_slots.hpp>

#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace shunt::stepper {

inline constexpr std::uint64_t kThousand = 1000;
inline constexpr std::uint64_t kCrowdCapacity = 4;
/// Messages that went through before a play begins: what follows crosses the lap's end.
inline constexpr std::uint64_t kWarmUp = 3;

[[nodiscard]] inline Options crowd_options(bool huge) {
    Options options;
    options.capacity = kCrowdCapacity;
    options.pages = huge ? pages::huge_2m : pages::base;
    options.ports = 8;
    options.liveness = liveness::parked;  // a blocking call's path depends on no clock
    options.seat_timeout = std::chrono::milliseconds{0};
    return options;
}

/// Messages of that type lie in blocks.
template <class T>
inline constexpr bool kBlocks = false;
template <class T>
inline constexpr bool kBlocks<process_test::InBlocks<T>> = true;

/// With nothing unread and nobody about anything, no block is held.
template <class T>
void expect_no_block_held(const channel::Participant& place) {
    if constexpr (kBlocks<T>) {
        const ring::BlockSlots slots{place.region(layout::RegionId::slots),
                                     channel::block_geometry(place.header())};
        for (std::uint32_t b = 0; b < slots.blocks(); ++b) {
            expect(!ring::HolderWord::is_held(slots.holder(b).load(std::memory_order_acquire)),
                   "block " + std::to_string(b) + " is never given back");
        }
    }
}

struct Got {
    std::uint64_t number = 0;
    bool flagged = false;
};

/// What a victim says of itself, and what it can have done without having said so.
struct Suspect {
    const Log* log = nullptr;
    std::uint64_t thousand = 0;      // of its messages; 0: it produces none
    std::uint64_t most_pushed = 0;   // beyond what it acknowledged
    std::uint64_t most_taken = 0;    // and released, beyond what it acknowledged
    std::uint64_t most_in_hand = 0;  // taken, and not released: comes flagged
    std::uint64_t most_gaps = 0;
    bool blocks = false;  // a claim that it dies with comes to nothing

    [[nodiscard]] std::uint64_t acked() const { return log->acked.load(std::memory_order_acquire); }
    /// Claims that it had, or messages that it had looked at.
    [[nodiscard]] std::uint64_t seen() const { return log->seen.load(std::memory_order_acquire); }
    [[nodiscard]] ring::SlotOwner owner() const {
        return ring::slot_owner(log->seat.load(std::memory_order_acquire),
                                log->token.load(std::memory_order_acquire));
    }
};

/// A producer and a consumer of one process.
template <class T>
class Company {
public:
    explicit Company(const Options& options) : out{kChannel, options}, in{kChannel, options} {}

    typename process_test::PortsOf<T>::Producer out;
    typename process_test::PortsOf<T>::Consumer in;
    std::uint64_t next = 0;  // of ours
    std::vector<Got> got;
    std::vector<ring::Gap> gaps;

    Status push() {
        T message;
        process_test::fill(message, next);
        const Status status = out.try_push(message);
        expect(status == Status::ok || status == Status::full,
               "a survivor's push is told " + std::string{shunt::to_string(status)});
        next += status ? 1u : 0u;
        return status;
    }
    void push(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            expect(bool{push()}, "there was to be room");
        }
    }
    std::uint64_t fill() {
        const std::uint64_t before = next;
        while (push()) {
        }
        return next - before;
    }
    Status pop() {
        T message;
        return note(in.try_pop(message), message);
    }
    /// Waits for a message or a gap.
    void pop_patiently() {
        T message;
        const Status status = note(in.pop_until(message, patience()), message);
        expect(status == Status::ok || status == Status::gap,
               "a survivor that waits is told " + std::string{shunt::to_string(status)});
    }
    /// Until nothing is there, or the next is busy: which of them.
    Status drain() {
        for (;;) {
            const Status status = pop();
            if (status == Status::empty || status == Status::busy) {
                return status;
            }
        }
    }
    void warm_up() {
        push(kWarmUp);
        expect(drain() == Status::empty, "the ring is busy");
        expect(got.size() == kWarmUp, "the first messages come through");
        got.clear();
    }
    /// Twice round, in good order; then both leave, the last of the channel.
    void finish() {
        got.clear();
        gaps.clear();
        for (int round = 0; round < 2; ++round) {
            const std::uint64_t begins = next;
            expect_within(fill(), kCrowdCapacity, kCrowdCapacity, "number of messages in a ring");
            expect(drain() == Status::empty, "the ring is busy");
            expect_within(got.size(), kCrowdCapacity, kCrowdCapacity, "number of messages of it");
            for (std::uint64_t i = 0; i < kCrowdCapacity; ++i) {
                expect(got[i].number == begins + i && !got[i].flagged, "a message out of order");
            }
            got.clear();
        }
        expect(gaps.empty() && in.recover() == 0, "something is left of the dead");
        expect_no_block_held<T>(out.participant());
        out.close();
        T message;
        const Status end = in.try_pop(message);
        expect(end == Status::closed,
               "the last consumer is told " + std::string{shunt::to_string(end)});
        in.close();
    }

private:
    Status note(Status status, const T& message) {
        if (status) {
            expect(process_test::intact(message), "a message is not whole");
            got.push_back({message.number, in.redelivered()});
        } else if (status == Status::gap) {
            if constexpr (kBlocks<T>) {
                expect(false, "a gap, and there are only blocks");
            } else {
                gaps.push_back(in.last_gap());
            }
        }
        return status;
    }
};

/// What publish() of any port came to.
template <class Port>
[[nodiscard]] bool published(Port& out) {
    if constexpr (std::is_void_v<decltype(out.publish())>) {
        out.publish();
        return true;
    } else {
        return bool{out.publish()};
    }
}

/// One that dies with a claim, or with a message in hand.
template <class T>
void let_one_die(const Options& options, Log& log, bool with_a_claim) {
    Child corpse{[&] {
        return guarded(log, [&] {
            const auto hold = [&](auto& port, const auto* held) {
                expect(held != nullptr, "one that is to die holds nothing");
                log.token.store(port.participant().token(), std::memory_order_relaxed);
                log.seat.store(port.participant().index(), std::memory_order_relaxed);
                log.seen.store(1, std::memory_order_release);
                ::raise(SIGKILL);
            };
            if (with_a_claim) {
                typename process_test::PortsOf<T>::Producer out{kChannel, options};
                hold(out, out.try_claim());
            } else {
                typename process_test::PortsOf<T>::Consumer in{kChannel, options};
                hold(in, in.try_peek());
            }
        });
    }};
    const std::string end = corpse.wait();
    expect(end == "signal 9", "one that was to die ended by " + end + ": " + log.said());
}

/// The survivors' own messages that never came to them.
struct Missing {
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint64_t> flagged;
};

/// Every message of the survivors, numbers `first` to `next`, came once or is missing; in order but
/// for those that came flagged, by which what a victim had in hand is told.
[[nodiscard]] Missing account_ours(const std::vector<Got>& got, std::uint64_t first,
                                   std::uint64_t next);
/// A victim's came from the first on, unflagged, as many as it acknowledged or may have pushed; and
/// each of its claims came, or as a gap that bears its name.
void account_victims(const std::vector<Got>& got, const std::vector<ring::Gap>& gaps,
                     const Suspect& suspect);
/// As many are missing or flagged as the victims say that they had, or a few more.
void account_hands(const Missing& missing, const std::vector<Suspect>& suspects);
/// And they are the oldest: where nobody took any while a victim acted.
void account_oldest(const Missing& missing, std::uint64_t first);
/// All of it, and that there are no other gaps.
Missing account_all(const std::vector<Got>& got, const std::vector<ring::Gap>& gaps,
                    std::uint64_t first, std::uint64_t next, const std::vector<Suspect>& suspects);

}  // namespace shunt::stepper
