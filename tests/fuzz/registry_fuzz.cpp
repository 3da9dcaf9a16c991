// SPDX-License-Identifier: MIT
//
// A channel whose header is right and whose every other byte is an input's: control page, registry,
// wake regions, words and slots. Those who look from outside, the collector, and a participant that
// joins, reaps and leaves survive it, each in a bounded number of steps.
#include "fuzz/choices.hpp"
#include "fuzz/fuzz.hpp"
#include "support/scratch.hpp"

#include <shunt/channel/collect.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace shunt::fuzz {
namespace {

using channel::Folder;
using channel::Request;

constexpr const char* kName = "fuzz";
constexpr std::uint32_t kPorts = 8;

const std::string& own_directory() {
    static const sandbox::Scratch scratch;
    static const bool set = ::setenv("SHUNT_DIR", scratch.path().c_str(), 1) == 0;
    require(set, "setenv");
    return scratch.path();
}

Request request_of(bool bytes, layout::Role role) {
    Request request;
    request.name = kName;
    request.kind = bytes ? layout::Kind::spsc_bytes : layout::Kind::spsc;
    request.role = role;
    request.seat = role == layout::Role::producer ? layout::kProducerSeat : layout::kConsumerSeat;
    request.element_bytes = bytes ? 1 : 8;
    request.element_align = 8;
    request.capacity = bytes ? 1024 : 7 * 16;
    request.slots_bytes = 1024 + kLinePairBytes;
    request.drained = [](const channel::Participant&) { return true; };
    request.options.pages = pages::base;
    request.options.ports = kPorts;
    request.options.open_timeout = std::chrono::milliseconds{0};
    request.options.seat_timeout = std::chrono::milliseconds{0};
    return request;
}

// The file under its name, with the input behind the header: pieces of it at places of its choice.
void write_channel(const Folder& folder, Choices& choices, bool bytes) {
    const std::string file = channel::channel_file(kName);
    folder.unlink(file);
    const FileHandle handle = folder.create_unnamed();
    layout::Header header = channel::plan_header(request_of(bytes, layout::Role::producer), false);
    header.inode = channel::facts_of(handle.get(), file).inode;
    std::copy(channel::boot_id().begin(), channel::boot_id().end(), header.boot_id);
    header.linger = static_cast<std::uint32_t>(choices.below(3));
    channel::seal(header);
    const std::uint64_t end = header.segments[0].bytes;
    require(::ftruncate(handle.get(), static_cast<off_t>(end)) == 0, "ftruncate");
    require(::pwrite(handle.get(), bytes_of(header), sizeof(header), 0) == sizeof(header), "write");
    while (!choices.exhausted()) {
        const auto& region = header.regions[choices.below(layout::kRegions)];
        const bool control = region.bytes == 0 || choices.one_in(4);
        const std::uint64_t from = control ? kBasePageBytes : region.offset;
        const std::uint64_t room = control ? kBasePageBytes : region.bytes;
        const std::uint64_t at = from + choices.below(room) / 8 * 8;
        const auto piece = choices.rest(std::min<std::uint64_t>(8 + choices.below(256), end - at));
        (void)!::pwrite(handle.get(), piece.data(), piece.size(), static_cast<off_t>(at));
    }
    require(folder.link(handle, file), "link");
}

template <class Act>
void survive(Act&& act) {
    try {
        act();
    } catch (const Error& error) {
        require(error.what()[0] != '\0', "an error that says nothing");
    }
}

void look(const Folder& folder) {
    for (const channel::Listed& listed : channel::list(folder)) {
        require(listed.peers.size() <= kPorts, "more peers than entries");
    }
    survive([&] {
        const channel::Observer observer{folder, kName};
        require(observer.peers().size() <= kPorts, "more peers than entries");
        const ring::RingState ring = observer.condition().ring;
        require(!ring.plausible || ring.unread() <= observer.header().capacity,
                "more unread than fits");
    });
    channel::Collecting how;
    how.older_than = std::chrono::hours{1};
    survive([&] { (void)channel::collect(folder, how); });
}

void take_part(bool bytes, layout::Role role) {
    survive([&] {
        channel::Participant participant{request_of(bytes, role)};
        require(participant.reap() < kPorts, "more reaped than entries");
        require(participant.peers().size() <= kPorts, "more peers than entries");
        participant.close();
    });
}

}  // namespace

void one_input(std::span<const std::byte> input) {
    const Folder folder = Folder::open(own_directory(), Folder::Missing::fail);
    Choices choices{input};
    const bool bytes = choices.one_in(2);
    const bool producer = choices.one_in(2);
    write_channel(folder, choices, bytes);
    look(folder);
    take_part(bytes, producer ? layout::Role::producer : layout::Role::consumer);
    look(folder);
}

}  // namespace shunt::fuzz
