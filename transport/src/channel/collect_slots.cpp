// SPDX-License-Identifier: MIT
//
// Slots on hugetlbfs that nothing names any more, and the folders of directories that are gone.
// Names are looked through only once byte 0 of the slots file is ours: a creator keeps it locked
// until the name is there.
#include "collector.hpp"

#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/channel/failure.hpp>
#include <shunt/channel/life.hpp>
#include <shunt/core/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

namespace shunt::channel {
namespace {

enum class Held { no, yes, unknown };

// Is the file open or mapped anywhere, for writing, beside by `fd` itself? The kernel grants a
// lease only where it is not. A lease that is broken meanwhile sends a signal that is ignored by
// default; it is given back at once.
Held held_open(int fd, bool writable) noexcept {
    ::fcntl(fd, F_SETSIG, SIGURG);
    if (::fcntl(fd, F_SETLEASE, writable ? F_WRLCK : F_RDLCK) == 0) {
        ::fcntl(fd, F_SETLEASE, F_UNLCK);
        return Held::no;
    }
    return errno == EAGAIN || errno == EBUSY ? Held::yes : Held::unknown;
}

Finding found(Left what, const std::string& name, const std::string& path) {
    Finding finding;
    finding.what = what;
    finding.name = name;
    finding.path = path;
    return finding;
}

Finding foreign(const std::string& name, const std::string& path, const std::string& why) {
    Finding finding = found(Left::foreign, name, path);
    finding.reason = why;
    return finding;
}

// Every slots file in one folder.
class SlotsFolder {
public:
    // `directory`: whose slots these are; null: of one that is gone.
    SlotsFolder(const Folder& folder, const Folder* directory,
                const std::vector<std::string>& leaving, const Collecting& how)
        : folder_{folder}, directory_{directory}, leaving_{leaving}, how_{how} {}

    // True if nothing but links stays, or would stay.
    bool collect(std::vector<Finding>& findings) {
        bool empty = true;
        look_at_names();
        for (const std::string& file : folder_.files()) {
            if (!directory_of_link(file).empty()) {
                continue;
            }
            std::optional<Finding> one = is_slots_file(file) ? judged(file) : stranger(file);
            if (one) {
                const bool goes = one->verdict == Verdict::remove && one->failure.empty();
                empty = empty && goes && (one->removed || !how_.apply);
                findings.push_back(std::move(*one));
            }
        }
        return empty;
    }

private:
    void look_at_names() {
        names_ = directory_ == nullptr ? NamedSlots{} : named_slots(*directory_, leaving_);
    }
    [[nodiscard]] bool is_named(const std::string& file) const {
        return std::find(names_.files.begin(), names_.files.end(), file) != names_.files.end();
    }
    [[nodiscard]] Finding stranger(const std::string& file) const {
        return foreign(file, folder_.path() + "/" + file, "it is not called as a slots file is");
    }

    // Nothing: it belongs to a channel, or is gone.
    std::optional<Finding> judged(const std::string& file) {
        if (is_named(file)) {
            return std::nullopt;
        }
        Finding finding = found(Left::slots, file, folder_.path() + "/" + file);
        try {
            FileHandle handle = folder_.open_file(file, false);
            if (!handle) {
                return std::nullopt;
            }
            examine(finding, handle, false, false);
            handle.reset();  // or we should find it open ourselves
            if (how_.apply && finding.verdict == Verdict::remove && !remove(finding)) {
                return std::nullopt;
            }
        } catch (const Error& error) {
            if (finding.verdict != Verdict::remove) {
                return foreign(file, finding.path, error.what());
            }
            finding.failure = error.what();
        }
        return finding;
    }

    // `refused`: byte 0 was locked when we asked for it.
    void examine(Finding& finding, const FileHandle& handle, bool writable, bool refused) {
        struct stat facts {};
        if (::fstat(handle.get(), &facts) != 0) {
            fail_errno(errno, "cannot look at " + quoted(finding.path), "fstat");
        }
        finding.bytes = static_cast<std::uint64_t>(facts.st_size);
        finding.age = age_of(facts);
        Clues clues;
        clues.what = facts.st_uid == ::geteuid() ? Left::slots : Left::foreign;
        clues.text =
            clues.what == Left::slots ? "" : "it belongs to user " + std::to_string(facts.st_uid);
        clues.age = finding.age;
        clues.busy = refused || is_locked(handle.get(), 0);
        switch (held_open(handle.get(), writable)) {
            case Held::no:
                break;
            case Held::yes:
                clues.holder = clues.busy ? "" : "no channel names it, but a process has it open";
                break;
            case Held::unknown:
                clues.holder = directory_ != nullptr ? ""
                                                     : "its directory is not to be seen, and "
                                                       "whether a process has it open neither";
                break;
        }
        if (clues.holder.empty() && !names_.doubt.empty()) {
            clues.holder = names_.doubt + ", which cannot be read, may name it";
        }
        finding.what = clues.what;
        pronounce(finding, clues, how_);
    }

    // False: it is not there any more, or has got a name.
    bool remove(Finding& finding) {
        const FileHandle handle = folder_.open_file(finding.name, true);
        if (!handle) {
            return false;
        }
        const int error = try_lock(handle.get(), 0, LockKind::write);
        if (error != 0 && error != EAGAIN) {
            fail_errno(error, "cannot remove " + quoted(finding.path), "lock of its byte 0");
        }
        if (error == 0 && !name_leads_to(folder_, finding.name, handle.get())) {
            return false;
        }
        look_at_names();
        if (is_named(finding.name)) {
            return false;
        }
        examine(finding, handle, true, error != 0);
        if (finding.verdict == Verdict::remove) {
            folder_.unlink(finding.name);
            finding.removed = true;
        }
        return true;
    }

    const Folder& folder_;
    const Folder* directory_;
    const std::vector<std::string>& leaving_;
    const Collecting& how_;
    NamedSlots names_;
};

// Where the links of a folder lead.
struct Links {
    std::vector<std::string> files;
    std::string first;  // a path that is none of this folder's directory any more
    bool alive = false;
    std::string doubt;  // a path of which the kernel does not say
};

Links links_of(const Folder& folder, const std::string& name) {
    Links links;
    for (const std::string& file : folder.files()) {
        const std::string path = directory_of_link(file);
        if (path.empty()) {
            continue;
        }
        struct stat facts {};
        if (::stat(path.c_str(), &facts) == 0) {
            links.alive = links.alive || slots_folder_name(facts.st_dev, facts.st_ino) == name;
        } else if (errno != ENOENT && errno != ENOTDIR) {
            links.doubt = path;
        }
        links.first = links.first.empty() ? path : links.first;
        links.files.push_back(file);
    }
    return links;
}

class SlotsRoot {
public:
    SlotsRoot(const Folder& root, const Folder* directory, const Collecting& how,
              std::vector<Finding>& findings)
        : root_{root}, directory_{directory}, how_{how}, findings_{findings} {
        for (const Finding& finding : findings) {
            if (finding.what == Left::replacement && finding.verdict == Verdict::remove &&
                finding.failure.empty()) {
                leaving_.push_back(finding.path);
            }
        }
    }

    void collect() {
        for (const std::string& name : root_.files()) {
            try {
                visit(name);
            } catch (const Error& error) {
                findings_.push_back(foreign(name, root_.path() + "/" + name, error.what()));
            }
        }
    }

private:
    void visit(const std::string& name) {
        const Folder folder = root_.open_folder(name, Folder::Missing::fail);
        if (directory_ != nullptr &&
            name == slots_folder_name(directory_->device(), directory_->inode())) {
            SlotsFolder{folder, directory_, leaving_, how_}.collect(findings_);
            return;
        }
        struct stat facts {};
        if (::fstat(folder.descriptor(), &facts) != 0) {
            fail_errno(errno, "cannot look at " + quoted(folder.path()), "fstat");
        }
        const Links links = links_of(folder, name);
        if (links.alive) {
            return;  // of another directory, whose own collection it is
        }
        bool empty = false;
        if (links.doubt.empty()) {
            empty = SlotsFolder{folder, nullptr, leaving_, how_}.collect(findings_);
        }
        abandon(folder, name, links, empty, age_of(facts));
    }

    // The folder itself. The links go first: a creator that comes back finds its own missing and
    // makes the folder again.
    void abandon(const Folder& folder, const std::string& name, const Links& links, bool empty,
                 std::chrono::seconds age) {
        Finding finding = found(Left::folder, name, folder.path());
        finding.age = age;
        Clues clues;
        clues.what = Left::folder;
        clues.text = links.first;
        clues.age = age;
        if (!links.doubt.empty()) {
            clues.holder = "whether its directory is there cannot be told: " + links.doubt;
        } else if (!empty) {
            clues.holder = "its directory is gone, but not everything in it may go";
        }
        pronounce(finding, clues, how_);
        if (how_.apply && finding.verdict == Verdict::remove) {
            try {
                for (const std::string& link : links.files) {
                    folder.unlink(link);
                }
                if (::unlinkat(root_.descriptor(), name.c_str(), AT_REMOVEDIR) == 0) {
                    finding.removed = true;
                } else if (errno == ENOTEMPTY) {
                    finding.verdict = Verdict::keep;
                    finding.reason = "a directory has it again";
                } else {
                    fail_errno(errno, "cannot remove " + quoted(folder.path()), "rmdir");
                }
            } catch (const Error& error) {
                finding.failure = error.what();
            }
        }
        findings_.push_back(std::move(finding));
    }

    const Folder& root_;
    const Folder* directory_;
    const Collecting& how_;
    std::vector<Finding>& findings_;
    std::vector<std::string> leaving_;
};

}  // namespace

void collect_slots(const Folder* directory, const Collecting& how, std::vector<Finding>& findings) {
    std::vector<std::pair<dev_t, ino_t>> visited;  // a file system may be mounted twice
    for (const HugeMount& mount : huge_mounts()) {
        const std::string path = mount.path + "/" + slots_root_name();
        try {
            const Folder root = Folder::open(path, Folder::Missing::fail);
            const std::pair here{root.device(), root.inode()};
            if (std::find(visited.begin(), visited.end(), here) == visited.end()) {
                visited.push_back(here);
                SlotsRoot{root, directory, how, findings}.collect();
            }
        } catch (const Error& error) {
            if (error.code() != Errc::not_found) {
                findings.push_back(foreign(slots_root_name(), path, error.what()));
            }
        }
    }
}

}  // namespace shunt::channel
