// SPDX-License-Identifier: MIT
#include "stream_port.hpp"

#include <shunt/channel/list.hpp>
#include <shunt/core/error.hpp>

#include <array>
#include <stdexcept>
#include <string_view>

namespace shunt::tools {

namespace {

struct Named {
    StreamKind kind;
    std::string_view word;
    layout::Kind of_channel;
};
constexpr std::array<Named, 7> kKinds{{
    {StreamKind::spsc, "spsc", layout::Kind::spsc_bytes},
    {StreamKind::mpsc, "mpsc", layout::Kind::mpsc_bytes},
    {StreamKind::mpmc, "mpmc", layout::Kind::mpmc_bytes},
    {StreamKind::mpmc, "mpmc", layout::Kind::mpmc_blocks_bytes},
    {StreamKind::broadcast, "broadcast", layout::Kind::broadcast_bytes},
    {StreamKind::broadcast, "broadcast", layout::Kind::broadcast_lanes_bytes},
    {StreamKind::latest, "latest", layout::Kind::latest_bytes},
}};

// `none` where something is wrong with it. Throws Error not_found.
layout::Kind layout_kind_of(const std::string& channel) {
    try {
        return static_cast<layout::Kind>(channel::observe(channel).header().kind);
    } catch (const Error& error) {
        if (error.code() == Errc::not_found) {
            throw;
        }
        return layout::Kind::none;
    }
}

}  // namespace

StreamKind stream_kind_of(const std::string& word) {
    for (const Named& each : kKinds) {
        if (each.word == word) {
            return each.kind;
        }
    }
    throw std::invalid_argument("'" + word +
                                "' is no kind of byte channel: write spsc, mpsc, mpmc, "
                                "broadcast or latest");
}

StreamKind kind_of_channel(const std::string& channel) {
    const layout::Kind kind = layout_kind_of(channel);
    for (const Named& each : kKinds) {
        if (each.of_channel == kind) {
            return each.kind;
        }
    }
    return StreamKind::spsc;
}

bool is_in_lanes(const std::string& channel) {
    return layout_kind_of(channel) == layout::Kind::broadcast_lanes_bytes;
}

bool is_in_blocks(const std::string& channel) {
    return layout_kind_of(channel) == layout::Kind::mpmc_blocks_bytes;
}

StreamKind kind_for(const std::string& channel, std::optional<StreamKind> asked) {
    if (asked) {
        return *asked;
    }
    try {
        return kind_of_channel(channel);
    } catch (const Error&) {  // there is none
        return StreamKind::spsc;
    }
}

}  // namespace shunt::tools
