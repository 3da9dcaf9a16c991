// SPDX-License-Identifier: MIT
//
// What becomes of a port in a child made by fork, and of ports that a process did not close.
#include <shunt/channel/process.hpp>
#include <shunt/channel/registry.hpp>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstdio>

#include "process/channel_race.hpp"

namespace shunt::channel {
namespace {

using layout::Role;
using process::Actor;
using process::Script;
using sandbox::in_child;

// A process that outlives its parent, but not the test.
class Orphan {
public:
    explicit Orphan(const std::string& pid) : pid_{std::stoi(pid)} {}
    ~Orphan() { kill(); }
    Orphan(const Orphan&) = delete;
    Orphan& operator=(const Orphan&) = delete;
    [[nodiscard]] bool lives() const { return ::kill(pid_, 0) == 0; }
    void kill() const { ::kill(pid_, SIGKILL); }

private:
    pid_t pid_;
};

class Fork : public ChannelRace {
protected:
    // Descriptors of this process that lead into the test's directory.
    std::string open_here() const {
        std::string found;
        for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
            std::error_code gone;
            const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
            if (target.starts_with(path())) {
                found += target + " ";
            }
        }
        return found;
    }
    static std::string how(int status) {
        return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                   : "exit " + std::to_string(WEXITSTATUS(status));
    }
};

TEST_F(Fork, ChildHasNoDescriptorAndNoMappingOfIt) {
    const Participant place{producer()};
    EXPECT_NE(open_here(), "");
    EXPECT_EQ(in_child([&] {
                  const std::string maps = *read_text("/proc/self/maps");
                  return open_here() +
                         (maps.find(path()) == std::string::npos ? "unmapped" : "mapped") +
                         (place.usable_here() ? " usable" : " unusable");
              }),
              "unmapped unusable");
    EXPECT_TRUE(place.usable_here());
}

TEST_F(Fork, ChildDoesNotKeepItsParentAlive) {
    const Participant place{creating_consumer()};
    Actor parent{[](Script& script) {
        new Participant{producer()};
        const pid_t child = ::fork();
        if (child == 0) {
            ::prctl(PR_SET_PDEATHSIG, 0);
            ::pause();
        }
        script.say(std::to_string(child));
        script.stop_here();
    }};
    const Orphan child{parent.hear()};
    parent.kill();
    ASSERT_TRUE(child.lives()) << "the child outlives its parent";
    Participant successor{producer()};
    EXPECT_EQ(last_died(successor.control(), Role::producer), 2u);
}

TEST_F(Fork, DestroyingItInTheChildTouchesNothing) {
    auto place = std::make_unique<Participant>(producer());
    std::byte* const slots = place->region(layout::RegionId::slots);
    EXPECT_EQ(in_child([&] {
                  // Something else of the child's takes the place of what is not mapped there.
                  void* mine = ::mmap(slots, 4096, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
                  sandbox::must(mine == slots, "mmap");
                  *slots = std::byte{5};
                  place->close();
                  place.reset();
                  return std::string{*slots == std::byte{5} ? "untouched" : "touched"};
              }),
              "untouched");
    EXPECT_EQ(place->peers().size(), 1u);
    EXPECT_TRUE(place->peers()[0].alive);
    EXPECT_NE(named(), 0u);
}

TEST_F(Fork, UseInTheChildIsCaughtAndSaid) {
    Participant place{producer()};
    EXPECT_EXIT(place.reap(), testing::KilledBySignal(SIGABRT), "child made by fork");
}

TEST_F(Fork, ChildOpensItsOwn) {
    const Participant place{producer()};
    EXPECT_EQ(in_child([&] {
                  Participant own{consumer()};
                  return std::to_string(own.peers().size()) + (own.usable_here() ? " usable" : "");
              }),
              "2 usable");
}

TEST_F(Fork, RawCloneKeepsTheLocksUntilItExecsOrEnds) {
    const Participant place{creating_consumer()};
    Actor parent{[](Script& script) {
        new Participant{producer()};
        const long child = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
        if (child == 0) {
            ::pause();
        }
        script.say(std::to_string(child));
        script.stop_here();
    }};
    const Orphan child{parent.hear()};
    parent.kill();
    EXPECT_TRUE(attempt(producer()).text.starts_with("error already taken"));
    child.kill();
    const Participant successor{patient(producer())};
    EXPECT_EQ(last_died(successor.control(), Role::producer), 2u);
}

TEST_F(Fork, ExitLeavesWhatWasNotClosed) {
    const Participant place{creating_consumer()};
    const pid_t child = ::fork();
    if (child == 0) {
        new Participant{producer()};
        std::exit(7);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(how(status), "exit 7");
    EXPECT_EQ(last_closed(place.control(), Role::producer), 2u);
    EXPECT_EQ(place.peers().size(), 1u);
}

TEST_F(Fork, ExitOfTheLastRemovesTheChannel) {
    const pid_t child = ::fork();
    if (child == 0) {
        new Participant{producer()};
        new Participant{consumer()};
        std::exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(how(status), "exit 0");
    EXPECT_TRUE(files().empty());
}

TEST_F(Fork, QuickExitIsADeath) {
    const Participant place{creating_consumer()};
    const pid_t child = ::fork();
    if (child == 0) {
        new Participant{producer()};
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    Participant successor{producer()};
    EXPECT_EQ(last_died(successor.control(), Role::producer), 2u);
}

}  // namespace
}  // namespace shunt::channel
