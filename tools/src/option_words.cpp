// SPDX-License-Identifier: MIT
#include "option_words.hpp"
#include "command.hpp"

#include <shunt_perf/cpus.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace shunt::tools {

namespace {

std::int32_t number_of(const std::string& word, const std::string& otherwise) {
    std::int32_t number = -1;
    const char* const end = word.data() + word.size();
    const auto read = std::from_chars(word.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end || number < 0) {
        throw std::invalid_argument("'" + word + "' is " + otherwise);
    }
    return number;
}

}  // namespace

pages pages_of(const std::string& word) {
    if (word == "4k") {
        return pages::base;
    }
    if (word == "thp") {
        return pages::thp;
    }
    if (word == "2m") {
        return pages::huge_2m;
    }
    if (word == "1g") {
        return pages::huge_1g;
    }
    if (word.empty() || word == "prefer") {
        return pages::prefer_huge;
    }
    throw std::invalid_argument("'" + word + "' is no page size: write 4k, thp, 2m, 1g or prefer");
}

std::int32_t node_of(const std::string& word) {
    if (word.empty() || word == "any") {
        return node::any;
    }
    if (word == "auto") {
        return node::automatic;
    }
    if (word == "interleave") {
        return node::interleave;
    }
    return number_of(word, "no node: write its number, auto, interleave or any");
}

std::int32_t cpu_of(const std::string& word) {
    return word.empty() ? kAnyCpu : number_of(word, "no cpu: write its number");
}

wait wait_of(const std::string& word) {
    if (word == "spin") {
        return wait::spin;
    }
    if (word == "spin_pause") {
        return wait::spin_pause;
    }
    if (word == "park") {
        return wait::park;
    }
    if (word == "adaptive") {
        return wait::adaptive;
    }
    throw std::invalid_argument("'" + word +
                                "' is no way to wait: write spin, spin_pause, park or adaptive");
}

policy policy_of(const std::string& word) {
    for (const policy each : {policy::gated, policy::lossy, policy::conflate}) {
        if (to_string(each) == word) {
            return each;
        }
    }
    throw std::invalid_argument("'" + word + "' is no policy: write gated, lossy or conflate");
}

std::string_view to_string(policy policy) noexcept {
    return policy == policy::gated ? "gated" : policy == policy::lossy ? "lossy" : "conflate";
}

on_slow on_slow_of(const std::string& word) {
    for (const auto& [name, slow] :
         {std::pair{"block", on_slow::block}, std::pair{"evict", on_slow::evict},
          std::pair{"drop", on_slow::drop}}) {
        if (word == name) {
            return slow;
        }
    }
    throw std::invalid_argument("'" + word +
                                "' is nothing to do about a slow receiver: write block, evict or "
                                "drop");
}

void add_cpus(CLI::App& app, std::string& cpus) {
    app.add_option("--cpus", cpus, "Cpus, as 0-7,!4 (default: all that this process may use)")
        ->type_name("LIST")
        ->check(parses([](const std::string& text) { return perf::parse_cpu_list(text); }));
}

std::vector<int> measured_cpus(const std::string& list, std::size_t least) {
    const std::vector<int> allowed = perf::allowed_cpus();
    const std::vector<int> cpus = list.empty() ? allowed : perf::parse_cpu_list(list);
    for (auto cpu = cpus.begin(); cpu != cpus.end(); ++cpu) {
        if (std::find(allowed.begin(), allowed.end(), *cpu) == allowed.end()) {
            throw Failure(Exit::usage,
                          fmt::format("cpu {} is not one that this process may use: {}", *cpu,
                                      fmt::join(allowed, ",")));
        }
        if (std::find(cpus.begin(), cpu, *cpu) != cpu) {
            throw Failure(Exit::refused,
                          fmt::format("cpu {} is there twice: two threads on one cpu take turns, "
                                      "which measures the scheduler. Name each cpu once",
                                      *cpu));
        }
    }
    if (cpus.size() < least) {
        throw Failure(Exit::refused,
                      fmt::format("{} of {} cpus that this needs: give --cpus more of them, or "
                                  "allow this process more (taskset, cgroup cpuset)",
                                  cpus.size(), least));
    }
    return cpus;
}

void add_geometry(CLI::App& app, PortWords& words) {
    app.add_option("--pages", words.pages,
                   "Memory of a channel that is made: 4k; thp, 2m, 1g (or fail); prefer (default)")
        ->type_name("P")
        ->check(parses(pages_of));
    app.add_option("--node", words.node,
                   "Its NUMA node: a number, auto (that of the cpu), interleave; any (default)")
        ->type_name("N")
        ->check(parses(node_of));
    app.add_option("--capacity", words.capacity,
                   "Bytes that the channel, or each lane, holds (default: as it is, else 1M); of\n"
                   "mpmc: messages (1K); of broadcast: messages (4M bytes of them)")
        ->type_name("BYTES")
        ->check(parses(parse_bytes));
}

void add_waiting(CLI::App& app, PortWords& words, const std::string& peer) {
    app.add_option("--wait", words.wait, "How to wait: park, adaptive, spin, spin_pause")
        ->type_name("W")
        ->check(parses(wait_of))
        ->capture_default_str();
    app.add_option("--cpu", words.cpu, "Run on this cpu only")
        ->type_name("N")
        ->check(parses(cpu_of));
    app.add_option("--open-timeout", words.open_timeout, "How long to wait for a " + peer)
        ->type_name("SECONDS")
        ->check(parses(parse_seconds))
        ->capture_default_str();
    app.add_option("--peer-timeout", words.peer_timeout,
                   "How long to wait for a successor of a " + peer + " that left or died")
        ->type_name("SECONDS")
        ->check(parses(parse_seconds))
        ->capture_default_str();
}

Options options_of(const PortWords& words) {
    Options options;
    options.pages = pages_of(words.pages);
    options.node = node_of(words.node);
    options.cpu = cpu_of(words.cpu);
    if (!words.capacity.empty()) {
        options.capacity = parse_bytes(words.capacity);
    }
    options.wait = wait_of(words.wait);
    options.open_timeout =
        std::chrono::milliseconds{static_cast<std::int64_t>(words.open_timeout * 1000)};
    options.seat_timeout = std::chrono::seconds{1};  // a killed predecessor may take a while to go
    return options;
}

Patience patience_of(const PortWords& words) {
    return {Seconds{words.open_timeout}, Seconds{words.peer_timeout}};
}

}  // namespace shunt::tools
