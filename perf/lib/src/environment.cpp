// SPDX-License-Identifier: MIT
#include <shunt_perf/environment.hpp>

#include "build_stamp.hpp"
#include "files.hpp"

#include <sys/utsname.h>
#include <unistd.h>
#include <charconv>
#include <filesystem>

namespace shunt::perf {

namespace {

using nlohmann::json;

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

json int_or_null(const std::optional<int>& value) {
    return value ? json(*value) : json(nullptr);
}

// "hypervisor" among the cpu's flags says that there is one, DMI or sysfs whose it is.
json hypervisor(const std::string& flags) {
    const std::string type = read_text("/sys/hypervisor/type");
    if (!type.empty()) {
        return type;
    }
    const std::string vendor = read_text("/sys/class/dmi/id/sys_vendor");
    const bool virtual_cpu = (" " + flags + " ").find(" hypervisor ") != std::string::npos;
    if (!virtual_cpu) {
        return flags.empty() ? json(nullptr) : json("none");
    }
    return vendor.empty() ? "yes" : "yes (" + vendor + ")";
}

json huge_pages() {
    json pools = json::array();
    std::error_code ignored;
    const std::filesystem::path folder = "/sys/kernel/mm/hugepages";
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();  // hugepages-2048kB
        constexpr std::string_view kPrefix = "hugepages-";
        long kib = 0;
        const char* first = name.data() + std::min(kPrefix.size(), name.size());
        if (std::from_chars(first, name.data() + name.size(), kib).ec != std::errc{}) {
            continue;
        }
        pools.push_back({{"bytes", kib * 1024},
                         {"total", int_or_null(read_int(entry.path() / "nr_hugepages"))},
                         {"free", int_or_null(read_int(entry.path() / "free_hugepages"))}});
    }
    return pools;
}

json os_name() {
    const std::string text = read_text("/etc/os-release");
    const std::string key = "PRETTY_NAME=\"";
    const std::size_t at = text.find(key);
    if (at == std::string::npos) {
        return nullptr;
    }
    const std::size_t begin = at + key.size();
    return text.substr(begin, text.find('"', begin) - begin);
}

std::string cpu_model() {
    const std::string model = cpuinfo_field("model name");
    return model.empty() ? cpuinfo_field("CPU part") : model;
}

}  // namespace

json tool_stamp() {
    return {{"version", kVersion}, {"git", kGit}, {"compiler", kCompiler}, {"flags", kFlags}};
}

json host_stamp() {
    utsname name{};
    uname(&name);
    const std::string flags = cpuinfo_field("flags");
    return {
        {"kernel", name.release},
        {"machine", name.machine},
        {"os", os_name()},
        {"cpu_model", text_or_null(cpu_model())},
        {"cpus_online", text_or_null(read_text("/sys/devices/system/cpu/online"))},
        {"cpus_isolated", text_or_null(read_text("/sys/devices/system/cpu/isolated"))},
        {"hypervisor", hypervisor(flags)},
        {"clocksource", text_or_null(read_text(
                            "/sys/devices/system/clocksource/clocksource0/current_clocksource"))},
        {"smt", text_or_null(read_text("/sys/devices/system/cpu/smt/control"))},
        {"page_bytes", sysconf(_SC_PAGESIZE)},
        {"huge_pages", huge_pages()},
        {"transparent_huge_pages",
         text_or_null(read_text("/sys/kernel/mm/transparent_hugepage/enabled"))}};
}

json to_json(const CpuPlace& place) {
    return {{"cpu", place.cpu},
            {"core", int_or_null(place.core)},
            {"package", int_or_null(place.package)},
            {"l2", int_or_null(place.l2)},
            {"l3", int_or_null(place.l3)},
            {"node", int_or_null(place.node)},
            {"smt_siblings", place.smt_siblings},
            {"governor", text_or_null(place.governor)}};
}

json to_json(const Clock& clock) {
    return {{"source", clock.source()},
            {"ticks_per_second", clock.ticks_per_second()},
            {"step_ticks", clock.step_ticks()},
            {"read_ns", clock.read_ns()},
            {"disagreement_ppm", clock.disagreement_ppm()},
            {"note", text_or_null(clock.note())}};
}

json envelope(std::string_view command, json args, json result,
              const std::vector<Warning>& warnings, bool ok) {
    json list = json::array();
    for (const Warning& warning : warnings) {
        list.push_back({{"id", warning.id}, {"msg", warning.text}});
    }
    return {{"schema", "shunt/" + std::string(command) + "/1"},
            {"tool", tool_stamp()},
            {"host", host_stamp()},
            {"args", std::move(args)},
            {"result", std::move(result)},
            {"warnings", std::move(list)},
            {"ok", ok}};
}

}  // namespace shunt::perf
