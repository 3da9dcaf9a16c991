// SPDX-License-Identifier: MIT
//
// A tone from one process to another: a sine of 440 Hz, in blocks of 64 frames at 48 kHz, each sent
// when its time has come. The receiver asks for each block by a deadline, as a sound card does, and
// at the end judges what it heard: the pitch, whether the wave goes on without a step, and whether
// any frame was missing.
//
//   tone send SECONDS
//   tone receive [DELAY_MS]     deadlines are so far behind the first block; 50 by default
#include <shunt/audio.hpp>

#include <array>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numbers>
#include <string_view>
#include <thread>

using shunt::Status;
using std::chrono::steady_clock;

namespace {

constexpr std::string_view kName = "audio.tone";
constexpr shunt::audio::Format kFormat{48000, 2};
constexpr std::uint64_t kFrames = 64;  // of a block
constexpr double kPitch = 440;
constexpr double kStep = 2 * std::numbers::pi * kPitch / kFormat.rate;  // radians a frame

using Block = std::array<float, kFrames * kFormat.channels>;

// When a frame is due, from the first one's time on.
steady_clock::time_point due(steady_clock::time_point begin, std::uint64_t frame) {
    return begin + std::chrono::nanoseconds(frame * 1'000'000'000 / kFormat.rate);
}

int send(double seconds) {
    shunt::audio::BlockProducer out(kName, kFormat);
    const auto frames = static_cast<std::uint64_t>(seconds * kFormat.rate);
    const auto begin = steady_clock::now();
    while (out.frame() < frames) {
        std::this_thread::sleep_until(due(begin, out.frame()));
        Block block;
        for (std::uint64_t i = 0; i < kFrames; ++i) {
            const auto wave =
                static_cast<float>(0.5 * std::sin(kStep * static_cast<double>(out.frame() + i)));
            block[2 * i] = block[2 * i + 1] = wave;
        }
        if (const Status status = out.try_push(block); status == Status::full) {
            out.skip(kFrames);
        } else if (!status) {
            std::fprintf(stderr, "tone: the receiver is gone: %s\n", to_string(status).data());
            return 1;
        }
    }
    return 0;
}

// What is heard, sample by sample.
class Ear {
public:
    void hear(float sample) {
        const double now = sample;
        if (heard_ > 0 && before_ < 0 && now >= 0) {
            const double crossing = static_cast<double>(heard_) - now / (now - before_);
            first_ = crossings_ == 0 ? crossing : first_;
            last_ = crossing;
            ++crossings_;
        }
        if (heard_ > 1) {  // of a sine each sample follows from the two before it
            const double wanted = 2 * std::cos(kStep) * before_ - before_that_;
            step_ = std::max(step_, std::abs(now - wanted));
        }
        before_that_ = before_;
        before_ = now;
        ++heard_;
    }
    [[nodiscard]] std::uint64_t heard() const { return heard_; }
    [[nodiscard]] double pitch() const {
        return crossings_ < 2
                   ? 0
                   : static_cast<double>(crossings_ - 1) * kFormat.rate / (last_ - first_);
    }
    [[nodiscard]] double greatest_step() const { return step_; }

private:
    std::uint64_t heard_ = 0;
    std::uint64_t crossings_ = 0;
    double first_ = 0;
    double last_ = 0;
    double before_ = 0;
    double before_that_ = 0;
    double step_ = 0;
};

int judge(const Ear& ear, const shunt::audio::Lateness& late) {
    const bool in_tune = std::abs(ear.pitch() - kPitch) <= 0.1;
    const bool smooth = ear.greatest_step() < 1e-5;
    const bool whole = late.missing_frames == 0 && late.late_frames == 0;
    std::printf("%" PRIu64 " frames, %.3f Hz, greatest step %.1e\n", ear.heard(), ear.pitch(),
                ear.greatest_step());
    std::printf("late: producer %" PRIu64 ", consumer %" PRIu64 "; frames missing %" PRIu64
                ", left out by the producer %" PRIu64 ", late %" PRIu64 "\n",
                late.producer, late.consumer, late.missing_frames, late.skipped_frames,
                late.late_frames);
    std::puts(in_tune && smooth && whole ? "verdict: in tune, without a step, no frame lost"
              : !in_tune                 ? "verdict: OUT OF TUNE"
              : !whole                   ? "verdict: FRAMES LOST"
                                         : "verdict: BROKEN WAVE");
    return in_tune && smooth && whole ? 0 : 1;
}

int receive(std::chrono::milliseconds delay) {
    shunt::audio::BlockConsumer in(kName, kFormat);
    Block block;
    Ear ear;
    Status status = in.port().wait(shunt::channel::kNoDeadline);
    const auto begin = steady_clock::now() + delay;
    while (status == Status::ok || status == Status::timeout) {
        status = in.pop_until(block, due(begin, ear.heard()));
        // the last call finds the end of the stream, and no block
        for (std::uint64_t i = 0; i < kFrames && status != Status::closed; ++i) {
            ear.hear(block[2 * i]);
        }
    }
    if (status != Status::closed) {
        std::fprintf(stderr, "tone: the sender is gone: %s\n", to_string(status).data());
        return 1;
    }
    return judge(ear, in.lateness());
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view role{argc > 1 ? argv[1] : ""};
    const double number = argc > 2 ? std::atof(argv[2]) : 0;
    try {
        if (role == "send" && argc == 3 && number > 0) {
            return send(number);
        }
        if (role == "receive" && (argc == 2 || (argc == 3 && number > 0))) {
            return receive(std::chrono::milliseconds(argc == 3 ? std::lround(number) : 50));
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tone: %s\n", error.what());
        return 1;
    }
    std::fputs("usage: tone send SECONDS | tone receive [DELAY_MS]\n", stderr);
    return 2;
}
