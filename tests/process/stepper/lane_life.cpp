// SPDX-License-Identifier: MIT
#include "process/stepper/lane_company.hpp"
#include "process/stepper/lane_play.hpp"
#include "process/stepper/life_base.hpp"

#include <memory>

namespace shunt::stepper {
namespace {

constexpr std::uint64_t kWritten = 2;

class LaneLives : public LifeWithOneOutcome {
public:
    LaneLives(World& world, Ware ware, bool huge)
        : LifeWithOneOutcome{world, lane_options(ware, huge)}, ware_{ware} {}

protected:
    // What another one does beside: it opens, and leaves. Where all lanes are held it is told so.
    void try_beside() override {
        measured(*other_, Call::open, [&] {
            try {
                open_lane(ware_, at_once_)->close();
            } catch (const Error& error) {
                const bool held = error.code() == Errc::already_exists;
                expect(held || error.code() == Errc::timed_out || error.code() == Errc::not_found,
                       std::string{"another is told: "} + error.what());
                other_->say(held ? "seat" : "gate");
            }
        });
    }
    // A consumer and two producers come, and find nothing or all of what was left.
    void start_afresh(std::uint64_t left) {
        {
            auto in = must_open_merge(ware_, options_);
            LaneReader reader;
            reader.drain(*in);
            const Reader& first = reader.lane(0);
            const std::uint64_t got = first.first() == Reader::kAny ? 0 : first.next();
            expect(got == 0 || got == left, "half of what was there is");
            finish(std::move(in));
        }
        end_world();
    }
    // Both lanes once, in good order; then all leave, the last of the channel.
    void finish(std::unique_ptr<Inlet> in) {
        LaneReader reader;
        std::array<std::unique_ptr<Outlet>, kLanes> outs;
        for (auto& out : outs) {
            out = must_open_lane(ware_, options_);
            Writer writer{out->next()};
            writer.fill_exactly(*out);
            reader.drain(*in);
            expect_within(reader.lane(out->lane()).next(), writer.next(), writer.next(),
                          "number of the last message");
        }
        for (auto& out : outs) {
            out->close();
        }
        reader.drain(*in);
        expect(reader.ends() == "c", "the consumer was told '" + reader.ends() + "'");
        in->close();
    }
    static void write(Outlet& out) {
        Writer writer{0};
        writer.push(out, kWritten);
    }

    Ware ware_;
};

class Creates final : public LaneLives {
public:
    using LaneLives::LaneLives;
    void begin(bool) override { start_victim(); }

private:
    void outcome() override { start_afresh(0); }
    void live() override {
        std::unique_ptr<Inlet> in;
        operate([&] { in = open_merge(ware_, options_); });
        in->close();
    }
};

class Joins final : public LaneLives {
public:
    using LaneLives::LaneLives;
    void begin(bool) override {
        in_ = must_open_merge(ware_, options_);
        out_ = must_open_lane(ware_, options_);
        write(*out_);
        start_victim();
        watch();
    }

private:
    void live() override {
        std::unique_ptr<Outlet> out;
        operate([&] { out = open_lane(ware_, options_); });
        out->close();
    }
    // Another has the lane that the victim wanted or had, at once.
    void outcome() override {
        auto next = must_open_lane(ware_, options_);
        LaneReader reader{0};
        Writer writer{0};
        writer.fill_exactly(*next);
        reader.drain(*in_);
        expect_within(reader.lane(0).next(), kWritten, kWritten, "number of the other's messages");
        expect_within(reader.lane(1).next(), writer.next(), writer.next(),
                      "number of the last message");
        next->close();
        next.reset();
        out_->close();
        reader.drain(*in_);
        expect(reader.ends() == "c", "the consumer was told '" + reader.ends() + "'");
        finish(std::move(in_));
        out_.reset();
        end_world();
    }

    std::unique_ptr<Inlet> in_;
    std::unique_ptr<Outlet> out_;
};

class ClosesLast final : public LaneLives {
public:
    using LaneLives::LaneLives;
    void begin(bool) override {
        start_victim();
        watch();
        auto out = must_open_lane(ware_, options_);
        write(*out);
        out->close();
    }

private:
    void outcome() override { start_afresh(kWritten); }
    // Reads what is there, and is the last to leave.
    void live() override {
        auto in = open_merge(ware_, options_);
        operate([&] {
            LaneReader reader;
            reader.drain(*in);
            in->close();
        });
    }
};

class Collects final : public LaneLives {
public:
    using LaneLives::LaneLives;
    void begin(bool) override {
        Child corpse{[this] {
            return guarded(*corpse_, [this] {
                auto out = open_lane(ware_, options_);
                write(*out);
                ::raise(SIGKILL);
            });
        }};
        const std::string end = corpse.wait();
        expect(end == "signal 9", "one that was to die ended by " + end + ": " + corpse_->said());
        start_victim();
    }

private:
    void outcome() override { start_afresh(kWritten); }
    void live() override {
        operate([] { static_cast<void>(channel::collect({.apply = true})); });
    }

    Shared<Log> corpse_;
};

}  // namespace

std::unique_ptr<Play> lane_life(World& world, Ware ware, bool huge, LaneLife life) {
    switch (life) {
        case LaneLife::create:
            return std::make_unique<Creates>(world, ware, huge);
        case LaneLife::join:
            return std::make_unique<Joins>(world, ware, huge);
        case LaneLife::close:
            return std::make_unique<ClosesLast>(world, ware, huge);
        case LaneLife::collect:
            break;
    }
    return std::make_unique<Collects>(world, ware, huge);
}

}  // namespace shunt::stepper
