// SPDX-License-Identifier: MIT
//
// The consumer of an audio channel. shunt/audio.hpp says what such a channel is, and what holds for
// all of its calls.
#pragma once

#include <shunt/audio/format.hpp>
#include <shunt/spsc/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace shunt::audio {

/// What is given in the place of frames that are not there.
enum class missing : std::uint32_t { silence = 0, last_block = 1 };

/// Who was late, and what came of it. Nothing counts before a stream's first block, nor behind its
/// end.
struct Lateness {
    std::uint64_t producer = 0;        // calls, made in time, that did not get all their frames
    std::uint64_t consumer = 0;        // calls of pop_until that were made behind their deadline
    std::uint64_t missing_frames = 0;  // given out without being there
    std::uint64_t late_frames = 0;     // that came behind their turn, and were left out
    std::uint64_t skipped_frames = 0;  // that the producer left out; in missing_frames too
};

class BlockConsumer {
public:
    /// Opens the channel, waiting for it to appear (options.open_timeout). Throws Error, also where
    /// it carries something else. Begins at the oldest block that is not released.
    explicit BlockConsumer(std::string_view name, const Format& format = {},
                           const Options& options = {}, missing instead = missing::silence);

    /// Fills `out`, whole frames, at least one. `ok`: with the stream's next frames. Else the rest
    /// is what is given for missing frames: `empty`: they are not there yet; `closed`, `peer_dead`:
    /// the producer ended, and this was the end of its stream (told once); `broken`: something that
    /// is no block, for good. Never waits.
    [[nodiscard]] Status try_pop(std::span<float> out) noexcept;
    /// try_pop, waiting for what is not there. Blocks; `timeout` behind the deadline, by which
    /// `out` is full in any case; `interrupted`.
    Status pop_until(std::span<float> out, channel::Deadline deadline) noexcept;

    [[nodiscard]] const Lateness& lateness() const noexcept { return lateness_; }
    /// Where in time the next frame to be given out is, as its producer counts.
    [[nodiscard]] std::uint64_t frame() const noexcept { return next_; }
    /// A stream has begun, and its end was not told.
    [[nodiscard]] bool running() const noexcept { return running_; }
    [[nodiscard]] const Format& format() const noexcept { return format_; }

    /// The port below: statistics, peers, notify(), interrupt(), fd(), ready(), wait(),
    /// prepare_rt(), close(). Pop nothing through it.
    [[nodiscard]] spsc::BytesConsumer& port() noexcept { return port_; }

private:
    // The block that is in hand.
    struct Block {
        std::span<const float> samples;
        std::uint64_t frame = 0;
        std::uint64_t frames = 0;
        std::uint64_t used = 0;  // given out or left out
    };

    // `look(view)`: the next message, or why there is none.
    template <class Look>
    Status fill(std::span<float> out, bool in_time, Look&& look) noexcept;
    [[nodiscard]] Status take_up(const spsc::BytesView& view) noexcept;
    [[nodiscard]] std::size_t give(std::span<float> out) noexcept;
    void substitute(std::span<float> out, std::size_t at) noexcept;
    void remember(std::span<const float> out) noexcept;
    void let_go() noexcept;
    [[nodiscard]] std::uint64_t frames_in(std::span<const float> samples) const noexcept;

    Format format_;
    spsc::BytesConsumer port_;
    Lateness lateness_;
    std::uint64_t next_ = 0;
    std::uint64_t stream_ = 0;
    bool running_ = false;
    bool holds_ = false;  // block_ is not released
    bool broken_ = false;
    Block block_;
    std::vector<float> last_;  // the last block given out whole, as far as it fits
    std::size_t last_samples_ = 0;
};

}  // namespace shunt::audio
