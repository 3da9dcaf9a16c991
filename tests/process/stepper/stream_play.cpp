// SPDX-License-Identifier: MIT
#include "process/stepper/stream_play.hpp"

#include "process/stepper/peer_play.hpp"

#include <shunt/channel/registry.hpp>
#include <shunt/core/error.hpp>

#include <utility>

namespace shunt::stepper {
namespace {

class StreamPlay : public PeerPlay {
public:
    StreamPlay(World& world, Ware ware, bool huge, const StreamAct& act)
        : PeerPlay{world},
          ware_{ware},
          act_{act},
          options_{options_of(ware, huge, act.where == Where::turn)} {}

protected:
    [[nodiscard]] std::uint64_t acked() const {
        return log_->acked.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::uint64_t token() const {
        return log_->token.load(std::memory_order_relaxed);
    }
    // The victim's own part in an act: it is ready, it acts, it has acted.
    template <class F>
    void act_between_halts(F&& perform) {
        log_->phase.store(kReady, std::memory_order_release);
        halt();
        const std::uint64_t moved = perform();
        log_->acked.store(acked() + moved, std::memory_order_release);
        log_->phase.store(kDone, std::memory_order_release);
        halt();
    }
    // Both roles' ends in the control page: who died, and that nobody is said to have closed.
    void expect_death_of_victim(const channel::Participant& place, layout::Role role) const {
        expect_within(channel::last_died(place.control(), role), token(), token(),
                      "token of the last that died");
        expect_within(channel::last_closed(place.control(), role), 0, 0,
                      "token of the last that closed");
    }
    void expect_seat_taken(const std::function<void()>& open) const {
        try {
            open();
        } catch (const Error& error) {
            const std::string text{error.what()};
            expect(error.code() == Errc::already_exists &&
                       text.find("process " + std::to_string(victim_.pid())) != std::string::npos,
                   "the next one is told: " + text);
            return;
        }
        throw Fault("the seat of a stopped process was given away");
    }

    Ware ware_;
    StreamAct act_;
    Options options_;
};

class ProducerDies final : public StreamPlay {
public:
    using StreamPlay::StreamPlay;

    void begin(bool apart) override {
        victim_ = Child{[this] { return guarded(*log_, [this] { produce(); }); }, {.traced = true}};
        await_ready();
        observer_.emplace(kChannel);
        if (act_.peer_sleeps) {
            start_sleeper([this] {
                auto in = open_inlet(ware_, options_);
                Reader{0}.drain(*in);
                sleep_on(in->place(), layout::RegionId::wake_data);
                in->close();
            });
        } else if (apart) {
            start_peer([this] { consume(); });
        } else {
            in_ = must_open_inlet(ware_, options_);
            if (act_.where != Where::stuck) {
                Message message;
                expect(bool{in_->pop(message)}, "the survivor's first message");
                reader_.take(message);
            }
        }
    }
    std::function<void()> alarm() override {
        if (act_.act != Act::push_blocking) {
            return {};
        }
        return [this] { in_ ? reader_.drain(*in_) : alarm_survivor(); };
    }
    void after_death(std::uint64_t k) override {
        if (act_.peer_sleeps) {
            after_death_of_waker();
            return;
        }
        if (k % 8 == 1) {
            reader_.until_end(*in_);  // finds out by itself
            expect(reader_.ends() == "d", "the survivor was told " + reader_.ends());
        }
        go_on_with_successor();
    }
    Bound while_stopped(Steps counted) override {
        if (act_.peer_sleeps) {
            return {};
        }
        const Bound bound = step_through(peer_, *peer_log_, counted);
        expect_seat_taken([this] { static_cast<void>(open_outlet(ware_, options_)); });
        return bound;
    }
    void after_all() override {
        if (act_.peer_sleeps) {
            expect_sleeper_woken();  // by the act, and not by the victim's leaving
        }
        expect_good_end(victim_, *log_, "the victim");
        if (act_.peer_sleeps) {
            observer_.reset();
            Reader rest;  // what the sleeper left unread
            auto in = must_open_inlet(ware_, options_);
            rest.drain(*in);
            in->close();
            in.reset();
            world_.expect_clean();
            return;
        }
        expect_good_end(peer_, *peer_log_, "the survivor");
        expect_within(peer_log_->acked.load(std::memory_order_acquire), acked(), acked(),
                      "number of messages that the survivor got");
        observer_.reset();
        world_.expect_clean();
    }

private:
    void produce() {
        auto out = open_outlet(ware_, options_, act_.bug);
        log_->token.store(out->place().token(), std::memory_order_relaxed);
        Writer writer{0};
        act_.where == Where::stuck ? writer.fill(*out) : writer.push(*out, kAtTurn);
        log_->acked.store(writer.next(), std::memory_order_release);
        out->prepare(act_.act, writer.next());
        act_between_halts([&] { return out->perform(act_.act); });
        Writer rest{acked()};
        rest.push(*out, 2);
        log_->acked.store(rest.next(), std::memory_order_release);
        out->close();
    }
    // Beside a victim that is stopped.
    void consume() {
        auto in = open_inlet(ware_, options_);
        Reader reader{0};
        Message message;
        wait_for_turn([&] { reader.drain(*in); });
        Status status = Status::ok;
        measured(*peer_log_, Call::pop, [&] { status = in->pop(message); });
        expect(status == Status::ok || status == Status::empty, "a pop beside a stopped producer");
        if (status) {
            reader.take(message);
        }
        reader.drain(*in);
        measured(*peer_log_, Call::pop_empty, [&] { static_cast<void>(in->pop(message)); });
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        reader.until_end(*in);
        expect(reader.ends() == "c", "told " + reader.ends() + " of one that closed");
        expect(reader.flagged_end() == 0, "messages came as redelivered");
        peer_log_->acked.store(reader.next(), std::memory_order_release);
        in->close();
    }
    void after_death_of_waker() {
        auto out = must_open_outlet(ware_, options_);  // its recovery wakes whoever sleeps
        expect_sleeper_woken();
        expect_within(out->next(), acked(), acked() + act_.most(), "where the successor begins");
        expect_death_of_victim(out->place(), layout::Role::producer);
        auto in = must_open_inlet(ware_, options_);
        Reader reader;
        Writer writer{out->next()};
        writer.fill_exactly(*out);
        reader.drain(*in);
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
    void go_on_with_successor() {
        auto out = must_open_outlet(ware_, options_);
        const std::uint64_t begins = out->next();
        expect_within(begins, acked(), acked() + act_.most(), "where the successor begins");
        reader_.drain(*in_);
        expect_within(reader_.next(), begins, begins, "number of messages delivered");
        expect(reader_.ends() == "d", "the survivor was told " + reader_.ends());
        expect_death_of_victim(out->place(), layout::Role::producer);
        Writer writer{begins};
        writer.fill_exactly(*out);
        reader_.drain(*in_);
        expect_within(reader_.next(), writer.next(), writer.next(), "number of the last message");
        expect(writer.ends().empty(), "the successor was told " + writer.ends());
        out->close();
        reader_.drain(*in_);
        expect(reader_.ends() == "dc", "the survivor was told " + reader_.ends());
        expect(reader_.flagged_end() == 0, "messages came as redelivered");
        in_->close();
        out.reset();
        in_.reset();
        observer_.reset();
        world_.expect_clean();
    }

    std::unique_ptr<Inlet> in_;
    Reader reader_{0};
};

class ConsumerDies final : public StreamPlay {
public:
    using StreamPlay::StreamPlay;

    void begin(bool apart) override {
        if (act_.peer_sleeps) {
            start_sleeper([this] {
                auto out = open_outlet(ware_, options_);
                Writer{0}.fill(*out);
                sleep_on(out->place(), layout::RegionId::wake_room);
                out->close();
            });
        } else if (apart) {
            start_peer([this] { produce(); });
        } else {
            out_ = must_open_outlet(ware_, options_);
            writer_.push(*out_, kWritten);
        }
        victim_ = Child{[this] { return guarded(*log_, [this] { consume(); }); }, {.traced = true}};
        await_ready();
        observer_.emplace(kChannel);
    }
    std::function<void()> alarm() override {
        if (act_.act != Act::pop_blocking) {
            return {};
        }
        return [this] { out_ ? writer_.push(*out_, 1) : alarm_survivor(); };
    }
    void after_death(std::uint64_t k) override {
        if (act_.peer_sleeps) {
            after_death_of_waker();
            return;
        }
        if (k % 8 == 1) {
            writer_.fill(*out_);
            writer_.until_end(*out_);  // finds out by itself
            expect(writer_.ends() == "d", "the survivor was told " + writer_.ends());
        }
        go_on_with_successor();
    }
    Bound while_stopped(Steps counted) override {
        if (act_.peer_sleeps) {
            return {};
        }
        const Bound bound = step_through(peer_, *peer_log_, counted);
        expect_seat_taken([this] { static_cast<void>(open_inlet(ware_, options_)); });
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
        if (!act_.peer_sleeps) {
            const std::uint64_t written = peer_log_->acked.load(std::memory_order_acquire);
            expect_within(acked(), written, written, "number of messages that the victim got");
        }
        observer_.reset();
        world_.expect_clean();
    }

private:
    static constexpr std::uint64_t kWritten = 8;

    void consume() {
        auto in = open_inlet(ware_, options_, act_.bug);
        log_->token.store(in->place().token(), std::memory_order_relaxed);
        Reader reader{0};
        const std::uint64_t before = consumed_before();
        for (Message message; reader.next() < before;) {
            expect(bool{in->pop(message)}, "a message that was to be there");
            reader.take(message);
        }
        log_->acked.store(reader.next(), std::memory_order_release);
        in->prepare(act_.act);
        const std::uint64_t shown = act_.act == Act::release ? 1 : 0;
        log_->seen.store(reader.next() + shown, std::memory_order_release);
        std::uint64_t next = reader.next();
        act_between_halts([&] {
            return in->perform(act_.act, [&](const Message& message) {
                if (!message.whole || message.number != next++) {
                    log_->say("message " + std::to_string(next - 1) + " is another");
                }
                log_->seen.store(message.number + 1, std::memory_order_release);
            });
        });
        Reader rest{acked()};
        rest.until_end(*in);
        expect(rest.ends() == "c", "the victim was told " + rest.ends());
        log_->acked.store(rest.next(), std::memory_order_release);
        in->close();
    }
    // Where a message of the turn is the next: of a line ring the last of a slot, of a bytes ring
    // the one behind the padding.
    [[nodiscard]] std::uint64_t consumed_before() const {
        switch (act_.where) {
            case Where::stuck:
                return kWritten;
            case Where::turn:
                return process_test::is_typed(ware_) ? kAtTurn - 1 : kAtTurn;
            case Where::inside:
                break;
        }
        return 1;
    }
    void produce() {
        auto out = open_outlet(ware_, options_);
        Writer writer{0};
        writer.push(*out, kWritten);
        wait_for_turn([&] { writer.push(*out, 1); });
        std::uint64_t next = writer.next();
        Status status = Status::ok;
        measured(*peer_log_, Call::push, [&] { status = out->push(next); });
        Writer rest{status ? next + 1 : next};
        rest.fill(*out);
        measured(*peer_log_, Call::push_full, [&] { status = out->push(rest.next()); });
        expect(status == Status::full, "a push into a full ring");
        peer_log_->phase.store(kDone, std::memory_order_release);
        halt();
        rest.push(*out, 2);
        expect(rest.ends().empty(), "told " + rest.ends() + " of one that lives");
        peer_log_->acked.store(rest.next(), std::memory_order_release);
        out->close();
    }
    void account(const Reader& reader) const {
        const std::uint64_t seen = log_->seen.load(std::memory_order_acquire);
        expect_within(reader.first(), acked(), acked() + act_.most(),
                      "the first message of the successor");
        if (!act_.shows()) {
            expect(reader.flagged_end() == 0, "what was popped comes as redelivered");
            return;
        }
        if (reader.first() < seen) {
            expect_within(reader.flagged_end(), seen, acked() + kBatch,
                          "end of what comes as redelivered");
        } else {
            expect_within(reader.flagged_end(), 0, acked() + kBatch,
                          "end of what comes as redelivered");
        }
    }
    void after_death_of_waker() {
        auto in = must_open_inlet(ware_, options_);  // its recovery wakes whoever sleeps
        expect_sleeper_woken();
        expect_death_of_victim(in->place(), layout::Role::consumer);
        Reader reader;
        reader.drain(*in);
        account(reader);
        expect(reader.ends() == "c", "the successor was told " + reader.ends());
        auto out = must_open_outlet(ware_, options_);
        expect_within(out->next(), reader.next(), reader.next(), "where the producer goes on");
        Writer writer{out->next()};
        writer.fill_exactly(*out);
        out->close();
        reader.drain(*in);
        expect_within(reader.next(), writer.next(), writer.next(), "number of the last message");
        in->close();
        in.reset();
        out.reset();
        observer_.reset();
        world_.expect_clean();
    }
    void go_on_with_successor() {
        auto in = must_open_inlet(ware_, options_);
        writer_.fill_exactly(*out_);
        expect(writer_.ends() == "d", "the survivor was told " + writer_.ends());
        expect_death_of_victim(in->place(), layout::Role::consumer);
        Reader reader;
        reader.drain(*in);
        account(reader);
        writer_.fill_exactly(*out_);
        reader.drain(*in);
        expect_within(reader.next(), writer_.next(), writer_.next(), "number of the last message");
        expect(reader.ends().empty(), "the successor was told " + reader.ends());
        out_->close();
        reader.drain(*in);
        expect(reader.ends() == "c", "the successor was told " + reader.ends());
        in->close();
        in.reset();
        out_.reset();
        observer_.reset();
        world_.expect_clean();
    }

    std::unique_ptr<Outlet> out_;
    Writer writer_{0};
};

}  // namespace

std::uint64_t StreamAct::most() const noexcept {
    if (where == Where::stuck && act != Act::push_blocking && act != Act::pop_blocking) {
        return 0;
    }
    return most_moved_by(act);
}

std::unique_ptr<Play> stream_play(World& world, Ware ware, bool huge, const StreamAct& act) {
    if (act.produces()) {
        return std::make_unique<ProducerDies>(world, ware, huge, act);
    }
    return std::make_unique<ConsumerDies>(world, ware, huge, act);
}

}  // namespace shunt::stepper
