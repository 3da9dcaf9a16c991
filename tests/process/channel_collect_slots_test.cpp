// SPDX-License-Identifier: MIT
//
// The collector on hugetlbfs: slots files whose name was never there or is gone, folders whose
// directory is gone, and those who still need what looks like either. Mounts live in the mount
// namespace of a child.
#include <shunt/channel/collect.hpp>
#include <shunt/channel/lock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "process/channel_space.hpp"

namespace shunt::channel {
namespace {

using process::Actor;
using process::Script;
using sandbox::in_child;
using sandbox::must;
using sandbox::says;

class CollectSlots : public Space {
protected:
    static std::vector<Finding> apply() { return collect({.apply = true}); }
    static std::vector<Finding> look() { return collect({.apply = false}); }
    static Request huge(linger how = linger::drained) {
        return lingering(big(producer(), pages::huge_2m), how);
    }
    static std::string root() { return std::string{sandbox::kMount} + "/" + slots_root_name(); }
    [[nodiscard]] std::size_t everything() const { return files().size() + slots_files().size(); }
    // A channel in which nobody lives, with slots.
    static void leave_one_behind() {
        Request request = huge();
        request.drained = something_unread;
        const Participant gone{request};
    }
    // Its slots file, the name being gone.
    static std::string leave_slots_behind() {
        leave_one_behind();
        std::filesystem::remove(directory_path() + "/md.ticks.shunt");
        must(slots_files().size() == 1, "one slots file");
        return slots_files()[0].string();
    }
    static std::string told(const std::vector<Finding>& findings) {
        std::string text;
        for (const Finding& finding : findings) {
            text += std::string{to_string(finding.what)} + " " +
                    std::string{to_string(finding.verdict)} +
                    (finding.removed ? " removed: " : ": ") + finding.reason + finding.failure +
                    "\n";
        }
        return text;
    }
    // What was told while it was removed, and then how many files there are.
    [[nodiscard]] std::string applied() const {
        const std::string text = told(apply());
        return text + "left " + std::to_string(everything());
    }
};

TEST_F(CollectSlots, GoWithTheirName) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        leave_one_behind();
        const std::vector<Finding> seen = look();
        must(seen.size() == 1 && seen[0].bytes > kHugePageBytes, "one row for both files");
        must(seen[0].unread == 0u, "read on huge pages");
        return applied();
    });
    EXPECT_EQ(text, "channel remove removed: nobody lives in it: all have left\nleft 0");
}

TEST_F(CollectSlots, GoWithoutAName) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        leave_slots_behind();
        const std::string seen = told(look());
        must(everything() == 1, "looking changes nothing");
        return seen + applied();
    });
    EXPECT_EQ(text,
              "slots remove: no channel names it\nslots remove removed: no channel names it\n"
              "left 0");
}

TEST_F(CollectSlots, StayWhileAProcessHasThemOpenOrMapped) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        Actor alive{[](Script& script) {
            new Participant{huge()};
            script.stop_here();
        }};
        std::filesystem::remove(file("md.ticks.shunt"));  // by hand
        std::string held = told(look());
        held += told(apply());
        must(everything() == 1, "the living keep their slots");
        alive.kill();
        return held + applied();
    });
    EXPECT_EQ(text,
              "slots keep: no channel names it, but a process has it open\n"
              "slots keep: no channel names it, but a process has it open\n"
              "slots remove removed: no channel names it\nleft 0");
}

TEST_F(CollectSlots, StayWhileANameCannotBeRead) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        leave_slots_behind();
        std::ofstream{file("empty.shunt")};
        const std::string kept = told(apply());
        std::filesystem::remove(file("empty.shunt"));
        return kept + applied();
    });
    EXPECT_TRUE(says(text, "foreign ignore: "));
    EXPECT_TRUE(says(text, "slots keep: " + file("empty.shunt") + ", which cannot be read"));
    EXPECT_TRUE(says(text, "slots remove removed"));
}

TEST_F(CollectSlots, OfACopyAreNotTouched) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        { const Participant gone{huge(linger::keep)}; }
        std::filesystem::copy(file("md.ticks.shunt"), file("copy.shunt"));
        return applied();
    });
    EXPECT_TRUE(says(text, "copy remove removed: "));
    EXPECT_TRUE(says(text, "channel keep: "));
    EXPECT_TRUE(says(text, "left 2"));
}

TEST_F(CollectSlots, OfACreatorStoppedAnywhereStayAndThoseOfADeadOneGo) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        int unnamed = 0;
        int k = 0;
        for (; k < kTooManySteps; ++k) {
            Actor slow{[](Script& script) {
                script.stop_here();
                script.say((new Attempt{attempt(huge())})->text);
            }};
            if (!slow.step(k)) {
                break;
            }
            unnamed += named() == 0 && !slots_files().empty() ? 1 : 0;
            if (k % 2 == 0) {
                slow.kill();
            } else {
                static_cast<void>(apply());
                slow.go();
                const std::string said = slow.hear();
                slow.join();
                must(static_cast<bool>(in_named_file(said)), "it is made: " + said);
                must(slots_files().size() == 1, "with its slots, at step " + std::to_string(k));
                const Attempt next = attempt(patient(huge()));
                must(next.place != nullptr, next.text);
            }
            const std::string last = told(apply());
            must(everything() == 0, "nothing is left at step " + std::to_string(k) + ": " + last);
        }
        return std::string{k < kTooManySteps && unnamed > 5 ? "driven" : "not driven"};
    });
    EXPECT_EQ(text, "driven");
}

TEST_F(CollectSlots, ACollectorKilledAnywhereIsCompletedByTheNext) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(3);
    const std::string text = in_child([&] {
        mount_huge();
        int orphaned = 0;
        int k = 0;
        for (; k < kTooManySteps; ++k) {
            leave_slots_behind();
            leave_one_behind();
            Actor victim{[](Script& script) {
                script.stop_here();
                static_cast<void>(apply());
            }};
            if (!victim.step(k)) {
                break;
            }
            victim.kill();
            orphaned += named() == 0 && slots_files().size() == 2 ? 1 : 0;
            if (k % 2 == 0) {
                const Attempt next = attempt(patient(huge()));
                must(next.place != nullptr, "step " + std::to_string(k) + ": " + next.text);
            }
            const std::string last = told(apply());
            must(everything() == 0, "nothing is left at step " + std::to_string(k) + ": " + last);
        }
        return std::string{k < kTooManySteps && orphaned > 0 ? "driven" : "not driven"};
    });
    EXPECT_EQ(text, "driven");
}

TEST_F(CollectSlots, ACollectorStoppedAnywhereHurtsNoCreator) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(4);
    const std::string text = in_child([&] {
        mount_huge();
        int made = 0;
        int k = 0;
        for (; k < kTooManySteps; ++k) {
            leave_slots_behind();
            leave_one_behind();
            Actor slow{[](Script& script) {
                script.stop_here();
                script.say("done " + told(apply()));
            }};
            if (!slow.step(k)) {
                break;
            }
            Request request = huge();
            request.options.open_timeout = std::chrono::milliseconds{0};
            Attempt fast = attempt(request);
            slow.go();
            must(slow.hear().starts_with("done"), "the collector ended");
            slow.join();
            if (fast.place != nullptr) {
                ++made;
                must(static_cast<bool>(in_named_file(fast.text)), fast.text);
                must(std::filesystem::exists(fast.place->placement().path), "its slots are there");
            }
            fast.place.reset();
            const std::string last = told(apply());
            must(everything() == 0, "nothing is left at step " + std::to_string(k) + ": " + last);
        }
        return std::string{k < kTooManySteps && made > 20 ? "driven" : "not driven"};
    });
    EXPECT_EQ(text, "driven");
}

TEST_F(CollectSlots, AndTheFolderGoWithTheirDirectory) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        const std::string other = file("other");
        ::setenv("SHUNT_DIR", other.c_str(), 1);
        leave_one_behind();
        ::setenv("SHUNT_DIR", path().c_str(), 1);
        must(told(apply()).find("slots") == std::string::npos, "of a directory that is there");
        must(slots_files().size() == 1, "they stay");
        // The same as before, but its directory is another one now.
        std::filesystem::remove_all(other);
        const std::string seen = told(look());
        must(slots_files().size() == 1, "looking changes nothing");
        ::setenv("SHUNT_DIR", (path() + "/nowhere").c_str(), 1);
        const std::string done = told(apply());
        return seen + done + "left " + std::to_string(slots_files().size()) +
               (std::filesystem::is_empty(root()) ? " and no folder" : " and a folder");
    });
    EXPECT_TRUE(says(text,
                     "slots remove: no channel names it\n"
                     "folder remove: its directory is gone: " +
                         file("other")));
    EXPECT_TRUE(says(text, "slots remove removed: no channel names it\nfolder remove removed: "));
    EXPECT_TRUE(says(text, "left 0 and no folder"));
}

// As it looks from a container that shares the hugetlbfs and not the directory.
TEST_F(CollectSlots, OfADirectoryThatIsNotToBeSeenStayWhileSomebodyLivesThere) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        Actor alive{[this](Script& script) {
            ::setenv("SHUNT_DIR", file("other").c_str(), 1);
            new Participant{huge()};
            script.stop_here();
        }};
        std::filesystem::rename(file("other"), file("elsewhere"));
        const std::string held = told(apply());
        must(slots_files().size() == 1, "the living keep their slots");
        alive.kill();
        std::filesystem::remove_all(file("elsewhere"));
        return held + "then " + applied();
    });
    EXPECT_TRUE(says(text, "slots keep: no channel names it, but a process has it open"));
    EXPECT_TRUE(says(text, "folder keep: its directory is gone, but not everything in it may go"));
    EXPECT_TRUE(says(text, "left 0"));
}

TEST_F(CollectSlots, FolderThatACollectorTakesAwayIsMadeAgain) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        int met = 0;
        int k = 0;
        for (; k < kTooManySteps; ++k) {
            Actor slow{[](Script& script) {
                script.stop_here();
                script.say((new Attempt{attempt(huge())})->text);
            }};
            if (!slow.step(k) || !slots_files().empty() || named() != 0) {
                break;
            }
            // From another directory, so that the folder is not the collector's own.
            ::setenv("SHUNT_DIR", (path() + "/nowhere").c_str(), 1);
            const std::string done = told(apply());
            ::setenv("SHUNT_DIR", path().c_str(), 1);
            met += done.find("folder remove removed") != std::string::npos ? 1 : 0;
            slow.go();
            const std::string said = slow.hear();
            slow.join();
            must(static_cast<bool>(in_named_file(said)), "it is made: " + said);
            static_cast<void>(apply());
            must(everything() == 0, "nothing is left");
            std::filesystem::remove_all(root());
        }
        return std::string{k < kTooManySteps && met > 0 ? "driven" : "not driven"};
    });
    EXPECT_EQ(text, "driven");
}

}  // namespace
}  // namespace shunt::channel
