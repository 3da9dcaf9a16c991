// SPDX-License-Identifier: MIT
#include <shunt/audio.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace shunt::audio {

namespace {

constexpr std::uint32_t kMostChannels = 1024;
constexpr std::uint32_t kMostRate = 1u << 24;

}  // namespace

std::string type_name(const Format& format) {
    return "audio.f32/" + std::to_string(format.channels) + "x" + std::to_string(format.rate);
}

Options detail::options_of(std::string_view name, const Format& format, Options options) {
    const auto refuse = [&](const std::string& text) {
        throw Error(Errc::bad_argument, "channel '" + std::string{name} + "': " + text);
    };
    if (format.channels == 0 || format.channels > kMostChannels || format.rate == 0 ||
        format.rate > kMostRate) {
        refuse("wanted " + std::to_string(format.channels) + " channels of " +
               std::to_string(format.rate) + " frames a second; 1 to " +
               std::to_string(kMostChannels) + " channels and 1 to " + std::to_string(kMostRate) +
               " frames are possible");
    }
    if ((options.payload_align != 0 && options.payload_align != kLineBytes) ||
        (options.frame_align != 0 && options.frame_align != kLineBytes)) {
        refuse(
            "blocks of an audio channel begin at a line of 64 bytes: leave .payload_align and "
            ".frame_align");
    }
    options.payload_align = kLineBytes;
    return options;
}

BlockProducer::BlockProducer(std::string_view name, const Format& format, const Options& options)
    : format_{format}, port_{name, detail::options_of(name, format, options), type_name(format)} {
    if (max_frames() == 0) {
        throw Error(Errc::bad_argument,
                    "channel '" + std::string{name} + "': an audio channel of " +
                        std::to_string(port_.capacity()) + " bytes has no room for a frame of " +
                        std::to_string(format.channels) + " channels: choose a greater .capacity");
    }
}

std::size_t BlockProducer::max_frames() const noexcept {
    const std::uint64_t most = port_.max_message();
    return most < sizeof(BlockHeader) ? 0 : (most - sizeof(BlockHeader)) / frame_bytes();
}

std::size_t BlockProducer::frames_of(std::span<const float> samples) const noexcept {
    SHUNT_CHECK(!samples.empty() && samples.size() % format_.channels == 0,
                "a block is of whole frames, at least one");
    return samples.size() / format_.channels;
}

// Writes the header into the claimed place; bytes of the whole message.
std::uint64_t BlockProducer::head(std::size_t frames) noexcept {
    const BlockHeader header{frame_, port_.participant().token(), {}};
    std::memcpy(claimed_.data(), &header, sizeof(header));
    frame_ += frames;
    return sizeof(header) + frames * frame_bytes();
}

void BlockProducer::copy_in(std::span<const float> samples) noexcept {
    std::memcpy(claimed_.data() + sizeof(BlockHeader), samples.data(), samples.size_bytes());
}

Status BlockProducer::try_claim(std::size_t frames, std::span<float>& samples) noexcept {
    SHUNT_CHECK(frames != 0, "a block has at least one frame");
    const Status status =
        frames > max_frames()
            ? Status{Status::too_big}
            : port_.try_claim(sizeof(BlockHeader) + frames * frame_bytes(), claimed_);
    if (status) {
        samples = {object_at<float>(claimed_.data() + sizeof(BlockHeader)),
                   frames * format_.channels};
    }
    return status;
}

void BlockProducer::publish(std::size_t frames) noexcept {
    SHUNT_CHECK(frames != 0, "a block has at least one frame");
    port_.publish(head(frames));
}

void BlockProducer::publish_quiet(std::size_t frames) noexcept {
    SHUNT_CHECK(frames != 0, "a block has at least one frame");
    port_.publish_quiet(head(frames));
}

Status BlockProducer::try_push(std::span<const float> samples) noexcept {
    std::span<float> place;
    const std::size_t frames = frames_of(samples);
    const Status status = try_claim(frames, place);
    if (status) {
        copy_in(samples);
        publish(frames);
    }
    return status;
}

Status BlockProducer::try_push_quiet(std::span<const float> samples) noexcept {
    std::span<float> place;
    const std::size_t frames = frames_of(samples);
    const Status status = try_claim(frames, place);
    if (status) {
        copy_in(samples);
        publish_quiet(frames);
    }
    return status;
}

Status BlockProducer::push_until(std::span<const float> samples,
                                 channel::Deadline deadline) noexcept {
    const std::size_t frames = frames_of(samples);
    if (frames > max_frames()) {
        return Status::too_big;
    }
    const Status status =
        port_.claim_until(sizeof(BlockHeader) + samples.size_bytes(), claimed_, deadline);
    if (status) {
        copy_in(samples);
        publish(frames);
    }
    return status;
}

BlockConsumer::BlockConsumer(std::string_view name, const Format& format, const Options& options,
                             missing instead)
    : format_{format}, port_{name, detail::options_of(name, format, options), type_name(format)} {
    if (instead == missing::last_block) {
        last_.resize(port_.max_message() / sizeof(float));
    }
}

std::uint64_t BlockConsumer::frames_in(std::span<const float> samples) const noexcept {
    return samples.size() / format_.channels;
}

void BlockConsumer::let_go() noexcept {
    holds_ = false;
    port_.release();
}

// The message is the block in hand from here on. What the producer wrote is looked at once.
Status BlockConsumer::take_up(const spsc::BytesView& view) noexcept {
    const std::uint64_t frame_bytes = format_.channels * sizeof(float);
    const std::uint64_t bytes = view.payload.size();
    BlockHeader header;
    if (bytes < sizeof(header) + frame_bytes || (bytes - sizeof(header)) % frame_bytes != 0) {
        return Status::broken;
    }
    std::memcpy(&header, view.payload.data(), sizeof(header));
    if (header.frame > kPositionLimit) {
        return Status::broken;
    }
    const auto* const samples = object_at<const float>(view.payload.data() + sizeof(header));
    block_ = {{samples, (bytes - sizeof(header)) / sizeof(float)},
              header.frame,
              (bytes - sizeof(header)) / frame_bytes,
              0};
    if (!running_ || stream_ != header.stream) {
        running_ = true;
        stream_ = header.stream;
        next_ = header.frame;
    }
    holds_ = true;
    return Status::ok;
}

// Of the block in hand, or of what was left out before it; how many samples.
std::size_t BlockConsumer::give(std::span<float> out) noexcept {
    const std::uint64_t wanted = frames_in(out);
    if (block_.frame + block_.used > next_) {
        const std::uint64_t n = std::min(wanted, block_.frame + block_.used - next_);
        lateness_.skipped_frames += n;
        return n * format_.channels;
    }
    const std::uint64_t late = std::min(next_ - block_.frame, block_.frames);
    lateness_.late_frames += late - block_.used;
    block_.used = late;
    const std::uint64_t n = std::min(wanted, block_.frames - block_.used);
    const auto part = block_.samples.subspan(block_.used * format_.channels, n * format_.channels);
    std::copy(part.begin(), part.end(), out.begin());
    block_.used += n;
    return part.size();
}

// `at`: of the first of these samples in the whole of what is given out.
void BlockConsumer::substitute(std::span<float> out, std::size_t at) noexcept {
    for (float& sample : out) {
        sample = last_samples_ == 0 ? 0.0F : last_[at % last_samples_];
        ++at;
    }
}

void BlockConsumer::remember(std::span<const float> out) noexcept {
    last_samples_ = std::min(out.size(), last_.size()) / format_.channels * format_.channels;
    std::copy_n(out.begin(), last_samples_, last_.begin());
}

template <class Look>
Status BlockConsumer::fill(std::span<float> out, bool in_time, Look&& look) noexcept {
    SHUNT_CHECK(!out.empty() && out.size() % format_.channels == 0,
                "frames are popped whole, at least one");
    std::size_t done = 0;
    bool whole = true;
    Status status = broken_ ? Status::broken : Status::ok;
    while (status && done < out.size()) {
        if (!holds_) {
            spsc::BytesView view;
            status = look(view);
            status = status ? take_up(view) : status;
            continue;
        }
        const bool left_out = block_.frame + block_.used > next_;
        const std::size_t given = give(out.subspan(done));
        if (left_out) {
            substitute(out.subspan(done, given), done);
            lateness_.missing_frames += given / format_.channels;
            whole = false;
        }
        done += given;
        next_ += given / format_.channels;
        if (block_.used == block_.frames) {
            let_go();
        }
    }
    if (status) {
        if (whole) {
            remember(out);
        }
        return status;
    }
    substitute(out.subspan(done), done);
    broken_ = status == Status::broken;
    // Behind a stream's end nothing is missing.
    const bool late = status == Status::empty || status == Status::timeout;
    running_ = running_ && (late || status == Status::interrupted);
    if (running_) {
        const std::uint64_t lacking = frames_in(out.subspan(done));
        lateness_.missing_frames += lacking;
        lateness_.producer += late && in_time ? 1u : 0u;
        next_ += lacking;
    }
    return status;
}

Status BlockConsumer::try_pop(std::span<float> out) noexcept {
    return fill(out, true, [this](spsc::BytesView& view) { return port_.try_peek(view); });
}

Status BlockConsumer::pop_until(std::span<float> out, channel::Deadline deadline) noexcept {
    const bool in_time = std::chrono::steady_clock::now() < deadline;
    lateness_.consumer += running_ && !in_time ? 1u : 0u;
    return fill(out, in_time,
                [&](spsc::BytesView& view) { return port_.peek_until(view, deadline); });
}

}  // namespace shunt::audio
