// SPDX-License-Identifier: MIT
#include <shunt_perf/cpus.hpp>

#include "files.hpp"

#include <sched.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace shunt::perf {

namespace {

constexpr int kMaxCpu = CPU_SETSIZE;

[[noreturn]] void bad_list(std::string_view text, std::string_view part) {
    throw std::invalid_argument("cpu list \"" + std::string(text) + "\": \"" + std::string(part) +
                                "\" is neither a cpu number below " + std::to_string(kMaxCpu) +
                                " nor a range; write for example 2,3 or 0-3,!1");
}

struct Range {
    int first;
    int last;
};

Range parse_range(std::string_view text, std::string_view part) {
    const auto number = [&](std::string_view digits) {
        int value = -1;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        const bool whole = error == std::errc{} && end == digits.data() + digits.size();
        if (!whole || value < 0 || value >= kMaxCpu || digits.front() == '-') {
            bad_list(text, part);
        }
        return value;
    };
    const std::size_t dash = part.find('-');
    const int first = number(part.substr(0, dash));
    const int last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (last < first) {
        bad_list(text, part);
    }
    return {first, last};
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
    std::vector<int> cpus;
    std::vector<Range> excluded;
    std::size_t at = 0;
    while (true) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        std::string_view part = text.substr(at, comma - at);
        const bool exclude = part.starts_with('!');
        const Range range = parse_range(text, exclude ? part.substr(1) : part);
        if (exclude) {
            excluded.push_back(range);
        }
        for (int cpu = range.first; !exclude && cpu <= range.last; ++cpu) {
            cpus.push_back(cpu);
        }
        if (comma == text.size()) {
            break;
        }
        at = comma + 1;
    }
    std::erase_if(cpus, [&](int cpu) {
        return std::any_of(excluded.begin(), excluded.end(), [&](const Range& range) {
            return range.first <= cpu && cpu <= range.last;
        });
    });
    return cpus;
}

std::vector<int> allowed_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cpus;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return cpus;
    }
    for (int cpu = 0; cpu < kMaxCpu; ++cpu) {
        if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) {
            cpus.push_back(cpu);
        }
    }
    return cpus;
}

void pin_to(const std::vector<int>& cpus) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : cpus) {
        CPU_SET(static_cast<std::size_t>(cpu), &set);
    }
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
    }
}

void pin_to(int cpu) {
    pin_to(std::vector<int>{cpu});
    // The kernel moves the caller before the call returns; a look makes sure that it did.
    if (sched_getcpu() != cpu) {
        throw std::system_error(EAGAIN, std::generic_category(),
                                "pinned to cpu " + std::to_string(cpu) + " but running elsewhere");
    }
}

namespace {

std::optional<int> cache_id(const std::filesystem::path& cpu_folder, int level) {
    for (int index = 0; index < 8; ++index) {
        const auto cache = cpu_folder / "cache" / ("index" + std::to_string(index));
        if (read_int(cache / "level") != level) {
            continue;
        }
        if (const auto id = read_int(cache / "id")) {
            return id;
        }
        const std::string shared = read_text(cache / "shared_cpu_list");
        if (!shared.empty()) {
            return parse_cpu_list(shared).front();
        }
    }
    return std::nullopt;
}

std::optional<int> node_of(const std::filesystem::path& cpu_folder) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(cpu_folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("node")) {
            int node = 0;
            const auto [end, error] =
                std::from_chars(name.data() + 4, name.data() + name.size(), node);
            if (error == std::errc{} && end == name.data() + name.size()) {
                return node;
            }
        }
    }
    return std::nullopt;
}

}  // namespace

CpuPlace place_of(int cpu, const std::filesystem::path& root) {
    const auto folder = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
    CpuPlace place;
    place.cpu = cpu;
    place.core = read_int(folder / "topology/core_id");
    place.package = read_int(folder / "topology/physical_package_id");
    place.l2 = cache_id(folder, 2);
    place.l3 = cache_id(folder, 3);
    place.node = node_of(folder);
    place.governor = read_text(folder / "cpufreq/scaling_governor");
    const std::string siblings = read_text(folder / "topology/thread_siblings_list");
    if (!siblings.empty()) {
        place.smt_siblings = parse_cpu_list(siblings);
        std::erase(place.smt_siblings, cpu);
    }
    return place;
}

std::string_view relation(const CpuPlace& a, const CpuPlace& b) {
    const auto same = [](const std::optional<int>& x, const std::optional<int>& y) {
        return x && y && *x == *y;
    };
    if (a.cpu == b.cpu) {
        return "same cpu";
    }
    if (std::find(a.smt_siblings.begin(), a.smt_siblings.end(), b.cpu) != a.smt_siblings.end()) {
        return "smt siblings";
    }
    if (same(a.l2, b.l2)) {
        return "same L2";
    }
    if (same(a.l3, b.l3)) {
        return "same L3";
    }
    if (same(a.node, b.node)) {
        return "same node";
    }
    return a.node && b.node ? "other node" : "unknown";
}

}  // namespace shunt::perf
