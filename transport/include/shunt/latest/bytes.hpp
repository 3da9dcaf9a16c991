// SPDX-License-Identifier: MIT
//
// The ports of a named latest value of bytes. shunt/latest.hpp says what such a channel is, and
// what holds for all of its calls. Every value lies aligned to a line.
#pragma once

#include <shunt/channel/header.hpp>
#include <shunt/core/ring/latest.hpp>
#include <shunt/latest/reading_port.hpp>
#include <shunt/latest/writing_port.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::latest {

using ring::BytesView;

class BytesWriter : public WritingPort<ring::LatestBytesWriter<>> {
public:
    /// Opens the channel, creating it where there is none, for values of up to `.max_message`
    /// bytes. Goes on behind the version that the last writer stored. `.capacity`: buffers, 4 by
    /// default. Throws Error.
    explicit BytesWriter(std::string_view name, const Options& options = {})
        : WritingPort(broadcast::bytes_request(name, layout::Role::producer, options,
                                               layout::Kind::latest_bytes),
                      [](const channel::Participant& place) {
                          return ring::LatestBytesWriter<>{
                              place.region(layout::RegionId::slots),
                              channel::log_geometry(place.header()), place.header().element_bytes,
                              broadcast::publisher_words(place), place.header().start_pos};
                      }) {}

    /// Stores a copy of a value; it is the newest from now on. `type` is the user's, below 2^24.
    /// `too_big`, `broken` (2^62 versions are used up): nothing was stored. Wait-free.
    Status publish(std::span<const std::byte> value, std::uint32_t type = 0) noexcept {
        if (!wakeable()) {
            return counted(log().try_push(value, type), value.size());
        }
        return counted(stored(log().try_push<std::memory_order_seq_cst>(value, type)),
                       value.size());
    }
    /// publish() that wakes nobody; notify() does that later. Never enters the kernel.
    Status publish_quiet(std::span<const std::byte> value, std::uint32_t type = 0) noexcept {
        return counted(stored_quiet(log().try_push(value, type)), value.size());
    }

    /// Gives `bytes` bytes in place, to be filled in and published. The newest value is not
    /// touched. `too_big`, `broken`: no place was given.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        return log().try_claim(bytes, place);
    }
    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim.
    void publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        if (!wakeable()) {
            log().publish(bytes, type);
            return;
        }
        log().publish<std::memory_order_seq_cst>(bytes, type);
        woken_each();
    }
    void publish_quiet(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        log().publish(bytes, type);
        owe();
    }

    [[nodiscard]] std::uint64_t max_message() const noexcept { return header().element_bytes; }

private:
    Status counted(Status status, std::size_t bytes) noexcept {
        if (status) {
            count(counters().payload_bytes, bytes);
        }
        return status;
    }
};

class BytesReader : public ReadingPort<ring::LatestBytesReader<>> {
public:
    /// Opens the channel, waiting `.open_timeout` for it. Throws Error.
    explicit BytesReader(std::string_view name, const Options& options = {})
        : ReadingPort(
              broadcast::bytes_request(name, layout::Role::consumer, options,
                                       layout::Kind::latest_bytes),
              [](const channel::Participant& place) {
                  return ring::LatestBytesReader<>{
                      place.region(layout::RegionId::slots), channel::log_geometry(place.header()),
                      place.header().element_bytes,          broadcast::publisher_words(place),
                      broadcast::subscriber_words(place),    place.header().start_pos};
              }) {}

    /// Copies the newest value out, whether it was loaded before or not; `size` is its length, also
    /// where `to` is `too_small` for it; version() is its version. `empty`: there is none yet (then
    /// `closed` or `peer_dead` once, of a writer that left). `lapped`: the writer went around all
    /// buffers within each of eight copies. Where it is not ok, `to` may hold parts of several.
    /// Wait-free.
    [[nodiscard]] Status load(std::span<std::byte> to, std::size_t& size) noexcept {
        return loaded(log().load(to, size));
    }
    /// The same, with its version.
    [[nodiscard]] Status load(std::span<std::byte> to, std::size_t& size,
                              std::uint64_t& at_version) noexcept {
        const Status status = load(to, size);
        if (status) {
            at_version = version();
        }
        return status;
    }

    /// Shows the newest value in place. The writer may come around to it at any time: what was read
    /// of it is to be used only once still_valid() or release() has said that it was whole. Not ok:
    /// as load().
    [[nodiscard]] Status try_peek(BytesView& view) noexcept { return loaded(log().try_peek(view)); }

    /// Type of the value that load() gave last.
    [[nodiscard]] std::uint32_t type() const noexcept { return log().type(); }
    [[nodiscard]] std::uint64_t max_message() const noexcept { return log().max_message(); }
};

}  // namespace shunt::latest
