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
#include <cstdint>
#include <cstring>
#include <vector>

namespace shunt::fuzz {
namespace {

using channel::FileFacts;
using channel::Request;
using layout::Header;
using layout::RegionId;

constexpr std::uint64_t kMostMapped = std::uint64_t{16} << 20;

Header planned(Choices& choices) {
    Request request;
    request.name = "fuzz";
    const bool bytes = choices.one_in(2);
    request.kind = bytes ? layout::Kind::spsc_bytes : layout::Kind::spsc;
    request.element_bytes = bytes ? 1 : 8;
    request.element_align = 8;
    request.capacity = bytes ? 4096 : 7 * 64;
    request.slots_bytes = 4096 + kLinePairBytes;
    request.options.ports = 2 + static_cast<std::uint32_t>(choices.below(64));
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
    const layout::ConsumerWords consumer{};
    const layout::ProducerWords producer{};
    if (header.kind == static_cast<std::uint32_t>(layout::Kind::spsc_bytes)) {
        const auto shape = ring::BytesShape::of(header.capacity, header.frame_align,
                                                static_cast<std::uint32_t>(header.element_align));
        (void)ring::inspect_bytes(word_at, shape, producer, consumer, header.start_pos);
    } else {
        (void)ring::inspect_line(word_at, header.capacity, header.element_bytes, consumer,
                                 header.start_pos);
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
