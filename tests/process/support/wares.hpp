// SPDX-License-Identifier: MIT
//
// What the actors of a test send: numbered messages whose every byte follows from their number, as
// two sizes of struct and as bytes; and one face for the ports that carry them. The faces differ in
// the verb that moves messages, not in what is moved.
#pragma once

#include <shunt/spsc.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace shunt::process_test {

enum class Ware : std::uint32_t { small, large, bytes, dense };
enum class Verb : std::uint32_t { single, batch, in_place, drain };

[[nodiscard]] constexpr std::string_view to_string(Ware ware) noexcept {
    constexpr std::string_view kNames[] = {"typed 16 B", "typed 200 B", "bytes", "dense bytes"};
    return kNames[static_cast<std::size_t>(ware)];
}
[[nodiscard]] constexpr std::string_view to_string(Verb verb) noexcept {
    constexpr std::string_view kNames[] = {"single", "batch", "in place", "drain"};
    return kNames[static_cast<std::size_t>(verb)];
}
[[nodiscard]] constexpr bool is_typed(Ware ware) noexcept {
    return ware == Ware::small || ware == Ware::large;
}

/// Most messages that one call moves.
inline constexpr std::uint64_t kMostAtOnce = 8;

[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t number) noexcept {
    std::uint64_t z = number + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

inline constexpr std::size_t kLongest = 1000;

/// `length` bytes that belong to `number`: a piece of one table, so that writing them is one copy.
[[nodiscard]] inline const std::byte* pattern(std::uint64_t number) noexcept {
    static const auto table = [] {
        std::array<std::byte, kLongest + 256> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<std::byte>(mixed(i));
        }
        return bytes;
    }();
    return table.data() + (mixed(number) & 255);
}

struct Small {
    std::uint64_t number;
    std::uint64_t check;
};
struct Large {
    std::uint64_t number;
    std::byte rest[192];
};

inline void fill(Small& message, std::uint64_t number) noexcept {
    message = {number, mixed(number)};
}
inline void fill(Large& message, std::uint64_t number) noexcept {
    message.number = number;
    std::memcpy(message.rest, pattern(number), sizeof(message.rest));
}
[[nodiscard]] inline bool intact(const Small& message) noexcept {
    return message.check == mixed(message.number);
}
[[nodiscard]] inline bool intact(const Large& message) noexcept {
    return std::memcmp(message.rest, pattern(message.number), sizeof(message.rest)) == 0;
}

/// Of a message of bytes; its first eight are the number.
[[nodiscard]] inline std::size_t length_of(std::uint64_t number) noexcept {
    return 8 + mixed(number ^ 0x5eed) % (kLongest - 8);
}
inline void fill(std::span<std::byte> message, std::uint64_t number) noexcept {
    std::memcpy(message.data(), &number, 8);
    std::memcpy(message.data() + 8, pattern(number), message.size() - 8);
}
[[nodiscard]] inline std::uint64_t number_of(std::span<const std::byte> message) noexcept {
    std::uint64_t number = 0;
    std::memcpy(&number, message.data(), message.size() < 8 ? message.size() : 8);
    return number;
}
[[nodiscard]] inline bool intact(std::span<const std::byte> message) noexcept {
    const std::uint64_t number = number_of(message);
    return message.size() == length_of(number) &&
           std::memcmp(message.data() + 8, pattern(number), message.size() - 8) == 0;
}

/// A producer of structs. put() moves some messages, from `number` on and before `end`, and says in
/// `moved` how many; `ok` with none: there is room by now.
template <class T, class Port = spsc::Producer<T>>
class FixedOut {
public:
    FixedOut(std::string_view name, const Options& options) : port{name, options} {}
    /// What is in the messages are numbers from `base` on; counts in `abandoned` the places that it
    /// gives up, before it does.
    FixedOut(std::string_view name, const Options& options, std::uint64_t base,
             std::atomic<std::uint64_t>& abandoned)
        : port{name, options}, base_{base}, abandoned_{&abandoned} {}

    /// Number of the next message: where a predecessor stopped.
    [[nodiscard]] std::uint64_t next() const noexcept {
        return port.position() - port.header().start_pos;
    }
    Status put(Verb verb, std::uint64_t number, std::uint64_t end, std::uint64_t& moved,
               channel::Deadline deadline) {
        moved = 1;
        if (verb == Verb::single) {
            T message;
            fill(message, base_ + number);
            return port.push_until(message, deadline);
        }
        if (verb == Verb::batch) {
            std::array<T, kMostAtOnce> messages;
            const std::uint64_t count = std::min(end - number, 1 + number % kMostAtOnce);
            for (std::uint64_t i = 0; i < count; ++i) {
                fill(messages[i], base_ + number + i);
            }
            moved = port.try_push_n(std::span<const T>{messages.data(), count});
            return moved != 0 ? Status{Status::ok} : port.wait(deadline);
        }
        T* place = port.try_claim();
        if (place != nullptr && number % 4 == 3) {  // a change of mind leaves nothing behind, or a
            fill(*place, ~number);                  // gap
            if (abandoned_ != nullptr) {
                abandoned_->fetch_add(1, std::memory_order_release);
            }
            port.abandon();
            place = port.try_claim();
        }
        if (place == nullptr) {
            moved = 0;
            return port.wait(deadline);
        }
        fill(*place, base_ + number);
        if constexpr (std::is_void_v<decltype(port.publish())>) {
            port.publish();
            return Status::ok;
        } else {
            return port.publish_until(deadline);
        }
    }

    Port port;

private:
    std::uint64_t base_ = 0;
    std::atomic<std::uint64_t>* abandoned_ = nullptr;
};

/// A consumer of structs. take() moves some messages: it calls seen(number, intact, redelivered)
/// for each, and done() when they are released.
template <class T, class Port = spsc::Consumer<T>>
class FixedIn {
public:
    FixedIn(std::string_view name, const Options& options) : port{name, options} {}

    template <class Visitor>
    Status take(Verb verb, Visitor& visitor, channel::Deadline deadline) {
        if (verb == Verb::single) {
            T message;
            const Status status = port.pop_until(message, deadline);
            if (status) {
                visitor.seen(message.number, intact(message), port.redelivered());
                visitor.done();
            }
            return status;
        }
        const auto visit = [&](const T& message) {
            visitor.seen(message.number, intact(message), port.redelivered());
        };
        std::size_t moved = 0;
        if (verb == Verb::batch) {
            std::array<T, kMostAtOnce> messages;
            moved = port.try_pop_n(messages);
            std::for_each_n(messages.begin(), moved, visit);
        } else if (verb == Verb::in_place) {
            const std::span<const T> messages = port.try_peek_n(kMostAtOnce);
            moved = messages.size();
            std::for_each(messages.begin(), messages.end(), visit);
            port.release();
        } else {
            moved = port.drain(visit, kMostAtOnce);
        }
        if (moved == 0) {
            return port.wait(deadline);
        }
        visitor.done();
        return Status::ok;
    }

    Port port;
};

template <class Port = spsc::BytesProducer>
class BytesOut {
public:
    BytesOut(std::string_view name, const Options& options) : port{name, options} {}

    [[nodiscard]] std::uint64_t next() const noexcept {
        spsc::BytesView newest;
        return port.last_published(newest) ? number_of(newest.payload) + 1 : 0;
    }
    Status put(Verb verb, std::uint64_t number, std::uint64_t end, std::uint64_t& moved,
               channel::Deadline deadline) {
        moved = 1;
        if (verb == Verb::in_place) {
            const std::size_t length = length_of(number);
            std::span<std::byte> place;
            const Status status = port.claim_until(length + number % 16, place, deadline);
            if (!status) {
                return status;
            }
            if (number % 4 == 3) {  // a change of mind leaves nothing behind
                fill(place, ~number);
                port.abandon();
                if (!port.try_claim(length, place)) {
                    moved = 0;
                    return Status::ok;
                }
            }
            fill(place.first(length), number);
            port.publish(length, type_of(number));
            return Status::ok;
        }
        const std::uint64_t count =
            verb == Verb::batch ? std::min(end - number, 1 + number % kMostAtOnce) : 1;
        std::array<std::array<std::byte, kLongest>, kMostAtOnce> memory;
        std::array<std::span<const std::byte>, kMostAtOnce> messages;
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::span<std::byte> one{memory[i].data(), length_of(number + i)};
            fill(one, number + i);
            messages[i] = one;
        }
        if (verb == Verb::batch && count > 1) {
            moved = port.try_push_n(std::span{messages.data(), count});
            if (moved != 0) {
                return Status::ok;
            }
            moved = 1;
        }
        return port.push_until(messages[0], deadline, type_of(number));
    }
    [[nodiscard]] static std::uint32_t type_of(std::uint64_t number) noexcept {
        return static_cast<std::uint32_t>(number & 0xffffff);
    }

    Port port;
};

template <class Port = spsc::BytesConsumer>
class BytesIn {
public:
    BytesIn(std::string_view name, const Options& options) : port{name, options} {}

    template <class Visitor>
    Status take(Verb verb, Visitor& visitor, channel::Deadline deadline) {
        if (verb == Verb::single || verb == Verb::batch) {
            std::array<std::byte, kLongest> memory;
            std::size_t size = 0;
            const Status status = port.pop_until(memory, size, deadline);
            if (status) {
                const std::span<const std::byte> message{memory.data(), size};
                visitor.seen(number_of(message), intact(message), port.redelivered());
                visitor.done();
            }
            return status;
        }
        const auto visit = [&](const spsc::BytesView& view) {
            visitor.seen(number_of(view.payload), intact(view.payload), port.redelivered());
        };
        if (verb == Verb::in_place) {
            spsc::BytesView view;
            const Status status = port.peek_until(view, deadline);
            if (status) {
                visit(view);
                port.release();
                visitor.done();
            }
            return status;
        }
        if (port.drain(visit, kMostAtOnce) == 0) {
            return port.wait(deadline);
        }
        visitor.done();
        return Status::ok;
    }

    Port port;
};

}  // namespace shunt::process_test
