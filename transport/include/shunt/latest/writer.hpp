// SPDX-License-Identifier: MIT
//
// The writer of a named latest value of fixed size. shunt/latest.hpp says what such a channel is,
// and what holds for all of its calls.
#pragma once

#include <shunt/core/ring/latest.hpp>
#include <shunt/latest/writing_port.hpp>

#include <atomic>
#include <string_view>

namespace shunt::latest {

template <class T>
class Writer : public WritingPort<ring::LatestWriter<T>> {
    using Port = WritingPort<ring::LatestWriter<T>>;

public:
    /// Opens the channel, creating it where there is none. Goes on behind the version that the last
    /// writer stored. `.capacity`: buffers, 4 by default. Throws Error.
    explicit Writer(std::string_view name, const Options& options = {})
        : Port(broadcast::fixed_request<T>(name, layout::Role::producer, options,
                                           layout::Kind::latest),
               [](const channel::Participant& place) {
                   return ring::LatestWriter<T>{
                       place.region(layout::RegionId::slots), place.header().capacity,
                       broadcast::publisher_words(place), place.header().start_pos};
               }) {}

    /// Stores a copy of a value; it is the newest from now on. `broken`: 2^62 versions are used up.
    /// Wait-free.
    [[gnu::always_inline]] Status publish(const T& value) noexcept {
        if (!this->wakeable()) {
            return this->log().try_push(value);
        }
        return this->stored(this->log().template try_push<std::memory_order_seq_cst>(value));
    }
    /// publish() that wakes nobody; notify() does that later. Never enters the kernel.
    Status publish_quiet(const T& value) noexcept {
        return this->stored_quiet(this->log().try_push(value));
    }

    /// The next value's place, to be filled in and published; null: `broken`. It holds an old value
    /// of any version, or parts of one. The newest value is not touched.
    [[nodiscard]] T* try_claim() noexcept { return this->log().try_claim(); }
    /// Publishes the claimed place. Only after a successful try_claim.
    void publish() noexcept {
        if (!this->wakeable()) {
            this->log().publish();
            return;
        }
        this->log().template publish<std::memory_order_seq_cst>();
        this->woken_each();
    }
    void publish_quiet() noexcept {
        this->log().publish();
        this->owe();
    }
};

}  // namespace shunt::latest
