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
    if (word == "mpmc") {
        return StreamKind::mpmc;
    }
    throw std::invalid_argument("'" + word +
                                "' is no kind of byte channel: write spsc, mpsc or mpmc");
}

StreamKind kind_of_channel(const std::string& channel) {
    try {
        const auto kind = static_cast<layout::Kind>(channel::observe(channel).header().kind);
        return kind == layout::Kind::mpsc_bytes   ? StreamKind::mpsc
               : kind == layout::Kind::mpmc_bytes ? StreamKind::mpmc
                                                  : StreamKind::spsc;
    } catch (const Error& error) {
        if (error.code() == Errc::not_found) {
            throw;
        }
        return StreamKind::spsc;
    }
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
