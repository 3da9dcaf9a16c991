// SPDX-License-Identifier: MIT
#include <shunt_experiments/noise.hpp>

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>

namespace shunt::perf::jitter {

namespace {

std::optional<std::uint64_t> number(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional{value}
                                                                    : std::nullopt;
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream words{line};
    return {std::istream_iterator<std::string>{words}, {}};
}

// A table with a column for each cpu that is named in its head, and a name before each row.
void read_table(const std::string& text, NoiseReading& reading, Counts Noise::*counts,
                std::map<std::string, std::string>* names) {
    std::istringstream lines{text};
    std::string line;
    std::getline(lines, line);
    std::vector<int> cpus;
    for (const std::string& head : words_of(line)) {
        constexpr std::string_view kPrefix = "CPU";
        const auto cpu =
            head.starts_with(kPrefix) ? number(head.substr(kPrefix.size())) : std::nullopt;
        cpus.push_back(cpu ? static_cast<int>(*cpu) : -1);
    }
    while (std::getline(lines, line)) {
        const std::vector<std::string> words = words_of(line);
        if (words.size() <= cpus.size() || !words[0].ends_with(':')) {
            continue;
        }
        const std::string name = words[0].substr(0, words[0].size() - 1);
        if (name == "ERR" || name == "MIS") {  // of the whole host
            continue;
        }
        for (std::size_t i = 0; i < cpus.size(); ++i) {
            if (const auto count = number(words[i + 1]); count && cpus[i] >= 0) {
                (reading.cpus[cpus[i]].*counts)[name] = *count;
            }
        }
        std::string rest;
        for (std::size_t i = cpus.size() + 1; names != nullptr && i < words.size(); ++i) {
            rest += (rest.empty() ? "" : " ") + words[i];
        }
        if (!rest.empty()) {
            (*names)[name] = rest;
        }
    }
}

// "cpu3 user nice system idle iowait irq softirq steal ...", in ticks.
void read_steal(const std::string& text, NoiseReading& reading) {
    constexpr std::size_t kSteal = 8;
    const auto tick_ns = 1'000'000'000u / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const std::vector<std::string> words = words_of(line);
        if (words.size() <= kSteal || !words[0].starts_with("cpu")) {
            continue;
        }
        const auto cpu = number(std::string_view{words[0]}.substr(3));
        const auto steal = number(words[kSteal]);
        if (cpu && steal) {
            reading.cpus[static_cast<int>(*cpu)].steal_ns = *steal * tick_ns;
        }
    }
}

Counts between(const Counts& before, const Counts& after) {
    Counts moved;
    for (const auto& [name, count] : after) {
        const auto was = before.find(name);
        const std::uint64_t from = was == before.end() ? 0 : was->second;
        if (count > from) {
            moved[name] = count - from;
        }
    }
    return moved;
}

}  // namespace

NoiseReading read_noise(const std::filesystem::path& root) {
    NoiseReading reading;
    const auto with = [&](const char* name, auto&& parse) {
        const std::filesystem::path path = root / "proc" / name;
        errno = 0;
        std::ifstream file(path);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (text.empty()) {
            reading.unread.push_back(
                {"/proc/" + std::string{name},
                 errno == 0 ? "it is empty" : std::generic_category().message(errno)});
            return;
        }
        parse(text);
    };
    with("interrupts", [&](const std::string& text) {
        read_table(text, reading, &Noise::interrupts, &reading.names);
    });
    with("softirqs",
         [&](const std::string& text) { read_table(text, reading, &Noise::softirqs, nullptr); });
    with("stat", [&](const std::string& text) { read_steal(text, reading); });
    return reading;
}

Noise noise_between(const NoiseReading& before, const NoiseReading& after, int cpu) {
    const auto then = before.cpus.find(cpu);
    const auto now = after.cpus.find(cpu);
    if (then == before.cpus.end() || now == after.cpus.end()) {
        return {};
    }
    Noise noise;
    noise.interrupts = between(then->second.interrupts, now->second.interrupts);
    noise.softirqs = between(then->second.softirqs, now->second.softirqs);
    if (then->second.steal_ns && now->second.steal_ns) {
        noise.steal_ns =
            *now->second.steal_ns - std::min(*then->second.steal_ns, *now->second.steal_ns);
    }
    return noise;
}

std::vector<std::pair<std::string, std::uint64_t>> most_of(const Counts& counts) {
    std::vector<std::pair<std::string, std::uint64_t>> all{counts.begin(), counts.end()};
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return all;
}

}  // namespace shunt::perf::jitter
