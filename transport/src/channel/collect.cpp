// SPDX-License-Identifier: MIT
//
// The names of a directory: each is read, judged, and removed behind its gate.
#include "collector.hpp"

#include <shunt/channel/failure.hpp>
#include <shunt/channel/life.hpp>
#include <shunt/channel/reading.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace shunt::channel {
namespace {

using layout::Header;

// The header of another file: right in everything but the inode.
bool is_copy(int file, FileFacts facts) {
    Header header{};
    read_exactly(file, 0, {bytes_of(header), sizeof(header)}, facts.path);
    facts.inode = header.inode;
    try {
        check_header(header, facts);
    } catch (const Error&) {
        return false;
    }
    return true;
}

std::string names_of_living(const OpenChannel& channel, std::uint32_t& dead) {
    std::string text;
    for (const Peer& peer : read_peers(channel)) {
        if (peer.alive) {
            text += (text.empty() ? "process " : ", ") + std::to_string(peer.pid) + " (" +
                    std::string{role_name(channel.header, peer.role)} + ")";
        } else {
            ++dead;
        }
    }
    return text;
}

class NamedFile {
public:
    NamedFile(const Folder& directory, std::string file, const Collecting& how)
        : directory_{directory}, file_{std::move(file)}, how_{how} {
        finding_.name = file_;
        if (const std::string_view name = name_of(file_); !name.empty()) {
            called_ = Left::channel;
            finding_.name = name;
        } else if (const auto target = name_of_temporary(file_); !target.empty()) {
            called_ = Left::replacement;
            finding_.name = target;
        }
        finding_.path = directory_.path() + "/" + file_;
        channel_.name = finding_.name;
        channel_.path = finding_.path;
    }

    // Nothing: it is gone.
    std::optional<Finding> collect() {
        if (called_ != Left::foreign && !open(false)) {
            return std::nullopt;
        }
        examine();
        if (how_.apply && finding_.verdict == Verdict::remove) {
            try {
                if (!remove()) {
                    return std::nullopt;
                }
            } catch (const Error& error) {
                finding_.failure = error.what();
            }
        }
        return std::move(finding_);
    }

private:
    bool open(bool writable) {
        try {
            channel_.file =
                TrackedFile::opened_by([&] { return directory_.open_file(file_, writable); });
        } catch (const Error& error) {
            if (writable) {
                throw;
            }
            unopened_ = error.what();
            return true;
        }
        return static_cast<bool>(channel_.file);
    }

    void examine() {
        Clues clues;
        if (called_ == Left::foreign) {
            clues.text = "it is not called as a channel is";
        } else if (!channel_.file) {
            clues.text = unopened_;
        } else {
            try {
                look(clues);
            } catch (const Error& error) {
                clues.what = Left::foreign;
                clues.text = error.what();
            }
        }
        finding_.what = clues.what;
        pronounce(finding_, clues, how_);
    }

    void look(Clues& clues) {
        struct stat facts {};
        if (::fstat(channel_.file.get(), &facts) != 0) {
            fail_errno(errno, "cannot look at " + quoted(finding_.path), "fstat");
        }
        finding_.bytes = static_cast<std::uint64_t>(facts.st_size);
        finding_.age = age_of(facts);
        if (facts.st_uid != ::geteuid()) {
            clues.text = "it belongs to user " + std::to_string(facts.st_uid);
            return;
        }
        clues.what = called_;
        clues.age = finding_.age;
        // The gate first: a joiner is in it until its lock on a token can be seen.
        clues.busy = refused_ || is_locked(channel_.file.get(), layout::kGateByte);
        const bool held = any_locked_from(channel_.file.get(), layout::kGateByte + 1);
        const FileFacts known{finding_.path, finding_.bytes, facts.st_ino};
        try {
            channel_.header = read_header(channel_.file.get(), known);
        } catch (const Error& error) {
            if (error.code() != Errc::foreign || !is_copy(channel_.file.get(), known)) {
                throw;
            }
            clues.what = Left::copy;
            clues.holder = held ? "a process holds a lock on it" : "";
            return;
        }
        clues.text = finding_.name;
        clues.stale = !of_this_boot(channel_.header);
        clues.linger = static_cast<layout::Linger>(channel_.header.linger);
        finding_.header = channel_.header;
        who_is_in(clues, held);
    }

    void who_is_in(Clues& clues, bool held) {
        const std::string living = names_of_living(channel_, clues.dead);
        const bool replaces = clues.what == Left::replacement;
        if (held || !living.empty()) {
            clues.holder = (living.empty() ? "a process" : living) +
                           (replaces ? " is putting it in the place of " + quoted(clues.text)
                            : living.empty() ? " takes part in it, by its lock"
                                             : " lives in it");
            return;
        }
        if (has_slots_file(channel_.header) && !replaces) {
            finding_.bytes += channel_.header.segments[1].bytes;
        }
        finding_.unread = replaces || clues.stale ? std::nullopt : unread();
    }

    std::optional<std::uint64_t> unread() const {
        try {
            const Condition condition =
                read_condition(channel_, open_slots(channel_, Access::read));
            return condition.ring.plausible ? std::optional{condition.ring.unread()} : std::nullopt;
        } catch (const Error&) {
            return std::nullopt;  // its slots are gone, say
        }
    }

    // False: it is not there any more. All is looked at again behind the gate, which is released
    // with the descriptor.
    bool remove() {
        if (!open(true)) {
            return false;
        }
        const int gate = channel_.file.get();
        const int error = try_lock(gate, layout::kGateByte, LockKind::write);
        if (error != 0 && error != EAGAIN) {
            fail_errno(error, "cannot remove " + quoted(finding_.path), "lock of its gate");
        }
        if (error == 0 && !name_leads_to(directory_, file_, gate)) {
            return false;
        }
        refused_ = error != 0;
        examine();
        if (finding_.verdict == Verdict::remove) {
            directory_.unlink(file_);
            if (finding_.what == Left::channel) {
                unlink_slots(channel_.header);
            }
            finding_.removed = true;
        }
        channel_.file.close();
        return true;
    }

    const Folder& directory_;
    std::string file_;
    const Collecting& how_;
    Left called_ = Left::foreign;  // by its name
    OpenChannel channel_;          // nothing of it is mapped
    std::string unopened_;
    bool refused_ = false;  // the gate, to us
    Finding finding_;
};

// What this name says of slots files.
void account(const Folder& directory, const std::string& file, NamedSlots& named) {
    const std::string path = directory.path() + "/" + file;
    try {
        const FileHandle handle = directory.open_file(file, false);
        if (!handle) {
            return;
        }
        const Header header = read_header(handle.get(), facts_of(handle.get(), path));
        if (has_slots_file(header)) {
            named.files.push_back(slots_file(incarnation_of(header)));
        }
    } catch (const Error& error) {
        if (error.code() != Errc::foreign) {
            named.doubt = path;
        }
    }
}

}  // namespace

std::chrono::seconds age_of(const struct stat& facts) noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::max(std::chrono::seconds{0}, std::chrono::duration_cast<std::chrono::seconds>(now) -
                                                 std::chrono::seconds{facts.st_mtim.tv_sec});
}

void pronounce(Finding& finding, const Clues& clues, const Collecting& how) {
    Judgement judgement = judge(clues, how.older_than);
    finding.verdict = judgement.verdict;
    finding.reason = std::move(judgement.reason);
}

NamedSlots named_slots(const Folder& directory, const std::vector<std::string>& leaving) {
    NamedSlots named;
    for (const std::string& file : directory.files()) {
        const bool ours = !name_of(file).empty() || !name_of_temporary(file).empty();
        const std::string path = directory.path() + "/" + file;
        if (ours && std::find(leaving.begin(), leaving.end(), path) == leaving.end()) {
            account(directory, file, named);
        }
    }
    return named;
}

std::vector<Finding> collect(const Folder& directory, const Collecting& how) {
    std::vector<Finding> findings;
    for (const std::string& file : directory.files()) {
        if (std::optional<Finding> found = NamedFile{directory, file, how}.collect()) {
            findings.push_back(std::move(*found));
        }
    }
    collect_slots(&directory, how, findings);
    return findings;
}

std::vector<Finding> collect(const Collecting& how) {
    try {
        return collect(Folder::open(directory_path(), Folder::Missing::fail), how);
    } catch (const Error& error) {
        if (error.code() != Errc::not_found) {
            throw;
        }
    }
    std::vector<Finding> findings;
    collect_slots(nullptr, how, findings);
    return findings;
}

}  // namespace shunt::channel
