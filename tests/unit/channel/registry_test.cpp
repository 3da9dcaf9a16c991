// SPDX-License-Identifier: MIT
#include <shunt/channel/registry.hpp>

#include <gtest/gtest.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fcntl.h>
#include <array>
#include <cerrno>
#include <string>
#include <thread>

namespace shunt::channel {
namespace {

using layout::EntryState;
using layout::Role;

// Two descriptions of one file, as two participants have, and a registry in private memory.
class RegistryTest : public testing::Test {
protected:
    RegistryTest()
        : holder_{::memfd_create("registry", MFD_CLOEXEC)},
          probe_{::open(("/proc/self/fd/" + std::to_string(holder_)).c_str(), O_RDWR | O_CLOEXEC)},
          registry_{control_, entries_, data_, room_, probe_} {}
    ~RegistryTest() override {
        ::close(probe_);
        if (holder_ >= 0) {
            ::close(holder_);
        }
    }

    std::uint64_t living_token() {
        const std::uint64_t token = registry_.draw_token();
        EXPECT_EQ(try_lock(holder_, token_byte(token), LockKind::write), 0);
        return token;
    }
    void die() {
        ::close(holder_);
        holder_ = -1;
    }
    std::uint64_t word(std::uint32_t index) const {
        // relaxed: one thread
        return entries_[index].word.load(std::memory_order_relaxed);
    }
    void put(std::uint32_t index, EntryState state, std::uint64_t token) {
        // relaxed: one thread
        entries_[index].word.store(entry_word(state, token), std::memory_order_relaxed);
    }
    static Identity producer() {
        return {.start_time = 7, .pid = 99, .role = Role::producer, .wait = 2, .cpu = 1};
    }
    std::uint64_t died(Role role) const { return last_died(control_, role); }
    std::uint64_t closed(Role role) const { return last_closed(control_, role); }
    std::uint32_t wakes() const {
        // relaxed: one thread
        return data_.wake_seq.load(std::memory_order_relaxed) +
               room_.wake_seq.load(std::memory_order_relaxed);
    }

    layout::ControlPage control_{};
    std::array<layout::RegistryEntry, 4> entries_{};
    layout::WakeRegion data_{};
    layout::WakeRegion room_{};
    int holder_;
    int probe_;
    Registry registry_;
};

TEST(EntryWord, HoldsTokenAndState) {
    constexpr std::uint64_t kWord = entry_word(EntryState::alive, 5);
    static_assert(kWord == 22 && state_of(kWord) == EntryState::alive && token_of(kWord) == 5);
    static_assert(entry_word(EntryState::free, 0) == 0, "zeroed memory is an empty registry");
    EXPECT_EQ(token_byte(5), (std::uint64_t{1} << 32) + 5);
}

TEST_F(RegistryTest, TokensStartAtOneAndNeverRepeat) {
    EXPECT_EQ(registry_.draw_token(), 1u);
    EXPECT_EQ(registry_.draw_token(), 2u);
}

TEST_F(RegistryTest, TakenEntryIsAliveWithItsFields) {
    const std::uint64_t token = living_token();
    ASSERT_TRUE(registry_.take(0, token, producer()));
    EXPECT_EQ(word(0), entry_word(EntryState::alive, token));
    // relaxed: one thread
    EXPECT_EQ(entries_[0].pid.load(std::memory_order_relaxed), 99u);
    // relaxed: one thread
    EXPECT_EQ(entries_[0].start_time.load(std::memory_order_relaxed), 7u);
    // relaxed: one thread
    EXPECT_EQ(entries_[0].cpu.load(std::memory_order_relaxed), 1);
    EXPECT_TRUE(registry_.lives(word(0)));
    EXPECT_EQ(registry_.recover(0), Registry::Found::living);
    EXPECT_EQ(word(0), entry_word(EntryState::alive, token));
}

TEST_F(RegistryTest, TakenEntryIsNotGivenTwice) {
    ASSERT_TRUE(registry_.take(0, living_token(), producer()));
    const std::uint64_t before = word(0);
    EXPECT_FALSE(registry_.take(0, living_token(), producer()));
    EXPECT_EQ(word(0), before);
}

TEST_F(RegistryTest, LeavingRaisesLastClosedAndFrees) {
    const std::uint64_t token = living_token();
    ASSERT_TRUE(registry_.take(0, token, producer()));
    registry_.leave(0, token, Role::producer);
    EXPECT_EQ(word(0), 0u);
    EXPECT_EQ(closed(Role::producer), token);
    EXPECT_EQ(died(Role::producer), 0u);
    EXPECT_EQ(closed(Role::consumer), 0u);
}

TEST_F(RegistryTest, DeadHolderIsRecoveredAndTold) {
    const std::uint64_t token = living_token();
    ASSERT_TRUE(registry_.take(0, token, producer()));
    die();
    EXPECT_FALSE(registry_.lives(word(0)));
    EXPECT_EQ(registry_.recover(0), Registry::Found::recovered);
    EXPECT_EQ(word(0), 0u);
    EXPECT_EQ(died(Role::producer), token);
    EXPECT_EQ(closed(Role::producer), 0u);
    EXPECT_EQ(wakes(), 2u) << "both regions are woken, once";
    EXPECT_EQ(registry_.recover(0), Registry::Found::free);
    EXPECT_EQ(wakes(), 2u);
}

TEST_F(RegistryTest, PidOfALivingProcessProvesNothing) {
    const std::uint64_t token = registry_.draw_token();  // its byte is not locked
    Identity self = producer();
    self.pid = static_cast<std::uint32_t>(::getpid());
    ASSERT_TRUE(registry_.take(0, token, self));
    EXPECT_EQ(registry_.recover(0), Registry::Found::recovered);
}

TEST_F(RegistryTest, DeadJoinerIsFreedAndNotTold) {
    put(0, EntryState::joining, registry_.draw_token());
    EXPECT_EQ(registry_.recover(0), Registry::Found::free);
    EXPECT_EQ(word(0), 0u);
    EXPECT_EQ(died(Role::producer), 0u);
    EXPECT_EQ(wakes(), 0u);
}

TEST_F(RegistryTest, LivingJoinerIsLeftAlone) {
    const std::uint64_t token = living_token();
    put(0, EntryState::joining, token);
    EXPECT_EQ(registry_.recover(0), Registry::Found::living);
    EXPECT_EQ(word(0), entry_word(EntryState::joining, token));
}

TEST_F(RegistryTest, RecoveryThatDiedHalfwayIsFinishedByTheNext) {
    const std::uint64_t token = registry_.draw_token();
    ASSERT_TRUE(registry_.take(1, token, producer()));
    // relaxed: one thread
    entries_[1].role.store(static_cast<std::uint32_t>(Role::consumer), std::memory_order_relaxed);
    put(1, EntryState::dead, token);
    EXPECT_EQ(registry_.recover(1), Registry::Found::recovered);
    EXPECT_EQ(word(1), 0u);
    EXPECT_EQ(died(Role::consumer), token);
}

TEST_F(RegistryTest, ImpossibleRoleIsNotCounted) {
    put(0, EntryState::alive, registry_.draw_token());
    // relaxed: one thread
    entries_[0].role.store(1234, std::memory_order_relaxed);
    EXPECT_EQ(registry_.recover(0), Registry::Found::recovered);
    EXPECT_EQ(died(Role::producer), 0u);
    EXPECT_EQ(died(Role::consumer), 0u);
}

TEST_F(RegistryTest, EndsOnlyGrow) {
    raise(control_.ends[1].last_died, 5);
    raise(control_.ends[1].last_died, 3);
    EXPECT_EQ(died(Role::producer), 5u);
    raise(control_.ends[1].last_died, 6);
    EXPECT_EQ(died(Role::producer), 6u);
}

TEST_F(RegistryTest, OwnEntryIsSkippedByRecoverAll) {
    put(0, EntryState::alive, 1);
    put(2, EntryState::alive, 2);
    put(3, EntryState::joining, 3);
    EXPECT_EQ(registry_.recover_all(0), 1u);
    EXPECT_EQ(word(0), entry_word(EntryState::alive, 1));
    EXPECT_EQ(word(2), 0u);
    EXPECT_EQ(word(3), 0u);
}

TEST_F(RegistryTest, AnybodyElseCountsTheLivingOnly) {
    EXPECT_FALSE(registry_.anybody_else(kNoEntry));
    put(2, EntryState::alive, registry_.draw_token());
    EXPECT_FALSE(registry_.anybody_else(kNoEntry));
    put(1, EntryState::joining, living_token());
    EXPECT_TRUE(registry_.anybody_else(kNoEntry));
    EXPECT_FALSE(registry_.anybody_else(1));
}

// Many recoverers and one participant that dies and comes back: each death is recovered by exactly
// one of them, and none of a living one is.
TEST_F(RegistryTest, ConcurrentRecoverersAgreeOnEveryDeath) {
    constexpr int kDeaths = 60;
    std::atomic<int> recovered{0};
    std::atomic<bool> done{false};
    const auto recoverer = [&] {
        // relaxed: a flag to end by, and a count that join() orders
        while (!done.load(std::memory_order_relaxed)) {
            if (registry_.recover(0) == Registry::Found::recovered) {
                // relaxed: as above
                recovered.fetch_add(1, std::memory_order_relaxed);
            }
        }
    };
    std::thread first{recoverer};
    std::thread second{recoverer};
    std::uint64_t token = 0;
    for (int i = 0; i < kDeaths; ++i) {
        token = living_token();
        while (!registry_.take(0, token, producer())) {
            std::this_thread::yield();
        }
        EXPECT_EQ(word(0), entry_word(EntryState::alive, token))
            << "alive while its byte is locked";
        unlock(holder_, token_byte(token));
    }
    while (word(0) != 0) {
        std::this_thread::yield();
    }
    // relaxed: a flag to end by
    done.store(true, std::memory_order_relaxed);
    first.join();
    second.join();
    // relaxed: the threads have ended
    EXPECT_EQ(recovered.load(std::memory_order_relaxed), kDeaths);
    EXPECT_EQ(died(Role::producer), token);
}

TEST(Identity, IsOfThisProcess) {
    const Identity self = identity_here(Role::consumer, 2);
    EXPECT_EQ(self.pid, static_cast<std::uint32_t>(::getpid()));
    EXPECT_NE(self.start_time, 0u);
    EXPECT_GE(self.cpu, 0);
}

class LockTest : public RegistryTest {};

TEST_F(LockTest, OwnDescriptionDoesNotSeeItsLocksAndAnotherDoes) {
    ASSERT_EQ(try_lock(holder_, 0, LockKind::write), 0);
    EXPECT_FALSE(is_locked(holder_, 0));
    EXPECT_TRUE(is_locked(probe_, 0));
    EXPECT_FALSE(is_locked(probe_, 1));
    EXPECT_EQ(try_lock(probe_, 0, LockKind::read), EAGAIN);
    unlock(holder_, 0);
    EXPECT_FALSE(is_locked(probe_, 0));
}

TEST_F(LockTest, ReadersShareAndKeepWritersOut) {
    ASSERT_EQ(try_lock(holder_, 0, LockKind::read), 0);
    EXPECT_EQ(try_lock(probe_, 0, LockKind::read), 0);
    EXPECT_EQ(try_lock(probe_, 0, LockKind::write), EAGAIN);
}

TEST_F(LockTest, BoundedWaitEndsAtItsDeadline) {
    ASSERT_EQ(try_lock(holder_, 0, LockKind::write), 0);
    const auto begin = Clock::now();
    const auto bound = std::chrono::milliseconds{10};
    EXPECT_EQ(lock_until(probe_, 0, LockKind::read, begin + bound), ETIMEDOUT);
    EXPECT_GE(Clock::now() - begin, bound);
}

TEST_F(LockTest, UnknownIsNotDead) {
    EXPECT_TRUE(is_locked(-1, 0));
}

}  // namespace
}  // namespace shunt::channel
