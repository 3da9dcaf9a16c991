// SPDX-License-Identifier: MIT
#include <shunt/channel/list.hpp>
#include <shunt/channel/lock.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "unit/channel/own_directory.hpp"

namespace shunt::channel {
namespace {

class ListTest : public OwnDirectory {
protected:
    void write(const std::string& name, const std::string& content) const {
        std::ofstream{file(name), std::ios::binary} << content;
    }
    std::string read(const std::string& name) const {
        std::ifstream in{file(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
};

TEST_F(ListTest, NothingWhereThereIsNoDirectory) {
    std::filesystem::remove(path());
    EXPECT_TRUE(list().empty());
    EXPECT_FALSE(std::filesystem::exists(path())) << "listing makes nothing";
}

TEST_F(ListTest, ShowsChannelsAndWhoLivesInThem) {
    const Participant made{producer()};
    const Participant joined{consumer()};
    const std::vector<Listed> all = list();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].name, kName);
    EXPECT_EQ(all[0].path, file("md.ticks.shunt"));
    EXPECT_EQ(all[0].reason, "");
    ASSERT_TRUE(all[0].header.has_value());
    EXPECT_EQ(all[0].header->capacity, kSlots * 7);
    ASSERT_EQ(all[0].peers.size(), 2u);
    EXPECT_TRUE(all[0].peers[0].alive);
}

TEST_F(ListTest, UnreadableFilesAreListedWithTheirReasons) {
    Request kept = producer();
    kept.options.linger = linger::keep;
    { const Participant gone{kept}; }
    const std::string good = read("md.ticks.shunt");
    write("copy.shunt", good);
    write("cut.shunt", good.substr(0, 5000));
    write("empty.shunt", "");
    write("foreign.shunt", std::string(8192, 'x'));
    write("not-a-channel.txt", "x");
    write(".md.ticks.0123.new", "x");
    std::filesystem::create_directory(file("folder.shunt"));
    std::filesystem::create_symlink(file("md.ticks.shunt"), file("link.shunt"));
    const std::vector<Listed> all = list();
    std::vector<std::string> names;
    for (const Listed& one : all) {
        names.push_back(one.name);
        EXPECT_EQ(one.reason.empty(), one.name == kName) << one.name << ": " << one.reason;
        EXPECT_EQ(one.header.has_value(), one.name == kName) << one.name;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"copy", "cut", "empty", "folder", "foreign", "link",
                                               kName}));
    EXPECT_NE(all[0].reason.find("copy"), std::string::npos);
    EXPECT_NE(all[2].reason.find("empty"), std::string::npos);
}

TEST_F(ListTest, StaleOneIsListedAsSuch) {
    Request kept = producer();
    kept.options.linger = linger::keep;
    { const Participant gone{kept}; }
    std::string bytes = read("md.ticks.shunt");
    layout::Header header{};
    std::memcpy(bytes_of(header), bytes.data(), sizeof(header));
    header.boot_id[0] ^= 1;
    header.checksum = fnv1a({bytes_of(header), offsetof(layout::Header, checksum)});
    const int descriptor = ::open(file("md.ticks.shunt").c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(descriptor, bytes_of(header), sizeof(header), 0),
              static_cast<ssize_t>(sizeof(header)));
    ::close(descriptor);
    const std::vector<Listed> all = list();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(all[0].stale);
    EXPECT_TRUE(all[0].header.has_value());
    EXPECT_NE(all[0].reason.find("before the last boot"), std::string::npos);
    EXPECT_TRUE(is_error(caught([] { static_cast<void>(observe(kName)); }), Errc::stale, {"rm"}));
}

TEST_F(ListTest, ObserverSeesAndLeavesNoTrace) {
    const Participant made{producer()};
    made.region(layout::RegionId::slots)[3] = std::byte{7};
    // relaxed: one thread
    made.counters().full.store(11, std::memory_order_relaxed);
    const Observer observer = observe(kName);
    EXPECT_EQ(observer.header().checksum, made.header().checksum);
    EXPECT_EQ(observer.region(layout::RegionId::slots)[3], std::byte{7});
    // relaxed: one thread
    EXPECT_EQ(observer.counters(0).full.load(std::memory_order_relaxed), 11u);
    EXPECT_EQ(observer.peers().size(), 1u);
    EXPECT_TRUE(observer.peers()[0].alive);
    EXPECT_EQ(observer.placement().page_bytes, 4096u);
    EXPECT_EQ(observer.path(), file("md.ticks.shunt"));
    // relaxed: one thread
    EXPECT_EQ(made.control().next_token.load(std::memory_order_relaxed), 1u);
    const int descriptor = ::open(file("md.ticks.shunt").c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_FALSE(is_locked(descriptor, layout::kGateByte));
    ::close(descriptor);
}

TEST_F(ListTest, ObserverSeesTheDeadWithoutRecovering) {
    Request kept = producer();
    kept.options.linger = linger::keep;
    const Participant made{kept};
    // relaxed: one thread; an entry whose byte nobody locks, as of a dead one
    made.entry().word.store(entry_word(layout::EntryState::alive, 77), std::memory_order_relaxed);
    const Observer observer = observe(kName);
    ASSERT_EQ(observer.peers().size(), 1u);
    EXPECT_FALSE(observer.peers()[0].alive);
    EXPECT_EQ(observer.peers()[0].token, 77u);
}

TEST_F(ListTest, ObserverOfNothingSaysSo) {
    EXPECT_TRUE(is_error(caught([] { static_cast<void>(observe("nix")); }), Errc::not_found,
                         {"'nix'", "shunt ls"}));
    EXPECT_TRUE(
        is_error(caught([] { static_cast<void>(observe("a/b")); }), Errc::bad_argument, {}));
}

// Any bytes at all in place of a header: an Error or a channel, never more.
TEST_F(ListTest, HostileHeadersAreSurvived) {
    Request kept = producer();
    kept.options.linger = linger::keep;
    { const Participant gone{kept}; }
    const std::string good = read("md.ticks.shunt");
    std::mt19937_64 random{20};
    int refused = 0;
    constexpr int kRounds = 2000;
    for (int round = 0; round < kRounds; ++round) {
        layout::Header header{};
        std::memcpy(bytes_of(header), good.data(), sizeof(header));
        for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
            // Whole numbers and single bits, beyond the fields that are compared with constants.
            const std::size_t at = 16 + random() % (sizeof(header) - 24);
            bytes_of(header)[at] = random() % 2 == 0
                                       ? bytes_of(header)[at] ^ std::byte(1u << random() % 8)
                                       : std::byte(random() % 256);
        }
        header.checksum = fnv1a({bytes_of(header), offsetof(layout::Header, checksum)});
        const int descriptor = ::open(file("md.ticks.shunt").c_str(), O_WRONLY | O_CLOEXEC);
        ASSERT_EQ(::pwrite(descriptor, bytes_of(header), sizeof(header), 0),
                  static_cast<ssize_t>(sizeof(header)));
        ::close(descriptor);
        const std::vector<Listed> all = list();
        ASSERT_EQ(all.size(), 1u);
        if (all[0].reason.empty()) {
            const Observer observer = observe(kName);
            static_cast<void>(observer.peers());
        } else {
            ++refused;
        }
    }
    EXPECT_GT(refused, kRounds / 10);
    EXPECT_LT(refused, kRounds);
}

}  // namespace
}  // namespace shunt::channel
