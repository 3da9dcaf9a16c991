// SPDX-License-Identifier: MIT
//
// The line ring of line_program.hpp whose two sides sleep: on data and on room, through Sleeper and
// Waker, as the ports do it (shunt/channel/port.hpp, shunt/spsc/fixed.hpp). Nobody's sleep ends by
// its bound here, unless a death was not made good: so a lost wake-up is a program that is stuck.
#pragma once

#include "model/line_program.hpp"
#include "model/model_policy.hpp"

#include <shunt/core/layout/wake.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace shunt::model {

/// Who makes a death good.
enum class Recovery {
    successor,  // it recovers the entry, wakes everybody, and takes the seat
    survivor,  // its sleep ends by its bound; it finds the death, recovers, and takes what is there
    silent,    // a successor that wakes nobody: a bug
    unbumped,  // a successor that calls the futex and leaves wake_seq alone: a bug
};

struct WakeCase {
    LineCase line;
    Recovery recovery = Recovery::successor;
    bool quiet = false;  // push quietly, and notify at the end
};

template <class T, class P, class Futex = ModelFutex>
class WakeProgram : public LineProgram<T, P> {
    using Base = LineProgram<T, P>;
    using typename Base::Consumer;
    using typename Base::Producer;
    static constexpr std::uint32_t kProducer = 0;
    static constexpr std::uint32_t kConsumer = 1;

public:
    explicit WakeProgram(const WakeCase& c) : Base{c.line}, case_{c} {}

    std::vector<Region> regions() override {
        std::vector<Region> all = Base::regions();
        for (layout::WakeRegion* region : {&data_, &room_}) {
            auto* const bytes = static_cast<std::byte*>(static_cast<void*>(region));
            all.push_back({{bytes, 4}, Place::wake_seq});
            all.push_back({{bytes + 4, 4}, Place::sleepers});
        }
        all.push_back({{bytes_of(known_), sizeof known_}, Place::other});
        return all;
    }

    void begin() override {
        Base::begin();
        for (layout::WakeRegion* region : {&data_, &room_}) {
            region->wake_seq.store(0, std::memory_order_relaxed);
            region->sleepers.store(0, std::memory_order_relaxed);
        }
        known_ = {};
    }

    void run(int thread, int life) override {
        if (life != 0) {
            recover();
        }
        Base::run(thread, life);
        if (thread == kProducer && case_.quiet) {
            notify();
        }
    }

    bool died(int thread) override {
        known_.dead[thread] = 1;
        return case_.recovery != Recovery::survivor;
    }
    bool may_time_out(int thread) const override {
        return case_.recovery == Recovery::survivor && known_.dead[1 - thread] != 0;
    }

    std::string finish() override {
        if (case_.recovery != Recovery::survivor || known_.dead[0] + known_.dead[1] == 0) {
            return Base::finish();
        }
        std::uint64_t committed = this->the_case().start;
        for (std::uint64_t i = 0; i < this->rig().geometry.slots; ++i) {
            committed = std::max(committed, this->rig().stamp(i).load(std::memory_order_relaxed));
        }
        return known_.dead[kProducer] != 0 && this->account().done != committed
                   ? "a committed message was not delivered before the death"
                   : "";
    }

protected:
    bool wakeable() const override { return true; }

    void published(std::uint64_t n) override {
        if (!case_.quiet) {
            woken(data_, n);
        }
    }
    void freed(Consumer& consumer, bool took_over) override {
        if (took_over || consumer.freed() != known_.freed) {
            known_.freed = consumer.freed();
            woken(room_, 1);
        }
    }
    bool no_room(Settled<Producer>& producer) override {
        if (case_.quiet) {
            notify();
        }
        return rest(producer, room_, kProducer, [&] { return producer->writable(); });
    }
    bool nothing(Settled<Consumer>& consumer) override {
        return rest(consumer, data_, kConsumer, [&] { return consumer->readable(); });
    }

private:
    // What a port knows beside its ring, and what the kernel knows of the dead.
    struct Known {
        std::uint64_t freed;    // as the consumer's port saw it last
        std::uint8_t dead[2];   // the kernel says so
        std::uint8_t ended[2];  // and this side has seen it of the other, and recovered it
        std::uint8_t unused[4];
    };

    // An end is told only after a look that came after it was seen and found nothing.
    template <class Side, class Look>
    bool rest(Settled<Side>& side, layout::WakeRegion& region, std::uint32_t index,
              const Look& look) {
        if (known_.ended[index] != 0) {
            return false;
        }
        side.settle(1);
        (void)Sleeper<Futex, P>{region, index}.template sleep<const Look&>(look, kFirstSleepNs);
        if (case_.recovery == Recovery::survivor && known_.dead[1 - index] != 0) {
            recover();
            known_.ended[index] = 1;
        }
        return true;
    }

    void woken(layout::WakeRegion& region, std::uint64_t n) {
        Waker<Futex, P> waker{region};
        if (const std::uint32_t bits = waker.sleepers(); bits != 0) {
            waker.wake(bits, n);
        }
    }
    void notify() {
        Waker<Futex, P> waker{data_};
        waker.wake(waker.sleepers_fenced(), UINT64_MAX);
    }
    void recover() {
        for (layout::WakeRegion* region : {&data_, &room_}) {
            if (case_.recovery == Recovery::unbumped) {
                Futex::wake_all(region->wake_seq, ~std::uint32_t{0});
            } else if (case_.recovery != Recovery::silent) {
                Waker<Futex, P>{*region}.wake_all();
            }
        }
    }

    layout::WakeRegion data_{};
    layout::WakeRegion room_{};
    Known known_{};
    WakeCase case_;
};

/// Two that sleep for one message each, whoever comes first, and one that gives `messages` out.
/// Nobody may sleep on while a message is there. `ghost`: a bit of one who died asleep, long ago,
/// is still set, and comes first.
template <class P, class Futex = ModelFutex>
class CrowdProgram : public Program {
public:
    explicit CrowdProgram(std::uint32_t messages, bool ghost)
        : messages_{messages}, ghost_{ghost ? wake_bit(0) : 0} {}
    std::string_view threads() const override { return "abw"; }
    std::vector<Region> regions() override {
        auto* const bytes = static_cast<std::byte*>(static_cast<void*>(&region_));
        return {{{bytes, 4}, Place::wake_seq},
                {{bytes + 4, 4}, Place::sleepers},
                {{bytes_of(there_), sizeof there_}, Place::other}};
    }
    void begin() override {
        region_.wake_seq.store(0, std::memory_order_relaxed);
        region_.sleepers.store(ghost_, std::memory_order_relaxed);
        there_ = 0;
        waker_ = Waker<Futex, P>{region_};
    }
    void run(int thread, int) override { thread == 2 ? give() : take(thread); }
    bool may_rest(int) const override { return there_ == 0; }

private:
    void give() {
        for (std::uint32_t i = 0; i < messages_; ++i) {
            Explorer::now().before({"gives", &there_});
            Explorer::now().wrote(++there_);
            waker_.wake(waker_.sleepers(), 1);
        }
    }
    void take(int thread) {
        for (;;) {
            Explorer::now().before({"takes", &there_});
            Explorer::now().wrote(there_);
            if (there_ != 0) {
                --there_;
                return;
            }
            const auto look = [this] {
                Explorer::now().before({"looks", &there_});
                Explorer::now().saw(there_);
                return there_ != 0;
            };
            (void)Sleeper<Futex, P>{region_, static_cast<std::uint32_t>(thread) + 1}
                .template sleep<const decltype(look)&>(look, kFirstSleepNs);
        }
    }

    std::uint32_t messages_;
    std::uint32_t ghost_;
    std::uint32_t there_ = 0;
    layout::WakeRegion region_{};
    Waker<Futex, P> waker_{region_};
};

}  // namespace shunt::model
