// SPDX-License-Identifier: MIT
//
// Two victims on one channel, killed one after the other, each at an instruction of its own: a
// producer and a consumer in the midst of their acts; or a producer, and the one who recovers it.
#pragma once

#include "process/stepper/play.hpp"

#include <cstdint>
#include <memory>

namespace shunt::stepper {

/// `recovers`: the consumer does not take, it sees to the dead producer.
struct PairAct {
    Act produce = Act::push;
    Act consume = Act::pop;
    bool recovers = false;
};

class PairPlay {
public:
    PairPlay(World& world, Ware ware, bool huge, const PairAct& act);

    /// Both stand before their acts.
    void begin();
    /// Number 0 is the producer, 1 the consumer.
    [[nodiscard]] Child& victim(std::size_t number) noexcept { return victims_[number]; }
    [[nodiscard]] bool over(std::size_t number) const noexcept;
    [[nodiscard]] std::uint64_t memory() const { return memory_of(*observer_); }
    /// A recoverer comes when the other is dead; else both may stand at once.
    [[nodiscard]] bool one_after_the_other() const noexcept { return act_.recovers; }
    /// Both are dead.
    void after_death();

private:
    void produce();
    void consume();
    void recover();
    [[nodiscard]] std::uint64_t acked(std::size_t number) const;

    World& world_;
    Ware ware_;
    PairAct act_;
    Options options_;
    Shared<Log> logs_[2];
    Child victims_[2];
    std::optional<channel::Observer> observer_;
};

using MakePair = std::function<std::unique_ptr<PairPlay>(World&)>;

}  // namespace shunt::stepper
