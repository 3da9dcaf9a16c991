// SPDX-License-Identifier: MIT
#include "process/support/mask_calls.hpp"

#include "process/support/child.hpp"
#include "unit/allocators/sandbox.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace shunt::process_test {

void mask_calls(const std::vector<Masked>& calls) {
    std::vector<sock_filter> steps;
    steps.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    for (const Masked& call : calls) {
        const auto number = static_cast<std::uint32_t>(call.number);
        const auto answer = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(call.error);
        steps.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
        steps.push_back(BPF_STMT(BPF_RET | BPF_K, answer));
    }
    steps.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program{static_cast<unsigned short>(steps.size()), steps.data()};
    sandbox::must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    sandbox::must(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

bool may_mask_calls() {
    static const bool may = [] {
        Child child{[] {
            mask_calls({{SYS_getppid, ENOSYS}});
            return ::syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 1;
        }};
        return child.wait() == "exit 0";
    }();
    return may;
}

}  // namespace shunt::process_test
