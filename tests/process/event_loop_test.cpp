// SPDX-License-Identifier: MIT
//
// Event loops between processes: data, room, a close, a death each make fd() readable, by each of
// the ways to do it; the later ways by masking the earlier ones. Where the way is not the timer,
// the timer is masked too (it seems to be set, and is not): so what comes comes by itself, and a
// wake-up that is lost is a test that ends by its patience.
#include "process/support/company.hpp"
#include "process/support/mask_calls.hpp"
#include "process/support/shared.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "unit/allocators/sandbox.hpp"

namespace shunt::process_test {
namespace {

using channel::Events;
using Number = std::uint64_t;
using In = spsc::Consumer<Number>;
using Out = spsc::Producer<Number>;

constexpr long kFutexWaitv = 449;

struct Way {
    const char* name;
    std::vector<Masked> masked;
    Events::By by;
    bool pidfds;
};
const std::vector<Way>& ways() {
    static const std::vector<Way> all{
        {"IoUring", {{SYS_timerfd_settime, 0}}, Events::By::io_uring, true},
        {"HelperThread",
         {{SYS_io_uring_setup, EPERM}, {SYS_timerfd_settime, 0}},
         Events::By::thread,
         true},
        {"ThreadThatLooks",
         {{SYS_io_uring_setup, ENOSYS}, {kFutexWaitv, ENOSYS}, {SYS_timerfd_settime, 0}},
         Events::By::thread,
         true},
        {"NoPidfds", {{SYS_pidfd_open, ENOSYS}}, Events::By::io_uring, false},
        {"NoWait", {{SYS_io_uring_enter, EPERM}}, Events::By::timer, true},
        {"NothingOfAll",
         {{SYS_io_uring_setup, EPERM}, {kFutexWaitv, EPERM}, {SYS_pidfd_open, EPERM}},
         Events::By::thread,
         false},
    };
    return all;
}

// What the process in the loop tells.
struct Told {
    Word armed;  // how often arm() was true
    Word taken;  // messages
    Word ends;
    Word leave;
    char end[8] = {};
    std::uint32_t by = 0;
    std::uint32_t pidfds = 0;
};

Options options() {
    Options options;
    options.capacity = 14;
    options.pages = pages::base;
    return options;
}

void poll_for(int fd) {
    pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
    (void)::poll(&one, 1, -1);
}

// Consumes in an event loop until told to leave.
int consume_in_loop(const Way& way, const std::string& name, Told& told) {
    ::alarm(60);
    mask_calls(way.masked);
    In in{name, options()};
    const int fd = in.fd();
    std::uint32_t ends = 0;
    while (told.leave.get() == 0 || in.ready()) {
        Number number = 0;
        const Status status = in.try_pop(number);
        if (status) {
            told.taken.set(told.taken.get() + 1);
        } else if (status != Status::empty) {
            told.end[ends] = status == Status::closed ? 'c' : 'd';
            told.ends.set(++ends);
        } else if (in.arm()) {
            told.by = static_cast<std::uint32_t>(in.events().by);
            told.pidfds = in.events().pidfds ? 1 : 0;
            told.armed.set(told.armed.get() + 1);
            poll_for(fd);
        }
    }
    return 0;
}

class EventLoopBetween : public Company, public testing::WithParamInterface<Way> {
protected:
    void SetUp() override {
        if (!may_mask_calls()) {
            GTEST_SKIP() << "seccomp is refused: system calls cannot be masked";
        }
        if (by_ring() && !rings_here()) {
            GTEST_SKIP() << "io_uring cannot wait for a futex here";
        }
    }
    [[nodiscard]] static bool by_ring() {
        return GetParam().by == Events::By::io_uring || GetParam().by == Events::By::timer;
    }
    static bool rings_here() {
        Child child{[] {
            Options ring = options();
            ring.events = events::io_uring;
            Out out{"probe", ring};
            (void)out.fd();
            return 0;
        }};
        return child.wait() == "exit 0";
    }
    [[nodiscard]] Child consumer() {
        return Child{[this] { return consume_in_loop(GetParam(), "loop", *told_); }};
    }
    [[nodiscard]] std::uint32_t arms_so_far() const { return told_->armed.get(); }
    // It has armed anew since it had done so `before` times, and nothing is there: so it sleeps.
    [[nodiscard]] bool arms(std::uint32_t before) const { return told_->armed.reaches(before + 1); }

    Shared<Told> told_;
};
std::string name_of(const testing::TestParamInfo<Way>& way) {
    return way.param.name;
}
INSTANTIATE_TEST_SUITE_P(By, EventLoopBetween, testing::ValuesIn(ways()), name_of);

TEST_P(EventLoopBetween, DataAndACloseComeThrough) {
    std::optional<Out> out{std::in_place, "loop", options()};
    Child child = consumer();
    ASSERT_TRUE(arms(0));
    for (std::uint32_t number = 0; number < 60; ++number) {
        const std::uint32_t before = arms_so_far();
        ASSERT_TRUE(out->try_push(number));
        ASSERT_TRUE(told_->taken.reaches(number + 1)) << number;
        ASSERT_TRUE(arms(before));
    }
    EXPECT_EQ(told_->by, static_cast<std::uint32_t>(GetParam().by));
    EXPECT_EQ(told_->pidfds, GetParam().pidfds ? 1u : 0u);
    out->close();
    ASSERT_TRUE(told_->ends.reaches(1));
    EXPECT_STREQ(told_->end, "c");
}

TEST_P(EventLoopBetween, RoomComesThrough) {
    Child child{[this] {
        ::alarm(60);
        mask_calls(GetParam().masked);
        Out out{"loop", options()};
        const int fd = out.fd();
        for (Number number = 0; number < 500;) {
            if (out.try_push(number)) {
                ++number;
            } else if (out.arm()) {
                told_->armed.set(told_->armed.get() + 1);
                poll_for(fd);
            }
        }
        return 0;
    }};
    In in{"loop", options()};
    Number next = 0;
    for (std::uint32_t round = 0; round < 5; ++round) {
        ASSERT_TRUE(told_->armed.reaches(round + 1));
        for (Number number = 0; in.try_pop(number);) {
            ASSERT_EQ(number, next++);
        }
    }
    for (const Number number : in) {
        ASSERT_EQ(number, next++);
    }
    EXPECT_EQ(next, 500u);
    EXPECT_EQ(child.wait(), "exit 0");
}

TEST_P(EventLoopBetween, ADeathComesThrough) {
    Child first{[] {
        static std::optional<Out> never_closed{std::in_place, "loop", options()};
        for (;;) {
            ::pause();
        }
        return 0;
    }};
    Child child = consumer();
    ASSERT_TRUE(arms(0));
    first.kill();
    ASSERT_TRUE(told_->ends.reaches(1));
    EXPECT_STREQ(told_->end, "d");
    // A successor, of which the descriptor knows nothing until its first message.
    const std::uint32_t before = arms_so_far();
    Child second{[] {
        static std::optional<Out> never_closed{std::in_place, "loop", options()};
        if (!never_closed->try_push(1)) {
            return 1;
        }
        for (;;) {
            ::pause();
        }
        return 0;
    }};
    ASSERT_TRUE(told_->taken.reaches(1));
    ASSERT_TRUE(arms(before));
    second.kill();
    ASSERT_TRUE(told_->ends.reaches(2));
    EXPECT_STREQ(told_->end, "dd");
}

TEST_P(EventLoopBetween, WhoIsKilledWhileArmedHurtsNobody) {
    Out out{"loop", options()};
    Child child = consumer();
    ASSERT_TRUE(arms(0));
    const std::uint32_t before = arms_so_far();
    ASSERT_TRUE(out.try_push(1));
    ASSERT_TRUE(told_->taken.reaches(1));
    ASSERT_TRUE(arms(before));
    child.end();
    for (Number number = 0; number < 14; ++number) {
        const Status status = out.try_push(number);
        EXPECT_TRUE(status) << to_string(status);
    }
    told_->taken.set(0);
    Child successor = consumer();
    ASSERT_TRUE(told_->taken.reaches(14));
    ASSERT_TRUE(out.try_push(1));
    ASSERT_TRUE(told_->taken.reaches(15));
}

// A loop that arms while its peer is on its way in, at each system call of that way.
class EventLoopWhileJoining : public Company {
protected:
    void SetUp() override { SHUNT_NEEDS_TRACING(); }

    // False: it was in before the loop armed.
    [[nodiscard]] static bool death_comes_through(std::uint32_t stops) {
        const std::string name = "joined" + std::to_string(stops);
        const Shared<Word> in_place;
        std::optional<Out> first{std::in_place, name, options()};
        In in{name, options()};
        const int fd = in.fd();
        first.reset();
        Number number = 0;
        EXPECT_EQ(in.try_pop(number), Status::closed);
        Child second{[&] {
                         mark();
                         static std::optional<Out> never_closed{std::in_place, name, options()};
                         in_place->set(1);
                         for (;;) {
                             ::pause();
                         }
                         return 0;
                     },
                     {.traced = true}};
        EXPECT_EQ(second.until_marked(), "");
        EXPECT_EQ(second.step_system_calls(stops), "");
        EXPECT_TRUE(in.arm());
        const bool was_in = in_place->get() != 0;
        second.go_on();
        EXPECT_TRUE(in_place->reaches(1));
        EXPECT_TRUE(in.arm());
        EXPECT_TRUE(in.events().pidfds);
        second.kill();
        EXPECT_EQ(second.wait(), "signal 9");
        pollfd at_once{.fd = fd, .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&at_once, 1, 0), 1) << "the loop does not follow its peer";
        EXPECT_FALSE(in.arm());
        EXPECT_EQ(in.try_pop(number), Status::peer_dead);
        return !was_in;
    }
};

TEST_F(EventLoopWhileJoining, WhoeverIsOnTheWayInIsFollowedOnceInPlace) {
    std::uint32_t stops = 1;
    while (death_comes_through(stops) && !HasFailure()) {
        ++stops;
    }
    EXPECT_GT(stops, 20u);
}

class EventLoopLimits : public Company {};

// fd() with room for so many descriptors more: 0 it is refused, and well; 1 it is not; 2 badly.
int ask_with_room_for(Out& out, rlim_t more) {
    const std::uint64_t had = open_descriptors(::getpid());
    const int free_number = ::dup(STDERR_FILENO);  // the least
    ::close(free_number);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit tight{.rlim_cur = static_cast<rlim_t>(free_number) + more,
                       .rlim_max = limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    std::string text;
    int error = 0;
    try {
        (void)out.fd();
    } catch (const Error& refused) {
        error = refused.code().value();
        text = refused.what();
    }
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (error == 0) {
        return 1;
    }
    return error == EMFILE && text.find("'loop'") != std::string::npos &&
                   text.find("ulimit -n") != std::string::npos &&
                   open_descriptors(::getpid()) == had
               ? 0
               : 2;
}

TEST_F(EventLoopLimits, DescriptorsThatRunOutAreAnErrorAndTheNextTryWorks) {
#if SHUNT_UNDER_SANITIZER
    GTEST_SKIP() << "a sanitizer's runtime makes system calls of its own";  // and needs descriptors
#endif
    Child child{[] {
        Out out{"loop", options()};
        rlim_t more = 0;
        int came_to = 0;
        while (came_to == 0 && more < 10) {
            came_to = ask_with_room_for(out, more++);
        }
        // An epoll, a timer and an eventfd at least.
        return came_to == 1 && more > 3 ? 0 : 10 * came_to + static_cast<int>(more);
    }};
    EXPECT_EQ(child.wait(), "exit 0");
}

#if SHUNT_UNDER_SANITIZER
bool ring_once(Out& out, In& in) {
    Number number = 0;
    if (!in.arm() || !out.try_push(1)) {
        return false;
    }
    poll_for(in.fd());
    return in.try_pop(number) == Status::ok;
}
#endif

TEST_F(EventLoopLimits, AChildMadeByForkHasNoneOfIt) {
    for (const events how : {events::any, events::thread}) {
        Child child{[how] {
            Options loop = options();
            loop.events = how;
            Out out{"loop", loop};
            In in{"loop", loop};
            (void)in.fd();
            (void)out.fd();
#if SHUNT_UNDER_SANITIZER
            // A thread that starts takes locks of the runtime, which a fork would leave locked in
            // the child for ever: one that rang has started, and takes none of them again.
            if (!ring_once(out, in)) {
                return 4;
            }
#endif
            if (!in.arm()) {
                return 1;
            }
            Child forked{[&] {
                // Neither its descriptors nor its thread; and one of its own may be made.
                Options other = loop;
                Out here{"other", other};
                (void)here.fd();
                In there{"other", other};
                (void)there.fd();
                if (!there.arm() || !here.try_push(1)) {
                    return 1;
                }
                poll_for(there.fd());
                Number number = 0;
                return there.try_pop(number) ? 0 : 2;
            }};
            if (forked.wait() != "exit 0" || !out.try_push(1)) {
                return 2;
            }
            poll_for(in.fd());
            Number number = 0;
            return in.try_pop(number) ? 0 : 3;
        }};
        EXPECT_EQ(child.wait(), "exit 0");
    }
}

class WaitAnyBetween : public Company {};

TEST_F(WaitAnyBetween, ADeathAndDataAreToldWithOrWithoutFutexWaitv) {
    if (!may_mask_calls()) {
        GTEST_SKIP() << "seccomp is refused: system calls cannot be masked";
    }
    for (const bool masked : {false, true}) {
        Shared<Told> told;
        Child dies{[] {
            static std::optional<Out> never_closed{std::in_place, "dies", options()};
            for (;;) {
                ::pause();
            }
            return 0;
        }};
        Out out{"lives", options()};
        Child child{[&] {
            ::alarm(60);
            if (masked) {
                mask_calls({{kFutexWaitv, ENOSYS}});
            }
            In of_dead{"dies", options()};
            In of_living{"lives", options()};
            told->armed.set(1);
            Number number = 0;
            const Ready first = wait_any({of_dead, of_living});
            if (masked == wait_any_sleeps() || first.index != 1 || first.status != Status::ok ||
                !of_living.try_pop(number)) {
                return 1;
            }
            told->taken.set(1);
            const Ready second = wait_any({of_dead, of_living});
            return second.index == 0 && second.status == Status::peer_dead &&
                           of_dead.try_pop(number) == Status::peer_dead
                       ? 0
                       : 2;
        }};
        ASSERT_TRUE(told->armed.reaches(1));
        ASSERT_TRUE(out.try_push(1));
        ASSERT_TRUE(told->taken.reaches(1));
        dies.kill();
        EXPECT_EQ(child.wait(), "exit 0");
    }
}

}  // namespace
}  // namespace shunt::process_test
