// SPDX-License-Identifier: MIT
//
// What a stream of audio blocks is, and what stands before the samples of each block.
#pragma once

#include <shunt/channel/options.hpp>
#include <shunt/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace shunt::audio {

/// Interleaved float32. Both sides of a channel must agree.
struct Format {
    std::uint32_t rate = 48000;  // frames a second
    std::uint32_t channels = 2;  // samples a frame

    friend constexpr bool operator==(const Format&, const Format&) noexcept = default;
};

/// The name under which the format travels: "audio.f32/2x48000".
[[nodiscard]] std::string type_name(const Format& format);

//  BlockHeader, before the samples of a block, in the message
//  offset  type  name    written
//       0  u64   frame   by the producer, with the samples: the first frame's place in time,
//       counted
//                        from the producer's first
//       8  u64   stream  the producer's token: frames are counted anew with each
//      16  u8[48] -      zero
struct alignas(kLineBytes) BlockHeader {
    std::uint64_t frame = 0;
    std::uint64_t stream = 0;
    std::byte reserved[48]{};
};
static_assert(sizeof(BlockHeader) == kLineBytes && std::is_trivially_copyable_v<BlockHeader>);
static_assert(offsetof(BlockHeader, stream) == 8);

namespace detail {
/// The options as an audio channel has them: samples begin at a line. Throws Error where the format
/// or an option is none of an audio channel.
[[nodiscard]] Options options_of(std::string_view name, const Format& format, Options options);
}  // namespace detail

}  // namespace shunt::audio
