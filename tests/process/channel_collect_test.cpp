// SPDX-License-Identifier: MIT
//
// The collector against everybody: one side is stopped at every one of its system calls in turn
// while the other does all it wants; it is killed at every one of them; and files are cut under
// those that look at them.
#include <shunt/channel/collect.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/channel/lock.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include "process/channel_race.hpp"

namespace shunt::channel {
namespace {

using process::Actor;
using process::Script;

class Collector : public ChannelRace {
protected:
    Collector() { sandbox::see_no_huge_pages(); }

    static std::vector<Finding> collect_all() { return collect({.apply = true}); }
    static std::string told(const std::vector<Finding>& findings) {
        std::string text = "collected";
        for (const Finding& finding : findings) {
            text += " " + std::string{to_string(finding.verdict)} +
                    (finding.removed ? " removed" : "") + " (" + finding.reason + finding.failure +
                    ")";
        }
        return text;
    }
    static std::function<void(Script&)> collector() {
        return [](Script& script) {
            script.stop_here();
            script.say(told(collect_all()));
        };
    }
    // Opens, says what came of it, and dies without leaving.
    static std::function<void(Script&)> opener(const Request& request) {
        return [request](Script& script) {
            script.stop_here();
            script.say((new Attempt{attempt(request)})->text);
        };
    }
    // A channel in which nobody lives: its producer left something unread.
    static void leave_one_behind() {
        Request request = producer();
        request.drained = something_unread;
        const Participant gone{request};
    }
    // One whose producer was killed.
    static void leave_a_dead_one_behind() {
        Actor victim{[](Script& script) {
            new Participant{producer()};
            script.stop_here();
        }};
        victim.kill();
    }
    static Request at_once(Request request) {
        request.options.open_timeout = std::chrono::milliseconds{0};
        return request;
    }
    static Request replacer() {
        Request request = patient(producer());
        request.element_bytes = 16;
        request.capacity = kSlots * 3;
        request.options.existing = existing::replace;
        return request;
    }
    void expect_nothing_after_collecting(int step) const {
        const std::string last = told(collect_all());
        ASSERT_TRUE(files().empty()) << "step " << step << ": " << files().front() << ": " << last;
    }
};

TEST_F(Collector, AgainstAnOpenerStoppedAnywhere) {
    int joined = 0;
    int created = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        k % 2 == 0 ? leave_one_behind() : leave_a_dead_one_behind();
        Actor slow{opener(patient(producer()))};
        if (!slow.step(k)) {
            break;
        }
        static_cast<void>(collect_all());
        slow.go();
        const std::string text = slow.hear();
        EXPECT_TRUE(in_named_file(text)) << "step " << k;
        (text.starts_with("joined") ? joined : created) += 1;
        slow.join();
        expect_nothing_after_collecting(k);
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(joined, 10);
    EXPECT_GT(created, 10);
}

// While it is stopped in the gate an opener waits for its timeout and no longer; whoever got in, it
// leaves alone.
TEST_F(Collector, StoppedAnywhereAgainstAnOpener) {
    int joined = 0;
    int created = 0;
    int refused = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        leave_one_behind();
        Actor slow{collector()};
        if (!slow.step(k)) {
            break;
        }
        Attempt fast = attempt(at_once(producer()));
        slow.go();
        const std::string said = slow.hear();
        slow.join();
        EXPECT_TRUE(said.starts_with("collected")) << "step " << k << ": " << said;
        if (fast.place != nullptr) {
            EXPECT_TRUE(in_named_file(fast.text)) << "step " << k << ": " << said;
            (fast.text.starts_with("joined") ? joined : created) += 1;
        } else {
            ++refused;
            EXPECT_NE(fast.text.find("gate"), std::string::npos) << fast.text;
            EXPECT_TRUE(files().empty()) << "step " << k << ": " << said;
            EXPECT_TRUE(attempt(producer()).text.starts_with("created"));
        }
        fast.place.reset();
        expect_nothing_after_collecting(k);
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(joined, 10);
    EXPECT_GT(created, 0);
    EXPECT_GT(refused, 0);
}

TEST_F(Collector, KilledAnywhereIsCompletedByTheNextOrByAnOpener) {
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        leave_one_behind();
        Actor victim{collector()};
        if (!victim.step(k)) {
            break;
        }
        victim.kill();
        if (k % 2 == 0) {
            const Attempt next = attempt(patient(producer()));
            ASSERT_NE(next.place, nullptr) << "step " << k << ": " << next.text;
            EXPECT_TRUE(in_named_file(next.text)) << "step " << k;
        }
        expect_nothing_after_collecting(k);
    }
    EXPECT_GT(k, 30) << "the collector was not driven";
    EXPECT_LT(k, kTooManySteps);
}

TEST_F(Collector, AgainstACollectorStoppedAnywhere) {
    int first = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        leave_one_behind();
        Actor slow{collector()};
        if (!slow.step(k)) {
            break;
        }
        const bool removed = told(collect_all()).find("removed") != std::string::npos;
        first += removed ? 1 : 0;
        // Another channel gets the name, and the slow one finds it there.
        const Attempt next = attempt(at_once(producer()));
        slow.go();
        EXPECT_TRUE(slow.hear().starts_with("collected"));
        slow.join();
        if (next.place != nullptr) {
            EXPECT_TRUE(in_named_file(next.text)) << "step " << k;
            next.place->close();
        }
        expect_nothing_after_collecting(k);
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(first, 10);
}

TEST_F(Collector, LeavesAStoppedReplacerItsFileAndTakesThatOfADeadOne) {
    int replaced = 0;
    int temporaries = 0;
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        leave_one_behind();
        const bool dies = k % 2 == 0;
        Actor slow{opener(replacer())};
        if (!slow.step(k)) {
            break;
        }
        for (const std::string& name : files()) {
            temporaries += name_of_temporary(name).empty() ? 0 : 1;
        }
        if (dies) {
            slow.kill();
        } else {
            static_cast<void>(collect_all());
            slow.go();
            const std::string text = slow.hear();
            slow.join();
            EXPECT_TRUE(in_named_file(text)) << "step " << k;
            replaced += text.starts_with("created") ? 1 : 0;
        }
        expect_nothing_after_collecting(k);
    }
    EXPECT_LT(k, kTooManySteps);
    EXPECT_GT(temporaries, 3) << "the replacer was not driven";
    EXPECT_GT(replaced, 10);
}

TEST_F(Collector, AgainstALastCloserStoppedAnywhere) {
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        Actor slow{[](Script& script) {
            auto* mine = new Participant{lingering(producer(), linger::none)};
            script.stop_here();
            mine->close();
            script.say("closed");
        }};
        if (!slow.step(k)) {
            break;
        }
        static_cast<void>(collect_all());
        slow.go();
        EXPECT_EQ(slow.hear(), "closed");
        slow.join();
        expect_nothing_after_collecting(k);
    }
    EXPECT_GT(k, 5) << "the closer was not driven";
    EXPECT_LT(k, kTooManySteps);
}

// Those who look from outside, while a file loses its end at every one of their system calls.
class CutUnder : public Collector {
protected:
    void expect_survives(const std::function<std::string()>& look) {
        for (const off_t bytes : {off_t{0}, off_t{4096}, off_t{20480}}) {
            int k = 0;
            for (; k < kTooManySteps; ++k) {
                leave_one_behind();
                Actor slow{[&look](Script& script) {
                    script.stop_here();
                    script.say(look());
                }};
                if (!slow.step(k)) {
                    break;
                }
                if (named() != 0) {
                    ASSERT_EQ(::truncate(file("md.ticks.shunt").c_str(), bytes), 0);
                }
                slow.go();
                EXPECT_NE(slow.hear(), "") << "it died at step " << k << ", cut to " << bytes;
                slow.join();
                std::filesystem::remove(file("md.ticks.shunt"));
            }
            EXPECT_GT(k, 5) << "it was not driven";
            EXPECT_LT(k, kTooManySteps);
        }
    }
};

TEST_F(CutUnder, ACollectorThatOnlyLooks) {
    expect_survives([] { return told(collect({})); });
}

TEST_F(CutUnder, ACollectorThatRemoves) {
    expect_survives([] { return told(collect_all()); });
}

TEST_F(CutUnder, AList) {
    expect_survives([] {
        const std::vector<Listed> all = list();
        return all.empty() ? std::string{"none"} : "listed " + all[0].reason;
    });
}

TEST_F(CutUnder, AnObserverThatReads) {
    expect_survives([] {
        try {
            const Observer observer = observe(kName);
            static_cast<void>(observer.peers());
            static_cast<void>(observer.condition());
            return std::string{"seen on "} + std::to_string(observer.placement().page_bytes);
        } catch (const Error& error) {
            return std::string{"error "} + error.what();
        }
    });
}

}  // namespace
}  // namespace shunt::channel
