// SPDX-License-Identifier: MIT
#include "process/support/fail_nth.hpp"

#include "process/support/child.hpp"
#include "unit/allocators/sandbox.hpp"

#include <shunt/core/bytes.hpp>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <new>

// long shunt_test_raw_call(number, a, b, c, d, e, f): the one place whose calls are not trapped.
asm(R"(
    .text
    .globl shunt_test_raw_call
    .type shunt_test_raw_call, @function
shunt_test_raw_call:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    movq 8(%rsp), %r9
    syscall
    .globl shunt_test_raw_call_end
shunt_test_raw_call_end:
    ret
    .size shunt_test_raw_call, . - shunt_test_raw_call
)");
extern "C" long shunt_test_raw_call(long number, long a, long b, long c, long d, long e, long f);
extern "C" const char shunt_test_raw_call_end[];

namespace shunt::process_test {
namespace {

constexpr std::uint64_t kCollapse = 25;  // MADV_COLLAPSE

Calls* record = nullptr;
bool counting = false;
long fail_number = -1;
std::size_t fail_in = 0;  // calls of that number, until it is reached
int fail_with = 0;

long make(const long long* registers) {
    return shunt_test_raw_call(registers[REG_RAX], registers[REG_RDI], registers[REG_RSI],
                               registers[REG_RDX], registers[REG_R10], registers[REG_R8],
                               registers[REG_R9]);
}

long refuse(const long long* registers) {
    record->failed = true;
    const bool unlinks = registers[REG_RAX] == SYS_unlink || registers[REG_RAX] == SYS_unlinkat;
    if (registers[REG_RAX] == SYS_close || (unlinks && fail_with == ENOENT)) {
        make(registers);  // a descriptor is free whatever close returns; a collector was faster
    } else if (registers[REG_RAX] == SYS_brk) {
        return shunt_test_raw_call(SYS_brk, 0, 0, 0, 0, 0, 0);
    }
    return -fail_with;
}

void on_call(int, siginfo_t*, void* context) {
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    if (!counting) {
        registers[REG_RAX] = make(registers);
        return;
    }
    if (record->count < Calls::kMost) {
        const auto argument = [&](int which) {
            return static_cast<std::uint64_t>(registers[which]);
        };
        record->made[record->count] = {
            static_cast<long>(registers[REG_RAX]),
            {argument(REG_RDI), argument(REG_RSI), argument(REG_RDX), argument(REG_R10)}};
    }
    ++record->count;
    const bool fails = registers[REG_RAX] == fail_number && fail_in != 0 && --fail_in == 0;
    registers[REG_RAX] = fails ? refuse(registers) : make(registers);
}

struct Row {
    long number;
    const char* name;
    std::vector<int> errors;
};

const std::vector<Row>& rows() {
    static const std::vector<Row> all{
        {SYS_openat, "openat", {EMFILE, ENFILE, EACCES, ENOENT, EINTR, ENOMEM}},
        {SYS_readlink, "readlink", {ENOMEM, EACCES, ENOENT}},
        {SYS_read, "read", {EINTR, EIO}},
        {SYS_pread64, "pread64", {EIO}},
        {SYS_getdents64, "getdents64", {EIO, ENOENT}},
        {SYS_close, "close", {EINTR, EIO}},
        {SYS_fstat, "fstat", {ENOMEM, EIO}},
        {SYS_newfstatat, "newfstatat", {ENOMEM, EIO}},
        {SYS_statfs, "statfs", {ENOMEM, EACCES, EIO}},
        {SYS_fstatfs, "fstatfs", {ENOMEM, EIO}},
        {SYS_access, "access", {EACCES, ENOMEM}},
        {SYS_faccessat, "faccessat", {EACCES, ENOMEM}},
        {SYS_faccessat2, "faccessat2", {EACCES, ENOMEM, ENOSYS}},
        {SYS_mkdirat, "mkdirat", {ENOSPC, EACCES, EDQUOT, ENOMEM}},
        {SYS_linkat, "linkat", {EEXIST, ENOSPC, EPERM, ENOENT, EDQUOT}},
        {SYS_renameat, "renameat", {ENOSPC, EACCES, EIO}},
        {SYS_unlink, "unlink", {EACCES, ENOENT, EIO}},
        {SYS_unlinkat, "unlinkat", {EACCES, ENOENT, EIO}},
        {SYS_fallocate, "fallocate", {ENOSPC, EINTR, EFBIG, EOPNOTSUPP, EDQUOT, ENOMEM}},
        {SYS_mmap, "mmap", {ENOMEM, EAGAIN, ENODEV, EPERM}},
        {SYS_mprotect, "mprotect", {ENOMEM, EACCES}},
        {SYS_mremap, "mremap", {ENOMEM}},
        {SYS_brk, "brk", {ENOMEM}},
        {SYS_madvise, "madvise", {ENOMEM, EAGAIN, EINVAL}},
        {SYS_mlock, "mlock", {ENOMEM, EPERM, EAGAIN}},
        {SYS_mlock2, "mlock2", {ENOMEM, EPERM, EAGAIN}},
        {SYS_move_pages, "move_pages", {EPERM, ENOSYS, ENOMEM, EACCES}},
        {SYS_mbind, "mbind", {EPERM, ENOSYS, EINVAL, ENOMEM, EIO}},
        {SYS_prctl, "prctl", {EINVAL}},
        {SYS_sched_getaffinity, "sched_getaffinity", {EPERM, EINVAL}},
        {SYS_sched_setaffinity, "sched_setaffinity", {EPERM, EINVAL, ENOMEM}},
        {SYS_getcpu, "getcpu", {ENOSYS}},
        {SYS_fcntl, "fcntl", {}},
        {SYS_getrandom, "getrandom", {EINTR, ENOSYS}},
        {SYS_prlimit64, "prlimit64", {EPERM}},
        {SYS_epoll_create1, "epoll_create1", {EMFILE, ENFILE, ENOMEM}},
        {SYS_epoll_ctl, "epoll_ctl", {ENOMEM, ENOSPC}},
        {SYS_epoll_wait, "epoll_wait", {EINTR}},
        {SYS_timerfd_create, "timerfd_create", {EMFILE, ENFILE, ENOMEM}},
        {SYS_timerfd_settime, "timerfd_settime", {}},
        {SYS_eventfd2, "eventfd2", {EMFILE, ENFILE, ENOMEM}},
        {SYS_io_uring_setup, "io_uring_setup", {ENOSYS, EPERM, ENOMEM, EMFILE}},
        {SYS_io_uring_register, "io_uring_register", {ENOMEM, EINVAL}},
        {SYS_io_uring_enter, "io_uring_enter", {EAGAIN, ENOMEM, EBUSY, EINTR}},
        {SYS_pidfd_open, "pidfd_open", {EMFILE, ENFILE, ENOMEM, ENOSYS, ESRCH}},
        {SYS_futex_waitv, "futex_waitv", {ENOSYS, EPERM, ENOMEM, EINTR, EAGAIN}},
        {SYS_nanosleep, "nanosleep", {EINTR}},
        {SYS_clock_nanosleep, "clock_nanosleep", {EINTR}},
        // Of these nothing can fail as they are used.
        {SYS_munmap, "munmap", {}},
        {SYS_getpid, "getpid", {}},
        {SYS_geteuid, "geteuid", {}},
        {SYS_futex, "futex", {}},
        {SYS_clock_gettime, "clock_gettime", {}},
        {SYS_rt_sigprocmask, "rt_sigprocmask", {}},
    };
    return all;
}

std::size_t allocations = 0;
std::size_t fail_allocation = 0;
bool allocation_failed = false;

void* allocate(std::size_t bytes, std::size_t alignment) {
    if (++allocations == fail_allocation) {
        allocation_failed = true;
        throw std::bad_alloc{};
    }
    const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
    void* const memory = alignment <= alignof(std::max_align_t)
                             ? std::malloc(bytes == 0 ? 1 : bytes)
                             : std::aligned_alloc(alignment, whole);
    if (memory == nullptr) {
        throw std::bad_alloc{};
    }
    return memory;
}

}  // namespace

void trap_calls(Calls& calls) {
    record = &calls;
    struct sigaction action {};
    action.sa_sigaction = on_call;
    action.sa_flags = SA_SIGINFO;
    sandbox::must(::sigaction(SIGSYS, &action, nullptr) == 0, "sigaction");
    const auto from_raw_call = std::bit_cast<std::uint64_t>(&shunt_test_raw_call_end);
    constexpr auto kAddress = offsetof(seccomp_data, instruction_pointer);
    sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 6, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 5, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kAddress),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(from_raw_call), 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kAddress + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(from_raw_call >> 32), 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{std::size(steps), steps};
    sandbox::must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    sandbox::must(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

void begin_calls(long number, std::size_t nth, int error) noexcept {
    record->count = 0;
    record->failed = false;
    fail_number = number;
    fail_in = nth;
    fail_with = error;
    counting = true;
}

void end_calls() noexcept {
    counting = false;
}

void begin_allocations(std::size_t nth) noexcept {
    allocations = 0;
    allocation_failed = false;
    fail_allocation = nth;
}

std::size_t end_allocations(bool& failed) noexcept {
    failed = allocation_failed;
    fail_allocation = 0;
    return allocations;
}

bool may_trap() {
    static const bool may = [] {
        Child child{[] {
            Calls calls;
            trap_calls(calls);
            begin_calls(SYS_fcntl, 1, ENOLCK);
            const bool made = ::getppid() > 0;
            const bool refused = ::fcntl(0, F_GETFD) == -1 && errno == ENOLCK;
            end_calls();
            return made && refused && calls.count == 2 ? 0 : 1;
        }};
        return child.wait() == "exit 0";
    }();
    return may;
}

std::string name_of_call(const Call& call) {
    for (const Row& row : rows()) {
        if (row.number == call.number) {
            return row.name;
        }
    }
    return "call " + std::to_string(call.number);
}

bool plausible_errors(const Call& call, std::vector<int>& errors) {
    for (const Row& row : rows()) {
        if (row.number != call.number) {
            continue;
        }
        errors = row.errors;
        const std::uint64_t flags = call.arguments[2];
        if (call.number == SYS_openat && (flags & (O_CREAT | __O_TMPFILE)) != 0) {
            errors.insert(errors.end(), {ENOSPC, EDQUOT, EOPNOTSUPP});
        } else if (call.number == SYS_mmap && (call.arguments[3] & MAP_ANONYMOUS) != 0) {
            errors = {ENOMEM};
        } else if (call.number == SYS_madvise && flags == MADV_POPULATE_WRITE) {
            errors = {ENOMEM, EINTR, EFAULT, EINVAL};
        } else if (call.number == SYS_madvise && flags == kCollapse) {
            errors = {ENOMEM, EBUSY, EAGAIN, EINVAL};
        } else if (call.number == SYS_newfstatat && (call.arguments[3] & AT_EMPTY_PATH) == 0) {
            errors.insert(errors.end(), {ENOENT, EACCES});
        } else if (call.number == SYS_fcntl && call.arguments[1] == F_OFD_SETLK) {
            errors = {EINTR, ENOLCK, EAGAIN};
        } else if (call.number == SYS_fcntl && call.arguments[1] == F_OFD_GETLK) {
            errors = {ENOLCK};
        }
        return true;
    }
    return false;
}

}  // namespace shunt::process_test

void* operator new(std::size_t bytes) {
    return shunt::process_test::allocate(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return shunt::process_test::allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
