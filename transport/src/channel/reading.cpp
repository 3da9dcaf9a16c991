// SPDX-License-Identifier: MIT
#include <shunt/channel/failure.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/channel/open_channel.hpp>
#include <shunt/channel/reading.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/ring/lane_holders.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace shunt::channel {
namespace {

using layout::Header;
using layout::Kind;
using layout::RegionId;

// Room for the bytes of a T, which is never made there: its words are atomic and were written by
// others.
template <class T>
struct alignas(T) CopyOf {
    std::array<std::byte, sizeof(T)> bytes;

    [[nodiscard]] const T& get() const noexcept { return *object_at<T>(bytes.data()); }
};

template <class T>
CopyOf<T> read_at(const OpenChannel& channel, std::uint64_t offset) {
    CopyOf<T> copy{};
    read_exactly(channel.file.get(), offset, copy.bytes, channel.path);
    return copy;
}

// The words of a region, many at a time: they are asked for in the order in which they lie.
class FileWords {
public:
    FileWords(int file, const layout::RegionEntry& region, const std::string& path)
        : file_{file}, region_{region}, path_{path} {}

    std::uint64_t at(std::uint64_t offset) {
        if (offset < begin_ || offset + sizeof(std::uint64_t) > begin_ + bytes_) {
            fill(offset);
        }
        std::uint64_t word = 0;
        std::memcpy(&word, buffer_.data() + (offset - begin_), sizeof(word));
        return word;
    }

private:
    void fill(std::uint64_t offset) {
        bytes_ = 0;
        const std::uint64_t most = std::min<std::uint64_t>(kChunk, region_.bytes - offset);
        buffer_.resize(most);
        read_exactly(file_, region_.offset + offset, buffer_, path_);
        begin_ = offset;
        bytes_ = most;
    }

    static constexpr std::uint64_t kChunk = 65536;

    int file_;
    const layout::RegionEntry& region_;
    const std::string& path_;
    std::vector<std::byte> buffer_;
    std::uint64_t begin_ = 0;
    std::uint64_t bytes_ = 0;
};

// Of one lane, or of the only ring of spsc.
template <ring::WordSource WordAt>
ring::RingState state_of(const Header& header, const WordAt& word_at,
                         const layout::ProducerWords* producer,
                         const layout::ConsumerWords& consumer) {
    if (!is_bytes(header)) {
        return ring::inspect_line(word_at, header.capacity, header.element_bytes, consumer,
                                  header.start_pos);
    }
    const auto shape = ring::BytesShape::of(header.capacity, header.frame_align,
                                            static_cast<std::uint32_t>(header.element_align));
    return ring::inspect_bytes(word_at, shape, *producer, consumer, header.start_pos);
}

void add_state(ring::RingState& all, const ring::RingState& one) {
    all.write_pos += one.write_pos;
    all.read_pos += one.read_pos;
    all.peek_pos += std::max(one.peek_pos, one.read_pos);
    all.free_pos += one.free_pos;
    all.plausible = all.plausible && one.plausible;
}

template <ring::WordSource WordAt>
void read_lanes(const OpenChannel& channel, const WordAt& word_at, Condition& condition) {
    const Header& header = channel.header;
    for (std::uint64_t i = 0; i < lanes_of(header); ++i) {
        const auto consumer = read_at<layout::ConsumerWords>(
            channel,
            region_of(header, RegionId::consumer_words).offset + i * sizeof(layout::ConsumerWords));
        CopyOf<layout::ProducerWords> producer{};
        if (region_of(header, RegionId::producer_words).bytes != 0) {
            producer = read_at<layout::ProducerWords>(
                channel, region_of(header, RegionId::producer_words).offset +
                             i * sizeof(layout::ProducerWords));
        }
        const std::uint64_t first = i * lane_bytes(header);
        const ring::RingState state = state_of(
            header, [&](std::uint64_t offset) { return word_at(first + offset); }, &producer.get(),
            consumer.get());
        add_state(condition.ring, state);
        if (has_lanes(header)) {
            // relaxed: our own copy
            condition.lanes.push_back(
                {state, producer.get().token.load(std::memory_order_relaxed)});
        } else {
            condition.ring = state;
        }
    }
}

// One log, its words in the order of lanes; where there are several, `condition` has sums.
void read_log(const OpenChannel& channel, std::uint64_t log, Condition& condition) {
    const Header& header = channel.header;
    const std::uint64_t words =
        region_of(header, RegionId::producer_words).offset + log * publisher_stride(header);
    const auto publisher = read_at<layout::PublisherWords>(channel, words);
    std::vector<CopyOf<layout::SubscriberWords>> copies(header.ports);
    static_assert(sizeof(copies[0]) == sizeof(layout::SubscriberWords));
    read_exactly(channel.file.get(),
                 region_of(header, RegionId::consumer_words).offset +
                     log * copies.size() * sizeof(copies[0]),
                 std::as_writable_bytes(std::span{copies}), channel.path);
    const ring::RingState state = ring::inspect_broadcast(
        header.capacity, publisher.get(), {&copies.front().get(), copies.size()}, header.start_pos);
    std::vector<std::uint64_t> evicted(header.ports);
    if (is_broadcast(header)) {
        read_exactly(channel.file.get(), words + sizeof(layout::PublisherWords),
                     std::as_writable_bytes(std::span{evicted}), channel.path);
    }
    std::vector<SubscriberCondition> here(header.ports);
    for (std::uint32_t seat = 0; seat < header.ports; ++seat) {
        const layout::SubscriberWords& words_there = copies[seat].get();
        SubscriberCondition& own = here[seat];
        SubscriberCondition& all = condition.subscribers[seat];
        own.seat = all.seat = seat;
        // relaxed: our own copy
        own.read_pos = words_there.read_pos.load(std::memory_order_relaxed);
        // relaxed: our own copy
        own.lost = words_there.lost.load(std::memory_order_relaxed);
        // relaxed: our own copy
        own.gate = words_there.gate.load(std::memory_order_relaxed);
        own.evicted = evicted[seat];
        all.read_pos += own.read_pos;
        all.lost += own.lost;
        all.gate = std::max(all.gate, own.gate);
        all.evicted = std::max(all.evicted, own.evicted);
    }
    add_state(condition.ring, state);
    if (has_log_lanes(header)) {
        const auto holders = read_at<layout::LaneHolders>(
            channel, words + publisher_stride(header) - sizeof(layout::LaneHolders));
        condition.lanes.push_back(
            {state, ring::holder_of(holders.get(), UINT64_MAX), std::move(here)});
    }
}

}  // namespace

void read_exactly(int file, std::uint64_t offset, std::span<std::byte> to,
                  const std::string& path) {
    while (!to.empty()) {
        const ssize_t got = ::pread(file, to.data(), to.size(), static_cast<off_t>(offset));
        if (got == 0) {
            fail(Errc::truncated, "cannot read " + quoted(path),
                 "it ends at or before byte " + std::to_string(offset),
                 "something has cut it; if nothing needs it, remove it: rm " + quoted(path));
        }
        if (got < 0 && errno != EINTR) {
            fail_errno(errno, "cannot read " + quoted(path), "pread");
        }
        const auto done = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
        to = to.subspan(done);
        offset += done;
    }
}

std::vector<Peer> read_peers(const OpenChannel& channel) {
    std::vector<CopyOf<layout::RegistryEntry>> copies(channel.header.ports);
    static_assert(sizeof(copies[0]) == sizeof(layout::RegistryEntry));
    read_exactly(channel.file.get(), region_of(channel.header, RegionId::registry).offset,
                 std::as_writable_bytes(std::span{copies}), channel.path);
    return peers_in({&copies.front().get(), copies.size()}, channel.file.get());
}

Condition read_condition(const OpenChannel& channel, const FileHandle& slots) {
    const Header& header = channel.header;
    const auto control = read_at<layout::ControlPage>(channel, kBasePageBytes);
    const std::string path = slots ? slots_path_of(header) : channel.path;
    FileWords words{slots ? slots.get() : channel.file.get(), region_of(header, RegionId::slots),
                    path};
    const auto word_at = [&words](std::uint64_t offset) { return words.at(offset); };
    Condition condition;
    // relaxed: our own copy
    condition.broken = control.get().broken.load(std::memory_order_relaxed) != 0;
    condition.broken_role =
        // relaxed: our own copy
        static_cast<layout::Role>(control.get().broken_role.load(std::memory_order_relaxed));
    if (is_mpmc(header)) {
        const auto held = [&](const ring::Holding& one) { condition.holdings.push_back(one); };
        condition.ring = has_blocks(header) ? ring::inspect_blocks(word_at, header.capacity, held)
                                            : ring::inspect_mpmc(word_at, header.capacity,
                                                                 mpmc_slot_bytes(header), held);
        return condition;
    }
    condition.ring.plausible = true;
    if (has_log(header)) {
        condition.subscribers.resize(header.ports);
        for (std::uint64_t log = 0; log < logs_of(header); ++log) {
            read_log(channel, log, condition);
        }
        return condition;
    }
    read_lanes(channel, word_at, condition);
    return condition;
}

}  // namespace shunt::channel
