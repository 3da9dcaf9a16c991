// SPDX-License-Identifier: MIT
#include "process/stepper/broadcast_company.hpp"
#include "process/stepper/broadcast_play.hpp"
#include "process/stepper/life_base.hpp"

#include <functional>
#include <memory>

namespace shunt::stepper {
namespace {

constexpr std::uint64_t kWritten = 2;

class BroadcastLives : public LifeWithOneOutcome {
public:
    BroadcastLives(World& world, Cast cast, bool huge)
        : LifeWithOneOutcome{world, broadcast_options(cast, huge, 1)}, cast_{cast} {}

protected:
    // What another one does beside: it opens, and leaves; or it is told why not.
    void try_beside() override {
        measured(*other_, Call::open, [&] {
            try {
                open_subscriber(cast_, at_once_)->close();
            } catch (const Error& error) {
                const bool held = error.code() == Errc::already_exists;
                expect(held || error.code() == Errc::timed_out || error.code() == Errc::not_found,
                       std::string{"another is told: "} + error.what());
                other_->say(held ? "seat" : "gate");
            }
        });
    }
    // A publisher and a subscriber come, and find nothing or all of what was left.
    void start_afresh(std::uint64_t left) {
        auto out = must_open_publisher(cast_, options_);
        expect(out->next() == 0 || out->next() == left, "half of what was there is");
        finish(std::move(out));
        end_world();
    }
    // All that there is and a lap more; then both leave, the last of the channel.
    void finish(std::unique_ptr<Outlet> out) {
        Follower in{must_open_subscriber(cast_, options_)};
        in.drain();
        Writer writer{out->next()};
        expect_within(in.next(), writer.next(), writer.next(), "number of messages that are there");
        for (std::uint64_t i = 0; i < kSlots; ++i) {
            writer.push(*out, 1);
            in.drain();
        }
        expect_within(in.next(), writer.next(), writer.next(), "number of the last message");
        expect(in.lost() == 0, "messages are lost");
        out->close();
        in.drain();
        expect(in.ends() == "c", "the subscriber was told '" + in.ends() + "'");
        in.close();
    }
    static void write(Outlet& out) {
        Writer writer{0};
        writer.push(out, kWritten);
    }
    // One that published and was killed.
    void leave_a_corpse() {
        leave_a_corpse([this] {
            auto out = open_publisher(cast_, options_);
            write(*out);
            ::raise(SIGKILL);
        });
    }
    void leave_a_corpse(const std::function<void()>& live) {
        Child corpse{[this, &live] { return guarded(*corpse_, live); }};
        const std::string end = corpse.wait();
        expect(end == "signal 9", "one that was to die ended by " + end + ": " + corpse_->said());
    }

    Cast cast_;

private:
    Shared<Log> corpse_;
};

class Creates final : public BroadcastLives {
public:
    using BroadcastLives::BroadcastLives;
    void begin(bool) override { start_victim(); }

private:
    void outcome() override { start_afresh(0); }
    void live() override {
        std::unique_ptr<Outlet> out;
        operate([&] { out = open_publisher(cast_, options_); });
        out->close();
    }
};

[[nodiscard]] Options gated(Options options) {
    options.policy = policy::gated;
    return options;
}

class Joins : public BroadcastLives {
public:
    using BroadcastLives::BroadcastLives;
    void begin(bool) override {
        out_ = must_open_publisher(cast_, options_);
        write(*out_);
        start_victim();
        watch();
    }

private:
    void live() override {
        std::unique_ptr<Inlet> in;
        operate([&] { in = open_subscriber(cast_, joiners()); });
        in->close();
    }
    [[nodiscard]] virtual Options joiners() const { return options_; }
    // Another has the seat that the victim wanted or had, at once.
    void outcome() override {
        finish(std::move(out_));
        end_world();
    }

    std::unique_ptr<Outlet> out_;
};

class JoinsGated final : public Joins {
public:
    using Joins::Joins;

private:
    [[nodiscard]] Options joiners() const override { return gated(options_); }
};

// The victim goes on where one that died left off.
class TakesOver final : public BroadcastLives {
public:
    using BroadcastLives::BroadcastLives;
    void begin(bool) override {
        leave_a_corpse();
        start_victim();
        watch();
    }

private:
    void outcome() override { start_afresh(kWritten); }
    [[nodiscard]] bool collects_beside() const override { return false; }
    void live() override {
        std::unique_ptr<Outlet> out;
        operate([&] { out = open_publisher(cast_, options_); });
        out->close();
    }
};

class ClosesLast final : public BroadcastLives {
public:
    using BroadcastLives::BroadcastLives;
    void begin(bool) override {
        auto out = must_open_publisher(cast_, options_);
        write(*out);
        start_victim();
        watch();
        out->close();
    }

private:
    void outcome() override { start_afresh(kWritten); }
    // Reads what is there, and is the last to leave.
    void live() override {
        Follower in{open_subscriber(cast_, options_)};
        operate([&] {
            in.drain();
            in.close();
        });
    }
};

class Recovers final : public BroadcastLives {
public:
    using BroadcastLives::BroadcastLives;
    void begin(bool) override {
        leave_a_corpse();
        start_victim();
        watch();
    }

private:
    void outcome() override { start_afresh(kWritten); }
    [[nodiscard]] bool collects_beside() const override { return false; }
    void live() override {
        channel::Participant place{broadcast_request(cast_, layout::Role::consumer, options_)};
        operate([&] { static_cast<void>(place.reap()); });
    }
};

// Of a publisher, and of one that its successor would wait for.
class RecoversGate final : public BroadcastLives {
public:
    using BroadcastLives::BroadcastLives;
    void begin(bool) override {
        leave_a_corpse();
        leave_a_corpse([this] {
            const auto in = open_subscriber(cast_, gated(options_));
            ::raise(SIGKILL);
        });
        start_victim();
        watch();
    }

private:
    void outcome() override { start_afresh(kWritten); }
    [[nodiscard]] bool collects_beside() const override { return false; }
    void live() override {
        channel::Participant place{broadcast_request(cast_, layout::Role::producer, options_)};
        operate([&] { static_cast<void>(place.reap()); });
    }
};

class Collects final : public BroadcastLives {
public:
    using BroadcastLives::BroadcastLives;
    void begin(bool) override {
        leave_a_corpse();
        start_victim();
    }

private:
    void outcome() override { start_afresh(kWritten); }
    void live() override {
        operate([] { static_cast<void>(channel::collect({.apply = true})); });
    }
};

}  // namespace

std::unique_ptr<Play> broadcast_life(World& world, Cast cast, bool huge, BroadcastLife life) {
    switch (life) {
        case BroadcastLife::create:
            return std::make_unique<Creates>(world, cast, huge);
        case BroadcastLife::join:
            return std::make_unique<Joins>(world, cast, huge);
        case BroadcastLife::join_gated:
            return std::make_unique<JoinsGated>(world, cast, huge);
        case BroadcastLife::take_over:
            return std::make_unique<TakesOver>(world, cast, huge);
        case BroadcastLife::close:
            return std::make_unique<ClosesLast>(world, cast, huge);
        case BroadcastLife::recover:
            return std::make_unique<Recovers>(world, cast, huge);
        case BroadcastLife::recover_gate:
            return std::make_unique<RecoversGate>(world, cast, huge);
        case BroadcastLife::collect:
            break;
    }
    return std::make_unique<Collects>(world, cast, huge);
}

}  // namespace shunt::stepper
