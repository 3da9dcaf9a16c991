// SPDX-License-Identifier: MIT
//
// Where the memory comes from and what happens when there is none: a full disk, no huge pages, huge
// pages, a directory that is not ours. Mounts live in the mount namespace of a child.
#include <shunt/allocators/numa.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/channel/lock.hpp>

#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/channel_space.hpp"

namespace shunt::channel {
namespace {

using process::Actor;
using process::Script;
using sandbox::hide_huge_mounts;
using sandbox::in_child;
using sandbox::must;
using sandbox::says;

TEST_F(Space, FullDiskIsAnErrorAndLeavesNothing) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([&] {
        sandbox::own_mounts();
        sandbox::mount_at(path().c_str(), "tmpfs", "size=512k,mode=0700");
        const std::string error = error_of(big(producer(), pages::base));
        Participant{producer()};  // a small one fits
        return error + " left " + std::to_string(files().size());
    });
    EXPECT_TRUE(says(text, "no space: "));
    EXPECT_TRUE(says(text, "md.ticks"));
    EXPECT_TRUE(says(text, " left 0"));
}

TEST_F(Space, DirectoryOfSomebodyElseIsRefused) {
    SHUNT_NEEDS_ROOT();
    const std::string text = in_child([&] {
        sandbox::become_nobody();
        return error_of(producer());
    });
    EXPECT_TRUE(says(text, "unsafe directory: "));
    EXPECT_TRUE(says(text, path()));
}

TEST_F(Space, NoHugeMountIsAnErrorWithTheCure) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([&] {
        hide_huge_mounts();
        const std::string error = error_of(big(producer(), pages::huge_2m));
        return error + " left " + std::to_string(files().size());
    });
    EXPECT_TRUE(says(text, "no huge pages: "));
    EXPECT_TRUE(says(text, "mount"));
    EXPECT_TRUE(says(text, " left 0"));
}

TEST_F(Space, PreferHugeTakesBasePagesAndSaysWhy) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([&] {
        hide_huge_mounts();
        const Participant made{big(producer(), pages::prefer_huge)};
        const Participant joined{big(consumer(), pages::prefer_huge)};
        const Placement placement = made.placement();
        return std::to_string(placement.page_bytes) + " " + placement.note + "; " +
               joined.placement().note;
    });
    EXPECT_TRUE(says(text, "4096 no 2 MiB pages: "));
    EXPECT_TRUE(says(text, "; 2 MiB pages could not be had when the channel was made"));
}

TEST_F(Space, EmptyPoolIsAnErrorWithTheCure) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([&] {
        mount_huge();
        Request request = producer();
        request.capacity = (std::uint64_t{1} << 33) * 7;  // 512 GiB of slots
        request.slots_bytes = (std::uint64_t{1} << 33) * kLineBytes + kLinePairBytes;
        request.options.pages = pages::huge_2m;
        const std::string error = error_of(request);
        return error + " left " + std::to_string(files().size() + slots_files().size());
    });
    EXPECT_TRUE(says(text, "no huge pages: "));
    EXPECT_TRUE(says(text, "nr_hugepages"));
    EXPECT_TRUE(says(text, " left 0"));
}

TEST_F(Space, HugeSlotsAreMadeJoinedProvenAndRemoved) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        std::string told;
        {
            const Participant made{big(producer(), pages::huge_2m)};
            const Participant joined{big(consumer(), pages::prefer_huge)};
            made.region(layout::RegionId::slots)[7] = std::byte{1};
            must(joined.region(layout::RegionId::slots)[7] == std::byte{1}, "shared memory");
            const Placement placement = joined.placement();
            must(slots_files().size() == 1 && placement.path == slots_files()[0].string(), "path");
            const FileHandle slots = FileHandle::open(placement.path.c_str(), O_RDONLY);
            must(!is_locked(slots.get(), 0), "byte 0 is unlocked after the birth");
            told = std::to_string(placement.page_bytes) + " x" + std::to_string(placement.pages) +
                   " resident " + std::to_string(placement.resident_pages) + " " + placement.note;
            must(observe(kName).placement().page_bytes == kHugePageBytes, "observer");
        }
        return told + "left " + std::to_string(files().size() + slots_files().size());
    });
    EXPECT_EQ(text, "2097152 x1 resident 1 left 0");
}

TEST_F(Space, TransparentSlotsAreMadeJoinedProvenAndRemoved) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([&] {
        sandbox::own_mounts();
        sandbox::mount_at(path().c_str(), "tmpfs", "size=32m,mode=0700");
        std::string told;
        {
            const Attempt first = attempt(big(producer(), pages::thp));
            if (first.place == nullptr) {
                return first.text;
            }
            const Participant joined{big(consumer(), pages::thp)};
            first.place->region(layout::RegionId::slots)[7] = std::byte{1};
            must(joined.region(layout::RegionId::slots)[7] == std::byte{1}, "shared memory");
            for (const Placement& placement :
                 {first.place->placement(), joined.placement(), observe(kName).placement()}) {
                must(placement.asked_pages == pages::thp, "asked");
                must(placement.transparent_bytes == placement.bytes, "all of it");
                told += std::to_string(placement.mapped_page_bytes()) + placement.note + " ";
            }
            must(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "PR_SET_THP_DISABLE");
            const Placement small = observe(kName).placement();
            must(small.transparent_bytes == 0 && small.mapped_page_bytes() == 4096, "base pages");
            must(small.note.starts_with("not all of it is mapped in transparent"), small.note);
        }
        return told + "left " + std::to_string(files().size());
    });
    if (says(text, "before Linux 6.1") || says(text, "this kernel has none") ||
        says(text, "this host denies them")) {
        GTEST_SKIP() << "this kernel gathers no transparent huge pages (MADV_COLLAPSE): " << text;
    }
    EXPECT_EQ(text, "2097152 2097152 2097152 left 0");
}

TEST_F(Space, TransparentSlotsThatCannotBeHadAreAnErrorThatLeavesNothing) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([&] {
        sandbox::own_mounts();
        sandbox::mount_at(path().c_str(), "tmpfs", "size=32m,mode=0700");
        must(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "PR_SET_THP_DISABLE");
        const std::string error = error_of(big(producer(), pages::thp));
        return error + " left " + std::to_string(files().size());
    });
    EXPECT_TRUE(says(text, "no huge pages: "));
    EXPECT_TRUE(says(text, "2 MiB transparent huge pages"));
    EXPECT_TRUE(says(text, "file of channel 'md.ticks'"));
    EXPECT_TRUE(says(text, " left 0"));
}

TEST_F(Space, GiganticSlotsThatCannotBeHadAreAnErrorThatLeavesNothing) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([&] {
        mount_huge();
        const std::string error = error_of(big(producer(), pages::huge_1g));
        return error + " left " + std::to_string(files().size() + slots_files().size());
    });
    EXPECT_TRUE(says(text, "no huge pages: "));
    EXPECT_TRUE(says(text, "1 GiB pages"));
    EXPECT_TRUE(says(text, " left 0"));
}

TEST_F(Space, BothFilesAreOnTheNodeThatWasAskedFor) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    SHUNT_NEEDS_NODES();
    const std::string text = in_child([&] {
        mount_huge();
        Request request = big(producer(), pages::huge_2m);
        request.options.node = node::automatic;
        request.options.cpu = 0;
        const Participant made{request};
        const int node = plan_nodes(node::automatic, 0).nodes.front();
        must(made.header().node == node, "node in the header");
        for (const auto id : {layout::RegionId::registry, layout::RegionId::slots}) {
            must(prove_memory(made.region(id), 64).node() == node, "node of a region");
            int mode = -1;
            must(::syscall(SYS_get_mempolicy, &mode, nullptr, 0, made.region(id), MPOL_F_ADDR) == 0,
                 "get_mempolicy");
            must(mode == MPOL_BIND, "bound");
        }
        Request joiner = big(consumer(), pages::huge_2m);
        joiner.options.node = node;
        const Participant joined{joiner};
        return std::string{joined.placement().asked_node == node::automatic ? "there" : "unasked"};
    });
    EXPECT_EQ(text, "there");
}

TEST_F(Space, ReplacedHugeChannelTakesItsSlotsFileAlong) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        Participant{lingering(big(producer(), pages::huge_2m), linger::keep)};
        must(slots_files().size() == 1, "the channel stays");
        Request request = big(producer(), pages::huge_2m);
        request.element_bytes = 16;
        request.capacity = request.capacity / 7 * 3;
        request.options.existing = existing::replace;
        const Participant made{request};
        return std::to_string(slots_files().size()) +
               (slots_files()[0].string() == made.placement().path ? " own" : " other");
    });
    EXPECT_EQ(text, "1 own");
}

TEST_F(Space, SlotsOfACreatorThatFailsAreRemoved) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        sandbox::mount_at(path().c_str(), "tmpfs", "size=16k,mode=0700");
        const std::string error = error_of(big(producer(), pages::huge_2m));
        return error + " left " + std::to_string(files().size() + slots_files().size());
    });
    EXPECT_TRUE(says(text, "no space: "));
    EXPECT_TRUE(says(text, " left 0"));
}

TEST_F(Space, SlotsOfTheSlowerCreatorAreRemoved) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(3);
    const std::string text = in_child([&] {
        mount_huge();
        int both = 0;
        for (int k = 0;; k += 8) {
            Actor slow{[&](Script& script) {
                script.stop_here();
                new Participant{big(creating_consumer(), pages::huge_2m)};
            }};
            if (!slow.step(k) || named() != 0) {
                break;
            }
            both += slots_files().empty() ? 0 : 1;
            const Participant fast{lingering(big(producer(), pages::huge_2m), linger::none)};
            slow.go();
            slow.join();
            must(slots_files().size() == 1 && slots_files()[0].string() == fast.placement().path,
                 "only the slots of the faster one");
        }
        return std::string{both > 0 ? "driven" : "not driven"};
    });
    EXPECT_EQ(text, "driven");
}

// Whatever stays of a creator killed anywhere is garbage that a collector can tell: a slots file
// that no name names and whose byte 0 nobody locks.
TEST_F(Space, CreatorOfHugeSlotsKilledAnywhereLeavesOnlyGarbage) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([&] {
        mount_huge();
        const Request request = lingering(big(producer(), pages::huge_2m), linger::none);
        int garbage = 0;
        int k = 0;
        for (; k < kTooManySteps; ++k) {
            Actor victim{[&](Script& script) {
                script.stop_here();
                new Participant{request};
            }};
            if (!victim.step(k)) {
                break;
            }
            for (const auto& made : slots_files()) {
                const FileHandle slots = FileHandle::open(made.c_str(), O_RDONLY);
                must(named() != 0 || is_locked(slots.get(), 0), "locked until the name is there");
            }
            victim.kill();
            if (named() != 0) {
                Participant{patient(request)};
                must(files().empty() && slots_files().empty(), "removed with its slots");
                continue;
            }
            for (const auto& left : slots_files()) {
                const FileHandle slots = FileHandle::open(left.c_str(), O_RDONLY);
                must(!is_locked(slots.get(), 0), "byte 0 of what stays is free");
                must(std::filesystem::remove(left), "unlink");
                ++garbage;
            }
        }
        Participant{patient(request)};  // after the last victim, which ended by itself
        must(files().empty() && slots_files().empty(), "nothing is left");
        return std::string{k < kTooManySteps ? "driven" : "endless"} +
               (garbage > 0 ? " with garbage" : " without garbage");
    });
    EXPECT_EQ(text, "driven with garbage");
}

TEST_F(Space, NameNeverOutlivesItsSlots) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(3);
    const std::string text = in_child([&] {
        mount_huge();
        const Request request = lingering(big(producer(), pages::huge_2m), linger::none);
        Request replacing = request;
        replacing.element_bytes = 16;
        replacing.capacity = request.capacity / 7 * 3;
        replacing.options.existing = existing::replace;
        for (const bool replaces : {false, true}) {
            int found = 0;
            int lost = 0;
            bool lives = true;
            for (int k = 0; lives; ++k) {
                if (replaces) {
                    const Participant old{lingering(request, linger::keep)};
                }
                Actor victim{[&](Script& script) {
                    auto* mine = replaces ? nullptr : new Participant{request};
                    script.stop_here();
                    replaces ? static_cast<void>(new Participant{replacing}) : mine->close();
                }};
                lives = victim.step(k);
                victim.kill();
                (named() != 0 ? found : lost) += 1;
                if (named() != 0) {
                    const Attempt next = attempt(replaces ? replacing : request);
                    must(next.place != nullptr, next.text);
                }
                for (const std::string& left : files()) {
                    std::filesystem::remove(file(left));
                }
                for (const auto& left : slots_files()) {
                    std::filesystem::remove(left);
                }
            }
            must(found > 0 && (replaces ? lost == 0 : lost > 0), "driven through");
        }
        return std::string{"never"};
    });
    EXPECT_EQ(text, "never");
}

}  // namespace
}  // namespace shunt::channel
