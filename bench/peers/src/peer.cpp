// SPDX-License-Identifier: MIT
#include "bench/peers/src/peer.hpp"

#include <array>

namespace shunt::peers {

std::span<const Peer* const> all_peers() noexcept {
    // Libraries with threads of their own come last: some of these outlive their row.
    static constexpr std::array kAll{&kPipe,
                                     &kFifo,
                                     &kUnixStream,
                                     &kUnixSeqpacket,
                                     &kUnixDgram,
                                     &kTcp,
                                     &kUdp,
                                     &kPosixMq,
                                     &kSysvMq,
                                     &kSignal,
                                     &kEventfd,
                                     &kFutex,
                                     &kVmsplice,
                                     &kSysvSemaphore,
                                     &kPosixSemaphore,
                                     &kMmapFile,
                                     &kPlainFile,
                                     &kProcessVm,
                                     &kBoostSpsc,
                                     &kBoostQueue,
                                     &kBoostMq,
                                     &kAtomicQueue,
                                     &kCkRing,
                                     &kReaderwriterqueue,
                                     &kConcurrentqueue,
                                     &kSdBus,
                                     &kLibtirpc,
                                     &kJsonRpc,
                                     &kNng,
                                     &kZeromq,
                                     &kZeromqBusy,
                                     &kGrpc,
                                     &kIceoryx};
    return kAll;
}

}  // namespace shunt::peers
