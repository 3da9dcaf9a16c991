// SPDX-License-Identifier: MIT
//
// The bell that an io_uring rings: one FUTEX_WAIT in flight, whose completion signals an eventfd.
// By raw system calls, as the library of Debian 12 does not know that operation.
//
// The ring defers its work to its own thread (DEFER_TASKRUN): so the waker signals the eventfd by
// itself, and the thread that sleeps in epoll_wait is not interrupted (it would get EINTR). The
// entry of a completed wait is fetched when the next one is set. Fetching signals the eventfd too;
// that is switched off meanwhile, and a wait that completes in between is known by the flag that
// says that there is work (IORING_SQ_TASKRUN).
//
// Edges, whose other end is the kernel's
//   bell.quiet  we clear the switch (IORING_CQ_EVENTFD_DISABLED), then load the flag; the kernel
//               sets the flag, then reads the switch: a store-load race, so both here are seq_cst
//   bell.queue  the ends of the two queues: acquire and release, as its own are
#include "bell.hpp"

#include <shunt/core/bytes.hpp>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <linux/io_uring.h>

namespace shunt {
namespace {

using channel::TrackedFile;

// Newer than the headers of Debian 12.
constexpr std::uint8_t kFutexWait = 51;            // IORING_OP_FUTEX_WAIT
constexpr std::uint32_t kShared32 = 2;             // FUTEX2_SIZE_U32, and not private
constexpr std::uint32_t kSingleIssuer = 1u << 12;  // IORING_SETUP_SINGLE_ISSUER
constexpr std::uint32_t kDeferTaskrun = 1u << 13;  // IORING_SETUP_DEFER_TASKRUN
constexpr std::uint32_t kTaskrunFlag = 1u << 9;    // IORING_SETUP_TASKRUN_FLAG
constexpr std::uint32_t kWork = 1u << 2;           // IORING_SQ_TASKRUN
constexpr unsigned kEntries = 4;

using Index = std::atomic<std::uint32_t>;

int enter(int ring, unsigned submit) noexcept {
    long done = 0;
    do {
        done = ::syscall(SYS_io_uring_enter, ring, submit, 0, IORING_ENTER_GETEVENTS, nullptr, 0);
    } while (done < 0 && errno == EINTR);
    return static_cast<int>(done);
}

bool knows_futex_wait(int ring) noexcept {
    constexpr unsigned kOps = kFutexWait + 1;
    alignas(io_uring_probe) std::byte memory[sizeof(io_uring_probe) +
                                             kOps * sizeof(io_uring_probe_op)]{};
    const auto* probe = object_at<io_uring_probe>(memory);
    if (::syscall(SYS_io_uring_register, ring, IORING_REGISTER_PROBE, memory, kOps) < 0) {
        return false;
    }
    if (probe->last_op < kFutexWait ||
        (probe->ops[kFutexWait].flags & IO_URING_OP_SUPPORTED) == 0) {
        errno = ENOSYS;
        return false;
    }
    return true;
}

// Memory that the kernel shares; not in a child made by fork.
class Shared {
public:
    Shared() = default;
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { reset(); }

    [[nodiscard]] bool map(int ring, std::size_t bytes, off_t offset) noexcept {
        void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                                ring, offset);
        if (at == MAP_FAILED) {
            return false;
        }
        memory_ = static_cast<std::byte*>(at);
        bytes_ = bytes;
        generation_ = channel::fork_generation();
        return ::madvise(at, bytes, MADV_DONTFORK) == 0;
    }
    void reset() noexcept {
        if (memory_ != nullptr && generation_ == channel::fork_generation()) {
            ::munmap(memory_, bytes_);
        }
        memory_ = nullptr;
    }
    [[nodiscard]] std::byte* at(std::uint32_t offset) const noexcept { return memory_ + offset; }

private:
    std::byte* memory_ = nullptr;
    std::size_t bytes_ = 0;
    std::uint64_t generation_ = 0;
};

class Ring {
public:
    // False, with errno set: there is none.
    [[nodiscard]] bool open(int eventfd) {
        io_uring_params made{};
        made.flags = kSingleIssuer | kDeferTaskrun | kTaskrunFlag;
        file_ = TrackedFile::opened_by([&] {
            return FileHandle{
                static_cast<int>(::syscall(SYS_io_uring_setup, kEntries, &made))};
        });
        return file_ && knows_futex_wait(file_.get()) && map(made) &&
               ::syscall(SYS_io_uring_register, file_.get(), IORING_REGISTER_EVENTFD, &eventfd,
                         1) == 0;
    }

    // Waits while `word` is `seen`. 0 or an errno.
    [[nodiscard]] int submit(const std::atomic<std::uint32_t>& word, std::uint32_t seen,
                             std::uint32_t bits) noexcept {
        if (!file_) {
            return EBADF;
        }
        // relaxed: ours alone
        const std::uint32_t tail = tail_->load(std::memory_order_relaxed);
        const std::uint32_t slot = tail % kEntries;
        io_uring_sqe sqe{};
        sqe.opcode = kFutexWait;
        sqe.fd = kShared32;
        sqe.addr = std::bit_cast<std::uint64_t>(&word);
        sqe.off = seen;
        sqe.addr3 = bits;
        std::memcpy(entries_.at(static_cast<std::uint32_t>(slot * sizeof(sqe))), &sqe, sizeof(sqe));
        slots_[slot] = slot;
        // edge bell.queue release -> SYS_io_uring_enter: the entry is complete
        tail_->store(tail + 1, std::memory_order_release);
        if (enter(file_.get(), 1) == 1) {
            ++in_flight_;
            return 0;
        }
        const int error = errno;
        // relaxed: the kernel has not taken it
        tail_->store(tail, std::memory_order_relaxed);
        return error == 0 ? EAGAIN : error;
    }
    // Takes the entries of completed waits, which the last submit() brought. 0, or the errno of one
    // that could not wait.
    [[nodiscard]] int take_completed() noexcept {
        int error = 0;
        // relaxed: ours alone
        std::uint32_t head = completed_head_->load(std::memory_order_relaxed);
        // edge bell.queue acquire <- SYS_io_uring_enter: the entries before it are complete
        const std::uint32_t tail = completed_tail_->load(std::memory_order_acquire);
        for (; head != tail; ++head, --in_flight_) {
            const int result = completed_[head % completed_entries_].res;
            if (result < 0 && result != -EAGAIN && result != -ECANCELED && result != -EINTR) {
                error = -result;
            }
        }
        // edge bell.queue release -> SYS_io_uring_enter: their places are free
        completed_head_->store(tail, std::memory_order_release);
        return error;
    }
    [[nodiscard]] bool in_flight() const noexcept { return in_flight_ != 0; }
    // A wait has completed, and was not fetched, or not taken: of a thread that ended, the kernel
    // has cancelled it.
    [[nodiscard]] bool has_work() const noexcept {
        // edge bell.quiet seq_cst <- SYS_io_uring_enter: a completion that found the switch off
        return (flags_->load(std::memory_order_seq_cst) & kWork) != 0 ||
               // edge bell.queue acquire <- SYS_io_uring_enter: an entry that we did not fetch
               completed_tail_->load(std::memory_order_acquire) !=
                   // relaxed: ours alone
                   completed_head_->load(std::memory_order_relaxed);
    }

    void signal(bool on) noexcept {
        if (file_) {
            // edge bell.quiet seq_cst -> SYS_io_uring_enter: a completion after has_work() looked
            switch_->store(on ? 0 : IORING_CQ_EVENTFD_DISABLED, std::memory_order_seq_cst);
        }
    }
    void close() noexcept {
        file_.close();
        queues_.reset();
        entries_.reset();
        in_flight_ = 0;
    }

private:
    [[nodiscard]] bool map(const io_uring_params& made) noexcept {
        const std::size_t bytes =
            std::max(made.sq_off.array + made.sq_entries * sizeof(std::uint32_t),
                     made.cq_off.cqes + made.cq_entries * sizeof(io_uring_cqe));
        if (!queues_.map(file_.get(), bytes, IORING_OFF_SQ_RING) ||
            !entries_.map(file_.get(), made.sq_entries * sizeof(io_uring_sqe),
                          IORING_OFF_SQES)) {
            return false;
        }
        tail_ = object_at<Index>(queues_.at(made.sq_off.tail));
        slots_ = object_at<std::uint32_t>(queues_.at(made.sq_off.array));
        completed_head_ = object_at<Index>(queues_.at(made.cq_off.head));
        completed_tail_ = object_at<Index>(queues_.at(made.cq_off.tail));
        completed_ = object_at<io_uring_cqe>(queues_.at(made.cq_off.cqes));
        completed_entries_ = made.cq_entries;
        flags_ = object_at<Index>(queues_.at(made.sq_off.flags));
        switch_ = object_at<Index>(queues_.at(made.cq_off.flags));
        return true;
    }

    TrackedFile file_;
    Shared queues_;
    Shared entries_;
    Index* tail_ = nullptr;
    std::uint32_t* slots_ = nullptr;
    Index* completed_head_ = nullptr;
    Index* completed_tail_ = nullptr;
    const io_uring_cqe* completed_ = nullptr;
    std::uint32_t completed_entries_ = 1;
    const Index* flags_ = nullptr;
    Index* switch_ = nullptr;
    unsigned in_flight_ = 0;
};

class RingBell final : public Bell {
public:
    RingBell(const std::atomic<std::uint32_t>& word, std::uint32_t bits)
        : word_{&word}, bits_{bits} {}
    [[nodiscard]] bool open() {
        eventfd_ = new_eventfd();
        return eventfd_ && ring_.open(eventfd_.get());
    }

    [[nodiscard]] int descriptor() const noexcept override { return eventfd_.get(); }

    [[nodiscard]] Set set(std::uint32_t seen) noexcept override {
        if (ring_.in_flight() && !ring_.has_work()) {
            return Set::waiting;  // it has waited all the time
        }
        int error = submit(seen);
        if (error != 0 && reopen()) {
            error = submit(seen);
        }
        if (error != 0) {
            return Set::refused;
        }
        // Completed by now: the word was bumped before or after `seen` was read, for us or not.
        return !ring_.in_flight() || ring_.has_work() ? Set::bumped : Set::waiting;
    }

private:
    // Fetches what has completed, and waits anew.
    [[nodiscard]] int submit(std::uint32_t seen) noexcept {
        ring_.signal(false);
        int error = ring_.submit(*word_, seen, bits_);
        if (error == 0) {
            error = ring_.take_completed();
        }
        ring_.signal(true);
        return error;
    }
    // Made by another thread than this one, most likely.
    [[nodiscard]] bool reopen() noexcept {
        ring_.close();
        try {
            return ring_.open(eventfd_.get());
        } catch (...) {
            return false;
        }
    }

    const std::atomic<std::uint32_t>* word_;
    std::uint32_t bits_;
    TrackedFile eventfd_;
    Ring ring_;
};

}  // namespace

TrackedFile new_eventfd() {
    return TrackedFile::opened_by(
        [] { return FileHandle{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}; });
}

std::unique_ptr<Bell> ring_bell(const std::atomic<std::uint32_t>& word, std::uint32_t bits) {
    auto bell = std::make_unique<RingBell>(word, bits);
    if (!bell->open()) {
        const int error = errno;
        bell.reset();
        errno = error;
        return nullptr;
    }
    return bell;
}

}  // namespace shunt
