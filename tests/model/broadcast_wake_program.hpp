// SPDX-License-Identifier: MIT
//
// The broadcast log of broadcast_program.hpp, or another program, whose subscribers sleep: through
// Sleeper and Waker, as the ports do it, and the publisher wakes all of them. Nobody's sleep ends
// by its bound here, so a lost wake-up is a program that is stuck. A death is made good by the
// successor, which wakes everybody.
#pragma once

#include "model/broadcast_program.hpp"

#include <shunt/core/layout/wake.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <cstdint>
#include <vector>

namespace shunt::model {

template <class P, class Futex = ModelFutex, class Base = BroadcastProgram<P>>
class BroadcastWakeProgram : public Base {
    using typename Base::Reading;

public:
    explicit BroadcastWakeProgram(const BroadcastCase& c) : Base{c} {}

    std::vector<Region> regions() override {
        std::vector<Region> all = Base::regions();
        auto* const bytes = static_cast<std::byte*>(static_cast<void*>(&data_));
        all.push_back({{bytes, 4}, Place::wake_seq});
        all.push_back({{bytes + 4, 4}, Place::sleepers});
        return all;
    }
    void begin() override {
        Base::begin();
        data_.wake_seq.store(0, std::memory_order_relaxed);
        data_.sleepers.store(0, std::memory_order_relaxed);
    }
    void run(int thread, int life) override {
        if (life != 0) {
            recovered();
        }
        Base::run(thread, life);
    }

protected:
    // For a message all who sleep are woken.
    virtual void wake(Waker<Futex, P>& waker, std::uint32_t) { waker.wake_each(); }
    virtual void recovered() { Waker<Futex, P>{data_}.wake_all(); }

    void published() override {
        Waker<Futex, P> waker{data_};
        if (const std::uint32_t bits = waker.sleepers(); bits != 0) {
            wake(waker, bits);
        }
    }
    using Base::nothing;
    void nothing(std::size_t index, Settled<Reading>& reader) override {
        reader.settle(1);
        const auto look = [&] { return reader->readable(); };
        (void)Sleeper<Futex, P>{data_, static_cast<std::uint32_t>(index)}
            .template sleep<const decltype(look)&>(look, kFirstSleepNs);
    }
    layout::WakeRegion& data() { return data_; }

private:
    layout::WakeRegion data_{};
};

}  // namespace shunt::model
