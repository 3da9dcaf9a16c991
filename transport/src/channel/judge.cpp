// SPDX-License-Identifier: MIT
//
// The rules of collection, and the words for them. Nothing here looks at a file.
#include <shunt/channel/collect.hpp>
#include <shunt/channel/failure.hpp>

namespace shunt::channel {
namespace {

std::string busy_text(Left what) {
    return what == Left::slots ? "its channel is just being made (its byte 0 is locked)"
                               : "a process joins, removes or replaces it (its gate is locked)";
}

std::string gone_text(const Clues& clues) {
    switch (clues.what) {
        case Left::channel:
            if (clues.stale) {
                return "made before the last boot: nobody can join it";
            }
            return clues.dead == 0 ? "nobody lives in it: all have left"
                                   : "nobody lives in it: " + std::to_string(clues.dead) + " died";
        case Left::replacement:
            return "its maker died before it took the place of " + quoted(clues.text);
        case Left::copy:
            return "a copy of a channel's file, which nobody can join";
        case Left::slots:
            return "no channel names it";
        case Left::folder:
            return clues.text.empty() ? "its maker died before it noted a directory"
                                      : "its directory is gone: " + clues.text;
        case Left::foreign:
            break;
    }
    return clues.text;
}

}  // namespace

std::string_view to_string(Left what) noexcept {
    switch (what) {
        case Left::channel:
            return "channel";
        case Left::replacement:
            return "replacement";
        case Left::copy:
            return "copy";
        case Left::slots:
            return "slots";
        case Left::folder:
            return "folder";
        case Left::foreign:
            break;
    }
    return "foreign";
}

std::string_view to_string(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::remove:
            return "remove";
        case Verdict::keep:
            return "keep";
        case Verdict::ignore:
            break;
    }
    return "ignore";
}

Judgement judge(const Clues& clues, std::chrono::seconds older_than) {
    if (clues.what == Left::foreign) {
        return {Verdict::ignore, clues.text};
    }
    if (!clues.holder.empty()) {
        return {Verdict::keep, clues.holder};
    }
    if (clues.busy) {
        return {Verdict::keep, busy_text(clues.what)};
    }
    const bool stays = clues.what == Left::channel && clues.linger == layout::Linger::keep;
    if (stays && !clues.stale) {
        return {Verdict::keep, "its linger is keep: nobody lives in it, and it stays for the next"};
    }
    if (clues.age < older_than) {
        return {Verdict::keep, gone_text(clues) + "; but it is younger than --older-than"};
    }
    return {Verdict::remove, gone_text(clues)};
}

}  // namespace shunt::channel
