// SPDX-License-Identifier: MIT
//
// The definition itself, for small histories, to hold the checkers against: is there an order of
// the calls, in which none stands before one that had returned before it was called, and which a
// queue, or a ring of N slots, could answer so?
#pragma once

#include "history.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace shunt::linear {

/// A queue of values. An answer it could not give changes nothing and returns false.
struct PlainQueue {
    std::deque<std::uint64_t> values;
    auto operator<=>(const PlainQueue&) const = default;

    bool answers(const Operation& call) {
        switch (call.what) {
            case What::push:
                values.push_back(call.value);
                return true;
            case What::pop:
                if (values.empty() || values.front() != call.value) {
                    return false;
                }
                values.pop_front();
                return true;
            case What::empty:
                return values.empty();
            default:
                return true;
        }
    }
};

/// A ring of `slots` places.
struct PlainRing {
    std::uint64_t slots;
    std::vector<std::uint64_t> claimed{};  // values
    std::uint64_t popped = 0;
    std::set<std::uint64_t> held{};  // claimed, not yet freed
    auto operator<=>(const PlainRing&) const = default;

    [[nodiscard]] bool full() const {
        return claimed.size() >= slots && held.contains(claimed.size() - slots);
    }
    bool answers(const Operation& call) {
        const bool next = call.position < claimed.size();
        switch (call.what) {
            case What::push:
                if (call.position != claimed.size() || full()) {
                    return false;
                }
                claimed.push_back(call.value);
                held.insert(call.position);
                return true;
            case What::pop:
                if (call.position != popped || !next || claimed[popped] != call.value) {
                    return false;
                }
                ++popped;
                return true;
            case What::freed:
                return call.position < popped && held.erase(call.position) == 1;
            case What::empty:
                return popped == claimed.size();
            default:
                return full();
        }
    }
};

template <class Model>
class BruteForce {
public:
    BruteForce(std::span<const Operation> history, Model empty)
        : history_{history}, empty_{std::move(empty)} {}

    [[nodiscard]] bool linearizable() { return goes_on(0, empty_); }

private:
    // `done`: a bit for each call that stands in the order already.
    bool goes_on(std::uint32_t done, const Model& model) {
        if (done == (std::uint32_t{1} << history_.size()) - 1) {
            return true;
        }
        if (!seen_.emplace(done, model).second) {
            return false;
        }
        for (std::size_t i = 0; i < history_.size(); ++i) {
            Model next = model;
            if ((done >> i & 1) == 0 && may_be_next(done, i) && next.answers(history_[i]) &&
                goes_on(done | std::uint32_t{1} << i, next)) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] bool may_be_next(std::uint32_t done, std::size_t i) const {
        for (std::size_t j = 0; j < history_.size(); ++j) {
            if ((done >> j & 1) == 0 && before(history_[j], history_[i])) {
                return false;
            }
        }
        return true;
    }

    std::span<const Operation> history_;
    Model empty_;
    std::set<std::pair<std::uint32_t, Model>> seen_;
};

}  // namespace shunt::linear
