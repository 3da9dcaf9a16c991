// SPDX-License-Identifier: MIT
#include <shunt/channel/directory.hpp>

#include <shunt/core/error.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "support/scratch.hpp"
#include "unit/allocators/sandbox.hpp"

namespace shunt::channel {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::must;
using sandbox::says;
using sandbox::Scratch;
using Missing = Folder::Missing;

constexpr Incarnation kSome{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                            0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe};

Folder folder_of(const Scratch& scratch) {
    return Folder::open(scratch.path(), Missing::fail);
}

mode_t mode_of(const std::string& path) {
    struct stat facts {};
    must(::lstat(path.c_str(), &facts) == 0, "lstat " + path);
    return facts.st_mode & 07777;
}

ino_t inode_of(const FileHandle& file) {
    struct stat facts {};
    must(::fstat(file.get(), &facts) == 0, "fstat");
    return facts.st_ino;
}

std::string open_refused(const std::string& path, Missing missing = Missing::create) {
    return caught([&] { (void)Folder::open(path, missing); });
}

// In a child: /mnt is a fresh tmpfs that only this child sees.
void mount_scratch(const char* options = "mode=0755") {
    sandbox::own_mounts();
    sandbox::mount_at(sandbox::kMount, "tmpfs", options);
}

TEST(ChannelName, FollowsTheGrammar) {
    const std::string longest(120, 'x');
    for (const std::string& good : {std::string{"a"}, std::string{"0"}, std::string{"md.ticks"},
                                    std::string{"A-b_c.9"}, std::string{"a..b"}, longest}) {
        EXPECT_TRUE(valid_name(good)) << good;
        EXPECT_EQ(caught([&] { check_name(good); }), "nothing") << good;
    }
    for (const char* bad :
         {"", ".", "..", ".a", "-a", "_a", "a/b", "../a", "a b", "a\n", "caf\xc3\xa9"}) {
        EXPECT_FALSE(valid_name(bad)) << bad;
    }
    EXPECT_FALSE(valid_name(longest + "x"));
    EXPECT_FALSE(valid_name(std::string_view{"a\0b", 3}));
}

TEST(ChannelName, RefusalSaysWhatIsWrongAndWhatIsRight) {
    const auto refused = [](std::string_view name) { return caught([&] { check_name(name); }); };
    EXPECT_TRUE(says(refused(""),
                     "bad argument: channel name '' is empty: a name has 1 to 120 "
                     "characters from A-Z a-z 0-9 _ . - and begins with a letter or "
                     "digit"));
    EXPECT_TRUE(says(refused("a/b"), "'a/b' has a '/'"));
    EXPECT_TRUE(says(refused("../../etc"), "has a '/'"));
    EXPECT_TRUE(says(refused(".."), "'..' begins with '.'"));
    EXPECT_TRUE(says(refused("-x"), "begins with '-'"));
    EXPECT_TRUE(says(refused("a b"), "has the byte 32"));
    EXPECT_TRUE(says(refused("a*"), "has a '*'"));
    EXPECT_TRUE(says(refused(std::string(121, 'x')), "has 121 characters"));
    EXPECT_LT(refused(std::string(100'000, 'x')).size(), 400u);
}

TEST(FileName, IsBuiltFromNameAndIncarnation) {
    EXPECT_EQ(channel_file("md.ticks"), "md.ticks.shunt");
    EXPECT_EQ(to_hex(kSome), "0123456789abcdef1032547698badcfe");
    EXPECT_EQ(temporary_file("md.ticks", kSome), ".md.ticks.0123456789abcdef1032547698badcfe.new");
    EXPECT_EQ(slots_file(kSome), "0123456789abcdef1032547698badcfe.slots");
    EXPECT_LE(temporary_file(std::string(120, 'x'), kSome).size(), 255u);
}

TEST(FileName, GivesTheNameBackForChannelsOnly) {
    EXPECT_EQ(name_of("md.ticks.shunt"), "md.ticks");
    EXPECT_EQ(name_of("a.shunt.shunt"), "a.shunt");
    for (const char* other : {".shunt", "x", "x.slots", "shunt", ".x.shunt", "a b.shunt"}) {
        EXPECT_EQ(name_of(other), "") << other;
    }
    EXPECT_EQ(name_of(temporary_file("x", kSome)), "");
}

TEST(FileName, TellsReplacementsAndSlotsFromOtherFiles) {
    EXPECT_EQ(name_of_temporary(temporary_file("a.b", kSome)), "a.b");
    EXPECT_TRUE(is_slots_file(slots_file(kSome)));
    const std::string digits = to_hex(kSome);
    for (const std::string& other :
         {"." + digits + ".new", ".." + digits + ".new", ".x" + digits + ".new",
          "x." + digits + ".new", ".x." + digits, ".x." + digits.substr(1) + ".new",
          ".x/y." + digits + ".new", channel_file("x"), std::string{".new"}}) {
        EXPECT_EQ(name_of_temporary(other), "") << other;
    }
    for (const std::string& other : {digits, "0" + digits + ".slots", digits.substr(1) + ".slots",
                                     std::string(32, 'F') + ".slots", std::string{".slots"}}) {
        EXPECT_FALSE(is_slots_file(other)) << other;
    }
}

TEST(Folder, IsMadeForItsOwnerAloneWhateverTheUmask) {
    const Scratch scratch;
    const mode_t before = ::umask(0);
    const Folder made = Folder::open(scratch / "new", Missing::create);
    ::umask(before);
    EXPECT_EQ(mode_of(scratch / "new"), 0700u);
    EXPECT_EQ(made.path(), scratch / "new");
    EXPECT_TRUE(made.is_tmpfs());
    const Folder again = Folder::open(scratch / "new///", Missing::create);
    EXPECT_EQ(again.inode(), made.inode());
    EXPECT_EQ(again.device(), made.device());
    EXPECT_EQ(again.path(), made.path());
}

TEST(Folder, WhereMissingIsNotMadeUnlessAskedFor) {
    const Scratch scratch;
    EXPECT_TRUE(says(open_refused(scratch / "new", Missing::fail),
                     "not found: cannot open directory " + (scratch / "new")));
    EXPECT_FALSE(std::filesystem::exists(scratch / "new"));
    const std::string orphan = open_refused(scratch / "no/parent");
    EXPECT_TRUE(says(orphan, "not found: cannot make directory " + (scratch / "no/parent")));
    EXPECT_TRUE(says(orphan, "its parent is missing"));
}

TEST(Folder, SymlinkInItsPlaceIsRefused) {
    const Scratch scratch;
    must(::mkdir((scratch / "real").c_str(), 0700) == 0, "mkdir");
    must(::symlink("real", (scratch / "link").c_str()) == 0, "symlink");
    must(::symlink("nowhere", (scratch / "dangling").c_str()) == 0, "symlink");
    for (const char* name : {"link", "link/", "link//", "dangling"}) {
        const std::string text = open_refused(scratch / name);
        EXPECT_TRUE(says(text, "unsafe directory: directory ")) << name;
        EXPECT_TRUE(says(text, "is a symlink, which shunt does not follow")) << name;
        EXPECT_TRUE(says(text, "set SHUNT_DIR to a directory of your own")) << name;
    }
    EXPECT_FALSE(std::filesystem::exists(scratch / "nowhere"));
    EXPECT_TRUE(says(caught([&] { (void)folder_of(scratch).open_folder("link", Missing::create); }),
                     "is a symlink"));
}

TEST(Folder, FileInItsPlaceIsRefused) {
    const Scratch scratch;
    must(::mknod((scratch / "file").c_str(), S_IFREG | 0600, 0) == 0, "mknod");
    EXPECT_TRUE(says(open_refused(scratch / "file"),
                     "unsafe directory: directory " + (scratch / "file") + " is not a directory"));
}

TEST(Folder, WritableByOthersIsRefused) {
    const Scratch scratch;
    for (const auto& [mode, shown] :
         {std::pair<mode_t, const char*>{0770, "0770"}, {0702, "0702"}, {01777, "1777"}}) {
        must(::chmod(scratch.path().c_str(), mode) == 0, "chmod");
        const std::string text = open_refused(scratch.path());
        EXPECT_TRUE(says(text, "unsafe directory: directory " + scratch.path() + " has mode " +
                                   shown + ", so others may write it: chmod 700 "));
    }
    must(::chmod(scratch.path().c_str(), 0755) == 0, "chmod");
    EXPECT_EQ(open_refused(scratch.path()), "nothing");
}

TEST(Folder, OfSomebodyElseIsRefused) {
    SHUNT_NEEDS_ROOT();
    const Scratch scratch;
    for (const mode_t mode : {mode_t{0755}, mode_t{0700}}) {  // open to us, and closed
        must(::chmod(scratch.path().c_str(), mode) == 0, "chmod");
        const std::string text = in_child([&] {
            sandbox::become_nobody();
            return open_refused(scratch.path());
        });
        EXPECT_TRUE(says(text, "unsafe directory: directory " + scratch.path() +
                                   " belongs to user 0 and not to user 65534"));
    }
    must(::chown(scratch.path().c_str(), sandbox::kNobody, sandbox::kNobody) == 0, "chown");
    EXPECT_TRUE(says(open_refused(scratch.path()), "belongs to user 65534 and not to user 0"));
}

TEST(Folder, WithoutTheRightToMakeItIsNoPermission) {
    SHUNT_NEEDS_ROOT();
    const Scratch scratch;
    must(::chmod(scratch.path().c_str(), 0755) == 0, "chmod");
    const std::string text = in_child([&] {
        sandbox::become_nobody();
        return open_refused(scratch / "new");
    });
    EXPECT_TRUE(says(text, "no permission: cannot make directory " + (scratch / "new")));
    EXPECT_TRUE(says(text, "set SHUNT_DIR"));
}

TEST(Folder, OnAReadOnlyFileSystemIsNoPermission) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        mount_scratch();
        const Folder folder = Folder::open("/mnt", Missing::fail);
        must(::mount("none", "/mnt", nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0, "remount");
        const std::string made = open_refused("/mnt/new");
        return made + " | " + caught([&] { (void)folder.create_unnamed(); });
    });
    EXPECT_TRUE(says(text, "no permission: cannot make directory /mnt/new: Read-only file system"));
    EXPECT_TRUE(says(text, "| no permission: cannot make an unnamed file (O_TMPFILE) in /mnt"));
}

TEST(Folder, LinksAnUnnamedFileOnceAndNeverReplaces) {
    const Scratch scratch;
    const Folder folder = folder_of(scratch);
    const FileHandle first = folder.create_unnamed();
    const FileHandle second = folder.create_unnamed();
    EXPECT_TRUE(folder.files().empty());
    EXPECT_TRUE(folder.link(first, "x.shunt"));
    EXPECT_FALSE(folder.link(second, "x.shunt"));
    const FileHandle found = folder.open_file("x.shunt");
    EXPECT_EQ(inode_of(found), inode_of(first));
    EXPECT_EQ(mode_of(scratch / "x.shunt"), 0600u);
    EXPECT_EQ(::fcntl(found.get(), F_GETFL) & O_ACCMODE, O_RDWR);
}

TEST(Folder, LinksWithoutCapabilities) {
    const Scratch scratch;
    const std::string text = in_child([&] {
        if (::geteuid() == 0) {
            must(::chown(scratch.path().c_str(), sandbox::kNobody, sandbox::kNobody) == 0, "chown");
            sandbox::become_nobody();
        }
        const Folder folder = folder_of(scratch);
        const bool linked = folder.link(folder.create_unnamed(), "x.shunt");
        return std::string{linked ? "linked" : "exists"};
    });
    EXPECT_EQ(text, "linked");
    EXPECT_TRUE(std::filesystem::exists(scratch / "x.shunt"));
}

TEST(Folder, ThatWasRemovedTakesNoFiles) {
    const Scratch scratch;
    const Folder folder = folder_of(scratch).open_folder("gone", Missing::create);
    const FileHandle file = folder.create_unnamed();
    must(::rmdir((scratch / "gone").c_str()) == 0, "rmdir");
    EXPECT_TRUE(says(caught([&] { (void)folder.link(file, "x.shunt"); }),
                     "not found: cannot give a new file the name "));
}

TEST(Folder, OpensFilesAndTellsMissingFromForeign) {
    const Scratch scratch;
    const Folder folder = folder_of(scratch);
    EXPECT_FALSE(folder.open_file("none.shunt"));
    ASSERT_TRUE(folder.link(folder.create_unnamed(), "x.shunt"));
    const FileHandle reader = folder.open_file("x.shunt", false);
    EXPECT_EQ(::fcntl(reader.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
    must(::symlink("x.shunt", (scratch / "link.shunt").c_str()) == 0, "symlink");
    must(::mkdir((scratch / "dir.shunt").c_str(), 0700) == 0, "mkdir");
    must(::mkfifo((scratch / "fifo.shunt").c_str(), 0600) == 0, "mkfifo");
    for (const char* name : {"link.shunt", "dir.shunt", "fifo.shunt"}) {
        for (const bool writable : {true, false}) {
            EXPECT_TRUE(says(caught([&] { (void)folder.open_file(name, writable); }),
                             "not a shunt channel: " + (scratch / name) + " is no regular file"));
        }
    }
}

TEST(Folder, FileThatMayNotBeOpenedIsNoPermission) {
    const Scratch scratch;
    const std::string text = in_child([&] {
        if (::geteuid() == 0) {
            must(::chown(scratch.path().c_str(), sandbox::kNobody, sandbox::kNobody) == 0, "chown");
            sandbox::become_nobody();
        }
        const Folder folder = folder_of(scratch);
        const FileHandle file = folder.create_unnamed();
        must(::fchmod(file.get(), 0400) == 0 && folder.link(file, "x.shunt"), "read-only file");
        must(static_cast<bool>(folder.open_file("x.shunt", false)), "open for reading");
        return caught([&] { (void)folder.open_file("x.shunt"); });
    });
    EXPECT_TRUE(says(text, "no permission: cannot open " + (scratch / "x.shunt")));
}

TEST(Folder, ReplacesUnlinksAndLists) {
    const Scratch scratch;
    const Folder folder = folder_of(scratch);
    const FileHandle old_file = folder.create_unnamed();
    const FileHandle new_file = folder.create_unnamed();
    ASSERT_TRUE(folder.link(old_file, "x.shunt"));
    ASSERT_TRUE(folder.link(new_file, ".x.new"));
    EXPECT_EQ(folder.files(), (std::vector<std::string>{".x.new", "x.shunt"}));
    EXPECT_EQ(folder.files().size(), 2u);  // every listing starts anew
    folder.replace(".x.new", "x.shunt");
    EXPECT_EQ(folder.files(), (std::vector<std::string>{"x.shunt"}));
    EXPECT_EQ(inode_of(folder.open_file("x.shunt")), inode_of(new_file));
    EXPECT_TRUE(folder.unlink("x.shunt"));
    EXPECT_FALSE(folder.unlink("x.shunt"));
    EXPECT_TRUE(folder.files().empty());
    EXPECT_TRUE(says(caught([&] { folder.replace("none", "x"); }),
                     "not found: cannot rename none to x in " + scratch.path()));
}

TEST(Folder, OutOfInodesIsNoSpace) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        mount_scratch("mode=0700,nr_inodes=2");
        const Folder folder = Folder::open("/mnt", Missing::fail);
        const FileHandle last = folder.create_unnamed();
        return caught([&] { (void)folder.create_unnamed(); });
    });
    EXPECT_TRUE(says(text, "no space: cannot make an unnamed file (O_TMPFILE) in /mnt"));
}

TEST(Folder, OnAFileSystemWithoutUnnamedFilesSaysSo) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        sandbox::mount_at(sandbox::kMount, "devpts", "newinstance");
        const Folder folder = Folder::open("/mnt", Missing::fail);
        return (folder.is_tmpfs() ? "tmpfs " : "other ") +
               caught([&] { (void)folder.create_unnamed(); });
    });
    EXPECT_TRUE(says(text, "other Operation not supported: cannot make an unnamed file"));
    EXPECT_TRUE(says(text, "its file system cannot: set SHUNT_DIR to a directory on tmpfs"));
}

TEST(Directory, IsShuntDirOrTheUsersOwnInShm) {
    const std::string text = in_child([] {
        ::unsetenv("SHUNT_DIR");
        const std::string unset = directory_path();
        ::setenv("SHUNT_DIR", "", 1);
        const std::string empty = directory_path();
        ::setenv("SHUNT_DIR", "/some/where", 1);
        return unset + " " + empty + " " + directory_path();
    });
    const std::string own = "/dev/shm/shunt-" + std::to_string(::geteuid());
    EXPECT_EQ(text, own + " " + own + " /some/where");
}

TEST(Directory, IsMadeOnFirstUse) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        sandbox::mount_at("/dev/shm", "tmpfs", "mode=1777");
        ::unsetenv("SHUNT_DIR");
        const Folder folder = open_directory();
        return folder.path() + (mode_of(folder.path()) == 0700 ? " 0700" : " other mode");
    });
    EXPECT_EQ(text, "/dev/shm/shunt-" + std::to_string(::geteuid()) + " 0700");
}

TEST(Directory, ThatSomebodyElseMadeFirstIsRefused) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        sandbox::mount_at("/dev/shm", "tmpfs", "mode=1777");
        ::unsetenv("SHUNT_DIR");
        must(::mkdir("/dev/shm/shunt-65534", 0777) == 0, "mkdir");
        sandbox::become_nobody();
        return caught([] { (void)open_directory(); });
    });
    EXPECT_TRUE(says(text, "unsafe directory: directory /dev/shm/shunt-65534 belongs to user 0"));
}

TEST(SlotsFolder, StandsUnderTheUserAndTheDirectorysIdentity) {
    const Scratch mount;
    const Scratch home;
    const Folder directory = folder_of(home);
    const Folder slots = open_slots_folder(directory, mount.path(), Missing::create);
    EXPECT_EQ(slots.path(), mount / slots_root_name() + "/" + std::to_string(directory.device()) +
                                "-" + std::to_string(directory.inode()));
    EXPECT_EQ(mode_of(mount / slots_root_name()), 0700u);
    EXPECT_EQ(mode_of(slots.path()), 0700u);
    ASSERT_EQ(slots.files().size(), 1u);
    EXPECT_EQ(directory_of_link(slots.files().front()), home.path());
    const Folder again = open_slots_folder(directory, mount.path(), Missing::create);
    EXPECT_EQ(again.inode(), slots.inode());
    EXPECT_EQ(again.files(), slots.files());
}

TEST(SlotsFolder, NamesEveryPathUnderWhichTheDirectoryWasSeen) {
    const Scratch mount;
    const Scratch home;
    const Folder before = folder_of(home).open_folder("a", Missing::create);
    (void)open_slots_folder(before, mount.path(), Missing::create);
    must(::rename((home / "a").c_str(), (home / "b").c_str()) == 0, "rename");
    const Folder after = folder_of(home).open_folder("b", Missing::fail);
    const Folder slots = open_slots_folder(after, mount.path(), Missing::create);
    EXPECT_EQ(slots.files(), (std::vector<std::string>{link_of_directory(home / "a"),
                                                       link_of_directory(home / "b")}));
}

TEST(SlotsFolder, IsNotMadeWhereOnlyLookedFor) {
    const Scratch mount;
    const Scratch home;
    EXPECT_TRUE(
        says(caught([&] { (void)open_slots_folder(folder_of(home), mount.path(), Missing::fail); }),
             "not found: "));
    EXPECT_TRUE(folder_of(mount).files().empty());
}

TEST(SlotsFolder, VerifiesEachComponent) {
    const Scratch mount;
    const Scratch home;
    const Folder directory = folder_of(home);
    const auto refused = [&] {
        return caught([&] { (void)open_slots_folder(directory, mount.path(), Missing::create); });
    };
    must(::symlink(home.path().c_str(), (mount / slots_root_name()).c_str()) == 0, "symlink");
    EXPECT_TRUE(says(refused(), "is a symlink"));
    must(::unlink((mount / slots_root_name()).c_str()) == 0, "unlink");
    const std::string inner = open_slots_folder(directory, mount.path(), Missing::create).path();
    must(::chmod(inner.c_str(), 0777) == 0, "chmod");
    EXPECT_TRUE(says(refused(), inner + " has mode 0777"));
    must(::chmod(inner.c_str(), 0700) == 0 &&
             ::chmod((mount / slots_root_name()).c_str(), 0770) == 0,
         "chmod");
    EXPECT_TRUE(says(refused(), (mount / slots_root_name()) + " has mode 0770"));
}

TEST(SlotsFolder, OfADirectoryWithTooLongAPathSaysSo) {
    const Scratch mount;
    const Scratch home;
    const Folder directory = folder_of(home).open_folder(std::string(250, 'x'), Missing::create);
    EXPECT_TRUE(
        says(caught([&] { (void)open_slots_folder(directory, mount.path(), Missing::create); }),
             "is too long to have its slots on huge pages: set SHUNT_DIR to a shorter"));
}

TEST(SlotsFolder, WorksOnHugetlbfs) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const Scratch home;
    const std::string text = in_child([&] {
        sandbox::own_mounts();
        if (::mount("none", sandbox::kMount, "hugetlbfs", 0, "") != 0) {
            return std::string{"no hugetlbfs"};
        }
        const Folder slots = open_slots_folder(folder_of(home), "/mnt", Missing::create);
        const FileHandle file = slots.create_unnamed();
        must(slots.link(file, slots_file(kSome)), "link");
        std::string files;
        for (const std::string& name : slots.files()) {
            files += name + "\n";
        }
        must(inode_of(slots.open_file(slots_file(kSome))) == inode_of(file), "the same file");
        must(slots.unlink(slots_file(kSome)), "unlink");
        return files;
    });
    if (text == "no hugetlbfs") {
        GTEST_SKIP() << "this kernel has no hugetlbfs";
    }
    EXPECT_EQ(text, slots_file(kSome) + "\n" + link_of_directory(home.path()) + "\n");
}

TEST(DirectoryLink, RoundTripsEveryPath) {
    for (const char* path : {"/", "/dev/shm/shunt-0", "/a%2Fb", "/100%", "/a%25/%/%%2F", "/ x"}) {
        const std::string link = link_of_directory(path);
        EXPECT_EQ(link.find('/'), std::string::npos) << path;
        EXPECT_EQ(directory_of_link(link), path);
    }
    EXPECT_EQ(link_of_directory("/dev/shm/shunt-0"), "dir=%2Fdev%2Fshm%2Fshunt-0");
    EXPECT_EQ(directory_of_link("0123.slots"), "");
}

}  // namespace
}  // namespace shunt::channel
