// SPDX-License-Identifier: MIT
//
// mpmc in the soak, in slots and in blocks, with one to three producers and one to three consumers,
// and mpsc, with one to five producers and their consumer. A successor goes on behind what its
// predecessor may have pushed. Exact is: what was acknowledged comes at least once, and as new at
// most once, in its producer's order; what may be missing, come again or be told as a gap has a
// bound for each death. In blocks there is no gap.
#include "process/soak/stream.hpp"
#include "process/support/crowd_wares.hpp"
#include "process/support/fault.hpp"

#include <shunt/channel/header.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <utility>
#include <vector>

namespace shunt::process_test {
namespace {

using Kind = layout::Kind;

constexpr std::size_t kMostOfARole = 3;
constexpr std::size_t kMostLanes = 5;  // in use at a time
constexpr std::size_t kMostSeats = 6;

struct Plan {
    Kind kind = Kind::mpmc;
    Ware ware = Ware::small;
    Options options;
    std::size_t producers = 1;
    std::size_t consumers = 1;
    std::uint64_t total = 0;  // of each producer
    std::vector<shunt::wait> waits;
};

void draw_mpmc(const Ground& ground, Plan& plan) {
    plan.ware = static_cast<Ware>(ground.below(3));
    plan.producers = 1 + ground.below(kMostOfARole);
    plan.consumers = 1 + ground.below(kMostOfARole);
    plan.options.capacity = std::uint64_t{4} << 2 * ground.below(4);
    plan.options.on_orphan = ground.below(4) == 0 ? on_orphan::drop : on_orphan::inherit;
    plan.options.ports = ground.below(2) == 0 ? 10 : 0;
}

// Where there are no more lanes than producers, a successor waits for its predecessor's to be read.
void draw_mpsc(const Ground& ground, Plan& plan) {
    plan.ware = static_cast<Ware>(ground.below(3));
    plan.producers = 1 + ground.below(kMostLanes);
    plan.options.capacity = std::uint64_t{8} << 2 * ground.below(4);
    plan.options.capacity *= is_typed(plan.ware) ? 1u : 1024u;
    plan.options.lanes =
        ground.below(2) == 0 ? static_cast<std::uint32_t>(plan.producers + ground.below(2)) : 0;
    plan.options.seat_timeout = std::chrono::seconds{20};
    plan.options.start_pos =
        ground.below(4) == 0 ? (std::uint64_t{1} << 32) - 64 * (1 + ground.below(100)) : 0;
    plan.options.consume = ground.below(2) == 0 ? consume::latency : consume::throughput;
}

Plan draw(Kind kind, const Ground& ground) {
    Plan plan;
    plan.kind = kind;
    kind == Kind::mpsc ? draw_mpsc(ground, plan) : draw_mpmc(ground, plan);
    plan.options.pages = ground.may_be_huge && ground.below(3) == 0 ? pages::huge_2m : pages::base;
    plan.options.linger = ground.below(8) == 0 ? linger::none : linger::drained;
    plan.waits.assign(plan.producers + plan.consumers, wait::park);
    if (ground.may_spin) {
        bool parks = false;
        for (shunt::wait& how : plan.waits) {
            how = static_cast<shunt::wait>(ground.below(3));
            parks = parks || how == wait::park;
        }
        plan.options.wake = !parks && ground.below(2) == 0 ? wake::polling : wake::wakeable;
    }
    plan.total = 2000 + ground.below(8000);
    return plan;
}

class CrowdStream : public Stream {
public:
    CrowdStream(Kind kind, const Ground& ground)
        : ground_{ground},
          plan_{draw(kind, ground)},
          verbs_(seats()),
          pops_(seats(), pop::in_place),
          doubts_(plan_.producers) {}

    [[nodiscard]] std::string describe() const override {
        std::string text = std::string{channel::to_string(plan_.kind)} + " " + ground_.channel +
                           ": " + std::string{to_string(plan_.ware)} +
                           (plan_.options.pages == pages::huge_2m ? ", 2m" : ", 4k") +
                           (plan_.options.wake == wake::polling ? ", polling" : ", wakeable") +
                           (drops() ? ", drops orphans" : "") + ", capacity " +
                           std::to_string(plan_.options.capacity) + ", " +
                           std::to_string(plan_.total) + " of each of " +
                           std::to_string(plan_.producers) + " producers to " +
                           std::to_string(plan_.consumers) + " consumers";
        constexpr const char* kWaits[] = {"spin", "spin_pause", "park"};
        for (std::size_t seat = 0; seat < seats(); ++seat) {
            text += std::string{seat == 0 ? " (" : ", "} + std::string{to_string(verbs_[seat])} +
                    (pops_by_copy(seat) ? " by copy " : " ") +
                    kWaits[static_cast<std::size_t>(plan_.waits[seat])];
        }
        return text + ")";
    }
    [[nodiscard]] std::size_t seats() const override { return plan_.producers + plan_.consumers; }

    [[nodiscard]] std::function<int()> enter(std::size_t seat, Fate& fate, Doom& doom) override {
        const bool produces = seat < plan_.producers;
        const std::uint64_t begins = produces ? next_[seat] : 0;
        if (produces && fate.works() && begins + fate.after + kMostAtOnce >= plan_.total) {
            fate = {};
        }
        verbs_[seat] = static_cast<Verb>(ground_.below(produces ? 3 : 4));
        pops_[seat] = !produces && plan_.kind == Kind::mpmc && ground_.below(2) == 0
                          ? pop::copy
                          : pop::in_place;
        new (&stage_->reports[seat]) Report;
        Part part;
        part.channel = ground_.channel;
        part.kind = plan_.kind;
        part.ware = plan_.ware;
        part.verb = verbs_[seat];
        part.options = plan_.options;
        part.options.wait = plan_.waits[seat];
        part.options.pop = pops_[seat];
        part.seat = seat;
        part.begins = begins;
        part.until = produces ? plan_.total : kNever;
        part.journal = stage_->journals.data();
        give_fate(part, fate, !produces, begins, doom, *ground_.bell);
        Report& report = stage_->reports[seat];
        return [=, &report] { return produces ? produce(part, report) : consume(part, report); };
    }
    [[nodiscard]] Report& report(std::size_t seat) const override { return stage_->reports[seat]; }
    /// An end is told of the last of a role, and only where there is nothing else to do.
    [[nodiscard]] std::size_t witness(std::size_t) const override { return kNoSeat; }
    [[nodiscard]] bool parks(std::size_t seat) const override {
        return plan_.waits[seat] == wait::park;
    }
    /// Where the last producer died, consumers wait for another that closes. A consumer that has
    /// done its work was told of a close: all producers are gone.
    [[nodiscard]] bool is_missed(std::size_t seat) const override { return seat < plan_.producers; }

    void died(std::size_t seat) override {
        settle(seat);
        if (seat < plan_.producers) {
            ++producers_died_;
            doubt(seat);
        } else {
            most_again_ += lanes() ? kMostAtOnce : drops() || pops_by_copy(seat) ? 0 : 1;
            most_missing_ += verbs_[seat] == Verb::batch ? kMostAtOnce
                             : pops(seat) || drops()     ? 1
                                                         : 0;
        }
    }
    void was_told(std::size_t) override {}
    [[nodiscard]] Sums account() override {
        for (std::size_t seat = 0; seat < seats(); ++seat) {
            settle(seat);
        }
        expect_within(gaps_, 0, blocks() ? 0 : abandoned_ + producers_died_, "number of gaps told");
        Sums sums;
        for (std::size_t seat = 0; seat < plan_.producers; ++seat) {
            expect_within(get(stage_->reports[seat].done), plan_.total, plan_.total,
                          "number of messages sent in the end");
            sums.messages += plan_.total;
            for (std::uint64_t number = 0; number < plan_.total; ++number) {
                account_for(seat, number, sums);
            }
        }
        expect_within(sums.redelivered, 0, most_again_, "number of messages that came again");
        expect_within(sums.in_dead_hands, 0, most_missing_,
                      "number of messages that nobody was given");
        return sums;
    }

private:
    struct Range {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };
    struct Stage {
        Report reports[kMostSeats];
        std::array<Journal, kMostLanes> journals;
    };

    [[nodiscard]] bool lanes() const { return plan_.kind == Kind::mpsc; }
    [[nodiscard]] bool blocks() const { return plan_.kind == Kind::mpmc_blocks; }
    [[nodiscard]] bool pops(std::size_t seat) const {
        return verbs_[seat] == Verb::single || verbs_[seat] == Verb::batch;
    }
    // Its name is in no slot.
    [[nodiscard]] bool pops_by_copy(std::size_t seat) const {
        return pops(seat) && pops_[seat] == pop::copy;
    }
    [[nodiscard]] bool drops() const { return plan_.options.on_orphan == on_orphan::drop; }

    // What the process that was in the seat wrote down, once.
    void settle(std::size_t seat) {
        Report& report = stage_->reports[seat];
        gaps_ += report.gaps.exchange(0, std::memory_order_acq_rel);
        abandoned_ += report.abandoned.exchange(0, std::memory_order_acq_rel);
    }
    // It may have pushed more than it has written down: nobody uses those numbers again.
    void doubt(std::size_t seat) {
        const Report& report = stage_->reports[seat];
        if (get(report.first) == kNever) {
            return;  // it never took part
        }
        const std::uint64_t done = get(report.done);
        next_[seat] = std::min(done + kMostAtOnce, plan_.total);
        doubts_[seat].push_back({done, next_[seat]});
    }

    void account_for(std::size_t seat, std::uint64_t number, Sums& sums) const {
        const unsigned plain = stage_->journals[seat].plain(number);
        const unsigned flagged = stage_->journals[seat].flagged(number);
        const std::string name =
            "message " + std::to_string(number) + " of producer " + std::to_string(seat);
        expect(plain <= 1, name + " came " + std::to_string(plain) + " times, not flagged");
        sums.redelivered += flagged;
        const auto& doubts = doubts_[seat];
        const bool in_doubt = std::any_of(doubts.begin(), doubts.end(), [&](Range doubt) {
            return number >= doubt.low && number < doubt.high;
        });
        sums.in_dead_hands += plain + flagged == 0 && !in_doubt ? 1 : 0;
    }

    Ground ground_;
    Plan plan_;
    Shared<Stage> stage_;
    std::vector<Verb> verbs_;
    std::vector<shunt::pop> pops_;
    std::array<std::uint64_t, kMostLanes> next_{};  // where a producer's successor begins
    std::vector<std::vector<Range>> doubts_;        // by producer: perhaps pushed
    std::uint64_t producers_died_ = 0;
    std::uint64_t most_again_ = 0;
    std::uint64_t most_missing_ = 0;  // popped by one that died before it wrote so down, or dropped
    std::uint64_t gaps_ = 0;
    std::uint64_t abandoned_ = 0;
};

}  // namespace

std::unique_ptr<Stream> begin_mpmc(const Ground& ground) {
    return std::make_unique<CrowdStream>(layout::Kind::mpmc, ground);
}

std::unique_ptr<Stream> begin_mpmc_blocks(const Ground& ground) {
    return std::make_unique<CrowdStream>(layout::Kind::mpmc_blocks, ground);
}

std::unique_ptr<Stream> begin_mpsc(const Ground& ground) {
    return std::make_unique<CrowdStream>(layout::Kind::mpsc, ground);
}

}  // namespace shunt::process_test
