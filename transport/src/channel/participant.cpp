// SPDX-License-Identifier: MIT
#include <shunt/allocators/prepare.hpp>
#include <shunt/channel/failure.hpp>
#include <shunt/channel/open.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/channel/pinning.hpp>
#include <shunt/channel/process.hpp>
#include <shunt/core/check.hpp>

#include <atomic>

namespace shunt::channel {

struct Participant::Impl final : ExitDuty {
    explicit Impl(Participant& participant) : self{participant} { add_exit_duty(*this); }
    ~Impl() { remove_exit_duty(*this); }

    // The kernel closes the descriptors: another thread may be asking through them just now. Or be
    // at work in a ring in our name: then that is given back, as that of a dead one, when the
    // process is gone.
    void leave_at_exit() noexcept override {
        if (!opened.channel.registry().holds_in_ring()) {
            leave();
        }
    }

    // True for the one call that leaves.
    bool leave() noexcept {
        // edge participant.open acquire <- Participant::Participant: everything below is set
        // (and release: nothing; each later call only finds that it has nothing to do)
        if (!open.exchange(false, std::memory_order_acquire)) {
            return false;
        }
        const Registry registry = opened.channel.registry();
        registry.let_go(opened.seat.index, opened.seat.token);
        registry.leave(opened.seat.index, opened.seat.token, role);
        unlock(opened.channel.file.get(), token_byte(opened.seat.token));
        registry.wake_everybody();
        remove_if_last(opened.channel, *directory, opened.seat.index, drained, self);
        return true;
    }

    Participant& self;
    layout::Role role = layout::Role::none;
    bool (*drained)(const Participant&) = nullptr;
    std::uint64_t generation = fork_generation();
    std::unique_ptr<Folder> directory;
    std::unique_ptr<ClosedInChild> directory_in_child;
    Opened opened;
    std::atomic<bool> open{false};
};

Participant::Participant(const Request& request) {
    check_name(request.name);
    impl_ = std::make_unique<Impl>(*this);
    impl_->role = request.role;
    impl_->drained = request.drained;
    Pinning pinning;
    impl_->opened = explaining("cannot open channel " + quoted(request.name), request.name, [&] {
        impl_->directory = std::make_unique<Folder>(open_directory());
        impl_->directory_in_child = std::make_unique<ClosedInChild>(impl_->directory->descriptor());
        pinning.pin(request.options.cpu);
        return open_channel(request, *impl_->directory);
    });
    pinning.keep();
    // edge participant.open release -> Participant::Impl::leave: all of the above, for the exit
    // hook
    impl_->open.store(true, std::memory_order_release);
}

Participant::~Participant() {
    if (impl_ == nullptr || usable_here()) {
        close();
        return;
    }
    // In a child made by fork the mappings are not there and the descriptors are closed: to unmap
    // or close them again could hit what took their places.
    keep_for_ever(std::move(impl_));
}

const layout::Header& Participant::header() const noexcept {
    return impl_->opened.channel.header;
}

std::byte* Participant::region(layout::RegionId id) const noexcept {
    return impl_->opened.channel.region(id);
}

layout::ControlPage& Participant::control() const noexcept {
    return impl_->opened.channel.control();
}

layout::Counters& Participant::counters() const noexcept {
    return impl_->opened.channel.counters(index());
}

layout::RegistryEntry& Participant::entry() const noexcept {
    return impl_->opened.channel.registry().entry(index());
}

std::uint32_t Participant::index() const noexcept {
    return impl_->opened.seat.index;
}

std::uint64_t Participant::token() const noexcept {
    return impl_->opened.seat.token;
}

const std::string& Participant::name() const noexcept {
    return impl_->opened.channel.name;
}

bool Participant::created() const noexcept {
    return impl_->opened.created;
}

std::uint32_t Participant::reap() noexcept {
    SHUNT_CHECK(usable_here(), "a port of the parent was used in a child made by fork");
    // relaxed: only the owning thread leaves, but for the exit hook, which leaves the descriptors
    // open
    if (!impl_->open.load(std::memory_order_relaxed)) {
        return 0;
    }
    const std::uint32_t recovered = impl_->opened.channel.registry().recover_all(index());
    if (recovered != 0) {
        // relaxed: statistics of our own
        const std::uint64_t before = counters().recovered.load(std::memory_order_relaxed);
        // relaxed: statistics of our own
        counters().recovered.store(before + recovered, std::memory_order_relaxed);
    }
    return recovered;
}

void Participant::close() noexcept {
    if (impl_ == nullptr || !usable_here() || !impl_->leave()) {
        return;
    }
    impl_->opened.channel.file.close();
    impl_->opened.channel.probe.close();
}

bool Participant::usable_here() const noexcept {
    return impl_ != nullptr && impl_->generation == fork_generation();
}

std::vector<Peer> Participant::peers() const {
    SHUNT_CHECK(usable_here(), "a port of the parent was used in a child made by fork");
    return peers_of(impl_->opened.channel);
}

bool Participant::lives(std::uint64_t token) const noexcept {
    return is_locked(impl_->opened.channel.probe.get(), token_byte(token));
}

Placement Participant::placement() const {
    SHUNT_CHECK(usable_here(), "a port of the parent was used in a child made by fork");
    Placement placement = explaining("cannot tell where channel " + quoted(name()) + " lies",
                                     name(), [&] { return placement_of(impl_->opened.channel); });
    if (!impl_->opened.note.empty()) {
        placement.note = impl_->opened.note;
    }
    return placement;
}

void Participant::prepare_rt() {
    SHUNT_CHECK(usable_here(), "a port of the parent was used in a child made by fork");
    const OpenChannel& channel = impl_->opened.channel;
    const std::string what = "channel " + quoted(channel.name);
    for (const Mapping* mapping : {&channel.named, &channel.slots}) {
        if (*mapping) {
            explaining("cannot prepare " + what, name(), [&] {
                prefault(*mapping, what);
                lock_memory(*mapping, what);
            });
        }
    }
    explaining("cannot prepare " + what, name(), [] { prefault_code(); });
}

}  // namespace shunt::channel
