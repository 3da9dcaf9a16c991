// SPDX-License-Identifier: MIT
//
// Small histories for the checkers to agree about with brute force: a ring's calls at moments that
// follow from one order, around each moment a call; then, in most of them, something is moved or
// exchanged. About half of them are linearizable.
#pragma once

#include "history.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace shunt::linear {

class RandomHistories {
public:
    RandomHistories(std::uint64_t seed, std::uint64_t slots) : random_{seed}, slots_{slots} {}

    [[nodiscard]] std::vector<Operation> next(std::size_t calls) {
        history_.clear();
        claimed_ = popped_ = 0;
        freed_.clear();
        spread_ = 1 + below(5);
        for (std::uint64_t now = 10; history_.size() < calls; now += below(4)) {
            happens(now);
        }
        for (std::uint64_t changes = below(5); changes > 0; --changes) {
            change();
        }
        std::shuffle(history_.begin(), history_.end(), random_);
        return history_;
    }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    [[nodiscard]] bool room() const {
        return claimed_ < slots_ ||
               std::count(freed_.begin(), freed_.end(), claimed_ - slots_) != 0;
    }
    void happens(std::uint64_t now) {
        switch (below(4)) {
            case 0:
                room() ? add(What::push, now, claimed_++) : add(What::full, now, 0);
                return;
            case 1:
                popped_ < claimed_ ? add(What::pop, now, popped_++) : add(What::empty, now, 0);
                return;
            case 2:
                if (const std::uint64_t p = below(popped_ + 1);
                    p < popped_ && std::count(freed_.begin(), freed_.end(), p) == 0) {
                    freed_.push_back(p);
                    add(What::freed, now, p);
                }
                return;
            default:
                if (below(3) == 0 && !room()) {
                    add(What::full, now, 0);
                } else if (below(3) == 0 && popped_ == claimed_) {
                    add(What::empty, now, 0);
                }
        }
    }
    void add(What what, std::uint64_t now, std::uint64_t position) {
        const std::uint64_t value = what == What::full || what == What::empty ? 0 : position + 100;
        history_.push_back({now - below(spread_), now + below(spread_), value, position, what});
    }
    void change() {
        Operation& one = history_[below(history_.size())];
        Operation& other = history_[below(history_.size())];
        switch (below(5)) {
            case 0:
                one.what = one.what == What::full ? What::empty : one.what;
                return;
            case 1:
                std::swap(one.called, other.called);
                std::swap(one.returned, other.returned);
                return;
            case 2:
                one.called += below(5);
                one.returned = std::max(one.returned, one.called);
                return;
            case 3:
                one.returned -= std::min(below(5), one.returned - one.called);
                return;
            default:
                if (one.what == What::pop && other.what == What::pop && below(2) == 0) {
                    one.value = other.value;
                } else if (one.what == What::pop && other.what == What::pop) {
                    std::swap(one.value, other.value);
                } else {
                    one.called += 4;
                    one.returned += 4;
                }
        }
    }

    std::mt19937_64 random_;
    std::uint64_t slots_;
    std::uint64_t spread_ = 1;  // of a call around its moment
    std::vector<Operation> history_;
    std::uint64_t claimed_ = 0;
    std::uint64_t popped_ = 0;
    std::vector<std::uint64_t> freed_;
};

}  // namespace shunt::linear
