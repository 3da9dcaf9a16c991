// SPDX-License-Identifier: MIT
//
// What tests of the ports of a latest value share.
#pragma once

#include "unit/spsc/company.hpp"

#include <shunt/latest.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace shunt::latest {

using namespace std::chrono_literals;
using channel::caught;
using channel::is_error;
using channel::kName;
using spsc::Caller;
using spsc::die;
using spsc::eventually;
using spsc::lives_and_dies;
using spsc::value;
using std::chrono::steady_clock;

/// A value that says by each of its words which one it is.
struct Quote {
    std::array<std::uint64_t, 10> words;
    static Quote of(std::uint64_t n) {
        Quote made;
        made.words.fill(n);
        return made;
    }
    friend bool operator==(const Quote&, const Quote&) = default;
};

/// On base pages.
[[nodiscard]] inline Options small() {
    Options options;
    options.pages = pages::base;
    return options;
}

/// Stores the quotes of the versions up to that one.
inline void publish(Writer<Quote>& writer, std::uint64_t version) {
    while (writer.position() < version) {
        ASSERT_TRUE(writer.publish(Quote::of(writer.position() + 1)));
    }
}

/// Loads, and says whether it is the quote of that version.
[[nodiscard]] inline testing::AssertionResult loads(Reader<Quote>& reader, std::uint64_t version) {
    Quote out{};
    std::uint64_t told = 0;
    const Status status = reader.load(out, told);
    if (status && told == version && reader.version() == version && out == Quote::of(version)) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure()
           << "wanted version " << version << ", got " << to_string(status) << ", " << told
           << " with " << out.words[0];
}

class LatestPorts : public channel::OwnDirectory {};

}  // namespace shunt::latest
