// SPDX-License-Identifier: MIT
#include <shunt/channel/collect.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/channel/lock.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/spsc.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "unit/allocators/sandbox.hpp"
#include "unit/channel/own_directory.hpp"

namespace shunt::channel {
namespace {

using std::chrono::seconds;

Clues clues_of(Left what) {
    Clues clues;
    clues.what = what;
    clues.age = seconds{100};
    return clues;
}

TEST(Judge, RemovesWhatNobodyHoldsWhateverItIs) {
    for (const Left what :
         {Left::channel, Left::replacement, Left::copy, Left::slots, Left::folder}) {
        EXPECT_EQ(judge(clues_of(what), seconds{0}).verdict, Verdict::remove) << to_string(what);
        EXPECT_FALSE(judge(clues_of(what), seconds{0}).reason.empty()) << to_string(what);
    }
}

TEST(Judge, KeepsWhatIsHeldWhateverElseIsTrue) {
    for (const Left what :
         {Left::channel, Left::replacement, Left::copy, Left::slots, Left::folder}) {
        for (const bool stale : {false, true}) {
            Clues held = clues_of(what);
            held.stale = stale;
            held.holder = "process 1 lives in it";
            EXPECT_EQ(judge(held, seconds{0}).verdict, Verdict::keep) << to_string(what);
            EXPECT_EQ(judge(held, seconds{0}).reason, held.holder);
            Clues busy = clues_of(what);
            busy.stale = stale;
            busy.busy = true;
            EXPECT_EQ(judge(busy, seconds{0}).verdict, Verdict::keep) << to_string(what);
        }
    }
}

TEST(Judge, KeepsAChannelThatLingersUnlessItIsStale) {
    Clues clues = clues_of(Left::channel);
    clues.linger = layout::Linger::keep;
    EXPECT_EQ(judge(clues, seconds{0}).verdict, Verdict::keep);
    clues.stale = true;
    EXPECT_EQ(judge(clues, seconds{0}).verdict, Verdict::remove);
    clues = clues_of(Left::channel);
    clues.linger = layout::Linger::none;
    EXPECT_EQ(judge(clues, seconds{0}).verdict, Verdict::remove);
    // A replacement that never got its name was never anybody's channel.
    clues = clues_of(Left::replacement);
    clues.linger = layout::Linger::keep;
    EXPECT_EQ(judge(clues, seconds{0}).verdict, Verdict::remove);
}

TEST(Judge, KeepsWhatIsYoungerThanAskedFor) {
    EXPECT_EQ(judge(clues_of(Left::channel), seconds{100}).verdict, Verdict::remove);
    EXPECT_EQ(judge(clues_of(Left::channel), seconds{101}).verdict, Verdict::keep);
}

TEST(Judge, NeverTouchesWhatIsForeign) {
    Clues clues = clues_of(Left::foreign);
    clues.text = "why";
    EXPECT_EQ(judge(clues, seconds{0}).verdict, Verdict::ignore);
    EXPECT_EQ(judge(clues, seconds{0}).reason, "why");
}

class Collect : public OwnDirectory {
protected:
    static constexpr const char* kFile = "md.ticks.shunt";

    Collect() { sandbox::see_no_huge_pages(); }

    static std::vector<Finding> look(seconds older_than = seconds{0}) {
        return collect({.apply = false, .older_than = older_than});
    }
    static std::vector<Finding> apply(seconds older_than = seconds{0}) {
        return collect({.apply = true, .older_than = older_than});
    }
    // The only finding, the same with and without --apply.
    [[nodiscard]] Finding only() const {
        const std::vector<std::string> before = files();
        const std::vector<Finding> findings = look();
        EXPECT_EQ(findings.size(), 1u);
        EXPECT_EQ(files(), before) << "looking changes nothing";
        const std::vector<Finding> done = apply();
        EXPECT_EQ(done.size(), 1u);
        if (findings.size() != 1 || done.size() != 1) {
            return {};
        }
        EXPECT_EQ(done[0].verdict, findings[0].verdict);
        EXPECT_EQ(done[0].reason, findings[0].reason);
        EXPECT_EQ(done[0].failure, "");
        EXPECT_EQ(done[0].removed, findings[0].verdict == Verdict::remove);
        EXPECT_EQ(files().empty(), done[0].removed);
        return findings[0];
    }
    // A channel in which nobody lives.
    static void leave_one_behind(linger how = linger::drained) {
        Request request = producer();
        request.options.linger = how;
        request.drained = something_unread;
        const Participant gone{request};
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream in{file(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    void write(const std::string& name, const std::string& content) const {
        std::ofstream{file(name), std::ios::binary} << content;
    }
    // As if it had been made before the last boot.
    void make_stale() const {
        const FileHandle handle = FileHandle::open(file(kFile).c_str(), O_RDWR);
        layout::Header header{};
        ASSERT_EQ(::pread(handle.get(), bytes_of(header), sizeof(header), 0),
                  static_cast<ssize_t>(sizeof(header)));
        header.boot_id[0] ^= 1;
        header.checksum = fnv1a({bytes_of(header), offsetof(layout::Header, checksum)});
        ASSERT_EQ(::pwrite(handle.get(), bytes_of(header), sizeof(header), 0),
                  static_cast<ssize_t>(sizeof(header)));
    }
    // Of somebody that died as the producer, with token 77.
    void leave_a_dead_entry() const {
        const FileHandle handle = FileHandle::open(file(kFile).c_str(), O_RDWR);
        layout::Header header{};
        ASSERT_EQ(::pread(handle.get(), bytes_of(header), sizeof(header), 0),
                  static_cast<ssize_t>(sizeof(header)));
        const std::uint64_t word = entry_word(layout::EntryState::alive, 77);
        ASSERT_EQ(
            ::pwrite(handle.get(), &word, sizeof(word),
                     static_cast<off_t>(region_of(header, layout::RegionId::registry).offset)),
            static_cast<ssize_t>(sizeof(word)));
    }
    void become_replacement() const {
        std::filesystem::rename(file(kFile), file(temporary_file(kName, Incarnation{7})));
    }
};

TEST_F(Collect, FindsNothingWhereThereIsNoDirectory) {
    std::filesystem::remove(path());
    EXPECT_TRUE(look().empty());
    EXPECT_TRUE(apply().empty());
    EXPECT_FALSE(std::filesystem::exists(path())) << "collecting makes nothing";
}

TEST_F(Collect, RemovesAChannelThatAllHaveLeft) {
    leave_one_behind();
    const Finding finding = only();
    EXPECT_EQ(finding.what, Left::channel);
    EXPECT_EQ(finding.name, kName);
    EXPECT_EQ(finding.path, file(kFile));
    EXPECT_EQ(finding.verdict, Verdict::remove);
    EXPECT_EQ(finding.unread, 0u);
    EXPECT_GE(finding.bytes, kSlots * kLineBytes);
    EXPECT_LT(finding.age, seconds{3600});
    EXPECT_NE(finding.reason.find("all have left"), std::string::npos);
}

TEST_F(Collect, CountsTheDeadAndTheUnread) {
    {
        spsc::Producer<std::uint64_t> out(kName, {.pages = pages::base});
        for (std::uint64_t i = 0; i < 3; ++i) {
            ASSERT_TRUE(out.try_push(i));
        }
        EXPECT_EQ(observe(kName).condition().ring.unread(), 3u);
        EXPECT_EQ(look().at(0).unread, std::nullopt) << "somebody lives in it";
    }
    leave_a_dead_entry();
    Finding finding = only();
    EXPECT_EQ(finding.unread, 3u);
    EXPECT_NE(finding.reason.find("1 died"), std::string::npos) << finding.reason;
    {
        spsc::BytesProducer out(kName, {.pages = pages::base});
        ASSERT_TRUE(out.try_push(as_bytes("one")));
        ASSERT_TRUE(out.try_push(as_bytes("two")));
    }
    finding = only();
    EXPECT_EQ(finding.unread, 128u) << "two frames of a line";
    ASSERT_TRUE(finding.header.has_value());
    EXPECT_EQ(finding.header->kind, static_cast<std::uint32_t>(layout::Kind::spsc_bytes));
}

TEST_F(Collect, KeepsAChannelInWhichSomebodyLives) {
    const Participant alive{producer()};
    const Finding finding = only();
    EXPECT_EQ(finding.verdict, Verdict::keep);
    EXPECT_EQ(finding.reason, "process " + std::to_string(::getpid()) + " (producer) lives in it");
    EXPECT_EQ(finding.unread, std::nullopt);
}

TEST_F(Collect, KeepsWhatIsLockedThoughItsRegistrySaysNothing) {
    leave_one_behind();
    const FileHandle holder = FileHandle::open(file(kFile).c_str(), O_RDWR);
    ASSERT_EQ(try_lock(holder.get(), token_byte(123), LockKind::write), 0);
    EXPECT_EQ(look().at(0).reason, "a process takes part in it, by its lock");
    EXPECT_EQ(apply().at(0).verdict, Verdict::keep);
    unlock(holder.get(), token_byte(123));
    ASSERT_EQ(try_lock(holder.get(), layout::kGateByte, LockKind::read), 0);
    EXPECT_NE(look().at(0).reason.find("gate"), std::string::npos);
    EXPECT_EQ(apply().at(0).verdict, Verdict::keep);
    unlock(holder.get(), layout::kGateByte);
    EXPECT_EQ(only().verdict, Verdict::remove);
}

TEST_F(Collect, KeepsWhatLingersUntilItIsStale) {
    leave_one_behind(linger::keep);
    EXPECT_NE(only().reason.find("linger is keep"), std::string::npos);
    make_stale();
    EXPECT_NE(only().reason.find("last boot"), std::string::npos);
    EXPECT_TRUE(files().empty());
}

TEST_F(Collect, RemovesAReplacementWhoseMakerDiedAndKeepsThatOfALivingOne) {
    leave_one_behind(linger::keep);
    become_replacement();
    Finding finding = only();
    EXPECT_EQ(finding.what, Left::replacement);
    EXPECT_EQ(finding.name, kName);
    EXPECT_EQ(finding.verdict, Verdict::remove);
    EXPECT_NE(finding.reason.find("'md.ticks'"), std::string::npos);
    const Participant alive{producer()};
    become_replacement();
    finding = only();
    EXPECT_EQ(finding.verdict, Verdict::keep);
    EXPECT_NE(finding.reason.find("is putting it in the place of 'md.ticks'"), std::string::npos);
}

TEST_F(Collect, RemovesACopyAndNotItsOriginal) {
    leave_one_behind(linger::keep);
    std::filesystem::copy(file(kFile), file("copy.shunt"));
    const std::vector<Finding> findings = apply();
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_EQ(findings[0].what, Left::copy);
    EXPECT_TRUE(findings[0].removed);
    EXPECT_FALSE(findings[1].removed);
    EXPECT_EQ(files(), std::vector<std::string>{kFile});
}

TEST_F(Collect, NeverTouchesWhatItCannotRead) {
    leave_one_behind(linger::keep);
    const std::string good = read(kFile);
    std::filesystem::remove(file(kFile));
    write("cut.shunt", good.substr(0, 5000));
    write("damaged.shunt", std::string{good}.replace(20, 1, "x"));
    write("empty.shunt", "");
    write("foreign.shunt", std::string(8192, 'x'));
    write(".md.ticks.0123.new", "x");
    write("." + std::string{kName} + "." + std::string(32, '0') + ".new", "x");
    write("notes.txt", "x");
    std::filesystem::create_directory(file("folder.shunt"));
    std::filesystem::create_symlink(file("notes.txt"), file("link.shunt"));
    ASSERT_EQ(::mkfifo(file("fifo.shunt").c_str(), 0600), 0);
    const std::vector<std::string> before = files();
    for (const std::vector<Finding>& findings : {look(), apply()}) {
        EXPECT_EQ(findings.size(), before.size());
        for (const Finding& finding : findings) {
            EXPECT_EQ(finding.what, Left::foreign) << finding.path;
            EXPECT_EQ(finding.verdict, Verdict::ignore) << finding.path;
            EXPECT_FALSE(finding.reason.empty()) << finding.path;
        }
    }
    EXPECT_EQ(files(), before);
}

TEST_F(Collect, KeepsWhatIsYoung) {
    leave_one_behind();
    EXPECT_EQ(apply(seconds{3600}).at(0).verdict, Verdict::keep);
    timespec two_hours_ago[2]{};
    ASSERT_EQ(::clock_gettime(CLOCK_REALTIME, &two_hours_ago[0]), 0);
    two_hours_ago[0].tv_sec -= 7200;
    two_hours_ago[1] = two_hours_ago[0];
    ASSERT_EQ(::utimensat(AT_FDCWD, file(kFile).c_str(), two_hours_ago, 0), 0);
    EXPECT_EQ(apply(seconds{7300}).at(0).verdict, Verdict::keep);
    EXPECT_TRUE(apply(seconds{3600}).at(0).removed);
    EXPECT_TRUE(files().empty());
}

TEST_F(Collect, SaysWhatItCouldNotRemove) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = sandbox::in_child([&] {
        sandbox::own_mounts();
        sandbox::mount_at(path().c_str(), "tmpfs", "mode=0700");
        leave_one_behind();
        sandbox::must(
            ::mount("none", path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "mode=0700") == 0,
            "remount");
        const Finding finding = apply().at(0);
        return std::string{to_string(finding.verdict)} + (finding.removed ? " removed " : " ") +
               finding.failure + " left " + std::to_string(files().size());
    });
    EXPECT_TRUE(sandbox::says(text, "remove cannot open "));
    EXPECT_TRUE(sandbox::says(text, "Read-only file system"));
    EXPECT_TRUE(sandbox::says(text, " left 1"));
}

}  // namespace
}  // namespace shunt::channel
