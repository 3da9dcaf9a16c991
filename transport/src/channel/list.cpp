// SPDX-License-Identifier: MIT
#include <shunt/channel/failure.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/channel/open_channel.hpp>
#include <shunt/core/error.hpp>

#include <utility>

namespace shunt::channel {
namespace {

// The named file, opened read-only and checked. A stale one passes.
OpenChannel open_read_only(const Folder& directory, std::string_view name) {
    OpenChannel channel;
    channel.name = name;
    channel.path = directory.path() + "/" + channel_file(name);
    channel.file =
        TrackedFile::opened_by([&] { return directory.open_file(channel_file(name), false); });
    if (!channel.file) {
        fail(Errc::not_found, "cannot look at channel " + quoted(name),
             "there is no " + quoted(channel.path), "see `shunt ls` for those that there are");
    }
    channel.header = read_header(channel.file.get(), facts_of(channel.file.get(), channel.path));
    return channel;
}

std::string stale_text(const std::string& path) {
    return quoted(path) + " was made before the last boot: its next producer will replace it";
}

Listed look_at(const Folder& directory, std::string_view name) {
    Listed listed;
    listed.name = name;
    listed.path = directory.path() + "/" + channel_file(name);
    try {
        const OpenChannel channel = open_read_only(directory, name);
        listed.header = channel.header;
        listed.stale = !of_this_boot(channel.header);
        if (listed.stale) {
            listed.reason = stale_text(listed.path);
        } else {
            listed.peers = read_peers(channel);
        }
    } catch (const Error& error) {
        listed.header.reset();
        listed.reason = error.what();
    }
    return listed;
}

}  // namespace

std::vector<Listed> list(const Folder& directory) {
    std::vector<Listed> all;
    const std::string asked = "cannot list channels";
    for (const std::string& file :
         explaining(asked, directory.path(), [&] { return directory.files(); })) {
        if (const std::string_view name = name_of(file); !name.empty()) {
            all.push_back(look_at(directory, name));
        }
    }
    return all;
}

std::vector<Listed> list() {
    try {
        const std::string path = directory_path();
        return list(explaining("cannot list channels", path,
                               [&] { return Folder::open(path, Folder::Missing::fail); }));
    } catch (const Error& error) {
        if (error.code() == Errc::not_found) {
            return {};
        }
        throw;
    }
}

struct Observer::Impl {
    OpenChannel channel;
    TrackedFile slots_file{};
    std::uint64_t generation = fork_generation();
};

Observer::Observer(const Folder& directory, std::string_view name) {
    check_name(name);
    const std::string asked = "cannot look at channel " + quoted(name);
    impl_ = explaining(asked, name, [&] {
        return std::make_unique<Impl>(Impl{.channel = open_read_only(directory, name)});
    });
    if (!of_this_boot(header())) {
        fail(Errc::stale, asked, stale_text(path()), "or remove it: rm " + quoted(path()));
    }
    explaining(asked, name, [&] {
        OpenChannel& channel = impl_->channel;
        map_named(channel, Access::read);
        impl_->slots_file =
            TrackedFile::opened_by([&] { return open_slots(channel, Access::read); });
        map_slots(channel, Access::read, impl_->slots_file.file());
    });
}

Observer::Observer(std::string_view name)
    : Observer{explaining("cannot look at channel " + quoted(name), name,
                          [] { return Folder::open(directory_path(), Folder::Missing::fail); }),
               name} {}

Observer::Observer(Observer&&) noexcept = default;
Observer& Observer::operator=(Observer&&) noexcept = default;
Observer::~Observer() {
    if (impl_ != nullptr && impl_->generation != fork_generation()) {
        keep_for_ever(std::move(impl_));  // nothing of it is mapped in this child
    }
}

const layout::Header& Observer::header() const noexcept {
    return impl_->channel.header;
}

const layout::ControlPage& Observer::control() const noexcept {
    return impl_->channel.control();
}

const std::byte* Observer::region(layout::RegionId id) const noexcept {
    return impl_->channel.region(id);
}

const layout::Counters& Observer::counters(std::uint32_t index) const noexcept {
    return impl_->channel.counters(index);
}

const std::string& Observer::path() const noexcept {
    return impl_->channel.path;
}

std::vector<Peer> Observer::peers() const {
    const OpenChannel& channel = impl_->channel;
    return explaining("cannot look at channel " + quoted(channel.name), channel.name,
                      [&] { return read_peers(channel); });
}

Condition Observer::condition() const {
    const OpenChannel& channel = impl_->channel;
    return explaining("cannot look at channel " + quoted(channel.name), channel.name,
                      [&] { return read_condition(channel, impl_->slots_file.file()); });
}

Placement Observer::placement() const {
    const OpenChannel& channel = impl_->channel;
    return explaining("cannot tell where channel " + quoted(channel.name) + " lies", channel.name,
                      [&] { return placement_of(channel); });
}

Observer observe(std::string_view name) {
    return Observer{name};
}

}  // namespace shunt::channel
