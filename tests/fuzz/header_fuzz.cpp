// SPDX-License-Identifier: MIT
//
// A channel's header as somebody wrote it, in a real file of some length: refused with an Error, or
// all that it says of its regions is true of the file. The header is a good one in which an input
// changes what it likes, with the checksum made right again or not.
#include "fuzz/choices.hpp"
#include "fuzz/fuzz.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/ring/inspect.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace shunt::fuzz {
namespace {

using channel::FileFacts;
using channel::Request;
using layout::Header;
using layout::RegionId;

using layout::Kind;
constexpr std::array kKinds{Kind::spsc,
                            Kind::spsc_bytes,
                            Kind::mpsc,
                            Kind::mpsc_bytes,
                            Kind::mpmc,
                            Kind::mpmc_bytes,
                            Kind::broadcast,
                            Kind::broadcast_bytes,
                            Kind::latest,
                            Kind::latest_bytes,
                            Kind::mpmc_blocks,
                            Kind::mpmc_blocks_bytes,
                            Kind::broadcast_lanes,
                            Kind::broadcast_lanes_bytes};
constexpr std::uint64_t kMostMapped = std::uint64_t{16} << 20;

constexpr std::uint64_t kLanes = 3;
constexpr std::uint64_t kMessages = 64;  // of a ring whose capacity is a power of two

// A port's own request, but for names and options.
Request request_of(layout::Kind kind) {
    Request request;
    request.name = "fuzz";
    request.kind = kind;
    request.element_bytes = 8;
    request.element_align = 8;
    request.capacity = 7 * 64;
    request.slots_bytes = kMessages * kLinePairBytes;
    switch (kind) {
        case layout::Kind::spsc_bytes:
        case layout::Kind::mpsc_bytes:
            request.element_bytes = 1;
            request.capacity = 4096;
            request.slots_bytes += 4096;
            break;
        case layout::Kind::mpmc:
        case layout::Kind::mpmc_bytes:
        case layout::Kind::mpmc_blocks:
        case layout::Kind::mpmc_blocks_bytes:
        case layout::Kind::broadcast:
        case layout::Kind::broadcast_bytes:
        case layout::Kind::broadcast_lanes:
        case layout::Kind::broadcast_lanes_bytes:
        case layout::Kind::latest:
        case layout::Kind::latest_bytes:
            request.capacity = kMessages;
            break;
        default:
            break;
    }
    if (kind == layout::Kind::mpsc || kind == layout::Kind::mpsc_bytes) {
        request.slots_bytes *= kLanes;
        request.options.ports = kLanes + layout::kFirstSharedSeat;
    }
    if (kind == layout::Kind::broadcast_lanes || kind == layout::Kind::broadcast_lanes_bytes) {
        request.slots_bytes *= kLanes;
        request.lanes = kLanes;
    }
    return request;
}

Header planned(Choices& choices) {
    Request request = request_of(kKinds[choices.below(kKinds.size())]);
    const std::uint64_t ports = choices.below(64);
    if (request.options.ports == 0) {
        const std::uint32_t apart = request.lanes == 0 ? 0 : request.lanes + 1;
        request.options.ports = 2 + apart + static_cast<std::uint32_t>(ports);
    }
    Header header = channel::plan_header(request, choices.one_in(4));
    std::copy(channel::boot_id().begin(), channel::boot_id().end(), header.boot_id);
    return header;
}

void change(Choices& choices, Header& header) {
    for (std::uint64_t n = choices.below(16); n != 0; --n) {
        const std::uint64_t value = choices.word();
        const std::size_t width = std::size_t{1} << choices.below(4);
        const std::size_t at = choices.below(sizeof(header) - width + 1);
        std::memcpy(bytes_of(header) + at, &value, width);
    }
}

// Of one lane, or of the only ring of spsc.
template <class WordAt>
void look_at_lane(const Header& header, const WordAt& word_at) {
    const layout::ConsumerWords consumer{};
    const layout::ProducerWords producer{};
    if (channel::is_bytes(header)) {
        const auto shape = ring::BytesShape::of(header.capacity, header.frame_align,
                                                static_cast<std::uint32_t>(header.element_align));
        (void)ring::inspect_bytes(word_at, shape, producer, consumer, header.start_pos);
    } else {
        (void)ring::inspect_line(word_at, header.capacity, header.element_bytes, consumer,
                                 header.start_pos);
    }
}

// Every word that an observer would read lies inside of its region.
void look_at_ring(const Header& header) {
    const std::uint64_t room = channel::region_of(header, RegionId::slots).bytes;
    if (room > kMostMapped) {
        return;
    }
    const auto word_at = [room](std::uint64_t offset) {
        require(offset % 8 == 0 && room >= 8 && offset <= room - 8, "a word outside of the slots");
        return offset;
    };
    if (channel::has_log(header)) {
        const ring::LogGeometry log = channel::log_geometry(header);
        const std::uint64_t logs = channel::logs_of(header);
        const bool lanes = channel::has_log_lanes(header);
        const std::uint64_t each = lanes ? channel::lane_bytes(header) : log.bytes();
        require(log.capacity != 0 && log.bytes() <= each && logs != 0 && each <= room / logs,
                "a log beyond the slots");
        const std::uint64_t words = logs * header.ports * sizeof(layout::SubscriberWords);
        const bool gates = channel::is_broadcast(header);
        const std::uint64_t evicted = gates ? header.ports * sizeof(std::uint64_t) : 0;
        const std::uint64_t holders = lanes ? sizeof(layout::LaneHolders) : 0;
        require(!lanes || header.lanes + layout::kFirstSharedSeat < header.ports,
                "lanes that nobody can read");
        require(channel::region_of(header, RegionId::consumer_words).bytes >= words &&
                    channel::region_of(header, RegionId::producer_words).bytes >=
                        logs * (sizeof(layout::PublisherWords) + evicted + holders) &&
                    channel::region_of(header, RegionId::ring_words).bytes >=
                        (gates ? logs * sizeof(layout::GateWords) : 0),
                "words of a log that are not there");
        return;
    }
    if (channel::has_blocks(header)) {
        const ring::BlockGeometry geometry = channel::block_geometry(header);
        require(geometry.capacity != 0 && geometry.bytes() <= room, "blocks beyond the slots");
        (void)ring::inspect_blocks(word_at, header.capacity, [](const ring::Holding&) {});
        return;
    }
    if (channel::is_mpmc(header)) {
        (void)ring::inspect_mpmc(word_at, header.capacity, channel::mpmc_slot_bytes(header),
                                 [](const ring::Holding&) {});
        return;
    }
    for (std::uint64_t i = 0; i < channel::lanes_of(header); ++i) {
        const std::uint64_t first = i * channel::lane_bytes(header);
        look_at_lane(header, [&](std::uint64_t offset) { return word_at(first + offset) - first; });
    }
}

// Touches the ends of every region of the named file.
void touch(const Header& header, int file, std::uint64_t bytes) {
    void* const all = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
    require(all != MAP_FAILED, "the file cannot be mapped");
    const auto* const memory = static_cast<const std::byte*>(all);
    unsigned sum = 0;
    for (const layout::RegionEntry& region : header.regions) {
        if (region.bytes != 0 && region.segment == 0) {
            sum += std::to_integer<unsigned>(memory[region.offset]);
            sum += std::to_integer<unsigned>(memory[region.offset + region.bytes - 1]);
        }
    }
    require(sum < 256 * 2 * layout::kRegions, "bytes that are none");
    ::munmap(all, bytes);
}

void believed(const Header& header, int file, const FileFacts& facts) {
    require(header.segments[0].bytes == facts.bytes, "a named segment of another length");
    require(header.ports >= 2 && header.ports <= layout::kMaxPorts, "no such number of ports");
    for (const layout::RegionEntry& region : header.regions) {
        const std::uint64_t end = header.segments[region.segment != 0 ? 1 : 0].bytes;
        require(region.bytes == 0 ||  // there is none
                    (region.offset <= end && region.bytes <= end - region.offset),
                "a region outside of its segment");
    }
    require(channel::slots_path_of(header).size() < sizeof(header.slots_path), "an endless path");
    if (facts.bytes <= kMostMapped) {
        touch(header, file, facts.bytes);
    }
    look_at_ring(header);
}

}  // namespace

void one_input(std::span<const std::byte> input) {
    Choices choices{input};
    Header header = planned(choices);
    const FileHandle file{::memfd_create("header", MFD_CLOEXEC)};
    FileFacts facts = channel::facts_of(file.get(), "a file");
    header.inode = facts.inode;
    const std::uint64_t before = header.segments[0].bytes;
    const bool sealed = !choices.one_in(8);
    const std::uint64_t length = choices.below(8);
    change(choices, header);
    const std::uint64_t said = header.segments[0].bytes;
    const std::uint64_t bytes = length == 0   ? choices.below(65536)
                                : length == 1 ? before
                                              : std::min<std::uint64_t>(said, kMaxSlotsBytes);
    if (sealed) {
        channel::seal(header);
    }
    require(::ftruncate(file.get(), static_cast<off_t>(bytes)) == 0, "ftruncate");
    const std::size_t kept = std::min<std::uint64_t>(sizeof(header), bytes);
    require(::pwrite(file.get(), bytes_of(header), kept, 0) == static_cast<ssize_t>(kept), "write");
    try {
        facts = channel::facts_of(file.get(), "a file");
        const Header copy = channel::read_header(file.get(), facts);
        believed(copy, file.get(), facts);
        (void)channel::of_this_boot(copy);
        check_wanted(copy, Request{}, facts.path);
    } catch (const Error& error) {
        require(error.what()[0] != '\0', "an error that says nothing");
    }
}

}  // namespace shunt::fuzz
