// SPDX-License-Identifier: MIT
#include <shunt/channel/header.hpp>
#include <shunt/core/bytes.hpp>

#include "unit/channel/own_directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <functional>

namespace shunt::channel {
namespace {

using layout::Header;
using layout::RegionId;

constexpr std::uint64_t kInode = 4711;
const std::string kPath = "/somewhere/md.ticks.shunt";

Header sealed(bool huge_slots = false) {
    Header header = plan_header(producer(), huge_slots ? kHugePageBytes : 0);
    header.inode = kInode;
    std::copy(boot_id().begin(), boot_id().end(), header.boot_id);
    if (huge_slots) {
        const std::string path = "/mnt/" + slots_file(incarnation_of(header));
        path.copy(header.slots_path, sizeof(header.slots_path) - 1);
    }
    seal(header);
    return header;
}

FileFacts facts(const Header& header) {
    return {kPath, header.segments[0].bytes, kInode};
}

Caught checked(const Header& header, const FileFacts& facts) {
    return caught([&] { check_header(header, facts); });
}

// What check_header says when one thing in a good header is changed and the checksum is right
// again.
Caught after(const std::function<void(Header&)>& change, bool huge_slots = false) {
    Header header = sealed(huge_slots);
    const FileFacts before = facts(header);
    change(header);
    seal(header);
    return checked(header, before);
}

layout::RegionEntry& region(Header& header, RegionId id) {
    return header.regions[static_cast<std::size_t>(id)];
}

TEST(Header, PlannedOneIsAccepted) {
    for (const bool huge : {false, true}) {
        const Header header = sealed(huge);
        EXPECT_EQ(checked(header, facts(header)).text, "");
    }
}

TEST(Header, RegionsLieWhereThePictureSays) {
    const Header header = sealed();
    EXPECT_EQ(region_of(header, RegionId::registry).offset, 8192u);
    EXPECT_EQ(region_of(header, RegionId::registry).bytes, 128u * 128);
    EXPECT_EQ(region_of(header, RegionId::counters).offset, 8192u + 16384);
    EXPECT_EQ(region_of(header, RegionId::wake_data).offset, 8192u + 2 * 16384);
    EXPECT_EQ(region_of(header, RegionId::wake_room).offset, 8192u + 2 * 16384 + 128);
    EXPECT_EQ(region_of(header, RegionId::producer_words).bytes, 0u);
    EXPECT_EQ(region_of(header, RegionId::consumer_words).offset, 45056u);
    EXPECT_EQ(region_of(header, RegionId::slots).offset, 49152u);
    EXPECT_EQ(region_of(header, RegionId::slots).bytes, kSlots * 64 + 128);
    EXPECT_EQ(header.segments[0].bytes, 61440u);
}

TEST(Header, HugeSlotsAreASegmentOfWholePages) {
    const Header header = sealed(true);
    EXPECT_EQ(header.segments[1].bytes, kHugePageBytes);
    EXPECT_EQ(header.segments[1].page_bytes, kHugePageBytes);
    EXPECT_EQ(region_of(header, RegionId::slots).segment, 1u);
    EXPECT_EQ(region_of(header, RegionId::slots).offset, 0u);
    EXPECT_EQ(header.segments[0].bytes, 49152u);
}

TEST(Header, GiganticSlotsAreASegmentOfWholePagesToo) {
    const Header header = plan_header(producer(), kGiganticPageBytes);
    EXPECT_EQ(header.segments[1].bytes, kGiganticPageBytes);
    EXPECT_EQ(header.segments[1].page_bytes, kGiganticPageBytes);
    EXPECT_EQ(header.segments[0].bytes, 49152u);
}

TEST(Header, TransparentSlotsAreInANamedFileOfWholeHugePages) {
    Request request = producer();
    request.options.pages = pages::thp;
    const Header header = plan_header(request, 0);
    EXPECT_TRUE(is_transparent(header));
    EXPECT_EQ(header.segments[0].bytes, kHugePageBytes);
    EXPECT_EQ(header.segments[0].page_bytes, kBasePageBytes);
    EXPECT_EQ(header.segments[1].bytes, 0u);
    EXPECT_EQ(region_of(header, RegionId::slots).offset, 49152u);
    EXPECT_FALSE(is_transparent(sealed()));
}

TEST(Header, RemembersWhichNodeWasAskedFor) {
    Request request = producer();
    for (const std::int32_t wish :
         {node::any, node::automatic, node::interleave, 0, 1, 7, 4711, 65536}) {
        request.options.node = wish;
        EXPECT_EQ(asked_node(plan_header(request, 0)), wish);
    }
    request.options.node = node::any;
    EXPECT_EQ(plan_header(request, 0).node_policy, 0u);  // as headers had before there was the word
    for (const std::int32_t wish : {65537, -4, INT32_MIN}) {
        request.options.node = wish;
        EXPECT_TRUE(is_error(caught([&] { (void)plan_header(request, 0); }), Errc::bad_argument,
                             {"no such node policy"}));
    }
}

TEST(Header, BytesRingHasProducerWordsOnAPageOfTheirOwn) {
    Request request = producer();
    request.kind = layout::Kind::spsc_bytes;
    request.element_bytes = 1;
    request.capacity = 65536;
    request.slots_bytes = 65536 + kLinePairBytes;
    const Header header = plan_header(request, 0);
    EXPECT_EQ(region_of(header, RegionId::producer_words).offset % 4096, 0u);
    EXPECT_EQ(region_of(header, RegionId::consumer_words).offset,
              region_of(header, RegionId::producer_words).offset + 4096);
    EXPECT_EQ(header.frame_align, 64u);
}

TEST(Header, OtherMagicIsForeign) {
    EXPECT_TRUE(is_error(after([](Header& h) { h.magic ^= 1; }), Errc::foreign,
                         {kPath, "magic", "rm '" + kPath + "'"}));
}

TEST(Header, OtherByteOrderIsSaid) {
    Header header = sealed();
    header.magic = __builtin_bswap64(header.magic);
    EXPECT_TRUE(is_error(checked(header, facts(header)), Errc::wrong_version, {"byte order"}));
    EXPECT_TRUE(is_error(after([](Header& h) { h.byte_order = 0x04030201; }), Errc::wrong_version,
                         {"other byte order"}));
    EXPECT_TRUE(is_error(after([](Header& h) { h.byte_order = 7; }), Errc::wrong_version,
                         {"byte order mark"}));
}

TEST(Header, OtherLayoutVersionIsSaidWithBoth) {
    EXPECT_TRUE(is_error(after([](Header& h) { h.layout_version = 9; }), Errc::wrong_version,
                         {"version is 9", "reads 2"}));
}

TEST(Header, WrongChecksumIsCorrupt) {
    Header header = sealed();
    header.capacity += 1;
    EXPECT_TRUE(is_error(checked(header, facts(header)), Errc::corrupt, {"checksum"}));
}

TEST(Header, OtherInodeIsACopy) {
    const Header header = sealed();
    FileFacts copied = facts(header);
    copied.inode = 4712;
    EXPECT_TRUE(is_error(checked(header, copied), Errc::foreign, {"copy", "4711", "4712"}));
}

TEST(Header, FileShorterThanItSaysIsTruncated) {
    const Header header = sealed();
    FileFacts cut = facts(header);
    cut.bytes -= 4096;
    EXPECT_TRUE(is_error(checked(header, cut), Errc::truncated, {"57344", "61440"}));
    cut.bytes += 8192;
    EXPECT_TRUE(is_error(checked(header, cut), Errc::corrupt, {"more than"}));
}

TEST(Header, ImpossibleFieldsAreCorrupt) {
    const std::vector<std::pair<std::string, std::function<void(Header&)>>> changes = {
        {"kind", [](Header& h) { h.kind = 0; }},
        {"kind", [](Header& h) { h.kind = 77; }},
        {"lanes", [](Header& h) { h.lanes = 1; }},
        {"element size", [](Header& h) { h.element_bytes = 0; }},
        {"element size", [](Header& h) { h.element_bytes = std::uint64_t{1} << 40; }},
        {"element alignment", [](Header& h) { h.element_align = 3; }},
        {"element alignment", [](Header& h) { h.element_align = 128; }},
        {"wake mode", [](Header& h) { h.wake_mode = 2; }},
        {"linger", [](Header& h) { h.linger = 3; }},
        {"page policy", [](Header& h) { h.page_policy = 5; }},
        {"node policy", [](Header& h) { h.node_policy = 70000; }},
        {"segment table",
         [](Header& h) { h.page_policy = static_cast<std::uint32_t>(pages::thp); }},
        {"ports", [](Header& h) { h.ports = 0; }},
        {"ports", [](Header& h) { h.ports = 1; }},
        {"ports", [](Header& h) { h.ports = 4096; }},
        {"start position", [](Header& h) { h.start_pos = kPositionLimit; }},
        {"frame alignment", [](Header& h) { h.frame_align = 64; }},
        {"capacity", [](Header& h) { h.capacity = 0; }},
        {"capacity", [](Header& h) { h.capacity += 1; }},
        {"capacity", [](Header& h) { h.capacity = 3 * 7; }},
        {"capacity", [](Header& h) { h.capacity = std::uint64_t{7} << 55; }},
        {"length", [](Header& h) { h.capacity *= 2; }},
        {"length", [](Header& h) { h.ports = 129; }},
        {"does not end", [](Header& h) { std::memset(h.type_name, 'x', sizeof(h.type_name)); }},
        {"does not end", [](Header& h) { std::memset(h.slots_path, 'x', sizeof(h.slots_path)); }},
        {"slots file", [](Header& h) { std::strcpy(h.slots_path, "/etc/passwd"); }},
        {"segment table", [](Header& h) { h.segments[0].page_bytes = 512; }},
        {"segment table", [](Header& h) { h.segments[0].bytes += 1; }},
        {"segment table", [](Header& h) { h.segments[1].page_bytes = 4096; }},
    };
    for (const auto& [word, change] : changes) {
        EXPECT_TRUE(is_error(after(change), Errc::corrupt, {"impossible", word})) << word;
    }
}

TEST(Header, RegionsOutsideTheirSegmentOrOverEachOtherAreCorrupt) {
    const std::vector<std::pair<std::string, std::function<void(Header&)>>> changes = {
        {"outside", [](Header& h) { region(h, RegionId::slots).offset = h.segments[0].bytes; }},
        {"outside", [](Header& h) { region(h, RegionId::slots).offset += 4096; }},
        {"outside", [](Header& h) { region(h, RegionId::slots).offset = ~std::uint64_t{4095}; }},
        {"outside", [](Header& h) { region(h, RegionId::registry).offset = 4096; }},
        {"outside", [](Header& h) { region(h, RegionId::slots).bytes = ~std::uint64_t{0}; }},
        {"aligned", [](Header& h) { region(h, RegionId::wake_data).offset += 64; }},
        {"aligned", [](Header& h) { region(h, RegionId::consumer_words).offset += 128; }},
        {"overlap",
         [](Header& h) {
             region(h, RegionId::wake_room).offset = region(h, RegionId::wake_data).offset;
         }},
        {"overlap", [](Header& h) { region(h, RegionId::counters).bytes += 64; }},
        {"length", [](Header& h) { region(h, RegionId::consumer_words).bytes = 8; }},
        {"length", [](Header& h) { region(h, RegionId::producer_words).bytes = 128; }},
        {"segment that there is not", [](Header& h) { region(h, RegionId::registry).segment = 1; }},
        {"segment that there is not", [](Header& h) { region(h, RegionId::slots).segment = 2; }},
        {"outside", [](Header& h) { region(h, RegionId::slots).segment = 1; }},
    };
    for (const auto& [word, change] : changes) {
        EXPECT_TRUE(is_error(after(change), Errc::corrupt, {"impossible", word})) << word;
    }
}

TEST(Header, SlotsFileMustBeNamedAfterTheIncarnation) {
    const auto change = [](Header& h) { h.incarnation[3] ^= 1; };
    EXPECT_TRUE(is_error(after(change, true), Errc::corrupt, {"slots file", "incarnation"}));
    const auto relative = [](Header& h) { h.slots_path[0] = '.'; };
    EXPECT_TRUE(is_error(after(relative, true), Errc::corrupt, {"slots file"}));
}

TEST(Header, OtherBootIsSeenAndNotAnError) {
    Header header = sealed();
    EXPECT_TRUE(of_this_boot(header));
    header.boot_id[0] ^= 1;
    seal(header);
    EXPECT_EQ(checked(header, facts(header)).text, "");
    EXPECT_FALSE(of_this_boot(header));
}

TEST(Header, PlanRefusesWhatCannotBe) {
    const std::vector<std::pair<std::string, std::function<void(Request&)>>> changes = {
        {"capacity", [](Request& r) { r.capacity = 0; }},
        {"capacity", [](Request& r) { r.capacity = ~std::uint64_t{0}; }},
        {"element size", [](Request& r) { r.element_bytes = 0; }},
        {"element alignment", [](Request& r) { r.element_align = 0; }},
        {"kind", [](Request& r) { r.kind = layout::Kind::none; }},
        {"ports", [](Request& r) { r.options.ports = 5000; }},
        {"start position", [](Request& r) { r.options.start_pos = kPositionLimit; }},
        {"63 characters",
         [](Request& r) {
             r.type_name =
                 "0123456789012345678901234567890123456789"
                 "012345678901234567890123";
         }},
        {"cannot hold", [](Request& r) { r.slots_bytes -= 1; }},
    };
    for (const auto& [word, change] : changes) {
        Request request = producer();
        change(request);
        EXPECT_TRUE(is_error(caught([&] { (void)plan_header(request, 0); }), Errc::bad_argument,
                             {"cannot create channel 'md.ticks'", word}))
            << word;
    }
}

struct Difference {
    Errc code;
    std::vector<std::string> words;
    std::function<void(Request&)> change;
};

TEST(Header, JoinerThatWantsSomethingElseIsToldWhatAndHow) {
    Request made = producer();
    made.type_name = "md.Tick/1";
    made.fingerprint = fnv1a(made.type_name);
    Header header = plan_header(made, 0);
    header.node = 3;  // as the creator proved it
    const std::vector<Difference> differences = {
        {Errc::wrong_type,
         {"element size", "is 8", "wanted 16"},
         [](Request& r) { r.element_bytes = 16; }},
        {Errc::wrong_type,
         {"alignment", "is 8", "wanted 4"},
         [](Request& r) { r.element_align = 4; }},
        {Errc::wrong_type,
         {"'md.Tick/1'", "wanted 'md.Tick/2'"},
         [](Request& r) {
             r.type_name = "md.Tick/2";
             r.fingerprint = fnv1a(r.type_name);
         }},
        {Errc::wrong_geometry,
         {"kind is spsc, wanted spsc_bytes"},
         [](Request& r) { r.kind = layout::Kind::spsc_bytes; }},
        {Errc::wrong_geometry,
         {"capacity is 896, wanted 1792"},
         [](Request& r) {
             r.any_capacity = false;
             r.capacity *= 2;
         }},
        {Errc::wrong_geometry,
         {"page size is 4 KiB, wanted 2 MiB"},
         [](Request& r) { r.options.pages = pages::huge_2m; }},
        {Errc::wrong_geometry,
         {"page size is 4 KiB, wanted 1 GiB"},
         [](Request& r) { r.options.pages = pages::huge_1g; }},
        {Errc::wrong_geometry,
         {"page size is 4 KiB, wanted 2 MiB, transparent"},
         [](Request& r) { r.options.pages = pages::thp; }},
        {Errc::wrong_geometry, {"node is 3, wanted 1"}, [](Request& r) { r.options.node = 1; }},
        {Errc::wrong_geometry,
         {"memory is not interleaved, wanted it over all nodes"},
         [](Request& r) { r.options.node = node::interleave; }},
        {Errc::wrong_geometry,
         {"wake mode is wakeable, wanted polling"},
         [](Request& r) { r.options.wake = wake::polling; }},
        {Errc::wrong_geometry,
         {"linger is drained, wanted keep"},
         [](Request& r) { r.options.linger = linger::keep; }},
        {Errc::wrong_geometry,
         {"ports is 128, wanted 64"},
         [](Request& r) { r.options.ports = 64; }},
        {Errc::wrong_geometry,
         {"start position is 0, wanted 5"},
         [](Request& r) { r.options.start_pos = 5; }},
        {Errc::wrong_geometry, {"number of ports", "seat 128"}, [](Request& r) { r.seat = 128; }},
    };
    for (const Difference& difference : differences) {
        Request request = consumer();
        difference.change(request);
        std::vector<std::string> words = difference.words;
        words.insert(words.end(), {"cannot join channel 'md.ticks'", kPath, "existing::replace"});
        EXPECT_TRUE(is_error(caught([&] { check_wanted(header, request, kPath); }), difference.code,
                             words));
    }
}

TEST(Header, JoinerOfBytesIsToldOfAlignments) {
    Request made = producer();
    made.kind = layout::Kind::spsc_bytes;
    made.element_bytes = 1;
    made.capacity = 65536;
    made.slots_bytes = 65536 + kLinePairBytes;
    const Header header = plan_header(made, 0);
    Request request = made;
    request.options.frame_align = 8;
    EXPECT_TRUE(is_error(caught([&] { check_wanted(header, request, kPath); }),
                         Errc::wrong_geometry, {"frame alignment is 64, wanted 8"}));
    request.options.frame_align = 0;
    request.options.payload_align = 32;
    EXPECT_TRUE(is_error(caught([&] { check_wanted(header, request, kPath); }),
                         Errc::wrong_geometry, {"payload alignment is 8, wanted 32"}));
}

TEST(Header, JoinerOfOtherPagesIsToldWhichThereAre) {
    Request made = producer();
    made.options.pages = pages::thp;
    const Header transparent = plan_header(made, 0);
    const Header gigantic = plan_header(producer(), kGiganticPageBytes);
    Request joiner = consumer();
    EXPECT_TRUE(is_error(caught([&] { check_wanted(transparent, joiner, kPath); }),
                         Errc::wrong_geometry, {"page size is 2 MiB, transparent, wanted 4 KiB"}));
    EXPECT_TRUE(is_error(caught([&] { check_wanted(gigantic, joiner, kPath); }),
                         Errc::wrong_geometry, {"page size is 1 GiB, wanted 4 KiB"}));
    joiner.options.pages = pages::huge_1g;
    EXPECT_EQ(caught([&] { check_wanted(gigantic, joiner, kPath); }).text, "");
    joiner.options.pages = pages::thp;
    EXPECT_EQ(caught([&] { check_wanted(transparent, joiner, kPath); }).text, "");
    joiner.options.node = 2;  // of memory whose pages are on several, or on nobody knows which
    EXPECT_TRUE(is_error(caught([&] { check_wanted(transparent, joiner, kPath); }),
                         Errc::wrong_geometry, {"node is more than one or unknown, wanted 2"}));
}

TEST(Header, DefaultsOfAJoinerMeanAsItIs) {
    Request made = producer();
    made.options.wake = wake::polling;
    made.options.linger = linger::keep;
    made.options.ports = 64;
    made.options.start_pos = 99;
    made.fingerprint = 5;
    const Header header = plan_header(made, 0);
    Request joiner = consumer();
    joiner.capacity = 1;
    joiner.options.pages = pages::prefer_huge;
    joiner.options.node = node::automatic;
    joiner.options.cpu = 0;
    EXPECT_EQ(caught([&] { check_wanted(header, joiner, kPath); }).text, "");
}

class HeaderFile : public OwnDirectory {
protected:
    Caught reading(const std::string& content) {
        const int descriptor = ::open(file("x").c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600);
        EXPECT_EQ(::write(descriptor, content.data(), content.size()),
                  static_cast<ssize_t>(content.size()));
        const Caught result =
            caught([&] { (void)read_header(descriptor, facts_of(descriptor, file("x"))); });
        ::close(descriptor);
        return result;
    }
};

TEST_F(HeaderFile, EmptyShortAndForeignAreEachSaid) {
    EXPECT_TRUE(is_error(reading(""), Errc::truncated, {"empty", file("x")}));
    EXPECT_TRUE(is_error(reading("hello"), Errc::truncated, {"5 bytes", "944"}));
    EXPECT_TRUE(is_error(reading(std::string(5000, 'x')), Errc::foreign, {"magic"}));
}

}  // namespace
}  // namespace shunt::channel
