// SPDX-License-Identifier: MIT
#include <shunt_perf/cgroup.hpp>

#include "files.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>

namespace shunt::perf {

namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> number(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional{value}
                                                                    : std::nullopt;
}

bool has_item(const std::string& list, std::string_view item) {
    std::istringstream items{list};
    for (std::string one; std::getline(items, one, ',');) {
        if (one == item) {
            return true;
        }
    }
    return false;
}

// A mounted tree of groups that may hold limits of cpus.
struct Tree {
    bool second;        // version 2
    std::string from;   // the group that is mounted
    std::string mount;  // where
};

// "31 23 0:28 /from /mount rw,... shared:1 - cgroup2 cgroup rw,nsdelegate"
std::vector<Tree> trees(const fs::path& root) {
    std::vector<Tree> found;
    std::istringstream lines{read_text(root / "proc/self/mountinfo")};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string skip;
        Tree tree;
        words >> skip >> skip >> skip >> tree.from >> tree.mount;
        while (words >> skip && skip != "-") {
        }
        std::string type;
        std::string options;
        words >> type >> skip >> options;
        tree.second = type == "cgroup2";
        if (tree.second || (type == "cgroup" && has_item(options, "cpu"))) {
            found.push_back(std::move(tree));
        }
    }
    return found;
}

// Our group in such a tree: of "0::/a/b", or of "4:cpu,cpuacct:/a/b".
std::optional<std::string> group_in(const Tree& tree, const fs::path& root) {
    std::istringstream lines{read_text(root / "proc/self/cgroup")};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (tree.second ? controllers.empty() : has_item(controllers, "cpu")) {
            return line.substr(second + 1);
        }
    }
    return std::nullopt;
}

// Where a container sees less than the host, its own group is what is mounted.
fs::path below_mount(const std::string& group, const std::string& from) {
    if (from == "/") {
        return fs::path{group}.relative_path();
    }
    const bool inside =
        group.starts_with(from) && (group.size() == from.size() || group[from.size()] == '/');
    return inside ? fs::path{group.substr(from.size())}.relative_path() : fs::path{};
}

std::optional<CpuQuota> quota_of(const fs::path& folder, bool second) {
    std::istringstream words;
    fs::path file = folder / "cpu.max";
    if (second) {
        words.str(read_text(file));
    } else {
        file = folder / "cpu.cfs_quota_us";
        words.str(read_text(file) + " " + read_text(folder / "cpu.cfs_period_us"));
    }
    std::string quota;
    std::string period;
    words >> quota >> period;
    const auto quota_us = number(quota);  // "max" and "-1" are none
    const auto period_us = number(period);
    if (!quota_us || !period_us || *period_us == 0) {
        return std::nullopt;
    }
    return CpuQuota{static_cast<double>(*quota_us) / static_cast<double>(*period_us),
                    static_cast<double>(*period_us) / 1000, file};
}

void add(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more) {
    if (more) {
        sum = sum.value_or(0) + *more;
    }
}

void add_throttling(CpuGroups& groups, const fs::path& folder, bool second) {
    std::istringstream lines{read_text(folder / "cpu.stat")};
    std::string key;
    std::string value;
    while (lines >> key >> value) {
        if (key == "nr_throttled") {
            add(groups.throttled, number(value));
        } else if (key == (second ? "throttled_usec" : "throttled_time")) {
            const auto time = number(value);
            add(groups.throttled_ns, time ? std::optional{*time * (second ? 1000 : 1)} : time);
        }
    }
}

}  // namespace

CpuGroups cpu_groups(const fs::path& root) {
    CpuGroups groups;
    for (const Tree& tree : trees(root)) {
        const auto group = group_in(tree, root);
        if (!group) {
            continue;
        }
        const fs::path top = root / fs::path{tree.mount}.relative_path();
        fs::path below = below_mount(*group, tree.from);
        groups.folders.push_back((fs::path{tree.mount} / below).string());
        while (true) {
            const fs::path folder = below.empty() ? top : top / below;
            const auto quota = quota_of(folder, tree.second);
            if (quota && (!groups.quota || quota->cpus < groups.quota->cpus)) {
                groups.quota = quota;
            }
            add_throttling(groups, folder, tree.second);
            if (below.empty()) {
                break;
            }
            below = below.parent_path();
        }
    }
    return groups;
}

}  // namespace shunt::perf
