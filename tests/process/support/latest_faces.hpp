// SPDX-License-Identifier: MIT
//
// The ports of a latest value with the face of a broadcast channel's, for whoever accounts for a
// stream: value number n is message number n, and what a reader passed over it has lost. Where it
// passed over some it is told `lapped` first, as a subscriber is, and gets the value next.
#pragma once

#include "process/support/wares.hpp"

#include <shunt/latest.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::process_test {

template <class T>
class LatestPublisher : public latest::Writer<T> {
public:
    using latest::Writer<T>::Writer;

    Status try_push(const T& message) noexcept { return this->publish(message); }
    Status publish_until(const T& message, channel::Deadline) noexcept {
        return this->publish(message);
    }
    Status wait(channel::Deadline) noexcept { return Status::ok; }  // there is always room
    std::size_t try_push_n(std::span<const T> messages) noexcept {
        return static_cast<std::size_t>(
            std::count_if(messages.begin(), messages.end(),
                          [this](const T& each) { return bool{this->publish(each)}; }));
    }
};

class LatestBytesPublisher : public latest::BytesWriter {
public:
    using latest::BytesWriter::BytesWriter;

    Status try_push(std::span<const std::byte> message) noexcept { return publish(message); }
    Status publish_until(std::span<const std::byte> message, std::uint32_t,
                         channel::Deadline) noexcept {
        return publish(message);
    }
    Status wait(channel::Deadline) noexcept { return Status::ok; }  // there is always room
};

/// What both readers have: where they are in the stream. `Held`: a value that was read.
template <class Port, class Held>
class LatestFollower : public Port {
public:
    LatestFollower(std::string_view name, const Options& options) : Port{name, options} {
        const std::uint64_t start = this->header().start_pos;
        const std::uint64_t newest = this->newest();
        next_ = options.from < kPositionLimit ? std::max(options.from, start)
                : newest == 0                 ? start
                                              : newest - 1;
    }

    [[nodiscard]] std::uint64_t next_position() const noexcept { return next_; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
    /// Until a value is there that was not delivered.
    Status wait(channel::Deadline deadline) noexcept {
        return is_held_ ? Status{Status::ok} : this->wait_changed(next_, deadline);
    }
    Status release() noexcept {
        const Status status = Port::release();
        return status ? arrived(true) : status;
    }

protected:
    /// `load()` reads the newest value into held(). `tells`: an end too.
    template <class Load>
    Status next(Load&& load, bool tells = true) noexcept {
        if (is_held_) {
            is_held_ = false;
            ++next_;
            return Status::ok;
        }
        if (!tells && this->newest() == 0) {
            return Status::empty;
        }
        const Status status = load();
        return status ? arrived(tells) : status;
    }
    template <class Next>
    Status next_until(Next&& next, channel::Deadline deadline) noexcept {
        for (;;) {
            Status status = next();
            if (status == Status::empty) {
                status = this->wait_changed(next_, deadline);
                if (status) {
                    continue;
                }
            }
            return status;
        }
    }
    [[nodiscard]] Held& held() noexcept { return held_; }
    /// What is held will come again, or be passed over.
    void look_again() noexcept { is_held_ = false; }

private:
    // The value of version() is in held().
    Status arrived(bool tells) noexcept {
        const std::uint64_t position = this->version() - 1;
        if (position < next_ && !tells) {
            return Status::empty;
        }
        if (position < next_) {
            const Status status = this->wait_changed(next_, std::chrono::steady_clock::now());
            return status == Status::ok || status == Status::timeout ? Status{Status::empty}
                                                                     : status;
        }
        if (position == next_) {
            ++next_;
            return Status::ok;
        }
        lost_ += position - next_;
        next_ = position;
        is_held_ = true;
        return Status::lapped;
    }

    std::uint64_t next_;
    std::uint64_t lost_ = 0;
    Held held_{};
    bool is_held_ = false;  // and was not delivered
};

template <class T>
class LatestSubscriber : public LatestFollower<latest::Reader<T>, T> {
public:
    using LatestFollower<latest::Reader<T>, T>::LatestFollower;

    Status try_pop(T& message) noexcept { return pop_one(message, true); }
    Status pop_until(T& message, channel::Deadline deadline) noexcept {
        return this->next_until([&] { return try_pop(message); }, deadline);
    }
    std::size_t try_pop_n(std::span<T> messages) noexcept {
        return static_cast<std::size_t>(
            std::find_if(messages.begin(), messages.end(),
                         [this](T& each) { return !pop_one(each, false); }) -
            messages.begin());
    }
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t drained = 0;
        for (T message; drained < max && pop_one(message, false); ++drained) {
            visit(message);
        }
        return drained;
    }
    Status try_peek(const T*& message) noexcept {
        this->look_again();
        const Status status = latest::Reader<T>::try_peek(message);
        if (status) {
            this->held() = *message;
        }
        return status;
    }

private:
    Status pop_one(T& message, bool tells) noexcept {
        const Status status = this->next([this] { return this->load(this->held()); }, tells);
        if (status) {
            message = this->held();
        }
        return status;
    }
};

struct HeldBytes {
    std::array<std::byte, kLongest> memory;
    std::size_t size;
};

class LatestBytesSubscriber : public LatestFollower<latest::BytesReader, HeldBytes> {
public:
    using LatestFollower::LatestFollower;

    Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = next([this] { return load(held().memory, held().size); });
        if (status) {
            size = held().size;
            std::copy_n(held().memory.begin(), size, to.begin());
        }
        return status;
    }
    Status pop_until(std::span<std::byte> to, std::size_t& size,
                     channel::Deadline deadline) noexcept {
        return next_until([&] { return try_pop(to, size); }, deadline);
    }
    Status try_peek(latest::BytesView& view) noexcept {
        look_again();
        const Status status = latest::BytesReader::try_peek(view);
        if (status) {
            held().size = std::min(view.payload.size(), held().memory.size());
            std::copy_n(view.payload.begin(), held().size, held().memory.begin());
        }
        return status;
    }
};

}  // namespace shunt::process_test
