// SPDX-License-Identifier: MIT
//
// Birth and replacement: a complete channel first, its name last.
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/channel/clock.hpp>
#include <shunt/channel/failure.hpp>
#include <shunt/channel/life.hpp>
#include <shunt/core/bytes.hpp>

#include <sched.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace shunt::channel {
namespace {

Incarnation draw_incarnation(const std::string& asked) {
    Incarnation incarnation{};
    if (::getrandom(incarnation.data(), incarnation.size(), 0) !=
        static_cast<ssize_t>(incarnation.size())) {
        fail_errno(errno, asked, "getrandom");
    }
    return incarnation;
}

// What node::automatic is about.
int cpu_of(const Options& options) noexcept {
    return options.cpu != kAnyCpu ? options.cpu : ::sched_getcpu();
}

std::string creating(const Request& request) {
    return "cannot create channel " + quoted(request.name);
}

}  // namespace

Newborn::Newborn(const Request& request, const Folder& directory) {
    const std::string asked = creating(request);
    layout::Header& header = channel_.header;
    channel_.name = request.name;
    channel_.path = directory.path() + "/" + channel_file(request.name);
    header = plan_header(request, 0);
    nodes_ = plan_nodes(request.options.node, cpu_of(request.options));
    const Incarnation incarnation = draw_incarnation(asked);
    switch (request.options.pages) {
        case pages::base:
        case pages::thp:
            break;
        case pages::huge_2m:
            make_slots(request, directory, incarnation, kHugePageBytes);
            break;
        case pages::huge_1g:
            make_slots(request, directory, incarnation, kGiganticPageBytes);
            break;
        case pages::prefer_huge:
            if (request.slots_bytes < kHugeWorthwhileBytes) {
                break;  // placement() says so
            }
            try {
                make_slots(request, directory, incarnation, kHugePageBytes);
            } catch (const Error& error) {
                channel_.slots = {};
                slots_path_.clear();
                note_ = std::string{"no 2 MiB pages: "} + error.what();
            }
            break;
    }
    try {
        if (slots_file_) {
            header = plan_header(request, channel_.slots.page_bytes());
            slots_path_.copy(header.slots_path, sizeof(header.slots_path) - 1);
        }
        std::copy(incarnation.begin(), incarnation.end(), header.incarnation);
        std::copy(boot_id().begin(), boot_id().end(), header.boot_id);
        make_named(request, directory);
        enter(request);
    } catch (...) {
        if (linked_slots_) {
            ::unlink(slots_path_.c_str());
        }
        throw;
    }
}

Newborn::~Newborn() {
    if (!committed_ && linked_slots_) {
        ::unlink(slots_path_.c_str());
    }
}

// The slots file is complete and locked before it has a name, and has its name before the channel
// has.
void Newborn::make_slots(const Request& request, const Folder& directory,
                         const Incarnation& incarnation, std::uint64_t page_bytes) {
    const HugeMount mount = find_huge_mount(page_bytes, slots_root_name());
    const Folder folder = open_slots_folder(directory, mount.path, Folder::Missing::create);
    slots_path_ = folder.path() + "/" + slots_file(incarnation);
    if (slots_path_.size() >= sizeof(layout::Header::slots_path)) {
        fail(Errc::bad_argument, creating(request),
             "the path " + quoted(slots_path_) + " has more than 511 characters",
             "mount hugetlbfs at a shorter path");
    }
    FileHandle file = folder.create_unnamed();
    channel_.slots = make_memory(file, align_up(request.slots_bytes, page_bytes),
                                 MemoryPlan{.page_bytes = page_bytes, .nodes = nodes_},
                                 "slots of channel " + quoted(request.name));
    if (const int error = try_lock(file.get(), 0, LockKind::write); error != 0) {
        fail_errno(error, creating(request), "lock of byte 0 of its slots file");
    }
    if (!folder.link(file, slots_file(incarnation))) {
        fail(Errc::already_exists, creating(request), quoted(slots_path_) + " exists", "try again");
    }
    slots_file_ = std::move(file);
    linked_slots_ = true;
}

void Newborn::make_named(const Request& request, const Folder& directory) {
    layout::Header& header = channel_.header;
    channel_.file = TrackedFile::opened_by([&] { return directory.create_unnamed(); });
    channel_.probe = reopen(channel_.file.get(), true);
    MemoryPlan plan{.transparent = is_transparent(header), .nodes = nodes_};
    if (slots_file_ && plan.nodes.mode == NodePlan::Mode::interleave) {
        plan.nodes = {};  // the few small regions need not be spread
    }
    channel_.named = make_memory(channel_.probe.file(), header.segments[0].bytes, plan,
                                 "file of channel " + quoted(request.name));
    const Mapping& slots_memory = channel_.slots ? channel_.slots : channel_.named;
    header.node = prove_memory(slots_memory).node();
    header.inode = facts_of(channel_.file.get(), channel_.path).inode;
    seal(header);
    std::memcpy(channel_.named.bytes(), bytes_of(header), sizeof(header));

    layout::ControlPage& control = channel_.control();
    const ClockAnchor anchor = anchor_clocks();
    control.tsc_hz = anchor.ticks_per_s;
    control.anchor_ticks = anchor.ticks;
    control.anchor_mono_ns = anchor.mono_ns;
    control.anchor_tai_ns = anchor.tai_ns;
}

void Newborn::enter(const Request& request) {
    if (const std::uint32_t least = request.least_seat(); least >= channel_.header.ports) {
        fail(Errc::bad_argument, creating(request),
             "there is no seat " + std::to_string(least) + " among " +
                 std::to_string(channel_.header.ports) + " ports",
             "raise .ports");
    }
    seat_.token = prove_alive(channel_);
    seat_.index = take_seat(request, channel_, seat_.token);
}

bool Newborn::commit(const Folder& directory) {
    if (!directory.link(channel_.file.file(), channel_file(channel_.name))) {
        return false;
    }
    committed();
    return true;
}

bool Newborn::replace(const Folder& directory, OpenChannel& old) {
    // Both at once: with the temporary name there, nothing but the rename may throw.
    const std::string name = channel_file(channel_.name);
    const std::string temporary = temporary_file(channel_.name, incarnation_of(channel_.header));
    if (!directory.link(channel_.file.file(), temporary)) {
        return false;
    }
    const int gate = old.file.get();
    const bool held = try_lock(gate, layout::kGateByte, LockKind::write) == 0;
    // Entries are looked at without recovery: the file ends here, and with it all that waits for
    // news.
    if (!held || !name_leads_to(directory, name, gate) || old.registry().anybody_else(kNoEntry)) {
        if (held) {
            unlock(gate, layout::kGateByte);
        }
        directory.unlink(temporary);
        return false;
    }
    try {
        directory.replace(temporary, name);
    } catch (...) {
        unlock(gate, layout::kGateByte);
        directory.unlink(temporary);
        throw;
    }
    unlink_slots(old.header);
    unlock(gate, layout::kGateByte);
    committed();
    return true;
}

void Newborn::committed() noexcept {
    committed_ = true;
    if (slots_file_) {
        unlock(slots_file_.get(), 0);
        slots_file_.reset();
    }
}

}  // namespace shunt::channel
