// SPDX-License-Identifier: MIT
//
// Birth (docs/failure_model.md): a creator killed at every one of its system calls, and two
// creators that meet at every one of them.
#include <shunt/channel/lock.hpp>

#include <shunt/channel/registry.hpp>

#include <gtest/gtest.h>

#include "process/channel_race.hpp"

namespace shunt::channel {
namespace {

using process::Actor;
using process::Script;

class Birth : public ChannelRace {};

TEST_F(Birth, CreatorKilledAnywhereLeavesNothingInTheWay) {
    const Request request = lingering(patient(producer()), linger::none);
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        Actor victim{[&](Script& script) {
            script.stop_here();
            new Participant{request};  // never left: its end is a death
        }};
        if (!victim.step(k)) {
            break;
        }
        victim.kill();
        {
            const bool was_there = named() != 0;
            Participant successor{request};
            ASSERT_EQ(successor.created(), !was_there) << "step " << k;
            Participant joined{patient(consumer())};
            EXPECT_EQ(joined.header().inode, named());
            const std::uint64_t died = was_there ? 1 : 0;
            EXPECT_EQ(last_died(successor.control(), layout::Role::producer), died) << "step " << k;
        }
        ASSERT_TRUE(files().empty()) << "step " << k << ": " << files().front();
    }
    EXPECT_GT(k, 50) << "the victim was not driven";
    EXPECT_LT(k, kTooManySteps);
}

TEST_F(Birth, TwoCreatorsMeetInOneFileWhereverOneIsStopped) {
    int k = 0;
    for (; k < kTooManySteps; ++k) {
        Actor slow{[](Script& script) {
            script.stop_here();
            script.say((new Attempt{attempt(creating_consumer())})->text);
        }};
        if (!slow.step(k) || named() != 0) {
            break;  // it has committed: what follows is no birth any more
        }
        Attempt fast = attempt(lingering(producer(), linger::none));
        EXPECT_TRUE(fast.text.starts_with("created")) << "step " << k << ": " << fast.text;
        slow.go();
        const std::string text = slow.hear();
        slow.join();
        EXPECT_TRUE(text.starts_with("joined")) << "step " << k << ": " << text;
        EXPECT_TRUE(in_named_file(fast.text)) << "step " << k;
        EXPECT_TRUE(in_named_file(text)) << "step " << k;
        fast.place.reset();
        ASSERT_TRUE(files().empty()) << "step " << k;
    }
    EXPECT_GT(k, 50) << "the slow creator was not driven";
    EXPECT_LT(k, kTooManySteps);
}

}  // namespace
}  // namespace shunt::channel
