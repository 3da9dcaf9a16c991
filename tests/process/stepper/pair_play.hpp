// SPDX-License-Identifier: MIT
//
// Two victims on one channel, killed one after the other, each at an instruction of its own: both
// in the midst of their acts; or one, and another who recovers it.
#pragma once

#include "process/stepper/play.hpp"

#include <cstdint>
#include <memory>

namespace shunt::stepper {

class PairPlay {
public:
    virtual ~PairPlay() = default;

    /// Both stand before their acts.
    virtual void begin() = 0;
    [[nodiscard]] virtual Child& victim(std::size_t number) noexcept = 0;
    [[nodiscard]] virtual bool over(std::size_t number) const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t memory() const = 0;
    /// The second one's act comes when the other is dead; else both may stand at once.
    [[nodiscard]] virtual bool one_after_the_other() const noexcept = 0;
    /// Both are dead.
    virtual void after_death() = 0;
};

/// On a stream, the producer is number 0, the consumer 1. `recovers`: that does not take, it sees
/// to the dead producer.
struct PairAct {
    Act produce = Act::push;
    Act consume = Act::pop;
    bool recovers = false;
};

class StreamPair final : public PairPlay {
public:
    StreamPair(World& world, Ware ware, bool huge, const PairAct& act);

    void begin() override;
    Child& victim(std::size_t number) noexcept override { return victims_[number]; }
    bool over(std::size_t number) const noexcept override;
    std::uint64_t memory() const override { return memory_of(*observer_); }
    bool one_after_the_other() const noexcept override { return act_.recovers; }
    void after_death() override;

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
