// SPDX-License-Identifier: MIT
//
// A peer: one way in which two processes of this host pass messages, or two threads where a library
// knows no processes, as a contender of bench/lib and as a row that says what it is. Each is in a
// file of its own, named as its key. Those of a library that was not there when this was built are
// in not_built.cpp.
#pragma once

#include "bench/lib/src/task.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shunt::peers {

/// What a reader waits with. Rows of the one are not to be compared with rows of the other.
enum class Waits { blocking, busy };

struct Peer {
    std::string_view key;
    std::string_view what;  // in words
    Waits waits;
    unsigned copies;            // of a message, from the writer's memory to the reader's
    std::string_view capacity;  // in what is under way at once
    std::string_view order;     // and what becomes of what does not fit
    std::string_view settings;  // those that are not the system's own
    std::string_view version;   // of a library; empty: the kernel's is told
    const bench::Contender* contender;
    /// What the kernel said where it has no such thing; nothing: it is there.
    std::optional<std::string> (*absent)();
    unsigned helper_threads = 0;  // of the library, in all processes, counted on two cpus
    std::string_view helpers = "none";
    std::string_view pingpong_only = {};  // why; empty: a writer may be ahead of its reader
    std::string_view not_built = {};      // why it is a key and nothing else; empty: it is here
};

inline constexpr std::string_view kOnlyABell = "it tells of a message, and carries none";
inline constexpr std::string_view kRoomForOne = "there is room for one message";

/// Nothing that has to be made first.
[[nodiscard]] inline std::optional<std::string> never_absent() {
    return std::nullopt;
}

/// All of them, in the order in which they are measured.
[[nodiscard]] std::span<const Peer* const> all_peers() noexcept;

extern const Peer kPipe;
extern const Peer kFifo;
extern const Peer kUnixStream;
extern const Peer kUnixSeqpacket;
extern const Peer kUnixDgram;
extern const Peer kTcp;
extern const Peer kUdp;
extern const Peer kPosixMq;
extern const Peer kSysvMq;
extern const Peer kSignal;
extern const Peer kEventfd;
extern const Peer kFutex;
extern const Peer kSysvSemaphore;
extern const Peer kPosixSemaphore;
extern const Peer kMmapFile;
extern const Peer kPlainFile;
extern const Peer kProcessVm;
extern const Peer kVmsplice;
extern const Peer kBoostSpsc;
extern const Peer kBoostQueue;
extern const Peer kBoostMq;
extern const Peer kAtomicQueue;
extern const Peer kCkRing;
extern const Peer kReaderwriterqueue;
extern const Peer kConcurrentqueue;
extern const Peer kSdBus;
extern const Peer kLibtirpc;
extern const Peer kJsonRpc;
extern const Peer kGrpc;
extern const Peer kNng;
extern const Peer kZeromq;
extern const Peer kZeromqBusy;
extern const Peer kIceoryx;

}  // namespace shunt::peers
