// SPDX-License-Identifier: MIT
//
// Producers and consumers of an owner-word ring, as the explorer runs them, with a registry of the
// few words that recovery goes by. Whoever dies leaves its entry ALIVE; its successor, and every
// consumer that finds the ring busy or empty, has then the kernel's word for the death and may
// recover it, side by side, and may die while it does.
//
// Asserted: what was acknowledged is delivered, once, or again and flagged after a death with it in
// hand; nothing else is delivered but what a dead producer was publishing. Each consumer sees each
// producer's messages in their order, flagged ones aside. A gap is told once at most, and of a
// position that was given up. In the end no slot is held. And, where it is watched
// (mpmc_watch.hpp): FULL, EMPTY and BUSY are true of a moment within the call, and M1 to M5 hold at
// every change.
#pragma once

#include "model/explorer.hpp"
#include "model/line_program.hpp"
#include "model/model_policy.hpp"
#include "model/mpmc_case.hpp"
#include "model/mpmc_memory.hpp"
#include "model/mpmc_watch.hpp"
#include "unit/core/mpmc_rig.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

/// `Ring`: as test::MpmcRig, or test::BlockRig. `kOrder`: of what a consumer frees; seq_cst where
/// somebody may sleep (mpmc_sleep_program.hpp).
template <class P, class Ring = test::MpmcRig<test::Blob<8, 8>, P>,
          std::memory_order kOrder = std::memory_order_release>
class MpmcProgram : public Program {
public:
    using T = test::Blob<8, 8>;
    using Rig = Ring;
    using Producer = typename Rig::Producer;
    using Consumer = typename Rig::Consumer;
    static constexpr std::size_t kMost = 4;
    static constexpr std::size_t kMessages = 16;

    static constexpr bool kOutOfLine = Consumer::kOutOfLine;

    explicit MpmcProgram(MpmcCase c) : case_{c}, rig_{ring_of<Ring>(c)} {
        const auto all = static_cast<std::size_t>(c.producers + c.consumers);
        keys_ = std::string{"pqr"}.substr(0, static_cast<std::size_t>(c.producers)) +
                std::string{"cde"}.substr(0, static_cast<std::size_t>(c.consumers));
        for (std::size_t i = 0; i < all; ++i) {
            registry_[i].store(0, std::memory_order_relaxed);
        }
    }

    std::string_view threads() const override { return keys_; }
    std::vector<Region> regions() override {
        std::vector<Region> all{{{bytes_at(&account_), sizeof account_}, Place::other},
                                {{bytes_at(registry_.data()), sizeof registry_}, Place::registry}};
        all.push_back(watch_.region());
        add_ring(all, rig_);
        return all;
    }
    void begin() override {
        rig_.begin();
        account_ = {};
        for (auto& entry : registry_) {
            entry.store(0, std::memory_order_relaxed);
        }
        if (case_.tries != 0) {
            put_orphan(rig_, test::message<T>(0), case_.tries, {kMost, 0});
            account_.begun[0] = account_.acked[0] = account_.next[0] = account_.deaths = 1;
        }
        watch_.begin();
    }
    void run(int thread, int) override {
        const auto me = static_cast<std::size_t>(thread);
        const std::uint64_t token = join(me);
        me < static_cast<std::size_t>(case_.producers) ? produce(me, token) : consume(me, token);
    }
    bool died(int thread) override {
        account_.dead |= static_cast<std::uint8_t>(1u << thread);
        ++account_.deaths;
        watch_.died(thread);
        const bool popped = thread >= case_.producers && !case_.peek && has_freed(rig_, thread);
        if (copies(static_cast<std::size_t>(thread)) || popped) {
            ++account_.copiers_died;
        }
        account_.gone |= static_cast<std::uint8_t>(1u << thread & consumers());
        return case_.heirs || thread < case_.producers || account_.gone == consumers();
    }
    bool deaths_end_waits() const override { return true; }
    void accesses(int thread) override { watch_.accesses(thread); }
    void changed(int thread, const void* at) override {
        if (!case_.watched) {
            return;
        }
        if (const std::string_view wrong = watch_.changed(thread, at); !wrong.empty()) {
            Explorer::now().fail(std::string{wrong});
        }
    }
    // Consumers wait until nothing comes any more.
    bool may_rest(int thread) const override { return thread >= case_.producers; }

    std::string finish() override {
        for (std::uint64_t i = 0; i < rig_.capacity(); ++i) {
            if (rig_.word(i).state != ring::SlotState::free) {
                return "a slot is held in the end";
            }
        }
        if (any_block_held(rig_)) {
            return "a block is held in the end";
        }
        int lost = 0;
        for (std::size_t m = 0; m < all_messages(); ++m) {
            lost += account_.acked[m] != 0 && account_.told[m] == 0 ? 1 : 0;
        }
        const bool drops = case_.policy == ring::on_orphan::drop;
        if (lost > (drops ? account_.deaths : account_.copiers_died) + (case_.tries != 0 ? 1 : 0)) {
            return "an acknowledged message was not delivered";
        }
        if (case_.abandons && !kOutOfLine && account_.deaths == 0 &&
            std::count(account_.gaps.begin(), account_.gaps.end(), 1) != case_.producers) {
            return "a gap is not told";
        }
        return rig_.guards_whole() ? "" : "written outside of the ring";
    }

protected:
    enum : std::uint64_t { kFree, kAlive, kDead };

    struct Account {
        std::array<std::uint8_t, kMessages> begun;  // a push of it has begun
        std::array<std::uint8_t, kMessages> acked;
        std::array<std::uint8_t, kMessages> told;  // delivered
        std::array<std::uint8_t, kMost> next;      // of each producer, its next message
        std::array<std::array<std::uint8_t, kMost>, kMost> last;  // by consumer, of each producer
        std::array<std::uint8_t, 64> gaps;                        // told, by position
        std::uint8_t dead;  // bits: that thread's last life is over, and not recovered
        std::uint8_t recoveries;
        std::uint8_t gone;    // bits: consumers that have died
        std::uint8_t deaths;  // all
        std::uint8_t copiers_died;
        std::uint8_t poisoned;  // how often the orphan of the start was delivered
    };

    [[nodiscard]] bool copies(std::size_t who) const {
        return who + static_cast<std::size_t>(case_.copiers) >= keys_.size();
    }
    static void expect(bool right, const char* what) {
        if (!right) {
            Explorer::now().fail(what);
        }
    }
    Rig& rig() { return rig_; }
    static int index(std::size_t me) { return static_cast<int>(me); }
    void begins(std::size_t me) { watch_.call(index(me)); }
    void said(bool truly, const char* what) const { expect(truly || !case_.watched, what); }

    // The registry as core needs it: {token, state} in one word.
    static constexpr std::uint64_t entry(std::uint64_t token, std::uint64_t state) {
        return token << 2 | state;
    }
    ring::SlotOwner name_of(std::size_t who, std::uint64_t token) const {
        return ring::slot_owner(static_cast<std::uint32_t>(who), token % case_.generations);
    }
    std::uint64_t join(std::size_t me) {
        const std::uint64_t left = P::load(registry_[me], std::memory_order_acquire);
        if ((left & 3) != kFree) {
            recover(me, left >> 2);
        }
        // Nobody else takes an entry of ours.
        std::uint64_t now = P::load(registry_[me], std::memory_order_acquire);
        expect((now & 3) == kFree, "a dead one's entry is not free after its recovery");
        account_.dead &= static_cast<std::uint8_t>(~(1u << me));
        const std::uint64_t token = (now >> 2) + 1;
        P::store(registry_[me], entry(token, kAlive), std::memory_order_release);
        return token;
    }
    virtual bool still_dead(std::size_t who, std::uint64_t token) {
        return P::load(registry_[who], std::memory_order_acquire) == entry(token, kDead);
    }
    void recover(std::size_t who, std::uint64_t token) {
        std::uint64_t found = entry(token, kAlive);
        if (!P::compare_exchange(registry_[who], found, entry(token, kDead),
                                 std::memory_order_acq_rel) &&
            found != entry(token, kDead)) {
            return;
        }
        ring::Recovered done;
        if (!ring::recover_slots<P>(
                rig_.slots(), *rig_.words, name_of(who, token), case_.policy,
                [&] { return still_dead(who, token); }, done)) {
            return;
        }
        found = entry(token, kDead);
        if (P::compare_exchange(registry_[who], found, entry(token, kFree),
                                std::memory_order_acq_rel)) {
            account_.dead &= static_cast<std::uint8_t>(~(1u << who));
            made_good();
        }
    }
    // As a port does that found nothing to do: whoever is dead by the kernel. (The load of the word
    // comes first: what the kernel then says is of that token or a later one.)
    void recover_the_dead(std::size_t me) {
        for (std::size_t who = 0; who < keys_.size(); ++who) {
            if (who == me || !is_dead(who)) {
                continue;
            }
            const std::uint64_t found = P::load(registry_[who], std::memory_order_acquire);
            if ((found & 3) != kFree && is_dead(who)) {
                recover(who, found >> 2);
            }
        }
    }
    bool anybody_dead(std::size_t me) {
        bool any = false;
        for (std::size_t who = 0; who < keys_.size(); ++who) {
            any = any || (who != me && is_dead(who));
        }
        return any;
    }
    // What the kernel says, of those that nobody has recovered.
    bool is_dead(std::size_t who) {
        const bool dead = (account_.dead >> who & 1) != 0;
        Explorer::now().saw(dead ? 1 : 0);
        return dead;
    }

    std::uint8_t consumers() const {
        return static_cast<std::uint8_t>(((1u << case_.consumers) - 1) << case_.producers);
    }
    std::size_t all_messages() const {
        return static_cast<std::size_t>(case_.producers) * case_.messages;
    }
    std::size_t number(std::size_t producer, std::uint64_t n) const {
        return producer * case_.messages + n;
    }

    void produce(std::size_t me, std::uint64_t token) {
        Settled<Producer> producer{[&] { return rig_.producer(name_of(me, token)); }};
        // A push of one that died is not repeated: nobody can know whether it came about.
        if (account_.next[me] < case_.messages && account_.begun[number(me, account_.next[me])]) {
            ++account_.next[me];
        }
        while (account_.next[me] < case_.messages) {
            const std::uint64_t n = account_.next[me];
            producer.settle(n);
            const std::size_t m = number(me, n);
            account_.begun[m] = 1;
            begins(me);
            if (!push(*producer, m)) {
                said(watch_.was_full(index(me)), "FULL, and there was room all the time");
                rests(me, producer);
                continue;
            }
            published();
            ++account_.next[me];
        }
    }
    // Nothing can be done: until a word changes, which has to be the one that was loaded last.
    virtual void rests(std::size_t me, Settled<Producer>& producer) {
        if (!case_.sweeps) {
            producer.wait_for_change();
            return;
        }
        recover_the_dead(me);
        const std::uint8_t before = recoveries();
        if (!producer->writable() && !anybody_dead(me) && recoveries() == before) {
            producer.wait_for_change();
        }
    }
    // What ends a wait too, before it begins or in it.
    std::uint8_t recoveries() const {
        Explorer::now().saw(account_.recoveries);
        return account_.recoveries;
    }
    virtual void rests(std::size_t me, Settled<Consumer>& consumer) {
        recover_the_dead(me);
        const std::uint8_t before = recoveries();
        if (!consumer->readable() && !anybody_dead(me) && recoveries() == before) {
            consumer.wait_for_change();
        }
    }
    // Somebody may have to be woken: behind a push, a call of a consumer, a recovery.
    virtual void published() {}
    virtual void owes(Consumer&) {}
    virtual void made_good() {
        ++account_.recoveries;
        Explorer::now().end_waits();
    }
    const MpmcCase& the_case() const { return case_; }
    // Somebody is dead, and not recovered.
    bool somebody_dead() const { return account_.dead != 0; }
    bool push(Producer& producer, std::size_t m) {
        if (case_.abandons && m % case_.messages == 0) {
            if (producer.try_claim() == nullptr) {
                return false;
            }
            producer.template abandon<std::memory_order_seq_cst>();
            return true;
        }
        if (!producer.template try_push<std::memory_order_seq_cst>(test::message<T>(m))) {
            return false;
        }
        account_.acked[m] = 1;
        return true;
    }

    void consume(std::size_t me, std::uint64_t token) {
        Settled<Consumer> consumer{[&] { return rig_.consumer(name_of(me, token)); }};
        account_.last[me] = {};
        for (;;) {
            consumer.settle();
            begins(me);
            const Status status = pop(me, *consumer);
            owes(*consumer);
            if (status) {
                continue;
            }
            if (status == Status::gap) {
                gap(*consumer);
                continue;
            }
            expect(status == Status::empty || !kOutOfLine, "a ring with blocks is busy, or broken");
            said(status == Status::busy ? watch_.was_busy(index(me)) : watch_.was_empty(index(me)),
                 status == Status::busy ? "BUSY, and the next one was no claim"
                                        : "EMPTY, and something was there all the time");
            rests(me, consumer);
        }
    }
    Status pop(std::size_t me, Consumer& consumer) {
        T message;
        if (case_.peek && !copies(me)) {
            const T* shown = nullptr;
            if (const Status status = consumer.template try_peek<kOrder>(shown); !status) {
                return status;
            }
            owes(consumer);
            P::template copy_out<sizeof(T)>(bytes_of(message), bytes_of(*shown));
            given(me, consumer, message);
            consumer.template release<kOrder>();
            return Status::ok;
        }
        const Status status = copies(me) ? pop_copy<kOrder>(consumer, message)
                                         : consumer.template try_pop<kOrder>(message);
        if (status) {
            given(me, consumer, message);
        }
        return status;
    }
    void given(std::size_t me, const Consumer& consumer, const T& message) {
        std::size_t m = 0;
        while (m < all_messages() && message != test::message<T>(m)) {
            ++m;
        }
        expect(m < all_messages(), "a message has other bytes");
        expect(account_.begun[m] != 0, "a message nobody pushed is there");
        expect(account_.told[m] == 0 || consumer.redelivered(),
               "a message comes twice, not flagged");
        expect(!consumer.redelivered() || account_.deaths != 0, "flagged, and nobody has died");
        account_.told[m] = 1;
        account_.poisoned =
            static_cast<std::uint8_t>(account_.poisoned + (case_.tries != 0 && m == 0 ? 1 : 0));
        expect(account_.poisoned + case_.tries <= Rig::Packed::kMostTries,
               "a message comes more often than holders may die of it");
        if (!consumer.redelivered()) {
            const std::size_t producer = m / case_.messages;
            const auto nth = static_cast<std::uint8_t>(m % case_.messages + 1);
            expect(nth > account_.last[me][producer], "messages of one producer are out of order");
            account_.last[me][producer] = nth;
        }
    }
    void gap(const Consumer& consumer) {
        const std::uint64_t at = consumer.last_gap().position - rig_.start;
        expect(at < account_.gaps.size() && account_.gaps[at] == 0, "a gap is told twice");
        account_.gaps[at] = 1;
        expect((case_.abandons || account_.deaths != 0) && !kOutOfLine,
               "a gap, and nobody gave anything up");
    }

private:
    template <class Any>
    static std::byte* bytes_at(Any* at) {
        return static_cast<std::byte*>(static_cast<void*>(at));
    }

    MpmcCase case_;
    std::string keys_;
    Rig rig_;
    MpmcWatch<Rig> watch_{rig_, case_.counted, case_.copiers != 0};
    std::array<std::atomic<std::uint64_t>, kMost> registry_{};
    Account account_{};
};

}  // namespace shunt::model
