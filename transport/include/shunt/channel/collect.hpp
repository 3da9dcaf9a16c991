// SPDX-License-Identifier: MIT
//
// Collecting what the dead have left: channels in which nobody lives, replacements that never got
// their name, slots files that no name names, folders for the slots of directories that are gone.
// Everything is judged first, without a lock and without a change. Where removal is asked for, what
// was judged to go is judged once more behind the lock that keeps others out, the gate of a named
// file or byte 0 of a slots file, and removed. Files are read and never mapped.
//
// Invariants
//   C1  Nothing goes that a living process holds, stopped or not: by a lock on any byte of a named
//       file, by the lock on byte 0 of a slots file, or by having that file open.
//   C2  A name is removed behind its gate and while it leads to the file that was judged; a slots
//       file goes after the name that named it. So a collector killed anywhere leaves less than it
//       found, and the next one or the next opener goes on from there.
//   C3  What cannot be read, or is not called as ours are, is never touched; nor is a slots file
//       that it may name.
#pragma once

#include <shunt/channel/directory.hpp>
#include <shunt/core/layout/segment.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::channel {

/// What a collector may come across.
enum class Left : std::uint32_t {
    channel,      // NAME.shunt
    replacement,  // .NAME.<incarnation>.new, of a replacer
    copy,         // either, of another file's bytes: nobody can join it
    slots,        // <incarnation>.slots on hugetlbfs, that no name names
    folder,       // of slots files, whose directory is gone
    foreign,      // cannot be read, or is nothing of ours
};
[[nodiscard]] std::string_view to_string(Left what) noexcept;

/// `remove`: nobody needs it. `keep`: somebody lives in it, or it is to stay. `ignore`: foreign.
enum class Verdict : std::uint32_t { remove, keep, ignore };
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

/// What is known of a thing when it is judged.
struct Clues {
    Left what = Left::foreign;
    std::string text;    // foreign: why; else whose it is: a name, a path
    std::string holder;  // what a living process does with it; empty: none holds it
    bool busy = false;   // its gate is locked; of a slots file byte 0
    bool stale = false;  // made before the last boot
    layout::Linger linger = layout::Linger::drained;
    std::uint32_t dead = 0;  // participants that died in it and that nobody has recovered
    std::chrono::seconds age{0};
};

struct Judgement {
    Verdict verdict = Verdict::ignore;
    std::string reason;
};

/// The rules. Nothing that is held is removed; a `keep` channel stays unless it is stale; the rest
/// goes once it is as old as `older_than`.
[[nodiscard]] Judgement judge(const Clues& clues, std::chrono::seconds older_than);

/// One thing that was found.
struct Finding {
    Left what = Left::foreign;
    std::string name;  // of the channel; of a slots file or folder that of the file
    std::string path;
    Verdict verdict = Verdict::ignore;
    std::string reason;
    std::string failure;  // why it was not removed, though it was to be
    bool removed = false;
    std::uint64_t bytes = 0;      // with the slots that it names
    std::chrono::seconds age{0};  // since the kernel last wrote it: of a channel on tmpfs its birth
    std::optional<std::uint64_t> unread;   // of a channel in which nobody lives
    std::optional<layout::Header> header;  // checked copy, where it is a channel
};

struct Collecting {
    bool apply = false;  // else nothing is changed and nothing is locked
    std::chrono::seconds older_than{0};
};

/// Everything in `directory` and in the slots folders of this user, in order of names, with what
/// was decided and done. Slots folders of other directories appear only where those are gone.
/// Throws only if a directory cannot be read; what cannot be removed is said in its finding.
[[nodiscard]] std::vector<Finding> collect(const Folder& directory, const Collecting& how);
/// Of $SHUNT_DIR. Where there is no such directory, slots folders alone are visited.
[[nodiscard]] std::vector<Finding> collect(const Collecting& how);

}  // namespace shunt::channel
