// SPDX-License-Identifier: MIT
//
// A forked process that a test may stop at an instruction and kill. It dies with the test, however
// that ends. What it does is the test's business.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace shunt::process_test {

class Child {
public:
    /// `traced`: stops at mark(), for step() and kill(). `cpu` below 0: anywhere.
    struct How {
        int cpu = -1;
        bool traced = false;
    };

    Child() = default;
    /// The child runs `body` and ends with what it returns; with 70, and the reason on stderr,
    /// where it throws. It never returns from here, and no destructor or exit hook of the parent
    /// runs.
    explicit Child(const std::function<int()>& body, How how);
    explicit Child(const std::function<int()>& body) : Child(body, How{}) {}
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    ~Child() { end(); }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// SIGKILL, whatever state it is in. Does not wait.
    void kill() noexcept;
    /// Waits for its end. "exit 0", "signal 9"; of one that ended before: the same again.
    [[nodiscard]] std::string wait();
    /// Looks whether it has ended, without waiting.
    [[nodiscard]] bool has_ended();
    /// SIGSTOP, and SIGCONT. Do not wait.
    void pause() noexcept;
    void resume() noexcept;
    /// Kills it if it is there, and waits.
    void end() noexcept;

    /// Of a traced child: waits until it stops at mark(). Empty, or what happened instead.
    [[nodiscard]] std::string until_marked();
    /// Of a traced child that runs: true if it has stopped or ended by now; until_marked() is then
    /// to be called, and returns at once.
    [[nodiscard]] bool has_stopped() const noexcept;
    /// Of a traced child that runs: stops it wherever it is. Empty, or what happened instead.
    [[nodiscard]] std::string stop();
    /// Of a stopped child: lets it execute so many instructions (a system call counts as one).
    [[nodiscard]] std::string step(std::uint32_t instructions);
    /// Of a stopped child: lets it run to the n-th system call's entry or exit from here.
    [[nodiscard]] std::string step_system_calls(std::uint32_t stops);
    /// Of a stopped child: lets it go on.
    void go_on() noexcept;
    /// Of a stopped child that is to be killed: it stops once more, on its way out, with all that
    /// it has still open. False where the kernel does not offer that.
    [[nodiscard]] bool stop_on_exit() noexcept;

    /// True while it sleeps in this system call.
    [[nodiscard]] bool sleeps_in(long system_call) const;

private:
    [[nodiscard]] std::string next_stop();
    [[nodiscard]] std::string run(int request, std::uint32_t times);

    pid_t pid_ = -1;
    std::string ended_;
};

/// In a traced child: stops here for the parent; else does nothing.
void mark() noexcept;

/// True if a process may trace its children here.
[[nodiscard]] bool may_trace();

/// How many descriptors a process has open.
[[nodiscard]] std::uint64_t open_descriptors(pid_t pid);
/// How long a process was ready to run and had no cpu, in all; 0 where the kernel does not say.
[[nodiscard]] std::uint64_t waited_for_cpu_ns(pid_t pid);

/// Those that this thread may run on.
[[nodiscard]] std::vector<int> allowed_cpus();
/// Two cpus to keep apart what competes; both -1 where there is only one.
struct TwoCpus {
    int first = -1;
    int second = -1;
};
[[nodiscard]] TwoCpus two_cpus();
/// Binds the calling thread; nothing for a cpu below 0.
void stay_on(int cpu) noexcept;

}  // namespace shunt::process_test
