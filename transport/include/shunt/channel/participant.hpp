// SPDX-License-Identifier: MIT
//
// Participant: one port's place in a named channel, from opening to leaving. It finds or makes the
// file, maps it, takes a seat in the registry and keeps the lock that proves it alive; it asks the
// kernel whether the others live and recovers those that do not. It knows nothing of rings: it
// hands out regions. Everything here is cold path.
#pragma once

#include <shunt/channel/options.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/layout/segment.hpp>
#include <shunt/core/layout/wake.hpp>
#include <shunt/core/stats/counters.hpp>
#include <shunt/core/type_name.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::channel {

/// Any free entry from layout::kFirstSharedSeat up: of a role that has many.
inline constexpr std::uint32_t kAnySeat = ~std::uint32_t{0};

/// What a port asks for. The ring's own arithmetic fills in capacity and slots_bytes.
struct Request {
    std::string_view name;
    layout::Kind kind = layout::Kind::none;
    layout::Role role = layout::Role::none;
    std::uint32_t seat = 0;  // registry index, or kAnySeat
    bool creates = false;    // makes the channel where there is none; else waits for it
    std::uint64_t element_bytes = 0;
    std::uint64_t element_align = 0;
    std::uint64_t fingerprint = 0;  // 0: not compared
    std::string_view type_name;     // empty: none
    std::uint64_t capacity = 0;     // true capacity, of a channel that this call creates
    bool any_capacity = true;       // a joiner takes the channel's capacity as it is
    std::uint64_t slots_bytes = 0;  // with the guard line; of a channel that this call creates
    bool many_peers = false;        // the other role has many
    bool reads_only = false;        // slots and producer_words are mapped read-only
    std::uint32_t default_ports = layout::kDefaultPorts;  // where options.ports is 0
    std::uint32_t lanes = 0;  // of broadcast with several publishers; of a channel that is created
    // Asked by a producer of mpsc that sits in that lane's seat already: may it have it? Null: any
    // free seat will do.
    bool (*lane_is_free)(const struct OpenChannel&, std::uint32_t lane) = nullptr;
    // The last graceful closer of a channel with linger::drained asks: is nothing unread? The
    // regions are as region() gives them. Called with the gate held and nobody else in.
    bool (*drained)(const class Participant&) = nullptr;
    Options options;

    /// The first registry index that it may get.
    [[nodiscard]] std::uint32_t least_seat() const noexcept {
        return seat == kAnySeat ? layout::kFirstSharedSeat : seat;
    }
    /// Messages are of type T.
    template <class T>
    void carry() noexcept {
        element_bytes = sizeof(T);
        element_align = alignof(T);
        fingerprint = type_fingerprint<T>();
        type_name = TypeName<T>::value;
    }
};

/// One living or dying entry of the registry, for display.
struct Peer {
    std::uint32_t index;
    layout::Role role;
    std::uint64_t token;
    std::uint32_t pid;
    std::uint64_t start_time;
    std::int32_t cpu;
    std::uint32_t wait;
    bool alive;  // by its lock
};

/// What the memory of the slots turned out to be, from the kernel's own files.
struct Placement {
    std::uint64_t page_bytes = 0;         // smaps KernelPageSize
    std::uint64_t transparent_bytes = 0;  // in transparent huge pages, at least: ShmemPmdMapped
    std::uint64_t bytes = 0;              // of the slots
    shunt::pages asked_pages = shunt::pages::base;  // by the creator, as the next
    std::int32_t asked_node = node::any;
    std::int32_t node = -1;            // node of every resident page, -1: mixed or unknown
    std::uint64_t resident_pages = 0;  // of kernel page size
    std::uint64_t pages = 0;
    std::vector<std::pair<int, std::uint64_t>> nodes;  // node, pages on it
    std::string path;                                  // the file that holds the slots
    std::string note;  // why it is not what was preferred; empty: it is

    /// 2 MiB where all of the slots is in transparent huge pages, else page_bytes.
    [[nodiscard]] std::uint64_t mapped_page_bytes() const noexcept {
        return transparent_bytes != 0 && transparent_bytes == bytes ? kHugePageBytes : page_bytes;
    }
};

class Participant {
public:
    /// Binds this thread to options.cpu, and joins the channel, or creates it. Blocks up to
    /// options.open_timeout. Throws Error; the thread has its former cpus then.
    explicit Participant(const Request& request);
    ~Participant();  // leaves as close() does
    Participant(Participant&&) = delete;

    /// The private, validated copy of the header; never the shared original.
    [[nodiscard]] const layout::Header& header() const noexcept;
    /// A region's first byte (its length is in header().regions), null where the kind has none.
    [[nodiscard]] std::byte* region(layout::RegionId id) const noexcept;
    [[nodiscard]] layout::ControlPage& control() const noexcept;
    [[nodiscard]] layout::Counters& counters() const noexcept;  // this participant's own
    [[nodiscard]] layout::RegistryEntry& entry() const noexcept;
    [[nodiscard]] std::uint32_t index() const noexcept;
    [[nodiscard]] std::uint64_t token() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept;
    /// True if this call made the channel; false if it joined one.
    [[nodiscard]] bool created() const noexcept;

    /// Asks the kernel for every other entry that is not FREE, and recovers the dead: raises
    /// last_died, frees the entry, wakes everybody. Returns how many it recovered. Any participant
    /// may call it, any number at once, and may die in it. About 0.3 us per living peer.
    std::uint32_t reap() noexcept;

    /// Leaves: stores everything a successor needs first (the caller has done so), raises
    /// last_closed, frees the entry, drops the lock, wakes everybody, and removes the channel where
    /// linger says so. Idempotent. A process's exit does this for ports that were not closed.
    void close() noexcept;

    /// False in a child made by fork: every use is then a programming error.
    [[nodiscard]] bool usable_here() const noexcept;

    [[nodiscard]] std::vector<Peer> peers() const;
    /// The holder of that token lives, by its lock.
    [[nodiscard]] bool lives(std::uint64_t token) const noexcept;
    [[nodiscard]] Placement placement() const;

    /// Prefaults this process's page tables for every segment and locks them, and for its code.
    /// Throws Error with the limit to raise where memlock is too small.
    void prepare_rt();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace shunt::channel
