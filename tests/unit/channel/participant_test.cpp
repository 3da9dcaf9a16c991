// SPDX-License-Identifier: MIT
//
// One process: what a participant makes, joins, refuses and leaves behind. Races and deaths are in
// tests/process.
#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/channel/lock.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "unit/channel/own_directory.hpp"

namespace shunt::channel {
namespace {

using layout::EntryState;
using layout::Role;
using std::chrono::milliseconds;

const std::string kFile = "md.ticks.shunt";

class ParticipantTest : public OwnDirectory {
protected:
    // Writes a change into the header of the channel's file, with the checksum right again.
    void change_header(const std::function<void(layout::Header&)>& change) {
        const int descriptor = ::open(file(kFile).c_str(), O_RDWR | O_CLOEXEC);
        layout::Header header{};
        ASSERT_EQ(::pread(descriptor, bytes_of(header), sizeof(header), 0),
                  static_cast<ssize_t>(sizeof(header)));
        change(header);
        seal(header);
        ASSERT_EQ(::pwrite(descriptor, bytes_of(header), sizeof(header), 0),
                  static_cast<ssize_t>(sizeof(header)));
        ::close(descriptor);
    }
    // A channel in which nobody lives.
    void leave_one_behind() {
        Request request = producer();
        request.options.linger = linger::keep;
        const Participant gone{request};
    }
    static Request at_once(Request request) {
        request.options.open_timeout = milliseconds{0};
        request.options.seat_timeout = milliseconds{0};
        return request;
    }
    static Request of_16_bytes(Request request) {
        request.element_bytes = 16;
        request.capacity = kSlots * 3;
        return request;
    }
    ino_t inode() const {
        struct stat status {};
        return ::stat(file(kFile).c_str(), &status) == 0 ? status.st_ino : 0;
    }
};

TEST_F(ParticipantTest, CreatorMakesTheWholeChannel) {
    const Participant made{producer()};
    EXPECT_TRUE(made.created());
    EXPECT_EQ(made.token(), 1u);
    EXPECT_EQ(made.index(), 0u);
    EXPECT_EQ(made.name(), "md.ticks");
    EXPECT_EQ(files(), std::vector<std::string>{kFile});
    EXPECT_EQ(made.header().inode, inode());
    EXPECT_EQ(made.header().capacity, kSlots * 7);
    // relaxed: one thread
    EXPECT_EQ(made.entry().word.load(std::memory_order_relaxed), entry_word(EntryState::alive, 1));
    for (const auto id : {layout::RegionId::consumer_words, layout::RegionId::slots}) {
        const std::uint64_t bytes = region_of(made.header(), id).bytes;
        for (std::uint64_t i = 0; i < bytes; ++i) {
            ASSERT_EQ(made.region(id)[i], std::byte{0});
        }
    }
    EXPECT_EQ(made.region(layout::RegionId::producer_words), nullptr);
}

TEST_F(ParticipantTest, ControlPageTurnsTicksIntoTime) {
    const Participant made{producer()};
    const layout::ControlPage& control = made.control();
    EXPECT_GT(control.tsc_hz, 1'000'000u);
    EXPECT_GT(control.anchor_mono_ns, 0u);
    EXPECT_GE(control.anchor_tai_ns, control.anchor_mono_ns);
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    EXPECT_LT(static_cast<std::uint64_t>(now_ns) - control.anchor_mono_ns, 60'000'000'000u);
}

TEST_F(ParticipantTest, JoinerSeesTheSameMemory) {
    const Participant made{producer()};
    const Participant joined{consumer()};
    EXPECT_FALSE(joined.created());
    EXPECT_EQ(joined.token(), 2u);
    EXPECT_EQ(joined.index(), 1u);
    made.region(layout::RegionId::slots)[100] = std::byte{42};
    EXPECT_EQ(joined.region(layout::RegionId::slots)[100], std::byte{42});
    EXPECT_EQ(joined.header().checksum, made.header().checksum);
}

TEST_F(ParticipantTest, PeersAreListedWithTheirLives) {
    const Participant made{producer()};
    const Participant joined{consumer()};
    const std::vector<Peer> peers = made.peers();
    ASSERT_EQ(peers.size(), 2u);
    EXPECT_EQ(peers[0].role, Role::producer);
    EXPECT_EQ(peers[1].role, Role::consumer);
    EXPECT_EQ(peers[1].token, 2u);
    EXPECT_EQ(peers[1].pid, static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(peers[1].wait, static_cast<std::uint32_t>(wait::park));
    EXPECT_TRUE(peers[0].alive);
    EXPECT_TRUE(peers[1].alive);
}

TEST_F(ParticipantTest, TakenSeatNamesItsHolder) {
    const Participant made{producer()};
    const auto begin = Clock::now();
    const Caught error = caught([] { Participant{producer()}; });
    EXPECT_TRUE(is_error(error, Errc::already_exists,
                         {"md.ticks", "its producer is process " + std::to_string(::getpid()),
                          "one producer at a time"}));
    EXPECT_GE(Clock::now() - begin, milliseconds{20}) << "the holder might have been dying";
    EXPECT_EQ(made.peers().size(), 1u);
}

// What stands beside the word of one that is JOINING is that of an earlier one.
TEST_F(ParticipantTest, TakenSeatOfAJoinerNamesNobodyElse) {
    const Participant made{producer()};
    const std::uint64_t joining = entry_word(EntryState::joining, made.token());
    const std::uint64_t alive = entry_word(EntryState::alive, made.token());
    made.entry().word.store(joining, std::memory_order_release);
    const Caught error = caught([] { Participant{producer()}; });
    made.entry().word.store(alive, std::memory_order_release);
    EXPECT_TRUE(is_error(error, Errc::already_exists,
                         {"its producer is a process that is just joining", "/proc/*/fd"}));
    EXPECT_EQ(error.text.find("process " + std::to_string(::getpid())), std::string::npos);
}

TEST_F(ParticipantTest, SeatGivenUpDuringTheRetryIsTaken) {
    std::optional<Participant> made{producer()};
    Request patient = producer();
    patient.options.seat_timeout = milliseconds{20000};
    std::thread leaver;
    {
        const Participant other{consumer()};  // keeps the channel
        leaver = std::thread{[&] { made->close(); }};
        const Participant second{patient};
        EXPECT_FALSE(second.created());
        leaver.join();
    }
}

TEST_F(ParticipantTest, LeavingTellsAndFreesAndIsDoneOnce) {
    Participant made{producer()};
    Participant joined{consumer()};
    joined.close();
    joined.close();
    EXPECT_EQ(last_closed(made.control(), Role::consumer), 2u);
    EXPECT_EQ(last_died(made.control(), Role::consumer), 0u);
    EXPECT_EQ(made.peers().size(), 1u);
    EXPECT_EQ(joined.reap(), 0u);
    const Participant successor{consumer()};
    EXPECT_EQ(successor.token(), 3u);
}

TEST_F(ParticipantTest, LeavingWakesBothRegions) {
    Participant made{producer()};
    Participant joined{consumer()};
    const auto seq = [&](layout::RegionId id) {
        // relaxed: one thread
        return object_at<layout::WakeRegion>(made.region(id))
            ->wake_seq.load(std::memory_order_relaxed);
    };
    joined.close();
    EXPECT_EQ(seq(layout::RegionId::wake_data), 1u);
    EXPECT_EQ(seq(layout::RegionId::wake_room), 1u);
}

TEST_F(ParticipantTest, CountersAreOwnAndStartAtZero) {
    const Participant made{producer()};
    {
        const Participant joined{consumer()};
        EXPECT_NE(&joined.counters(), &made.counters());
        // relaxed: one thread
        joined.counters().parks.store(5, std::memory_order_relaxed);
    }
    const Participant again{consumer()};
    // relaxed: one thread
    EXPECT_EQ(again.counters().parks.load(std::memory_order_relaxed), 0u);
}

TEST_F(ParticipantTest, LastCloserRemovesWhereLingerSaysSo) {
    const auto left = [&](linger how, bool (*drained)(const Participant&)) {
        Request request = producer();
        request.options.linger = how;
        request.drained = drained;
        { const Participant gone{request}; }
        const bool there = std::filesystem::remove(file(kFile));
        return there;
    };
    EXPECT_FALSE(left(linger::drained, nothing_unread));
    EXPECT_TRUE(left(linger::drained, something_unread));
    EXPECT_TRUE(left(linger::drained, nullptr)) << "nobody can say that it is drained";
    EXPECT_FALSE(left(linger::none, something_unread));
    EXPECT_TRUE(left(linger::keep, nothing_unread));
}

TEST_F(ParticipantTest, NotTheLastLeavesTheChannel) {
    std::optional<Participant> made{producer()};
    const Participant joined{consumer()};
    made.reset();
    EXPECT_EQ(files().size(), 1u);
    const Participant successor{producer()};
    EXPECT_FALSE(successor.created());
    EXPECT_EQ(successor.header().checksum, joined.header().checksum);
}

TEST_F(ParticipantTest, StoppedJoinerKeepsTheCloserForNoMoreThanItsWait) {
    std::optional<Participant> made{producer()};
    const int gate = ::open(file(kFile).c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(try_lock(gate, layout::kGateByte, LockKind::read), 0);
    const auto begin = Clock::now();
    made.reset();
    EXPECT_GE(Clock::now() - begin, milliseconds{100});
    EXPECT_LT(Clock::now() - begin, milliseconds{5000});
    EXPECT_EQ(files().size(), 1u) << "left to a successor";
    ::close(gate);
    const Participant successor{producer()};
    EXPECT_FALSE(successor.created());
}

TEST_F(ParticipantTest, JoinerWaitsForTheGateAndSaysSo) {
    leave_one_behind();
    const int gate = ::open(file(kFile).c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(try_lock(gate, layout::kGateByte, LockKind::write), 0);
    EXPECT_TRUE(is_error(caught([] { Participant{at_once(consumer())}; }), Errc::timed_out,
                         {"gate", "byte 0", "inode " + std::to_string(inode())}));
    ::close(gate);
    const Participant joined{at_once(consumer())};
}

TEST_F(ParticipantTest, ReplacerWaitsForTheGateAndSaysSo) {
    leave_one_behind();
    const int gate = ::open(file(kFile).c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(try_lock(gate, layout::kGateByte, LockKind::read), 0);
    Request request = at_once(of_16_bytes(producer()));
    request.options.existing = existing::replace;
    EXPECT_TRUE(is_error(caught([&] { Participant{request}; }), Errc::timed_out,
                         {"to be replaced", "gate", "stopped"}));
    EXPECT_EQ(files().size(), 1u);
    ::close(gate);
    const Participant made{request};
    EXPECT_TRUE(made.created());
}

TEST_F(ParticipantTest, TimeoutsMayBeForEver) {
    Request request = producer();
    request.options.open_timeout = milliseconds::max();
    request.options.seat_timeout = milliseconds::max();
    const Participant made{request};
    EXPECT_GT(deadline_after(milliseconds::max()), Clock::now());
}

TEST_F(ParticipantTest, NobodyMakesIt) {
    EXPECT_TRUE(is_error(caught([] { Participant{at_once(consumer())}; }), Errc::not_found,
                         {"md.ticks", path(), "within 0 ms", "start its producer"}));
    EXPECT_TRUE(files().empty());
}

TEST_F(ParticipantTest, JoinerWaitsForTheName) {
    std::thread waiter{[] {
        const Participant joined{consumer()};
        EXPECT_FALSE(joined.created());
    }};
    Request request = producer();
    request.options.linger = linger::keep;
    const Participant made{request};
    waiter.join();
    EXPECT_EQ(last_closed(made.control(), Role::consumer), 2u);
}

TEST_F(ParticipantTest, BadNamesAreRefused) {
    for (const std::string_view name : {"", "a/b", "..", ".hidden"}) {
        Request request = producer();
        request.name = name;
        EXPECT_TRUE(is_error(caught([&] { Participant{request}; }), Errc::bad_argument, {}))
            << name;
    }
}

TEST_F(ParticipantTest, OtherGeometryIsRefusedAndNothingIsLost) {
    leave_one_behind();
    const ino_t before = inode();
    EXPECT_TRUE(is_error(caught([&] { Participant{of_16_bytes(producer())}; }), Errc::wrong_type,
                         {"element size", "is 8", "wanted 16", "existing::replace"}));
    EXPECT_EQ(inode(), before);
    EXPECT_EQ(files().size(), 1u);
    const Participant joined{at_once(consumer())};
}

TEST_F(ParticipantTest, OtherGeometryIsReplacedWhereAsked) {
    leave_one_behind();
    const ino_t before = inode();
    Request request = of_16_bytes(producer());
    request.options.existing = existing::replace;
    const Participant made{request};
    EXPECT_TRUE(made.created());
    EXPECT_NE(made.header().inode, before);
    EXPECT_EQ(made.header().inode, inode());
    EXPECT_EQ(made.header().element_bytes, 16u);
    EXPECT_EQ(files(), std::vector<std::string>{kFile});
    const Participant joined{of_16_bytes(consumer())};
    EXPECT_EQ(joined.header().checksum, made.header().checksum);
}

TEST_F(ParticipantTest, SameGeometryIsJoinedEvenWhereReplacingIsAllowed) {
    leave_one_behind();
    Request request = producer();
    request.options.existing = existing::replace;
    const Participant joined{request};
    EXPECT_FALSE(joined.created());
}

TEST_F(ParticipantTest, ChannelWithALivingParticipantIsNotReplaced) {
    const Participant living{producer()};
    Request request = of_16_bytes(producer());
    request.options.existing = existing::replace;
    EXPECT_TRUE(is_error(caught([&] { Participant{request}; }), Errc::wrong_type,
                         {"wanted 16", "process " + std::to_string(::getpid()) + " lives in it"}));
    EXPECT_EQ(inode(), living.header().inode);
    EXPECT_EQ(files().size(), 1u);
}

TEST_F(ParticipantTest, JoinersOnlyNeverReplace) {
    leave_one_behind();
    Request request = of_16_bytes(consumer());
    request.options.existing = existing::replace;
    EXPECT_TRUE(is_error(caught([&] { Participant{request}; }), Errc::wrong_type, {"wanted 16"}));
}

TEST_F(ParticipantTest, StaleBootIsReplacedByACreatorAndWaitedOutByAJoiner) {
    leave_one_behind();
    change_header([](layout::Header& header) { header.boot_id[5] ^= 1; });
    const ino_t before = inode();
    EXPECT_TRUE(is_error(caught([] { Participant{at_once(consumer())}; }), Errc::stale,
                         {"before the last boot", kFile}));
    EXPECT_EQ(inode(), before);
    const Participant made{producer()};
    EXPECT_TRUE(made.created());
    EXPECT_NE(inode(), before);
    EXPECT_EQ(files(), std::vector<std::string>{kFile});
    const Participant joined{at_once(consumer())};
}

TEST_F(ParticipantTest, CopyIsForeignToEverybodyAndNeverReplaced) {
    leave_one_behind();
    std::filesystem::copy_file(file(kFile), file("other"));
    std::filesystem::rename(file("other"), file(kFile));
    const ino_t copy = inode();
    Request replacer = producer();
    replacer.options.existing = existing::replace;
    for (const Request& request : {producer(), consumer(), replacer}) {
        EXPECT_TRUE(is_error(caught([&] { Participant{request}; }), Errc::foreign,
                             {"copy", "rm '" + file(kFile) + "'"}));
    }
    EXPECT_EQ(inode(), copy);
}

TEST_F(ParticipantTest, CutFileIsTruncated) {
    leave_one_behind();
    ASSERT_EQ(::truncate(file(kFile).c_str(), 12288), 0);
    EXPECT_TRUE(
        is_error(caught([] { Participant{producer()}; }), Errc::truncated, {"12288", "61440"}));
    ASSERT_EQ(::truncate(file(kFile).c_str(), 0), 0);
    EXPECT_TRUE(is_error(caught([] { Participant{consumer()}; }), Errc::truncated, {"empty"}));
}

TEST_F(ParticipantTest, OtherVersionIsRefused) {
    leave_one_behind();
    change_header([](layout::Header& header) { header.layout_version = 9; });
    EXPECT_TRUE(is_error(caught([] { Participant{producer()}; }), Errc::wrong_version,
                         {"version is 9", "reads 2"}));
}

TEST_F(ParticipantTest, LostSlotsFileIsSaid) {
    leave_one_behind();
    change_header([&](layout::Header& header) {
        header.segments[1] = {kHugePageBytes, kHugePageBytes, 0};
        auto& slots = header.regions[static_cast<std::size_t>(layout::RegionId::slots)];
        slots.segment = 1;
        slots.offset = 0;
        const std::string path = "/nowhere/" + slots_file(incarnation_of(header));
        path.copy(header.slots_path, sizeof(header.slots_path) - 1);
    });
    Request request = producer();
    request.options.pages = pages::prefer_huge;
    EXPECT_TRUE(is_error(caught([&] { Participant{request}; }), Errc::not_found,
                         {"/nowhere/", "mount hugetlbfs"}));
}

TEST_F(ParticipantTest, SpentTokenIsCorrupt) {
    const Participant made{producer()};
    // relaxed: one thread; somebody has written over the control page
    made.control().next_token.store(0, std::memory_order_relaxed);
    EXPECT_TRUE(is_error(caught([] { Participant{consumer()}; }), Errc::corrupt, {"token 1"}));
    // relaxed: one thread
    made.control().next_token.store(kPositionLimit, std::memory_order_relaxed);
    EXPECT_TRUE(is_error(caught([] { Participant{consumer()}; }), Errc::corrupt, {"impossible"}));
}

// A joiner of that seat would otherwise try for ever: nobody holds it, and it cannot be taken.
TEST_F(ParticipantTest, FreeEntryWithATokenIsCorrupt) {
    const Participant made{producer()};
    auto* const entries = object_at<layout::RegistryEntry>(made.region(layout::RegionId::registry));
    // relaxed: one thread; somebody has written over the registry
    entries[layout::kConsumerSeat].word.store(entry_word(EntryState::free, 7),
                                              std::memory_order_relaxed);
    EXPECT_TRUE(is_error(caught([] { Participant{consumer()}; }), Errc::corrupt,
                         {"entry 1", "token 7", "rm "}));
}

// A joiner would otherwise draw tokens for ever: none is younger than that end.
TEST_F(ParticipantTest, EndOfATokenThatNobodyDrewIsCorrupt) {
    const Participant made{producer()};
    auto* const entries = object_at<layout::RegistryEntry>(made.region(layout::RegionId::registry));
    // relaxed: one thread; somebody has written over the registry
    entries[layout::kConsumerSeat].ended.store(2 * 77 + 1, std::memory_order_relaxed);
    EXPECT_TRUE(is_error(caught([] { Participant{consumer()}; }), Errc::corrupt,
                         {"entry 1", "token 77", "rm "}));
}

TEST_F(ParticipantTest, PlacementIsWhatTheKernelSays) {
    Request request = producer();
    request.options.pages = pages::prefer_huge;
    const Participant made{request};
    const Participant joined{consumer()};
    for (const Participant* place : {&made, &joined}) {
        const Placement placement = place->placement();
        EXPECT_EQ(placement.page_bytes, 4096u);
        EXPECT_EQ(placement.pages, 3u);
        EXPECT_EQ(placement.resident_pages, 3u);
        EXPECT_EQ(placement.path, file(kFile));
        EXPECT_NE(placement.note.find("1 MiB"), std::string::npos);
    }
}

TEST_F(ParticipantTest, PreparedMemoryIsLocked) {
    Participant made{producer()};
    const auto locked_kb = [] {
        const auto text = read_text("/proc/self/status");
        return std::stoul(text->substr(text->find("VmLck:") + 6));
    };
    const auto before = locked_kb();
    made.prepare_rt();
    EXPECT_EQ(locked_kb() - before, made.header().segments[0].bytes / 1024);
}

TEST_F(ParticipantTest, NoDescriptorStaysOpenAfterIt) {
    const auto open_files = [] {
        const auto all = std::filesystem::directory_iterator{"/proc/self/fd"};
        return std::distance(begin(all), end(all));
    };
    const auto before = open_files();
    {
        const Participant made{producer()};
        const Participant joined{consumer()};
        static_cast<void>(caught([] { Participant{producer()}; }));
    }
    EXPECT_EQ(open_files(), before);
}

// The cpus that the calling thread may use.
std::vector<int> cpus_here() {
    const std::string status = read_text("/proc/thread-self/status").value_or("");
    const std::string key = "\nCpus_allowed_list:\t";
    const std::size_t at = status.find(key);
    return at == std::string::npos ? std::vector<int>{} : parse_list(&status[at + key.size()]);
}

TEST_F(ParticipantTest, BindsTheThreadThatOpensToItsCpuAndShowsIt) {
    const std::vector<int> before = cpus_here();
    ASSERT_FALSE(before.empty());
    std::thread{[&] {
        Request request = producer();
        request.options.cpu = before.back();
        {
            const Participant made{request};
            EXPECT_EQ(cpus_here(), std::vector<int>{before.back()});
            ASSERT_EQ(made.peers().size(), 1u);
            EXPECT_EQ(made.peers()[0].cpu, before.back());
            request.role = layout::Role::consumer;
            request.seat = layout::kConsumerSeat;
            request.options.cpu = before.front();
            const Participant joined{request};
            EXPECT_EQ(joined.peers()[1].cpu, before.front());
        }
        EXPECT_EQ(cpus_here(), std::vector<int>{before.front()});  // for good
    }}.join();
    EXPECT_EQ(cpus_here(), before);  // no other thread
}

TEST_F(ParticipantTest, GivesTheThreadItsCpusBackWhereItFails) {
    const std::vector<int> before = cpus_here();
    Request request = at_once(consumer());
    request.options.cpu = before.back();
    EXPECT_TRUE(is_error(caught([&] { const Participant none{request}; }), Errc::not_found, {}));
    EXPECT_EQ(cpus_here(), before);
}

TEST_F(ParticipantTest, RefusesACpuThatThereIsNot) {
    Request request = producer();
    for (const std::int32_t cpu : {8191, 8192, -2}) {
        request.options.cpu = cpu;
        EXPECT_TRUE(is_error(
            caught([&] { const Participant none{request}; }), Errc::bad_argument,
            {"cannot open channel 'md.ticks'",
             "cannot bind this thread to cpu " + std::to_string(cpu), "/sys/devices/system/cpu/"}));
    }
    EXPECT_TRUE(files().empty());
}

TEST_F(ParticipantTest, RefusesANodeThatThereIsNot) {
    Request request = producer();
    request.options.node = 4711;
    EXPECT_TRUE(is_error(caught([&] { const Participant none{request}; }), Errc::bad_argument,
                         {"cannot open channel 'md.ticks'", "wanted memory on node 4711"}));
    EXPECT_TRUE(files().empty());
}

TEST_F(ParticipantTest, TellsWhatWasAskedBesideWhatWasGot) {
    Request request = producer();
    const Participant made{request};
    const Placement placement = made.placement();
    EXPECT_EQ(placement.asked_pages, pages::base);
    EXPECT_EQ(placement.asked_node, node::any);
    EXPECT_EQ(placement.bytes, request.slots_bytes);
    EXPECT_EQ(placement.transparent_bytes, 0u);
    EXPECT_EQ(placement.mapped_page_bytes(), base_page_bytes());
}

TEST(Placement, IsOfHugePagesWhereAllOfItIs) {
    Placement placement;
    placement.page_bytes = 4096;
    placement.bytes = 5000;
    EXPECT_EQ(placement.mapped_page_bytes(), 4096u);
    placement.transparent_bytes = 4999;
    EXPECT_EQ(placement.mapped_page_bytes(), 4096u);
    placement.transparent_bytes = 5000;
    EXPECT_EQ(placement.mapped_page_bytes(), kHugePageBytes);
}

}  // namespace
}  // namespace shunt::channel
