// SPDX-License-Identifier: MIT
//
// What a user may ask of a channel and of a port: plain aggregates for designated initialisers.
// Geometry (capacity, pages, node, wake, linger, ports, lanes, start_pos, on_orphan, max_message,
// frame_align, payload_align) is fixed by whoever creates the channel; a joiner's 0 or default
// means "as it is", anything else must agree.
#pragma once

#include <shunt/allocators/node.hpp>
#include <shunt/core/layout/segment.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt {

/// Memory of the slots. `base`: 4 KiB pages of $SHUNT_DIR. `thp`: these, in whole MiB by two, which
/// the kernel gathers into transparent huge pages (a tmpfs, Linux 6.1). `huge_2m`, `huge_1g`: pages
/// of the pool of that size, on a hugetlbfs. Each of these is had and proven, or an error with the
/// cure. `prefer_huge`: huge_2m for slots of 1 MiB or more when the pool has them, else base;
/// placement() and `shunt info` say what it was and why.
enum class pages : std::uint32_t { base = 0, huge_2m = 1, prefer_huge = 2, thp = 3, huge_1g = 4 };

/// How a blocking call waits. `spin` polls without pause, `spin_pause` with one pause instruction a
/// poll. `park` polls a little and then sleeps in the kernel. `adaptive` polls for as long as waits
/// lately took, up to 100 us, and then sleeps: no slower than spinning while messages come that
/// often, and asleep while they do not. In a polling channel, where nobody may sleep, both are
/// spin_pause.
enum class wait : std::uint32_t { spin = 0, spin_pause = 1, park = 2, adaptive = 3 };

/// `wakeable`: ports may sleep. `polling`: nobody may sleep, and no call on the hot path ever
/// enters the kernel.
enum class wake : std::uint32_t { polling = 0, wakeable = 1 };

/// What a consumer of small messages is tuned for, and an mpmc producer. With `throughput` an mpmc
/// producer may be told `full` for some 20 us more after room came, and an mpmc consumer `empty`
/// for some 3 us more after a message did. docs/benchmarking.md says what each costs.
enum class consume : std::uint32_t { latency = 0, throughput = 1 };

/// How try_pop and its kin take a message of an mpmc channel. `in_place`: the slot bears the
/// consumer's name from its taking to its release, so what one that died had not released goes to
/// another, flagged. `copy`: the message is copied first, and one compare-and-swap then frees the
/// slot: one store less, and no name. One that dies before that swap leaves the message to others,
/// as new; behind it the message is gone. Where nothing was popped, the place it was to be copied
/// to may hold parts of what others popped. Each consumer has its own; peeks are in place anyway.
enum class pop : std::uint32_t { in_place = 0, copy = 1 };

/// What happens to the name when the last participant leaves. `drained`: removed when nothing is
/// unread. `none`: removed. `keep`: stays.
enum class linger : std::uint32_t { drained = 0, none = 1, keep = 2 };

/// A channel of that name exists, nobody lives in it, and its geometry differs: `join` throws with
/// the cure, `replace` puts a new channel in its place.
enum class existing : std::uint32_t { join = 0, replace = 1 };

/// A peer's death is told once per event (`once`), or by every later call (`fail`).
enum class on_death : std::uint32_t { once = 0, fail = 1 };

/// An mpmc message whose consumer died before it released it: another consumer gets it, flagged as
/// redelivered (`inherit`), or nobody does, and it is counted (`drop`).
enum class on_orphan : std::uint32_t { inherit = 0, drop = 1 };

/// Where a broadcast subscriber begins: at the oldest message that is still there; behind the
/// newest, so with what is published from now on; or at any position: what is gone by then counts
/// as lost, what is yet to come is waited for.
namespace from {
inline constexpr std::uint64_t oldest = UINT64_MAX;
inline constexpr std::uint64_t latest = UINT64_MAX - 1;
}  // namespace from

/// Where a broadcast subscriber goes on that the publisher overtook: at the oldest message that
/// stays for a while yet (an eighth of the log further than what is being overwritten), or at the
/// newest.
enum class resume : std::uint32_t { oldest = 0, newest = 1 };

/// What a broadcast subscriber is given. `lossy`: all that it reads in time; nobody waits for it.
/// `gated`: everything; the publisher does not overwrite what it has not read, or does what its
/// `.on_slow` says. `conflate`: the newest message each time; those in between count as lost.
enum class policy : std::uint32_t { lossy = 0, gated = 1, conflate = 2 };

/// What a broadcast publisher does where a gated subscriber needs the message that would be
/// overwritten: it waits (`block`: try_ calls say `full`); it waits for that subscriber no more
/// (`evict`), which is lossy from then on, and is told its loss; or it does not publish (`drop`:
/// publish() says `full` too, and stats().full counts it).
enum class on_slow : std::uint32_t { block = 0, evict = 1, drop = 2 };

/// What `for (const T& t : subscriber)` does where messages were lost: goes on (lost() counts), or
/// throws. Other calls return `lapped`.
enum class on_gap : std::uint32_t { skip = 0, fail = 1 };

/// When a blocking call asks the kernel whether peers live: at each wake-up and after each
/// millisecond of fruitless spinning, or at wake-ups only.
enum class liveness : std::uint32_t { always = 0, parked = 1 };

/// What wakes an event loop that polls a port's fd(): an io_uring where the kernel has it (Linux
/// 6.7) and allows it, else a helper thread, one a process. `io_uring` fails where there is none;
/// `thread` takes the thread in any case.
enum class events : std::uint32_t { any = 0, io_uring = 1, thread = 2 };

inline constexpr std::uint64_t kAnyCapacity = UINT64_MAX;
inline constexpr std::int32_t kAnyCpu = -1;

/// Every option has a default that is right for most.
struct Options {
    // Least number of messages (bytes of a bytes ring, buffers of a latest value); where there are
    // lanes, in each. Default: as it is, or 1024 (1 MiB, 4).
    std::uint64_t capacity = kAnyCapacity;
    shunt::pages pages = pages::prefer_huge;
    // NUMA node of the memory: a number, node::automatic or node::interleave, each proven or an
    // error; or node::any. A joiner's automatic is any.
    std::int32_t node = node::any;
    shunt::wake wake = wake::wakeable;
    shunt::linger linger = linger::drained;
    shunt::existing existing = existing::join;
    std::uint32_t ports = 0;      // registry entries; 0: 128 (and its lanes); mpsc: by its lanes
    std::uint32_t lanes = 0;      // most producers (mpsc) or LanePublishers at a time; 0: 16
    std::uint64_t start_pos = 0;  // position of the first message; for tests of wrap-around
    shunt::on_orphan on_orphan = on_orphan::inherit;  // mpmc
    std::uint64_t max_message = 0;    // mpmc, broadcast, latest of bytes: the greatest; 1024
    std::uint32_t frame_align = 0;    // bytes ring: 64 (default) or 8, the density of frames
    std::uint32_t payload_align = 0;  // bytes ring: 8 (default) to 64, not above frame_align

    // Binds the opening thread to that cpu, for good; an error where it may not run there.
    std::int32_t cpu = kAnyCpu;
    shunt::wait wait = wait::park;
    shunt::consume consume = consume::latency;
    shunt::pop pop = pop::in_place;           // mpmc
    shunt::on_slow on_slow = on_slow::block;  // broadcast publisher
    shunt::policy policy = policy::lossy;     // broadcast subscriber, as the next three
    std::uint64_t from = from::oldest;
    shunt::resume resume = resume::oldest;
    shunt::on_gap on_gap = on_gap::skip;
    shunt::on_death on_death = on_death::once;
    shunt::liveness liveness = liveness::always;
    shunt::events events = events::any;
    std::chrono::milliseconds open_timeout{5000};  // for the name, and for the gate
    std::chrono::milliseconds seat_timeout{250};   // for a seat whose holder may be dying
};

}  // namespace shunt
