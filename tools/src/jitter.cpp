// SPDX-License-Identifier: MIT
//
// shunt jitter: the command line of perf/experiments' jitter.
#include "command.hpp"
#include "drawing_files.hpp"
#include "jitter_chart.hpp"
#include "jitter_view.hpp"
#include "option_words.hpp"
#include "quantity.hpp"
#include "signals.hpp"
#include "sink.hpp"
#include "terminal.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt_perf/cpus.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

namespace shunt::tools {

namespace {

namespace jitter = perf::jitter;
namespace fs = std::filesystem;

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt jitter                               every cpu, 10 s: what a spinning thread feels\n"
    "  shunt jitter --cpus 2,3 --duration 60s --html jitter.html\n"
    "  shunt jitter --cpus 3 --threshold 500ns --fail-above 50us && start-trading\n"
    "  shunt jitter --control --duration 60s      beside a program: sleeps in place of spinning\n"
    "  shunt jitter --attach $(pidof engine) --hlog engine.hlog\n"
    "  shunt jitter --json | jq '.result.cpus[] | [.cpu, .share_lost, .gap_ns.max]'\n\n"
    "A gap is the time from one look at the clock to the next. Spinning takes the cpus from\n"
    "whoever runs there; --control does not, and sees less.\n"
    "Exit codes: 0 measured, 2 usage, 3 no process of that number, 5 a gap above --fail-above,\n"
    "7 refused: a cpu twice, 130 interrupted: what there is so far.";

struct Arguments {
    std::string cpus;
    std::string duration = "10s";
    std::string threshold;
    std::string fail_above;
    std::string operation = "1us";
    std::string interval = "1ms";
    bool control = false;
    std::optional<std::int32_t> attach;
    bool csv = false;
    std::string hlog;
    std::string svg;
    std::string html;
};

std::uint64_t nanoseconds_of(const std::string& word) {
    return static_cast<std::uint64_t>(std::llround(parse_nanoseconds(word)));
}

std::uint64_t between(const char* option, const std::string& word, std::uint64_t least,
                      std::uint64_t most) {
    const std::uint64_t ns = nanoseconds_of(word);
    if (ns < least || ns > most) {
        const auto text = [](std::uint64_t each) {
            return perf::svg::duration_text(static_cast<double>(each));
        };
        throw Failure(Exit::usage, fmt::format("{} {}; {} to {} are possible, as in 500ns, 20us, "
                                               "1.5ms, 10s",
                                               option, word, text(least), text(most)));
    }
    return ns;
}

// A hypervisor takes more than the kernel does.
std::uint64_t usual_threshold(bool sleep) {
    constexpr std::uint64_t kAlone = 200;
    constexpr std::uint64_t kGuest = 1000;
    constexpr std::uint64_t kWakeUp = 100'000;
    const nlohmann::json host = perf::host_stamp().at("hypervisor");
    return sleep ? kWakeUp : host.is_string() && host == "none" ? kAlone : kGuest;
}

// The process that is attached to: its cpus, and whether it still runs.
class Attached {
public:
    explicit Attached(std::int32_t pid)
        : pid_{pid}, process_{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))} {
        if (!process_) {
            const bool none = errno == ESRCH || errno == EINVAL;
            throw Failure(none ? Exit::not_found : Exit::runtime,
                          fmt::format("no process {} to attach to: {}", pid,
                                      std::system_category().message(errno)));
        }
    }

    /// Those that any thread of it may use and this process may too.
    [[nodiscard]] std::vector<int> cpus() const {
        std::set<int> theirs;
        std::error_code ignored;
        for (const auto& task :
             fs::directory_iterator(fmt::format("/proc/{}/task", pid_), ignored)) {
            const std::string name = task.path().filename().string();
            pid_t thread = 0;
            std::from_chars(name.data(), name.data() + name.size(), thread);
            cpu_set_t set;
            CPU_ZERO(&set);
            if (::sched_getaffinity(thread, sizeof set, &set) == 0) {
                for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
                    if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) {
                        theirs.insert(cpu);
                    }
                }
            }
        }
        std::vector<int> cpus = perf::allowed_cpus();
        std::erase_if(cpus, [&](int cpu) { return !theirs.contains(cpu); });
        if (cpus.empty()) {
            throw Failure(Exit::refused,
                          fmt::format("process {} runs on no cpu that this one may use: start "
                                      "shunt jitter in the same cpuset",
                                      pid_));
        }
        return cpus;
    }
    [[nodiscard]] bool ended() const {
        pollfd polled{process_.get(), POLLIN, 0};
        return ::poll(&polled, 1, 0) == 1;
    }

private:
    std::int32_t pid_;
    FileHandle process_;
};

jitter::Config config_of(const Arguments& given, const std::optional<Attached>& attached) {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    jitter::Config config;
    config.sleep = given.control || attached;
    config.duration_ns = between("--duration", given.duration, kSecond / 100, 86'400 * kSecond);
    config.threshold_ns = given.threshold.empty()
                              ? usual_threshold(config.sleep)
                              : between("--threshold", given.threshold, 20, kSecond);
    config.interval_ns = between("--interval", given.interval, 10'000, kSecond);
    if (config.sleep && config.interval_ns > config.duration_ns) {
        throw Failure(Exit::usage, "--interval is longer than --duration: nobody would look");
    }
    config.cpus = attached ? attached->cpus() : measured_cpus(given.cpus, 1);
    return config;
}

// Nobody wakes up meanwhile, unless somebody is attached to: a wake-up is a gap.
bool pause_for(std::chrono::nanoseconds time, const Interrupts& interrupts,
               const std::optional<Attached>& attached) {
    if (!attached) {
        return interrupts.pause(time);
    }
    return !attached->ended() && interrupts.pause(std::min<std::chrono::nanoseconds>(
                                     time, std::chrono::milliseconds(100)));
}

void check_limit(Outcome& outcome, const JitterView& view, const std::string& limit) {
    if (!limit.empty() && view.worst_ns() > nanoseconds_of(limit)) {
        outcome.error = fmt::format("{} is above --fail-above {}", view.worst_text(), limit);
        outcome.exit = static_cast<int>(Exit::limit);
    }
}

Outcome run(const Arguments& given) {
    const Interrupts interrupts;
    Progress progress;
    std::optional<Attached> attached;
    if (given.attach) {
        attached.emplace(*given.attach);
    }
    jitter::Config config = config_of(given, attached);
    const std::uint64_t operation_ns = between("--operation", given.operation, 1, 1'000'000'000);
    DrawingFiles files(given.svg, given.html, interrupts);
    std::optional<Sink> hlog;
    if (!given.hlog.empty()) {
        hlog.emplace(given.hlog, false, interrupts);
    }
    jitter::NoiseReading before;
    config.ready = [&] {
        progress.show(fmt::format("{} on {} cpus for {}", config.sleep ? "looking" : "spinning",
                                  config.cpus.size(), given.duration));
        before = jitter::read_noise();
    };
    config.pause = [&](std::chrono::nanoseconds time) {
        return pause_for(time, interrupts, attached);
    };
    jitter::Result result = jitter::measure(config);
    const jitter::NoiseReading after = jitter::read_noise();
    progress.clear();
    result.partial = interrupts.requested();  // the end of who is attached to is an end
    const JitterView view(config, result, before, after, operation_ns);
    Outcome outcome;
    outcome.result = view.document();
    outcome.warnings = view.warnings();
    outcome.text = given.csv ? view.csv() : view.text();
    for (const perf::Warning& warning : outcome.warnings) {
        if (given.csv) {
            say("shunt jitter: " + warning.text);
        }
    }
    files.write("shunt jitter", perf::draw(jitter_chart(Part{outcome.result})));
    if (hlog) {
        hlog->put(view.hlog());
    }
    check_limit(outcome, view, given.fail_above);
    if (result.partial) {
        outcome.error = "interrupted; what there was so far is shown";
        outcome.exit = static_cast<int>(Exit::interrupted);
    }
    return outcome;
}

void add_options(CLI::App& app, Arguments& given) {
    const auto duration = [&](const char* name, std::string& word, const char* text) {
        return app.add_option(name, word, text)->type_name("T")->check(parses(parse_nanoseconds));
    };
    add_cpus(app, given.cpus);
    duration("--duration", given.duration, "How long, as in 500ms, 10s")->capture_default_str();
    duration("--threshold", given.threshold,
             "Shorter gaps are none (default 200ns, 1us in a guest, 100us with --control)");
    duration("--fail-above", given.fail_above, "A longer gap than this ends in exit 5");
    duration("--operation", given.operation, "Whose chance to be hit by a gap is told")
        ->capture_default_str();
    app.add_flag("--control", given.control,
                 "Sleep to even times and look how late it is, in place of spinning");
    duration("--interval", given.interval, "Of --control: from one look to the next")
        ->capture_default_str();
    app.add_option("--attach", given.attach, "The cpus of this process until it ends, by --control")
        ->type_name("N")
        ->check(parses(parse_count))
        ->excludes("--cpus");
    app.add_flag("--csv", given.csv, "A line for each cpu, with the head that hiccups has")
        ->excludes("--json");
    app.add_option("--hlog", given.hlog, "An HDR interval log, Tag=cpuN")->type_name("FILE");
    add_drawings(app, given.svg, given.html, "The chart");
}

}  // namespace

void add_jitter(CLI::App& app, Invocation& invocation) {
    const auto given = std::make_shared<Arguments>();
    CLI::App* const sub =
        add_command(app, invocation, "jitter", "When and how long each cpu did something else",
                    kExamples, [given] { return run(*given); });
    add_options(*sub, *given);
}

}  // namespace shunt::tools
