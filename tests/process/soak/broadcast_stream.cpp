// SPDX-License-Identifier: MIT
//
// broadcast in the soak, in lanes too, and latest: a publisher, and one to five subscribers, each
// of which is succeeded by one that begins where it had come to. Of a broadcast channel half of
// them may be gates, which the publisher waits for, or evicts; it does not wait for the others,
// which may want the newest message only. Exact is, for each of them: what it received and what it
// was told is lost are all that was published; and a publisher's successor goes on at the first
// message that nobody can have seen. A latest value's ports have the face of these
// (latest_faces.hpp): what its readers pass over is lost.
// Where there are lanes there are up to three publishers, and any of them goes on in the lane that
// another left; a subscriber's successor begins at the oldest message of each lane; and in the end
// all subscribers have come to the same place.
#include "process/soak/stream.hpp"
#include "process/support/fault.hpp"

#include <shunt/channel/header.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <utility>
#include <vector>

namespace shunt::process_test {
namespace {

constexpr std::size_t kMostPublishers = 3;
constexpr std::size_t kMostSubscribers = 5;

struct Plan {
    Ware ware = Ware::small;
    Options options;
    std::size_t publishers = 1;
    std::size_t subscribers = 1;
    std::uint64_t total = 0;  // by each publisher
    bool gates = false;       // half of the subscribers are
    bool conflates = false;   // the others
    std::vector<shunt::wait> waits;
};

Plan draw(const Ground& ground, layout::Kind kind) {
    Plan plan;
    plan.ware = static_cast<Ware>(ground.below(3));
    plan.subscribers = 1 + ground.below(kMostSubscribers);
    plan.options.capacity = kind == layout::Kind::latest ? std::uint64_t{2} << ground.below(3)
                                                         : std::uint64_t{4} << 2 * ground.below(4);
    plan.options.max_message = plan.ware == Ware::bytes ? kLongest : 0;
    plan.options.ports = ground.below(2) == 0 ? 10 : 0;
    if (kind == layout::Kind::broadcast_lanes) {
        plan.publishers = 1 + ground.below(kMostPublishers);
        plan.options.lanes = static_cast<std::uint32_t>(plan.publishers + ground.below(3));
        plan.options.ports += plan.options.ports == 0 ? 0 : plan.options.lanes;
    }
    plan.options.pages = ground.may_be_huge && ground.below(3) == 0 ? pages::huge_2m : pages::base;
    plan.options.linger = ground.below(8) == 0 ? linger::none : linger::drained;
    plan.options.start_pos =
        ground.below(4) == 0 ? (std::uint64_t{1} << 32) - ground.below(6400) : 0;
    plan.waits.assign(plan.publishers + plan.subscribers, wait::park);
    if (ground.may_spin) {
        bool parks = false;
        for (shunt::wait& how : plan.waits) {
            how = static_cast<shunt::wait>(ground.below(3));
            parks = parks || how == wait::park;
        }
        plan.options.wake = !parks && ground.below(2) == 0 ? wake::polling : wake::wakeable;
    }
    if (kind != layout::Kind::latest) {
        plan.gates = ground.below(2) == 0;
        plan.conflates = ground.below(3) == 0;
        plan.options.on_slow = ground.below(2) == 0 ? on_slow::evict : on_slow::block;
    }
    // A publisher lets others run behind each call, and those that spin run for long.
    const auto spin = plan.waits.size() - static_cast<std::size_t>(std::count(
                                              plan.waits.begin(), plan.waits.end(), wait::park));
    plan.total = (2000 + ground.below(8000)) / std::max<std::size_t>(1, spin);
    return plan;
}

class BroadcastStream : public Stream {
public:
    BroadcastStream(const Ground& ground, layout::Kind kind)
        : ground_{ground},
          kind_{kind},
          plan_{draw(ground, kind)},
          verbs_(seats()),
          seats_(seats()) {}

    [[nodiscard]] std::string describe() const override {
        std::string text = std::string{channel::to_string(kind_)} + " " + ground_.channel + ": " +
                           std::string{to_string(plan_.ware)} +
                           (plan_.options.pages == pages::huge_2m ? ", 2m" : ", 4k") +
                           (plan_.options.wake == wake::polling ? ", polling" : ", wakeable") +
                           ", capacity " + std::to_string(plan_.options.capacity) + ", start " +
                           std::to_string(plan_.options.start_pos) + ", published " +
                           std::to_string(sent().low) + " to " + std::to_string(sent().high) +
                           " of " + std::to_string(plan_.publishers * plan_.total) + " by " +
                           std::to_string(plan_.publishers) + " to " +
                           std::to_string(plan_.subscribers) + " subscribers" +
                           (!plan_.gates                              ? ""
                            : plan_.options.on_slow == on_slow::evict ? ", gates are evicted"
                                                                      : ", gates are waited for") +
                           (plan_.conflates ? ", the others conflate" : "");
        constexpr const char* kWaits[] = {"spin", "spin_pause", "park"};
        for (std::size_t seat = 0; seat < seats(); ++seat) {
            text += std::string{seat == 0 ? " (" : ", "} + std::string{to_string(verbs_[seat])} +
                    " " + kWaits[static_cast<std::size_t>(plan_.waits[seat])];
        }
        return text + ")";
    }
    [[nodiscard]] std::size_t seats() const override {
        return plan_.publishers + plan_.subscribers;
    }

    [[nodiscard]] std::function<int()> enter(std::size_t seat, Fate& fate, Doom& doom) override {
        const bool publishes = seat < plan_.publishers;
        const std::uint64_t begins = publishes ? sent_[seat].low : lanes() ? 0 : seats_[seat].next;
        if (fate.works() && begins + fate.after + kMostAtOnce >= plan_.total) {
            fate = {};
        }
        seats_[seat].settled = false;
        verbs_[seat] = static_cast<Verb>(ground_.below(publishes ? 3 : 4));
        new (&stage_->reports[seat]) Report;
        Part part;
        part.channel = ground_.channel;
        part.kind = kind_;
        part.ware = plan_.ware;
        part.verb = verbs_[seat];
        part.options = plan_.options;
        part.options.wait = plan_.waits[seat];
        part.options.resume = ground_.below(4) == 0 ? resume::newest : resume::oldest;
        part.begins = begins;
        part.until = publishes ? plan_.total : kNever;
        if (!publishes) {
            part.options.policy = plan_.gates && seat % 2 == 0 ? policy::gated
                                  : plan_.conflates            ? policy::conflate
                                                               : policy::lossy;
            if (part.options.policy == policy::conflate && part.verb == Verb::batch) {
                part.verb = verbs_[seat] = Verb::single;
            }
            part.options.from = lanes() ? from::oldest : plan_.options.start_pos + begins;
            part.options.start_pos = 0;  // as it is
            part.options.open_timeout = kPatience;
        }
        give_fate(part, fate, !publishes, begins, doom, *ground_.bell);
        Report& report = stage_->reports[seat];
        return [=, &report] { return publishes ? produce(part, report) : consume(part, report); };
    }
    [[nodiscard]] Report& report(std::size_t seat) const override { return stage_->reports[seat]; }
    [[nodiscard]] std::size_t witness(std::size_t seat) const override {
        return seat < plan_.publishers && !lanes() ? 1 : kNoSeat;
    }
    [[nodiscard]] bool parks(std::size_t seat) const override {
        return plan_.waits[seat] == wait::park;
    }
    /// Subscribers wait for a publisher that closes; nobody waits for a subscriber.
    [[nodiscard]] bool is_missed(std::size_t seat) const override {
        return seat < plan_.publishers;
    }

    void died(std::size_t seat) override { settle(seat); }
    void was_told(std::size_t seat) override {
        // Told behind all that it had published, read or lost.
        if (seat < plan_.publishers) {
            Range& sent = sent_[seat];
            const std::uint64_t exactly = get(stage_->reports[1].done_at_last_end);
            expect_within(exactly, sent.low, sent.high, "messages before the publisher's death");
            // A value that was written, and not told of, is the successor's to tell of.
            sent = {exactly, latest() ? std::min(exactly + 1, sent.high) : exactly};
        }
    }
    [[nodiscard]] Sums account() override {
        for (std::size_t seat = 0; seat < seats(); ++seat) {
            settle(seat);
        }
        for (std::size_t seat = 0; seat < plan_.publishers; ++seat) {
            expect_within(sent_[seat].low, plan_.total, plan_.total,
                          "number of messages published");
        }
        // In lanes, one that died may have published more than it has written down.
        const std::uint64_t least = plan_.publishers * plan_.total;
        const std::uint64_t all = lanes() ? seats_[plan_.publishers].next : least;
        expect_within(all, least, least + doubts_, "number of messages in all lanes");
        Sums sums{.messages = all};
        for (std::size_t seat = plan_.publishers; seat < seats(); ++seat) {
            const Seat& it = seats_[seat];
            expect_within(it.next, all, all, "number of messages received or lost");
            sums.received += it.received;
            sums.lost += it.lost;
        }
        return sums;
    }

private:
    struct Range {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };
    struct Seat {
        std::uint64_t next = 0;  // where a successor begins
        std::uint64_t received = 0;
        std::uint64_t lost = 0;
        bool settled = true;  // nothing has been done in the seat since
    };
    struct Stage {
        Report reports[kMostPublishers + kMostSubscribers];
    };

    [[nodiscard]] bool latest() const noexcept { return kind_ == layout::Kind::latest; }
    [[nodiscard]] bool lanes() const noexcept { return kind_ == layout::Kind::broadcast_lanes; }
    [[nodiscard]] Range sent() const {
        Range all;
        for (const Range& one : sent_) {
            all = {all.low + one.low, all.high + one.high};
        }
        return all;
    }
    // What the process that was in the seat did, against what its predecessors can have done.
    void settle(std::size_t seat) {
        const Report& report = stage_->reports[seat];
        if (std::exchange(seats_[seat].settled, true) || get(report.first) == kNever) {
            return;  // it never took part
        }
        if (seat < plan_.publishers) {
            Range& sent = sent_[seat];
            expect_within(get(report.first), sent.low, sent.high,
                          "number that a publisher began with");
            sent = {get(report.done), std::min(get(report.done) + kMostAtOnce, plan_.total)};
            doubts_ += report.phase.get() < kFinished ? kMostAtOnce : 0;
            return;
        }
        Seat& it = seats_[seat];
        const std::uint64_t first = get(report.first);
        expect(lanes() || first == it.next, "a subscriber began with number " +
                                                std::to_string(first) + ", its predecessor " +
                                                "came to " + std::to_string(it.next));
        const std::uint64_t done = get(report.done);
        const std::uint64_t passed = done - first;
        const std::uint64_t known = get(report.received) + get(report.lost);
        // Each is written down before they are together; one that died may have been between.
        expect(report.phase.get() < kFinished ? known >= passed : known == passed,
               "received " + std::to_string(get(report.received)) + ", lost " +
                   std::to_string(get(report.lost)) + ", and went from " + std::to_string(first) +
                   " to " + std::to_string(done));
        it.next = done;
        it.received += get(report.received);
        it.lost += get(report.lost);
    }

    Ground ground_;
    layout::Kind kind_;
    Plan plan_;
    Shared<Stage> stage_;
    std::vector<Verb> verbs_;
    std::vector<Seat> seats_;
    // What each publisher's seat has published: all below low, nothing from high on. In lanes low
    // is what its successor counts from.
    std::array<Range, kMostPublishers> sent_{};
    std::uint64_t doubts_ = 0;  // published, perhaps, by those who died
};

}  // namespace

std::unique_ptr<Stream> begin_broadcast(const Ground& ground) {
    return std::make_unique<BroadcastStream>(ground, layout::Kind::broadcast);
}

std::unique_ptr<Stream> begin_broadcast_lanes(const Ground& ground) {
    return std::make_unique<BroadcastStream>(ground, layout::Kind::broadcast_lanes);
}

std::unique_ptr<Stream> begin_latest(const Ground& ground) {
    return std::make_unique<BroadcastStream>(ground, layout::Kind::latest);
}

}  // namespace shunt::process_test
