// SPDX-License-Identifier: MIT
#include <shunt/allocators/file.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/channel/failure.hpp>
#include <shunt/channel/options.hpp>
#include <shunt/channel/pinning.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

namespace shunt::channel {
namespace {

constexpr std::int32_t kMostCpus = 8192;  // NR_CPUS of the largest kernels
constexpr std::int32_t kWordBits = 8 * sizeof(unsigned long);

using Mask = std::vector<unsigned long>;

// Raw, as libc's cpu_set_t ends at 1024 cpus: 0 or the errno.
int affinity(long call, Mask& mask) noexcept {
    const std::size_t bytes = mask.size() * sizeof(unsigned long);
    return ::syscall(call, 0, bytes, mask.data()) >= 0 ? 0 : errno;
}

[[noreturn]] void refuse(const std::string& asked, std::int32_t cpu) {
    const std::optional<std::string> text = read_text("/sys/devices/system/cpu/online");
    const std::vector<int> online = text ? parse_list(*text) : std::vector<int>{};
    if (text && std::find(online.begin(), online.end(), cpu) == online.end()) {
        fail(Errc::bad_argument, asked,
             "there is no such cpu, or it is offline; online are " +
                 text->substr(0, text->find('\n')),
             "give .cpu (--cpu) one of these, or bring it online: echo 1 > "
             "/sys/devices/system/cpu/cpu" +
                 std::to_string(cpu) + "/online");
    }
    fail(Errc::no_permission, asked, "the cpuset of this process does not have it",
         "give .cpu (--cpu) one that it has, or widen cpuset.cpus of its control group");
}

}  // namespace

Pinning::~Pinning() {
    if (!before_.empty()) {
        affinity(SYS_sched_setaffinity, before_);  // refused: the cpuset changed meanwhile
    }
}

void Pinning::pin(std::int32_t cpu) {
    if (cpu == kAnyCpu) {
        return;
    }
    const std::string asked = "cannot bind this thread to cpu " + std::to_string(cpu);
    if (cpu < 0 || cpu >= kMostCpus) {
        fail(Errc::bad_argument, asked, "cpus have numbers from 0 to 8191",
             "give .cpu (--cpu) one of /sys/devices/system/cpu/online");
    }
    Mask before(kMostCpus / kWordBits);
    if (const int error = affinity(SYS_sched_getaffinity, before); error != 0) {
        fail_errno(error, asked, "sched_getaffinity");
    }
    Mask only(before.size());
    only[static_cast<std::size_t>(cpu / kWordBits)] = 1ul << (cpu % kWordBits);
    const int error = affinity(SYS_sched_setaffinity, only);
    if (error == EINVAL) {
        refuse(asked, cpu);
    }
    if (error != 0) {
        fail_errno(error, asked, "sched_setaffinity");
    }
    before_ = std::move(before);
}

}  // namespace shunt::channel
