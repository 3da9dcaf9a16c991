// SPDX-License-Identifier: MIT
//
// Removal by whoever leaves last: under the gate, the name first, then the slots.
#include <shunt/channel/life.hpp>

#include <sys/stat.h>

#include <exception>
#include <string>

namespace shunt::channel {
namespace {

using layout::Linger;

bool to_be_removed(const OpenChannel& channel, bool (*drained)(const Participant&),
                   const Participant& self) noexcept {
    switch (static_cast<Linger>(channel.header.linger)) {
        case Linger::none:
            return true;
        case Linger::keep:
            return false;
        case Linger::drained:
            break;
    }
    return drained != nullptr && drained(self);
}

}  // namespace

bool name_leads_to(const Folder& directory, const std::string& file, int descriptor) noexcept {
    struct stat named {};
    struct stat ours {};
    return ::fstatat(directory.descriptor(), file.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ::fstat(descriptor, &ours) == 0 && ours.st_nlink != 0 && named.st_ino == ours.st_ino &&
           named.st_dev == ours.st_dev;
}

void remove_if_last(const OpenChannel& channel, const Folder& directory, std::uint32_t left_index,
                    bool (*drained)(const Participant&), const Participant& self) noexcept {
    const Registry registry = channel.registry();
    // Two last closers cannot both turn back here: each has stored FREE and dropped its lock before
    // it looks, so the later of the two finds nobody.
    if (static_cast<Linger>(channel.header.linger) == Linger::keep ||
        registry.anybody_else(left_index)) {
        return;
    }
    const int gate = channel.file.get();
    if (lock_until(gate, layout::kGateByte, LockKind::write, deadline_after(kCloserWait)) != 0) {
        return;  // somebody joins, removes or replaces; what stays is for a successor or a
                 // collector
    }
    try {
        const std::string file = channel_file(channel.name);
        if (name_leads_to(directory, file, gate) && !registry.anybody_else(kNoEntry)) {
            registry.recover_all(kNoEntry);
            if (to_be_removed(channel, drained, self)) {
                directory.unlink(file);
                unlink_slots(channel.header);
            }
        }
    } catch (const std::exception&) {
        // The directory has become unwritable, or memory is out: the channel stays, complete and
        // empty.
    }
    unlock(gate, layout::kGateByte);
}

}  // namespace shunt::channel
