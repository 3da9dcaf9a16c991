// SPDX-License-Identifier: MIT
#include <shunt_bench/fanin.hpp>

#include "bench/lib/src/arena.hpp"
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/crowd/director.hpp"
#include "bench/lib/src/fanin/contender.hpp"
#include "bench/lib/src/paired.hpp"
#include "bench/lib/src/repeats.hpp"
#include "bench/lib/src/report_view.hpp"
#include "bench/lib/src/witness.hpp"
#include "bench/lib/src/words.hpp"

#include <shunt_perf/environment.hpp>
#include <shunt_perf/host_facts.hpp>
#include <shunt_perf/statistics.hpp>

#include <fmt/ranges.h>

#include <iterator>
#include <optional>
#include <span>

namespace shunt::bench {
namespace {

using nlohmann::json;

constexpr std::array<const FaninContender*, 3> kBesideLanes{&kFaninMany, &kFaninBoost,
                                                            &kFaninVyukov};
constexpr std::array<const FaninContender*, 3> kBesideMany{&kFaninLanes, &kFaninBoost,
                                                           &kFaninVyukov};

// Shunt's, then the rivals as they were named.
std::vector<const FaninContender*> rows_of(const FaninConfig& config) {
    const auto& all = config.kind == Kind::mpsc ? kBesideLanes : kBesideMany;
    std::vector<const FaninContender*> rows{config.kind == Kind::mpsc ? &kFaninLanes : &kFaninMany};
    for (const std::string& name : config.peers) {
        const auto found = std::find_if(
            all.begin(), all.end(), [&](const FaninContender* each) { return each->name == name; });
        if (found == all.end()) {
            throw Failure(Exit::usage, fmt::format("there is no peer '{}' of {} in a fan-in; there "
                                                   "are {}",
                                                   name, to_string(config.kind),
                                                   fmt::join(fanin_peer_names(config.kind), ", ")));
        }
        if (std::find(rows.begin() + 1, rows.end(), *found) != rows.end()) {
            throw Failure(Exit::usage, fmt::format("peer {} is named twice", name));
        }
        rows.push_back(*found);
    }
    return rows;
}

// What one contender did in one repeat.
struct Result {
    double msgs_per_s = 0;
    std::vector<double> shares;     // messages of each producer in the same time
    std::vector<double> finish_ms;  // how long each took for the same number of messages
};

std::vector<double> counts_of(const FaninConfig& config, const FaninHall& hall) {
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

// Empty: not all of them have finished.
std::vector<double> finish_of(const FaninConfig& config, const FaninHall& hall) {
    std::vector<double> times;
    for (std::uint32_t p = 0; p < config.producers; ++p) {
        // relaxed: a figure
        const auto ns = hall.finish_ns[p].value.load(std::memory_order_relaxed);
        if (ns == 0) {
            return {};
        }
        times.push_back(static_cast<double>(ns) / 1e6);
    }
    return times;
}

double jain_by_finish(const std::vector<double>& times) {
    std::vector<double> rates;
    for (const double time : times) {
        rates.push_back(1 / time);
    }
    return jain_index(rates);
}

// One contender in one repeat.
class Round {
public:
    Round(const FaninConfig& config, const FaninContender& contender, std::byte* memory)
        : config_{config}, contender_{contender}, memory_{memory} {}

    // Nothing: interrupted.
    std::optional<Result> run(const std::string& channel) {
        if (memory_ != nullptr) {
            contender_.make(config_, memory_);
        }
        const std::uint32_t all = config_.producers + config_.consumers;
        for (std::uint32_t i = 0; i < all; ++i) {
            const int cpu = config_.cpus.empty() ? -1 : config_.cpus[i % config_.cpus.size()];
            director_.start(cpu, [&] {
                contender_.take_part({config_, i, hall(), channel, memory_});
            });
        }
        Result result;
        const bool whole = director_.gather(all) && measure_rate(result) && measure_finish(result);
        enter(hall(), Phase::over);
        director_.see_them_off();  // interrupted too: who leaves last removes the channel
        return whole ? std::optional{std::move(result)} : std::nullopt;
    }

private:
    [[nodiscard]] FaninHall& hall() const noexcept { return *shared_; }

    bool measure_rate(Result& result) {
        enter(hall(), Phase::rate);
        if (!director_.watch(Steady::now() + config_.slice / 4)) {
            return false;
        }
        const auto begun = Steady::now();
        const std::vector<double> before = counts_of(config_, hall());
        const bool whole = director_.watch(begun + config_.slice);
        const std::vector<double> after = counts_of(config_, hall());
        const double seconds = std::chrono::duration<double>(Steady::now() - begun).count();
        for (std::uint32_t p = 0; p < config_.producers; ++p) {
            result.shares.push_back(after[p] - before[p]);
            result.msgs_per_s += result.shares.back() / seconds;
        }
        return whole;
    }
    // As many of each as came of one of them in the slice, in the mean.
    bool measure_finish(Result& result) {
        const double all = result.msgs_per_s * std::chrono::duration<double>(config_.slice).count();
        hall().quota = static_cast<std::uint64_t>(std::max(1000.0, all / config_.producers));
        hall().begun = Steady::now();
        enter(hall(), Phase::finish);
        return director_.watch_until(
            [&] {
                result.finish_ms = finish_of(config_, hall());
                return !result.finish_ms.empty();
            },
            "finish");
    }

    const FaninConfig& config_;
    const FaninContender& contender_;
    std::byte* memory_;
    SharedHall<FaninHall> shared_;
    Director director_{hall(), std::string{contender_.name}, config_.interrupted};  // goes first
};

void check(const FaninConfig& config, const std::vector<int>& cpus) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    if (config.kind != Kind::mpsc && config.kind != Kind::mpmc) {
        refuse("fan-in is of mpsc or mpmc: spsc and broadcast have one producer");
    }
    if (config.producers < 1 || config.producers > kMostOfARole || config.consumers < 1 ||
        config.consumers > kMostOfARole) {
        refuse(fmt::format("{} producers and {} consumers; 1 to {} of each are possible",
                           config.producers, config.consumers, kMostOfARole));
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
    for (const FaninContender* const row : rows_of(config)) {
        row->check(config);
    }
    check_repeats(config.repeats);
}

json args_of(const FaninConfig& config) {
    return {{"mode", "fanin"},
            {"kind", to_string(config.kind)},
            {"producers", config.producers},
            {"consumers", config.consumers},
            {"size", config.size},
            {"capacity", config.capacity},
            {"peers", config.peers},
            {"wait", to_word(config.wait)},
            {"repeats", config.repeats},
            {"slice_ms", config.slice.count()}};
}

// What one contender did in all repeats.
struct Row {
    const FaninContender* contender;
    std::vector<Result> results;

    [[nodiscard]] std::optional<perf::Spread> spread(double (*figure)(const Result&)) const {
        std::vector<double> figures;
        for (const Result& result : results) {
            figures.push_back(figure(result));
        }
        return perf::spread(figures);
    }
};

double rate_of(const Result& result) {
    return result.msgs_per_s;
}
double jain_of(const Result& result) {
    return jain_index(result.shares);
}
double jain_by_finish_of(const Result& result) {
    return jain_by_finish(result.finish_ms);
}

json row_json(const Row& row) {
    return {{"msgs_per_s", or_null(row.spread(rate_of))},
            {"jain", or_null(row.spread(jain_of))},
            {"jain_by_finish", or_null(row.spread(jain_by_finish_of))}};
}

json repeat_json(const Result& result) {
    return {{"msgs_per_s", rounded(result.msgs_per_s)},
            {"jain", jain_of(result)},
            {"jain_by_finish", jain_by_finish_of(result)},
            {"messages", result.shares},
            {"finish_ms", result.finish_ms}};
}

// Ratios of what was measured one after the other.
json paired_json(const Row& ours, const Row& other) {
    std::vector<perf::Pair> pairs;
    for (std::size_t i = 0; i < other.results.size(); ++i) {
        pairs.push_back({ours.results[i].msgs_per_s, other.results[i].msgs_per_s});
    }
    return ratio_json(pairs);
}

json result_json(const std::vector<Row>& rows) {
    json result = row_json(rows[0]);
    json peers = json::object();
    json paired = json::object();
    json repeats = json::array();
    for (const Result& one : rows[0].results) {
        repeats.push_back(repeat_json(one));
        repeats.back()["peers"] = json::object();
    }
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const std::string name{rows[i].contender->name};
        peers[name] = row_json(rows[i]);
        paired[name] = paired_json(rows[0], rows[i]);
        for (std::size_t r = 0; r < rows[i].results.size(); ++r) {
            repeats[r]["peers"][name] = repeat_json(rows[i].results[r]);
        }
    }
    result["peers"] = std::move(peers);
    result["paired"] = std::move(paired);
    result["repeats"] = std::move(repeats);
    return result;
}

// Memory of the rivals, of which one is at work at a time.
std::optional<Arena> arena_for(const FaninConfig& config, const std::vector<Row>& rows, int cpu) {
    std::uint64_t bytes = 0;
    for (const Row& row : rows) {
        bytes = std::max(bytes, row.contender->memory_bytes(config));
    }
    if (bytes == 0) {
        return std::nullopt;
    }
    return Arena{bytes, config.pages, bytes, cpu};
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

std::span<const std::string_view> fanin_peer_names(Kind kind) noexcept {
    static constexpr std::array<std::string_view, 3> kOfMpsc{"mpmc", "boost", "vyukov"};
    static constexpr std::array<std::string_view, 3> kOfMpmc{"mpsc", "boost", "vyukov"};
    return kind == Kind::mpsc ? kOfMpsc : kOfMpmc;
}

json run_fanin(const FaninConfig& config) {
    const std::vector<int> cpus = config.cpus.empty() ? perf::allowed_cpus() : config.cpus;
    check(config, cpus);
    refuse_throttled(std::min<std::size_t>(config.producers + config.consumers, cpus.size()));
    const json load = perf::load_averages();
    std::vector<perf::Warning> warnings;
    if (config.producers + config.consumers > cpus.size()) {
        warnings.push_back(
            {"shared_cpus",
             fmt::format("{} processes on {} cpus: they take turns, which is part of "
                         "what is measured",
                         config.producers + config.consumers, cpus.size())});
    }
    std::vector<Row> rows;
    for (const FaninContender* const contender : rows_of(config)) {
        rows.push_back({contender, {}});
    }
    const std::optional<Arena> arena = arena_for(config, rows, cpus[0]);
    bool interrupted = false;
    for (unsigned i = 0; i < config.repeats && !interrupted; ++i) {
        for (Row& row : rows) {
            const bool rival = row.contender->memory_bytes(config) != 0;
            Round round{config, *row.contender, rival ? arena->memory() : nullptr};
            const auto one =
                round.run(fmt::format("bench.{}.fanin{}.{}", ::getpid(), i, row.contender->name));
            interrupted = !one;
            if (interrupted) {
                break;
            }
            row.results.push_back(*one);
        }
        if (config.progress) {
            config.progress({i + 1, i + 1, config.repeats});
        }
    }
    json result = result_json(rows);
    if (interrupted) {
        result["partial"] = true;
    }
    json document =
        perf::envelope("bench-fanin", args_of(config), std::move(result), warnings, !interrupted);
    json& places = document["host"]["cpus"] = json::array();
    for (const int cpu : cpus) {
        places.push_back(perf::to_json(perf::place_of(cpu)));
    }
    stamp_host(document["host"], load);
    return document;
}

namespace {

void row_text(std::string& out, std::string_view name, const json& row, const std::string& than) {
    fmt::format_to(std::back_inserter(out), "{:<8} {:<25} {:<21} {:<21} {}\n", name,
                   spread_text(row.at("msgs_per_s"), 1e6, 2), spread_text(row.at("jain"), 1, 2),
                   spread_text(row.at("jain_by_finish"), 1, 2), than);
}

}  // namespace

std::string render_fanin(const json& document) {
    const json& args = document.at("args");
    const json& result = document.at("result");
    std::string out =
        fmt::format("{} fan-in, {} producers, {} consumer{}, {} bytes, wait {}, {} cpus\n",
                    args.at("kind").get<std::string>(), args.at("producers").get<int>(),
                    args.at("consumers").get<int>(), args.at("consumers") == 1 ? "" : "s",
                    args.at("size").get<int>(), args.at("wait").get<std::string>(),
                    document.at("host").at("cpus").size());
    if (result.at("msgs_per_s").is_null()) {
        return out + "no repeat came to its end\n";
    }
    fmt::format_to(std::back_inserter(out), "{:<8} {:<25} {:<21} {:<21} {}\n", "", "M messages/s",
                   "Jain, by rate", "Jain, by finish",
                   result.at("peers").empty() ? "" : "shunt / this, messages/s");
    row_text(out, "shunt", result, "");
    for (const auto& [name, row] : result.at("peers").items()) {
        row_text(out, name, row, ratio_text(result.at("paired").at(name)));
    }
    std::vector<RatioRow> ratios;
    for (const auto& [name, paired] : result.at("paired").items()) {
        ratios.push_back({name, paired});
    }
    out += interval_lines("shunt / this, 95 % of the median:", ratios);
    for (const json& warning : document.at("warnings")) {
        out += "warning: " + warning.at("msg").get<std::string>() + "\n";
    }
    return out;
}

}  // namespace shunt::bench
