// SPDX-License-Identifier: MIT
#include "process/stepper/life_play.hpp"

#include "process/stepper/life_base.hpp"
#include "process/stepper/wrong_life.hpp"

#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>

#include <optional>
#include <utility>

namespace shunt::stepper {
namespace {

using channel::Participant;
using layout::EntryState;
using layout::Role;

constexpr std::uint64_t kWritten = 4;

const layout::RegistryEntry& entry_of(const Participant& place, std::uint32_t index) {
    return object_at<layout::RegistryEntry>(place.region(layout::RegionId::registry))[index];
}

class StreamLife : public LifePlay {
public:
    StreamLife(World& world, Ware ware, bool huge, Bug bug)
        : LifePlay{world, options_of(ware, huge, false)}, ware_{ware}, bug_{bug} {}

protected:
    // From here on two of ours live in the channel, `next` is what comes, and it ends in good
    // order.
    void finish(Outlet& out, Inlet& in, Reader reader) {
        Writer writer{out.next()};
        writer.fill_exactly(out);
        reader.drain(in);
        expect_within(reader.next(), writer.next(), writer.next(), "number of the last message");
        const std::string before = reader.ends();
        out.close();
        reader.drain(in);
        expect(reader.ends() == before + "c", "the reader was told " + reader.ends());
        in.close();
    }
    // A new incarnation attaches at once.
    void start_afresh(std::uint64_t most_unread) {
        {
            auto out = must_open_outlet(ware_, options_);
            auto in = must_open_inlet(ware_, options_);
            expect_within(out->next(), 0, most_unread, "where a new producer begins");
            expect(out->next() == 0 || out->next() == most_unread, "half of what was there is");
            finish(*out, *in, Reader{});
        }
        end_world();
    }
    void expect_fate(const Participant& place, Role role, std::uint64_t died,
                     std::uint64_t closed) const {
        expect_within(channel::last_died(place.control(), role), died, died, "last_died");
        expect_within(channel::last_closed(place.control(), role), closed, closed, "last_closed");
    }

    Ware ware_;
    Bug bug_;
};

class Creates final : public StreamLife {
public:
    using StreamLife::StreamLife;
    void begin(bool) override { start_victim(); }
    void after_death(std::uint64_t) override { start_afresh(0); }
    void after_all() override {
        expect_good_end(victim_, *log_, "the victim");
        auto in = must_open_inlet(ware_, options_);
        Reader reader{0};
        reader.drain(*in);
        expect(reader.next() == kWritten && reader.ends() == "c", "the creator's messages");
        in->close();
        in.reset();
        end_world();
    }

private:
    void live() override {
        std::unique_ptr<Outlet> out;
        operate([&] { out = open_outlet(ware_, options_); });
        Writer{0}.push(*out, kWritten);
        out->close();
    }
    void try_beside() override {
        open_beside([this] { return open_inlet(ware_, at_once_); });
    }
};

class Joins final : public StreamLife {
public:
    Joins(World& world, Ware ware, bool huge, Bug bug, bool after_a_death)
        : StreamLife{world, ware, huge, bug}, after_a_death_{after_a_death} {}

    void begin(bool) override {
        out_ = must_open_outlet(ware_, options_);
        writer_.push(*out_, kWritten);
        if (after_a_death_) {
            bury_a_consumer();
        }
        start_victim();
        watch();
    }
    void after_death(std::uint64_t) override {
        const std::uint64_t left =
            entry_of(out_->place(), layout::kConsumerSeat).word.load(std::memory_order_acquire);
        const bool told = channel::state_of(left) == EntryState::alive ||
                          channel::state_of(left) == EntryState::dead;
        const std::uint64_t died = told ? channel::token_of(left) : corpse_;
        auto in = must_open_inlet(ware_, options_);
        expect_fate(out_->place(), Role::consumer, died, 0);
        Reader reader{read_before()};
        writer_.fill_exactly(*out_);
        expect(writer_.ends() == (died != 0 ? "d" : ""), "the survivor was told " + writer_.ends());
        reader.drain(*in);
        expect_within(reader.next(), writer_.next(), writer_.next(), "number of the last message");
        expect(reader.flagged_end() == 0, "messages came as redelivered");
        finish(*out_, *in, reader);
        in.reset();
        out_.reset();
        end_world();
    }
    void after_all() override {
        const std::uint64_t died = channel::last_died(out_->place().control(), Role::consumer);
        expect_within(died, corpse_, corpse_, "token of the last that died, beside a living one,");
        if (bug_ != Bug::none) {
            see_it_off();
            return;
        }
        out_->close();
        expect_good_end(victim_, *log_, "the victim");
        expect_within(log_->acked.load(std::memory_order_acquire), kWritten, kWritten,
                      "number of messages that the victim got");
        out_.reset();
        end_world();
    }

private:
    // A wrong one reads nothing and removes nothing.
    void see_it_off() {
        expect_good_end(victim_, *log_, "the victim");
        auto in = must_open_inlet(ware_, options_);
        Reader reader{read_before()};
        reader.drain(*in);
        in->close();
        out_->close();
        in.reset();
        out_.reset();
        end_world();
    }
    [[nodiscard]] std::uint64_t read_before() const { return after_a_death_ ? 1 : 0; }
    void live() override {
        std::unique_ptr<Inlet> in;
        std::optional<JoinedUnlocked> wrong;
        operate([&] {
            if (bug_ == Bug::enters_before_it_locks) {
                wrong.emplace(request_of(ware_, Role::consumer, options_));
            } else {
                in = open_inlet(ware_, options_);
            }
        });
        if (wrong) {
            log_->acked.store(kWritten, std::memory_order_release);  // no more is asked of it
            wrong->leave();
            return;
        }
        Reader reader{read_before()};
        reader.until_end(*in);
        expect(reader.ends() == "c", "the victim was told " + reader.ends());
        log_->acked.store(reader.next(), std::memory_order_release);
        in->close();
    }
    void try_beside() override {
        open_beside([this] { return open_inlet(ware_, at_once_); });
    }
    void bury_a_consumer() {
        const Shared<Log> its;
        Child corpse{[&] {
                         return guarded(*its, [&] {
                             auto in = open_inlet(ware_, options_);
                             Message message;
                             static_cast<void>(in->pop(message));
                             its->token.store(in->place().token(), std::memory_order_relaxed);
                             halt();
                         });
                     },
                     {.traced = true}};
        expect(corpse.until_marked().empty(), "a consumer to be dead: " + its->said());
        corpse.end();
        corpse_ = its->token.load(std::memory_order_relaxed);
    }

    bool after_a_death_;
    std::uint64_t corpse_ = 0;  // its token
    std::unique_ptr<Outlet> out_;
    Writer writer_{0};
};

class Leaves final : public StreamLife {
public:
    using StreamLife::StreamLife;
    void begin(bool) override {
        out_ = must_open_outlet(ware_, options_);
        writer_.push(*out_, kWritten);
        start_victim();
        watch();
    }
    void after_death(std::uint64_t) override {
        const std::uint64_t token = log_->token.load(std::memory_order_relaxed);
        const std::uint64_t told = channel::ended(entry_of(out_->place(), layout::kConsumerSeat));
        go_on(told == channel::end_word(token, false) ? "c" : "d");
    }
    void after_all() override {
        expect_good_end(victim_, *log_, "the victim");
        go_on("c");
    }

private:
    void live() override {
        std::unique_ptr<Inlet> in;
        std::optional<Participant> wrong;
        if (bug_ == Bug::leaves_before_it_says_so) {
            wrong.emplace(request_of(ware_, Role::consumer, options_));
        } else {
            in = open_inlet(ware_, options_);
        }
        log_->token.store(wrong ? wrong->token() : in->place().token(), std::memory_order_relaxed);
        operate([&] { wrong ? leave_wrongly(*wrong) : in->close(); });
    }
    void try_beside() override {
        open_beside([this] { return open_inlet(ware_, at_once_); });
    }
    void go_on(const std::string& told) {
        auto in = must_open_inlet(ware_, options_);
        writer_.fill_exactly(*out_);
        expect(writer_.ends() == told,
               "the survivor was told " + writer_.ends() + " and not " + told);
        Reader reader{0};
        reader.drain(*in);
        expect(reader.flagged_end() == 0, "messages came as redelivered");
        finish(*out_, *in, reader);
        in.reset();
        out_.reset();
        end_world();
    }

    std::unique_ptr<Outlet> out_;
    Writer writer_{0};
};

// A producer whose messages nobody has read: its consumer opens while it stands still, or later.
class LeavesUnread final : public StreamLife {
public:
    using StreamLife::StreamLife;
    void begin(bool) override {
        start_victim();
        watch();
    }
    void after_death(std::uint64_t) override { read_and_end(nullptr); }
    Bound while_stopped(Steps counted) override {
        const Bound bound = StreamLife::while_stopped(counted);
        try {
            in_ = open_inlet(ware_, at_once_);
        } catch (const Error& error) {
            expect(error.code() == Errc::timed_out,  // the victim is in the gate
                   std::string{"a consumer is told: "} + error.what());
        }
        return bound;
    }
    void after_all() override {
        expect_good_end(victim_, *log_, "the victim");
        read_and_end("c");
    }

private:
    void live() override {
        auto out = open_outlet(ware_, options_);
        Writer{0}.push(*out, kWritten);
        operate([&] { out->close(); });
    }
    void try_beside() override {
        open_beside([this] { return open_outlet(ware_, at_once_); });
    }
    bool collects_beside() const override { return false; }
    void read_and_end(const char* told) {
        if (!in_) {
            in_ = must_open_inlet(ware_, options_);
        }
        Reader reader{0};
        reader.drain(*in_);
        expect_within(reader.next(), kWritten, kWritten, "number of messages of the one that left");
        expect(
            told != nullptr ? reader.ends() == told : reader.ends() == "c" || reader.ends() == "d",
            "the reader was told " + reader.ends());
        auto out = must_open_outlet(ware_, options_);
        expect_within(out->next(), kWritten, kWritten, "where the successor begins");
        finish(*out, *in_, reader);
        out.reset();
        in_.reset();
        end_world();
    }

    std::unique_ptr<Inlet> in_;
};

class ClosesLast final : public StreamLife {
public:
    using StreamLife::StreamLife;
    void begin(bool) override {
        start_victim();
        watch();
        auto in = must_open_inlet(ware_, options_);
        Reader reader{0};
        reader.drain(*in);
        in->close();
    }
    void after_death(std::uint64_t) override { start_afresh(kWritten); }
    void after_all() override {
        expect_good_end(victim_, *log_, "the victim");
        start_afresh(kWritten);
    }

private:
    void live() override {
        auto out = open_outlet(ware_, options_);
        Writer{0}.push(*out, kWritten);
        operate([&] { out->close(); });
    }
    void try_beside() override {
        open_beside([this] { return open_outlet(ware_, at_once_); });
    }
};

// A dead producer, and the victim, a consumer, sees to it.
class Recovers final : public StreamLife {
public:
    using StreamLife::StreamLife;
    void begin(bool) override {
        Child corpse{[this] { return guarded(*corpse_, [this] { be_a_producer(); }); },
                     {.traced = true}};
        expect(corpse.until_marked().empty(), "a producer to be dead: " + corpse_->said());
        start_victim();
        watch();
        if (bug_ == Bug::recovers_the_living) {
            living_ = std::move(corpse);
        } else {
            corpse.end();
        }
    }
    void after_death(std::uint64_t) override {
        living_.end();
        auto in = must_open_inlet(ware_, options_);
        expect_fate(in->place(), Role::producer, token(), 0);
        Reader reader{0};
        reader.drain(*in);
        expect_within(reader.next(), kWritten, kWritten, "number of messages of the dead one");
        expect(reader.ends() == "d", "the reader was told " + reader.ends());
        auto out = must_open_outlet(ware_, options_);
        expect_within(out->next(), kWritten, kWritten, "where the successor begins");
        finish(*out, *in, reader);
        out.reset();
        in.reset();
        end_world();
    }
    // Another producer came and went while the recoverer stood still: it is not declared dead.
    void after_all() override {
        expect_good_end(victim_, *log_, "the victim");
        living_.end();
        auto in = must_open_inlet(ware_, options_);
        const std::uint64_t closed = channel::last_closed(in->place().control(), Role::producer);
        expect_fate(in->place(), Role::producer, token(), closed);
        Reader reader{0};
        reader.drain(*in);
        expect_within(reader.next(), kWritten, kWritten, "number of messages of the dead one");
        expect(reader.ends() == (closed != 0 ? "c" : "d"), "the reader was told " + reader.ends());
        in->close();
        in.reset();
        end_world();
    }

private:
    [[nodiscard]] std::uint64_t token() const {
        return corpse_->token.load(std::memory_order_relaxed);
    }
    void be_a_producer() {
        auto out = open_outlet(ware_, options_);
        Writer{0}.push(*out, kWritten);
        corpse_->token.store(out->place().token(), std::memory_order_relaxed);
        halt();
    }
    void live() override {
        Participant place{request_of(ware_, Role::consumer, options_)};
        operate([&] {
            if (bug_ == Bug::none) {
                static_cast<void>(place.reap());
            } else {
                recover_wrongly(place, layout::kProducerSeat, bug_ == Bug::recovers_the_living);
            }
        });
        place.close();
    }
    void try_beside() override {
        open_beside([this] { return open_outlet(ware_, at_once_); });
    }

    Shared<Log> corpse_;
    Child living_;
};

class Collects final : public StreamLife {
public:
    using StreamLife::StreamLife;
    void begin(bool) override {
        const Shared<Log> its;
        Child corpse{[&] {
                         return guarded(*its, [&] {
                             auto out = open_outlet(ware_, options_);
                             Writer{0}.push(*out, kWritten);
                             halt();
                         });
                     },
                     {.traced = true}};
        expect(corpse.until_marked().empty(), "a producer to be dead: " + its->said());
        start_victim();
        if (bug_ == Bug::collects_the_living) {
            living_ = std::move(corpse);
        } else {
            corpse.end();
        }
    }
    void after_death(std::uint64_t) override {
        if (living_.pid() > 0) {
            expect(!world_.ground().files().empty(), "the channel of a living one is gone");
            living_.end();
        }
        start_afresh(kWritten);
    }
    void after_all() override {
        expect_good_end(victim_, *log_, "the victim");
        start_afresh(kWritten);
    }

private:
    void live() override {
        operate([this] {
            if (bug_ == Bug::collects_the_living) {
                collect_wrongly(world_.ground().file_of(std::string{kChannel}));
            } else {
                static_cast<void>(channel::collect({.apply = true}));
            }
        });
    }
    void try_beside() override {
        open_beside([this] { return open_outlet(ware_, at_once_); });
    }

    Child living_;
};

}  // namespace

std::unique_ptr<Play> life_play(World& world, Ware ware, bool huge, Life life, Bug bug) {
    switch (life) {
        case Life::create:
            return std::make_unique<Creates>(world, ware, huge, bug);
        case Life::join:
            return std::make_unique<Joins>(world, ware, huge, bug, false);
        case Life::open:
            return std::make_unique<Joins>(world, ware, huge, bug, true);
        case Life::leave:
            return std::make_unique<Leaves>(world, ware, huge, bug);
        case Life::leave_unread:
            return std::make_unique<LeavesUnread>(world, ware, huge, bug);
        case Life::close:
            return std::make_unique<ClosesLast>(world, ware, huge, bug);
        case Life::recover:
            return std::make_unique<Recovers>(world, ware, huge, bug);
        case Life::collect:
            break;
    }
    return std::make_unique<Collects>(world, ware, huge, bug);
}

}  // namespace shunt::stepper
