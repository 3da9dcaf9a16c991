// SPDX-License-Identifier: MIT
//
// The gate: joiner against remover, two last closers, replacer against everybody. One side is
// stopped at every one of its system calls in turn while the other does all it wants.
#include <shunt/channel/life.hpp>
#include <shunt/channel/lock.hpp>

#include <gtest/gtest.h>

#include "process/channel_race.hpp"

namespace shunt::channel {
namespace {

using process::Actor;
using process::Script;

class Gate : public ChannelRace {
protected:
    // Opens, says what came of it, and dies without leaving.
    static std::function<void(Script&)> opener(const Request& request) {
        return [request](Script& script) {
            script.stop_here();
            script.say((new Attempt{attempt(request)})->text);
        };
    }
    // Takes its place, and leaves it while it is driven.
    static std::function<void(Script&)> closer(const Request& request) {
        return [request](Script& script) {
            auto* mine = new Participant{request};
            script.stop_here();
            mine->close();
        };
    }
    // Another geometry than producer()'s, with leave to replace.
    static Request replacer() {
        Request request = patient(producer());
        request.element_bytes = 16;
        request.capacity = kSlots * 3;
        request.options.existing = existing::replace;
        return request;
    }
    static Request at_once(Request request) {
        request.options.open_timeout = std::chrono::milliseconds{0};
        request.options.seat_timeout = std::chrono::milliseconds{0};
        return request;
    }
    // Nobody removes or replaces.
    static bool may_join(const FileHandle& file) {
        const bool may = try_lock(file.get(), layout::kGateByte, LockKind::read) == 0;
        unlock(file.get(), layout::kGateByte);
        return may;
    }
    static void leave_one_behind() { const Participant gone{lingering(producer(), linger::keep)}; }
    void remove_everything() const {
        for (const std::string& name : files()) {
            std::filesystem::remove(file(name));
        }
    }
    // Whoever still lives in the channel leaves it, the dead are recovered, and it is gone.
    void expect_ordinary_end(const Request& request) const {
        { const Participant last{patient(request)}; }
        EXPECT_TRUE(files().empty()) << files().front();
    }
};

TEST_F(Gate, JoinerAgainstRemover) {
    int joined = 0;
    int created = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        Attempt last = attempt(lingering(producer(), linger::none));
        Actor joiner{opener(lingering(creating_consumer(), linger::none))};
        if (!joiner.step(k)) {
            break;
        }
        last.place->close();
        joiner.go();
        const std::string text = joiner.hear();
        joiner.join();
        EXPECT_TRUE(in_named_file(text)) << "step " << k;
        (text.starts_with("joined") ? joined : created) += 1;
        expect_ordinary_end(lingering(producer(), linger::none));
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(joined, 0);
    EXPECT_GT(created, 0);
}

// Both are driven: only when both have left their entries do they meet at the gate.
TEST_F(Gate, TwoLastClosersLeaveNothing) {
    constexpr int kSyscall = 2;  // to the next entry: what is stored in between is stored by then
    constexpr int kNaps = 40;  // beyond, a closer only waits for the gate that the other one holds
    int met = 0;
    bool one_lives = true;
    for (int i = 1; one_lives; i += kSyscall) {
        bool other_lives = true;
        for (int j = 1; other_lives && j < kNaps; j += kSyscall) {
            Actor one{closer(lingering(producer(), linger::none))};
            Actor other{closer(consumer())};
            one_lives = one.step(i);
            other_lives = other.step(j);
            met += one_lives && other_lives ? 1 : 0;
            one.go();
            one.join();
            other.go();
            other.join();
            ASSERT_TRUE(files().empty()) << "steps " << i << " and " << j;
        }
    }
    EXPECT_GT(met, 50) << "the closers were not driven";
}

// Who finds nobody left, and is stopped before the gate, may find another channel under the name.
TEST_F(Gate, LateCloserLeavesTheNextChannelAlone) {
    int created = 0;
    bool lives = true;
    for (int k = 0; lives; ++k) {
        Participant first{lingering(producer(), linger::none)};
        Actor late{closer(consumer())};
        lives = late.step(k);
        first.close();
        const Attempt next = attempt(lingering(producer(), linger::none));
        late.go();
        late.join();
        EXPECT_TRUE(in_named_file(next.text)) << "step " << k;
        created += lives && next.text.starts_with("created") ? 1 : 0;
    }
    EXPECT_GT(created, 1);
}

TEST_F(Gate, CloserStoppedInTheGateHoldsJoinersForTheirTimeoutOnly) {
    int refused = 0;
    int joined = 0;
    bool lives = true;
    for (int k = 0; lives; ++k) {
        Actor last{closer(lingering(producer(), linger::none))};
        lives = last.step(k);
        const Attempt joiner = attempt(at_once(consumer()));
        last.go();
        last.join();
        if (joiner.place != nullptr) {
            ++joined;
            EXPECT_TRUE(in_named_file(joiner.text)) << "step " << k << ": removed with a joiner in";
        } else if (joiner.text.starts_with("error timed out")) {
            ++refused;
            EXPECT_NE(joiner.text.find("gate"), std::string::npos) << joiner.text;
        } else {
            EXPECT_TRUE(joiner.text.starts_with("error not found")) << joiner.text;
        }
    }
    EXPECT_GT(refused, 0);
    EXPECT_GT(joined, 1);
}

TEST_F(Gate, ReplacerKilledAnywhereIsReplaced) {
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        leave_one_behind();
        Actor victim{opener(replacer())};
        if (!victim.step(k)) {
            break;
        }
        victim.kill();
        {
            const Attempt next = attempt(replacer());
            ASSERT_NE(next.place, nullptr) << "step " << k << ": " << next.text;
            EXPECT_TRUE(in_named_file(next.text)) << "step " << k;
            EXPECT_EQ(next.place->header().element_bytes, 16u);
        }
        // A temporary name may stay, for a collector; the name itself ends as any does.
        for (const std::string& left : files()) {
            EXPECT_TRUE(left.starts_with(".md.ticks.") && left.ends_with(".new")) << left;
        }
        EXPECT_LE(files().size(), 1u);
        remove_everything();
    }
    EXPECT_GT(k, 50) << "the replacer was not driven";
    EXPECT_LT(k, kTooManySteps);
}

TEST_F(Gate, ReplacerAgainstJoiner) {
    int joined = 0;
    int held_up = 0;
    int replaced = 0;
    const auto meet = [&](Actor& slow) {
        const Attempt joiner = attempt(at_once(consumer()));
        slow.go();
        const std::string text = slow.hear();
        slow.join();
        if (joiner.place != nullptr) {
            ++joined;
            EXPECT_TRUE(in_named_file(joiner.text));
            EXPECT_TRUE(text.starts_with("error wrong element type")) << text;
            EXPECT_NE(text.find(std::to_string(::getpid()) + " lives in it"), std::string::npos);
        } else {
            held_up += joiner.text.starts_with("error timed out") ? 1 : 0;
            replaced += joiner.text.starts_with("error wrong element type") ? 1 : 0;
            EXPECT_TRUE(in_named_file(text));
            EXPECT_TRUE(text.starts_with("created")) << text;
        }
    };
    int k = 0;
    for (bool lives = true; lives && k < kTooManySteps; k += lives ? 1 : 0) {
        SCOPED_TRACE(testing::Message() << "step " << k);
        leave_one_behind();
        Actor slow{opener(replacer())};
        lives = slow.step(k);
        if (lives) {
            meet(slow);
        }
        remove_everything();
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_EQ(joined + held_up + replaced, k);
    EXPECT_GT(joined, 0);
    // These moments are short: the victim is driven until it is there.
    for (int* const moment : {&held_up, &replaced}) {
        leave_one_behind();
        const int before = *moment;
        const ino_t old = named();
        const FileHandle gate = FileHandle::open(file("md.ticks.shunt").c_str(), O_RDWR);
        Actor slow{opener(replacer())};
        while (moment == &held_up ? may_join(gate) : named() == old) {
            ASSERT_TRUE(slow.step());
        }
        meet(slow);
        EXPECT_EQ(*moment, before + 1);
        remove_everything();
    }
}

TEST_F(Gate, ReplacerAgainstLastCloser) {
    int refused = 0;
    int created = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        Participant closer{lingering(producer(), linger::none)};
        Actor slow{opener(replacer())};
        if (!slow.step(k)) {
            break;
        }
        closer.close();
        slow.go();
        const std::string text = slow.hear();
        slow.join();
        if (text.starts_with("created")) {
            ++created;
            EXPECT_TRUE(in_named_file(text)) << "step " << k;
        } else {
            ++refused;
            EXPECT_NE(text.find("lives in it"), std::string::npos) << "step " << k << ": " << text;
            EXPECT_TRUE(files().empty()) << "step " << k;
        }
        remove_everything();
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(created, 0);
    EXPECT_GT(refused, 0);
}

TEST_F(Gate, TwoReplacers) {
    int first = 0;
    int second = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        leave_one_behind();
        Actor slow{opener(replacer())};
        if (!slow.step(k)) {
            break;
        }
        Request other = at_once(replacer());
        other.element_bytes = 32;
        other.capacity = kSlots;
        const Attempt fast = attempt(other);
        slow.go();
        const std::string text = slow.hear();
        slow.join();
        if (fast.place != nullptr) {
            ++first;
            EXPECT_TRUE(in_named_file(fast.text)) << "step " << k;
            EXPECT_TRUE(text.starts_with("error wrong element type")) << "step " << k << text;
        } else {
            ++second;
            EXPECT_TRUE(in_named_file(text)) << "step " << k << ": " << fast.text;
        }
        remove_everything();
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(first, 0);
    EXPECT_GT(second, 0);
}

}  // namespace
}  // namespace shunt::channel
