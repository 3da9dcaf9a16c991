// SPDX-License-Identifier: MIT
#include "process/support/quiet.hpp"

#include "process/support/child.hpp"
#include "unit/allocators/sandbox.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iterator>

namespace shunt::process_test {
namespace {

bool is_quiet = false;

}  // namespace

void be_quiet() {
    sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const sock_fprog program{std::size(steps), steps};
    sandbox::must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    sandbox::must(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
    is_quiet = true;
}

bool may_be_quiet() {
    static const bool may = [] {
        Child child{[] {
            const bool unsupported = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
                                     ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr) == 0 ||
                                     errno != EFAULT;
            return unsupported ? 1 : 0;
        }};
        return child.wait() == "exit 0";
    }();
    return may;
}

}  // namespace shunt::process_test

#if !SHUNT_UNDER_SANITIZER  // which have a malloc of their own

static void allocates() noexcept {
    if (shunt::process_test::is_quiet) {
        ::_exit(99);
    }
}

extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
void __libc_free(void* memory);

void* malloc(std::size_t bytes) noexcept {
    allocates();
    return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
    allocates();
    return __libc_calloc(count, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
    allocates();
    return __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    allocates();
    return __libc_memalign(alignment, bytes);
}
void free(void* memory) noexcept {
    allocates();
    __libc_free(memory);
}

}  // extern "C"

#endif
