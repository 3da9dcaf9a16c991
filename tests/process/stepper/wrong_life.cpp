// SPDX-License-Identifier: MIT
#include "process/stepper/wrong_life.hpp"

#include <shunt/channel/registry.hpp>
#include <shunt/core/bytes.hpp>

#include <unistd.h>

namespace shunt::stepper {
namespace {

using channel::Participant;
using layout::EntryState;

layout::RegistryEntry& entry(const Participant& place, std::uint32_t index) {
    return object_at<layout::RegistryEntry>(place.region(layout::RegionId::registry))[index];
}

void store(layout::RegistryEntry& to, EntryState state, std::uint64_t token) {
    to.word.store(channel::entry_word(state, token), std::memory_order_seq_cst);
}

}  // namespace

JoinedUnlocked::JoinedUnlocked(const channel::Request& request) : role_{request.role} {
    const channel::Folder folder = channel::open_directory();
    const std::string file = channel::channel_file(request.name);
    channel_.name = request.name;
    channel_.path = folder.path() + "/" + file;
    channel_.file = channel::TrackedFile::opened_by([&] { return folder.open_file(file); });
    const int descriptor = channel_.file.get();
    channel_.header =
        channel::read_header(descriptor, channel::facts_of(descriptor, channel_.path));
    channel::map_named(channel_, Access::read_write);
    const channel::Registry registry = channel_.registry();
    seat_ = {request.seat, registry.draw_token()};
    if (registry.take(seat_.index, seat_.token,
                      channel::identity_here(role_, static_cast<std::uint32_t>(wait::park)))) {
        static_cast<void>(channel::try_lock(descriptor, channel::token_byte(seat_.token),
                                            channel::LockKind::write));
    }
}

void JoinedUnlocked::leave() noexcept {
    channel_.registry().leave(seat_.index, seat_.token, role_);
    channel::unlock(channel_.file.get(), channel::token_byte(seat_.token));
}

void leave_wrongly(Participant& place) noexcept {
    store(entry(place, place.index()), EntryState::free, 0);
    place.close();
}

void recover_wrongly(const Participant& place, std::uint32_t index, bool unasked) {
    const std::uint64_t word = entry(place, index).word.load(std::memory_order_seq_cst);
    const bool asked = unasked || channel::state_of(word) == EntryState::alive;
    if (asked) {
        store(entry(place, index), EntryState::free, 0);
    }
}

void collect_wrongly(const std::string& path) {
    ::unlink(path.c_str());
}

}  // namespace shunt::stepper
