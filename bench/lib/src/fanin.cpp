// SPDX-License-Identifier: MIT
#include <shunt_bench/fanin.hpp>

#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/payload.hpp"
#include "bench/lib/src/report_view.hpp"

#include <shunt/mpmc.hpp>
#include <shunt/mpsc.hpp>
#include <shunt_perf/cpus.hpp>
#include <shunt_perf/environment.hpp>
#include <shunt_perf/statistics.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <optional>
#include <thread>

namespace shunt::bench {
namespace {

using nlohmann::json;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t kMostOfARole = 32;
constexpr unsigned kProducerShift = 40;  // of a message's number: whose it is

// In shared memory, all zero at first. Each count is stored by one process.
struct alignas(kLinePairBytes) Count {
    std::atomic<std::uint64_t> value;
};
struct Hall {
    alignas(kLinePairBytes) std::atomic<std::uint32_t> arrived;
    alignas(kLinePairBytes) std::atomic<std::uint32_t> go;  // 1: begin, 2: stop
    Count arrived_of[kMostOfARole][kMostOfARole];           // by consumer and producer
    std::array<char, 512> last_words;
    std::atomic<std::uint32_t> said;
};

void say(Hall& hall, const std::string& text) noexcept {
    if (hall.said.exchange(1, std::memory_order_acq_rel) == 0) {
        std::memcpy(hall.last_words.data(), text.data(),
                    std::min(text.size(), hall.last_words.size() - 1));
    }
}

class SharedHall {
public:
    SharedHall()
        : memory_{::mmap(nullptr, sizeof(Hall), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0)} {
        if (memory_ == MAP_FAILED) {
            throw Failure(Exit::runtime, fmt::format("no {} bytes of shared memory for results: {}",
                                                     sizeof(Hall), std::strerror(errno)));
        }
    }
    ~SharedHall() { ::munmap(memory_, sizeof(Hall)); }
    SharedHall(const SharedHall&) = delete;
    SharedHall& operator=(const SharedHall&) = delete;
    [[nodiscard]] Hall& operator*() const noexcept {
        return *object_at<Hall>(static_cast<std::byte*>(memory_));
    }

private:
    void* memory_;
};

// All of them are gone when this is.
class Children {
public:
    Children() = default;
    ~Children() {
        for (const pid_t pid : pids_) {
            ::kill(pid, SIGKILL);
        }
        (void)wait_for_all(Steady::time_point::max());
    }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    template <class Work>
    void start(int cpu, Hall& hall, Work&& work) {
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0) {
            throw Failure(Exit::runtime, fmt::format("fork: {}", std::strerror(errno)));
        }
        if (pid != 0) {
            pids_.push_back(pid);
            return;
        }
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::signal(SIGINT, SIG_IGN);
        if (::getppid() != parent) {
            ::_exit(1);
        }
        try {
            if (cpu >= 0) {
                perf::pin_to(cpu);
            }
            work();
        } catch (const std::exception& error) {
            say(hall, error.what());
            ::_exit(1);
        }
        ::_exit(0);
    }
    /// False: the deadline came first.
    bool wait_for_all(Steady::time_point deadline) {
        while (!pids_.empty() && Steady::now() < deadline) {
            look();
            if (!pids_.empty()) {
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            }
        }
        return pids_.empty();
    }
    /// Takes note of those that ended.
    void look() {
        std::erase_if(pids_, [this](pid_t pid) {
            int status = 0;
            const bool over = ::waitpid(pid, &status, WNOHANG) == pid;
            failed_ = failed_ || (over && status != 0);
            return over;
        });
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    std::vector<pid_t> pids_;
    bool failed_ = false;
};

Options options_of(const FaninConfig& config) {
    Options options;
    options.capacity = config.capacity;
    options.pages = config.pages;
    options.wait = config.wait;
    options.wake = config.wait == shunt::wait::park || config.wait == shunt::wait::adaptive
                       ? shunt::wake::wakeable
                       : shunt::wake::polling;
    options.linger = shunt::linger::none;
    if (config.kind == Kind::mpsc) {
        options.lanes = config.producers;
    }
    return options;
}

bool goes_on(const Hall& hall) noexcept {
    // relaxed: nothing follows from it but to stop
    return hall.go.load(std::memory_order_relaxed) != 2;
}

void meet(Hall& hall) {
    hall.arrived.fetch_add(1, std::memory_order_acq_rel);
    while (hall.go.load(std::memory_order_acquire) == 0) {
        std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
}

// A call waits no longer than this, and then looks whether it is over.
constexpr auto kPatience = std::chrono::milliseconds{20};

[[noreturn]] void unexpected(Status status) {
    throw std::runtime_error(
        fmt::format("a call returned {} in the middle of a run; nothing of it "
                    "counts",
                    to_string(status)));
}

template <class Producer, std::size_t N>
void produce(const FaninConfig& config, const std::string& channel, std::uint32_t me, Hall& hall) {
    Producer out{channel, options_of(config)};
    meet(hall);
    std::uint64_t number = std::uint64_t{me} << kProducerShift;
    while (goes_on(hall)) {
        Message<N> message;
        write(message, number);
        Status status = out.try_push(message);
        if (status == Status::full) {
            status = out.push_until(message, Steady::now() + kPatience);
        }
        number += status ? 1u : 0u;
        if (!status && status != Status::timeout && goes_on(hall)) {
            unexpected(status);
        }
    }
}

template <class Consumer, std::size_t N>
void consume(const FaninConfig& config, const std::string& channel, std::uint32_t me, Hall& hall) {
    Consumer in{channel, options_of(config)};
    std::array<std::uint64_t, kMostOfARole> least{};
    std::array<std::uint64_t, kMostOfARole> got{};
    meet(hall);
    while (goes_on(hall)) {
        Message<N> message;
        Status status = in.try_pop(message);
        if (status == Status::empty || status == Status::busy) {
            status = in.pop_until(message, Steady::now() + kPatience);
        }
        if (!status) {
            if (status != Status::timeout && goes_on(hall)) {
                unexpected(status);
            }
            continue;
        }
        const std::uint64_t number = read(message);
        const std::uint64_t from = number >> kProducerShift;
        if (number == kTorn || from >= config.producers || number < least[from]) {
            throw std::runtime_error(
                fmt::format("message {:#x} is torn, or came too late", number));
        }
        least[from] = number + 1;
        // relaxed: a count that is looked at by its own value
        hall.arrived_of[me][from].value.store(++got[from], std::memory_order_relaxed);
    }
}

template <std::size_t N>
void take_part(const FaninConfig& config, const std::string& channel, std::uint32_t me,
               Hall& hall) {
    const bool produces = me < config.producers;
    const std::uint32_t of_role = produces ? me : me - config.producers;
    if (config.kind == Kind::mpsc) {
        produces ? produce<mpsc::Producer<Message<N>>, N>(config, channel, of_role, hall)
                 : consume<mpsc::Consumer<Message<N>>, N>(config, channel, of_role, hall);
    } else {
        produces ? produce<mpmc::Producer<Message<N>>, N>(config, channel, of_role, hall)
                 : consume<mpmc::Consumer<Message<N>>, N>(config, channel, of_role, hall);
    }
}

struct Result {
    double msgs_per_s = 0;
    std::vector<double> shares;  // messages of each producer
};

std::vector<double> counts_of(const FaninConfig& config, const Hall& hall) {
    std::vector<double> counts(config.producers);
    for (std::uint32_t p = 0; p < config.producers; ++p) {
        for (std::uint32_t c = 0; c < config.consumers; ++c) {
            // relaxed: a count
            counts[p] +=
                static_cast<double>(hall.arrived_of[c][p].value.load(std::memory_order_relaxed));
        }
    }
    return counts;
}

// False: interrupted.
bool watch(const FaninConfig& config, Children& children, const Hall& hall,
           Steady::time_point until) {
    while (Steady::now() < until) {
        std::this_thread::sleep_for(
            std::min<Steady::duration>(std::chrono::milliseconds{20}, until - Steady::now()));
        children.look();
        if (children.failed()) {
            throw Failure(Exit::integrity, hall.last_words.data());
        }
        if (config.interrupted && config.interrupted()) {
            return false;
        }
    }
    return true;
}

std::optional<Result> run_once(const FaninConfig& config, const std::vector<int>& cpus,
                               unsigned repeat) {
    const std::string channel = fmt::format("bench.{}.fanin{}", ::getpid(), repeat);
    const SharedHall shared;
    Hall& hall = *shared;
    Children children;
    const std::uint32_t all = config.producers + config.consumers;
    Task task;
    task.size = config.size;
    for (std::uint32_t i = 0; i < all; ++i) {
        children.start(config.cpus.empty() ? -1 : cpus[i % cpus.size()], hall, [&] {
            with_many_size(task, [&]<std::size_t N>() { take_part<N>(config, channel, i, hall); });
        });
    }
    const auto patience = Steady::now() + std::chrono::seconds{20};
    while (hall.arrived.load(std::memory_order_acquire) != all) {
        if (!watch(config, children, hall, Steady::now() + std::chrono::milliseconds{1})) {
            return std::nullopt;
        }
        if (Steady::now() > patience) {
            throw Failure(Exit::runtime, "the processes of a repeat did not open within 20 s");
        }
    }
    hall.go.store(1, std::memory_order_release);
    if (!watch(config, children, hall, Steady::now() + config.slice / 4)) {
        return std::nullopt;
    }
    const auto begun = Steady::now();
    const std::vector<double> before = counts_of(config, hall);
    const bool whole = watch(config, children, hall, begun + config.slice);
    const std::vector<double> after = counts_of(config, hall);
    const double seconds = std::chrono::duration<double>(Steady::now() - begun).count();
    hall.go.store(2, std::memory_order_release);
    if (!children.wait_for_all(patience + config.slice * 4)) {
        throw Failure(Exit::runtime, "the processes of a repeat did not end");
    }
    Result result;
    for (std::uint32_t p = 0; p < config.producers; ++p) {
        result.shares.push_back(after[p] - before[p]);
        result.msgs_per_s += result.shares.back() / seconds;
    }
    return whole ? std::optional{result} : std::nullopt;
}

void check(const FaninConfig& config, const std::vector<int>& cpus) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    if (config.kind == Kind::spsc) {
        refuse("fan-in is of mpsc or mpmc: spsc has one producer");
    }
    if (config.producers < 1 || config.producers > kMostOfARole || config.consumers < 1 ||
        config.consumers > kMostOfARole) {
        refuse(fmt::format("{} producers and {} consumers; 1 to {} of each are possible",
                           config.producers, config.consumers, kMostOfARole));
    }
    if (config.kind == Kind::mpsc && config.consumers != 1) {
        refuse("an mpsc channel has one consumer: leave --consumers, or take --kind mpmc");
    }
    Task task;
    task.kind = config.kind;
    task.size = config.size;
    check_many(task);
    const std::vector<int> allowed = perf::allowed_cpus();
    for (const int cpu : cpus) {
        if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
            refuse(fmt::format("cpu {} is not one that this process may use: {}", cpu,
                               fmt::join(allowed, ",")));
        }
    }
    if (config.repeats < 1 || config.repeats > 1000) {
        refuse(fmt::format("{} repeats; 1 to 1000 are possible", config.repeats));
    }
}

json args_of(const FaninConfig& config) {
    constexpr const char* kWaits[] = {"spin", "spin_pause", "park", "adaptive"};
    return {{"mode", "fanin"},
            {"kind", to_string(config.kind)},
            {"producers", config.producers},
            {"consumers", config.consumers},
            {"size", config.size},
            {"capacity", config.capacity},
            {"wait", kWaits[static_cast<std::uint32_t>(config.wait)]},
            {"repeats", config.repeats},
            {"slice_ms", config.slice.count()}};
}

}  // namespace

double jain_index(const std::vector<double>& shares) noexcept {
    double sum = 0;
    double squares = 0;
    for (const double share : shares) {
        sum += share;
        squares += share * share;
    }
    return squares > 0 ? sum * sum / (static_cast<double>(shares.size()) * squares) : 0;
}

json run_fanin(const FaninConfig& config) {
    const std::vector<int> cpus = config.cpus.empty() ? perf::allowed_cpus() : config.cpus;
    check(config, cpus);
    std::vector<perf::Warning> warnings;
    if (config.producers + config.consumers > cpus.size()) {
        warnings.push_back(
            {"shared_cpus",
             fmt::format("{} processes on {} cpus: they take turns, which is part of "
                         "what is measured",
                         config.producers + config.consumers, cpus.size())});
    }
    std::vector<double> rates;
    std::vector<double> jains;
    json repeats = json::array();
    bool interrupted = false;
    for (unsigned i = 0; i < config.repeats && !interrupted; ++i) {
        const std::optional<Result> one = run_once(config, cpus, i);
        interrupted = !one;
        if (one) {
            rates.push_back(one->msgs_per_s);
            jains.push_back(jain_index(one->shares));
            repeats.push_back({{"msgs_per_s", rounded(one->msgs_per_s)},
                               {"jain", jains.back()},
                               {"messages", one->shares}});
        }
        if (config.progress) {
            config.progress({i + 1, i + 1, config.repeats});
        }
    }
    json result{{"msgs_per_s", or_null(perf::spread(rates))},
                {"jain", or_null(perf::spread(jains))},
                {"repeats", std::move(repeats)}};
    if (interrupted) {
        result["partial"] = true;
    }
    json document =
        perf::envelope("bench-fanin", args_of(config), std::move(result), warnings, !interrupted);
    json& places = document["host"]["cpus"] = json::array();
    for (const int cpu : cpus) {
        places.push_back(perf::to_json(perf::place_of(cpu)));
    }
    return document;
}

std::string render_fanin(const json& document) {
    const json& args = document.at("args");
    std::string out =
        fmt::format("{} fan-in, {} producers, {} consumer{}, {} bytes, wait {}, {} cpus\n",
                    args.at("kind").get<std::string>(), args.at("producers").get<int>(),
                    args.at("consumers").get<int>(), args.at("consumers") == 1 ? "" : "s",
                    args.at("size").get<int>(), args.at("wait").get<std::string>(),
                    document.at("host").at("cpus").size());
    const json& rate = document.at("result").at("msgs_per_s");
    const json& jain = document.at("result").at("jain");
    if (rate.is_null()) {
        return out + "no repeat came to its end\n";
    }
    const auto value = [](const json& from, const char* key) { return from.at(key).get<double>(); };
    const auto line = [&](const char* name, const json& from, double scale, const char* unit) {
        fmt::format_to(std::back_inserter(out), "{:<20} {:>8.3f} ({:.3f} to {:.3f}){}\n", name,
                       value(from, "median") / scale, value(from, "low") / scale,
                       value(from, "high") / scale, unit);
    };
    line("messages", rate, 1e6, " M/s");
    line("fairness (Jain)", jain, 1, "");
    for (const json& warning : document.at("warnings")) {
        out += "warning: " + warning.at("msg").get<std::string>() + "\n";
    }
    return out;
}

}  // namespace shunt::bench
