// SPDX-License-Identifier: MIT
#include "process/stepper/crowd_company.hpp"
#include "process/stepper/crowd_play.hpp"
#include "process/stepper/life_base.hpp"

#include <memory>

namespace shunt::stepper {
namespace {

constexpr std::uint64_t kWritten = 2;

template <class T>
class Lives : public LifePlay {
public:
    Lives(World& world, bool huge) : LifePlay{world, crowd_options(huge)} {}

protected:
    // What another one does beside: it opens, and leaves.
    void try_beside() override {
        open_beside([this] {
            return std::make_unique<typename process_test::PortsOf<T>::Producer>(kChannel,
                                                                                 at_once_);
        });
    }
    static void write(typename process_test::PortsOf<T>::Producer& out) {
        for (std::uint64_t i = 0; i < kWritten; ++i) {
            T message;
            process_test::fill(message, kThousand + i);
            expect(bool{out.try_push(message)}, "there was to be room");
        }
    }
    // Two new ones come, and find nothing or all of what was left.
    void start_afresh(std::uint64_t left, std::uint64_t gaps) {
        {
            Company<T> ours{options_};
            static_cast<void>(ours.in.recover());
            expect(ours.drain() == Status::empty, "the ring is busy when the dead are buried");
            expect(ours.got.empty() || ours.got.size() == left, "half of what was there is");
            expect_within(ours.gaps.size(), 0, gaps, "number of gaps");
            ours.finish();
        }
        end_world();
    }
};

template <class T>
class Creates final : public Lives<T> {
public:
    using Lives<T>::Lives;
    void begin(bool) override { this->start_victim(); }
    void after_death(std::uint64_t) override { this->start_afresh(0, 0); }
    void after_all() override {
        expect_good_end(this->victim_, *this->log_, "the victim");
        read_all();
        this->end_world();
    }

private:
    void read_all() {
        typename process_test::PortsOf<T>::Consumer in{kChannel, this->options_};
        std::uint64_t count = 0;
        for (T message; in.try_pop(message); ++count) {
            expect(process_test::intact(message) && message.number == kThousand + count,
                   "a message of the creator is another");
        }
        expect_within(count, kWritten, kWritten, "number of the creator's messages");
    }
    void live() override {
        std::unique_ptr<typename process_test::PortsOf<T>::Producer> out;
        this->operate([&] {
            out = std::make_unique<typename process_test::PortsOf<T>::Producer>(kChannel,
                                                                                this->options_);
        });
        this->write(*out);
        out->close();
    }
};

template <class T>
class Joins final : public Lives<T> {
public:
    using Lives<T>::Lives;
    void begin(bool) override {
        ours_ = std::make_unique<Company<T>>(this->options_);
        ours_->warm_up();
        ours_->push(kWritten);
        this->start_victim();
        this->watch();
    }
    void after_death(std::uint64_t) override {
        expect_within(ours_->in.recover(), 0, 1, "number of the dead");
        go_on();
    }
    void after_all() override {
        expect_good_end(this->victim_, *this->log_, "the victim");
        expect(ours_->in.recover() == 0, "somebody died");
        go_on();
    }

private:
    void live() override {
        std::unique_ptr<typename process_test::PortsOf<T>::Consumer> in;
        this->operate([&] {
            in = std::make_unique<typename process_test::PortsOf<T>::Consumer>(kChannel,
                                                                               this->options_);
        });
        in->close();
    }
    void go_on() {
        expect(ours_->drain() == Status::empty, "the ring is busy");
        static_cast<void>(account_all(ours_->got, ours_->gaps, kWarmUp, ours_->next, {}));
        ours_->finish();
        ours_.reset();
        this->end_world();
    }

    std::unique_ptr<Company<T>> ours_;
};

template <class T>
class ClosesLast final : public Lives<T> {
public:
    using Lives<T>::Lives;
    void begin(bool) override {
        this->start_victim();
        this->watch();
        typename process_test::PortsOf<T>::Consumer in{kChannel, this->options_};
        T message;
        while (in.try_pop(message)) {
        }
        in.close();
    }
    void after_death(std::uint64_t) override { this->start_afresh(0, 0); }
    void after_all() override {
        expect_good_end(this->victim_, *this->log_, "the victim");
        this->start_afresh(0, 0);
    }

private:
    void live() override {
        typename process_test::PortsOf<T>::Producer out{kChannel, this->options_};
        this->write(out);
        this->operate([&] { out.close(); });
    }
};

template <class T>
class Collects final : public Lives<T> {
public:
    using Lives<T>::Lives;
    void begin(bool) override {
        let_one_die<T>(this->options_, *corpse_, true);
        this->start_victim();
    }
    void after_death(std::uint64_t) override { this->start_afresh(0, 1); }
    void after_all() override {
        expect_good_end(this->victim_, *this->log_, "the victim");
        this->start_afresh(0, 1);
    }

private:
    void live() override {
        this->operate([] { static_cast<void>(channel::collect({.apply = true})); });
    }

    Shared<Log> corpse_;
};

template <class T>
std::unique_ptr<Play> life_of(World& world, bool huge, CrowdLife life) {
    switch (life) {
        case CrowdLife::create:
            return std::make_unique<Creates<T>>(world, huge);
        case CrowdLife::join:
            return std::make_unique<Joins<T>>(world, huge);
        case CrowdLife::close:
            return std::make_unique<ClosesLast<T>>(world, huge);
        case CrowdLife::collect:
            break;
    }
    return std::make_unique<Collects<T>>(world, huge);
}

}  // namespace

std::unique_ptr<Play> crowd_life(World& world, Ware ware, bool huge, CrowdLife life, bool blocks) {
    if (blocks) {
        return life_of<process_test::InBlocks<process_test::Small>>(world, huge, life);
    }
    return ware == Ware::large ? life_of<process_test::Large>(world, huge, life)
                               : life_of<process_test::Small>(world, huge, life);
}

}  // namespace shunt::stepper
