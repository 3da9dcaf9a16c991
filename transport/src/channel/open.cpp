// SPDX-License-Identifier: MIT
#include <shunt/channel/failure.hpp>
#include <shunt/channel/open.hpp>

#include <optional>
#include <utility>

namespace shunt::channel {
namespace {

class Opening {
public:
    Opening(const Request& request, const Folder& directory)
        : request_{request},
          directory_{directory},
          deadline_{deadline_after(request.options.open_timeout)},
          naps_{deadline_} {}

    Opened run() {
        for (;;) {
            std::optional<Opened> opened = look();
            if (opened) {
                return std::move(*opened);
            }
            if (!naps_.nap()) {
                give_up();
            }
        }
    }

private:
    // One look at the name. Nothing: not now, look again.
    std::optional<Opened> look() {
        stale_ = false;
        gate_held_ = false;
        Opened opened;
        opened.channel.name = request_.name;
        opened.channel.path = directory_.path() + "/" + channel_file(request_.name);
        opened.channel.file = TrackedFile::opened_by(
            [&] { return directory_.open_file(channel_file(request_.name)); });
        if (!opened.channel.file) {
            return request_.creates ? create() : std::nullopt;
        }
        try {
            switch (join(request_, opened.channel, opened.seat, deadline_)) {
                case JoinResult::joined:
                    return opened;
                case JoinResult::gone:
                    return std::nullopt;
                case JoinResult::stale:
                    stale_ = true;
                    break;
            }
        } catch (const Error& error) {
            if (!may_replace(error)) {
                throw;
            }
            unlock(opened.channel.file.get(), layout::kGateByte);
            return replace(opened.channel, &error);
        }
        unlock(opened.channel.file.get(), layout::kGateByte);
        return request_.creates ? replace(opened.channel, nullptr) : std::nullopt;
    }

    std::optional<Opened> create() {
        Newborn newborn{request_, directory_};
        if (!newborn.commit(directory_)) {
            return std::nullopt;  // somebody was faster
        }
        return take(newborn);
    }

    [[nodiscard]] bool may_replace(const Error& error) const {
        const bool differs =
            error.code() == Errc::wrong_type || error.code() == Errc::wrong_geometry;
        return differs && request_.creates && request_.options.existing == existing::replace;
    }

    // `mismatch`: what to throw if somebody lives in the old channel. The old file's registry is
    // read through its checked header, whatever its geometry.
    std::optional<Opened> replace(OpenChannel& old, const Error* mismatch) {
        if (!old.named) {
            map_named(old, Access::read_write);
        }
        if (old.registry().anybody_else(kNoEntry)) {
            if (mismatch != nullptr) {
                fail(static_cast<Errc>(mismatch->code().value()), mismatch->what(),
                     "it was not replaced, because process " + std::to_string(a_living(old)) +
                         " lives in it",
                     "end that process or have it close its port");
            }
            return std::nullopt;
        }
        gate_held_ = is_locked(old.probe.get(), layout::kGateByte);
        if (gate_held_) {
            return std::nullopt;  // not worth making a file for: another look, a little later
        }
        Newborn newborn{request_, directory_};
        if (!newborn.replace(directory_, old)) {
            return std::nullopt;
        }
        return take(newborn);
    }

    static Opened take(Newborn& newborn) {
        Opened opened;
        opened.channel = newborn.take_channel();
        opened.seat = newborn.seat();
        opened.created = true;
        opened.note = newborn.note();
        return opened;
    }

    static std::uint32_t a_living(const OpenChannel& old) {
        for (const Peer& peer : peers_of(old)) {
            if (peer.alive) {
                return peer.pid;
            }
        }
        return 0;
    }

    [[noreturn]] void give_up() const {
        const std::string asked = "cannot open channel " + quoted(request_.name) + " in " +
                                  quoted(directory_.path()) + " within " +
                                  std::to_string(request_.options.open_timeout.count()) + " ms";
        if (gate_held_) {
            fail(Errc::timed_out, asked,
                 "the channel is to be replaced, but a process that joins or removes it holds its "
                 "gate (lock on byte 0 of the file)",
                 "that process may be stopped: find it in /proc/locks and let it go on, or end it");
        }
        if (stale_) {
            fail(Errc::stale, asked, "it was made before the last boot, and nobody has replaced it",
                 "start its producer, which replaces it, or remove " +
                     quoted(channel_file(request_.name)));
        }
        if (request_.creates) {
            fail(Errc::timed_out, asked, "others kept making, removing or replacing it",
                 "try again");
        }
        fail(Errc::not_found, asked, "there is no such channel",
             "start its producer, with the same SHUNT_DIR and user, or raise .open_timeout");
    }

    const Request& request_;
    const Folder& directory_;
    Clock::time_point deadline_;
    Naps naps_;
    bool stale_ = false;      // at the last look: made before the last boot
    bool gate_held_ = false;  // at the last look: to be replaced, but somebody is in the gate
};

}  // namespace

Opened open_channel(const Request& request, const Folder& directory) {
    return Opening{request, directory}.run();
}

}  // namespace shunt::channel
