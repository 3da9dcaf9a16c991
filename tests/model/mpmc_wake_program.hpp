// SPDX-License-Identifier: MIT
//
// Producers and consumers of an owner-word ring that sleep, as the ports do it
// (shunt/channel/port.hpp, shunt/mpmc/fixed.hpp). Nobody's sleep ends by its bound here: so a
// wake-up that is lost, or that nobody owes, is a program that is stuck. A consumer with a quota
// leaves when it has that many: it makes nothing good by looking again.
#pragma once

#include "model/explorer.hpp"
#include "model/model_policy.hpp"
#include "model/mpmc_program.hpp"
#include "unit/core/mpmc_rig.hpp"

#include <shunt/core/layout/wake.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::model {

struct MpmcWakeCase {
    std::uint64_t slots = 2;
    std::uint64_t messages = 1;            // of each producer
    std::vector<std::uint64_t> quotas{0};  // of each consumer; 0: all that come
    int producers = 1;
    bool peek = false;
    bool copies = false;       // pops by copy
    bool abandons = false;     // each producer gives its first claim up
    std::uint64_t before = 0;  // pushed before anybody begins
};

template <class P>
class MpmcWakeProgram : public Program {
public:
    using T = test::Blob<8, 8>;
    using Rig = test::MpmcRig<T, P>;
    using Producer = typename Rig::Producer;
    using Consumer = typename Rig::Consumer;
    static constexpr auto kOrder = std::memory_order_seq_cst;

    explicit MpmcWakeProgram(const MpmcWakeCase& c)
        : case_{c},
          keys_{std::string{"pq"}.substr(0, static_cast<std::size_t>(c.producers)) +
                std::string{"cd"}.substr(0, c.quotas.size())},
          rig_{c.slots} {}

    std::string_view threads() const override { return keys_; }
    std::vector<Region> regions() override {
        std::vector<Region> all{{{bytes_at(&account_), sizeof account_}, Place::other}};
        add_ring(all, rig_);
        for (layout::WakeRegion* region : {&data_, &room_}) {
            all.push_back({{bytes_at(region), 4}, Place::wake_seq});
            all.push_back({{bytes_at(region) + 4, 4}, Place::sleepers});
        }
        return all;
    }
    void begin() override {
        rig_.begin();
        account_ = {};
        for (layout::WakeRegion* region : {&data_, &room_}) {
            region->wake_seq.store(0, std::memory_order_relaxed);
            region->sleepers.store(0, std::memory_order_relaxed);
        }
        for (std::uint64_t i = 0; i < case_.before; ++i) {
            rig_.slots().word(i).store(ring::OwnerWord{0, 0, {7, 0}, ring::SlotState::ready}.word(),
                                       std::memory_order_relaxed);
        }
        rig_.words->write_hint.store(case_.before, std::memory_order_relaxed);
    }
    void run(int thread, int) override {
        thread < case_.producers ? produce(thread) : consume(thread);
    }
    // Nothing more comes.
    bool may_rest(int thread) const override {
        return thread >= case_.producers && account_.delivered == all_messages();
    }
    std::string finish() override {
        std::uint64_t quotas = 0;
        bool all = false;
        for (const std::uint64_t quota : case_.quotas) {
            quotas += quota;
            all = all || quota == 0;
        }
        const std::uint64_t due = all ? all_messages() : std::min(quotas, all_messages());
        return account_.delivered == due ? "" : "not all was delivered";
    }

protected:
    // What a consumer's port makes of what its ring says.
    virtual typename Consumer::Due due_of(Consumer& consumer, Status /*what it said*/) {
        return consumer.due();
    }

private:
    struct Account {
        std::uint64_t delivered;  // and gaps
    };
    template <class Any>
    static std::byte* bytes_at(Any* at) {
        return static_cast<std::byte*>(static_cast<void*>(at));
    }
    std::uint64_t all_messages() const {
        return case_.before + static_cast<std::uint64_t>(case_.producers) * case_.messages;
    }
    static ring::SlotOwner name_of(int thread) { return {static_cast<std::uint32_t>(thread), 0}; }

    void produce(int me) {
        Settled<Producer> producer{[&] { return rig_.producer(name_of(me)); }};
        for (std::uint64_t n = 0; n < case_.messages;) {
            producer.settle(n);
            if (push(*producer, n)) {
                woken(data_, 1);
                ++n;
            } else {
                rest(room_, me, [&] { return producer->writable(); });
            }
        }
    }
    bool push(Producer& producer, std::uint64_t n) {
        if (case_.abandons && n == 0) {
            if (producer.try_claim() == nullptr) {
                return false;
            }
            producer.template abandon<kOrder>();
            return true;
        }
        return bool{producer.template try_push<kOrder>(test::message<T>(n))};
    }

    void consume(int me) {
        const std::uint64_t quota = case_.quotas[static_cast<std::size_t>(me - case_.producers)];
        Settled<Consumer> consumer{[&] { return rig_.consumer(name_of(me)); }};
        for (std::uint64_t n = 0; quota == 0 || n < quota;) {
            consumer.settle(n);
            const Status status = pop(*consumer);
            if (status || status == Status::gap) {
                n += quota == 0 ? 0 : 1;
            } else {
                rest(data_, me, [&] { return consumer->readable(); });
            }
        }
    }
    Status pop(Consumer& consumer) {
        if (!case_.peek) {
            T message;
            const Status status = case_.copies ? consumer.template try_pop_copy<kOrder>(message)
                                               : consumer.template try_pop<kOrder>(message);
            delivered(status);
            wake_due(consumer, status);
            return status;
        }
        const T* shown = nullptr;
        const Status status = consumer.template try_peek<kOrder>(shown);
        delivered(status);
        wake_due(consumer, status);
        consumer.template release<kOrder>();
        wake_due(consumer, Status::ok);
        return status;
    }
    void delivered(Status status) {
        account_.delivered += status || status == Status::gap ? 1u : 0u;
    }

    void wake_due(Consumer& consumer, Status status) {
        const typename Consumer::Due due = due_of(consumer, status);
        if (due.next) {
            woken(data_, 1);
        }
        if (due.room != 0) {
            woken(room_, due.room);
        }
    }
    void woken(layout::WakeRegion& region, std::uint64_t n) {
        Waker<ModelFutex, P> waker{region};
        if (const std::uint32_t bits = waker.sleepers(); bits != 0) {
            waker.wake(bits, n);
        }
    }
    template <class Look>
    void rest(layout::WakeRegion& region, int me, const Look& look) {
        (void)Sleeper<ModelFutex, P>{region, static_cast<std::uint32_t>(me)}
            .template sleep<const Look&>(look, kFirstSleepNs);
    }

    MpmcWakeCase case_;
    std::string keys_;
    Rig rig_;
    layout::WakeRegion data_{};
    layout::WakeRegion room_{};
    Account account_{};
};

}  // namespace shunt::model
