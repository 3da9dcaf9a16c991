// SPDX-License-Identifier: MIT
//
// The face of faces.hpp for mpmc ports. A claim that is given up is a gap here, which is passed
// over; in blocks it is none.
#pragma once

#include "process/support/faces.hpp"

#include <shunt/mpmc.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace shunt::process_test {

template <std::size_t kBytes, template <class> class OutPort = mpmc::Producer,
          template <class> class InPort = mpmc::Consumer>
struct MpmcFixed {
    using Message = Words<kBytes>;
    using Out = OutPort<Message>;
    using In = InPort<Message>;
    static constexpr std::uint32_t kLanes = 0;
    static constexpr std::uint64_t kCapacity = 64;
    static constexpr std::uint32_t kFrameAlign = 0;

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
        std::uint64_t taken = 0;
        const auto check = [&](const Message& got) { expect(got == message(number + taken++)); };
        const auto pop = [&](auto&& attempt) {
            Message got = message(~number);
            if (past_gaps([&] { return attempt(got); })) {
                check(got);
            }
        };
        switch (how) {
            case Take::single:
                pop([&](Message& got) { return in.try_pop(got); });
                break;
            case Take::quiet:
                pop([&](Message& got) { return in.try_pop_quiet(got); });
                break;
            case Take::batch:
                do {
                    std::array<Message, kAtOnce> all;
                    std::for_each_n(all.begin(), in.try_pop_n(all), check);
                } while (taken == 0 && in.ready());
                break;
            case Take::peek:
            case Take::peek_quiet:
                if (past_gaps([&] {
                        const Message* const shown = in.try_peek();
                        if (shown != nullptr) {
                            check(*shown);
                        }
                        return in.last_status();
                    })) {
                    how == Take::peek ? in.release() : in.release_quiet();
                }
                break;
            case Take::drain:
                do {
                    const std::uint64_t before = taken;
                    expect(in.drain(check, kAtOnce) == taken - before);
                } while (taken == 0 && in.ready());
                break;
            case Take::blocking:
                pop([&](Message& got) { return in.pop(got); });
                break;
            case Take::until:
                expect(bool{in.wait(long_past())});
                pop([&](Message& got) { return in.pop_until(got, long_past()); });
                break;
            case Take::stoppable:
                pop([&](Message& got) { return in.pop(got, no_stop()); });
                break;
        }
        return taken;
    }
    static void look(const Out& out, const In& in) {
        expect(out.size_approx() + out.free_approx() == out.capacity());
        expect(in.position() <= out.position() && in.lag() <= in.capacity());
    }

private:
    static Message message(std::uint64_t number) { return Fixed<kBytes>::message(number); }
    static std::uint64_t moved(Status status, Status none) {
        return Fixed<kBytes>::moved(status, none);
    }
    template <class Attempt>
    static bool past_gaps(Attempt&& attempt) {
        Status status = attempt();
        while (status == Status::gap) {
            status = attempt();
        }
        // Busy: another is at work in the next slot.
        return status != Status::busy && moved(status, Status::empty) != 0;
    }
    // To give a claim up wakes who sleeps: there is no quiet form of that.
    static std::uint64_t put_in_place(Out& out, bool quiet, const Message& one) {
        if (!quiet) {
            if (out.try_claim() == nullptr) {
                return 0;
            }
            out.abandon();
        }
        Message* const place = out.try_claim();
        if (place == nullptr) {
            return 0;
        }
        *place = one;
        static_cast<void>(quiet ? out.publish_quiet() : out.publish());
        return 1;
    }
};

}  // namespace shunt::process_test
