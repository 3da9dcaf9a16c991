// SPDX-License-Identifier: MIT
//
// Company for a port under test: a thread that can be seen to sleep, a process that dies without a
// word, and options for small channels.
#pragma once

#include "unit/channel/own_directory.hpp"

#include <shunt/channel/header.hpp>
#include <shunt/channel/options.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/layout/wake.hpp>
#include <shunt/core/status.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>

namespace shunt {

// For GoogleTest, which finds it by the type.
inline void PrintTo(Status status, std::ostream* out) {
    *out << to_string(status);
}

}  // namespace shunt

namespace shunt::spsc {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

inline constexpr auto kPatience = 20s;

/// A channel of a few lines on base pages.
[[nodiscard]] inline Options small() {
    Options options;
    options.capacity = 14;
    options.pages = pages::base;
    return options;
}
/// For a joiner of a channel of any size.
[[nodiscard]] inline Options small_any() {
    Options options;
    options.pages = pages::base;
    return options;
}
[[nodiscard]] inline Options small_bytes() {
    Options options;
    options.capacity = 1024;
    options.pages = pages::base;
    return options;
}

/// Polls until `true_now()`; false if it never is.
template <class Condition>
[[nodiscard]] bool eventually(Condition&& true_now) {
    const auto end = steady_clock::now() + kPatience;
    while (!true_now()) {
        if (steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

/// A thread of one blocking call.
class Caller {
public:
    template <class Call>
    explicit Caller(Call&& call)
        : thread_{[this, call = std::forward<Call>(call)]() mutable {
              tid_.store(::gettid(), std::memory_order_release);
              result_ = call();
              done_.store(true, std::memory_order_release);
          }} {}
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    ~Caller() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }
    Status result() {
        thread_.join();
        return *result_;
    }
    /// The kernel says that it sleeps on a futex.
    [[nodiscard]] bool asleep() const {
        const pid_t tid = tid_.load(std::memory_order_acquire);
        std::ifstream file{"/proc/self/task/" + std::to_string(tid) + "/stat"};
        std::string stat;
        std::getline(file, stat);
        const std::size_t name_end = stat.rfind(") ");
        return tid != 0 && name_end != std::string::npos && stat[name_end + 2] == 'S';
    }

private:
    std::atomic<pid_t> tid_{0};
    std::atomic<bool> done_{false};
    std::optional<Status> result_;
    std::thread thread_;
};

[[nodiscard]] inline layout::WakeRegion& wake_region(const channel::Port& port,
                                                     layout::RegionId id) {
    return *object_at<layout::WakeRegion>(port.participant().region(id));
}

/// True if the port of this registry index is registered as a sleeper.
[[nodiscard]] inline bool registered(const channel::Port& port, layout::RegionId id,
                                     std::uint32_t index) {
    return (wake_region(port, id).sleepers.load(std::memory_order_seq_cst) & wake_bit(index)) != 0;
}

/// True once each has its bit in the port's own region, and its `caller` sleeps. `Sleepers`: of
/// pointers to {port, caller}.
template <class Sleepers>
[[nodiscard]] bool all_asleep(const Sleepers& sleepers, layout::RegionId region) {
    return eventually([&] {
        return std::all_of(sleepers.begin(), sleepers.end(), [&](const auto& each) {
            return registered(each->port, region,
                              channel::wake_index(each->port.header(),
                                                  each->port.participant().index())) &&
                   each->caller->asleep();
        });
    });
}

[[nodiscard]] inline std::uint64_t value(const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
}

/// At the end of a life, its ports still open: kills this process, unless the life failed.
inline void die() {
    if (!testing::Test::HasFailure()) {
        ::raise(SIGKILL);
    }
}

/// Runs `live`, which ends with die(), in a process of its own. True if it came that far.
template <class Live>
[[nodiscard]] testing::AssertionResult lives_and_dies(Live&& live) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            live();
        } catch (const std::exception&) {
            ::_exit(2);
        }
        ::_exit(1);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        return testing::AssertionFailure() << "fork or waitpid failed";
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "its life failed, exit " << WEXITSTATUS(status);
}

class SpscPorts : public channel::OwnDirectory {};

}  // namespace shunt::spsc
