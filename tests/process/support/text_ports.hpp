// SPDX-License-Identifier: MIT
//
// The bytes ports of an mpmc channel with the face of the typed ones, for tests that are written
// once for both: a Text is a numbered message of which so many bytes go through the channel as
// follow from its number. And the ports of each type of message; those of InBlocks<T> carry a T in
// a channel with blocks.
#pragma once

#include "process/support/wares.hpp"

#include <shunt/mpmc.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace shunt::process_test {

struct Text {
    static constexpr std::size_t kMost = 200;

    std::uint64_t number;
    std::byte rest[kMost - 8];
    std::size_t size;  // does not travel: what came

    [[nodiscard]] static std::size_t size_of(std::uint64_t number) noexcept {
        return 8 + mixed(number ^ 0x5eed) % (kMost - 7);
    }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return {bytes_of(*this), size};
    }
    void assign(std::span<const std::byte> bytes) noexcept {
        number = 0;
        size = bytes.size();
        if (size <= kMost) {
            std::memcpy(bytes_of(*this), bytes.data(), size);
        }
    }
};
inline void fill(Text& message, std::uint64_t number) noexcept {
    message.number = number;
    message.size = Text::size_of(number);
    std::memcpy(message.rest, pattern(number), message.size - 8);
}
[[nodiscard]] inline bool intact(const Text& message) noexcept {
    return message.size == Text::size_of(message.number) &&
           std::memcmp(message.rest, pattern(message.number), message.size - 8) == 0;
}

[[nodiscard]] inline Options for_texts(Options options) {
    options.max_message = Text::kMost;
    return options;
}

/// A message of a channel with blocks.
template <class T>
struct InBlocks : T {};

/// `T`: Text or InBlocks<Text>. `Port`: its bytes port.
template <class T, class Port>
class TextProducer : public Port {
public:
    TextProducer(std::string_view name, const Options& options) : Port{name, for_texts(options)} {}

    [[nodiscard]] Status try_push(const T& message) noexcept {
        return Port::try_push(message.bytes());
    }
    Status push_until(const T& message, channel::Deadline deadline) noexcept {
        return Port::push_until(message.bytes(), deadline);
    }
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        std::array<std::span<const std::byte>, kMostAtOnce> all;
        for (std::size_t i = 0; i < messages.size(); ++i) {
            all[i] = messages[i].bytes();
        }
        return Port::try_push_n(std::span{all}.first(messages.size()));
    }
    /// To be filled in; of what is claimed in the channel a part is published.
    [[nodiscard]] T* try_claim() noexcept {
        return Port::try_claim(Text::kMost, place_) ? &draft_ : nullptr;
    }
    auto publish() noexcept {
        std::memcpy(place_.data(), draft_.bytes().data(), draft_.size);
        return Port::publish(draft_.size);
    }
    Status publish_until(channel::Deadline deadline) noexcept {
        std::memcpy(place_.data(), draft_.bytes().data(), draft_.size);
        return Port::publish_until(draft_.size, deadline);
    }

private:
    T draft_{};
    std::span<std::byte> place_;
};

template <class T, class Port>
class TextConsumer : public Port {
public:
    TextConsumer(std::string_view name, const Options& options) : Port{name, for_texts(options)} {}

    [[nodiscard]] Status try_pop(T& message) noexcept {
        std::size_t size = 0;
        const Status status = Port::try_pop(memory_, size);
        return popped(message, status, size);
    }
    Status pop_until(T& message, channel::Deadline deadline) noexcept {
        std::size_t size = 0;
        const Status status = Port::pop_until(memory_, size, deadline);
        return popped(message, status, size);
    }
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        std::size_t count = 0;
        while (count < messages.size() && kept(try_pop(messages[count]))) {
            ++count;
            if (this->redelivered()) {
                break;
            }
        }
        return count;
    }
    /// A copy of what is in hand until release().
    [[nodiscard]] const T* try_peek() noexcept {
        mpmc::BytesView view;
        last_status_ = kept(Port::try_peek(view));
        if (!last_status_) {
            return nullptr;
        }
        shown_.assign(view.payload);
        return &shown_;
    }
    [[nodiscard]] Status last_status() const noexcept { return last_status_; }
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        return Port::drain(
            [&](const mpmc::BytesView& view) {
                shown_.assign(view.payload);
                visit(std::as_const(shown_));
            },
            max);
    }

    Status wait(channel::Deadline deadline) noexcept {
        return end_ ? Port::wait(deadline) : std::exchange(end_, Status{Status::ok});
    }

private:
    // The typed calls of that name tell no end; wait() then does.
    Status kept(Status status) noexcept {
        end_ = status == Status::closed || status == Status::peer_dead ? status : end_;
        return status;
    }
    Status popped(T& message, Status status, std::size_t size) noexcept {
        if (status) {
            message.assign(std::span{memory_}.first(size));
        }
        return status;
    }

    std::array<std::byte, Text::kMost> memory_{};
    T shown_{};
    Status last_status_ = Status::empty;
    Status end_ = Status::ok;
};

/// The mpmc ports for messages of type T.
template <class T>
struct PortsOf {
    using Producer = mpmc::Producer<T>;
    using Consumer = mpmc::Consumer<T>;
};
template <class T>
struct PortsOf<InBlocks<T>> {
    using Producer = mpmc::BlockProducer<InBlocks<T>>;
    using Consumer = mpmc::BlockConsumer<InBlocks<T>>;
};
template <>
struct PortsOf<Text> {
    using Producer = TextProducer<Text, mpmc::BytesProducer>;
    using Consumer = TextConsumer<Text, mpmc::BytesConsumer>;
};
template <>
struct PortsOf<InBlocks<Text>> {
    using Producer = TextProducer<InBlocks<Text>, mpmc::BlockBytesProducer>;
    using Consumer = TextConsumer<InBlocks<Text>, mpmc::BlockBytesConsumer>;
};

}  // namespace shunt::process_test
