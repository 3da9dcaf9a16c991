// SPDX-License-Identifier: MIT
#include "process/stepper/broadcast_play.hpp"

#include "process/stepper/broadcast_company.hpp"
#include "process/stepper/peer_play.hpp"

#include <shunt/channel/registry.hpp>

#include <optional>
#include <utility>

namespace shunt::stepper {
namespace {

class BroadcastPlay : public PeerPlay {
public:
    BroadcastPlay(World& world, Cast cast, bool huge, const BroadcastAct& act)
        : PeerPlay{world},
          cast_{cast},
          act_{act},
          options_{broadcast_options(cast, huge, act.publishes() && act.gates ? 3 : 2)} {
        options_.on_slow = act.gates.value_or(on_slow::block);
    }

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
    void start_victim(void (BroadcastPlay::*life)()) {
        victim_ = Child{[this, life] { return guarded(*log_, [&] { (this->*life)(); }); },
                        {.traced = true}};
        await_ready();
    }
    [[nodiscard]] Follower follower() { return Follower{must_open_subscriber(cast_, options_)}; }
    [[nodiscard]] Follower gated_if(bool gated) {
        Options options = options_;
        options.policy = gated ? policy::gated : policy::lossy;
        return Follower{must_open_subscriber(cast_, options)};
    }
    [[nodiscard]] bool in_lane() const { return cast_.through == Through::lanes; }
    [[nodiscard]] bool gates() const { return act_.gates.has_value(); }
    [[nodiscard]] bool evicts() const { return act_.gates == on_slow::evict; }
    // Two laps and a half by a publisher, one who follows closely, and one who comes late to it.
    void go_round(Outlet& out, Follower& close, Follower& late) {
        Writer writer{out.next()};
        for (std::uint64_t i = 0; i < 5 * kSlots / 2; ++i) {
            writer.push(out, 1);
            close.drain();
            expect_within(close.next(), writer.next(), writer.next(), "number of the last message");
        }
        late.drain();
        expect_within(late.next(), writer.next(), writer.next(),
                      "number of the late one's last message");
        expect(late.lost() != 0, "the late one has lost nothing");
    }
    void end_world() {
        observer_.reset();
        world_.expect_clean();
    }

    Cast cast_;
    BroadcastAct act_;
    Options options_;
};

class PublisherDies final : public BroadcastPlay {
public:
    using BroadcastPlay::BroadcastPlay;

    void begin(bool apart) override {
        start_victim(static_cast<void (BroadcastPlay::*)()>(&PublisherDies::publish));
        observer_.emplace(kChannel);
        if (act_.peer_sleeps) {
            start_sleeper([this] {
                Follower sleeper = follower();
                sleeper.drain();
                sleep_on(sleeper.in().place(), layout::RegionId::wake_data);
                sleeper.close();
            });
        } else if (apart) {
            start_peer([this] { follow(); });
        } else {
            close_.emplace(gated_if(gates()));
            close_->drain();
            // It has read nothing: what is overwritten next it needs.
            lags_.emplace(gated_if(evicts()));
        }
    }
    void after_death(std::uint64_t k) override {
        if (act_.peer_sleeps) {
            after_death_of_waker();
            return;
        }
        if (k % 8 == 1) {
            close_->until_end();  // finds out by itself
        }
        auto out = must_open_publisher(cast_, options_);
        const std::uint64_t begins = out->next();
        expect_within(begins, acked(), acked() + act_.most(), "where the successor begins");
        for (Follower* each : {&*close_, &*lags_}) {
            each->drain();
            expect_within(each->next(), begins, begins, "number of messages delivered or lost");
            // Of many only the last one's end is told, unless another is there by then.
            const bool succeeded = in_lane() && each->ends().empty();
            expect(succeeded || each->ends() == "d" || (act_.leaves && each->ends() == "c"),
                   "a subscriber was told '" + each->ends() + "'");
        }
        expect(close_->lost() == 0, "one that had read all has lost some");
        go_round(*out, *close_, *lags_);
        finish(std::move(out));
    }
    Bound while_stopped(Steps counted) override {
        if (act_.peer_sleeps) {
            return {};
        }
        const Bound bound = step_through(peer_, *peer_log_, counted);
        if (act_.leaves) {
            return bound;
        }
        try {
            static_cast<void>(open_publisher(cast_, options_));
        } catch (const Error& error) {
            const std::string text{error.what()};
            const std::string told = in_lane() ? "all of its 1 lanes have publishers that live"
                                               : "process " + std::to_string(victim_.pid());
            expect(error.code() == Errc::already_exists && text.find(told) != std::string::npos,
                   "the next publisher is told: " + text);
            return bound;
        }
        throw Fault("the seat of a stopped process was given away");
    }
    void after_all() override {
        if (act_.peer_sleeps) {
            expect_sleeper_woken();  // by the act, and not by the victim's leaving
        }
        expect_good_end(victim_, *log_, "the victim");
        if (!act_.peer_sleeps) {
            expect_good_end(peer_, *peer_log_, "the survivor");
            expect_within(peer_log_->acked.load(std::memory_order_acquire), acked(), acked(),
                          "number of messages that the survivor got or lost");
            end_world();
            return;
        }
        Follower rest = follower();  // what the sleeper left unread
        rest.drain();
        expect_within(rest.next(), acked(), acked(), "number of messages that are there");
        rest.close();
        observer_.reset();
        world_.expect_clean();
    }

private:
    void publish() {
        auto out = open_publisher(cast_, options_);
        log_->token.store(out->place().token(), std::memory_order_relaxed);
        Writer writer{0};
        writer.push(*out, kBefore);
        log_->acked.store(writer.next(), std::memory_order_release);
        if (act_.leaves) {
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
    // Beside a victim that is stopped.
    void follow() {
        Follower reader = gated_if(gates());
        std::optional<Follower> lags;  // as the one beside a victim that dies
        if (gates()) {
            reader.drain();
        }
        if (evicts()) {
            lags.emplace(gated_if(true));
        }
        wait_for_turn([] {});
        Message message;
        Status status = Status::ok;
        measured(*peer_log_, Call::pop, [&] { status = reader.in().pop(message); });
        if (status) {
            reader.take(message);
        } else {
            expect(status == (gates() ? Status::empty : Status::lapped),
                   "a pop beside a stopped publisher");
            reader.note_losses();
        }
        reader.drain();
        measured(*peer_log_, Call::pop_empty, [&] { reader.drain(); });
        measured(*peer_log_, Call::open, [&] { follower().close(); });
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        if (reader.ends().empty()) {
            reader.until_end();
        }
        expect(reader.ends() == "c", "told " + reader.ends() + " of one that closed");
        peer_log_->acked.store(reader.next(), std::memory_order_release);
        if (lags) {
            lags->drain();
            expect_within(lags->next(), reader.next(), reader.next(), "messages got or lost");
            lags->close();
        }
        reader.close();
    }
    void after_death_of_waker() {
        auto out = must_open_publisher(cast_, options_);  // its recovery wakes whoever sleeps
        expect_sleeper_woken();
        expect_within(out->next(), acked(), acked() + act_.most(), "where the successor begins");
        close_.emplace(follower());
        close_->drain();
        lags_.emplace(follower());
        go_round(*out, *close_, *lags_);
        finish(std::move(out));
    }
    void finish(std::unique_ptr<Outlet> out) {
        out->close();
        for (Follower* each : {&*close_, &*lags_}) {
            each->drain();
            expect(each->ends().ends_with('c') && each->ends().size() <= 2,
                   "a subscriber was told '" + each->ends() + "'");
            each->close();
        }
        out.reset();
        close_.reset();
        lags_.reset();
        end_world();
    }

    std::optional<Follower> close_;
    std::optional<Follower> lags_;
};

// One of two subscribers.
class SubscriberDies final : public BroadcastPlay {
public:
    using BroadcastPlay::BroadcastPlay;

    void begin(bool apart) override {
        if (apart) {
            start_peer([this] { publish(); });
        } else {
            out_ = must_open_publisher(cast_, options_);
            writer_.push(*out_, kBefore);
        }
        start_victim(static_cast<void (BroadcastPlay::*)()>(&SubscriberDies::subscribe));
        observer_.emplace(kChannel);
        other_.emplace(follower());
        other_->drain();
        if (act_.lags) {
            overtake();
        }
    }
    std::function<void()> alarm() override {
        if (act_.act != Act::pop_blocking) {
            return {};
        }
        return [this] { out_ ? writer_.push(*out_, 1) : alarm_survivor(); };
    }
    void after_death(std::uint64_t) override {
        other_->drain();
        expect_within(other_->next(), writer_.next(), writer_.next(), "number of the last message");
        const std::uint32_t seat = log_->seat.load(std::memory_order_relaxed);
        Follower next = follower();  // the only seat is the victim's
        expect(next.in().place().index() == seat, "the seat of one that died is not another's");
        expect(next.in().lost() == 0, "its losses are another's");
        next.drain();
        expect_within(next.next(), writer_.next(), writer_.next(), "number of the last message");
        go_round(*out_, *other_, next);
        out_->close();
        for (Follower* each : {&*other_, &next}) {
            each->drain();
            expect(each->ends() == "c", "a subscriber was told '" + each->ends() + "'");
            each->close();
        }
        out_.reset();
        other_.reset();
        end_world();
    }
    Bound while_stopped(Steps counted) override {
        return step_through(peer_, *peer_log_, counted);
    }
    void after_all() override {
        expect(log_->said().empty(), "the victim: " + log_->said());
        victim_.go_on();
        expect_good_end(peer_, *peer_log_, "the publisher");
        const std::string end = victim_.until_marked();
        expect(end.ends_with("exit 0"), "the victim ended by " + end + ": " + log_->said());
        const std::uint64_t published = peer_log_->acked.load(std::memory_order_acquire);
        if (!act_.leaves) {
            expect_within(acked(), published, published, "number of messages got or lost");
        }
        other_->drain();
        expect_within(other_->next(), published, published, "number of the last message");
        expect(other_->ends() == "c", "a subscriber was told '" + other_->ends() + "'");
        other_->close();
        other_.reset();
        end_world();
    }

private:
    // Where it waits for the next, it has read all. Of a latest value there is one.
    [[nodiscard]] std::uint64_t read_before() const {
        if (cast_.through == Through::latest) {
            return 1;
        }
        return act_.act == Act::pop_blocking ? kBefore - kOldest : 2;
    }
    void overtake() {
        if (out_) {
            writer_.push(*out_, kSlots + 1);
            other_->drain();
        } else {
            alarm_survivor();
        }
    }
    void subscribe() {
        Follower reader = gated_if(gates());
        log_->seat.store(reader.in().place().index(), std::memory_order_relaxed);
        Message message;
        for (std::uint64_t i = 0; i < read_before(); ++i) {
            expect(bool{reader.in().pop(message)}, "a message that was to be there");
            reader.take(message);
        }
        if (act_.leaves) {
            act_between_halts([&] {
                reader.close();
                return std::uint64_t{0};
            });
            return;
        }
        Inlet& in = reader.in();
        in.prepare(act_.act);
        const auto seen = [&](const Message& each) {
            if (!each.whole) {
                log_->say("message " + std::to_string(each.number) + " is damaged");
            }
            reader.take(each);
        };
        act_between_halts([&] {
            const std::uint64_t moved = in.perform(act_.act, seen);
            reader.note_losses();
            return moved;
        });
        if (act_.act == Act::peek) {
            static_cast<void>(in.perform(Act::release, seen));
            reader.note_losses();
        }
        reader.until_end();
        expect(reader.ends() == "c", "told " + reader.ends() + " of one that closed");
        log_->acked.store(reader.next(), std::memory_order_release);
        reader.close();
    }
    // Beside a victim that is stopped: it overtakes it, whatever that one has in hand.
    void publish() {
        auto out = open_publisher(cast_, options_);
        writer_.push(*out, kBefore);
        wait_for_turn([&] { writer_.push(*out, act_.lags ? kSlots + 1 : 1); });
        Status status = Status::ok;
        measured(*peer_log_, Call::push, [&] { status = out->push(writer_.next()); });
        if (act_.gates == on_slow::block) {
            publish_beside_a_gate(*out, writer_.next() + (status ? 1u : 0u));
            return;
        }
        expect(bool{status}, "a push beside a stopped subscriber");
        Writer more{writer_.next() + 1};
        more.push(*out, 2 * kSlots);
        measured(*peer_log_, Call::push, [&] { status = out->push(more.next()); });
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        Writer rest{more.next() + 1};
        rest.push(*out, 2);
        peer_log_->acked.store(rest.next(), std::memory_order_release);
        out->close();
    }

    // It is waited for, whatever it has in hand: what it needs is not overwritten.
    void publish_beside_a_gate(Outlet& out, std::uint64_t next) {
        constexpr std::uint64_t kMost = kBefore + 2 * kSlots;
        Status status = Status::ok;
        while (status && next < kMost) {
            measured(*peer_log_, Call::push_full, [&] { status = out.push(next); });
            next += status ? 1u : 0u;
        }
        // One that leaves may have closed it.
        expect(status == Status::full || (act_.leaves && next == kMost),
               "a push beside a stopped gate");
        if (status == Status::full) {
            peer_log_->say("gate");
        }
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        Writer rest{next};
        rest.push(out, 2);
        peer_log_->acked.store(rest.next(), std::memory_order_release);
        out.close();
    }

    std::unique_ptr<Outlet> out_;
    std::optional<Follower> other_;
    Writer writer_{0};
};

}  // namespace

std::uint64_t BroadcastAct::most() const noexcept {
    if (leaves) {
        return 0;
    }
    return most_moved_by(act);
}

std::unique_ptr<Play> broadcast_play(World& world, Cast cast, bool huge, const BroadcastAct& act) {
    if (act.publishes()) {
        return std::make_unique<PublisherDies>(world, cast, huge, act);
    }
    return std::make_unique<SubscriberDies>(world, cast, huge, act);
}

}  // namespace shunt::stepper
