// SPDX-License-Identifier: MIT
#include <shunt/allocators/prepare.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/channel/failure.hpp>
#include <shunt/channel/open_channel.hpp>
#include <shunt/core/bytes.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace shunt::channel {

using layout::RegionId;
using layout::SegmentId;

namespace {

std::optional<HeldRing> held_ring(const OpenChannel& channel) noexcept {
    const layout::Header& header = channel.header;
    std::byte* const slots = channel.region(RegionId::slots);
    if (!is_mpmc(header) || slots == nullptr) {
        return std::nullopt;
    }
    HeldRing held{ring::MpmcSlots{slots, header.capacity, mpmc_slot_bytes(header)},
                  object_at<layout::MpmcWords>(channel.region(RegionId::ring_words)),
                  static_cast<ring::on_orphan>(header.on_orphan)};
    if (has_blocks(header)) {
        held.slots = ring::BlockSlots{slots, block_geometry(header)};
    }
    return held;
}

std::span<layout::SubscriberWords> gates(const OpenChannel& channel) noexcept {
    if (!is_broadcast(channel.header)) {
        return {};
    }
    return {object_at<layout::SubscriberWords>(channel.region(RegionId::consumer_words)),
            std::size_t{logs_of(channel.header)} * channel.header.ports};
}

}  // namespace

std::byte* OpenChannel::region(RegionId id) const noexcept {
    const layout::RegionEntry& entry = region_of(header, id);
    if (entry.bytes == 0) {
        return nullptr;
    }
    const Mapping& memory =
        entry.segment == static_cast<std::uint32_t>(SegmentId::slots) ? slots : named;
    return memory ? memory.bytes() + entry.offset : nullptr;
}

layout::ControlPage& OpenChannel::control() const noexcept {
    return *object_at<layout::ControlPage>(named.bytes() + kBasePageBytes);
}

layout::Counters& OpenChannel::counters(std::uint32_t index) const noexcept {
    return object_at<layout::Counters>(region(RegionId::counters))[index];
}

Registry OpenChannel::registry() const noexcept {
    return {control(),
            {object_at<layout::RegistryEntry>(region(RegionId::registry)), header.ports},
            *object_at<layout::WakeRegion>(region(RegionId::wake_data)),
            *object_at<layout::WakeRegion>(region(RegionId::wake_room)),
            probe.get(),
            held_ring(*this),
            gates(*this)};
}

void map_named(OpenChannel& channel, Access access) {
    channel.probe = reopen(channel.file.get(), access == Access::read_write);
    channel.named = map_file(channel.probe.file(), channel.header.segments[0].bytes, access,
                             "channel file " + quoted(channel.path),
                             is_transparent(channel.header) ? kHugePageBytes : 0);
}

void protect_log(OpenChannel& channel) {
    if (base_page_bytes() != kBasePageBytes) {
        return;
    }
    for (const RegionId id : {RegionId::producer_words, RegionId::slots}) {
        const layout::RegionEntry& region = region_of(channel.header, id);
        if (region.bytes != 0 && region.segment == static_cast<std::uint32_t>(SegmentId::named)) {
            channel.named.protect({region.offset, align_up(region.bytes, kBasePageBytes)});
        }
    }
}

FileHandle open_slots(const OpenChannel& channel, Access access) {
    if (!has_slots_file(channel.header)) {
        return {};
    }
    const std::string path = slots_path_of(channel.header);
    const std::string asked = "cannot map the slots of channel " + quoted(channel.name);
    const int mode = access == Access::read_write ? O_RDWR : O_RDONLY;
    FileHandle file = FileHandle::open(path.c_str(), mode | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!file && errno == ENOENT) {
        fail(
            Errc::not_found, asked, "there is no " + quoted(path),
            "mount hugetlbfs where the creator of the channel sees it, or remove the channel: rm " +
                quoted(channel.path));
    }
    if (!file) {
        fail_errno(errno, asked, "open " + quoted(path));
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        fail_errno(errno, asked, "fstat " + quoted(path));
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() ||
        file_page_bytes(file) != channel.header.segments[1].page_bytes) {
        fail(Errc::foreign, asked,
             quoted(path) + " is not our file of " +
                 bytes_text(channel.header.segments[1].page_bytes) + " pages",
             "remove the channel: rm " + quoted(channel.path));
    }
    return file;
}

void map_slots(OpenChannel& channel, Access access, const FileHandle& file) {
    if (file) {
        channel.slots = map_file(file, channel.header.segments[1].bytes, access,
                                 "the slots of channel " + quoted(channel.name));
    }
}

void unlink_slots(const layout::Header& header) noexcept {
    if (has_slots_file(header)) {
        ::unlink(header.slots_path);  // ENOENT: a collector was faster
    }
}

bool has_a_name(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        fail_errno(errno, "cannot tell whether a channel's file still has its name", "fstat");
    }
    return status.st_nlink != 0;
}

std::vector<Peer> peers_of(const OpenChannel& channel) {
    return peers_in({object_at<layout::RegistryEntry>(channel.region(RegionId::registry)),
                     channel.header.ports},
                    channel.probe.get());
}

std::vector<Peer> peers_in(std::span<const layout::RegistryEntry> entries, int probe_fd) {
    std::vector<Peer> peers;
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
        const layout::RegistryEntry& entry = entries[i];
        // edge registry.alive acquire <- Registry::enter: the fields below are those of this token
        const std::uint64_t word = entry.word.load(std::memory_order_acquire);
        if (state_of(word) == layout::EntryState::free) {
            continue;
        }
        peers.push_back({
            .index = i,
            // relaxed: this and the fields below are for display
            .role = static_cast<layout::Role>(entry.role.load(std::memory_order_relaxed)),
            .token = token_of(word),
            // relaxed: for display
            .pid = entry.pid.load(std::memory_order_relaxed),
            // relaxed: for display
            .start_time = entry.start_time.load(std::memory_order_relaxed),
            // relaxed: for display
            .cpu = entry.cpu.load(std::memory_order_relaxed),
            // relaxed: for display
            .wait = entry.wait.load(std::memory_order_relaxed),
            .alive = lives(word, probe_fd),
        });
    }
    return peers;
}

namespace {

// What a joiner can tell; the creator knows the reason itself.
std::string note_of(const layout::Header& header, const MemoryProof& proof) {
    const std::uint64_t slots_bytes = region_of(header, RegionId::slots).bytes;
    if (is_transparent(header) && proof.transparent_bytes != slots_bytes) {
        return "not all of it is mapped in transparent huge pages by this process, or they were "
               "taken apart since the channel was made";
    }
    if (asked_node(header) != node::any && header.node >= 0 && !proof.nodes.empty() &&
        proof.node() != header.node) {
        return "pages were moved away from node " + std::to_string(header.node) +
               " since the channel was made";
    }
    if (header.page_policy != static_cast<std::uint32_t>(pages::prefer_huge) ||
        has_slots_file(header)) {
        return {};
    }
    return slots_bytes < kHugeWorthwhileBytes
               ? "slots of less than 1 MiB are not worth a 2 MiB page"
               : "2 MiB pages could not be had when the channel was made";
}

}  // namespace

Placement placement_of(const OpenChannel& channel) {
    const bool apart = has_slots_file(channel.header);
    const Mapping& memory = apart ? channel.slots : channel.named;
    prefault(memory, "the slots of channel " + quoted(channel.name));
    const layout::RegionEntry& slots = region_of(channel.header, RegionId::slots);
    MemoryProof proof = prove_memory(memory.bytes() + slots.offset, slots.bytes);
    std::string note = note_of(channel.header, proof);
    return {.page_bytes = proof.page_bytes,
            .transparent_bytes = proof.transparent_bytes,
            .bytes = slots.bytes,
            .asked_pages = static_cast<pages>(channel.header.page_policy),
            .asked_node = asked_node(channel.header),
            .node = proof.node(),
            .resident_pages = proof.resident_pages,
            .pages = proof.pages,
            .nodes = std::move(proof.nodes),
            .path = apart ? slots_path_of(channel.header) : channel.path,
            .note = std::move(note)};
}

}  // namespace shunt::channel
