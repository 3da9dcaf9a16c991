// SPDX-License-Identifier: MIT
//
// Directories of tests: what a killed test leaves, the next one removes, and nothing of the living.
#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "process/actor.hpp"

namespace shunt::process {
namespace {

using channel::Folder;
using sandbox::in_child;
using sandbox::Scratch;
using std::filesystem::exists;

TEST(Scratch, OfAKilledTestIsRemovedByTheNext) {
    Actor victim{[](Script& script) {
        const auto* mine = new Scratch;
        script.say(mine->path());
        script.stop_here();
    }};
    const std::string path = victim.hear();
    { const Scratch another; }
    EXPECT_TRUE(exists(path)) << "its owner lives";
    victim.kill();
    EXPECT_TRUE(exists(path));
    { const Scratch next; }
    EXPECT_FALSE(exists(path));
    EXPECT_FALSE(exists(std::filesystem::path{path}.parent_path()));
}

TEST(Scratch, TakesItsSlotsAlong) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        if (::mount("none", sandbox::kMount, "hugetlbfs", 0, "pagesize=2M,mode=1777") != 0) {
            return std::string{"no hugetlbfs"};
        }
        const auto slots_of = [](const Scratch& of) {
            return channel::open_slots_folder(Folder::open(of.path(), Folder::Missing::fail),
                                              sandbox::kMount, Folder::Missing::create)
                .path();
        };
        const Scratch lives;
        std::optional<Scratch> goes{std::in_place};
        const std::string stays = slots_of(lives);
        const std::string gone = slots_of(*goes);
        sandbox::must(exists(gone), "slots folder");
        goes.reset();
        return std::string{exists(stays) ? "the living's stay" : "the living's are gone"} +
               (exists(gone) ? ", its own stay" : ", its own are gone");
    });
    if (text == "no hugetlbfs") {
        GTEST_SKIP() << "this kernel has no hugetlbfs";
    }
    EXPECT_EQ(text, "the living's stay, its own are gone");
}

}  // namespace
}  // namespace shunt::process
