// SPDX-License-Identifier: MIT
//
// stepper: every operation of a channel, its victim killed or stopped at its instructions, and what
// the others make of it. docs/testing.md says how it works, docs/failure_model.md what it found.
#include "process/stepper/crew.hpp"
#include "process/stepper/ledger.hpp"
#include "process/stepper/operations.hpp"
#include "process/stepper/pair_sweep.hpp"

#include "process/support/wares.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::stepper {
namespace {

constexpr const char* kHelp =
    "usage: stepper [--quick | --full | --as-test] [--only OPERATION]... [--how HOW]...\n"
    "               [--jobs N] [--seed S] [--json FILE]\n"
    "       stepper --seed-bug NAME\n"
    "       stepper --list\n"
    "\n"
    "Stops a process at instructions of one operation on a channel and kills it there (kill), "
    "lets\n"
    "it stand while others act and then go on (stop), kills it at a system call (call), or kills\n"
    "two at once (pair). Each time in fresh processes on a fresh channel; then its peer and its\n"
    "successor account for every message, end, lock, file and descriptor.\n"
    "\n"
    "  --quick         a sample of the points that the seed decides (the default)\n"
    "  --full          every point\n"
    "  --as-test       a small sample, or --quick where SHUNT_TEST_FULL is set\n"
    "  --only NAME     this operation only, of any kind; or this kind only; or `KIND OPERATION`;\n"
    "                  --list names them\n"
    "  --how HOW       kill, stop, call or pair only\n"
    "  --jobs N        processes that work at a time (default: the cpus, 4 at most)\n"
    "  --seed S        of the sample (default: drawn, and told)\n"
    "  --json FILE     writes the ledger there too\n"
    "  --seed-bug NAME puts that bug into the victim, which has to be found; `all`: each in turn\n"
    "\n"
    "The last line is `N of N survived`.\n"
    "\n"
    "example: stepper --full --only push --how stop\n"
    "exit: 0 all survived, 1 not all (a bug was not found), 2 usage, 77 nobody may trace here\n";

constexpr std::string_view kAllBugs = "all";

struct Settings {
    std::string_view mode = "quick";
    std::vector<std::string_view> only;
    std::vector<std::string_view> hows;
    std::string_view json;
    std::string_view bug;
    std::uint64_t jobs = 0;
    std::uint64_t seed = 0;
    bool list = false;
    bool help = false;
};

bool parse(std::string_view text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

// Its name, its kind, or both.
bool is_called(const Operation& operation, std::string_view name) {
    return name == operation.name || name == operation.kind ||
           name == std::string{operation.kind} + " " + std::string{operation.name};
}

bool is_operation(std::string_view name) {
    return std::any_of(operations().begin(), operations().end(),
                       [&](const Operation& operation) { return is_called(operation, name); });
}

bool is_chosen(const Operation& operation, const std::vector<std::string_view>& only) {
    return only.empty() || std::any_of(only.begin(), only.end(), [&](std::string_view name) {
               return is_called(operation, name);
           });
}

bool is_how(std::string_view name) {
    return std::any_of(std::begin(kHows), std::end(kHows),
                       [&](How how) { return to_string(how) == name; });
}

// Those with a value. False: there is no such option, or not with this value.
bool set(Settings& settings, std::string_view name, std::string_view value) {
    if (name == "--only") {
        settings.only.push_back(value);
        return is_operation(value);
    }
    if (name == "--how") {
        settings.hows.push_back(value);
        return is_how(value);
    }
    if (name == "--json") {
        settings.json = value;
        return !value.empty();
    }
    if (name == "--seed-bug") {
        settings.bug = value;
        return value == kAllBugs ||
               std::any_of(seeded_bugs().begin(), seeded_bugs().end(),
                           [&](const Seeded& seeded) { return to_string(seeded.bug) == value; });
    }
    return (name == "--jobs" && parse(value, settings.jobs) && settings.jobs != 0) ||
           (name == "--seed" && parse(value, settings.seed));
}

std::optional<Settings> settings_of(int argc, char** argv) {
    Settings settings;
    settings.seed = std::random_device{}() % 1'000'000;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name{argv[i]};
        if (name == "--quick" || name == "--full") {
            settings.mode = name.substr(2);
        } else if (name == "--as-test") {
            settings.mode = std::getenv("SHUNT_TEST_FULL") != nullptr ? "quick" : "test";
        } else if (name == "--list") {
            settings.list = true;
        } else if (name == "--help") {
            settings.help = true;
        } else if (++i == argc || !set(settings, name, argv[i])) {
            return std::nullopt;
        }
    }
    if (settings.jobs == 0) {
        settings.jobs =
            static_cast<std::uint64_t>(std::clamp(::sysconf(_SC_NPROCESSORS_ONLN), 1L, 4L));
    }
    return settings;
}

bool is_among(const std::vector<std::string_view>& names, std::string_view name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

constexpr Portion kHunt{UINT64_MAX, 0, true};
constexpr std::uint64_t kMostPairs = 900;  // of one operation on one channel, in one order

// Of each operation, on each ware and pages, in each way.
std::uint64_t most_points(std::string_view mode, How how) {
    if (mode == "full") {
        return how == How::pair ? kMostPairs : UINT64_MAX;
    }
    if (mode == "test") {
        return how == How::call ? 12 : 2;
    }
    return how == How::pair ? 5 : 6;
}

std::vector<Tally> play_all(World& world, Pulse& pulse, const Operation& operation,
                            const Stock& stock, const std::vector<How>& hows,
                            const Settings& settings, std::uint64_t salt) {
    std::vector<Tally> tallies(hows.size());
    for (const Scene& scene : operation.scenes) {
        Sweep sweep{world, [&](World& in) { return scene(in, stock); }, pulse};
        for (std::size_t i = 0; i < hows.size(); ++i) {
            const std::uint64_t most = most_points(settings.mode, hows[i]);
            const std::uint64_t scenes = operation.scenes.size();
            const Portion portion{most == UINT64_MAX ? most : (most + scenes - 1) / scenes,
                                  process_test::mixed(settings.seed) ^ (salt++)};
            tallies[i].add(sweep.run(hows[i], portion));
        }
    }
    for (const PairScene& scene : operation.pairs) {
        const Portion portion{most_points(settings.mode, How::pair),
                              process_test::mixed(settings.seed) ^ (salt++)};
        tallies[0].add(sweep_pairs(
            world, [&](World& in) { return scene(in, stock); }, portion, pulse));
    }
    return tallies;
}

// A row for each way, and one job for all of them.
void add_job(const Settings& settings, const Operation& operation, const Stock& stock,
             std::vector<Job>& jobs, std::vector<std::vector<Row>>& rows) {
    std::vector<How> hows;
    std::vector<Row> its;
    // To record the instructions of a cold operation takes seconds.
    const bool cold = std::count(operation.hows.begin(), operation.hows.end(), How::call) != 0;
    for (const How how : operation.hows) {
        const bool too_long = cold && settings.mode == "test" && how != How::call;
        if (!too_long && is_among(settings.hows, to_string(how))) {
            hows.push_back(how);
            its.push_back({operation.kind,
                           name_of(stock.ware),
                           stock.huge ? "2m" : "4k",
                           operation.name,
                           how,
                           {}});
        }
    }
    if (!hows.empty()) {
        const std::uint64_t salt = 1000 * jobs.size();
        jobs.push_back([&, stock, hows, salt](World& world, Pulse& pulse) {
            return play_all(world, pulse, operation, stock, hows, settings, salt);
        });
        rows.push_back(std::move(its));
    }
}

void list_all() {
    for (const Operation& operation : operations()) {
        std::printf("%.*s %.*s\n", static_cast<int>(operation.kind.size()), operation.kind.data(),
                    static_cast<int>(operation.name.size()), operation.name.data());
    }
    for (const Seeded& seeded : seeded_bugs()) {
        const std::string_view name = to_string(seeded.bug);
        std::printf("seed-bug %.*s\n", static_cast<int>(name.size()), name.data());
    }
}

// The terminal's last line.
void show_progress(std::size_t done, std::size_t all) {
    if (::isatty(STDERR_FILENO) != 0) {
        std::fprintf(stderr, "\r%zu of %zu sweeps%s", done, all, done == all ? "\n" : "");
    }
}

// Each, or the one that is named; until it is found.
int run_bugs(const Settings& settings, bool huge) {
    std::vector<Job> jobs;
    std::vector<std::string_view> names;
    for (const Seeded& seeded : seeded_bugs()) {
        if (settings.bug == kAllBugs || to_string(seeded.bug) == settings.bug) {
            names.push_back(to_string(seeded.bug));
            jobs.push_back([&seeded](World& world, Pulse& pulse) {
                Sweep sweep{world, [&](World& in) { return seeded.scene(in, Stock{}); }, pulse};
                return std::vector<Tally>{sweep.run(seeded.how, kHunt)};
            });
        }
    }
    const auto tallies =
        work_off(jobs, static_cast<unsigned>(settings.jobs), huge, [](std::size_t) {});
    std::size_t found = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::vector<std::string>& faults = tallies[i].at(0).faults;
        found += faults.empty() ? 0u : 1u;
        std::printf("%-26s %s\n", std::string{names[i]}.c_str(),
                    faults.empty() ? "not found" : faults.front().c_str());
    }
    std::printf("%zu of %zu seeded bugs found\n", found, names.size());
    return found == names.size() ? 0 : 1;
}

int run(const Settings& settings) {
    if (!process_test::may_trace()) {
        std::fprintf(stderr, "stepper: may not trace its own children here (ptrace is refused)\n");
        return 77;
    }
    // Asked in a child: each worker moves into a mount namespace of its own.
    const bool huge =
        Child{[] { return process_test::own_huge_pages().empty() ? 0 : 1; }}.wait() == "exit 0";
    if (!settings.bug.empty()) {
        return run_bugs(settings, huge);
    }
    Ledger ledger{settings.mode, settings.seed, huge, {}};
    std::vector<Job> jobs;
    std::vector<std::vector<Row>> rows;
    for (const Operation& operation : operations()) {
        const auto& wares = settings.mode == "full" ? operation.wares : operation.quick_wares;
        for (const Ware ware : wares) {
            for (int pages = 0; pages < (huge ? 2 : 1); ++pages) {
                if (is_chosen(operation, settings.only)) {
                    add_job(settings, operation, {ware, pages == 1}, jobs, rows);
                }
            }
        }
    }
    const auto tallies = work_off(jobs, static_cast<unsigned>(settings.jobs), huge,
                                  [&](std::size_t done) { show_progress(done, jobs.size()); });
    for (std::size_t job = 0; job < jobs.size(); ++job) {
        for (std::size_t way = 0; way < tallies[job].size(); ++way) {
            rows[job][way].tally = tallies[job][way];
        }
        ledger.rows.insert(ledger.rows.end(), rows[job].begin(), rows[job].end());
    }
    print_table(ledger);
    if (!settings.json.empty()) {
        std::ofstream file{std::string{settings.json}};
        if (!(file << to_json(ledger)).flush()) {
            std::fprintf(stderr, "stepper: cannot write %s\n", settings.json.data());
            return 1;
        }
    }
    const Tally all = ledger.totals();
    std::printf("%llu of %llu survived\n", static_cast<unsigned long long>(all.survived),
                static_cast<unsigned long long>(all.injected + all.missed));
    return all.good() && all.injected != 0 ? 0 : 1;
}

}  // namespace
}  // namespace shunt::stepper

int main(int argc, char** argv) {
    using namespace shunt::stepper;
    const auto settings = settings_of(argc, argv);
    if (!settings) {
        std::fputs(kHelp, stderr);
        return 2;
    }
    if (settings->help) {
        std::fputs(kHelp, stdout);
        return 0;
    }
    if (settings->list) {
        list_all();
        return 0;
    }
    try {
        return run(*settings);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "stepper: %s\n", error.what());
        return 1;
    }
}
