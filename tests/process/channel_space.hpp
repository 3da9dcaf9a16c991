// SPDX-License-Identifier: MIT
//
// For tests of where a channel's memory comes from: requests that are worth huge pages, and a
// hugetlbfs of the test's own, in the mount namespace of a child.
#pragma once

#include <shunt/allocators/hugetlbfs.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "process/channel_race.hpp"

namespace shunt::channel {

class Space : public ChannelRace {
protected:
    // A channel with slots of a little more than 1 MiB.
    static Request big(Request request, pages how) {
        constexpr std::uint64_t kBigSlots = 16384;
        request.capacity = kBigSlots * 7;
        request.slots_bytes = kBigSlots * kLineBytes + kLinePairBytes;
        request.options.pages = how;
        return request;
    }
    static std::string error_of(const Request& request) {
        const Caught error = caught([&] { Participant{request}; });
        return error.code.message() + ": " + error.text;
    }
    // Slots files of our directory on the mount.
    static std::vector<std::filesystem::path> slots_files() {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator{sandbox::kMount}) {
            if (entry.path().extension() == ".slots") {
                found.push_back(entry.path());
            }
        }
        return found;
    }
    static void mount_huge() {
        sandbox::hide_huge_mounts();
        sandbox::mount_at(sandbox::kMount, "hugetlbfs", "pagesize=2M,mode=1777");
    }
};

}  // namespace shunt::channel
