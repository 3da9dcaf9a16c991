// SPDX-License-Identifier: MIT
#include "process/stepper/pair_play.hpp"

#include "process/stepper/stream_play.hpp"

#include <shunt/channel/registry.hpp>

namespace shunt::stepper {
namespace {

template <class F>
void act_between_halts(Log& log, F&& perform) {
    log.phase.store(kReady, std::memory_order_release);
    halt();
    const std::uint64_t moved = perform();
    log.acked.store(log.acked.load(std::memory_order_relaxed) + moved, std::memory_order_release);
    log.phase.store(kDone, std::memory_order_release);
    halt();
}

}  // namespace

StreamPair::StreamPair(World& world, Ware ware, bool huge, const PairAct& act)
    : world_{world}, ware_{ware}, act_{act}, options_{options_of(ware, huge, true)} {}

std::uint64_t StreamPair::acked(std::size_t number) const {
    return logs_[number]->acked.load(std::memory_order_acquire);
}

bool StreamPair::over(std::size_t number) const noexcept {
    return logs_[number]->phase.load(std::memory_order_acquire) >= kDone;
}

void StreamPair::begin() {
    for (const std::size_t number : {0u, 1u}) {
        victims_[number] = Child{[this, number] {
                                     return guarded(*logs_[number], [this, number] {
                                         number == 0 ? produce() : consume();
                                     });
                                 },
                                 {.traced = true}};
        const std::string instead = victims_[number].until_marked();
        expect(instead.empty(), "a victim gets ready: " + instead + logs_[number]->said());
    }
    observer_.emplace(kChannel);
}

void StreamPair::produce() {
    auto out = open_outlet(ware_, options_);
    logs_[0]->token.store(out->place().token(), std::memory_order_relaxed);
    Writer writer{0};
    writer.push(*out, kAtTurn);
    logs_[0]->acked.store(writer.next(), std::memory_order_release);
    out->prepare(act_.produce, writer.next());
    act_between_halts(*logs_[0], [&] { return out->perform(act_.produce); });
}

// All but one message are read before: the act meets that of the producer.
void StreamPair::consume() {
    if (act_.recovers) {
        recover();
        return;
    }
    auto in = open_inlet(ware_, options_);
    logs_[1]->token.store(in->place().token(), std::memory_order_relaxed);
    Reader reader{0};
    const std::uint64_t before = act_.consume == Act::release ? kAtTurn - 1 : kAtTurn;
    for (Message message; reader.next() < before;) {
        expect(bool{in->pop(message)}, "a message that was to be there");
        reader.take(message);
    }
    logs_[1]->acked.store(reader.next(), std::memory_order_release);
    in->prepare(act_.consume);
    logs_[1]->seen.store(act_.consume == Act::release ? kAtTurn : reader.next(),
                         std::memory_order_release);
    act_between_halts(*logs_[1], [&] {
        return in->perform(act_.consume, [&](const Message& message) {
            logs_[1]->seen.store(message.number + 1, std::memory_order_release);
        });
    });
}

void StreamPair::recover() {
    channel::Participant place{request_of(ware_, layout::Role::consumer, options_)};
    logs_[1]->token.store(place.token(), std::memory_order_relaxed);
    act_between_halts(*logs_[1], [&] {
        static_cast<void>(place.reap());
        return 0u;
    });
}

void StreamPair::after_death() {
    const StreamAct produced{act_.produce};
    const StreamAct consumed{act_.consume};
    auto out = must_open_outlet(ware_, options_);
    auto in = must_open_inlet(ware_, options_);
    const std::uint64_t begins = out->next();
    expect_within(begins, acked(0), acked(0) + produced.most(), "where the producer goes on");
    for (const std::size_t number : {0u, 1u}) {
        const auto role = number == 0 ? layout::Role::producer : layout::Role::consumer;
        const std::uint64_t token = logs_[number]->token.load(std::memory_order_relaxed);
        expect_within(channel::last_died(out->place().control(), role), token, token, "last_died");
        expect_within(channel::last_closed(out->place().control(), role), 0, 0, "last_closed");
    }
    Writer writer{begins};
    writer.fill_exactly(*out);
    Reader reader;
    reader.drain(*in);
    const std::uint64_t most = act_.recovers ? 0 : consumed.most();
    expect_within(reader.first(), acked(1), acked(1) + most, "where the consumer goes on");
    expect(reader.first() <= begins, "the consumer goes on beyond what was published");
    const std::uint64_t seen = logs_[1]->seen.load(std::memory_order_acquire);
    const bool again = consumed.shows() && !act_.recovers && reader.first() < seen;
    expect_within(reader.flagged_end(), again ? seen : 0,
                  consumed.shows() && !act_.recovers ? acked(1) + kBatch : 0,
                  "end of what comes as redelivered");
    expect_within(reader.next(), writer.next(), writer.next(), "number of the last message");
    out->close();
    reader.drain(*in);
    expect(reader.ends() == "c", "the reader was told " + reader.ends());
    in->close();
    out.reset();
    in.reset();
    observer_.reset();
    world_.expect_clean();
}

}  // namespace shunt::stepper
