// SPDX-License-Identifier: MIT
#include "check_ring.hpp"

#include "intervals.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace shunt::linear {
namespace {

// One of the moments of a position: first as its call says, then as those around it allow.
struct Moment {
    std::uint64_t earliest = 0;
    std::uint64_t latest = kNever;
    bool known = false;
    std::uint64_t value = kNoValue;

    void not_before(const Moment& other) { earliest = std::max(earliest, other.earliest); }
    void not_after(const Moment& other) { latest = std::min(latest, other.latest); }
};

struct Position {
    Moment claimed;
    Moment popped;
    Moment freed;
};

class Ring {
public:
    explicit Ring(std::uint64_t slots) : slots_{slots} {}

    // The calls as they are.
    std::string fill(std::span<const Operation> history) {
        for (const Operation& each : history) {
            if (each.what == What::full || each.what == What::empty) {
                continue;
            }
            if (each.position >= history.size()) {
                return "a position beyond the claims: " + to_string(each);
            }
            positions_.resize(std::max<std::size_t>(positions_.size(), each.position + 1));
            Position& at = positions_[each.position];
            Moment& moment = each.what == What::push  ? at.claimed
                             : each.what == What::pop ? at.popped
                                                      : at.freed;
            if (moment.known) {
                return "twice: " + to_string(each);
            }
            moment = {each.called, each.returned, true, each.value};
        }
        return gaps();
    }
    // In one order.
    std::string settle() {
        for (std::size_t p = 0; p < size(); ++p) {
            Position& at = positions_[p];
            if (p >= slots_) {
                at.claimed.not_before(positions_[p - slots_].freed);
            }
            if (p > 0) {
                at.claimed.not_before(positions_[p - 1].claimed);
                at.popped.not_before(positions_[p - 1].popped);
            }
            at.popped.not_before(at.claimed);
            at.freed.not_before(at.popped);
        }
        for (std::size_t p = size(); p-- > 0;) {
            Position& at = positions_[p];
            if (p + slots_ < size()) {
                at.freed.not_after(positions_[p + slots_].claimed);
            }
            at.popped.not_after(at.freed);
            if (p + 1 < size()) {
                at.popped.not_after(positions_[p + 1].popped);
                at.claimed.not_after(positions_[p + 1].claimed);
            }
            at.claimed.not_after(at.popped);
        }
        for (std::size_t p = 0; p < size(); ++p) {
            for (const Moment& each :
                 {positions_[p].claimed, positions_[p].popped, positions_[p].freed}) {
                if (each.latest < each.earliest) {
                    return "no order of calls has position " + std::to_string(p) +
                           " claimed, popped and freed";
                }
            }
        }
        return {};
    }
    // When the ring may have been full: `tail` claimed, and the one a lap before it not freed.
    [[nodiscard]] Union full() const {
        std::vector<Interval> times;
        for (std::size_t tail = slots_; tail <= size(); ++tail) {
            const std::uint64_t next = tail < size() ? positions_[tail].claimed.latest : kNever;
            times.push_back({positions_[tail - 1].claimed.earliest,
                             std::min(next, positions_[tail - slots_].freed.latest)});
        }
        return Union{std::move(times), Union::Ends::closed};
    }
    // When it may have been empty: all before `tail` popped, and no more claimed.
    [[nodiscard]] Union empty() const {
        std::vector<Interval> times;
        for (std::size_t tail = 0; tail <= size(); ++tail) {
            times.push_back({tail > 0 ? positions_[tail - 1].popped.earliest : 0,
                             tail < size() ? positions_[tail].claimed.latest : kNever});
        }
        return Union{std::move(times), Union::Ends::closed};
    }

private:
    [[nodiscard]] std::size_t size() const { return positions_.size(); }

    // Claims, pops without a gap between them; each freed only if popped, popped only if claimed.
    std::string gaps() {
        bool more = true;
        for (std::size_t p = 0; p < size(); ++p) {
            Position& at = positions_[p];
            const std::string where = "position " + std::to_string(p);
            if (!at.claimed.known) {
                return where + " was never claimed";
            }
            if (at.popped.known && (!more || at.popped.value != at.claimed.value)) {
                return where + (more ? " gave another value" : " was popped, one before it never");
            }
            if (at.freed.known && !at.popped.known) {
                return where + " was freed and never popped";
            }
            more = at.popped.known;
            at.popped.earliest = more ? at.popped.earliest : kNever;
            at.freed.earliest = at.freed.known ? at.freed.earliest : kNever;
        }
        return {};
    }

    std::uint64_t slots_;
    std::vector<Position> positions_;
};

}  // namespace

std::string check_ring(std::span<const Operation> history, std::uint64_t slots) {
    Ring ring{slots};
    if (std::string wrong = ring.fill(history); !wrong.empty()) {
        return wrong;
    }
    if (std::string wrong = ring.settle(); !wrong.empty()) {
        return wrong;
    }
    const Union full = ring.full();
    const Union empty = ring.empty();
    for (const Operation& each : history) {
        const Interval call{each.called, each.returned};
        if (each.what == What::full && !full.meets(call)) {
            return "there was room all the time: " + to_string(each);
        }
        if (each.what == What::empty && !empty.meets(call)) {
            return "something was there all the time: " + to_string(each);
        }
    }
    return {};
}

}  // namespace shunt::linear
