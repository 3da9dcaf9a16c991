// SPDX-License-Identifier: MIT
#include "stream_port.hpp"

#include <shunt/channel/list.hpp>
#include <shunt/core/error.hpp>

#include <stdexcept>

namespace shunt::tools {

StreamKind stream_kind_of(const std::string& word) {
    if (word == "spsc") {
        return StreamKind::spsc;
    }
    if (word == "mpsc") {
        return StreamKind::mpsc;
    }
    throw std::invalid_argument("'" + word + "' is no kind of byte channel: write spsc or mpsc");
}

StreamKind kind_for(const std::string& channel, std::optional<StreamKind> asked) {
    if (asked) {
        return *asked;
    }
    try {
        const auto kind = static_cast<layout::Kind>(channel::observe(channel).header().kind);
        return kind == layout::Kind::mpsc_bytes ? StreamKind::mpsc : StreamKind::spsc;
    } catch (const Error&) {  // whoever opens it is told what is wrong with it
        return StreamKind::spsc;
    }
}

}  // namespace shunt::tools
