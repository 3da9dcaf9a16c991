// SPDX-License-Identifier: MIT
#include <shunt_perf/host_facts.hpp>

#include "files.hpp"

#include <gnu/libc-version.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::perf {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json text_of(const fs::path& path) {
    const std::string text = read_text(path);
    return text.empty() ? json(nullptr) : json(text);
}

// Of "always [madvise] never" what is chosen.
json choice_of(const fs::path& path) {
    const std::string text = read_text(path);
    const std::size_t begin = text.find('[');
    const std::size_t end = text.find(']', begin);
    return begin == std::string::npos || end == std::string::npos
               ? json(nullptr)
               : json(text.substr(begin + 1, end - begin - 1));
}

json int_of(const fs::path& path) {
    const auto value = read_int(path);
    return value ? json(*value) : json(nullptr);
}

std::vector<fs::path> entries(const fs::path& folder, std::string_view prefix) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().filename().string().starts_with(prefix)) {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

// The number at the end of a name like node3 or hugepages-2048kB.
std::int64_t number_in(const std::string& name) {
    const std::size_t at = name.find_first_of("0123456789");
    std::int64_t value = -1;
    if (at != std::string::npos) {
        std::from_chars(name.data() + at, name.data() + name.size(), value);
    }
    return value;
}

// Of the kernel's command line what bears on speed; the rest is nobody's affair.
json kernel_arguments(const fs::path& root) {
    constexpr std::string_view kBear[] = {"clocksource",
                                          "cpufreq",
                                          "cpuidle",
                                          "default_hugepagesz",
                                          "haltpoll",
                                          "hpet",
                                          "hugepages",
                                          "hugepagesz",
                                          "idle",
                                          "intel_idle",
                                          "intel_pstate",
                                          "amd_pstate",
                                          "irqaffinity",
                                          "isolcpus",
                                          "kthread_cpus",
                                          "l1tf",
                                          "maxcpus",
                                          "mce",
                                          "mds",
                                          "mitigations",
                                          "nmi_watchdog",
                                          "no_timer_check",
                                          "nohz",
                                          "nohz_full",
                                          "nosmt",
                                          "nospectre_v1",
                                          "nospectre_v2",
                                          "nosoftlockup",
                                          "nowatchdog",
                                          "numa",
                                          "numa_balancing",
                                          "pcie_aspm",
                                          "preempt",
                                          "processor",
                                          "pti",
                                          "rcu_nocb_poll",
                                          "rcu_nocbs",
                                          "rcutree",
                                          "retbleed",
                                          "skew_tick",
                                          "spec_store_bypass_disable",
                                          "spectre_v2",
                                          "split_lock_detect",
                                          "spec_rstack_overflow",
                                          "threadirqs",
                                          "transparent_hugepage",
                                          "tsc",
                                          "tsx"};
    const std::string line = read_text(root / "proc/cmdline");
    if (line.empty()) {
        return nullptr;
    }
    json found = json::array();
    std::istringstream words{line};
    for (std::string word; words >> word;) {
        const std::string_view key = std::string_view{word}.substr(0, word.find_first_of("=."));
        if (std::find(std::begin(kBear), std::end(kBear), key) != std::end(kBear)) {
            found.push_back(word);
        }
    }
    return found;
}

// "boost" of most drivers, turned around in intel_pstate.
json boost(const fs::path& cpus) {
    if (const auto on = read_int(cpus / "cpufreq/boost")) {
        return *on != 0;
    }
    if (const auto off = read_int(cpus / "intel_pstate/no_turbo")) {
        return *off == 0;
    }
    return nullptr;
}

// What the cpu is not affected by costs nothing, and is left out.
json mitigations(const fs::path& cpus) {
    const auto files = entries(cpus / "vulnerabilities", "");
    if (files.empty()) {
        return nullptr;
    }
    json found = json::object();
    for (const fs::path& file : files) {
        const std::string text = read_text(file);
        if (!text.empty() && text != "Not affected") {
            found[file.filename().string()] = text;
        }
    }
    return found;
}

json pages(const fs::path& root) {
    const fs::path transparent = root / "sys/kernel/mm/transparent_hugepage";
    json pools = json::array();
    for (const fs::path& node : entries(root / "sys/devices/system/node", "node")) {
        for (const fs::path& pool : entries(node / "hugepages", "hugepages-")) {
            pools.push_back({{"node", number_in(node.filename().string())},
                             {"bytes", number_in(pool.filename().string()) * 1024},
                             {"total", int_of(pool / "nr_hugepages")},
                             {"free", int_of(pool / "free_hugepages")}});
        }
    }
    return {{"transparent", choice_of(transparent / "enabled")},
            {"transparent_defrag", choice_of(transparent / "defrag")},
            {"transparent_shmem", choice_of(transparent / "shmem_enabled")},
            {"pools", std::move(pools)}};
}

// "8053064 kB"
json memory(const fs::path& root) {
    const std::string text = read_text(root / "proc/meminfo");
    const auto bytes_of = [&](std::string_view key) {
        const std::string field = field_of(text, key);
        const std::int64_t kib = field.empty() ? -1 : number_in(field);
        return kib < 0 ? json(nullptr) : json(kib * 1024);
    };
    return {{"total_bytes", bytes_of("MemTotal")},
            {"free_bytes", bytes_of("MemFree")},
            {"available_bytes", bytes_of("MemAvailable")}};
}

// Of this process, which those that measure have from it.
json scheduling() {
    constexpr std::array<const char*, 7> kPolicies{"other", "fifo", "rr",      "batch",
                                                   "",      "idle", "deadline"};
    const int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    sched_param param{};
    sched_getparam(0, &param);
    return {{"policy", policy >= 0 && policy < static_cast<int>(kPolicies.size())
                           ? json(kPolicies[static_cast<std::size_t>(policy)])
                           : json(nullptr)},
            {"priority", param.sched_priority},
            {"nice", getpriority(PRIO_PROCESS, 0)}};
}

// By the zone's type: "x86_pkg_temp".
json temperatures(const fs::path& root) {
    json found = json::object();
    for (const fs::path& zone : entries(root / "sys/class/thermal", "thermal_zone")) {
        const std::string type = read_text(zone / "type");
        if (const auto thousandths = read_int(zone / "temp"); thousandths && !type.empty()) {
            found[type] = *thousandths / 1000.0;
        }
    }
    return found.empty() ? json(nullptr) : found;
}

std::optional<double> first_number(const std::string& text) {
    std::istringstream words{text};
    double value = 0;
    return words >> value ? std::optional{value} : std::nullopt;
}

// "512K", "32M"
std::optional<std::int64_t> size_bytes(const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    const std::int64_t unit = text.back() == 'K' ? 1024 : text.back() == 'M' ? 1024 * 1024 : 1;
    const std::int64_t count = number_in(text);
    return count < 0 ? std::nullopt : std::optional{count * unit};
}

json caches(const fs::path& cpu) {
    json found{{"l1d", nullptr}, {"l1i", nullptr}, {"l2", nullptr}, {"l3", nullptr}};
    for (const fs::path& cache : entries(cpu / "cache", "index")) {
        const std::string type = read_text(cache / "type");
        const std::string name = "l" + read_text(cache / "level") +
                                 (type == "Data"          ? "d"
                                  : type == "Instruction" ? "i"
                                                          : "");
        const auto bytes = size_bytes(read_text(cache / "size"));
        if (bytes && found.contains(name)) {
            found[name] = *bytes;
        }
    }
    return found;
}

}  // namespace

json host_facts(const fs::path& root) {
    const fs::path cpus = root / "sys/devices/system/cpu";
    utsname kernel{};
    uname(&kernel);
    const std::string microcode = field_of(read_text(root / "proc/cpuinfo"), "microcode");
    const auto uptime = first_number(read_text(root / "proc/uptime"));
    return {{"microcode",
             microcode.empty() ? text_of(cpus / "cpu0/microcode/version") : json(microcode)},
            {"kernel_build", kernel.version},
            {"kernel_arguments", kernel_arguments(root)},
            {"boost", boost(cpus)},
            {"mitigations", mitigations(cpus)},
            {"pages", pages(root)},
            {"numa_balancing", int_of(root / "proc/sys/kernel/numa_balancing")},
            {"memory", memory(root)},
            {"cpus_nohz_full", text_of(cpus / "nohz_full")},
            {"scheduling", scheduling()},
            {"libc", std::string{"glibc "} + gnu_get_libc_version()},
            {"temperatures_c", temperatures(root)},
            {"uptime_s", uptime ? json(*uptime) : json(nullptr)}};
}

json cpu_facts(int cpu, const fs::path& root) {
    const fs::path folder = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
    const fs::path frequency = folder / "cpufreq";
    return {{"frequency",
             {{"driver", text_of(frequency / "scaling_driver")},
              {"min_khz", int_of(frequency / "scaling_min_freq")},
              {"max_khz", int_of(frequency / "scaling_max_freq")},
              {"current_khz", int_of(frequency / "scaling_cur_freq")},
              {"preference", text_of(frequency / "energy_performance_preference")}}},
            {"caches_bytes", caches(folder)},
            {"throttled",
             {{"core", int_of(folder / "thermal_throttle/core_throttle_count")},
              {"package", int_of(folder / "thermal_throttle/package_throttle_count")}}}};
}

json load_averages(const fs::path& root) {
    std::istringstream words{read_text(root / "proc/loadavg")};
    std::array<double, 3> load{};
    return words >> load[0] >> load[1] >> load[2] ? json(load) : json(nullptr);
}

}  // namespace shunt::perf
