// SPDX-License-Identifier: MIT
#include "bench/lib/src/plan.hpp"

#include "bench/lib/src/cold.hpp"
#include "bench/lib/src/contenders/floor.hpp"
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/payload.hpp"
#include "bench/lib/src/repeats.hpp"

#include <shunt/channel/directory.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/block_word.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/line_shape.hpp>
#include <shunt/core/ring/mpmc_bytes_shape.hpp>
#include <shunt/core/ring/owner_word.hpp>
#include <shunt_perf/cpus.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

namespace shunt::bench {

std::span<const std::size_t> typed_sizes() noexcept {
    return kTypedSizes;
}

std::uint64_t capacity_in_messages(const Task& task) noexcept {
    if (task.kind == Kind::mpmc || task.kind == Kind::broadcast) {
        return std::bit_ceil(task.capacity);
    }
    if (!task.bytes) {
        return task.capacity;
    }
    return task.capacity / align_up(task.size + layout::kFrameHeaderBytes, kLineBytes);
}

std::uint64_t slots_bytes_of(const Task& task) noexcept {
    if (task.bytes && task.kind == Kind::mpmc) {
        const auto shape =
            ring::MpmcBytesShape::of(task.capacity, task.size, layout::kFrameHeaderBytes);
        return task.blocks ? ring::block_geometry(shape, layout::kDefaultPorts).bytes()
                           : shape.bytes();
    }
    if (task.bytes) {
        return ring::BytesShape::of(task.capacity, kLineBytes, layout::kFrameHeaderBytes).bytes();
    }
    std::uint64_t bytes = 0;
    (void)with_typed_size(task.size, [&]<std::size_t N>() {
        bytes = task.blocks
                    ? ring::block_geometry<Message<N>>(task.capacity, layout::kDefaultPorts).bytes()
                : task.kind == Kind::mpmc ? ring::mpmc_geometry<Message<N>>(task.capacity).bytes
                : task.kind == Kind::broadcast
                    ? ring::LogShape<Message<N>>::of(task.capacity).bytes()
                    : ring::line_geometry<Message<N>>(task.capacity).bytes;
    });
    return task.kind == Kind::mpsc ? bytes * (1 + task.idle_lanes) : bytes;
}

std::string_view to_string(Mode mode) noexcept {
    constexpr std::array<std::string_view, 6> kWords{"pingpong", "throughput", "openloop",
                                                     "paced",    "wake",       "coldstart"};
    return kWords[static_cast<std::size_t>(mode)];
}

std::string_view to_string(Kind kind) noexcept {
    constexpr std::array<std::string_view, 4> kWords{"spsc", "mpmc", "mpsc", "broadcast"};
    return kWords[static_cast<std::size_t>(kind)];
}

std::vector<const Contender*> rows_of(const Config& config) {
    std::vector<const Contender*> rows{&kShunt};
    for (const std::string& name : config.peers) {
        const Contender* const rival = find_rival(name, config.kind);
        if (rival == nullptr) {
            throw Failure(Exit::usage, fmt::format("no peer \"{}\" of {}; there are {}", name,
                                                   to_string(config.kind),
                                                   fmt::join(peer_names(config.kind), ", ")));
        }
        if (std::find(rows.begin(), rows.end(), rival) != rows.end()) {
            throw Failure(Exit::usage, fmt::format("peer {} is named twice", name));
        }
        rows.push_back(rival);
    }
    return rows;
}

namespace {

constexpr std::uint32_t kMostIdleLanes = 127;  // each has a port, and that descriptors
constexpr std::uint32_t kMostIdle = 120;       // a channel has seats for 128

void check_pace(const Config& config, Mode mode) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    const auto check_rate = [&](double per_second) {
        if (!(per_second >= 10 && per_second <= 1e9)) {
            refuse(fmt::format("{:g} messages a second; 10 to 1G are possible", per_second));
        }
    };
    if (mode == Mode::openloop) {
        std::for_each(config.rates.begin(), config.rates.end(), check_rate);
        if (config.burst < 2 || config.burst > 65536) {
            refuse(fmt::format("bursts of {}; 2 to 65536 messages are possible", config.burst));
        }
    }
    if (mode == Mode::paced) {
        for (const double gap_ns : config.gaps_ns) {
            check_rate(1e9 / gap_ns);
        }
        if (config.consume) {
            refuse("paced measures both ways to consume; --consume is for the others");
        }
    }
    if (mode == Mode::wake &&
        (config.wait == shunt::wait::spin || config.wait == shunt::wait::spin_pause)) {
        refuse("a port that spins is never asleep, so nothing wakes it: --wait park");
    }
    if (mode == Mode::coldstart && (config.after < 1000 || config.after > 100'000'000)) {
        refuse(
            fmt::format("{} round trips after the first; 1000 to 100M are possible", config.after));
    }
}

void check_kind(const Config& config) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    if (config.kind == Kind::mpmc) {
        if (config.batch > 1 || config.fields != 0 || config.loop) {
            refuse(
                "mpmc is measured one message a call, pushed and popped or in place: leave "
                "--batch, --fields and --wait fd away");
        }
    }
    if (config.kind == Kind::mpsc &&
        (config.bytes || config.batch > 1 || config.fields != 0 || config.loop)) {
        refuse(
            "mpsc is measured one struct a call, pushed and popped or in place: leave --bytes, "
            "--batch, --fields and --wait fd away");
    }
    if (config.kind == Kind::broadcast && (config.bytes || config.in_place || config.batch > 1 ||
                                           config.fields != 0 || config.loop)) {
        refuse(
            "broadcast is measured one struct a call, pushed and popped: leave --bytes, "
            "--in-place, --batch, --fields and --wait fd away");
    }
    if (config.idle_subscribers != 0 && config.kind != Kind::broadcast) {
        refuse("--idle-subscribers are of broadcast: add --kind broadcast");
    }
    if (config.idle_subscribers > kMostIdle) {
        refuse(fmt::format("{} idle subscribers; at most {} are possible", config.idle_subscribers,
                           kMostIdle));
    }
    if (config.pop == shunt::pop::copy && config.kind != Kind::mpmc) {
        refuse("--pop copy is a way to pop messages of mpmc: give --kind mpmc, or leave it");
    }
    if (config.blocks && config.kind != Kind::mpmc) {
        refuse("--blocks are a place for messages of mpmc: give --kind mpmc, or leave it");
    }
    if (config.blocks && config.pop == shunt::pop::copy) {
        refuse("what lies in a block is popped in place: leave --blocks or --pop copy away");
    }
    if (config.idle_lanes != 0 && config.kind != Kind::mpsc) {
        refuse("--idle-lanes are of mpsc: add --kind mpsc");
    }
    if (config.idle_lanes > kMostIdleLanes) {
        refuse(fmt::format("{} idle lanes; at most {} are possible", config.idle_lanes,
                           kMostIdleLanes));
    }
}

void check_shape(const Config& config, Mode mode) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    check_kind(config);
    if (config.sizes.empty()) {
        refuse("no message size given; for example --size 8");
    }
    for (const std::size_t size : config.sizes) {
        const auto end = kTypedSizes.end();
        if (!config.bytes && std::find(kTypedSizes.begin(), end, size) == end) {
            refuse(
                fmt::format("messages of {} bytes are not compiled as a type; sizes are {}, or "
                            "any from 8 on with --bytes",
                            size, fmt::join(kTypedSizes, ", ")));
        }
        if (size < 8) {
            refuse(
                fmt::format("a message of {} bytes has no room for its sequence number; the "
                            "least is 8",
                            size));
        }
        if (std::count(config.sizes.begin(), config.sizes.end(), size) > 1) {
            refuse(fmt::format("size {} is given twice", size));
        }
    }
    if (config.fields != 0 && config.fields != 4 && config.fields != 8) {
        refuse(fmt::format("fields of {} bytes; there are 4 and 8", config.fields));
    }
    check_repeats(config.repeats);
    if (config.slice < std::chrono::milliseconds(1)) {
        refuse("a measurement of less than 1 ms says nothing");
    }
    if (config.batch < 1 || config.batch > 65536) {
        refuse(fmt::format("a batch of {}; 1 to 65536 messages are possible", config.batch));
    }
    if (config.batch > 1 && mode != Mode::throughput) {
        refuse("--batch is for throughput: elsewhere a message goes when it is due");
    }
    if (config.cold != Cold::no && mode != Mode::pingpong) {
        refuse("--cold is for pingpong: elsewhere messages come one after another");
    }
    if (config.loop && (config.bytes || config.in_place || config.batch > 1)) {
        refuse(
            "--wait fd and fd-thread are for push and pop of structs; leave --bytes, --in-place "
            "and --batch away");
    }
    if (config.batch > 1 && config.in_place) {
        refuse("--batch and --in-place are two ways to do it; choose one");
    }
    check_pace(config, mode);
}

// Two that share a cache but no core, as far from cpu 0 as that goes.
std::array<int, 2> choose(const std::vector<int>& allowed) {
    std::vector<perf::CpuPlace> places;
    for (const int cpu : allowed) {
        places.push_back(perf::place_of(cpu));
    }
    const auto rank = [](std::string_view relation) {
        constexpr std::array<std::string_view, 5> kBestFirst{"same L3", "same L2", "same node",
                                                             "unknown", "other node"};
        return std::find(kBestFirst.begin(), kBestFirst.end(), relation) - kBestFirst.begin();
    };
    std::array<int, 2> best{allowed[0], allowed[1]};
    auto best_rank = rank("");
    for (std::size_t a = places.size(); a-- > 0;) {
        for (std::size_t b = a; b-- > 0;) {
            const auto here = rank(perf::relation(places[a], places[b]));
            if (here < best_rank) {
                best_rank = here;
                best = {places[b].cpu, places[a].cpu};
            }
        }
    }
    return best;
}

std::array<int, 2> cpus_of(const Config& config) {
    const std::vector<int> allowed = perf::allowed_cpus();
    if (config.cpus.empty()) {
        if (allowed.size() < 2) {
            throw Failure(Exit::refused,
                          "this process may use one cpu only; two processes that spin on one cpu "
                          "measure the scheduler. Allow a second one (taskset, cgroup cpuset)");
        }
        return choose(allowed);
    }
    if (config.cpus.size() != 2) {
        throw Failure(Exit::usage, fmt::format("{} cpus given; a pair of processes takes two, for "
                                               "example --cpus 2,3",
                                               config.cpus.size()));
    }
    for (const int cpu : config.cpus) {
        if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
            throw Failure(Exit::usage,
                          fmt::format("cpu {} is not one that this process may use: {}", cpu,
                                      fmt::join(allowed, ",")));
        }
    }
    if (config.cpus[0] == config.cpus[1]) {
        throw Failure(Exit::refused,
                      fmt::format("both processes on cpu {}: they would take turns and measure the "
                                  "scheduler. Give two different cpus",
                                  config.cpus[0]));
    }
    return {config.cpus[0], config.cpus[1]};
}

// One where nothing is due at a time of its own.
struct Point {
    Pace pace;
    double gap_ns = 0;
};

std::vector<Point> points_of(const Config& config, Mode mode) {
    std::vector<Point> points;
    if (mode == Mode::paced) {
        for (const double gap_ns : config.gaps_ns) {
            points.push_back({{Arrivals::constant, 1e9 / gap_ns, 1, config.seed}, gap_ns});
        }
    } else if (mode == Mode::openloop && config.arrivals == Arrivals::burst) {
        const double every_s = std::chrono::duration<double>(config.every).count();
        points.push_back({{Arrivals::burst, config.burst / every_s, config.burst, config.seed}});
    } else if (mode == Mode::openloop) {
        for (const double per_second : config.rates) {
            points.push_back({{config.arrivals, per_second, 1, config.seed}});
        }
    } else {
        points.emplace_back();
    }
    return points;
}

Task common_task(const Config& config, Mode mode, std::size_t size) {
    Task task;
    task.mode = mode;
    task.kind = config.kind;
    task.size = size;
    task.capacity = config.capacity != 0                        ? config.capacity
                    : config.bytes && config.kind == Kind::spsc ? std::uint64_t{1} << 20
                                                                : 1024;
    task.fields = config.fields;
    task.batch = config.batch;
    task.in_place = config.in_place;
    task.idle_lanes = config.idle_lanes;
    task.idle_subscribers = config.idle_subscribers;
    task.pop = config.pop;
    task.blocks = config.blocks;
    task.bytes = config.bytes;
    task.wait = config.wait;
    task.loop = config.loop;
    task.pages = config.pages;
    task.consume = config.consume.value_or(usual_consume(mode));
    task.round_trips = config.after;
    task.pauses = config.wait == shunt::wait::spin_pause ? 1 : 0;
    task.slice_ns =
        std::chrono::duration<double, std::nano>(config.slice).count() * slices_of(config.cold);
    return task;
}

std::size_t add(Plan& plan, Task task, const Contender& contender) {
    task.contender = &contender;
    if (&contender == &kShuntThroughput) {
        task.consume = shunt::consume::throughput;
    }
    if (&contender == &kShuntPark) {
        task.wait = shunt::wait::park;
    }
    if (&contender == &kSpsc) {
        task.kind = Kind::spsc;
        task.idle_lanes = 0;
        task.idle_subscribers = 0;
    }
    if (&contender == &kShuntCopy || &contender == &kShuntBlocks) {
        task.pop = &contender == &kShuntCopy ? shunt::pop::copy : shunt::pop::in_place;
        task.blocks = &contender == &kShuntBlocks;
    }
    task.walk_bytes = plan.walk_bytes;
    task.prepare = &contender != &kShuntUnprepared;
    task.rehearse = &contender == &kShuntRehearsed;
    task.cpus = plan.cpus;
    contender.check(task);
    plan.tasks.push_back(std::move(task));
    return plan.tasks.size() - 1;
}

Task floor_task(const Task& like, double share) {
    Task task = like;
    task.mode = Mode::pingpong;
    task.batch = 1;
    task.slice_ns *= share;
    return task;
}

// Floor, rows, the other floors where asked for, floor.
SizePlan plan_size(Plan& plan, const Task& like, bool all_floors) {
    constexpr unsigned kPauses[] = {0, 1, 2, 4, 8};
    const bool latency = plan.mode == Mode::pingpong;
    const Task bracket = floor_task(like, latency ? 3.0 / 7 : 1.0 / 7);
    SizePlan size;
    size.size = like.size;
    size.pace = like.pace;
    size.floor_before = add(plan, bracket, kTwoLineFloor);
    for (const Contender* const row : plan.rows) {
        size.rows.push_back(add(plan, like, *row));
    }
    if (all_floors) {
        Task extra = floor_task(like, 1.0 / 4);
        size.same_line.push_back(add(plan, extra, kSameLineFloor));
        for (const unsigned pauses : kPauses) {
            extra.pauses = pauses;
            size.by_pause.emplace_back(pauses, add(plan, extra, kTwoLineFloor));
        }
    }
    size.floor_after = add(plan, bracket, kTwoLineFloor);
    return size;
}

void give_memory(Plan& plan, std::size_t first_task, std::size_t end) {
    std::uint64_t most = 0;
    std::uint64_t slots = 0;
    for (std::size_t i = first_task; i < end; ++i) {
        const Task& task = plan.tasks[i];
        most = std::max(most, task.contender->memory_bytes(task));
        slots = std::max(slots, slots_bytes_of(task));
    }
    plan.arenas.push_back(
        std::make_unique<Arena>(most, plan.tasks[first_task].pages, slots, plan.cpus[0]));
    for (std::size_t i = first_task; i < end; ++i) {
        plan.tasks[i].memory = plan.arenas.back()->memory();
    }
}

void warn(Plan& plan) {
    const auto a = perf::place_of(plan.cpus[0]);
    const auto b = perf::place_of(plan.cpus[1]);
    if (perf::relation(a, b) == "smt siblings") {
        plan.warnings.push_back(
            {"smt_siblings", fmt::format("cpus {} and {} are two threads of one core: nothing "
                                         "crosses between cores here",
                                         a.cpu, b.cpu)});
    }
    const channel::Folder directory = channel::open_directory();
    if (!directory.is_tmpfs()) {
        plan.warnings.push_back(
            {"not_tmpfs",
             fmt::format("{} is not on tmpfs: the kernel writes dirty pages back to its "
                         "disk meanwhile; set SHUNT_DIR to a directory on tmpfs",
                         directory.path())});
    }
    if (!plan.clock.note().empty()) {
        plan.warnings.push_back({"clock", plan.clock.note()});
    }
    constexpr double kMostPpm = 200;
    if (plan.clock.disagreement_ppm() > kMostPpm) {
        plan.warnings.push_back(
            {"clock_drift", fmt::format("three calibrations of the clock differ by {:.0f} ppm",
                                        plan.clock.disagreement_ppm())});
    }
}

}  // namespace

Plan make_plan(const Config& config, Mode mode, const std::vector<const Contender*>& rows) {
    const std::vector<Config> swept = swept_configs(config, mode);
    for (const Config& one : swept) {
        check_shape(one, mode);
    }
    Plan plan;
    plan.mode = mode;
    plan.swept = swept_by(config);
    plan.fresh = mode == Mode::coldstart;
    plan.rows = rows;
    plan.cpus = cpus_of(config);
    plan.walk_bytes = walk_bytes_of(config.cold, plan.cpus);
    plan.wanted = config.repeats;
    plan.most_tries = 4 * config.repeats;
    std::vector<std::size_t> first_tasks;
    for (const std::size_t size : config.sizes) {
        const std::size_t first = plan.sizes.size();
        for (const Config& one : swept) {
            Task task = common_task(one, mode, size);
            for (const Point& point : points_of(one, mode)) {
                first_tasks.push_back(plan.tasks.size());
                task.pace = point.pace;
                plan.sizes.push_back(plan_size(plan, task, config.floor && mode == Mode::pingpong));
                plan.sizes.back().first = first;
                plan.sizes.back().gap_ns = point.gap_ns;
            }
        }
    }
    try {
        for (std::size_t i = 0; i < first_tasks.size(); ++i) {
            const std::size_t end =
                i + 1 < first_tasks.size() ? first_tasks[i + 1] : plan.tasks.size();
            give_memory(plan, first_tasks[i], end);
        }
        plan.clock = perf::Clock::calibrate();
        warn(plan);
    } catch (const Error& error) {
        const bool denied = error.code() == Errc::no_permission;
        throw Failure(denied ? Exit::permission : Exit::runtime, error.what());
    }
    double planned_ns = 0;
    for (const Task& task : plan.tasks) {
        planned_ns += task.slice_ns;
        if (mode == Mode::coldstart) {
            planned_ns += 500.0 * static_cast<double>(task.round_trips);
        }
    }
    plan.limit = std::chrono::seconds(20) +
                 std::chrono::nanoseconds(static_cast<std::int64_t>(10 * planned_ns));
    return plan;
}

}  // namespace shunt::bench
