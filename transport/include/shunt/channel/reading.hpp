// SPDX-License-Identifier: MIT
//
// Reading a channel's files without mapping them, for those who look from outside: observers and
// collectors. Every byte comes by pread, so a file that somebody cuts meanwhile is an Error, where
// a mapping of it would be SIGBUS. A word is read as it is at that moment, no two of them together.
#pragma once

#include <shunt/allocators/file.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/core/layout/segment.hpp>
#include <shunt/core/ring/inspect.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace shunt::channel {

struct OpenChannel;

/// Fills `to` from the file's bytes at `offset`. Throws Errc::truncated where it ends before, else
/// the errno. `path` is for the text.
void read_exactly(int file, std::uint64_t offset, std::span<std::byte> to, const std::string& path);

/// What the words of a reader of a log say: a broadcast subscriber's, a latest value's reader's.
/// Where there are several publishers: those in a lane; or sums over all lanes, and the newest of
/// gates and evictions.
struct SubscriberCondition {
    std::uint32_t seat = 0;
    std::uint64_t read_pos = 0;
    std::uint64_t lost = 0;
    std::uint64_t gate = 0;     // as in SubscriberWords
    std::uint64_t evicted = 0;  // token of the gate there that was evicted last
};

/// What a lane says, of an mpsc channel or of one with several publishers.
struct LaneCondition {
    ring::RingState ring;
    std::uint64_t token = 0;  // of the producer that has it or had it last; 0: none yet
    std::vector<SubscriberCondition> subscribers{};  // of several publishers: by seat, in this lane
};

/// What ring and control page say.
struct Condition {
    ring::RingState ring;  // where there are lanes: sums over them
    std::vector<LaneCondition> lanes;
    std::vector<ring::Holding> holdings;           // mpmc: claims, and messages in hand
    std::vector<SubscriberCondition> subscribers;  // of a log: of each seat, taken or not
    bool broken = false;  // a participant found impossible words of `broken_role`
    layout::Role broken_role = layout::Role::none;
};

/// Every entry of the registry that is not FREE, with its life by its lock. `channel.file` and
/// `channel.header` are set; nothing is mapped. Throws Errc::truncated.
[[nodiscard]] std::vector<Peer> read_peers(const OpenChannel& channel);

/// The same for ring and control page. `slots`: what open_slots() opened. Looks at every stamp of a
/// ring of fixed-size messages, and so reads all of its slots.
[[nodiscard]] Condition read_condition(const OpenChannel& channel, const FileHandle& slots);

}  // namespace shunt::channel
