// SPDX-License-Identifier: MIT
//
// The peers whose library was not there when this was built: they keep their keys, and say so.
// SHUNT_NO_... is the package that was missing (../packages).
#include "bench/peers/src/peer.hpp"

namespace shunt::peers {

namespace {

[[maybe_unused]] constexpr Peer not_built(std::string_view key, std::string_view why) noexcept {
    return {.key = key,
            .what = {},
            .waits = Waits::busy,
            .copies = 0,
            .capacity = {},
            .order = {},
            .settings = {},
            .version = {},
            .contender = nullptr,
            .absent = never_absent,
            .not_built = why};
}

}  // namespace

#ifdef SHUNT_NO_ATOMIC_QUEUE
const Peer kAtomicQueue =
    not_built("atomic_queue", "not built: no atomic_queue (" SHUNT_NO_ATOMIC_QUEUE ")");
#endif
#ifdef SHUNT_NO_CK_RING
const Peer kCkRing = not_built("ck_ring", "not built: no ck_ring (" SHUNT_NO_CK_RING ")");
#endif
#ifdef SHUNT_NO_READERWRITERQUEUE
const Peer kReaderwriterqueue = not_built(
    "readerwriterqueue", "not built: no readerwriterqueue (" SHUNT_NO_READERWRITERQUEUE ")");
#endif
#ifdef SHUNT_NO_CONCURRENTQUEUE
const Peer kConcurrentqueue =
    not_built("concurrentqueue", "not built: no concurrentqueue (" SHUNT_NO_CONCURRENTQUEUE ")");
#endif
#ifdef SHUNT_NO_SD_BUS
const Peer kSdBus = not_built("sd_bus", "not built: no sd_bus (" SHUNT_NO_SD_BUS ")");
#endif
#ifdef SHUNT_NO_LIBTIRPC
const Peer kLibtirpc = not_built("libtirpc", "not built: no libtirpc (" SHUNT_NO_LIBTIRPC ")");
#endif
#ifdef SHUNT_NO_JSON_RPC
const Peer kJsonRpc = not_built("json_rpc", "not built: no json_rpc (" SHUNT_NO_JSON_RPC ")");
#endif
#ifdef SHUNT_NO_NNG
const Peer kNng = not_built("nng", "not built: no nng (" SHUNT_NO_NNG ")");
#endif
#ifdef SHUNT_NO_ZEROMQ
const Peer kZeromq = not_built("zeromq", "not built: no zeromq (" SHUNT_NO_ZEROMQ ")");
const Peer kZeromqBusy = not_built("zeromq_busy", "not built: no zeromq (" SHUNT_NO_ZEROMQ ")");
#endif
#ifdef SHUNT_NO_GRPC
const Peer kGrpc = not_built("grpc", "not built: no grpc (" SHUNT_NO_GRPC ")");
#endif
#ifdef SHUNT_NO_ICEORYX
const Peer kIceoryx = not_built("iceoryx", "not built: no iceoryx (" SHUNT_NO_ICEORYX ")");
#endif

}  // namespace shunt::peers
