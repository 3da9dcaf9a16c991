// SPDX-License-Identifier: MIT
#include "process/stepper/lane_company.hpp"
#include "process/stepper/lane_play.hpp"

#include <array>
#include <memory>

namespace shunt::stepper {
namespace {

// A producer in lane 0; and one in lane 1, or the consumer.
class LanePair final : public PairPlay {
public:
    LanePair(World& world, Ware ware, bool huge, Act first, Act second)
        : world_{world},
          ware_{ware},
          acts_{LaneAct{first}, LaneAct{second}},
          options_{lane_options(ware, huge)} {}

    void begin() override {
        for (const std::size_t number : {0u, 1u}) {
            victims_[number] = Child{[this, number] {
                                         return guarded(*logs_[number], [this, number] {
                                             acts_[number].produces() ? produce(number) : consume();
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
    bool one_after_the_other() const noexcept override { return false; }

    void after_death() override {
        auto in = must_open_merge(ware_, options_);
        LaneReader reader;
        reader.drain(*in);
        account(reader);
        expect(reader.ends() == "d", "the consumer was told '" + reader.ends() + "'");
        std::array<std::unique_ptr<Outlet>, kLanes> outs;
        for (auto& out : outs) {
            out = must_open_lane(ware_, options_);
            Writer writer{out->next()};
            writer.fill_exactly(*out);
            reader.drain(*in);
            expect_within(reader.lane(out->lane()).next(), writer.next(), writer.next(),
                          "number of the last message");
        }
        for (auto& out : outs) {
            out->close();
        }
        reader.drain(*in);
        expect(reader.ends() == "dc", "the consumer was told '" + reader.ends() + "'");
        in->close();
        outs = {};
        in.reset();
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
    void produce(std::size_t number) {
        Log& log = *logs_[number];
        auto out = open_lane(ware_, options_);
        Writer writer{0};
        writer.push(*out, kAtTurn);
        log.acked.store(writer.next(), std::memory_order_release);
        out->prepare(acts_[number].act, writer.next());
        act_between_halts(log, [&] { return out->perform(acts_[number].act); });
    }
    // All but one message are read before: the act meets that of the producer.
    void consume() {
        Log& log = *logs_[1];
        auto in = open_merge(ware_, options_);
        const std::uint64_t before = acts_[1].act == Act::release ? kAtTurn - 1 : kAtTurn;
        Message message;
        for (std::uint64_t i = 0; i < before; ++i) {
            expect(bool{in->pop(message)}, "a message that was to be there");
        }
        log.acked.store(before, std::memory_order_release);
        in->prepare(acts_[1].act);
        act_between_halts(log, [&] { return in->perform(acts_[1].act, [](const Message&) {}); });
    }
    void account(const LaneReader& reader) const {
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            if (!acts_[lane].produces()) {
                continue;
            }
            const std::uint64_t acked = logs_[lane]->acked.load(std::memory_order_acquire);
            const bool any = reader.lane(lane).first() != Reader::kAny;
            const std::uint64_t first = any ? reader.lane(lane).first() : 0;
            if (acts_[1].produces()) {
                expect_within(first, 0, 0, "the first message of a lane");
            } else {
                const std::uint64_t taken = logs_[1]->acked.load(std::memory_order_acquire);
                expect(!any || (first >= taken && first <= taken + acts_[1].most()),
                       "the first message of a lane is " + std::to_string(first));
            }
            // Where all was taken nothing is left to tell how far the producer came.
            expect(!any || (reader.lane(lane).next() >= acked &&
                            reader.lane(lane).next() <= acked + acts_[lane].most()),
                   "the last message of a lane is another");
            expect(any || !acts_[1].produces(), "nothing of a lane came");
        }
    }

    World& world_;
    Ware ware_;
    LaneAct acts_[2];
    Options options_;
    Shared<Log> logs_[2];
    Child victims_[2];
    std::optional<channel::Observer> observer_;
};

}  // namespace

std::unique_ptr<PairPlay> lane_pair(World& world, Ware ware, bool huge, Act first, Act second) {
    return std::make_unique<LanePair>(world, ware, huge, first, second);
}

}  // namespace shunt::stepper
