// SPDX-License-Identifier: MIT
//
// The publisher of a broadcast log and the gates that it waits for, or evicts, as the explorer runs
// them, with deaths. Who dies is recovered by its successor in the seat, under another token, and,
// where there is one, by a recoverer that comes at any time.
//
// Asserted: a gate that was not evicted is never lapped, and gets every message from where it
// began; received + lost = published all the same; gate_limit is never below the position; FULL
// ends, unless nobody reads on; a successor of the publisher goes on behind what could be read.
#pragma once

#include "model/broadcast_rig.hpp"
#include "model/explorer.hpp"
#include "model/line_program.hpp"
#include "model/model_policy.hpp"

#include <shunt/core/layout/wake.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

struct GateCase {
    std::uint64_t messages = 3;
    std::uint64_t slots = 2;
    int gates = 1;
    bool evicts = false;
    bool recovers = false;             // a recoverer beside them
    bool rejoins = false;              // who was evicted joins again
    std::uint64_t reads = UINT64_MAX;  // then it stays, and reads no more
    std::uint64_t begin = ring::from::oldest;
    std::uint64_t before = 2;  // published before anybody begins
};

template <class P>
class GateProgram : public Program {
public:
    using Rig = TypedLog<P>;
    using Publisher = typename Rig::Publisher;
    using Subscriber = typename Rig::Subscriber;

    explicit GateProgram(GateCase c)
        : case_{c}, end_{c.before + c.messages}, rig_{c.slots, std::uint64_t{0}} {}

    std::string_view threads() const override {
        return case_.recovers ? "pgr" : case_.gates == 1 ? "pg" : "pgh";
    }
    bool deaths_end_waits() const override { return true; }
    std::vector<Region> regions() override {
        std::vector<Region> all{{{bytes_of(account_), sizeof account_}, Place::other}};
        add_log(all, rig_, static_cast<std::size_t>(case_.gates));
        return all;
    }
    void begin() override {
        rig_.clear();
        account_ = {};
        account_.readable = case_.before;
        for (std::uint64_t p = 0; p < case_.before; ++p) {
            const Torn message = test::message<Torn>(p);
            std::memcpy(rig_.slot(p), &message, sizeof message);
            rig_.stamp(p).store(2 * p + 2, std::memory_order_relaxed);
        }
        rig_.words->write_pos.store(case_.before, std::memory_order_relaxed);
        rig_.words->gate_limit.store(case_.before, std::memory_order_relaxed);
    }
    void run(int thread, int) override {
        if (thread == 0) {
            publish();
        } else if (case_.recovers && thread == 2) {
            recover();
        } else {
            subscribe(static_cast<std::size_t>(thread) - 1);
        }
    }
    bool died(int thread) override {
        if (thread == 1) {
            account_.dead = account_.stays[0].token;
        }
        return true;
    }
    bool may_rest(int thread) const override {
        return case_.recovers && thread == 2 && account_.dead == 0;
    }
    void changed(int thread, const void* at) override {
        const Place place = Explorer::now().place_of(at);
        if (thread == 0 && place == Place::stamp) {
            const std::uint64_t stamp = rig_.stamped(account_.readable);
            if (stamp == 2 * account_.readable + 2) {
                ++account_.readable;
            }
        } else if (place == Place::gate_limit) {
            expect(rig_.gate_limit() >= account_.readable, "the limit is below the position");
        }
    }
    std::string finish() override {
        if (account_.readable != end_ || rig_.write_pos() != end_) {
            return "messages are missing";
        }
        return rig_.guards_whole() ? "" : "written outside of the log";
    }

protected:
    struct Stay {
        std::uint64_t token;
        std::uint64_t began;
        std::uint64_t received;
        std::uint64_t told;
    };
    struct Account {
        std::uint64_t readable;
        std::uint64_t tokens;
        std::uint64_t dead;  // token of the first seat's last holder that died
        std::array<Stay, 2> stays;
    };

    static void expect(bool right, const char* what) {
        if (!right) {
            Explorer::now().fail(what);
        }
    }
    Rig& rig() { return rig_; }

    // Hooks of the program that sleeps and wakes.
    virtual void made_room() { Explorer::now().end_waits(); }
    virtual void wait_for_room(Settled<Publisher>& publisher) { publisher.wait_for_change(); }

private:
    void publish() {
        Settled<Publisher> publisher{[this] { return rig_.publisher(rig_.gates(case_.evicts)); }};
        expect(!publisher->broken(), "the successor finds the log broken");
        expect(publisher->position() == account_.readable, "the successor goes on elsewhere");
        while (publisher->position() < end_) {
            publisher.settle();
            const Status status = publisher->template try_push<std::memory_order_seq_cst>(
                test::message<Torn>(publisher->position()));
            if (status == Status::full) {
                expect(!case_.evicts, "FULL, and gates are evicted");
                wait_for_room(publisher);
            } else {
                expect(bool{status}, "the publisher finds the log broken");
            }
        }
    }
    void subscribe(std::size_t index) {
        Stay& stay = account_.stays[index];
        do {
            let_go(index);
            stay = {++account_.tokens, 0, 0, 0};
        } while (!stays(index));
        if (stay.received < case_.reads) {
            let_go(index);
        }
    }
    // As the one that leaves does it for itself, and its successor for a dead one.
    void let_go(std::size_t index) {
        if (account_.stays[index].token != 0) {
            ring::close_gate<P>(*rig_.own[index], account_.stays[index].token);
            made_room();
        }
    }
    // False: it was evicted, and wants to join again.
    bool stays(std::size_t index) {
        Stay& stay = account_.stays[index];
        Settled<Subscriber> gate{[&] { return rig_.gated(index, case_.begin, stay.token); }};
        stay.began = gate->next_position();
        stay.told = gate->told();
        made_room();  // its cursor may have moved while it was opened
        while (gate->next_position() < end_ && stay.received < case_.reads) {
            gate.settle(index + 1);
            const std::uint64_t next = gate->next_position();
            Torn message{};
            const Status status = gate->try_pop(message);
            const std::uint64_t now = gate->next_position();
            if (status) {
                expect(message == test::message<Torn>(next), "a message has other bytes");
                ++stay.received;
            } else if (status == Status::lapped) {
                const std::uint64_t evicted =
                    rig_.evicted->of[index].load(std::memory_order_relaxed);
                expect(evicted == stay.token, "a gate is lapped");
            } else {
                expect(status == Status::empty, "the subscriber finds the log broken");
            }
            expect(stay.began + stay.received + gate->lost() == now, "received + lost is not all");
            const bool told = stay.told != gate->told();
            if (told) {
                stay.told = gate->told();
                made_room();
            } else if (status == Status::empty) {
                gate.wait_for_change();
            }
            if (case_.rejoins && status == Status::lapped && account_.tokens < 3) {
                return false;
            }
        }
        return true;
    }
    void recover() {
        while (account_.dead == 0) {
            (void)P::load(rig_.own[0]->gate, std::memory_order_seq_cst);
            if (account_.dead == 0) {
                Explorer::now().wait_for_change({});
            }
        }
        ring::close_gate<P>(*rig_.own[0], account_.dead);
        made_room();
    }

    GateCase case_;
    std::uint64_t end_;
    Rig rig_;
    Account account_{};
};

/// The publisher sleeps for room, and whoever moves or closes a gate wakes it, as the ports do it.
/// A death is made good by the successor, which wakes everybody.
template <class P>
class GateSleepProgram : public GateProgram<P> {
    using Base = GateProgram<P>;
    using typename Base::Publisher;

public:
    using Base::Base;
    std::vector<Region> regions() override {
        std::vector<Region> all = Base::regions();
        auto* const bytes = static_cast<std::byte*>(static_cast<void*>(&room_));
        all.push_back({{bytes, 4}, Place::wake_seq});
        all.push_back({{bytes + 4, 4}, Place::sleepers});
        return all;
    }
    void begin() override {
        Base::begin();
        room_.wake_seq.store(0, std::memory_order_relaxed);
        room_.sleepers.store(0, std::memory_order_relaxed);
    }
    void run(int thread, int life) override {
        if (life != 0) {
            Waker<ModelFutex, P>{room_}.wake_all();
        }
        Base::run(thread, life);
    }

protected:
    void made_room() override {
        Waker<ModelFutex, P> waker{room_};
        if (waker.sleepers() != 0) {
            waker.wake_each();
        }
    }
    void wait_for_room(Settled<Publisher>& publisher) override {
        publisher.settle(1);
        const auto look = [&] { return publisher->writable(); };
        (void)Sleeper<ModelFutex, P>{room_, 0}.template sleep<const decltype(look)&>(look,
                                                                                     kFirstSleepNs);
    }

private:
    layout::WakeRegion room_{};
};

}  // namespace shunt::model
