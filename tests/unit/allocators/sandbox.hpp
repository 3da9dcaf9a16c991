// SPDX-License-Identifier: MIT
//
// For tests of what the kernel refuses: a body runs in a forked child, where it may mount, lower
// limits, become another user and die. Mounts live in a private mount namespace and end with it.
#pragma once

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/core/error.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHUNT_UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SHUNT_UNDER_SANITIZER 1
#endif
#endif
#ifndef SHUNT_UNDER_SANITIZER
#define SHUNT_UNDER_SANITIZER 0
#endif

namespace shunt::sandbox {

inline constexpr uid_t kNobody = 65534;
inline constexpr const char* kMount = "/mnt";  // every Linux has it; only our namespace sees ours

/// A step of a child's set-up that must work for the test to mean anything.
inline void must(bool worked, const std::string& step) {
    if (!worked) {
        throw std::runtime_error{step + ": " + std::strerror(errno)};
    }
}

/// What the child's body returned; or "died of signal N", or "threw: ..." for what it let out.
template <class Body>
[[nodiscard]] std::string in_child(Body&& body) {
    int ends[2];
    must(::pipe2(ends, O_CLOEXEC) == 0, "pipe");
    std::fflush(nullptr);  // or the child may print our buffers again
    const pid_t child = ::fork();
    must(child >= 0, "fork");
    if (child == 0) {
        std::string text;
        try {
            text = body();
        } catch (const std::exception& error) {
            text = std::string{"threw: "} + error.what();
        }
        const bool told =
            ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
        ::_exit(told ? 0 : 1);
    }
    ::close(ends[1]);
    const FileHandle reader{ends[0]};
    std::string text;
    char chunk[4096];
    for (ssize_t got = 0; (got = ::read(reader.get(), chunk, sizeof(chunk))) > 0;) {
        text.append(chunk, static_cast<std::size_t>(got));
    }
    int status = 0;
    must(::waitpid(child, &status, 0) == child, "waitpid");
    return WIFSIGNALED(status) ? "died of signal " + std::to_string(WTERMSIG(status)) : text;
}

/// "no space: wanted ...": the Error that `act` throws; "nothing" where it throws none.
template <class Act>
[[nodiscard]] std::string caught(Act&& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.code().message() + ": " + error.what();
    }
    return "nothing";
}

[[nodiscard]] inline testing::AssertionResult says(const std::string& text,
                                                   std::string_view words) {
    if (text.find(words) != std::string::npos) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "\"" << text << "\"\n does not say \"" << words << "\"";
}

/// In a child: from here on mounts are its own.
inline void own_mounts() {
    must(::unshare(CLONE_NEWNS) == 0, "unshare");
    must(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
}

inline void mount_at(const char* path, const char* type, const char* options) {
    must(::mount("none", path, type, 0, options) == 0, std::string{"mount "} + type);
}

/// In a child: for good a user without capabilities; whoever is not root is that already.
inline void become_nobody() {
    must(::geteuid() != 0 || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0), "setuid");
}

/// In a child: a system call is refused from here on; of those with `third` as their third argument
/// (its low half) where that is not 0.
inline void refuse_call(unsigned number, int error, unsigned third = 0) {
    const bool of_all = third == 0;
    const auto refusal = SECCOMP_RET_ERRNO | static_cast<unsigned>(error);
    sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, third, 0, of_all ? __u8{0} : __u8{1}),
        BPF_STMT(BPF_RET | BPF_K, refusal),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{std::size(steps), steps};
    must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    must(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

/// In a child: move_pages is refused from here on, as container runtimes refuse it.
inline void forbid_move_pages() {
    refuse_call(SYS_move_pages, EPERM);
}

/// In a child: a signal every 300 us whose handler does nothing, and that interrupts what can be.
inline void storm_of_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    must(::sigaction(SIGALRM, &action, nullptr) == 0, "sigaction");
    const itimerval often{{0, 300}, {0, 300}};
    must(::setitimer(ITIMER_REAL, &often, nullptr) == 0, "setitimer");
}

/// In a child, or a test program that needs none: from here on there is no hugetlbfs.
inline void hide_huge_mounts() {
    own_mounts();
    for (const HugeMount& mount : huge_mounts()) {
        must(::umount2(mount.path.c_str(), MNT_DETACH) == 0, "umount " + mount.path);
    }
}

/// Empty, or why nodes can be neither asked for nor proven here.
[[nodiscard]] inline std::string no_nodes() {
    if (!this_kernel().read("/sys/devices/system/node/online")) {
        return "this kernel tells of no NUMA nodes";
    }
    const std::byte byte{};
    const void* const page = &byte;
    int node = 0;
    return this_kernel().locate({&page, 1}, {&node, 1}) == 0
               ? ""
               : "move_pages is refused: nodes cannot be proven";
}

[[nodiscard]] inline bool may_mount() {
    static const bool may = in_child([] {
                                own_mounts();
                                return std::string{"yes"};
                            }) == "yes";
    return may;
}

/// What a test of a collector begins with: it is to find nothing of this host's, where it may.
inline void see_no_huge_pages() {
    static const bool once = [] {
        if (may_mount()) {
            hide_huge_mounts();
        }
        return true;
    }();
    static_cast<void>(once);
}

}  // namespace shunt::sandbox

#define SHUNT_NEEDS_OWN_MOUNTS()                                              \
    if (!shunt::sandbox::may_mount()) {                                       \
        GTEST_SKIP() << "unshare(CLONE_NEWNS) is not permitted to this user"; \
    }                                                                         \
    static_assert(true)

#define SHUNT_NEEDS_NODES()                                          \
    if (const auto why = shunt::sandbox::no_nodes(); !why.empty()) { \
        GTEST_SKIP() << why;                                         \
    }                                                                \
    static_assert(true)

#define SHUNT_NEEDS_ROOT()                                   \
    if (::geteuid() != 0) {                                  \
        GTEST_SKIP() << "only root can become another user"; \
    }                                                        \
    static_assert(true)

#define SHUNT_NEEDS_HUGE_PAGES(count)                                                \
    if (const auto pool = shunt::huge_pool(shunt::kHugePageBytes);                   \
        !pool || pool->free_pages < (count) + pool->reserved_pages) {                \
        GTEST_SKIP() << "fewer than " << (count) << " free 2 MiB pages in the pool"; \
    }                                                                                \
    static_assert(true)
