// SPDX-License-Identifier: MIT
//
// The owner-word ring of mpmc_program.hpp, deaths and recovery with it, whose sides sleep as those
// of mpmc_wake_program.hpp. Whoever recovers a death wakes everybody, behind the entry's freeing.
// Nobody's sleep ends by its bound, but where a death has not been made good and no successor comes
// to do it; and once, where who recovered one died before it had woken everybody. So a wake-up that
// is lost, or that died with who owed it, is a program that is stuck.
#pragma once

#include "model/explorer.hpp"
#include "model/model_policy.hpp"
#include "model/mpmc_program.hpp"

#include <shunt/core/layout/wake.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <atomic>
#include <cstdint>
#include <vector>

namespace shunt::model {

template <class P, class Ring = test::MpmcRig<test::Blob<8, 8>, P>>
class MpmcSleepProgram : public MpmcProgram<P, Ring, std::memory_order_seq_cst> {
    using Base = MpmcProgram<P, Ring, std::memory_order_seq_cst>;
    using typename Base::Consumer;
    using typename Base::Producer;

public:
    using Base::Base;

    std::vector<Region> regions() override {
        std::vector<Region> all = Base::regions();
        for (layout::WakeRegion* region : {&data_, &room_}) {
            auto* const bytes = static_cast<std::byte*>(static_cast<void*>(region));
            all.push_back({{bytes, 4}, Place::wake_seq});
            all.push_back({{bytes + 4, 4}, Place::sleepers});
        }
        all.push_back({{bytes_of(telling_), sizeof telling_}, Place::other});
        all.push_back({{bytes_of(untold_), sizeof untold_}, Place::other});
        return all;
    }
    void begin() override {
        Base::begin();
        telling_ = untold_ = 0;
        for (layout::WakeRegion* region : {&data_, &room_}) {
            region->wake_seq.store(0, std::memory_order_relaxed);
            region->sleepers.store(0, std::memory_order_relaxed);
        }
    }
    bool died(int thread) override {
        untold_ = (telling_ >> thread & 1) != 0 ? 0xff : untold_;
        telling_ = static_cast<std::uint8_t>(telling_ & ~(1u << thread));
        return Base::died(thread);
    }
    bool may_time_out(int thread) const override {
        return (untold_ >> thread & 1) != 0 || (!this->the_case().heirs && this->somebody_dead());
    }

protected:
    void published() override { woken(data_, 1); }
    void owes(Consumer& consumer) override {
        const typename Consumer::Due due = consumer.due();
        if (due.next) {
            woken(data_, 1);
        }
        if (due.room != 0) {
            woken(room_, due.room);
        }
    }
    void made_good() final {
        const auto me = static_cast<std::uint8_t>(1u << Explorer::now().thread());
        telling_ |= me;
        wakes_everybody();
        telling_ = static_cast<std::uint8_t>(telling_ & ~me);
    }
    virtual void wakes_everybody() {
        wake_all(data_);
        wake_all(room_);
    }
    void wake_all(layout::WakeRegion& region) { Waker<ModelFutex, P>{region}.wake_all(); }
    layout::WakeRegion& data() { return data_; }
    layout::WakeRegion& room() { return room_; }

private:
    void rests(std::size_t me, Settled<Producer>& producer) override {
        sleeps(me, room_, [&] { return producer->writable(); });
    }
    void rests(std::size_t me, Settled<Consumer>& consumer) override {
        sleeps(me, data_, [&] { return consumer->readable(); });
    }
    template <class Look>
    void sleeps(std::size_t me, layout::WakeRegion& region, const Look& look) {
        (void)Sleeper<ModelFutex, P>{region, static_cast<std::uint32_t>(me)}
            .template sleep<const Look&>(look, kFirstSleepNs);
        untold_ = static_cast<std::uint8_t>(untold_ & ~(1u << me));
        if (!this->the_case().heirs) {
            this->recover_the_dead(me);
        }
    }
    void woken(layout::WakeRegion& region, std::uint64_t n) {
        Waker<ModelFutex, P> waker{region};
        if (const std::uint32_t bits = waker.sleepers(); bits != 0) {
            waker.wake(bits, n);
        }
    }

    layout::WakeRegion data_{};
    layout::WakeRegion room_{};
    std::uint8_t telling_ = 0;  // bits of threads: they have recovered, and not woken all
    std::uint8_t untold_ = 0;   // their sleep ends by its bound
};

}  // namespace shunt::model
