// SPDX-License-Identifier: MIT
#include <shunt_perf/environment.hpp>

#include <gtest/gtest.h>

#include <sys/utsname.h>
#include <unistd.h>

namespace shunt::perf {
namespace {

TEST(Environment, HostStampTellsWhatTheKernelTells) {
    const auto host = host_stamp();
    utsname name{};
    ASSERT_EQ(uname(&name), 0);
    EXPECT_EQ(host.at("kernel"), name.release);
    EXPECT_EQ(host.at("page_bytes"), sysconf(_SC_PAGESIZE));
    for (const char* key : {"machine", "os", "cpu_model", "cpus_online", "cpus_isolated",
                            "hypervisor", "clocksource", "huge_pages", "transparent_huge_pages"}) {
        EXPECT_TRUE(host.contains(key)) << key;
    }
}

TEST(Environment, ToolStampNamesTheBuild) {
    const auto tool = tool_stamp();
    EXPECT_FALSE(tool.at("version").get<std::string>().empty());
    EXPECT_FALSE(tool.at("git").get<std::string>().empty());
    EXPECT_FALSE(tool.at("compiler").get<std::string>().empty());
    EXPECT_TRUE(tool.at("flags").is_string());
}

TEST(Environment, EnvelopeHasTheSharedShape) {
    const auto document = envelope("bench-pingpong", {{"size", 8}}, {{"answer", 42}},
                                   {{"not_tmpfs", "the directory is on ext4"}}, false);
    EXPECT_EQ(document.at("schema"), "shunt/bench-pingpong/1");
    EXPECT_EQ(document.at("args").at("size"), 8);
    EXPECT_EQ(document.at("result").at("answer"), 42);
    EXPECT_EQ(document.at("ok"), false);
    ASSERT_EQ(document.at("warnings").size(), 1u);
    EXPECT_EQ(document.at("warnings")[0].at("id"), "not_tmpfs");
    EXPECT_EQ(document.at("warnings")[0].at("msg"), "the directory is on ext4");
    EXPECT_TRUE(document.at("tool").is_object());
    EXPECT_TRUE(document.at("host").is_object());
    EXPECT_TRUE(envelope("ls", {}, {}).at("warnings").is_array());
}

TEST(Environment, ACpuWithUnknownPlaceIsNullNotZero) {
    CpuPlace place;
    place.cpu = 5;
    const auto stamp = to_json(place);
    EXPECT_EQ(stamp.at("cpu"), 5);
    EXPECT_TRUE(stamp.at("core").is_null());
    EXPECT_TRUE(stamp.at("node").is_null());
    EXPECT_TRUE(stamp.at("governor").is_null());
}

}  // namespace
}  // namespace shunt::perf
