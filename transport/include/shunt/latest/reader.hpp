// SPDX-License-Identifier: MIT
//
// A reader of a named latest value of fixed size. shunt/latest.hpp says what such a channel is, and
// what holds for all of its calls.
#pragma once

#include <shunt/core/ring/latest.hpp>
#include <shunt/latest/reading_port.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::latest {

template <class T>
class Reader : public ReadingPort<ring::LatestReader<T>> {
    using Port = ReadingPort<ring::LatestReader<T>>;

public:
    /// Opens the channel, waiting `.open_timeout` for it. Throws Error.
    explicit Reader(std::string_view name, const Options& options = {})
        : Port(broadcast::fixed_request<T>(name, layout::Role::consumer, options,
                                           layout::Kind::latest),
               [](const channel::Participant& place) {
                   return ring::LatestReader<T>{
                       place.region(layout::RegionId::slots), place.header().capacity,
                       broadcast::publisher_words(place), broadcast::subscriber_words(place),
                       place.header().start_pos};
               }) {}

    /// Copies the newest value out, whether it was loaded before or not; version() is its version.
    /// `empty`: there is none yet (then `closed` or `peer_dead` once, of a writer that left).
    /// `lapped`: the writer went around all buffers within each of eight copies. Where it is not
    /// ok, `value` may hold parts of several. Wait-free.
    [[nodiscard, gnu::always_inline]] Status load(T& value) noexcept {
        return this->loaded(this->log().load(value));
    }
    /// The same, with its version.
    [[nodiscard]] Status load(T& value, std::uint64_t& version) noexcept {
        const Status status = load(value);
        if (status) {
            version = this->version();
        }
        return status;
    }

    /// Shows the newest value in place. The writer may come around to it at any time: what was read
    /// of it is to be used only once still_valid() or release() has said that it was whole. Not ok:
    /// as load(). version() is its version behind a release() that is ok.
    [[nodiscard]] Status try_peek(const T*& value) noexcept {
        return this->loaded(this->log().try_peek(value));
    }
};

}  // namespace shunt::latest
