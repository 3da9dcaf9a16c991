// SPDX-License-Identifier: MIT
//
// The files of one channel, open and mapped in this process. How it was found or made is the
// business of life.hpp; what lies in the regions, that of the rings.
#pragma once

#include <shunt/allocators/mapping.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/channel/lock.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/channel/process.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/layout/segment.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace shunt::channel {

/// Slots below this are not put into huge pages unless asked for.
inline constexpr std::uint64_t kHugeWorthwhileBytes = std::uint64_t{1} << 20;

/// Two descriptions of the named file: `file` holds this participant's locks (token, gate), `probe`
/// holds none and asks about those of others. Memory is mapped through `probe`: a mapping keeps its
/// description and so its locks.
struct OpenChannel {
    std::string name;
    std::string path;
    TrackedFile file;
    TrackedFile probe;
    layout::Header header{};  // private, checked copy
    Mapping named;
    Mapping slots;  // nothing where the slots lie in the named file

    [[nodiscard]] std::byte* region(layout::RegionId id) const noexcept;
    [[nodiscard]] layout::ControlPage& control() const noexcept;
    [[nodiscard]] layout::Counters& counters(std::uint32_t index) const noexcept;
    [[nodiscard]] Registry registry() const noexcept;
};

/// Maps the named file of a channel, whose `file` and `header` are set; opens `probe`.
void map_named(OpenChannel& channel, Access access);

/// Slots in the named file and producer_words are read-only in this process from now on, where its
/// base pages are of 4 KiB: regions lie at multiples of that. Throws the errno.
void protect_log(OpenChannel& channel);

/// Opens and verifies the slots file that the header names; empty where it names none. Throws
/// Errc::not_found, foreign or no_permission with the cure.
[[nodiscard]] FileHandle open_slots(const OpenChannel& channel, Access access);

/// Maps what open_slots() opened, if that is something. Throws Errc::truncated.
void map_slots(OpenChannel& channel, Access access, const FileHandle& file);

/// Removes the slots file that the header names, if it names one and it is still there.
void unlink_slots(const layout::Header& header) noexcept;

/// Links that the file has: 0 once its name was removed, or given to another file. The caller holds
/// the gate. Throws the errno.
[[nodiscard]] bool has_a_name(int descriptor);

/// Every entry that is not FREE, with its life by its lock.
[[nodiscard]] std::vector<Peer> peers_of(const OpenChannel& channel);
/// The same of `entries`, mapped or a copy, asked for through `probe_fd`.
[[nodiscard]] std::vector<Peer> peers_in(std::span<const layout::RegistryEntry> entries,
                                         int probe_fd);

/// Where the slots are, from the kernel's own files; faults this process's page tables in first.
[[nodiscard]] Placement placement_of(const OpenChannel& channel);

}  // namespace shunt::channel
