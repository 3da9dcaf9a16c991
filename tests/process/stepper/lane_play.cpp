// SPDX-License-Identifier: MIT
#include "process/stepper/lane_play.hpp"

#include "process/stepper/lane_company.hpp"
#include "process/stepper/peer_play.hpp"

#include <shunt/channel/registry.hpp>

#include <utility>

namespace shunt::stepper {
namespace {

constexpr std::uint64_t kWritten = 6;  // in each lane, for a consumer

class LanePlay : public PeerPlay {
public:
    LanePlay(World& world, Ware ware, bool huge, const LaneAct& act)
        : PeerPlay{world}, ware_{ware}, act_{act}, options_{lane_options(ware, huge)} {}

protected:
    [[nodiscard]] std::uint64_t acked() const {
        return log_->acked.load(std::memory_order_acquire);
    }
    template <class F>
    void act_between_halts(F&& perform) {
        log_->phase.store(kReady, std::memory_order_release);
        halt();
        const std::uint64_t moved = perform();
        log_->acked.store(acked() + moved, std::memory_order_release);
        log_->phase.store(kDone, std::memory_order_release);
        halt();
    }
    void end_world() {
        observer_.reset();
        world_.expect_clean();
    }

    Ware ware_;
    LaneAct act_;
    Options options_;
};

// In lane 1, beside another in lane 0.
class LaneProducerDies final : public LanePlay {
public:
    using LanePlay::LanePlay;

    void begin(bool apart) override {
        if (act_.peer_sleeps) {
            start_sleeper([this] { sleep_for_data(); });
        } else if (apart) {
            start_peer([this] { be_the_others(); });
        } else {
            in_ = must_open_merge(ware_, options_);
            out_ = must_open_lane(ware_, options_);
            writer_.push(*out_, 2);
        }
        victim_ = Child{[this] { return guarded(*log_, [this] { produce(); }); }, {.traced = true}};
        await_ready();
        observer_.emplace(kChannel);
    }
    std::function<void()> alarm() override {
        if (act_.act != Act::push_blocking) {
            return {};
        }
        return [this] { in_ ? reader_.drain(*in_) : alarm_survivor(); };
    }
    void after_death(std::uint64_t) override { go_on(); }
    Bound while_stopped(Steps counted) override {
        if (act_.peer_sleeps) {
            return {};
        }
        const Bound bound = step_through(peer_, *peer_log_, counted);
        if (act_.deed != LaneDeed::leave) {
            const std::string told =
                refusal([this] { static_cast<void>(open_lane(ware_, options_)); });
            expect(told.find("0 wait for the consumer") != std::string::npos,
                   "one more is told: " + told);
        }
        return bound;
    }
    void after_all() override {
        if (act_.peer_sleeps) {
            expect_sleeper_woken();  // by the act, and not by the victim's leaving
        }
        expect_good_end(victim_, *log_, "the victim");
        if (act_.peer_sleeps) {
            LaneReader rest{0};
            auto in = must_open_merge(ware_, options_);
            rest.drain(*in);
            expect_within(rest.lane(0).next(), acked(), acked(), "number of messages delivered");
            in->close();
            in.reset();
            end_world();
            return;
        }
        expect_good_end(peer_, *peer_log_, "the others");
        end_world();
    }

private:
    // Its own lane: where somebody sleeps for data, nobody else produces.
    [[nodiscard]] std::uint32_t lane() const { return act_.peer_sleeps ? 0 : 1; }

    void produce() {
        auto out = open_lane(ware_, options_);
        log_->token.store(out->place().token(), std::memory_order_relaxed);
        expect(out->lane() == lane(), "another lane is the victim's");
        Writer writer{0};
        act_.stuck ? writer.fill(*out) : writer.push(*out, kAtTurn);
        log_->acked.store(writer.next(), std::memory_order_release);
        if (act_.deed == LaneDeed::leave) {
            act_between_halts([&] {
                out->close();
                return std::uint64_t{0};
            });
            return;
        }
        out->prepare(act_.act, writer.next());
        act_between_halts([&] { return out->perform(act_.act); });
        Writer rest{acked()};
        rest.push(*out, 2);
        log_->acked.store(rest.next(), std::memory_order_release);
        out->close();
    }
    void sleep_for_data() {
        auto in = open_merge(ware_, options_);
        sleep_on(in->place(), layout::RegionId::wake_data);
        in->close();
    }
    // Beside a victim that is stopped.
    void be_the_others() {
        auto in = open_merge(ware_, options_);
        auto out = open_lane(ware_, options_);
        Writer writer{0};
        writer.push(*out, 2);
        LaneReader reader{0};
        wait_for_turn([&] { reader.drain(*in); });
        Message message;
        Status status = Status::ok;
        measured(*peer_log_, Call::pop, [&] { status = in->pop(message); });
        if (status) {
            reader.take(message);
        }
        reader.drain(*in);
        measured(*peer_log_, Call::pop_empty, [&] { static_cast<void>(in->pop(message)); });
        measured(*peer_log_, Call::push, [&] { status = out->push(writer.next()); });
        expect(bool{status}, "a push beside a stopped producer");
        Writer more{writer.next() + 1};
        more.fill(*out);
        measured(*peer_log_, Call::push_full, [&] { status = out->push(more.next()); });
        expect(status == Status::full, "a push into a full lane");
        reader.drain(*in);
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        // The victim leaves first, or has left.
        out->close();
        while (reader.ends().empty()) {
            if (const Status end = in->pop_until(message, patience()); end) {
                reader.take(message);
            } else {
                expect(end == Status::closed, "told of one that closed");
                break;
            }
        }
        in->close();
    }
    void go_on() {
        auto other = out_ ? std::move(out_) : must_open_lane(ware_, options_);
        if (act_.peer_sleeps) {
            expect_sleeper_woken();  // by the act, or by the recovery of one that opened
        }
        auto in = in_ ? std::move(in_) : must_open_merge(ware_, options_);
        reader_.drain(*in);
        const std::uint64_t got = reader_.lane(lane()).next();
        expect_within(got, acked(), acked() + act_.most(), "number of the victim's messages");
        expect(reader_.ends().empty(), "an end is told, and another producer lives");
        const std::uint64_t token = log_->token.load(std::memory_order_relaxed);
        expect_within(reader_.producer(lane()), token, token, "producer of a message");
        // At once: it finds the victim dead, and its lane read, or the consumer's next look gives
        // the lane back.
        std::unique_ptr<Outlet> next = successor(*in);
        Writer writer{next->next()};
        expect_within(next->next(), got, got, "where the successor begins");
        writer.fill_exactly(*next);
        writer_.fill_exactly(*other);
        reader_.drain(*in);
        expect_within(reader_.lane(next->lane()).next(), writer.next(), writer.next(),
                      "number of the last message");
        expect_within(reader_.lane(other->lane()).next(), writer_.next(), writer_.next(),
                      "number of the other's last message");
        expect(reader_.producer(next->lane()) == next->place().token(), "producer of a message");
        next->close();
        reader_.drain(*in);
        expect(reader_.ends().empty(), "an end is told, and another producer lives");
        other->close();
        reader_.drain(*in);
        expect(reader_.ends() == "c", "the consumer was told '" + reader_.ends() + "'");
        expect(reader_.lane(0).flagged_end() == 0 && reader_.lane(1).flagged_end() == 0,
               "messages came as redelivered");
        in->close();
        next.reset();
        other.reset();
        in.reset();
        end_world();
    }
    // The first attempt recovers the victim; the consumer then finds its seat left.
    std::unique_ptr<Outlet> successor(Inlet& in) {
        try {
            return open_lane(ware_, options_);
        } catch (const Error& error) {
            const std::string told{error.what()};
            expect(told.find("1 wait for the consumer") != std::string::npos,
                   "a successor is told: " + told);
        }
        reader_.drain(in);
        return must_open_lane(ware_, options_);
    }

    std::unique_ptr<Inlet> in_;
    std::unique_ptr<Outlet> out_;
    Writer writer_{0};
    LaneReader reader_{0};
};

class LaneConsumerDies final : public LanePlay {
public:
    using LanePlay::LanePlay;

    void begin(bool apart) override {
        if (act_.peer_sleeps) {
            start_sleeper([this] { sleep_for_room(); });
        } else if (apart) {
            start_peer([this] { produce(); });
        } else {
            set_scene();
        }
        victim_ = Child{[this] { return guarded(*log_, [this] { consume(); }); }, {.traced = true}};
        await_ready();
        observer_.emplace(kChannel);
    }
    std::function<void()> alarm() override {
        if (act_.act != Act::pop_blocking || act_.deed != LaneDeed::act) {
            return {};
        }
        return [this] { outs_[1] ? writers_[1].push(*outs_[1], 1) : alarm_survivor(); };
    }
    void after_death(std::uint64_t) override {
        if (act_.peer_sleeps) {
            after_death_of_waker();
            return;
        }
        auto in = must_open_merge(ware_, options_);
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            if (outs_[lane]) {
                writers_[lane].fill_exactly(*outs_[lane]);
                expect(writers_[lane].ends() == "d",
                       "a producer was told " + writers_[lane].ends());
            }
        }
        LaneReader reader;
        reader.drain(*in);
        account(reader);
        finish(std::move(in), reader);
    }
    Bound while_stopped(Steps counted) override {
        if (act_.peer_sleeps) {
            return {};
        }
        const Bound bound = step_through(peer_, *peer_log_, counted);
        const std::string told =
            refusal([this] { static_cast<void>(open_merge(ware_, options_)); });
        expect(told.find("process " + std::to_string(victim_.pid())) != std::string::npos,
               "one more consumer is told: " + told);
        return bound;
    }
    void after_all() override {
        expect(log_->said().empty(), "the victim: " + log_->said());
        if (act_.peer_sleeps) {
            expect_sleeper_woken();  // by the act, and not by the victim's leaving
        }
        victim_.go_on();
        if (!act_.peer_sleeps) {
            expect_good_end(peer_, *peer_log_, "the survivor");
        }
        const std::string end = victim_.until_marked();
        expect(end.ends_with("exit 0"), "the victim ended by " + end + ": " + log_->said());
        end_world();
    }

private:
    // One of the producers leaves, and its lane waits to be given back.
    [[nodiscard]] bool one_left() const { return act_.deed == LaneDeed::hand_back; }
    // Where a producer sleeps for room, the next message is the one that tells of it.
    [[nodiscard]] std::uint64_t consumed_before() const {
        if (act_.peer_sleeps) {
            return 2;
        }
        return act_.stuck || one_left() || act_.act == Act::pop_blocking ? kLanes * kWritten : 3;
    }

    void set_scene() {
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            outs_[lane] = must_open_lane(ware_, options_);
            writers_[lane].push(*outs_[lane], kWritten);
        }
        if (one_left()) {
            outs_[1]->close();
            outs_[1].reset();
        }
    }
    void consume() {
        auto in = open_merge(ware_, options_);
        log_->token.store(in->place().token(), std::memory_order_relaxed);
        LaneReader reader{0};
        Message message;
        for (std::uint64_t i = 0; i < consumed_before(); ++i) {
            expect(bool{in->pop(message)}, "a message that was to be there");
            reader.take(message);
        }
        log_->acked.store(consumed_before(), std::memory_order_release);
        in->prepare(act_.act);
        const std::uint64_t shown = act_.act == Act::release ? 1 : 0;
        log_->seen.store(consumed_before() + shown, std::memory_order_release);
        act_between_halts([&] {
            return in->perform(act_.act, [&](const Message& each) {
                if (!each.whole) {
                    log_->say("message " + std::to_string(each.number) + " is damaged");
                }
                log_->seen.fetch_add(1, std::memory_order_release);
            });
        });
        Status status = Status::ok;
        while (status != Status::closed) {
            status = in->pop_until(message, patience());
            expect(status || status == Status::closed,
                   "the victim is told " + std::string{shunt::to_string(status)});
        }
        in->close();
    }
    void produce() {
        set_scene();
        wait_for_turn([&] { writers_[1].push(*outs_[1], 1); });
        Status status = Status::ok;
        Outlet& out = *outs_[0];
        const std::uint64_t next = writers_[0].next();
        measured(*peer_log_, Call::push, [&] { status = out.push(next); });
        Writer rest{status ? next + 1 : next};
        rest.fill(out);
        measured(*peer_log_, Call::push_full, [&] { status = out.push(rest.next()); });
        expect(status == Status::full, "a push into a full lane");
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        rest.push(out, 2);
        expect(rest.ends().empty(), "told " + rest.ends() + " of one that lives");
        for (auto& each : outs_) {
            if (each) {
                each->close();
            }
        }
    }
    void sleep_for_room() {
        auto out = open_lane(ware_, options_);
        Writer{0}.fill(*out);
        sleep_on(out->place(), layout::RegionId::wake_room);
        out->close();
    }
    // What of both lanes the victim had taken, and what it had in hand.
    void account(const LaneReader& reader) const {
        std::uint64_t first = 0;
        std::uint64_t flagged = 0;
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            const Reader& of = reader.lane(lane);
            const bool any = of.first() != Reader::kAny;
            first += any ? of.first() : kWritten;
            flagged += of.flagged_end() != 0 ? of.flagged_end() - of.first() : 0;
        }
        const std::uint64_t seen = log_->seen.load(std::memory_order_acquire);
        expect_within(first, acked(), acked() + act_.most(),
                      "number of messages before the successor's");
        expect_within(flagged, 0, act_.shows() ? acked() + kBatch - first : 0,
                      "number of messages that come as redelivered");
        expect(!act_.shows() || first + flagged >= seen,
               "what the victim has seen comes again, unflagged");
    }
    void finish(std::unique_ptr<Inlet> in, LaneReader& reader) {
        if (one_left()) {  // its lane is another's now
            outs_[1] = must_open_lane(ware_, options_);
            writers_[1] = Writer{outs_[1]->next()};
        }
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            writers_[lane].fill_exactly(*outs_[lane]);
        }
        reader.drain(*in);
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            expect_within(reader.lane(lane).next(), writers_[lane].next(), writers_[lane].next(),
                          "number of the last message");
            outs_[lane]->close();
            outs_[lane].reset();
        }
        reader.drain(*in);
        expect(reader.ends() == "c", "the successor was told '" + reader.ends() + "'");
        in->close();
        in.reset();
        end_world();
    }
    void after_death_of_waker() {
        auto in = must_open_merge(ware_, options_);  // its recovery wakes whoever sleeps
        expect_sleeper_woken();
        LaneReader reader;
        reader.drain(*in);
        expect_within(reader.lane(0).first(), acked(), acked() + act_.most(),
                      "the first message of the successor");
        outs_[0] = must_open_lane(ware_, options_);
        outs_[1] = must_open_lane(ware_, options_);
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            writers_[lane] = Writer{outs_[lane]->next()};
        }
        LaneReader afresh;
        finish(std::move(in), afresh);
    }

    std::array<std::unique_ptr<Outlet>, kLanes> outs_;
    std::array<Writer, kLanes> writers_{Writer{0}, Writer{0}};
};

}  // namespace

std::uint64_t LaneAct::most() const noexcept {
    if (deed != LaneDeed::act || (stuck && act != Act::push_blocking && act != Act::pop_blocking)) {
        return 0;
    }
    return most_moved_by(act);
}

std::unique_ptr<Play> lane_play(World& world, Ware ware, bool huge, const LaneAct& act) {
    if (act.produces()) {
        return std::make_unique<LaneProducerDies>(world, ware, huge, act);
    }
    return std::make_unique<LaneConsumerDies>(world, ware, huge, act);
}

}  // namespace shunt::stepper
