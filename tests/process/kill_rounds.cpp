// SPDX-License-Identifier: MIT
//
// kill_rounds: rounds of kill and restart, drawn from a seed, each accounted for to the message;
// and how long a death takes to be known. Not a benchmark: it needs two cpus, and a busy machine
// shows in the tails.
#include "process/support/child.hpp"
#include "process/support/playground.hpp"
#include "process/support/round.hpp"
#include "process/support/times.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace shunt::process_test {
namespace {

constexpr const char* kHelp =
    "usage: kill_rounds [--rounds N | --as-test] [--first K] [--seed S] [--check-times] [--json]\n"
    "\n"
    "Plays N rounds (default 1000), from number K (0) of seed S (drawn, and told): a producer or "
    "a\n"
    "consumer of an spsc channel is killed at a random instruction, a successor resumes, and "
    "every\n"
    "message is accounted for. Tells how long the kernel took to release the victim's lock and "
    "how\n"
    "long the survivor took from there to know.\n"
    "\n"
    "  --as-test      60 rounds, or 1000 where SHUNT_TEST_FULL is set\n"
    "  --check-times  fail too where less than 99 % of the survivors knew in time: 10 ms parked on "
    "an\n"
    "                 active channel, 70 ms on an idle one, 5 ms spinning\n"
    "  --json         one JSON document on stdout instead of the table\n"
    "\n"
    "example: kill_rounds --rounds 1000 --seed 7\n"
    "exit: 0 all clean, 1 not all clean, 2 usage, 5 not in time, 77 nobody may trace here\n";

struct Settings {
    std::uint64_t rounds = 1000;
    std::uint64_t first = 0;
    std::uint64_t seed = 0;
    bool check_times = false;
    bool json = false;
};

struct Results {
    std::uint64_t clean = 0;
    std::uint64_t disturbed = 0;
    std::uint64_t faulty = 0;
    Times times[5] = {
        {"kill_to_release_base", "SIGKILL to lock free, 4k pages", 0},
        {"kill_to_release_huge", "SIGKILL to lock free, 2m pages", 0},
        {"release_to_action_parked", "lock free to peer_dead, parked", 10'000'000},
        {"release_to_action_idle", "the same, channel idle", 70'000'000},
        {"release_to_action_spinning", "lock free to peer_dead, spinning", 5'000'000}};

    void add(const Plan& plan, const Outcome& outcome) {
        if (!outcome.fault.empty()) {
            ++faulty;
            std::fprintf(stderr, "%s\n    in %s\n", outcome.fault.c_str(), describe(plan).c_str());
            return;
        }
        ++clean;
        if (plan.rush) {
            return;  // the successor wants the same cpu: nothing is timed
        }
        if (outcome.disturbed) {
            ++disturbed;
            return;
        }
        times[plan.huge ? 1 : 0].add(outcome.kill_to_release_ns);
        if (outcome.release_to_action_ns) {
            const std::size_t row = plan.survivor_wait != wait::park ? 4 : outcome.idle ? 3 : 2;
            times[row].add(*outcome.release_to_action_ns);
        }
    }
    [[nodiscard]] bool in_time() const {
        return std::all_of(std::begin(times), std::end(times),
                           [](const Times& mode) { return mode.met(); });
    }
};

bool parse(std::string_view text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Settings> settings_of(int argc, char** argv) {
    Settings settings;
    settings.seed = std::random_device{}() % 1'000'000;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name{argv[i]};
        if (name == "--json") {
            settings.json = true;
        } else if (name == "--as-test") {
            settings.rounds = std::getenv("SHUNT_TEST_FULL") != nullptr ? 1000 : 60;
        } else if (name == "--check-times") {
            settings.check_times = true;
        } else {
            std::uint64_t* const value = name == "--rounds"  ? &settings.rounds
                                         : name == "--first" ? &settings.first
                                         : name == "--seed"  ? &settings.seed
                                                             : nullptr;
            if (value == nullptr || ++i == argc || !parse(argv[i], *value)) {
                return std::nullopt;
            }
        }
    }
    return settings;
}

void print_table(const Results& results) {
    print_times_head();
    for (const Times& mode : results.times) {
        print(mode);
    }
    std::printf(
        "%llu rounds are not timed: survivor or observer waited for a cpu by more than 1 ms\n",
        static_cast<unsigned long long>(results.disturbed));
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

void print_json(const Settings& settings, const Results& results, bool huge) {
    std::string text =
        "{\"schema\":\"shunt/kill_rounds/1\",\"args\":{\"rounds\":" + number(settings.rounds) +
        ",\"first\":" + number(settings.first) + ",\"seed\":" + number(settings.seed) +
        "},\"result\":{\"clean\":" + number(results.clean) +
        ",\"disturbed\":" + number(results.disturbed) +
        ",\"huge_pages\":" + (huge ? "true" : "false");
    for (const Times& mode : results.times) {
        text += json_of(mode);
    }
    text += "},\"ok\":" + std::string{results.clean == settings.rounds ? "true" : "false"} + "}";
    std::printf("%s\n", text.c_str());
}

int run(const Settings& settings) {
    if (!may_trace()) {
        std::fprintf(stderr,
                     "kill_rounds: may not trace its own children here (ptrace is refused)\n");
        return 77;
    }
    const std::string& no_huge = own_huge_pages();
    const Playground ground;
    const TwoCpus cpus = two_cpus();
    std::fprintf(
        stderr, "seed %llu; 2 MiB pages: %s; cpus: %s\n",
        static_cast<unsigned long long>(settings.seed), no_huge.empty() ? "yes" : no_huge.c_str(),
        cpus.first < 0 ? "one for all" : "victim and observer on one, survivor on another");
    Results results;
    for (std::uint64_t i = 0; i < settings.rounds; ++i) {
        const Plan plan = draw(settings.seed, settings.first + i, no_huge.empty());
        results.add(plan, play(plan, ground, cpus));
        if (results.faulty == 10) {
            break;  // enough to look at
        }
    }
    for (Times& mode : results.times) {
        mode.sort();
    }
    if (settings.json) {
        print_json(settings, results, no_huge.empty());
    } else {
        print_table(results);
        std::printf("%llu of %llu rounds clean\n", static_cast<unsigned long long>(results.clean),
                    static_cast<unsigned long long>(settings.rounds));
    }
    if (results.clean != settings.rounds) {
        return 1;
    }
    return settings.check_times && !results.in_time() ? 5 : 0;
}

}  // namespace
}  // namespace shunt::process_test

int main(int argc, char** argv) {
    using namespace shunt::process_test;
    if (argc == 2 && std::string_view{argv[1]} == "--help") {
        std::fputs(kHelp, stdout);
        return 0;
    }
    const auto settings = settings_of(argc, argv);
    if (!settings) {
        std::fputs(kHelp, stderr);
        return 2;
    }
    try {
        return run(*settings);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kill_rounds: %s\n", error.what());
        return 1;
    }
}
