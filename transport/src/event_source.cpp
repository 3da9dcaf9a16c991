// SPDX-License-Identifier: MIT
#include "event_source.hpp"

#include <shunt/channel/failure.hpp>
#include <shunt/channel/lock.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace shunt::channel {
namespace {

using namespace std::chrono_literals;

// What an event in the epoll stands for; anything else is the token of a peer.
constexpr std::uint64_t kBell = UINT64_MAX;
constexpr std::uint64_t kTimer = UINT64_MAX - 1;

constexpr std::chrono::nanoseconds kBound{kLongestSleepNs};
constexpr std::chrono::nanoseconds kBoundUnwatched{kFirstSleepNs};
constexpr std::chrono::nanoseconds kBoundUntold{kSleepWithoutBitNs};

constexpr const char* kAsked = "cannot make a descriptor for an event loop";

TrackedFile opened(FileHandle (*open)(), const char* call) {
    TrackedFile file = TrackedFile::opened_by(open);
    if (!file) {
        fail_errno(errno, kAsked, call);
    }
    return file;
}

// The kernel has it and has room; it is merely full just now.
bool is_short_of_something(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN;
}

[[noreturn]] void refuse_ring(int error) {
    if (is_short_of_something(error)) {
        fail_errno(error, kAsked, "io_uring");
    }
    fail(error == EPERM || error == EACCES ? Errc::no_permission : Errc::limit, kAsked,
         "io_uring: " + std::system_category().message(error),
         "it takes Linux 6.7, sysctl kernel.io_uring_disabled=0, and a seccomp profile that allows "
         "it; or choose .events = events::any");
}

}  // namespace

EventSource::EventSource(const Participant& place, const std::atomic<std::uint32_t>& word,
                         std::uint32_t bits, bool has_bit, shunt::events how)
    : place_{place},
      epoll_{opened([] { return FileHandle{::epoll_create1(EPOLL_CLOEXEC)}; }, "epoll_create1")},
      timer_{opened(
          [] { return FileHandle{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)}; },
          "timerfd_create")},
      has_bit_{has_bit} {
    make_bell(word, bits, how);
    add(bell_->descriptor(), kBell);
    add(timer_.get(), kTimer);
    follow_or_throw();
}

void EventSource::make_bell(const std::atomic<std::uint32_t>& word, std::uint32_t bits,
                            shunt::events how) {
    if (how != shunt::events::thread) {
        bell_ = ring_bell(word, bits);
        by_ = Events::By::io_uring;
        if (bell_ == nullptr && (how == shunt::events::io_uring || is_short_of_something(errno))) {
            refuse_ring(errno);
        }
    }
    if (bell_ == nullptr) {
        bell_ = thread_bell(word);
        by_ = Events::By::thread;
    }
}

void EventSource::add(int descriptor, std::uint64_t what) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = what;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) {
        return;
    }
    if (errno == ENOSPC) {
        fail(Errc::limit, kAsked, "epoll_ctl: this user watches too many descriptors",
             "close some, or raise sysctl fs.epoll.max_user_watches");
    }
    fail_errno(errno, kAsked, "epoll_ctl");
}

Events EventSource::events() const noexcept {
    return {.by = refused_ || !has_bit_ ? Events::By::timer : by_, .pidfds = !unwatched_};
}

bool EventSource::collect() noexcept {
    std::array<epoll_event, 8> events;
    bool look = false;
    int count = 0;
    do {
        count = ::epoll_wait(epoll_.get(), events.data(), events.size(), 0);
        for (int i = 0; i < count; ++i) {
            const std::uint64_t what = events[static_cast<std::size_t>(i)].data.u64;
            look |= what != kBell;
            if (what == kTimer) {
                timer_ends_ = {};
            }
            for (Watched& peer : peers_) {
                peer.fired |= peer.token == what;
            }
        }
    } while (count == static_cast<int>(events.size()));
    return look;
}

std::span<const layout::RegistryEntry> EventSource::entries() const noexcept {
    return {object_at<layout::RegistryEntry>(place_.region(layout::RegionId::registry)),
            place_.header().ports};
}

bool EventSource::changed() const noexcept {
    const std::span<const layout::RegistryEntry> now = entries();
    return !std::equal(now.begin(), now.end(), words_seen_.begin(), words_seen_.end(),
                       [](const layout::RegistryEntry& entry, std::uint64_t seen) {
                           // relaxed: a hint; who is missed here is found when the bound ends
                           return entry.word.load(std::memory_order_relaxed) == seen;
                       });
}

void EventSource::follow() noexcept {
    try {
        follow_or_throw();
    } catch (...) {
        unwatched_ = true;  // no memory, no descriptors: the timer does it, and tries again
    }
}

void EventSource::follow_or_throw() {
    // Before the rest of the entries is read: whoever comes later changes one, and is found then.
    words_seen_.clear();
    for (const layout::RegistryEntry& entry : entries()) {
        // edge registry.alive acquire <- Registry::enter: the fields read below are of this token
        words_seen_.push_back(entry.word.load(std::memory_order_acquire));
    }
    const std::vector<Peer> now = place_.peers();
    std::erase_if(peers_, [&](const Watched& peer) {
        return std::none_of(now.begin(), now.end(), [&](const Peer& other) {
            return other.alive && other.token == peer.token;
        });
    });
    const auto self = std::find_if(now.begin(), now.end(),
                                   [&](const Peer& peer) { return peer.index == place_.index(); });
    for (const Peer& peer : now) {
        const bool here =
            self != now.end() && peer.pid == self->pid && peer.start_time == self->start_time;
        const bool known = std::any_of(peers_.begin(), peers_.end(), [&](const Watched& other) {
            return other.token == peer.token;
        });
        // Of one that is just joining, the fields are those of the entry's last holder.
        const bool complete =
            words_seen_[peer.index] == entry_word(layout::EntryState::alive, peer.token);
        if (peer.alive && complete && !here && !known) {
            peers_.push_back(watched(peer));
        }
    }
    // A process that ended and whose lock is held all the same, by a child that kept it, is asked
    // for by the timer.
    unwatched_ = std::any_of(peers_.begin(), peers_.end(),
                             [](const Watched& peer) { return !peer.pidfd || peer.fired; });
}

EventSource::Watched EventSource::watched(const Peer& peer) {
    Watched watched{.token = peer.token, .pidfd = {}};
    TrackedFile pidfd = TrackedFile::opened_by(
        [&] { return FileHandle{static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0))}; });
    if (!pidfd && is_short_of_something(errno)) {
        fail_errno(errno, kAsked, "pidfd_open");
    }
    // It is that process if it lives still, and if its number means the same here as there.
    if (pidfd && start_time_of(peer.pid) == peer.start_time && place_.lives(peer.token)) {
        add(pidfd.get(), peer.token);
        watched.pidfd = std::move(pidfd);
    }
    return watched;
}

bool EventSource::set(std::uint32_t seen) noexcept {
    const Bell::Set set = bell_->set(seen);
    refused_ = set == Bell::Set::refused;
    if (set == Bell::Set::bumped) {
        return false;
    }
    set_timer(refused_ || !has_bit_ ? kBoundUntold : unwatched_ ? kBoundUnwatched : kBound);
    return true;
}

// Half of a bound is as good as a whole one: so it is set once in many times.
void EventSource::set_timer(std::chrono::nanoseconds bound) noexcept {
    const Clock::time_point now = Clock::now();
    if (timer_ends_ > now + bound / 2 && timer_ends_ <= now + bound) {
        return;
    }
    itimerspec spec{};
    spec.it_value.tv_nsec = static_cast<long>(bound.count());
    ::timerfd_settime(timer_.get(), 0, &spec, nullptr);
    timer_ends_ = now + bound;
}

}  // namespace shunt::channel
