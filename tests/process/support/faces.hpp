// SPDX-License-Identifier: MIT
//
// Every verb of every port under one face, put() and take(), which move numbered messages and check
// them without a system call or an allocation. What is wrong ends the process: GoogleTest could not
// say it there.
#pragma once

#include "process/support/wares.hpp"

#include <shunt/core/policy.hpp>
#include <shunt/mpsc.hpp>
#include <shunt/spsc.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <span>
#include <stop_token>
#include <type_traits>

namespace shunt::process_test {

inline constexpr std::uint64_t kAtOnce = 3;  // messages of a batch

// How one call moves messages. Those from `blocking` on wait where they find nothing.
enum class Put { single, quiet, in_place, in_place_quiet, batch, blocking, until, stoppable };
enum class Take { single, quiet, batch, peek, peek_quiet, drain, blocking, until, stoppable };
inline constexpr std::uint64_t kPuts = 8;
inline constexpr std::uint64_t kPutsThatTry = 5;
inline constexpr std::uint64_t kTakes = 9;
inline constexpr std::uint64_t kTakesThatTry = 6;

// Where the quiet process found something wrong: a line, in shared memory.
inline std::atomic<std::uint32_t>* wrong_line = nullptr;

inline void expect(bool right, std::uint32_t line = __builtin_LINE()) {
    if (!right) {
        wrong_line->store(line, std::memory_order_seq_cst);
        ::_exit(1);
    }
}

// A stop request that never comes, made before the process is bound.
[[nodiscard]] inline const std::stop_token& no_stop() {
    static const std::stop_source source;
    static const std::stop_token token = source.get_token();
    return token;
}

// For loops that poll for what another process does: nothing may be called to ask the time.
class Patience {
public:
    void poll() const { expect(DefaultPolicy::ticks() - began_ < kTicks); }

private:
    static constexpr std::uint64_t kTicks = 200'000'000'000;  // a minute or so
    std::uint64_t began_ = DefaultPolicy::ticks();
};

// For calls that find what they wait for at once.
[[nodiscard]] inline channel::Deadline long_past() {
    return channel::Deadline{std::chrono::seconds{1}};
}

/// A struct of so many bytes.
template <std::size_t kBytes>
struct Words {
    std::array<std::uint64_t, kBytes / 8> words;
    bool operator==(const Words&) const = default;
};

/// Structs, in an spsc channel, or in a lane.
template <std::size_t kBytes, template <class> class OutPort = spsc::Producer,
          template <class> class InPort = spsc::Consumer>
struct Fixed {
    using Message = Words<kBytes>;
    using Out = OutPort<Message>;
    using In = InPort<Message>;
    static constexpr std::uint32_t kLanes = std::is_same_v<Out, spsc::Producer<Message>> ? 0 : 2;
    static constexpr std::uint64_t kCapacity = 64;
    static constexpr std::uint32_t kFrameAlign = 0;

    static Message message(std::uint64_t number) {
        Message made;
        made.words.fill(mixed(number));
        return made;
    }
    // Moves messages, numbered from `number` on; how many, 0 where there was no room.
    static std::uint64_t put(Out& out, Put how, std::uint64_t number) {
        const Message one = message(number);
        switch (how) {
            case Put::single:
                return moved(out.try_push(one), Status::full);
            case Put::quiet:
                return moved(out.try_push_quiet(one), Status::full);
            case Put::in_place:
            case Put::in_place_quiet:
                return put_in_place(out, how == Put::in_place_quiet, one);
            case Put::batch: {
                const std::array<Message, kAtOnce> all{one, message(number + 1),
                                                       message(number + 2)};
                return out.try_push_n(all);
            }
            case Put::blocking:
                return moved(out.push(one), Status::full);
            case Put::until:
                expect(bool{out.wait(long_past())});
                return moved(out.push_until(one, long_past()), Status::full);
            case Put::stoppable:
                return moved(out.push(one, no_stop()), Status::full);
        }
        return 0;
    }
    static std::uint64_t take(In& in, Take how, std::uint64_t number) {
        Message one = message(~number);
        std::uint64_t taken = 0;
        const auto check = [&](const Message& got) { expect(got == message(number + taken++)); };
        switch (how) {
            case Take::single:
                taken = moved(in.try_pop(one), Status::empty);
                break;
            case Take::quiet:
                taken = moved(in.try_pop_quiet(one), Status::empty);
                break;
            case Take::batch: {
                std::array<Message, kAtOnce> all;
                const std::size_t count = in.try_pop_n(all);
                std::for_each_n(all.begin(), count, check);
                return taken;
            }
            case Take::peek:
            case Take::peek_quiet: {
                const std::span<const Message> shown = in.try_peek_n(kAtOnce);
                std::for_each(shown.begin(), shown.end(), check);
                how == Take::peek ? in.release() : in.release_quiet();
                return taken;
            }
            case Take::drain:
                expect(in.drain(check, kAtOnce) == taken);
                return taken;
            case Take::blocking:
                taken = moved(in.pop(one), Status::empty);
                break;
            case Take::until:
                expect(bool{in.wait(long_past())});
                taken = moved(in.pop_until(one, long_past()), Status::empty);
                break;
            case Take::stoppable:
                taken = moved(in.pop(one, no_stop()), Status::empty);
                break;
        }
        expect(one == message(taken != 0 ? number : ~number));
        return taken;
    }
    static void look(const Out& out, const In& in) {
        expect(out.last_published() != nullptr);
        expect(out.size_approx() + out.free_approx() == out.capacity());
        expect(in.position() + 1 <= out.position() && in.lag() <= in.capacity());
    }
    static std::uint64_t moved(Status status, Status none) {
        expect(status == Status::ok || status == none);
        return status ? 1 : 0;
    }

private:
    static std::uint64_t put_in_place(Out& out, bool quiet, const Message& one) {
        for (const bool change_of_mind : {true, false}) {
            Message* const place = out.try_claim();
            if (place == nullptr) {
                expect(change_of_mind);
                return 0;
            }
            if (change_of_mind) {
                *place = message(one.words[0]);
                out.abandon();
            } else {
                *place = one;
                quiet ? out.publish_quiet() : out.publish();
            }
        }
        return 1;
    }
};

/// Bytes, in frames so aligned.
template <std::uint32_t kAlign, class OutPort = spsc::BytesProducer,
          class InPort = spsc::BytesConsumer>
struct Bytes {
    using Out = OutPort;
    using In = InPort;
    static constexpr std::uint32_t kLanes = std::is_same_v<Out, spsc::BytesProducer> ? 0 : 2;
    static constexpr std::uint64_t kCapacity = 32768;
    static constexpr std::uint32_t kFrameAlign = kAlign;
    using Memory = std::array<std::byte, kLongest>;

    static std::span<const std::byte> message(Memory& memory, std::uint64_t number) {
        const std::span<std::byte> made{memory.data(), length_of(number)};
        fill(made, number);
        return made;
    }
    static std::uint64_t put(Out& out, Put how, std::uint64_t number) {
        std::array<Memory, kAtOnce> memory;
        const std::span<const std::byte> one = message(memory[0], number);
        switch (how) {
            case Put::single:
                return moved(out.try_push(one), Status::full);
            case Put::quiet:
                return moved(out.try_push_quiet(one), Status::full);
            case Put::in_place:
            case Put::in_place_quiet:
                return put_in_place(out, how == Put::in_place_quiet, one);
            case Put::batch: {
                const std::array<std::span<const std::byte>, kAtOnce> all{
                    one, message(memory[1], number + 1), message(memory[2], number + 2)};
                return out.try_push_n(all);
            }
            case Put::blocking:
                return moved(out.push(one), Status::full);
            case Put::until:
                return moved(out.push_until(one, long_past()), Status::full);
            case Put::stoppable:
                return moved(out.push(one, no_stop()), Status::full);
        }
        return 0;
    }
    static std::uint64_t take(In& in, Take how, std::uint64_t number) {
        Memory memory;
        std::size_t size = 0;
        std::uint64_t taken = 0;
        const auto check = [&](std::span<const std::byte> got) {
            expect(number_of(got) == number + taken++ && intact(got));
        };
        switch (how) {
            case Take::single:
            case Take::batch:
                taken = moved(in.try_pop(memory, size), Status::empty);
                break;
            case Take::quiet:
                taken = moved(in.try_pop_quiet(memory, size), Status::empty);
                break;
            case Take::peek:
            case Take::peek_quiet: {
                const bool quiet = how == Take::peek_quiet;
                spsc::BytesView view;
                const Status status = quiet ? in.try_peek_quiet(view) : in.try_peek(view);
                if (moved(status, Status::empty) != 0) {
                    check(view.payload);
                    quiet ? in.release_quiet() : in.release();
                }
                return taken;
            }
            case Take::drain:
                expect(in.drain([&](const spsc::BytesView& view) { check(view.payload); },
                                kAtOnce) == taken);
                return taken;
            case Take::blocking:
                taken = moved(in.pop(memory, size), Status::empty);
                break;
            case Take::until:
                expect(bool{in.wait(long_past())});
                taken = moved(in.pop_until(memory, size, long_past()), Status::empty);
                break;
            case Take::stoppable:
                taken = moved(in.pop(memory, size, no_stop()), Status::empty);
                break;
        }
        expect(taken == 0 || (number_of(memory) == number && intact({memory.data(), size})));
        return taken;
    }
    static void look(const Out& out, const In& in) {
        spsc::BytesView newest;
        expect(out.last_published(newest) && intact(newest.payload));
        expect(out.size_approx() + out.free_approx() == out.capacity());
        expect(in.position() <= out.position() && in.type() == 0);
        expect(in.max_message() == out.max_message() && in.lag() <= in.capacity());
    }

private:
    static std::uint64_t moved(Status status, Status none) { return Fixed<8>::moved(status, none); }
    static std::uint64_t put_in_place(Out& out, bool quiet, std::span<const std::byte> one) {
        for (const bool change_of_mind : {true, false}) {
            std::span<std::byte> place;
            if (moved(out.try_claim(one.size() + 5, place), Status::full) == 0) {
                expect(change_of_mind);
                return 0;
            }
            if (change_of_mind) {
                out.abandon();
            } else {
                std::memcpy(place.data(), one.data(), one.size());
                quiet ? out.publish_quiet(one.size()) : out.publish(one.size());
            }
        }
        return 1;
    }
};

}  // namespace shunt::process_test
