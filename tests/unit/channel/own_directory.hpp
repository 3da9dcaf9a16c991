// SPDX-License-Identifier: MIT
//
// For tests of channels: a $SHUNT_DIR of the test's own, gone with all that is in it when the test
// ends, and requests of ordinary ports.
#pragma once

#include "support/scratch.hpp"

#include <shunt/channel/directory.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/core/error.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace shunt::channel {

class OwnDirectory : public testing::Test {
protected:
    OwnDirectory() { ::setenv("SHUNT_DIR", path().c_str(), 1); }
    ~OwnDirectory() override { ::unsetenv("SHUNT_DIR"); }

    [[nodiscard]] const std::string& path() const { return scratch_.path(); }
    [[nodiscard]] std::string file(const std::string& name) const { return scratch_ / name; }
    /// What is in the directory, by name.
    [[nodiscard]] std::vector<std::string> files() const { return open_directory().files(); }

private:
    sandbox::Scratch scratch_;
};

inline constexpr const char* kName = "md.ticks";
inline constexpr std::uint64_t kSlots = 128;  // of one line each

[[nodiscard]] inline bool nothing_unread(const Participant&) {
    return true;
}
[[nodiscard]] inline bool something_unread(const Participant&) {
    return false;
}

/// A producer of 8-byte messages, which makes the channel where there is none.
[[nodiscard]] inline Request producer() {
    Request request;
    request.name = kName;
    request.kind = layout::Kind::spsc;
    request.role = layout::Role::producer;
    request.seat = layout::kProducerSeat;
    request.creates = true;
    request.element_bytes = 8;
    request.element_align = 8;
    request.capacity = kSlots * 7;
    request.slots_bytes = kSlots * kLineBytes + kLinePairBytes;
    request.drained = nothing_unread;
    request.options.pages = pages::base;
    request.options.open_timeout = std::chrono::milliseconds{2000};
    request.options.seat_timeout = std::chrono::milliseconds{20};
    return request;
}

/// Its consumer, which waits for the channel.
[[nodiscard]] inline Request consumer() {
    Request request = producer();
    request.role = layout::Role::consumer;
    request.seat = layout::kConsumerSeat;
    request.creates = false;
    return request;
}

/// The Error that `act` throws: its code and its text.
struct Caught {
    std::error_code code;
    std::string text;
};

template <class Act>
[[nodiscard]] Caught caught(Act&& act) {
    try {
        act();
    } catch (const Error& error) {
        return {error.code(), error.what()};
    }
    return {};
}

[[nodiscard]] inline testing::AssertionResult is_error(const Caught& caught, std::error_code code,
                                                       const std::vector<std::string>& words) {
    if (caught.code != code) {
        return testing::AssertionFailure() << "code is " << caught.code.message() << ", wanted "
                                           << code.message() << ": \"" << caught.text << "\"";
    }
    for (const std::string& word : words) {
        if (caught.text.find(word) == std::string::npos) {
            return testing::AssertionFailure()
                   << "\"" << caught.text << "\"\n does not say \"" << word << "\"";
        }
    }
    return testing::AssertionSuccess();
}

}  // namespace shunt::channel
