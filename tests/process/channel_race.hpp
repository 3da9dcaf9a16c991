// SPDX-License-Identifier: MIT
//
// For the races of a channel's life: what a process gets when it opens, and what must hold once
// everybody has done what he wanted.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "process/actor.hpp"
#include "unit/channel/own_directory.hpp"

namespace shunt::channel {

/// A participant, or none, and what became of it: "created INODE", "joined INODE", "error TEXT".
struct Attempt {
    std::unique_ptr<Participant> place;
    std::string text;
};

[[nodiscard]] inline Attempt attempt(const Request& request) {
    try {
        auto place = std::make_unique<Participant>(request);
        const std::string how = place->created() ? "created " : "joined ";
        const std::string inode = std::to_string(place->header().inode);
        return {std::move(place), how + inode};
    } catch (const Error& error) {
        return {nullptr, "error " + error.code().message() + ": " + error.what()};
    }
}

class ChannelRace : public OwnDirectory {
protected:
    /// The inode that the name leads to; 0: there is no such name.
    [[nodiscard]] ino_t named() const {
        struct stat status {};
        return ::stat(file("md.ticks.shunt").c_str(), &status) == 0 ? status.st_ino : 0;
    }
    /// Whoever says that it has a place has it in the file that has the name.
    [[nodiscard]] testing::AssertionResult in_named_file(const std::string& text) const {
        if (text == "created " + std::to_string(named()) ||
            text == "joined " + std::to_string(named())) {
            return testing::AssertionSuccess();
        }
        return testing::AssertionFailure()
               << "\"" << text << "\", but the name leads to inode " << named();
    }
};

/// More syscall boundaries than any of the driven calls has; a loop that gets there did not end.
inline constexpr int kTooManySteps = 3000;

/// Patient with a seat, whose holder the test is about to end.
[[nodiscard]] inline Request patient(Request request) {
    request.options.seat_timeout = std::chrono::milliseconds{20'000};
    request.options.open_timeout = std::chrono::milliseconds{20'000};
    return request;
}

[[nodiscard]] inline Request lingering(Request request, linger how) {
    request.options.linger = how;
    return request;
}

/// The consumer of a channel of a kind in which both sides create.
[[nodiscard]] inline Request creating_consumer() {
    Request request = consumer();
    request.creates = true;
    return request;
}

}  // namespace shunt::channel
