// SPDX-License-Identifier: MIT
//
// The producer of an audio channel. shunt/audio.hpp says what such a channel is, and what holds for
// all of its calls.
#pragma once

#include <shunt/audio/format.hpp>
#include <shunt/spsc/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::audio {

class BlockProducer {
public:
    /// Opens the channel, creating it where there is none. Throws Error, also where it carries
    /// something else. `options.capacity` is in bytes: 1 MiB by default, some 2.7 s of 48 kHz
    /// stereo.
    explicit BlockProducer(std::string_view name, const Format& format = {},
                           const Options& options = {});

    /// Copies a block in: whole frames, at least one. `full`: there is no room; the frames may be
    /// pushed again, or skip()ped. `too_big`: more than max_frames(). `closed`, `peer_dead`: nobody
    /// listens any more (told once); another may come.
    [[nodiscard]] Status try_push(std::span<const float> samples) noexcept;
    /// try_push that wakes nobody. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(std::span<const float> samples) noexcept;
    /// try_push, waiting for room. Blocks; `timeout` behind the deadline.
    Status push_until(std::span<const float> samples, channel::Deadline deadline) noexcept;

    /// The place of `frames` frames, to be filled in and published, aligned to 64 bytes. As
    /// try_push.
    [[nodiscard]] Status try_claim(std::size_t frames, std::span<float>& samples) noexcept;
    /// Publishes the first `frames` frames of the claimed place, at least one.
    void publish(std::size_t frames) noexcept;
    void publish_quiet(std::size_t frames) noexcept;
    /// Gives the claimed place back.
    void abandon() noexcept { port_.abandon(); }

    /// Time goes on without these frames: the consumer is given something else in their place.
    void skip(std::uint64_t frames) noexcept { frame_ += frames; }

    /// Where in time the next block begins, in frames since this producer opened.
    [[nodiscard]] std::uint64_t frame() const noexcept { return frame_; }
    /// Greatest block.
    [[nodiscard]] std::size_t max_frames() const noexcept;
    [[nodiscard]] const Format& format() const noexcept { return format_; }

    /// The port below: statistics, peers, notify(), interrupt(), fd(), prepare_rt(), close(). Push
    /// nothing through it.
    [[nodiscard]] spsc::BytesProducer& port() noexcept { return port_; }

private:
    [[nodiscard]] std::uint64_t frame_bytes() const noexcept {
        return format_.channels * sizeof(float);
    }
    [[nodiscard]] std::size_t frames_of(std::span<const float> samples) const noexcept;
    void copy_in(std::span<const float> samples) noexcept;
    [[nodiscard]] std::uint64_t head(std::size_t frames) noexcept;

    Format format_;
    spsc::BytesProducer port_;
    std::uint64_t frame_ = 0;
    std::span<std::byte> claimed_;
};

}  // namespace shunt::audio
