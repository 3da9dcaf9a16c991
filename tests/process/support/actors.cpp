// SPDX-License-Identifier: MIT
#include "process/support/actors.hpp"

#include "process/support/broadcast_wares.hpp"
#include "process/support/child.hpp"
#include "process/support/crowd_wares.hpp"
#include "process/support/latest_faces.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

namespace shunt::process_test {
namespace {

// How long one among many, whose end comes after so many messages, waits for the next of them: the
// others may have taken all there is.
constexpr std::chrono::milliseconds kIdle{20};

channel::Deadline patience() {
    return std::chrono::steady_clock::now() + kPatience;
}

void must_reach(const Word& word, std::uint32_t least, Report& report, const char* what) {
    if (!word.reaches(least)) {
        report.fail(std::string{"nobody "} + what);
    }
}

void enter(Phase phase, const Part& part, Report& report) {
    report.phase.set(phase);
    if (part.changed) {
        part.changed();
    }
}

void stop_at_mark(const Part& part) {
    if (part.at_mark) {
        part.at_mark();
    } else {
        mark();
    }
}

// What both sides do between calls.
class Course {
public:
    Course(const Part& part, Report& report) : part_{part}, report_{report} {}

    void before(std::uint64_t number) {
        if (number >= part_.pause_at && !paused_) {
            paused_ = true;
            enter(kPaused, part_, report_);
            must_reach(report_.resume, 1, report_, "let it go on");
            enter(kResumed, part_, report_);
        }
        if (!part_.mark_inside) {
            mark_from(number);
        }
    }
    void inside(std::uint64_t number) {
        if (part_.mark_inside) {
            mark_from(number);
        }
    }
    /// True until it has stopped where it is to.
    [[nodiscard]] bool is_to_stop() const { return part_.mark_at != kNever && !marked_; }
    /// There is nothing more for it to do until then.
    void stop_now() { mark_from(kNever); }

    /// False for what is neither an end nor ok.
    bool ended(Status status, std::uint64_t done) {
        if (status != Status::peer_dead && status != Status::closed) {
            report_.fail("at message " + std::to_string(done) + ": " +
                         std::string{shunt::to_string(status)});
            return false;
        }
        const std::uint32_t ends = report_.told.get();
        if (ends == 0) {
            report_.told_ns.store(now_ns(), std::memory_order_relaxed);
            report_.done_at_end.store(done, std::memory_order_relaxed);
        }
        if (ends + 1 >= sizeof(report_.ends)) {
            report_.fail("ends are told again and again");
            return false;
        }
        report_.last_told_ns.store(now_ns(), std::memory_order_relaxed);
        report_.done_at_last_end.store(done, std::memory_order_relaxed);
        report_.ends[ends] = status == Status::closed ? 'c' : 'd';
        report_.told.set(ends + 1);
        if (part_.changed) {
            part_.changed();
        }
        return true;
    }

private:
    void mark_from(std::uint64_t number) {
        if (number >= part_.mark_at && !marked_) {
            marked_ = true;
            stop_at_mark(part_);
        }
    }

    const Part& part_;
    Report& report_;
    bool paused_ = false;
    bool marked_ = false;
};

void progress(Report& report, std::uint64_t done) {
    report.done.store(done, std::memory_order_release);
    report.progress_ns.store(now_ns(), std::memory_order_relaxed);
}

// Writes down what a consumer sees. The first message may have any number, the others follow it.
class Ledger {
public:
    Ledger(const Part& part, Report& report, Course& course)
        : part_{part}, report_{report}, course_{course} {}

    void seen(std::uint64_t number, bool whole, bool redelivered) {
        if (report_.first.load(std::memory_order_relaxed) == kNever) {
            next_ = number;
            report_.done.store(number, std::memory_order_relaxed);
            report_.first.store(number, std::memory_order_release);
        }
        if (!whole) {
            report_.fail("message " + std::to_string(next_) + " is damaged");
        } else if (number != next_) {
            report_.fail("message " + std::to_string(next_) + " was to come, " +
                         std::to_string(number) + " came");
        }
        if (redelivered) {
            const std::uint64_t flagged = report_.flagged_end.load(std::memory_order_relaxed);
            if (number != report_.first.load(std::memory_order_relaxed) && flagged != number) {
                report_.fail("message " + std::to_string(number) +
                             " is flagged as redelivered after one that was not");
            }
            report_.flagged_end.store(number + 1, std::memory_order_relaxed);
        }
        if (part_.journal != nullptr) {
            part_.journal->delivered(number, redelivered);
        }
        report_.seen.store(++next_, std::memory_order_release);
        course_.inside(next_);
    }
    void done() { progress(report_, next_); }
    [[nodiscard]] std::uint64_t next() const { return next_; }

private:
    const Part& part_;
    Report& report_;
    Course& course_;
    std::uint64_t next_ = 0;
};

// The same where there are many: of each producer's messages those that come as new have growing
// numbers. Where messages tell their producer, its successor is another, whose messages may come
// first. Numbers of its own are counts.
class CrowdLedger {
public:
    /// `whose`: the producer of the message that was delivered last, in that part.
    CrowdLedger(const Part& part, Report& report, Course& course,
                std::function<std::uint64_t(std::uint64_t part)> whose)
        : part_{part}, report_{report}, course_{course}, whose_{std::move(whose)} {}

    void seen(std::uint64_t number, bool whole, bool redelivered) {
        if (!whole) {
            report_.fail("message " + std::to_string(number) + " is damaged");
            return;
        }
        report_.first.store(0, std::memory_order_release);
        const std::uint64_t part = number / kSpan;
        Of& of = of_.try_emplace(whose_(part), Of{part, number - number % kSpan}).first->second;
        if (redelivered) {
            report_.flagged_end.fetch_add(1, std::memory_order_relaxed);
        } else if (number < of.least || part != of.part) {
            report_.fail("message " + std::to_string(number) + " came too late, or is another's");
        } else {
            of.least = number + 1;
        }
        part_.journal[number / kSpan].delivered(number % kSpan, redelivered);
        report_.seen.store(++count_, std::memory_order_release);
        course_.inside(count_);
    }
    void done() { progress(report_, count_); }
    [[nodiscard]] std::uint64_t next() const { return count_; }

private:
    struct Of {
        std::uint64_t part;
        std::uint64_t least;  // number of its next message that comes as new
    };

    const Part& part_;
    Report& report_;
    Course& course_;
    std::function<std::uint64_t(std::uint64_t)> whose_;
    std::map<std::uint64_t, Of> of_;  // by producer
    std::uint64_t count_ = 0;
};

// The same of a subscriber, in each lane where there are lanes: where it was overtaken, what it has
// lost is passed over. What it reports are sums over lanes.
template <class Port>
class FollowersLedger {
public:
    FollowersLedger(Report& report, Course& course, const Port& port)
        : report_{report}, course_{course}, port_{port} {
        for (std::uint32_t lane = 0; lane < lanes(); ++lane) {
            next_.push_back(next_position(lane) - port.header().start_pos);
            lost_.push_back(0);
        }
        report_.done.store(next(), std::memory_order_relaxed);
        report_.first.store(next(), std::memory_order_release);
    }

    void seen(std::uint64_t number, bool whole) {
        std::uint64_t& next_there = next_[lane()];
        if (!whole) {
            report_.fail("message " + std::to_string(number) + " is damaged");
        } else if (number != next_there) {
            report_.fail("message " + std::to_string(next_there) + " was to come, " +
                         std::to_string(number) + " came, in lane " + std::to_string(lane()));
        }
        ++next_there;
        report_.received.fetch_add(1, std::memory_order_relaxed);
        report_.seen.store(next(), std::memory_order_release);
        course_.inside(next());
    }
    void lost(std::uint64_t all) {
        if (report_.lost.exchange(all, std::memory_order_relaxed) == all) {
            return;
        }
        for (std::uint32_t lane = 0; lane < lanes(); ++lane) {
            next_[lane] += lost_in(lane) - lost_[lane];
            lost_[lane] = lost_in(lane);
        }
        progress(report_, next());
    }
    void done() { progress(report_, next()); }
    [[nodiscard]] std::uint64_t next() const {
        return std::accumulate(next_.begin(), next_.end(), std::uint64_t{0});
    }

private:
    static constexpr bool kLanes = requires(const Port& port) { port.lanes(); };

    [[nodiscard]] std::uint32_t lanes() const {
        if constexpr (kLanes) {
            return port_.lanes();
        } else {
            return 1;
        }
    }
    [[nodiscard]] std::uint32_t lane() const {
        if constexpr (kLanes) {
            return port_.lane();
        } else {
            return 0;
        }
    }
    [[nodiscard]] std::uint64_t next_position(std::uint32_t lane) const {
        if constexpr (kLanes) {
            return port_.next_position(lane);
        } else {
            return port_.next_position() + lane;
        }
    }
    [[nodiscard]] std::uint64_t lost_in(std::uint32_t lane) const {
        if constexpr (kLanes) {
            return port_.lost(lane);
        } else {
            return port_.lost() + lane;
        }
    }

    Report& report_;
    Course& course_;
    const Port& port_;
    std::vector<std::uint64_t> next_;  // of each lane
    std::vector<std::uint64_t> lost_;
};

template <class End>
void leave(End& end, const Part& part, Report& report) {
    enter(kFinished, part, report);
    if (report.faulty.get() == 0) {
        must_reach(report.leave, 1, report, "let it leave");
    }
    if (part.mark_closing) {
        stop_at_mark(part);
    }
    end.port.close();
}

// Who has a number to begin with has taken part, so that is told behind all else.
template <class Out>
void produce_through(Out& out, const Part& part, Report& report) {
    report.token.store(out.port.participant().token(), std::memory_order_relaxed);
    std::uint64_t next = out.next();
    report.done.store(next, std::memory_order_relaxed);
    report.first.store(next, std::memory_order_release);
    enter(kOpen, part, report);
    Course course{part, report};
    while (next < part.until && report.faulty.get() == 0) {
        const channel::Deadline deadline = patience();
        std::uint64_t moved = 0;
        course.before(next);
        const Status status = out.put(part.verb, next, part.until, moved, deadline);
        if (status) {
            next += moved;
            progress(report, next);
        } else if (!course.ended(status, next)) {
            break;
        }
    }
}

template <class Out>
void produce_with(const Part& part, Report& report) {
    Out out{part.channel, part.options};
    produce_through(out, part, report);
    leave(out, part, report);
}

template <class Out>
void produce_among(const Part& part, Report& report) {
    Out out{part.channel, part.options, part.seat, part.begins, report.abandoned};
    produce_through(out, part, report);
    static_cast<void>(out.port.recover());  // of those who died last nobody may have asked yet
    leave(out, part, report);
}

template <class In>
void consume_with(const Part& part, Report& report) {
    In in{part.channel, part.options};
    report.token.store(in.port.participant().token(), std::memory_order_relaxed);
    enter(kOpen, part, report);
    Course course{part, report};
    Ledger ledger{part, report, course};
    std::uint32_t closes = 0;
    while (ledger.next() < part.until && report.faulty.get() == 0) {
        const channel::Deadline deadline = patience();
        course.before(ledger.next());
        const Status status = in.take(part.verb, ledger, deadline);
        if (!status && (!course.ended(status, ledger.next()) ||
                        (status == Status::closed && ++closes == part.closes) ||
                        report.told.get() == part.ends)) {
            break;
        }
    }
    leave(in, part, report);
}

template <class In>
void follow_with(const Part& part, Report& report) {
    In in{part.channel, part.options};
    report.token.store(in.port.participant().token(), std::memory_order_relaxed);
    Course course{part, report};
    FollowersLedger ledger{report, course, in.port};
    enter(kOpen, part, report);
    while (report.faulty.get() == 0) {
        const channel::Deadline deadline = patience();
        course.before(ledger.next());
        const Status status = in.take(part.verb, ledger, deadline);
        if (!status && status != Status::lapped &&
            (!course.ended(status, ledger.next()) || status == Status::closed)) {
            break;
        }
    }
    if (course.is_to_stop()) {
        course.stop_now();
    }
    leave(in, part, report);
}

template <class In>
void consume_among(const Part& part, Report& report) {
    In in{part.channel, part.options};
    report.token.store(in.port.participant().token(), std::memory_order_relaxed);
    enter(kOpen, part, report);
    Course course{part, report};
    CrowdLedger ledger{part, report, course, [&](std::uint64_t number_part) {
                           if constexpr (requires { in.port.producer(); }) {
                               return in.port.producer();
                           } else {
                               return number_part;
                           }
                       }};
    std::uint32_t closes = 0;
    while (report.faulty.get() == 0) {
        const channel::Deadline deadline =
            course.is_to_stop() ? std::chrono::steady_clock::now() + kIdle : patience();
        course.before(ledger.next());
        const Status status = in.take(part.verb, ledger, deadline);
        if (status == Status::gap) {
            report.gaps.fetch_add(1, std::memory_order_relaxed);
        } else if (status == Status::timeout && course.is_to_stop()) {
            course.stop_now();
        } else if (!status && (!course.ended(status, ledger.next()) ||
                               (status == Status::closed && ++closes == part.closes))) {
            break;
        }
    }
    static_cast<void>(in.port.recover());
    if (course.is_to_stop()) {
        course.stop_now();
    }
    leave(in, part, report);
}

template <class T>
using InLane = LaneOut<CastOut<T, broadcast::LanePublisher<T>>>;
using BytesInLane = LaneOut<CastBytesOut<broadcast::BytesLanePublisher>>;

template <class Work>
int guarded(const Part& part, Report& report, Work&& work) noexcept {
    try {
        enter(kOpening, part, report);
        if (part.mark_opening) {
            stop_at_mark(part);
        }
        work();
    } catch (const std::exception& error) {
        report.fail(error.what());
    }
    enter(kClosed, part, report);
    return report.faulty.get() == 0 ? 0 : 1;
}

}  // namespace

std::string Report::ends_told() const {
    return {ends, told.get()};
}

void Report::fail(const std::string& text) noexcept {
    if (faulty.get() == 0) {
        std::memcpy(fault, text.data(), std::min(text.size(), sizeof(fault) - 1));
        faulty.set(1);
    }
}

int produce(const Part& part, Report& report) noexcept {
    return guarded(part, report, [&] {
        if (part.kind == layout::Kind::mpmc) {
            return part.ware == Ware::large   ? produce_among<CrowdOut<Large>>(part, report)
                   : part.ware == Ware::bytes ? produce_among<CrowdOut<Text>>(part, report)
                                              : produce_among<CrowdOut<Small>>(part, report);
        }
        if (part.kind == layout::Kind::mpmc_blocks) {
            return part.ware == Ware::large ? produce_among<CrowdOut<InBlocks<Large>>>(part, report)
                   : part.ware == Ware::bytes
                       ? produce_among<CrowdOut<InBlocks<Text>>>(part, report)
                       : produce_among<CrowdOut<InBlocks<Small>>>(part, report);
        }
        if (part.kind == layout::Kind::mpsc) {
            return part.ware == Ware::large
                       ? produce_among<CrowdOut<Large, mpsc::Producer<Large>>>(part, report)
                   : part.ware == Ware::small
                       ? produce_among<CrowdOut<Small, mpsc::Producer<Small>>>(part, report)
                       : produce_among<CrowdBytesOut>(part, report);
        }
        if (part.kind == layout::Kind::broadcast) {
            return part.ware == Ware::large   ? produce_with<CastOut<Large>>(part, report)
                   : part.ware == Ware::small ? produce_with<CastOut<Small>>(part, report)
                                              : produce_with<CastBytesOut<>>(part, report);
        }
        if (part.kind == layout::Kind::broadcast_lanes) {
            return part.ware == Ware::large   ? produce_among<InLane<Large>>(part, report)
                   : part.ware == Ware::small ? produce_among<InLane<Small>>(part, report)
                                              : produce_among<BytesInLane>(part, report);
        }
        if (part.kind == layout::Kind::latest) {
            return part.ware == Ware::large
                       ? produce_with<CastOut<Large, LatestPublisher<Large>>>(part, report)
                   : part.ware == Ware::small
                       ? produce_with<CastOut<Small, LatestPublisher<Small>>>(part, report)
                       : produce_with<CastBytesOut<LatestBytesPublisher>>(part, report);
        }
        switch (part.ware) {
            case Ware::small:
                return produce_with<FixedOut<Small>>(part, report);
            case Ware::large:
                return produce_with<FixedOut<Large>>(part, report);
            case Ware::bytes:
            case Ware::dense:
                return produce_with<BytesOut<>>(part, report);
        }
    });
}

int consume(const Part& part, Report& report) noexcept {
    return guarded(part, report, [&] {
        if (part.kind == layout::Kind::mpmc) {
            return part.ware == Ware::large   ? consume_among<CrowdIn<Large>>(part, report)
                   : part.ware == Ware::bytes ? consume_among<CrowdIn<Text>>(part, report)
                                              : consume_among<CrowdIn<Small>>(part, report);
        }
        if (part.kind == layout::Kind::mpmc_blocks) {
            return part.ware == Ware::large ? consume_among<CrowdIn<InBlocks<Large>>>(part, report)
                   : part.ware == Ware::bytes
                       ? consume_among<CrowdIn<InBlocks<Text>>>(part, report)
                       : consume_among<CrowdIn<InBlocks<Small>>>(part, report);
        }
        if (part.kind == layout::Kind::mpsc) {
            return part.ware == Ware::large
                       ? consume_among<FixedIn<Large, mpsc::Consumer<Large>>>(part, report)
                   : part.ware == Ware::small
                       ? consume_among<FixedIn<Small, mpsc::Consumer<Small>>>(part, report)
                       : consume_among<BytesIn<mpsc::BytesConsumer>>(part, report);
        }
        if (part.kind == layout::Kind::broadcast) {
            return part.ware == Ware::large   ? follow_with<CastIn<Large>>(part, report)
                   : part.ware == Ware::small ? follow_with<CastIn<Small>>(part, report)
                                              : follow_with<CastBytesIn<>>(part, report);
        }
        if (part.kind == layout::Kind::broadcast_lanes) {
            return part.ware == Ware::large
                       ? follow_with<CastIn<Large, broadcast::LaneSubscriber<Large>>>(part, report)
                   : part.ware == Ware::small
                       ? follow_with<CastIn<Small, broadcast::LaneSubscriber<Small>>>(part, report)
                       : follow_with<CastBytesIn<broadcast::BytesLaneSubscriber>>(part, report);
        }
        if (part.kind == layout::Kind::latest) {
            return part.ware == Ware::large
                       ? follow_with<CastIn<Large, LatestSubscriber<Large>>>(part, report)
                   : part.ware == Ware::small
                       ? follow_with<CastIn<Small, LatestSubscriber<Small>>>(part, report)
                       : follow_with<CastBytesIn<LatestBytesSubscriber>>(part, report);
        }
        switch (part.ware) {
            case Ware::small:
                return consume_with<FixedIn<Small>>(part, report);
            case Ware::large:
                return consume_with<FixedIn<Large>>(part, report);
            case Ware::bytes:
            case Ware::dense:
                return consume_with<BytesIn<>>(part, report);
        }
    });
}

}  // namespace shunt::process_test
