// SPDX-License-Identifier: MIT
//
// Audio blocks: what comes out is what went in, on its timeline, whatever the blocks are; and what
// comes out where nothing did.
#include "unit/spsc/company.hpp"

#include <shunt/audio.hpp>
#include <shunt/core/error.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace shunt::audio {
namespace {

using channel::kName;
using namespace spsc;  // company

// A frame's samples: its number, and the channel's after the point.
constexpr Format kStereo{48000, 2};

[[nodiscard]] float sample(std::uint64_t frame, std::uint32_t channel) {
    return static_cast<float>(frame + 1) + 0.25F * static_cast<float>(channel);
}
[[nodiscard]] std::vector<float> block(std::uint64_t first, std::uint64_t frames,
                                       std::uint32_t channels = 2) {
    std::vector<float> samples;
    for (std::uint64_t frame = first; frame < first + frames; ++frame) {
        for (std::uint32_t channel = 0; channel < channels; ++channel) {
            samples.push_back(sample(frame, channel));
        }
    }
    return samples;
}
[[nodiscard]] std::vector<float> silence(std::uint64_t frames) {
    return std::vector<float>(frames * 2, 0.0F);
}
[[nodiscard]] std::vector<float> both(std::vector<float> first, const std::vector<float>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}
[[nodiscard]] Options audio_options(std::uint64_t capacity = 65536) {
    Options options;
    options.pages = pages::base;
    options.capacity = capacity;
    return options;
}
[[nodiscard]] channel::Deadline past() {
    return steady_clock::now() - 1s;
}

class Audio : public SpscPorts {
protected:
    explicit Audio(missing instead = missing::silence)
        : consumer{kName, kStereo, small_any(), instead} {}

    Status pop(std::uint64_t frames) {
        out.assign(frames * 2, -1.0F);
        return consumer.try_pop(out);
    }
    // Pushes the next frames of the stream, as their place in time names them.
    Status push(std::uint64_t frames) {
        return producer->try_push(block(producer->frame(), frames));
    }

    std::optional<BlockProducer> producer{std::in_place, kName, kStereo, audio_options()};
    BlockConsumer consumer;
    std::vector<float> out;
};

TEST_F(Audio, BlocksOfOneSizeComeOutAsBlocksOfAnother) {
    std::uint64_t popped = 0;
    for (const std::uint64_t frames : {64u, 1u, 64u, 200u, 31u, 64u}) {
        ASSERT_TRUE(push(frames));
    }
    EXPECT_EQ(producer->frame(), 424u);
    for (const std::uint64_t frames : {48u, 1u, 300u, 75u}) {
        ASSERT_TRUE(pop(frames)) << popped;
        EXPECT_EQ(out, block(popped, frames)) << popped;
        popped += frames;
        EXPECT_EQ(consumer.frame(), popped);
    }
    EXPECT_EQ(consumer.port().size_approx(), 0u) << "what was given out is released";
    EXPECT_EQ(consumer.lateness().missing_frames, 0u);
    EXPECT_EQ(consumer.lateness().producer, 0u);
}

TEST_F(Audio, BlocksAreMadeInPlaceAtALine) {
    std::span<float> place;
    ASSERT_TRUE(producer->try_claim(64, place));
    EXPECT_EQ(place.size(), 128u);
    EXPECT_EQ(std::bit_cast<std::uintptr_t>(place.data()) % 64, 0u);
    producer->abandon();
    EXPECT_EQ(producer->frame(), 0u) << "what is given back takes no time";
    ASSERT_TRUE(producer->try_claim(64, place));
    const std::vector<float> samples = block(0, 32);
    std::copy(samples.begin(), samples.end(), place.begin());
    producer->publish(32);
    ASSERT_TRUE(producer->try_claim(8, place));
    const std::vector<float> more = block(32, 8);
    std::copy(more.begin(), more.end(), place.begin());
    producer->publish_quiet(8);
    ASSERT_TRUE(producer->try_push_quiet(block(40, 8)));
    EXPECT_TRUE(producer->push_until(block(48, 8), past()));
    ASSERT_TRUE(pop(56));
    EXPECT_EQ(out, block(0, 56));
}

TEST_F(Audio, NothingIsLateBeforeAStreamBegins) {
    EXPECT_EQ(pop(16), Status::empty);
    EXPECT_EQ(out, silence(16));
    EXPECT_EQ(consumer.pop_until(out, past()), Status::timeout);
    EXPECT_FALSE(consumer.running());
    EXPECT_EQ(consumer.lateness().producer, 0u);
    EXPECT_EQ(consumer.lateness().consumer, 0u);
    EXPECT_EQ(consumer.lateness().missing_frames, 0u);
    ASSERT_TRUE(push(16));
    ASSERT_TRUE(pop(16));
    EXPECT_EQ(out, block(0, 16));
    EXPECT_TRUE(consumer.running());
}

TEST_F(Audio, WhatIsNotThereIsSilenceAndWhatComesLateIsLeftOut) {
    ASSERT_TRUE(push(100));
    ASSERT_EQ(pop(130), Status::empty);
    EXPECT_EQ(out, both(block(0, 100), silence(30)));
    EXPECT_EQ(consumer.lateness().producer, 1u);
    EXPECT_EQ(consumer.lateness().missing_frames, 30u);
    // frames 100 to 119 are wholly late, of the next 20 the first ten
    ASSERT_TRUE(push(20));
    ASSERT_TRUE(push(20));
    ASSERT_TRUE(pop(10));
    EXPECT_EQ(out, block(130, 10)) << "time goes on where it is";
    EXPECT_EQ(consumer.lateness().late_frames, 30u);
    EXPECT_EQ(consumer.lateness().consumer, 0u);
}

TEST_F(Audio, WhoeverIsBehindTheDeadlineIsCounted) {
    ASSERT_TRUE(push(10));
    out.resize(20);
    EXPECT_TRUE(consumer.pop_until(out, steady_clock::now() + 10s));
    ASSERT_TRUE(push(10));
    EXPECT_TRUE(consumer.pop_until(out, past())) << "what is there is given all the same";
    EXPECT_EQ(out, block(10, 10));
    EXPECT_EQ(consumer.lateness().consumer, 1u);
    EXPECT_EQ(consumer.pop_until(out, past()), Status::timeout);
    EXPECT_EQ(consumer.lateness().consumer, 2u);
    EXPECT_EQ(consumer.lateness().producer, 0u) << "nobody can tell whether it was late";
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 1ms), Status::timeout);
    EXPECT_EQ(consumer.lateness().producer, 1u);
    EXPECT_EQ(consumer.lateness().missing_frames, 20u);
}

TEST_F(Audio, AWaitingConsumerGetsABlockInParts) {
    ASSERT_TRUE(push(10));
    std::vector<float> waited(60);
    Caller caller{[&] { return consumer.pop_until(waited, steady_clock::now() + kPatience); }};
    ASSERT_TRUE(eventually([&] { return caller.asleep(); }));
    ASSERT_TRUE(push(10));
    ASSERT_TRUE(push(10));
    EXPECT_EQ(caller.result(), Status::ok);
    EXPECT_EQ(waited, block(0, 30));
}

TEST_F(Audio, WhatTheProducerLeavesOutIsSilence) {
    ASSERT_TRUE(push(10));
    producer->skip(5);
    ASSERT_TRUE(push(10));
    ASSERT_TRUE(pop(12));
    EXPECT_EQ(out, both(block(0, 10), silence(2)));
    ASSERT_TRUE(pop(13));
    EXPECT_EQ(out, both(silence(3), block(15, 10)));
    EXPECT_EQ(consumer.lateness().skipped_frames, 5u);
    EXPECT_EQ(consumer.lateness().missing_frames, 5u);
    EXPECT_EQ(consumer.lateness().producer, 0u);
}

TEST_F(Audio, AFullChannelTakesNoBlock) {
    while (push(64)) {
    }
    const std::uint64_t frame = producer->frame();
    EXPECT_EQ(push(64), Status::full);
    EXPECT_EQ(producer->frame(), frame);
    EXPECT_EQ(producer->push_until(block(0, 64), steady_clock::now()), Status::timeout);
    EXPECT_EQ(producer->try_push(std::vector<float>(2 * (producer->max_frames() + 1))),
              Status::too_big);
    for (std::uint64_t popped = 0; popped < frame; popped += 64) {
        ASSERT_TRUE(pop(64));
        ASSERT_EQ(out, block(popped, 64));
    }
    EXPECT_TRUE(producer->try_push(std::vector<float>(2 * producer->max_frames())));
}

TEST_F(Audio, AStreamEndsAndTheNextOneHasItsOwnTime) {
    ASSERT_TRUE(push(20));
    producer.reset();
    ASSERT_EQ(pop(30), Status::closed);
    EXPECT_EQ(out, both(block(0, 20), silence(10)));
    EXPECT_FALSE(consumer.running());
    EXPECT_EQ(pop(30), Status::empty) << "an end is told once";
    EXPECT_EQ(consumer.lateness().producer, 0u) << "an end is nobody's delay";
    EXPECT_EQ(consumer.lateness().missing_frames, 0u);
    producer.emplace(kName, kStereo, small_any());
    ASSERT_TRUE(push(20));
    ASSERT_TRUE(pop(20));
    EXPECT_EQ(out, block(0, 20));
    EXPECT_EQ(consumer.lateness().late_frames, 0u);
}

TEST_F(Audio, AProducerThatDiedIsTold) {
    producer.reset();
    ASSERT_TRUE(lives_and_dies([] {
        BlockProducer dying{kName, kStereo, small_any()};
        EXPECT_TRUE(dying.try_push(block(0, 20)));
        die();
    }));
    out.resize(60);
    Status status = consumer.try_pop(out);
    while (status == Status::closed) {  // of the one before
        status = consumer.try_pop(out);
    }
    while (status == Status::ok || status == Status::empty) {
        status = consumer.pop_until(out, steady_clock::now() + 1ms);
        status = status == Status::timeout ? Status{Status::empty} : status;
    }
    EXPECT_EQ(status, Status::peer_dead);
}

TEST_F(Audio, FormatsMustAgree) {
    producer.reset();
    try {
        BlockProducer other{kName, {44100, 2}, small_any()};
        FAIL() << "another rate was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::wrong_type);
        const std::string text = error.what();
        EXPECT_NE(text.find("audio.f32/2x48000"), std::string::npos) << text;
        EXPECT_NE(text.find("audio.f32/2x44100"), std::string::npos) << text;
    }
    EXPECT_THROW((BlockProducer{kName, {48000, 0}}), Error);
    EXPECT_THROW((BlockProducer{kName, {0, 1}}), Error);
    Options eight = small_any();
    eight.payload_align = 8;
    EXPECT_THROW((BlockProducer{kName, kStereo, eight}), Error);
    EXPECT_THROW((BlockProducer{"too.small", {48000, 1024}, audio_options(4096)}), Error);
}

TEST_F(Audio, WhatIsNoBlockIsToldAndReadNoFurther) {
    producer.reset();
    ASSERT_EQ(pop(1), Status::closed);
    spsc::BytesProducer foreign{kName, small_any()};  // which says nothing of its type
    const std::vector<std::byte> bytes(70);
    ASSERT_TRUE(foreign.try_push(bytes));
    ASSERT_EQ(pop(20), Status::broken);
    EXPECT_EQ(out, silence(20));
    EXPECT_EQ(pop(20), Status::broken);
}

class AudioAgain : public Audio {
protected:
    AudioAgain() : Audio{missing::last_block} {}
};

TEST_F(AudioAgain, TheLastBlockStandsForWhatIsMissing) {
    ASSERT_EQ(pop(4), Status::empty);
    EXPECT_EQ(out, silence(4)) << "there was none yet";
    ASSERT_TRUE(push(12));
    ASSERT_TRUE(pop(8));
    ASSERT_EQ(pop(8), Status::empty);
    EXPECT_EQ(out, both(block(8, 4), block(4, 4))) << "place for place";
    ASSERT_EQ(pop(8), Status::empty);
    EXPECT_EQ(out, block(0, 8)) << "what was given out whole";
}

}  // namespace
}  // namespace shunt::audio
