// SPDX-License-Identifier: MIT
#include <shunt/channel/failure.hpp>
#include <shunt/channel/process.hpp>
#include <shunt/core/check.hpp>

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

namespace shunt::channel {
namespace {

// Never destroyed: threads may outlive static destructors. Locked in this order: duties,
// descriptors.
struct Process {
    std::mutex duties_mutex;
    std::vector<ExitDuty*> duties;
    std::mutex descriptors_mutex;
    std::vector<int> descriptors;
    std::vector<std::shared_ptr<void>> kept;
};

// Apart from it: whoever asks for it allocates nothing.
constinit std::atomic<std::uint64_t> generation{1};

Process& process();

void before_fork() {
    process().duties_mutex.lock();
    process().descriptors_mutex.lock();
}

void in_parent() {
    process().descriptors_mutex.unlock();
    process().duties_mutex.unlock();
}

void in_child() {
    Process& here = process();
    for (const int descriptor : here.descriptors) {
        ::close(descriptor);
    }
    here.descriptors.clear();
    here.duties.clear();
    // relaxed: the child has one thread
    generation.fetch_add(1, std::memory_order_relaxed);
    in_parent();
}

void at_exit() {
    Process& here = process();
    const std::lock_guard lock{here.duties_mutex};
    for (ExitDuty* duty : here.duties) {
        duty->leave_at_exit();
    }
    here.duties.clear();
}

Process& process() {
    static Process& instance = *[] {
        auto* made = new Process;
        std::atexit(at_exit);
        return made;
    }();
    return instance;
}

// So that who aborts on a SHUNT_CHECK says why.
void tell_failed_check(const char* what) noexcept {
    for (const char* part : {"shunt: ", what, "\n"}) {
        if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) {
            return;
        }
    }
}

// Apart from process(): the handlers themselves call that, and a fork may come while it is being
// made.
void hook_forks() {
    static const int once = [] {
        process();
        if (shunt::detail::check_failed_hook == nullptr) {
            shunt::detail::check_failed_hook = tell_failed_check;
        }
        return ::pthread_atfork(before_fork, in_parent, in_child);
    }();
    if (once != 0) {
        fail_errno(once, "cannot open a channel", "pthread_atfork");
    }
}

}  // namespace

std::uint64_t fork_generation() noexcept {
    // relaxed: changes only in a child's first and only thread
    return generation.load(std::memory_order_relaxed);
}

void detail::lock_descriptors() {
    hook_forks();
    std::unique_lock lock{process().descriptors_mutex};
    process().descriptors.reserve(process().descriptors.size() +
                                  1);  // so that track() cannot throw
    static_cast<void>(lock.release());
}

void detail::unlock_descriptors() noexcept {
    process().descriptors_mutex.unlock();
}

void detail::track(int descriptor) noexcept {
    process().descriptors.push_back(descriptor);
}

void detail::forget(int descriptor) noexcept {
    const std::lock_guard lock{process().descriptors_mutex};
    std::erase(process().descriptors, descriptor);
}

TrackedFile& TrackedFile::operator=(TrackedFile&& other) noexcept {
    if (this != &other) {
        close();
        file_ = std::move(other.file_);
        generation_ = other.generation_;
    }
    return *this;
}

void TrackedFile::close() noexcept {
    if (!file_) {
        return;
    }
    if (generation_ != fork_generation()) {
        static_cast<void>(
            file_.release());  // closed already, and the number may be somebody else's
        return;
    }
    const std::lock_guard lock{process().descriptors_mutex};
    std::erase(process().descriptors, file_.get());
    file_.reset();
}

TrackedFile reopen(int descriptor, bool writable) {
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    TrackedFile file = TrackedFile::opened_by(
        [&] { return FileHandle::open(path.c_str(), writable ? O_RDWR : O_RDONLY); });
    if (!file) {
        fail_errno(errno, "cannot open a channel's file a second time", "open " + path);
    }
    return file;
}

void add_exit_duty(ExitDuty& duty) {
    hook_forks();
    const std::lock_guard lock{process().duties_mutex};
    process().duties.push_back(&duty);
}

void remove_exit_duty(ExitDuty& duty) noexcept {
    const std::lock_guard lock{process().duties_mutex};
    std::erase(process().duties, &duty);
}

void keep_for_ever(std::shared_ptr<void> object) noexcept {
    const std::lock_guard lock{process().duties_mutex};
    process().kept.push_back(std::move(object));
}

}  // namespace shunt::channel
