// SPDX-License-Identifier: MIT
//
// The bells of the helper thread: it sleeps on the words of all of them at once, and signals the
// eventfd of each that was set and whose word was bumped. It runs while there is a bell.
//
// It touches the words with the lock held only, so a bell that is removed may be unmapped at once:
// the kernel's own look at a word that is gone ends in an error, and a new round.
//
// Edges
//   bell.set     a bell is set, then its word is loaded; a waker bumps the word, then the thread
//                reads the setting: a store-load race, so all are seq_cst
//   bell.helper  the helper that the first bell makes, to those who find it
#include "bell.hpp"

#include <shunt/channel/failure.hpp>
#include <shunt/core/error.hpp>
#include <shunt/wake/futex.hpp>

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace shunt {
namespace {

using channel::TrackedFile;

// One word is that which wakes the thread.
constexpr std::size_t kMostBells = FutexOps::kMostWatched - 1;
constexpr std::uint64_t kNoBoundNs = std::uint64_t{3600} * 1'000'000'000;

class ThreadBell;

class Helper {
public:
    [[nodiscard]] bool of_this_process() const noexcept {
        return generation_ == channel::fork_generation();
    }
    void add(ThreadBell& bell);
    void remove(ThreadBell& bell) noexcept;

private:
    using Watch = std::vector<FutexOps::Watched>;

    void start();
    void run(const std::atomic<bool>& over) noexcept;
    void wake() noexcept {
        // edge wake.seq release -> Helper::run: its next round sees the bells as they are
        changed_.fetch_add(1, std::memory_order_release);
        FutexOps::wake_all(changed_, ~std::uint32_t{0});
    }

    std::mutex mutex_;
    std::vector<ThreadBell*> bells_;
    std::shared_ptr<std::atomic<bool>> over_;  // of the thread that runs
    std::thread thread_;
    std::atomic<std::uint32_t> changed_{0};
    std::uint64_t generation_ = channel::fork_generation();
};

// A child made by fork has no thread, and perhaps a lock that nobody will release: it makes its
// own, and leaves its parent's alone. Never destroyed: the thread may outlive static destructors.
Helper& helper() {
    static constinit std::atomic<Helper*> here{nullptr};
    // edge bell.helper acquire <- helper: it is complete
    Helper* found = here.load(std::memory_order_acquire);
    if (found != nullptr && found->of_this_process()) {
        return *found;
    }
    auto made = std::make_unique<Helper>();
    // edge bell.helper release -> helper: it is complete
    if (here.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
        return *made.release();
    }
    return *found;
}

class ThreadBell final : public Bell {
public:
    explicit ThreadBell(const std::atomic<std::uint32_t>& word)
        : word_{&word}, eventfd_{new_eventfd()}, helper_{helper()} {
        if (!eventfd_) {
            channel::fail_errno(errno, "cannot make a descriptor for an event loop", "eventfd");
        }
        helper_.add(*this);
    }
    ~ThreadBell() override {
        if (helper_.of_this_process()) {
            helper_.remove(*this);
        }
    }

    [[nodiscard]] int descriptor() const noexcept override { return eventfd_.get(); }

    [[nodiscard]] Set set(std::uint32_t seen) noexcept override {
        // edge bell.set seq_cst -> ThreadBell::look: who bumps the word after our load finds this
        set_.store(kSet | seen, std::memory_order_seq_cst);
        // edge wake.seq acquire <- Waker::wake: the bump; seq_cst: behind the store above
        if (word_->load(std::memory_order_seq_cst) == seen) {
            return Set::waiting;
        }
        // relaxed: at worst it rings for nothing
        set_.store(0, std::memory_order_relaxed);
        return Set::bumped;
    }

    // The thread's part: rings if that is due. What the word is now.
    [[nodiscard]] FutexOps::Watched look() noexcept {
        // edge wake.seq acquire <- Waker::wake: the bump; seq_cst: before the load below
        const std::uint32_t now = word_->load(std::memory_order_seq_cst);
        // edge bell.set seq_cst <- ThreadBell::set: a setting older than the bump is seen
        std::uint64_t set = set_.load(std::memory_order_seq_cst);
        if ((set & kSet) != 0 && static_cast<std::uint32_t>(set) != now &&
            // relaxed: one ring a setting; the eventfd orders what follows from it
            set_.compare_exchange_strong(set, 0, std::memory_order_relaxed)) {
            const std::uint64_t one = 1;
            (void)!::write(eventfd_.get(), &one, sizeof(one));
        }
        return {word_, now};
    }

private:
    static constexpr std::uint64_t kSet = std::uint64_t{1} << 32;

    const std::atomic<std::uint32_t>* word_;
    std::atomic<std::uint64_t> set_{0};  // kSet and the number seen, or 0
    TrackedFile eventfd_;
    Helper& helper_;
};

void Helper::add(ThreadBell& bell) {
    {
        const std::lock_guard lock{mutex_};
        if (bells_.size() == kMostBells) {
            channel::fail(Errc::limit, "cannot make a descriptor for an event loop",
                          std::to_string(kMostBells) + " ports share the helper thread already",
                          "close some, or run where io_uring is allowed (sysctl "
                          "kernel.io_uring_disabled=0)");
        }
        bells_.push_back(&bell);
        if (bells_.size() == 1) {
            start();
        }
    }
    wake();
}

void Helper::start() {
    over_ = std::make_shared<std::atomic<bool>>(false);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the threads of the user
    int error = 0;
    try {
        thread_ = std::thread{[this, over = over_] { run(*over); }};
    } catch (const std::system_error& failed) {
        error = failed.code().value();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0) {
        bells_.clear();
        channel::fail_errno(error, "cannot make a descriptor for an event loop", "pthread_create");
    }
}

void Helper::remove(ThreadBell& bell) noexcept {
    std::thread ended;
    {
        const std::lock_guard lock{mutex_};
        std::erase(bells_, &bell);
        if (!bells_.empty()) {
            return;  // the thread forgets it in its next round
        }
        // relaxed: the lock orders it
        over_->store(true, std::memory_order_relaxed);
        ended = std::move(thread_);
    }
    wake();
    ended.join();
}

void Helper::run(const std::atomic<bool>& over) noexcept {
    std::array<FutexOps::Watched, FutexOps::kMostWatched> words;
    for (;;) {
        std::size_t count = 0;
        // edge wake.seq acquire <- Helper::wake: the bells as they are then, or another round
        words[count++] = {&changed_, changed_.load(std::memory_order_acquire)};
        {
            const std::lock_guard lock{mutex_};
            // relaxed: the lock orders it
            if (over.load(std::memory_order_relaxed)) {
                return;
            }
            for (ThreadBell* const bell : bells_) {
                words[count++] = bell->look();
            }
        }
        FutexOps::wait_any({words.data(), count}, kNoBoundNs);
    }
}

}  // namespace

std::unique_ptr<Bell> thread_bell(const std::atomic<std::uint32_t>& word) {
    return std::make_unique<ThreadBell>(word);
}

}  // namespace shunt
