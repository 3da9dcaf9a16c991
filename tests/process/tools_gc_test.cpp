// SPDX-License-Identifier: MIT
//
// `shunt gc`: what it lists, what it removes, and how it ends; `ls`, `info` and `gc` on files that
// lose their end.
#include "process/support/command.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <regex>

namespace shunt::process_test {
namespace {

using nlohmann::json;

class ToolsGc : public testing::Test {
protected:
    ToolsGc() {
        if (!own_huge_pages().empty()) {
            sandbox::see_no_huge_pages();
        }
    }
    // A channel in which nobody lives, with so many messages unread.
    static void leave(const std::string& name, std::uint64_t messages,
                      linger how = linger::drained) {
        spsc::Producer<std::uint64_t> out(name, {.pages = pages::base, .linger = how});
        for (std::uint64_t i = 0; i < messages; ++i) {
            ASSERT_TRUE(out.try_push(i));
        }
    }
    static json result_of(const std::vector<std::string>& args, int exit = 0) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, exit) << ended.err;
        const json document = ended.document();
        EXPECT_EQ(document.at("schema"), "shunt/gc/1");
        EXPECT_EQ(document.at("ok"), exit == 0);
        return document.at("result");
    }
    static json finding(const json& result, const std::string& name) {
        for (const json& each : result.at("findings")) {
            if (each.at("name") == name) {
                return each;
            }
        }
        return nullptr;
    }

    Place place_;
};

TEST_F(ToolsGc, ListsWhatGoesAndWhatStaysWithReasonsAndChangesNothing) {
    leave("dead", 3);
    leave("kept", 1, linger::keep);
    const spsc::Producer<std::uint64_t> out("alive", {.pages = pages::base});
    write_file(place_.directory() + "/notes.txt", "not a channel\n");
    const std::vector<std::string> before = place_.channels();
    const Ended ended = run({"gc"});
    EXPECT_EQ(ended.exit, 0);
    EXPECT_EQ(ended.err, "");
    for (const char* part :
         {"WHAT", "REASON", "all have left", "linger is keep", "not called as a channel is",
          "1 to remove, ", ": shunt gc --apply\n"}) {
        EXPECT_TRUE(contains(ended.out, part)) << part << "\n" << ended.out;
    }
    EXPECT_TRUE(contains(ended.out, "process " + std::to_string(::getpid()) + " (producer)"));
    const json result = result_of({"gc", "--json"});
    EXPECT_EQ(result.at("directory"), place_.directory());
    EXPECT_EQ(result.at("applied"), false);
    EXPECT_EQ(result.at("to_remove"), 1);
    EXPECT_EQ(result.at("removed"), 0);
    EXPECT_EQ(result.at("kept"), 2);
    const json dead = finding(result, "dead");
    EXPECT_EQ(dead.at("what"), "channel");
    EXPECT_EQ(dead.at("verdict"), "remove");
    EXPECT_EQ(dead.at("unread"), 3);
    EXPECT_EQ(dead.at("removed"), false);
    EXPECT_EQ(dead.at("failure"), nullptr);
    EXPECT_GE(dead.at("bytes").get<std::size_t>(), 8192u);
    EXPECT_EQ(finding(result, "kept").at("verdict"), "keep");
    EXPECT_EQ(finding(result, "alive").at("unread"), nullptr);
    EXPECT_EQ(finding(result, "notes.txt").at("verdict"), "ignore");
    EXPECT_EQ(place_.channels(), before);
}

TEST_F(ToolsGc, RemovesWithApply) {
    leave("dead", 3);
    leave("kept", 1, linger::keep);
    const json result = result_of({"gc", "--apply", "--json"});
    EXPECT_EQ(result.at("removed"), 1);
    EXPECT_EQ(finding(result, "dead").at("removed"), true);
    EXPECT_EQ(place_.channels(), std::vector<std::string>{"kept.shunt"});
    const Ended again = run({"gc", "--apply"});
    EXPECT_EQ(again.exit, 0);
    EXPECT_TRUE(contains(again.out, "\nnothing to remove\n")) << again.out;
}

TEST_F(ToolsGc, SaysNothingToRemoveWhereThereIsNothingAtAll) {
    const Ended ended = run({"gc", "--apply"});  // the folder that the Place has there is foreign
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_TRUE(contains(ended.out, "\n\nnothing to remove\n")) << ended.out;
    ::setenv("SHUNT_DIR", (place_.directory() + "/nowhere").c_str(), 1);
    const Ended nowhere = run({"gc", "--check"});
    ::setenv("SHUNT_DIR", place_.directory().c_str(), 1);
    EXPECT_EQ(nowhere.exit, 0) << nowhere.err;
    EXPECT_EQ(nowhere.out, "nothing to remove\n");
}

// A second may have begun between two looks.
std::string without_ages(const std::string& table) {
    return std::regex_replace(table, std::regex{" [0-9]+ s "}, " - ");
}

TEST_F(ToolsGc, ChecksWithExitCodeFive) {
    EXPECT_EQ(run({"gc", "--check"}).exit, 0);
    leave("kept", 1, linger::keep);
    EXPECT_EQ(run({"gc", "--check"}).exit, 0);
    leave("dead", 1);
    const Ended checked = run({"gc", "--check"});
    EXPECT_EQ(checked.exit, 5);
    EXPECT_EQ(without_ages(checked.out), without_ages(run({"gc"}).out));
    EXPECT_EQ(result_of({"gc", "--check", "--json"}, 5).at("to_remove"), 1);
    EXPECT_EQ(run({"gc", "--check", "--older-than", "1h"}).exit, 0);
    EXPECT_EQ(place_.channels().size(), 2u);
}

TEST_F(ToolsGc, KeepsWhatIsYoungerThanAskedFor) {
    leave("old", 1);
    leave("young", 1);
    const auto yesterday = std::filesystem::file_time_type::clock::now() - std::chrono::hours{24};
    std::filesystem::last_write_time(place_.directory() + "/old.shunt", yesterday);
    EXPECT_TRUE(contains(run({"gc"}).out, " 24 h "));
    const json result = result_of({"gc", "--apply", "--older-than", "2h", "--json"});
    EXPECT_GE(finding(result, "old").at("age_s"), 86'400);
    EXPECT_TRUE(contains(finding(result, "young").at("reason").get<std::string>(), "--older-than"));
    EXPECT_EQ(place_.channels(), std::vector<std::string>{"young.shunt"});
}

TEST_F(ToolsGc, LeavesAStoppedSenderAloneAndTakesWhatADeadOneLeft) {
    Command sender{{"send", "ch", "--pages", "4k"}, {.feed = true}};
    sender.feed("x");
    ASSERT_TRUE(until([&] { return place_.channels().size() == 1; }));
    sender.signal(SIGSTOP);
    const json kept = finding(result_of({"gc", "--apply", "--json"}), "ch");
    EXPECT_EQ(kept.at("verdict"), "keep");
    EXPECT_TRUE(contains(kept.at("reason").get<std::string>(),
                         "process " + std::to_string(sender.pid()) + " (producer) lives in it"));
    sender.kill();
    const json gone = finding(result_of({"gc", "--apply", "--json"}), "ch");
    EXPECT_EQ(gone.at("removed"), true);
    EXPECT_TRUE(contains(gone.at("reason").get<std::string>(), "1 died"));
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsGc, RefusesWhatMakesNoSense) {
    const Ended both = run({"gc", "--apply", "--check"});
    EXPECT_EQ(both.exit, 2);
    EXPECT_TRUE(contains(both.err, "excludes")) << both.err;
    const Ended age = run({"gc", "--older-than", "soon"});
    EXPECT_EQ(age.exit, 2);
    EXPECT_TRUE(contains(age.err, "'soon' is no duration")) << age.err;
    ASSERT_EQ(::chmod(place_.directory().c_str(), 0777), 0);
    const Ended unsafe = run({"gc", "--apply"});
    ASSERT_EQ(::chmod(place_.directory().c_str(), 0700), 0);
    EXPECT_EQ(unsafe.exit, 8);
    EXPECT_TRUE(contains(unsafe.err, "chmod 700")) << unsafe.err;
}

TEST_F(ToolsGc, ShowsNoControlCharactersOfAName) {
    write_file(place_.directory() + "/a\x1b[31m.txt", "x");
    const Ended ended = run({"gc"});
    EXPECT_TRUE(contains(ended.out, "a\\x1b[31m.txt")) << ended.out;
    EXPECT_FALSE(contains(ended.out, "\x1b"));
}

// Whatever of a file is left, each of them says so and ends by itself.
TEST_F(ToolsGc, EveryLookerSurvivesAFileOfAnyLength) {
    leave("ch", 3);
    const std::string file = place_.directory() + "/ch.shunt";
    const std::string whole = content_of(file);
    for (const std::size_t bytes :
         {std::size_t{0}, std::size_t{100}, std::size_t{944}, std::size_t{4096}, std::size_t{8192},
          whole.size() - 1, whole.size() + 4096}) {
        ASSERT_EQ(::truncate(file.c_str(), static_cast<off_t>(bytes)), 0);
        EXPECT_EQ(run({"ls"}).exit, 0) << bytes;
        EXPECT_EQ(run({"info", "ch"}).exit, 1) << bytes;
        EXPECT_EQ(finding(result_of({"gc", "--apply", "--json"}), "ch").at("verdict"), "ignore");
        EXPECT_EQ(size_of(file), bytes);
    }
}

}  // namespace
}  // namespace shunt::process_test
