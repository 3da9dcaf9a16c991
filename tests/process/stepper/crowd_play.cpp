// SPDX-License-Identifier: MIT
#include "process/stepper/crowd_play.hpp"

#include "process/stepper/crowd_company.hpp"
#include "process/stepper/crowd_victim.hpp"
#include "process/stepper/peer_play.hpp"

#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>

#include <optional>

namespace shunt::stepper {
namespace {

Options options_for(const CrowdAct& act, bool huge) {
    Options options = crowd_options(huge);
    options.on_orphan = act.deed == Deed::recover_dropped ? on_orphan::drop : on_orphan::inherit;
    return options;
}

// The participant's last word, in its entry.
void expect_end_of(const channel::Participant& place, const Log& log, bool may_have_left) {
    const auto* const entries =
        object_at<layout::RegistryEntry>(place.region(layout::RegionId::registry));
    const std::uint64_t token = log.token.load(std::memory_order_acquire);
    const std::uint64_t end = channel::ended(entries[log.seat.load(std::memory_order_acquire)]);
    expect(end >> 1 > token && (may_have_left || (end & 1) != 0),
           "the end of a victim is not told as it was");
}

template <class T>
class CrowdPlay final : public PeerPlay {
public:
    CrowdPlay(World& world, bool huge, const CrowdAct& act)
        : PeerPlay{world}, act_{act}, options_{options_for(act, huge)} {}

    void begin(bool apart) override {
        if (apart && act_.asleep == Asleep::nobody) {
            start_peer([this] { be_the_others(); });
        } else {
            company_ = std::make_unique<Company<T>>(options_);
            set_scene(*company_);
        }
        if (act_.asleep != Asleep::nobody) {
            start_sleeper([this] { sleep_beside(); });
        }
        victim_ = Child{
            [this] {
                return guarded(*log_, [this] { CrowdVictim<T>{act_, options_, *log_, 1}.live(); });
            },
            {.traced = true}};
        await_ready();
        observer_.emplace(kChannel);
    }
    std::function<void()> alarm() override {
        if (act_.deed != Deed::push_blocking && act_.deed != Deed::pop_blocking) {
            return {};
        }
        return [this] { company_ ? answer(*company_) : alarm_survivor(); };
    }
    void after_death(std::uint64_t k) override {
        Company<T>& ours = *company_;
        if (k % 8 == 1 && ours.drain() == Status::busy) {
            ours.pop_patiently();  // finds out by itself
        }
        expect_within(ours.in.recover(), 0, act_.recovers() ? 2 : 1, "number of the dead");
        if (act_.asleep != Asleep::nobody) {
            expect_sleeper_woken();
        }
        expect(ours.drain() == Status::empty, "the ring is busy when the dead are buried");
        account_oldest(account(ours), kWarmUp);
        expect_end_of(ours.out.participant(), *log_,
                      act_.deed == Deed::leave_claiming || act_.deed == Deed::leave_holding);
        ours.finish();
        end_world();
    }
    Bound while_stopped(Steps counted) override {
        if (act_.asleep != Asleep::nobody) {
            return {};
        }
        return step_through(peer_, *peer_log_, counted);
    }
    void after_all() override {
        expect(log_->said().empty(), "the victim: " + log_->said());
        if (act_.asleep != Asleep::nobody) {
            expect_sleeper_woken();  // by the deed, and not by the victim's leaving
        }
        expect_good_end(victim_, *log_, "the victim");
        if (act_.asleep == Asleep::nobody) {
            expect_good_end(peer_, *peer_log_, "the others");
        } else {
            expect(company_->drain() == Status::empty, "the ring is busy");
            account_oldest(account(*company_), kWarmUp);
            company_->finish();
        }
        end_world();
    }

private:
    void set_scene(Company<T>& ours) {
        ours.warm_up();
        if (act_.deed == Deed::pass_gap) {
            expect(ours.out.try_claim() != nullptr, "there was to be room");
            ours.out.abandon();
        }
        if (act_.deed == Deed::recover_claim) {
            let_one_die<T>(options_, *corpse_, true);
        }
        ours.push(pending_before(act_));
        if (act_.deed == Deed::inherit || act_.deed == Deed::recover_hand ||
            act_.deed == Deed::recover_dropped) {
            let_one_die<T>(options_, *corpse_, false);
        }
        if (act_.deed == Deed::inherit) {
            expect_within(ours.in.recover(), 1, 1, "number of the dead");
        }
    }
    // What a blocking victim waits for.
    void answer(Company<T>& ours) {
        if (act_.produces()) {
            expect(bool{ours.pop()}, "a message was to be there");
        } else {
            ours.push(1);
        }
    }
    Missing account(const Company<T>& ours) const {
        std::vector<Suspect> suspects{suspect_of(act_, *log_, 1)};
        Suspect corpse{&*corpse_};
        switch (act_.deed) {
            case Deed::pass_gap:
                suspects[0].most_gaps = 1;
                break;
            case Deed::inherit:  // a victim that copies leaves it as it found it, or takes it away
                corpse.most_in_hand = act_.copies ? 1 : 0;
                break;
            case Deed::recover_claim:
                corpse.thousand = 2 * kThousand;
                corpse.most_gaps = act_.blocks ? 0 : 1;
                corpse.blocks = act_.blocks;
                break;
            case Deed::recover_hand:
                corpse.most_in_hand = 1;
                break;
            case Deed::recover_dropped:
                corpse.most_taken = 1;
                break;
            default:
                break;
        }
        if (act_.recovers() || act_.deed == Deed::inherit) {
            suspects.push_back(corpse);
        }
        return account_all(ours.got, ours.gaps, kWarmUp, ours.next, suspects);
    }
    void end_world() {
        company_.reset();
        observer_.reset();
        world_.expect_clean();
    }

    // Beside a victim that is stopped, in a process of their own.
    void be_the_others() {
        Company<T> ours{options_};
        set_scene(ours);
        wait_for_turn([&] { answer(ours); });
        measured(*peer_log_, Call::push, [&] { static_cast<void>(ours.push()); });
        ours.fill();
        measured(*peer_log_, Call::push_full,
                 [&] { expect(ours.push() == Status::full, "there is room in a full ring"); });
        measured(*peer_log_, Call::pop, [&] { static_cast<void>(ours.pop()); });
        if (ours.drain() == Status::busy) {
            held_up(ours);
        }
        measured(*peer_log_, Call::pop_empty, [&] { static_cast<void>(ours.pop()); });
        std::uint32_t found = 0;
        measured(*peer_log_, Call::recover, [&] { found = ours.in.recover(); });
        expect_within(found, 0, act_.recovers() ? 1 : 0, "number of the dead beside the living");
        if (!act_.produces()) {
            static_cast<void>(ours.push());  // what it may be about to sleep for
        }
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        expect(ours.in.recover() == 0, "somebody died");
        expect(ours.drain() == Status::empty, "the ring is busy, and all who live are here");
        static_cast<void>(account(ours));
        ours.finish();
    }
    void held_up(const Company<T>& ours) const {
        if constexpr (kBlocks<T>) {
            expect(false, "busy, and there are only blocks");
        } else {
            const auto holder = ours.in.held_up_by();
            expect(act_.recovers() ||
                       (holder && holder->token == log_->token.load(std::memory_order_acquire)),
                   "a consumer is held up by another than the victim");
            peer_log_->say("busy");
        }
    }
    void sleep_beside() {
        if (act_.produces() || act_.asleep == Asleep::fellow) {
            typename process_test::PortsOf<T>::Consumer in{kChannel, options_};
            sleep_on(in.participant(), layout::RegionId::wake_data);
        } else {
            typename process_test::PortsOf<T>::Producer out{kChannel, options_};
            sleep_on(out.participant(), layout::RegionId::wake_room);
        }
    }

    CrowdAct act_;
    Options options_;
    std::unique_ptr<Company<T>> company_;  // where the others are not a process of their own
    Shared<Log> corpse_;                   // of one that died before
};

// Two that act at once, or a producer with a claim and the one who recovers it.
template <class T>
class CrowdPair final : public PairPlay {
public:
    CrowdPair(World& world, bool huge, const CrowdAct& first, const CrowdAct& second)
        : world_{world}, acts_{first, second}, options_{crowd_options(huge)} {}

    void begin() override {
        company_ = std::make_unique<Company<T>>(options_);
        company_->warm_up();
        company_->push(2);
        for (const std::size_t i : {0u, 1u}) {
            victims_[i] = Child{[this, i] {
                                    return guarded(*logs_[i], [this, i] {
                                        CrowdVictim<T>{acts_[i], options_, *logs_[i], i + 1}.live();
                                    });
                                },
                                {.traced = true}};
            const std::string instead = victims_[i].until_marked();
            expect(instead.empty(), "a victim gets ready: " + instead + " " + logs_[i]->said());
        }
        observer_.emplace(kChannel);
    }
    Child& victim(std::size_t number) noexcept override { return victims_[number]; }
    bool over(std::size_t number) const noexcept override {
        return logs_[number]->phase.load(std::memory_order_acquire) >= kDone;
    }
    std::uint64_t memory() const override { return memory_of(*observer_); }
    bool one_after_the_other() const noexcept override { return acts_[1].recovers(); }
    void after_death() override {
        Company<T>& ours = *company_;
        const std::uint32_t found =
            ours.in.recover() + logs_[1]->found.load(std::memory_order_acquire);
        expect_within(found, one_after_the_other() ? 1 : 2, 2, "number of the dead");
        expect(ours.drain() == Status::empty, "the ring is busy when the dead are buried");
        account_oldest(
            account_all(ours.got, ours.gaps, kWarmUp, ours.next,
                        {suspect_of(acts_[0], *logs_[0], 1), suspect_of(acts_[1], *logs_[1], 2)}),
            kWarmUp);
        for (const Shared<Log>& log : logs_) {
            expect_end_of(ours.out.participant(), *log, false);
        }
        ours.finish();
        company_.reset();
        observer_.reset();
        world_.expect_clean();
    }

private:
    World& world_;
    CrowdAct acts_[2];
    Options options_;
    std::unique_ptr<Company<T>> company_;
    Shared<Log> logs_[2];
    Child victims_[2];
    std::optional<channel::Observer> observer_;
};

// The same for each ware that the ring takes, in slots and in blocks.
template <template <class> class Made, class Base, class T, class... Args>
std::unique_ptr<Base> made_of(bool blocks, Args&&... args) {
    if (blocks) {
        return std::make_unique<Made<process_test::InBlocks<T>>>(std::forward<Args>(args)...);
    }
    return std::make_unique<Made<T>>(std::forward<Args>(args)...);
}
template <template <class> class Made, class Base, class... Args>
std::unique_ptr<Base> of(Ware ware, bool blocks, Args&&... args) {
    if (ware == Ware::bytes) {
        return made_of<Made, Base, process_test::Text>(blocks, std::forward<Args>(args)...);
    }
    if (ware == Ware::large) {
        return made_of<Made, Base, process_test::Large>(blocks, std::forward<Args>(args)...);
    }
    return made_of<Made, Base, process_test::Small>(blocks, std::forward<Args>(args)...);
}

}  // namespace

std::unique_ptr<Play> crowd_play(World& world, Ware ware, bool huge, const CrowdAct& act) {
    return of<CrowdPlay, Play>(ware, act.blocks, world, huge, act);
}

std::unique_ptr<PairPlay> crowd_pair(World& world, Ware ware, bool huge, const CrowdAct& first,
                                     const CrowdAct& second) {
    return of<CrowdPair, PairPlay>(ware, first.blocks, world, huge, first, second);
}

}  // namespace shunt::stepper
