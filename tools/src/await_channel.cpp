// SPDX-License-Identifier: MIT
#include "await_channel.hpp"
#include "command.hpp"

#include <shunt/channel/directory.hpp>
#include <shunt/core/error.hpp>

#include <fmt/format.h>

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>

namespace shunt::tools {

bool await_channel(const std::string& channel, Patience patience, const Interrupts& interrupts,
                   Progress& progress,
                   const std::function<void(std::chrono::milliseconds left)>& open) {
    using Clock = std::chrono::steady_clock;
    channel::check_name(channel);
    const std::string directory = channel::directory_path();
    const std::string path = directory + "/" + channel::channel_file(channel);
    const auto deadline = Clock::now() + patience.for_first;
    for (;;) {
        struct stat status {};
        const bool missing = ::lstat(path.c_str(), &status) != 0 && errno == ENOENT;
        if (!missing) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
            try {
                open(std::max(left, std::chrono::milliseconds{1}));
                return true;
            } catch (const Error& error) {
                if (error.code() != Errc::not_found) {
                    throw;
                }
            }
        }
        if (Clock::now() >= deadline) {
            throw Failure(Exit::not_found,
                          fmt::format("there is no channel '{}' in '{}', and none came within "
                                      "{:g} s; start its sender as the same user with the same "
                                      "SHUNT_DIR",
                                      channel, directory, patience.for_first.count()));
        }
        if (!interrupts.pause(std::chrono::milliseconds{10})) {
            return false;
        }
        if (progress.due()) {
            progress.show(fmt::format("waiting for channel '{}'", channel));
        }
    }
}

}  // namespace shunt::tools
