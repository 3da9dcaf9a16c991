// SPDX-License-Identifier: MIT
//
// spsc in the soak: all wares, verbs, ways of waiting and pages. What is exact, and what has a
// bound of one call's messages, is as in process/support/round.hpp; here it is kept over any number
// of deaths, and the consumers' journal says the same once more.
#include "process/soak/stream.hpp"
#include "process/support/fault.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace shunt::process_test {
namespace {

constexpr std::size_t kProducer = 0;
constexpr std::size_t kConsumer = 1;

struct Plan {
    Ware ware = Ware::small;
    Options options;
    std::uint64_t total = 0;
    shunt::wait waits[2] = {wait::park, wait::park};
};

Plan draw(const Ground& ground) {
    Plan plan;
    plan.ware = static_cast<Ware>(ground.below(4));
    const std::uint64_t capacity = ground.below(2) == 0 ? 64 : 512;
    plan.options.capacity = is_typed(plan.ware) ? capacity : capacity * 128;
    plan.options.pages = ground.may_be_huge && ground.below(3) == 0 ? pages::huge_2m : pages::base;
    plan.options.frame_align = plan.ware == Ware::dense ? 8 : plan.ware == Ware::bytes ? 64 : 0;
    plan.options.linger = ground.below(8) == 0 ? linger::none : linger::drained;
    plan.options.start_pos =
        ground.below(4) == 0 ? (std::uint64_t{1} << 32) - 64 * (1 + ground.below(100)) : 0;
    plan.options.consume = ground.below(2) == 0 ? consume::latency : consume::throughput;
    if (ground.may_spin) {
        for (shunt::wait& how : plan.waits) {
            how = static_cast<shunt::wait>(ground.below(3));
        }
        const bool nobody_parks = plan.waits[0] != wait::park && plan.waits[1] != wait::park;
        plan.options.wake = nobody_parks && ground.below(2) == 0 ? wake::polling : wake::wakeable;
    }
    plan.total = 4000 + ground.below(Journal::kMost - 4000);
    return plan;
}

class SpscStream : public Stream {
public:
    explicit SpscStream(const Ground& ground) : ground_{ground}, plan_{draw(ground)} {}

    [[nodiscard]] std::string describe() const override {
        const auto side = [this](std::size_t seat) {
            constexpr const char* kWaits[] = {"spin", "spin_pause", "park"};
            return std::string{to_string(verbs_[seat])} + ", " +
                   kWaits[static_cast<std::size_t>(plan_.waits[seat])];
        };
        return "spsc " + ground_.channel + ": " + std::string{to_string(plan_.ware)} +
               (plan_.options.pages == pages::huge_2m ? ", 2m" : ", 4k") +
               (plan_.options.wake == wake::polling ? ", polling" : ", wakeable") +
               (plan_.options.consume == consume::throughput ? ", throughput" : "") +
               ", capacity " + std::to_string(plan_.options.capacity) + ", start " +
               std::to_string(plan_.options.start_pos) + ", producer (" + side(kProducer) +
               "), consumer (" + side(kConsumer) + "), published " + std::to_string(sent_.low) +
               " to " + std::to_string(sent_.high) + ", read " + std::to_string(read_.low) +
               " to " + std::to_string(read_.high) + " of " + std::to_string(plan_.total);
    }
    [[nodiscard]] std::size_t seats() const override { return 2; }

    [[nodiscard]] std::function<int()> enter(std::size_t seat, Fate& fate, Doom& doom) override {
        const bool produces = seat == kProducer;
        const std::uint64_t begins = produces ? sent_.low : read_.low;
        if (fate.works() && begins + fate.after + kMostAtOnce >= plan_.total) {
            fate = {};
        }
        deaths_before_[seat] = deaths_[1 - seat];
        settled_[seat] = false;
        verbs_[seat] = static_cast<Verb>(ground_.below(produces ? 3 : 4));
        new (&stage_->reports[seat]) Report;
        Part part;
        part.channel = ground_.channel;
        part.ware = plan_.ware;
        part.verb = verbs_[seat];
        part.options = plan_.options;
        part.options.wait = plan_.waits[seat];
        part.until = produces ? plan_.total : kNever;
        part.journal = &stage_->journal;
        give_fate(part, fate, !produces, begins, doom, *ground_.bell);
        Report& report = stage_->reports[seat];
        return [=, &report] { return produces ? produce(part, report) : consume(part, report); };
    }
    [[nodiscard]] Report& report(std::size_t seat) const override { return stage_->reports[seat]; }
    [[nodiscard]] std::size_t witness(std::size_t seat) const override { return 1 - seat; }
    [[nodiscard]] bool parks(std::size_t seat) const override {
        return plan_.waits[seat] == wait::park;
    }
    [[nodiscard]] bool is_missed(std::size_t) const override { return true; }

    void died(std::size_t seat) override {
        ++deaths_[seat];
        settle(seat);
    }
    void was_told(std::size_t seat) override {
        const Report& consumer = stage_->reports[kConsumer];
        // Told behind all that it had published; who has had no message knows no number.
        if (seat == kProducer && get(consumer.first) != kNever) {
            const std::uint64_t exactly = get(consumer.done_at_last_end);
            expect_within(exactly, sent_.low, sent_.high, "messages before the producer's death");
            sent_ = {exactly, exactly};
        }
    }
    [[nodiscard]] Sums account() override {
        settle(kProducer);
        settle(kConsumer);
        expect_within(get(stage_->reports[kProducer].done), plan_.total, plan_.total,
                      "number of messages sent in the end");
        expect(read_.high >= plan_.total, "messages are left: " + std::to_string(read_.high) +
                                              " of " + std::to_string(plan_.total) + " are read");
        if (copied_ && read_.low != plan_.total) {  // the last one found nothing more
            gaps_.push_back({read_.low, plan_.total});
        }
        Sums sums{.messages = plan_.total};
        for (std::uint64_t number = 0; number < plan_.total; ++number) {
            account_for(number, sums);
        }
        return sums;
    }

private:
    struct Range {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };
    struct Stage {
        Report reports[2];
        Journal journal;
    };

    [[nodiscard]] bool copies() const {
        return verbs_[kConsumer] == Verb::single || verbs_[kConsumer] == Verb::batch;
    }

    // What the process that was in the seat did, against what its predecessors can have done.
    void settle(std::size_t seat) {
        if (std::exchange(settled_[seat], true)) {
            return;
        }
        const Report& report = stage_->reports[seat];
        const std::string told = report.ends_told();
        const auto deaths = static_cast<std::uint64_t>(std::count(told.begin(), told.end(), 'd'));
        // One that it found dead may be told to it too, and one that we have not heard of yet.
        expect_within(deaths, 0, deaths_[1 - seat] - deaths_before_[seat] + 2,
                      "number of deaths told");
        if (seat == kProducer) {
            settle_producer(report);
        } else {
            settle_consumer(report);
        }
    }
    void settle_producer(const Report& report) {
        const std::uint64_t first = get(report.first);
        if (first == kNever) {
            return;  // it never took part
        }
        expect_within(first, sent_.low, sent_.high, "number that a producer began with");
        sent_ = {get(report.done), std::min(get(report.done) + kMostAtOnce, plan_.total)};
    }
    void settle_consumer(const Report& report) {
        const std::uint64_t first = get(report.first);
        if (first == kNever) {
            // What it was given it has not written down.
            read_.high += copies() ? kMostAtOnce : 0;
            copied_ = copied_ || copies();
            shown_ = std::max(shown_, read_.high) + kMostAtOnce;
            return;
        }
        expect_within(first, read_.low, read_.high, "number that a consumer began with");
        if (copied_ && first != read_.low) {
            gaps_.push_back({read_.low, first});
        }
        copied_ = copies();
        const std::uint64_t flagged_end = get(report.flagged_end);
        expect(flagged_end <= shown_, "message " + std::to_string(flagged_end - 1) +
                                          " is flagged as redelivered, and nobody saw it before");
        const std::uint64_t done = get(report.done);
        const std::uint64_t seen = get(report.seen);
        read_ = {done, copies() ? done + kMostAtOnce : std::max(seen, done)};
        shown_ = std::max(shown_, std::max(seen, done) + kMostAtOnce);
    }

    // A message may be missing only where a consumer that copies died with it in its hands.
    void account_for(std::uint64_t number, Sums& sums) const {
        const unsigned plain = stage_->journal.plain(number);
        const unsigned flagged = stage_->journal.flagged(number);
        const std::string name = "message " + std::to_string(number);
        expect(plain <= 1, name + " came " + std::to_string(plain) + " times, not flagged");
        sums.redelivered += flagged;
        if (plain + flagged == 0) {
            expect(std::any_of(gaps_.begin(), gaps_.end(),
                               [&](Range gap) { return number >= gap.low && number < gap.high; }),
                   name + " was lost");
            ++sums.in_dead_hands;
        }
    }

    Ground ground_;
    Plan plan_;
    Shared<Stage> stage_;
    Verb verbs_[2] = {Verb::single, Verb::single};
    std::uint64_t deaths_[2] = {0, 0};
    std::uint64_t deaths_before_[2] = {0, 0};  // of the other seat, when this one was entered
    bool settled_[2] = {true, true};           // nothing has been done in the seat since
    Range sent_;               // what has been published: all below low, nothing from high on
    Range read_;               // where the next consumer begins
    std::uint64_t shown_ = 0;  // nobody was shown a message from here on
    bool copied_ = false;      // somebody who copies died at read_
    std::vector<Range> gaps_;  // perhaps in nobody's journal: they died with it in their hands
};

}  // namespace

std::unique_ptr<Stream> begin_spsc(const Ground& ground) {
    return std::make_unique<SpscStream>(ground);
}

}  // namespace shunt::process_test
