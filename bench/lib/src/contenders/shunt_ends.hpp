// SPDX-License-Identifier: MIT
//
// One process's ends of a shunt task: a producer one way and, in a ping-pong, a consumer the other
// way. Ports are opened by the child that uses them, as a user's processes would.
#pragma once

#include "bench/lib/src/stage.hpp"

#include <shunt/channel/options.hpp>
#include <shunt/core/status.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace shunt::bench {

[[nodiscard]] inline Options shunt_options(const Task& task) noexcept {
    Options options;
    options.capacity = task.capacity;
    options.pages = task.pages;
    options.wake = waits_by_itself(task) ? shunt::wake::wakeable : shunt::wake::polling;
    options.wait = task.wait;
    options.events = task.loop.value_or(shunt::events::any);
    options.consume = task.consume;
    options.pop = task.pop;
    options.max_message = task.kind == Kind::mpmc && task.bytes ? task.size : 0;
    options.linger = shunt::linger::none;
    if (task.kind == Kind::mpsc) {
        options.lanes = 1 + task.idle_lanes;
    }
    if (task.kind == Kind::broadcast) {
        options.policy = shunt::policy::gated;  // a run that loses a message is none
    }
    return options;
}

[[nodiscard]] inline std::string there_of(const Task& task) {
    return task.channel + ".there";
}
[[nodiscard]] inline std::string back_of(const Task& task) {
    return task.channel + ".back";
}

/// Something else than done or not yet.
[[noreturn, gnu::cold, gnu::noinline]] inline void unexpected(Status status) {
    throw Failure(Exit::runtime, fmt::format("shunt: a call returned {} in the middle of a run; "
                                             "nothing of it counts",
                                             to_string(status)));
}

/// True: done. False: not yet, which `blocked` says; or `busy`, of mpmc.
[[nodiscard]] inline bool done(Status status, Status blocked) {
    if (status) [[likely]] {
        return true;
    }
    if (status != blocked && status != Status::busy) [[unlikely]] {
        unexpected(status);
    }
    return false;
}

/// Runs the same code on a channel of its own, whose results nobody sees.
void rehearse(Stage& stage);

template <class Producer, class Consumer>
struct ShuntEnds {
    std::optional<Producer> out;
    std::optional<Consumer> in;
    std::deque<Producer> idle;     // beside `out`
    std::deque<Consumer> idle_in;  // beside `in`

    explicit ShuntEnds(Stage& stage) {
        const Task& task = stage.task();
        const Options options = shunt_options(task);
        const bool both = there_and_back(task.mode);
        if (stage.first() || both) {
            const std::string name = stage.first() ? there_of(task) : back_of(task);
            out.emplace(name, options);
            for (std::uint32_t i = 0; i < task.idle_lanes; ++i) {
                idle.emplace_back(name, options);
            }
        }
        if (!stage.first() || both) {
            const std::string name = stage.first() ? back_of(task) : there_of(task);
            in.emplace(name, options);
            Options lossy = options;
            lossy.policy = shunt::policy::lossy;
            for (std::uint32_t i = 0; i < task.idle_subscribers; ++i) {
                idle_in.emplace_back(name, lossy);
            }
        }
        if (stage.first()) {
            const auto placement = out->placement();
            stage.sheet().page_bytes = placement.mapped_page_bytes();
            stage.sheet().node = placement.node;
            stage.sheet().capacity = out->capacity();
        }
        if (task.rehearse) {
            rehearse(stage);
        }
        if (task.prepare && out) {
            out->prepare_rt();
        }
        if (task.prepare && in) {
            in->prepare_rt();
        }
    }
};

/// The bytes ring; the typed one's twin.
void run_shunt_bytes(Stage& stage);

}  // namespace shunt::bench
