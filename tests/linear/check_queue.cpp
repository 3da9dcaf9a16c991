// SPDX-License-Identifier: MIT
#include "check_queue.hpp"

#include "intervals.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace shunt::linear {
namespace {

constexpr const char* kWords[] = {"push", "full", "pop", "freed", "empty"};

// A value's way through the queue.
struct Passage {
    Operation in;
    Operation out{kNever, kNever, 0, 0, What::pop};
};

using Operations = std::vector<Operation>;

Operations sorted_by_value(std::span<const Operation> history, What what) {
    Operations chosen;
    std::copy_if(
        history.begin(), history.end(), std::back_inserter(chosen),
        [&](const Operation& each) { return each.what == what && each.value != kNoValue; });
    std::sort(chosen.begin(), chosen.end(),
              [](const Operation& one, const Operation& other) { return one.value < other.value; });
    return chosen;
}

std::string doubled(const Operations& sorted, const char* what) {
    const auto found = std::adjacent_find(
        sorted.begin(), sorted.end(),
        [](const Operation& one, const Operation& other) { return one.value == other.value; });
    return found == sorted.end() ? std::string{} : what + to_string(*found);
}

// Each value's pop to its push.
std::string pair_up(std::span<const Operation> history, std::vector<Passage>& passages) {
    const Operations in = sorted_by_value(history, What::push);
    const Operations out = sorted_by_value(history, What::pop);
    if (std::string wrong = doubled(in, "pushed twice: "); !wrong.empty()) {
        return wrong;
    }
    if (std::string wrong = doubled(out, "popped twice: "); !wrong.empty()) {
        return wrong;
    }
    auto next = out.begin();
    for (const Operation& each : in) {
        if (next != out.end() && next->value < each.value) {
            break;
        }
        passages.push_back({each});
        if (next != out.end() && next->value == each.value) {
            passages.back().out = *next++;
            if (before(passages.back().out, each)) {
                return "popped before it was pushed: " + to_string(passages.back().out);
            }
        }
    }
    return next == out.end() ? std::string{} : "popped and never pushed: " + to_string(*next);
}

// Over the pushes b in the order of their calls: of all a whose push had returned by then, the one
// whose pop was called last, or never.
std::string check_order(std::vector<Passage> passages) {
    std::vector<Passage> by_return = passages;
    std::sort(by_return.begin(), by_return.end(), [](const Passage& one, const Passage& other) {
        return one.in.returned < other.in.returned;
    });
    std::sort(passages.begin(), passages.end(), [](const Passage& one, const Passage& other) {
        return one.in.called < other.in.called;
    });
    auto next = by_return.begin();
    const Passage* last = nullptr;
    for (const Passage& b : passages) {
        for (; next != by_return.end() && before(next->in, b.in); ++next) {
            last = last == nullptr || next->out.called > last->out.called ? &*next : last;
        }
        if (last != nullptr && before(b.out, last->out)) {
            return "out of order: " + to_string(last->in) + " before " + to_string(b.in) +
                   ", but " + to_string(b.out) + " before " +
                   (last->out.called == kNever ? "never" : to_string(last->out));
        }
    }
    return {};
}

std::string check_empty(std::span<const Operation> history, const std::vector<Passage>& passages) {
    std::vector<Interval> inside;
    for (const Passage& each : passages) {
        inside.push_back({each.in.returned, each.out.called});
    }
    const Union occupied{std::move(inside), Union::Ends::open};
    for (const Operation& each : history) {
        if (each.what == What::empty && occupied.covers({each.called, each.returned})) {
            return "something was there all the time: " + to_string(each);
        }
    }
    return {};
}

}  // namespace

std::string to_string(const Operation& operation) {
    std::string text = kWords[static_cast<std::size_t>(operation.what)];
    if (operation.what != What::full && operation.what != What::empty) {
        text +=
            operation.value == kNoValue ? " of nothing" : " of " + std::to_string(operation.value);
        text += " at " + std::to_string(operation.position);
    }
    return text + " [" + std::to_string(operation.called) + ", " +
           std::to_string(operation.returned) + "]";
}

std::string check_queue(std::span<const Operation> history) {
    std::vector<Passage> passages;
    std::string wrong = pair_up(history, passages);
    if (wrong.empty()) {
        wrong = check_order(passages);
    }
    return wrong.empty() ? check_empty(history, passages) : wrong;
}

}  // namespace shunt::linear
