// SPDX-License-Identifier: MIT
#include "stream_start.hpp"
#include "command.hpp"
#include "stream.hpp"

#include <fmt/format.h>

namespace shunt::tools {

StreamStart start_behind(const ring::BytesView& last, bool resume, const std::string& channel) {
    const auto number = offset_of(last.payload);
    const bool piece = last.type == kPiece && number;
    const bool ended = last.type == kEnd && number;
    const std::uint64_t behind = piece ? *number + last.payload.size() - kOffsetBytes : 0;
    if (!resume) {
        if (piece) {
            throw Failure(
                Exit::runtime,
                fmt::format("channel '{0}' holds a stream that ends unfinished at byte {1}: go "
                            "on with --resume and the same input, or take what is there with "
                            "'shunt recv {0}' first",
                            channel, behind));
        }
        return {};
    }
    if (!piece && !ended) {
        throw Failure(Exit::runtime,
                      fmt::format("cannot resume: the newest message in channel '{}' was sent raw, "
                                  "without a stream offset; send without --resume",
                                  channel));
    }
    return {piece ? behind : *number, ended};
}

}  // namespace shunt::tools
