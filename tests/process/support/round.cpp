// SPDX-License-Identifier: MIT
#include "process/support/round.hpp"

#include "process/support/actors.hpp"
#include "process/support/fault.hpp"
#include "process/support/shared.hpp"

#include <shunt/channel/list.hpp>
#include <shunt/channel/lock.hpp>
#include <shunt/channel/registry.hpp>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace shunt::process_test {
namespace {

// To the survivor a channel is active while its last message is no older than its first sleep.
constexpr std::uint64_t kActiveNs = kFirstSleepNs;
constexpr std::uint64_t kDisturbedNs = 1'000'000;

struct Stage {
    Report survivor;
    Report victim;
    Report successor;
};

class Round {
public:
    Round(const Plan& plan, const Playground& ground, TwoCpus cpus)
        : plan_{plan},
          ground_{ground},
          cpus_{cpus},
          channel_{"round." + std::to_string(plan.number)} {}

    Outcome play() {
        Outcome outcome;
        try {
            begin();
            const std::uint64_t killed_ns = kill_victim();
            outcome = follow(killed_ns);
            finish();
            account();
            look_for_leftovers();
        } catch (const Fault& fault) {
            outcome.fault = fault.what();
        } catch (const std::exception& error) {
            outcome.fault = std::string{"the test itself failed: "} + error.what();
        }
        if (!outcome.fault.empty()) {
            outcome.fault += faults_of_actors();
            end_everything();
        }
        return outcome;
    }

private:
    [[nodiscard]] Options options_of(shunt::wait wait) const {
        Options options;
        options.capacity = is_typed(plan_.ware) ? plan_.capacity : plan_.capacity * 128;
        options.pages = plan_.huge ? pages::huge_2m : pages::base;
        options.wake = plan_.wake;
        options.linger = plan_.linger;
        options.start_pos = plan_.start_pos;
        options.frame_align = plan_.ware == Ware::dense ? 8 : plan_.ware == Ware::bytes ? 64 : 0;
        options.wait = wait;
        options.consume = plan_.consume;
        return options;
    }
    [[nodiscard]] Part part(Verb verb, shunt::wait wait) const {
        Part part;
        part.channel = channel_;
        part.ware = plan_.ware;
        part.verb = verb;
        part.options = options_of(wait);
        return part;
    }
    // A survivor that produces must find the ring full after the victim's death.
    [[nodiscard]] std::uint64_t total() const { return plan_.mark_at + 2 * plan_.capacity + 100; }

    Child act(bool produces, Part part, Report& report, Child::How how) {
        if (produces) {
            part.until = total();
        }
        return Child{
            [=, &report] { return produces ? produce(part, report) : consume(part, report); }, how};
    }
    void start_survivor() {
        Part mine = part(plan_.survivor_verb, plan_.survivor_wait);
        if (plan_.victim_waits) {
            // So that the victim finds the ring full, or has read all there is.
            mine.pause_at = plan_.victim_produces ? 0 : plan_.capacity / 2;
        }
        survivor_ = act(!plan_.victim_produces, mine, stage_->survivor, {.cpu = cpus_.second});
    }
    void start_victim() {
        Part its = part(plan_.victim_verb, plan_.victim_wait);
        its.mark_at = plan_.victim_waits ? kNever : plan_.mark_at;
        its.mark_inside = plan_.mark_inside && !plan_.victim_produces;
        victim_ =
            act(plan_.victim_produces, its, stage_->victim, {.cpu = cpus_.first, .traced = true});
    }
    void start_successor() {
        successor_ = act(plan_.victim_produces, part(Verb::single, plan_.victim_wait),
                         stage_->successor, {.cpu = cpus_.first});
    }

    // Ends early where any actor reports a fault.
    void await(const Word& word, std::uint32_t least, const std::string& what) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!word.reaches(least, std::chrono::milliseconds{50})) {
            expect(faults_of_actors().empty(), what + ": not as it should be");
            expect(std::chrono::steady_clock::now() < until, what + ": it did not happen");
        }
        expect(faults_of_actors().empty(), what + ": not as it should be");
    }
    [[nodiscard]] std::string faults_of_actors() const {
        std::string text;
        for (const auto& [report, name] :
             {std::pair{&stage_->victim, "victim"}, std::pair{&stage_->survivor, "survivor"},
              std::pair{&stage_->successor, "successor"}}) {
            if (report->faulty.get() != 0) {
                text += std::string{"; the "} + name + " says: " + report->fault;
            }
        }
        return text;
    }

    void begin() {
        if (plan_.victim_first) {
            start_victim();
        }
        start_survivor();
        if (!plan_.victim_first) {
            start_victim();
        }
        await(stage_->survivor.phase, kOpen, "the survivor opens");
        descriptors_ = open_descriptors(survivor_.pid());
    }

    // Until it stops, is where it is to be, or has failed. It is killed there; returns when.
    std::uint64_t kill_victim() {
        if (plan_.victim_waits) {
            await(stage_->victim.phase, kOpen, "the victim opens");
            until_victim_waits();
        } else {
            expect_none(victim_.until_marked(), "the victim runs to its mark");
        }
        probe_ = FileHandle::open(ground_.file_of(channel_).c_str(), O_RDONLY);
        expect(static_cast<bool>(probe_), "the channel's file is not there");
        file_ = id_of(probe_.get());
        if (plan_.victim_waits && plan_.steps != 0) {
            expect_none(victim_.stop(), "the waiting victim stops");
        }
        if (!plan_.victim_waits || plan_.steps != 0) {
            expect_none(victim_.step(plan_.steps), "the victim is stepped");
        }
        queued_ns_ = queued_ns();
        // Now: what the victim published and did not tell of is found by the survivor's own look,
        // which says nothing of how it slept before.
        progress_ns_ = get(stage_->survivor.progress_ns);
        const std::uint64_t killed_ns = now_ns();
        victim_.kill();
        return killed_ns;
    }
    void expect_none(const std::string& instead, const std::string& what) {
        expect(instead.empty(), what + ": " + instead);
    }

    // Its counters tell that it found nothing to do after the last message it can have moved.
    void until_victim_waits() {
        if (!plan_.victim_produces) {
            await(stage_->survivor.phase, kPaused, "the survivor pauses");
        }
        const channel::Observer observer{channel_};
        const auto& counters = observer.counters(plan_.victim_produces ? layout::kProducerSeat
                                                                       : layout::kConsumerSeat);
        const auto& idle = plan_.victim_produces ? counters.full : counters.empty_polls;
        const auto until = std::chrono::steady_clock::now() + kPatience;
        const auto wait_for = [&](auto&& there) {
            while (!there()) {
                expect(std::chrono::steady_clock::now() < until, "the victim never waits");
                ::sched_yield();
            }
        };
        if (!plan_.victim_produces) {
            const std::uint64_t sent = get(stage_->survivor.done);
            wait_for([&] { return get(stage_->victim.done) == sent; });
        }
        const std::uint64_t before = plan_.victim_produces ? 0 : get(idle);
        wait_for([&] { return get(idle) > before; });
        if (plan_.victim_wait == wait::park) {
            wait_for([&] { return victim_.sleeps_in(SYS_futex); });
        }
    }

    // From the kill to the survivor's knowing.
    Outcome follow(std::uint64_t killed_ns) {
        Outcome outcome;
        if (plan_.rush) {
            start_successor();
        }
        const std::uint64_t held_ns = until_released(killed_ns, outcome);
        probe_.reset();
        expect(victim_.wait() == "signal 9", "the victim ended by " + victim_.wait());
        if (plan_.victim_waits) {
            stage_->survivor.resume.set(1);
        }
        if (plan_.rush) {
            return outcome;
        }
        await(stage_->survivor.told, 1, "the survivor is told");
        outcome.disturbed = queued_ns() - queued_ns_ > kDisturbedNs;
        const std::uint64_t told_ns = get(stage_->survivor.told_ns);
        outcome.idle = killed_ns > progress_ns_ + kActiveNs;
        if (!plan_.victim_waits) {
            outcome.release_to_action_ns = told_ns > held_ns ? told_ns - held_ns : 0;
        }
        start_successor();
        return outcome;
    }

    [[nodiscard]] std::uint64_t queued_ns() const {
        return waited_for_cpu_ns(survivor_.pid()) + waited_for_cpu_ns(::getpid());
    }

    // Looks at the victim's lock until it is free; returns when it was last seen held.
    std::uint64_t until_released(std::uint64_t killed_ns, Outcome& outcome) {
        const std::uint64_t byte = channel::token_byte(get(stage_->victim.token));
        std::uint64_t held_ns = killed_ns;
        for (std::uint64_t now = now_ns(); channel::is_locked(probe_.get(), byte); now = now_ns()) {
            held_ns = now;
            expect(now - killed_ns < 10'000'000'000u, "the victim keeps its lock");
            ::sched_yield();
        }
        outcome.kill_to_release_ns = now_ns() - killed_ns;
        return held_ns;
    }

    void finish() {
        Report& producer = plan_.victim_produces ? stage_->successor : stage_->survivor;
        Report& consumer = plan_.victim_produces ? stage_->survivor : stage_->successor;
        await(producer.phase, kFinished, "the producer finishes");
        if (!plan_.victim_produces) {
            look_at_survivor(2);
        }
        producer.leave.set(1);
        await(consumer.phase, kFinished, "the consumer finishes");
        if (plan_.victim_produces) {
            expect(successor_.wait() == "exit 0", "the successor: " + successor_.wait());
            look_at_survivor(1);
        } else {
            expect(survivor_.wait() == "exit 0", "the survivor: " + survivor_.wait());
        }
        consumer.leave.set(1);
        expect(successor_.wait() == "exit 0", "the successor: " + successor_.wait());
        expect(survivor_.wait() == "exit 0", "the survivor: " + survivor_.wait());
        expect(locks_on(file_) == 0, "locks are left on the channel's file");
    }
    void look_at_survivor(std::uint64_t participants) {
        expect_within(open_descriptors(survivor_.pid()), descriptors_, descriptors_,
                      "number of the survivor's descriptors");
        expect_within(locks_on(file_), participants, participants, "number of locks on the file");
    }

    void account() {
        const Report& victim = stage_->victim;
        const Report& survivor = stage_->survivor;
        const Report& successor = stage_->successor;
        const Report& last_consumer = plan_.victim_produces ? survivor : successor;
        const std::uint64_t most = plan_.victim_verb == Verb::single ? 1 : kMostAtOnce;
        const std::uint64_t done = get(victim.done);
        const std::uint64_t taken_over = get(successor.first);
        expect_within(get(last_consumer.seen), total(), total(), "number of messages in the end");
        if (plan_.victim_produces) {
            expect_within(taken_over, done, done + most, "number that the successor begins with");
            expect_within(get(survivor.first), 0, 0, "the survivor's first number");
            if (!plan_.rush) {
                expect_within(get(survivor.done_at_end), taken_over, taken_over,
                              "number of messages that the survivor had when told of the death");
            }
            expect(survivor.ends_told() == "dc", "the survivor was told " + survivor.ends_told());
        } else {
            account_for_consumers(done, most, taken_over);
            const std::string told = survivor.ends_told();
            expect(told == "d" || (plan_.rush && told.empty()), "the survivor was told " + told);
            expect(successor.ends_told() == "c", "the successor was told " + successor.ends_told());
        }
        expect(get(survivor.flagged_end) == 0, "the survivor got messages flagged as redelivered");
        expect(victim.ends_told().empty(), "the victim was told " + victim.ends_told());
    }
    void account_for_consumers(std::uint64_t done, std::uint64_t most, std::uint64_t taken_over) {
        const std::uint64_t seen = get(stage_->victim.seen);
        const std::uint64_t flagged_end = get(stage_->successor.flagged_end);
        const bool copies = plan_.victim_verb == Verb::single || (plan_.victim_verb == Verb::batch);
        if (copies) {
            expect_within(taken_over, done, done + most, "number that the successor begins with");
            expect_within(flagged_end, 0, 0, "end of what came flagged as redelivered");
            return;
        }
        expect_within(taken_over, done, seen, "number that the successor begins with");
        if (flagged_end == 0) {
            expect_within(taken_over, seen, seen,
                          "nothing is flagged, so what the victim saw last");
        } else {
            expect_within(flagged_end, seen, seen + most,
                          "end of what came flagged as redelivered");
        }
    }

    void look_for_leftovers() {
        const std::vector<std::string> files = ground_.files();
        const std::vector<std::string> slots = slots_files();
        if (plan_.linger != linger::keep) {
            expect(files.empty(), "left in the directory: " + (files.empty() ? "" : files.front()));
            expect(slots.empty(), "left on hugetlbfs: " + (slots.empty() ? "" : slots.front()));
            return;
        }
        expect(files == std::vector<std::string>{channel_ + ".shunt"},
               "a channel that is kept is not the one file in the directory");
        expect(slots.size() == (plan_.huge ? 1 : 0), "slots files that stay with a kept channel");
        sweep();
    }
    void sweep() {
        ::unlink(ground_.file_of(channel_).c_str());
        for (const std::string& slots : slots_files()) {
            ::unlink(slots.c_str());
        }
    }
    void end_everything() {
        victim_.end();
        successor_.end();
        survivor_.end();
        sweep();
    }

    const Plan& plan_;
    const Playground& ground_;
    TwoCpus cpus_;
    std::string channel_;
    Shared<Stage> stage_;
    Child survivor_;
    Child victim_;
    Child successor_;
    FileHandle probe_;
    FileId file_;
    std::uint64_t descriptors_ = 0;
    std::uint64_t queued_ns_ = 0;    // at the kill
    std::uint64_t progress_ns_ = 0;  // when the survivor had last moved a message, at the kill
};

}  // namespace

Plan draw(std::uint64_t seed, std::uint64_t number, bool may_be_huge) {
    std::mt19937_64 random{mixed(seed) ^ mixed(number + 1)};
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    Plan plan;
    plan.number = number;
    plan.ware = static_cast<Ware>(below(4));
    plan.victim_produces = below(2) == 0;
    plan.huge = may_be_huge && below(3) == 0;
    plan.victim_waits = below(4) == 0;
    plan.rush = below(5) == 0;
    plan.victim_first = below(2) == 0;
    const auto any_wait = [&] {
        return below(2) == 0 ? wait::park : below(2) == 0 ? wait::spin : wait::spin_pause;
    };
    plan.victim_wait = any_wait();
    plan.survivor_wait = any_wait();
    const bool both_spin = plan.victim_wait != wait::park && plan.survivor_wait != wait::park;
    plan.wake = both_spin && below(2) == 0 ? wake::polling : wake::wakeable;
    plan.consume = below(2) == 0 ? consume::latency : consume::throughput;
    const std::uint64_t stays = below(10);
    plan.linger = stays == 0 ? linger::keep : stays == 1 ? linger::none : linger::drained;
    const auto any_verb = [&](bool produces) { return static_cast<Verb>(below(produces ? 3 : 4)); };
    plan.victim_verb = any_verb(plan.victim_produces);
    plan.survivor_verb = any_verb(!plan.victim_produces);
    plan.mark_at = 1 + below(300);
    plan.mark_inside = !plan.victim_produces && below(2) == 0;
    // A third die in the call behind the mark and leave the channel active; a third further on.
    constexpr std::uint64_t kSteps[] = {121, 501, 2001};
    plan.steps = static_cast<std::uint32_t>(below(kSteps[below(3)]));
    plan.capacity = below(2) == 0 ? 64 : 512;
    plan.start_pos = below(4) == 0 ? (std::uint64_t{1} << 32) - 64 * (1 + below(100)) : 0;
    return plan;
}

std::string describe(const Plan& plan) {
    const auto waits = [](shunt::wait how) {
        return how == wait::park ? "park" : how == wait::spin ? "spin" : "spin_pause";
    };
    return "round " + std::to_string(plan.number) + ": " + std::string{to_string(plan.ware)} +
           (plan.huge ? ", 2m" : ", 4k") + ", victim " +
           (plan.victim_produces ? "produces" : "consumes") + " (" +
           std::string{to_string(plan.victim_verb)} + ", " + waits(plan.victim_wait) +
           (plan.victim_waits ? ", waiting" : ", working") + (plan.victim_first ? ", first" : "") +
           "), survivor (" + std::string{to_string(plan.survivor_verb)} + ", " +
           waits(plan.survivor_wait) + ")" +
           (plan.wake == wake::polling ? ", polling" : ", wakeable") +
           (plan.consume == consume::throughput ? ", throughput" : "") +
           (plan.rush ? ", successor in a rush" : "") + ", linger " +
           std::to_string(static_cast<int>(plan.linger)) + ", capacity " +
           std::to_string(plan.capacity) + ", start " + std::to_string(plan.start_pos) +
           ", killed " + std::to_string(plan.steps) + " instructions after " +
           (plan.mark_inside ? "a look at message " : "message ") + std::to_string(plan.mark_at);
}

Outcome play(const Plan& plan, const Playground& ground, TwoCpus cpus) {
    stay_on(cpus.first);
    return Round{plan, ground, cpus}.play();
}

}  // namespace shunt::process_test
