// SPDX-License-Identifier: MIT
#include <shunt/channel/failure.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/mpmc_bytes_shape.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace shunt::channel {
namespace {

using layout::Header;
using layout::Kind;
using layout::RegionId;
using layout::SegmentId;

constexpr std::uint64_t kHeaderPages = 2;  // header and control page
constexpr std::uint64_t kMaxElementBytes = std::uint64_t{1} << 30;

// Header::node_policy
constexpr std::uint32_t kAutomaticNode = 1;
constexpr std::uint32_t kInterleavedNodes = 2;
constexpr std::uint32_t kNumberedNode = 3;
constexpr std::uint32_t kMostNodes = 65536;

std::uint32_t node_policy_of(std::int32_t node) noexcept {
    switch (node) {
        case node::any:
            return 0;
        case node::automatic:
            return kAutomaticNode;
        case node::interleave:
            return kInterleavedNodes;
        default:
            return kNumberedNode + static_cast<std::uint32_t>(node);
    }
}

std::uint64_t checksum_of(const Header& header) noexcept {
    return fnv1a({bytes_of(header), offsetof(Header, checksum)});
}

// What one ring of that kind needs, 0 where there is no such ring.
std::uint64_t one_ring_bytes(const Header& header) noexcept {
    if (is_bytes(header)) {
        const auto shape = ring::BytesShape::of(header.capacity, header.frame_align,
                                                static_cast<std::uint32_t>(header.element_align));
        return header.element_align <= kLineBytes && shape.capacity() == header.capacity
                   ? shape.bytes()
                   : 0;
    }
    if (has_blocks(header)) {
        const ring::BlockGeometry geometry = block_geometry(header);
        return geometry.capacity == header.capacity ? geometry.bytes() : 0;
    }
    if (is_mpmc(header)) {
        const std::uint64_t slot_bytes = mpmc_slot_bytes(header);
        const bool fits = slot_bytes != 0 && std::has_single_bit(header.capacity) &&
                          header.capacity >= ring::kLeastMpmcSlots &&
                          header.capacity <= ring::kMostMpmcSlots &&
                          header.capacity <= kMaxSlotsBytes / slot_bytes;
        return fits ? header.capacity * slot_bytes : 0;
    }
    if (has_log(header)) {
        const ring::LogGeometry geometry = log_geometry(header);
        return geometry.capacity == header.capacity ? geometry.bytes() : 0;
    }
    const bool packed = header.element_bytes <= layout::kLinePayloadBytes;
    const std::uint64_t per_slot = packed ? layout::kLinePayloadBytes / header.element_bytes : 1;
    const std::uint64_t slot_bytes =
        packed ? kLineBytes : align_up(header.element_bytes + layout::kStampBytes, kLineBytes);
    const std::uint64_t slots = header.capacity / per_slot;
    const bool fits = header.capacity % per_slot == 0 && std::has_single_bit(slots) &&
                      slots <= kMaxSlotsBytes / slot_bytes;
    return fits ? slots * slot_bytes + kLinePairBytes : 0;
}

// What all its rings need, 0 where there is no such ring, or the lanes are too many or too large.
std::uint64_t ring_bytes(const Header& header) noexcept {
    if (!has_lanes(header)) {
        return one_ring_bytes(header);
    }
    const std::uint64_t lane = lane_bytes(header);
    const std::uint64_t lanes = lanes_of(header);
    return lanes != 0 && lane <= kMaxSlotsBytes / lanes ? lanes * lane : 0;
}

bool is_kind(std::uint32_t kind) noexcept {
    return kind != 0 && to_string(static_cast<Kind>(kind)) != to_string(Kind::none);
}

// Everything of a header that does not depend on the file that holds it: null, or what is wrong.
const char* wrong_shape(const Header& h) noexcept {
    const bool bytes_kind = is_bytes(h);
    if (!is_kind(h.kind)) {
        return "no such kind of channel";
    }
    if (h.element_bytes == 0 || h.element_bytes > kMaxElementBytes ||
        (bytes_kind && h.element_bytes != 1)) {
        return "no such element size";
    }
    if (!std::has_single_bit(h.element_align) || h.element_align > kLineBytes) {
        return "no such element alignment";
    }
    if (h.wake_mode > static_cast<std::uint32_t>(layout::WakeMode::wakeable)) {
        return "no such wake mode";
    }
    if (h.linger > static_cast<std::uint32_t>(layout::Linger::keep)) {
        return "no such linger";
    }
    if (h.page_policy > static_cast<std::uint32_t>(pages::huge_1g)) {
        return "no such page policy";
    }
    if (h.node_policy > kNumberedNode + kMostNodes) {
        return "no such node policy";
    }
    if (h.ports <= layout::kConsumerSeat || h.ports > layout::kMaxPorts) {
        return "the number of ports is not in 2..4095";
    }
    if (h.start_pos >= kPositionLimit || (bytes_kind && h.start_pos % kLineBytes != 0)) {
        return "the start position is 2^62 or more, or no multiple of 64 in a bytes ring";
    }
    if (is_mpmc(h) && h.start_pos != 0) {
        return "an mpmc ring starts at position 0";
    }
    if (has_log_lanes(h) ? h.lanes == 0 || h.lanes >= h.ports - layout::kFirstSharedSeat
                         : h.lanes != 0) {
        return "the number of lanes leaves nobody to read them, or is of another kind of channel";
    }
    if (h.on_orphan > (is_mpmc(h) ? static_cast<std::uint32_t>(on_orphan::drop) : 0)) {
        return "no such on_orphan in this kind of channel";
    }
    if (bytes_kind ? h.frame_align != 8 && h.frame_align != kLineBytes : h.frame_align != 0) {
        return "no such frame alignment";
    }
    if (h.capacity == 0 || ring_bytes(h) == 0) {
        return "no ring has this capacity";
    }
    return nullptr;
}

std::uint64_t region_bytes(const Header& h, RegionId id) noexcept {
    switch (id) {
        case RegionId::registry:
            return h.ports * sizeof(layout::RegistryEntry);
        case RegionId::counters:
            return h.ports * sizeof(layout::Counters);
        case RegionId::wake_data:
        case RegionId::wake_room:
            return sizeof(layout::WakeRegion);
        case RegionId::producer_words:
            if (is_broadcast(h)) {
                return logs_of(h) * publisher_stride(h);
            }
            if (is_latest(h)) {
                return sizeof(layout::PublisherWords);
            }
            return is_bytes(h) || has_lanes(h) ? lanes_of(h) * sizeof(layout::ProducerWords) : 0;
        case RegionId::consumer_words:
            if (has_log(h)) {
                return std::uint64_t{logs_of(h)} * h.ports * sizeof(layout::SubscriberWords);
            }
            return lanes_of(h) * sizeof(layout::ConsumerWords);
        case RegionId::ring_words:
            if (is_broadcast(h)) {
                return logs_of(h) * sizeof(layout::GateWords);
            }
            return is_mpmc(h) ? sizeof(layout::MpmcWords) : 0;
        case RegionId::slots:
            return ring_bytes(h);
    }
    return 0;
}

// What a reader of a log maps read-only starts on a page of its own, and so does what
// follows it.
bool on_own_pages(RegionId id) noexcept {
    return id == RegionId::producer_words || id == RegionId::consumer_words ||
           id == RegionId::slots;
}

const char* wrong_segments(const Header& h) {
    const layout::SegmentEntry& named = h.segments[0];
    const layout::SegmentEntry& slots = h.segments[1];
    const bool transparent = is_transparent(h);
    if (named.page_bytes != kBasePageBytes ||
        named.bytes % (transparent ? kHugePageBytes : kBasePageBytes) != 0) {
        return "the segment table is impossible";
    }
    const bool huge = slots.page_bytes == kHugePageBytes || slots.page_bytes == kGiganticPageBytes;
    if (slots.bytes == 0 ? slots.page_bytes != 0
                         : transparent || !huge || slots.bytes % slots.page_bytes != 0 ||
                               slots.bytes > kMaxSlotsBytes + slots.page_bytes) {
        return "the segment table is impossible";
    }
    const bool terminated = std::memchr(h.slots_path, 0, sizeof(h.slots_path)) != nullptr &&
                            std::memchr(h.type_name, 0, sizeof(h.type_name)) != nullptr;
    if (!terminated) {
        return "a text in it does not end";
    }
    const std::string_view path{h.slots_path};
    const std::string wanted = "/" + slots_file(incarnation_of(h));
    if (slots.bytes == 0 ? !path.empty() : !path.starts_with('/') || !path.ends_with(wanted)) {
        return "the slots file is not named after the channel's incarnation";
    }
    return nullptr;
}

const char* wrong_regions(const Header& h) noexcept {
    for (std::size_t i = 0; i < layout::kRegions; ++i) {
        const auto id = static_cast<RegionId>(i);
        const layout::RegionEntry& region = h.regions[i];
        const std::uint64_t wanted = region_bytes(h, id);
        if (wanted == 0 ? region.bytes != 0 : region.bytes < wanted) {
            return "a region has the wrong length";
        }
        if (region.bytes == 0) {
            continue;
        }
        if (region.segment > (id == RegionId::slots ? 1u : 0u)) {
            return "a region lies in a segment that there is not";
        }
        if (region.offset % (on_own_pages(id) ? kBasePageBytes : kLinePairBytes) != 0) {
            return "a region is not aligned";
        }
        const std::uint64_t first = region.segment == 0 ? kHeaderPages * kBasePageBytes : 0;
        const std::uint64_t end = h.segments[region.segment].bytes;
        if (region.offset < first || region.offset > end || region.bytes > end - region.offset) {
            return "a region lies outside of its segment";
        }
        for (std::size_t j = 0; j < i; ++j) {
            const layout::RegionEntry& other = h.regions[j];
            if (other.bytes != 0 && other.segment == region.segment &&
                other.offset < region.offset + region.bytes &&
                region.offset < other.offset + other.bytes) {
                return "two regions overlap";
            }
        }
    }
    return nullptr;
}

void place_regions(Header& h, std::uint64_t slots_bytes, std::uint64_t slots_page_bytes) {
    std::uint64_t end = kHeaderPages * kBasePageBytes;
    for (std::size_t i = 0; i < layout::kRegions; ++i) {
        const auto id = static_cast<RegionId>(i);
        layout::RegionEntry& region = h.regions[i];
        region.bytes = id == RegionId::slots ? slots_bytes : region_bytes(h, id);
        if (region.bytes == 0) {
            continue;
        }
        if (id == RegionId::slots && slots_page_bytes != 0) {
            region.segment = static_cast<std::uint32_t>(SegmentId::slots);
            h.segments[1] = {align_up(region.bytes, slots_page_bytes),
                             static_cast<std::uint32_t>(slots_page_bytes), 0};
            continue;
        }
        region.offset = align_up(end, on_own_pages(id) ? kBasePageBytes : kLinePairBytes);
        end = region.offset + region.bytes;
    }
    h.segments[0] = {align_up(end, is_transparent(h) ? kHugePageBytes : kBasePageBytes),
                     kBasePageBytes, 0};
}

std::string reading(const std::string& path) {
    return "cannot use channel file " + quoted(path);
}

std::string removing(const std::string& path) {
    return "if nothing needs it, remove it: rm " + quoted(path);
}

}  // namespace

const BootId& boot_id() {
    static const BootId id = [] {
        constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
        const std::optional<std::string> text = read_text(kPath);
        if (!text) {
            fail_errno(errno, "cannot tell this boot from others", std::string{"read "} + kPath);
        }
        BootId bytes{};
        std::size_t digits = 0;
        for (const char c : *text) {
            const bool decimal = c >= '0' && c <= '9';
            if ((decimal || (c >= 'a' && c <= 'f')) && digits < 2 * bytes.size()) {
                const int value = decimal ? c - '0' : c - 'a' + 10;
                bytes[digits / 2] = static_cast<std::uint8_t>(bytes[digits / 2] << 4 | value);
                ++digits;
            }
        }
        return bytes;
    }();
    return id;
}

FileFacts facts_of(int descriptor, const std::string& path) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        fail_errno(errno, reading(path), "fstat");
    }
    return {path, static_cast<std::uint64_t>(status.st_size), status.st_ino};
}

Header plan_header(const Request& request, std::uint64_t slots_page_bytes) {
    const Options& options = request.options;
    const std::string asked = "cannot create channel " + quoted(request.name);
    Header h{};
    h.magic = layout::kMagic;
    h.layout_version = layout::kLayoutVersion;
    h.byte_order = layout::kByteOrder;
    h.kind = static_cast<std::uint32_t>(request.kind);
    h.wake_mode = static_cast<std::uint32_t>(options.wake);
    h.linger = static_cast<std::uint32_t>(options.linger);
    h.ports = options.ports == 0 ? request.default_ports : options.ports;
    h.lanes = request.lanes;
    h.element_bytes = request.element_bytes;
    h.element_align = request.element_align;
    h.fingerprint = request.fingerprint;
    h.capacity = request.capacity;
    h.start_pos = options.start_pos;
    if (is_bytes(h)) {
        h.frame_align =
            options.frame_align == 0 ? static_cast<std::uint32_t>(kLineBytes) : options.frame_align;
    }
    h.on_orphan = static_cast<std::uint32_t>(options.on_orphan);
    h.page_policy = static_cast<std::uint32_t>(options.pages);
    h.node = -1;
    h.node_policy = node_policy_of(options.node);
    if (request.type_name.size() >= sizeof(h.type_name)) {
        fail(Errc::bad_argument, asked,
             "the type name " + quoted(request.type_name) + " has more than 63 characters",
             "use a shorter one in SHUNT_TYPE");
    }
    std::copy(request.type_name.begin(), request.type_name.end(), h.type_name);
    if (const char* wrong = wrong_shape(h)) {
        fail(Errc::bad_argument, asked,
             std::string{wrong} + " (kind " + std::string{to_string(request.kind)} + ", capacity " +
                 std::to_string(h.capacity) + ", element " + std::to_string(h.element_bytes) +
                 " bytes aligned to " + std::to_string(h.element_align) + ", ports " +
                 std::to_string(h.ports) + ", start " + std::to_string(h.start_pos) + ")",
             "capacity times element must be above 0 and at most 1 TiB; see "
             "shunt/channel/options.hpp");
    }
    if (request.slots_bytes < ring_bytes(h) || request.slots_bytes > 2 * kMaxSlotsBytes) {
        fail(Errc::bad_argument, asked,
             "slots of " + bytes_text(request.slots_bytes) + " cannot hold a ring of " +
                 bytes_text(ring_bytes(h)),
             "this is an error in the port");
    }
    place_regions(h, request.slots_bytes, slots_page_bytes);
    return h;
}

void seal(Header& header) noexcept {
    header.checksum = checksum_of(header);
}

Header read_header(int descriptor, const FileFacts& facts) {
    if (facts.bytes < sizeof(Header)) {
        fail(Errc::truncated, reading(facts.path),
             facts.bytes == 0
                 ? "it is empty"
                 : "it has " + std::to_string(facts.bytes) + " bytes, fewer than a header's " +
                       std::to_string(sizeof(Header)),
             "it is no channel, or the file system lost its end; " + removing(facts.path));
    }
    Header header{};
    const ssize_t got = ::pread(descriptor, bytes_of(header), sizeof(header), 0);
    if (got != static_cast<ssize_t>(sizeof(header))) {
        fail_errno(got < 0 ? errno : EIO, reading(facts.path), "pread");
    }
    check_header(header, facts);
    return header;
}

void check_header(const Header& h, const FileFacts& facts) {
    const std::string asked = reading(facts.path);
    const std::string cure = removing(facts.path);
    if (h.magic == __builtin_bswap64(layout::kMagic) ||
        (h.magic == layout::kMagic && h.byte_order == __builtin_bswap32(layout::kByteOrder))) {
        fail(Errc::wrong_version, asked, "it was written on a machine of the other byte order",
             "use it where it was made, or " + cure);
    }
    if (h.magic != layout::kMagic) {
        fail(Errc::foreign, asked, "it does not start as a shunt channel does (no magic number)",
             "it belongs to something else: choose another channel name, or " + cure);
    }
    if (h.layout_version != layout::kLayoutVersion) {
        fail(Errc::wrong_version, asked,
             "its layout version is " + std::to_string(h.layout_version) + ", this library reads " +
                 std::to_string(layout::kLayoutVersion),
             "build both sides with the same version of shunt, or, when nobody uses it, " + cure);
    }
    if (h.byte_order != layout::kByteOrder) {
        fail(Errc::wrong_version, asked, "its byte order mark is no known one", cure);
    }
    if (h.checksum != checksum_of(h)) {
        fail(Errc::corrupt, asked, "the checksum of its header is wrong",
             "something has written over it; " + cure);
    }
    if (h.inode != facts.inode) {
        fail(Errc::foreign, asked,
             "it is a copy: made as inode " + std::to_string(h.inode) + ", found as inode " +
                 std::to_string(facts.inode),
             "a channel is not moved by copying; " + cure);
    }
    const char* wrong = wrong_shape(h);
    wrong = wrong != nullptr ? wrong : wrong_segments(h);
    wrong = wrong != nullptr ? wrong : wrong_regions(h);
    if (wrong != nullptr) {
        fail(Errc::corrupt, asked, std::string{"its header is impossible: "} + wrong, cure);
    }
    if (facts.bytes < h.segments[0].bytes) {
        fail(Errc::truncated, asked,
             "it has " + std::to_string(facts.bytes) + " bytes, its header says " +
                 std::to_string(h.segments[0].bytes),
             "something has cut it; " + cure);
    }
    if (facts.bytes > h.segments[0].bytes) {
        fail(Errc::corrupt, asked,
             "it has " + std::to_string(facts.bytes) + " bytes, more than the " +
                 std::to_string(h.segments[0].bytes) + " of its header",
             cure);
    }
}

bool of_this_boot(const Header& header) {
    return std::equal(boot_id().begin(), boot_id().end(), header.boot_id);
}

Incarnation incarnation_of(const Header& header) noexcept {
    Incarnation incarnation{};
    std::copy(std::begin(header.incarnation), std::end(header.incarnation), incarnation.begin());
    return incarnation;
}

const layout::RegionEntry& region_of(const Header& header, RegionId id) noexcept {
    return header.regions[static_cast<std::size_t>(id)];
}

bool has_slots_file(const Header& header) noexcept {
    return header.segments[1].bytes != 0;
}

std::uint64_t lane_bytes(const Header& header) noexcept {
    return align_up(one_ring_bytes(header), kLinePairBytes);
}

bool is_transparent(const Header& header) noexcept {
    return header.page_policy == static_cast<std::uint32_t>(pages::thp);
}

std::int32_t asked_node(const Header& header) noexcept {
    switch (header.node_policy) {
        case 0:
            return node::any;
        case kAutomaticNode:
            return node::automatic;
        case kInterleavedNodes:
            return node::interleave;
        default:
            return static_cast<std::int32_t>(header.node_policy - kNumberedNode);
    }
}

std::string slots_path_of(const Header& header) {
    return header.slots_path;
}

}  // namespace shunt::channel
