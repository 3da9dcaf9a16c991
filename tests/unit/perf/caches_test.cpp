// SPDX-License-Identifier: MIT
#include <shunt_perf/caches.hpp>
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <unistd.h>
#include <fstream>
#include <string>

namespace shunt::perf {
namespace {

TEST(CacheSize, IsWhatTheKernelWrites) {
    EXPECT_EQ(parse_cache_size("32K"), 32u << 10);
    EXPECT_EQ(parse_cache_size("32768K"), 32u << 20);
    EXPECT_EQ(parse_cache_size("8M"), 8u << 20);
    EXPECT_EQ(parse_cache_size("512"), 512u);
    for (const char* wrong : {"", "K", "-1K", "32KB", "32 K", "x32K"}) {
        EXPECT_EQ(parse_cache_size(wrong), 0u) << wrong;
    }
}

class FakeCaches : public testing::Test {
protected:
    FakeCaches() {
        root_ =
            std::filesystem::temp_directory_path() / ("shunt-caches-" + std::to_string(getpid()));
    }
    ~FakeCaches() override { std::filesystem::remove_all(root_); }
    void put(const std::string& name, const std::string& text) {
        const auto path = root_ / "sys/devices/system/cpu/cpu3/cache" / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text << '\n';
    }
    void put_cache(const std::string& index, const std::string& level, const std::string& type,
                   const std::string& size, const std::string& shared) {
        put(index + "/level", level);
        put(index + "/type", type);
        put(index + "/size", size);
        put(index + "/shared_cpu_list", shared);
    }

    std::filesystem::path root_;
};

TEST_F(FakeCaches, AreThoseThatHoldDataByLevel) {
    put_cache("index0", "1", "Data", "48K", "3");
    put_cache("index1", "1", "Instruction", "32K", "3");
    put_cache("index2", "3", "Unified", "32768K", "0-7");
    put_cache("index3", "2", "Unified", "2048K", "2-3");
    put_cache("index4", "2", "Unified", "", "2-3");
    const std::vector<Cache> caches = data_caches_of(3, root_);
    ASSERT_EQ(caches.size(), 3u);
    EXPECT_EQ(caches[0].level, 1);
    EXPECT_EQ(caches[0].bytes, 48u << 10);
    EXPECT_EQ(caches[1].level, 2);
    EXPECT_EQ(caches[1].bytes, 2u << 20);
    EXPECT_EQ(caches[1].shared_by, (std::vector<int>{2, 3}));
    EXPECT_EQ(caches[2].bytes, 32u << 20);
    EXPECT_EQ(caches[2].shared_by.size(), 8u);
}

TEST_F(FakeCaches, AreNoneWhereTheKernelShowsNone) {
    EXPECT_TRUE(data_caches_of(3, root_).empty());
}

}  // namespace
}  // namespace shunt::perf
