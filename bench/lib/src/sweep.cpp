// SPDX-License-Identifier: MIT
#include "bench/lib/src/sweep.hpp"

#include "bench/lib/src/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::bench {

namespace {

[[noreturn]] void refuse(const std::string& text) {
    throw Failure(Exit::usage, text);
}

// One configuration for each of them; `set` gives it to one.
template <class Value, class Set, class Word>
void spread_out(std::vector<Config>& all, const std::vector<Value>& values, std::string_view option,
                Set&& set, Word&& word) {
    if (values.empty()) {
        return;
    }
    if (values.size() == 1) {
        refuse(fmt::format("a sweep over one --{} compares nothing", option));
    }
    const Config like = all.front();
    all.clear();
    for (const Value& value : values) {
        if (std::count(values.begin(), values.end(), value) > 1) {
            refuse(fmt::format("--{} {} is given twice", option, word(value)));
        }
        all.push_back(like);
        set(all.back(), value);
    }
}

}  // namespace

Swept swept_by(const Config& config) noexcept {
    const Sweep& sweep = config.sweep;
    return !sweep.pages.empty()        ? Swept::pages
           : !sweep.waits.empty()      ? Swept::wait
           : !sweep.capacities.empty() ? Swept::capacity
                                       : Swept::nothing;
}

std::string_view to_string(Swept swept) noexcept {
    constexpr std::string_view kWords[] = {"nothing", "pages", "wait", "capacity"};
    return kWords[static_cast<std::uint32_t>(swept)];
}

std::vector<Config> swept_configs(const Config& config, Mode mode) {
    const Sweep& sweep = config.sweep;
    const int swept = !sweep.pages.empty() + !sweep.waits.empty() + !sweep.capacities.empty();
    if (swept > 1) {
        refuse(
            "a sweep changes one thing: of --pages, --wait and --capacity one may be a list, and "
            "--size beside it");
    }
    if (swept > 0 && mode != Mode::pingpong && mode != Mode::throughput) {
        refuse(
            fmt::format("lists of --pages, --wait and --capacity are for pingpong and "
                        "throughput; {} takes one value",
                        to_string(mode)));
    }
    Config one = config;
    one.sweep = {};
    std::vector<Config> all{std::move(one)};
    spread_out(
        all, sweep.pages, "pages", [](Config& to, shunt::pages pages) { to.pages = pages; },
        [](shunt::pages pages) { return to_word(pages); });
    spread_out(
        all, sweep.waits, "wait",
        [](Config& to, const Waiting& waiting) {
            to.wait = waiting.wait;
            to.loop = waiting.loop;
        },
        [](const Waiting& waiting) { return to_word(waiting.wait, waiting.loop); });
    spread_out(
        all, sweep.capacities, "capacity",
        [](Config& to, std::uint64_t capacity) { to.capacity = capacity; },
        [](std::uint64_t capacity) { return capacity; });
    return all;
}

std::string sweep_value(Swept swept, const Task& task) {
    switch (swept) {
        case Swept::pages:
            return std::string{to_word(task.pages)};
        case Swept::wait:
            return std::string{to_word(task.wait, task.loop)};
        case Swept::capacity:
            return std::to_string(task.capacity);
        case Swept::nothing:
            break;
    }
    return "";
}

std::string sweep_words(Swept swept, const Task& task) {
    return swept == Swept::nothing
               ? ""
               : fmt::format(", {} {}", to_string(swept), sweep_value(swept, task));
}

}  // namespace shunt::bench
