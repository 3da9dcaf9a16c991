// SPDX-License-Identifier: MIT
//
// The victims of plays on an mpmc channel: their deeds, between two halts.
#pragma once

#include "process/stepper/crowd_company.hpp"
#include "process/stepper/crowd_play.hpp"

#include <span>
#include <stdexcept>

namespace shunt::stepper {

/// Messages of the survivors that lie in the ring before a deed.
[[nodiscard]] inline std::uint64_t pending_before(const CrowdAct& act) noexcept {
    if (act.produces()) {
        return act.stuck || act.deed == Deed::push_blocking ? kCrowdCapacity : 1;
    }
    if (act.stuck || act.deed == Deed::pop_blocking) {
        return 0;
    }
    const bool all =
        act.deed == Deed::pop_n || act.deed == Deed::drain || (act.asleep == Asleep::peer);
    return all ? kCrowdCapacity : 2;
}

/// What such a victim can have done. `log` outlives it; `number` is the victim's, from 1.
[[nodiscard]] inline Suspect suspect_of(const CrowdAct& act, const Log& log, std::uint64_t number) {
    Suspect suspect{&log};
    const bool many =
        act.deed == Deed::push_n || act.deed == Deed::pop_n || act.deed == Deed::drain;
    const bool none = act.deed == Deed::claim || act.deed == Deed::abandon ||
                      act.deed == Deed::leave_claiming || act.deed == Deed::peek ||
                      act.deed == Deed::leave_holding || act.deed == Deed::pass_gap ||
                      act.recovers();
    const std::uint64_t most = none ? 0 : many ? kBatch : 1;
    if (act.produces()) {
        suspect.thousand = number * kThousand;
        suspect.most_pushed = most;
        suspect.most_gaps = act.blocks ? 0 : 1;
        suspect.blocks = act.blocks;
    } else {
        suspect.most_taken = most;
        suspect.most_in_hand = act.recovers() || act.copies ? 0 : 1;
    }
    return suspect;
}

template <class T>
class CrowdVictim {
public:
    CrowdVictim(const CrowdAct& act, const Options& options, Log& log, std::uint64_t number)
        : act_{act}, options_{options}, log_{&log}, thousand_{number * kThousand} {
        options_.pop = act.copies ? pop::copy : pop::in_place;
    }

    void live() { act_.produces() ? produce() : consume(); }

private:
    template <class F>
    void between_halts(const channel::Participant& place, F&& deed) {
        log_->token.store(place.token(), std::memory_order_relaxed);
        log_->seat.store(place.index(), std::memory_order_relaxed);
        log_->phase.store(kReady, std::memory_order_release);
        halt();
        deed();
        log_->phase.store(kDone, std::memory_order_release);
        halt();
    }
    void ack(std::uint64_t count) { log_->acked.fetch_add(count, std::memory_order_release); }
    void see(std::uint64_t count = 1) { log_->seen.fetch_add(count, std::memory_order_release); }

    void produce() {
        typename process_test::PortsOf<T>::Producer out{kChannel, options_};
        for (std::uint64_t i = 0; i < kBatch; ++i) {
            process_test::fill(messages_[i], thousand_ + i);
        }
        if (act_.deed == Deed::publish || act_.deed == Deed::abandon ||
            act_.deed == Deed::leave_claiming) {
            *out.try_claim() = messages_[0];
            see();
        }
        between_halts(out.participant(), [&] { produce(out); });
        if (act_.deed == Deed::leave_claiming) {
            return;
        }
        if (act_.deed == Deed::claim) {
            *out.try_claim() = messages_[0];
            ack(published(out) ? 1 : 0);
        }
        T last;  // whether there is room is the others' business
        process_test::fill(last, thousand_ + log_->acked.load(std::memory_order_relaxed));
        ack(out.try_push(last) ? 1 : 0);
        out.close();
    }
    void produce(typename process_test::PortsOf<T>::Producer& out) {
        switch (act_.deed) {
            case Deed::push:
                return ack(out.try_push(messages_[0]) ? 1 : 0);
            case Deed::push_blocking:
                return ack(out.push_until(messages_[0], channel::kNoDeadline) ? 1 : 0);
            case Deed::push_n:
                return ack(out.try_push_n(std::span<const T>{messages_}));
            case Deed::claim:
                return see(out.try_claim() != nullptr ? 1 : 0);
            case Deed::publish:
                return ack(published(out) ? 1 : 0);
            case Deed::abandon:
                return out.abandon();
            default:
                return out.close();
        }
    }
    void consume() {
        typename process_test::PortsOf<T>::Consumer in{kChannel, options_};
        if (act_.deed == Deed::release || act_.deed == Deed::leave_holding) {
            seen(*in.try_peek());
        }
        between_halts(in.participant(), [&] { consume(in); });
        if (act_.deed == Deed::peek && in.last_status()) {
            in.release();
            ack(1);
        }
        in.close();
    }
    void consume(typename process_test::PortsOf<T>::Consumer& in) {
        const auto visit = [this](const T& message) { seen(message); };
        switch (act_.deed) {
            case Deed::pop:
            case Deed::pass_gap:
                return popped(bool{in.try_pop(messages_[0])});
            case Deed::inherit:  // another has seen it already
                return ack(in.try_pop(messages_[0]) && in.redelivered() ? 1 : 0);
            case Deed::pop_blocking:
                return popped(bool{in.pop_until(messages_[0], channel::kNoDeadline)});
            case Deed::pop_n:
                return popped(in.try_pop_n(std::span<T>{messages_}));
            case Deed::peek:
                if (const T* const message = in.try_peek(); message != nullptr) {
                    seen(*message);
                }
                return;
            case Deed::release:
                in.release();
                return ack(1);
            case Deed::drain:
                return ack(in.drain(visit, kBatch));
            case Deed::leave_holding:
                return in.close();
            default:
                log_->found.store(in.recover(), std::memory_order_release);
        }
    }
    void popped(std::uint64_t count) {
        ack(count);
        for (std::uint64_t i = 0; i < count; ++i) {
            seen(messages_[i]);
        }
    }
    void seen(const T& message) {
        if (!process_test::intact(message)) {
            log_->say("message " + std::to_string(message.number) + " is not whole");
        }
        see();
    }

    CrowdAct act_;
    Options options_;
    Log* log_;
    std::uint64_t thousand_;
    std::array<T, kBatch> messages_;
};

}  // namespace shunt::stepper
