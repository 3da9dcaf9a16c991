// SPDX-License-Identifier: MIT
#include "process/stepper/broadcast_company.hpp"
#include "process/stepper/broadcast_play.hpp"

#include <memory>

namespace shunt::stepper {
namespace {

// The publisher is number 0; a subscriber, or one who recovers the publisher, is 1.
class BroadcastPair final : public PairPlay {
public:
    BroadcastPair(World& world, Cast cast, bool huge, const BroadcastPairAct& act)
        : world_{world}, cast_{cast}, act_{act}, options_{broadcast_options(cast, huge, 2)} {}

    void begin() override {
        for (const std::size_t number : {0u, 1u}) {
            victims_[number] = Child{[this, number] {
                                         return guarded(*logs_[number], [this, number] {
                                             number == 0 ? publish() : beside();
                                         });
                                     },
                                     {.traced = true}};
            const std::string instead = victims_[number].until_marked();
            expect(instead.empty(), "a victim gets ready: " + instead + logs_[number]->said());
        }
        observer_.emplace(kChannel);
    }
    Child& victim(std::size_t number) noexcept override { return victims_[number]; }
    bool over(std::size_t number) const noexcept override {
        return logs_[number]->phase.load(std::memory_order_acquire) >= kDone;
    }
    std::uint64_t memory() const override { return memory_of(*observer_); }
    bool one_after_the_other() const noexcept override { return !act_.subscribe; }

    void after_death() override {
        Follower early{must_open_subscriber(cast_, options_)};
        early.drain();
        auto out = must_open_publisher(cast_, options_);
        const std::uint64_t acked = logs_[0]->acked.load(std::memory_order_acquire);
        const std::uint64_t begins = out->next();
        expect_within(begins, acked, acked + BroadcastAct{act_.publish}.most(),
                      "where the successor begins");
        early.drain();
        expect_within(early.next(), begins, begins, "number of messages that are there");
        expect(early.lost() <= kSlots, "a lap is lost that nobody wrote");
        Follower late{must_open_subscriber(cast_, options_)};
        Writer writer{begins};
        for (std::uint64_t i = 0; i < 2 * kSlots; ++i) {
            writer.push(*out, 1);
            early.drain();
        }
        late.drain();
        out->close();
        for (Follower* each : {&early, &late}) {
            each->drain();
            expect_within(each->next(), writer.next(), writer.next(), "number of the last message");
            expect(each->ends().ends_with('c') && each->ends().size() <= 2,
                   "a subscriber was told '" + each->ends() + "'");
            each->close();
        }
        out.reset();
        observer_.reset();
        world_.expect_clean();
    }

private:
    template <class F>
    static void act_between_halts(Log& log, F&& perform) {
        log.phase.store(kReady, std::memory_order_release);
        halt();
        log.acked.fetch_add(perform(), std::memory_order_release);
        log.phase.store(kDone, std::memory_order_release);
        halt();
    }
    void publish() {
        auto out = open_publisher(cast_, options_);
        Writer writer{0};
        writer.push(*out, kBefore);
        logs_[0]->acked.store(writer.next(), std::memory_order_release);
        out->prepare(act_.publish, writer.next());
        act_between_halts(*logs_[0], [&] { return out->perform(act_.publish); });
    }
    // Its act meets that of the publisher in the same slot: it is a lap behind.
    void beside() {
        if (!act_.subscribe) {
            channel::Participant place{broadcast_request(cast_, layout::Role::consumer, options_)};
            act_between_halts(*logs_[1], [&] {
                static_cast<void>(place.reap());
                return 0u;
            });
            return;
        }
        auto in = open_subscriber(cast_, options_);
        in->prepare(*act_.subscribe);
        act_between_halts(*logs_[1], [&] {
            return in->perform(*act_.subscribe, [&](const Message& message) {
                expect(message.whole, "a message is damaged");
            });
        });
    }

    World& world_;
    Cast cast_;
    BroadcastPairAct act_;
    Options options_;
    Shared<Log> logs_[2];
    Child victims_[2];
    std::optional<channel::Observer> observer_;
};

}  // namespace

std::unique_ptr<PairPlay> broadcast_pair(World& world, Cast cast, bool huge,
                                         const BroadcastPairAct& act) {
    return std::make_unique<BroadcastPair>(world, cast, huge, act);
}

}  // namespace shunt::stepper
