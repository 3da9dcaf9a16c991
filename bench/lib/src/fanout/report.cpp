// SPDX-License-Identifier: MIT
#include "bench/lib/src/fanout/report.hpp"

#include "bench/lib/src/paired.hpp"
#include "bench/lib/src/report_view.hpp"
#include "bench/lib/src/words.hpp"

#include <shunt_perf/cpus.hpp>
#include <shunt_perf/statistics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

namespace shunt::bench {
namespace {

using nlohmann::json;

json args_of(const FanoutConfig& config) {
    return {{"mode", "fanout"},
            {"kind", to_string(config.kind)},
            {"subscribers", config.subscribers},
            {"policy", config.kind == Feed::latest ? json(nullptr) : json(to_word(config.policy))},
            {"every_speed", config.every_speed},
            {"idle_subscribers", config.idle},
            {"stopped", config.stopped},
            {"size", config.size},
            {"capacity", config.capacity == 0 ? json(nullptr) : json(config.capacity)},
            {"messages", config.messages == 0 ? json(nullptr) : json(config.messages)},
            {"wait", to_word(config.wait)},
            {"repeats", config.repeats},
            {"slice_ms", config.slice.count()}};
}

template <class Figure>
std::vector<double> figures_of(const FanoutRow& row, Figure&& figure) {
    std::vector<double> figures;
    for (const FanoutResult& result : row.results) {
        figures.push_back(figure(result));
    }
    return figures;
}

double rate_of(const FanoutResult& result) {
    return result.msgs_per_s;
}
// Of all messages to all readers.
double received_share_of(const FanoutResult& result) {
    std::uint64_t received = 0;
    std::uint64_t all = 0;
    for (const Reading& reading : result.readings) {
        received += reading.received;
        all += reading.received + reading.lost;
    }
    return all == 0 ? 1 : static_cast<double>(received) / static_cast<double>(all);
}

class Report {
public:
    explicit Report(const perf::Clock& clock) : scale_{clock} {}

    json row(const FanoutRow& row, const FanoutRow& first) const {
        perf::Histogram publish;
        for (const FanoutResult& result : row.results) {
            publish.merge(result.publish.sparse());
        }
        json all{{"idle_subscribers", row.idle},
                 {"stopped", row.stopped},
                 {"msgs_per_s", or_null(perf::spread(figures_of(row, rate_of)))},
                 {"publish_ns", percentiles_json(publish, scale_)},
                 {"received_share", or_null(perf::spread(figures_of(row, received_share_of)))}};
        if (&row != &first) {
            all["paired"] = paired(row, first);
        }
        return all;
    }
    json repeat(const FanoutRow& row, const FanoutResult& result) const {
        json readers = json::array();
        for (const Reading& reading : result.readings) {
            readers.push_back({{"received", reading.received}, {"lost", reading.lost}});
        }
        return {{"idle_subscribers", row.idle},
                {"stopped", row.stopped},
                {"sent", result.sent},
                {"msgs_per_s", rounded(result.msgs_per_s)},
                {"publish_ns", percentiles_json(result.publish, scale_)},
                {"readers", std::move(readers)}};
    }

private:
    // Repeat by repeat, as they were measured one after the other.
    json paired(const FanoutRow& row, const FanoutRow& first) const {
        std::vector<perf::Pair> rates;
        std::vector<double> differences;
        for (std::size_t i = 0; i < row.results.size(); ++i) {
            rates.push_back({row.results[i].msgs_per_s, first.results[i].msgs_per_s});
            const auto here = percentile_ns(row.results[i].publish, scale_, 0.99);
            const auto there = percentile_ns(first.results[i].publish, scale_, 0.99);
            if (here && there) {
                differences.push_back(*here - *there);
            }
        }
        return {{"msgs_per_s", ratio_json(rates)},
                {"publish_p99_ns", difference_json(differences)}};
    }

    Scale scale_;
};

json broadcast_json(const std::vector<FanoutRow>& rows, const perf::Clock& clock) {
    const Report report{clock};
    json result{{"rows", json::array()}, {"repeats", json::array()}};
    for (const FanoutRow& row : rows) {
        result["rows"].push_back(report.row(row, rows[0]));
    }
    for (std::size_t i = 0; i < rows[0].results.size(); ++i) {
        json one = json::array();
        for (const FanoutRow& row : rows) {
            if (i < row.results.size()) {
                one.push_back(report.repeat(row, row.results[i]));
            }
        }
        result["repeats"].push_back({{"rows", std::move(one)}});
    }
    return result;
}

json latest_json(const FanoutRow& row) {
    json result{{"writes_per_s", or_null(perf::spread(figures_of(row, rate_of)))},
                {"repeats", json::array()}};
    std::vector<double> alone;
    std::vector<double> written;
    std::uint64_t lapped = 0;
    for (const FanoutResult& one : row.results) {
        json readers = json::array();
        for (const Reading& reading : one.readings) {
            alone.push_back(reading.alone_ns);
            written.push_back(reading.written_ns);
            lapped += reading.lapped;
            readers.push_back({{"loads", reading.received},
                               {"lapped", reading.lapped},
                               {"alone_ns", rounded(reading.alone_ns)},
                               {"written_ns", rounded(reading.written_ns)}});
        }
        result["repeats"].push_back(
            {{"writes_per_s", rounded(one.msgs_per_s)}, {"readers", std::move(readers)}});
    }
    result["read_ns"] = {{"alone", or_null(perf::spread(alone))},
                         {"written", or_null(perf::spread(written))}};
    result["lapped"] = lapped;
    return result;
}

std::string number_text(const json& number) {
    return number.is_null() ? "-" : fmt::format("{:.0f}", number.get<double>());
}

std::string difference_text(const json& row) {
    if (!row.contains("paired") || row.at("paired").at("publish_p99_ns").is_null()) {
        return "";
    }
    const json& difference = row.at("paired").at("publish_p99_ns");
    const json& interval = difference.at("bootstrap");
    const std::string_view words = difference_words(difference);
    return fmt::format("{:.1f}{}{}{}", difference.at("median").get<double>(),
                       interval.is_null()
                           ? ""
                           : fmt::format(" ({:.1f} to {:.1f})", interval.at("low").get<double>(),
                                         interval.at("high").get<double>()),
                       words.empty() ? "" : ": ", words);
}

void broadcast_text(std::string& out, const json& result) {
    const auto add = [&](const std::string& name, const auto&... cells) {
        fmt::format_to(std::back_inserter(out), "{:<20} {:<25} {:<9} {:<9} {:<22} {:<24} {}\n",
                       name, cells...);
    };
    add("", "M messages/s", "p50, ns", "p99, ns", "received", "rate / the first", "p99 - that");
    std::vector<RatioRow> ratios;
    for (const json& row : result.at("rows")) {
        const std::string name =
            fmt::format("{} idle{}", row.at("idle_subscribers").get<std::uint32_t>(),
                        row.at("stopped").get<bool>() ? ", 1 stopped" : "");
        if (row.contains("paired")) {
            ratios.push_back({name, row.at("paired").at("msgs_per_s")});
        }
        add(name, spread_text(row.at("msgs_per_s"), 1e6, 2),
            number_text(row.at("publish_ns").at("p50")),
            number_text(row.at("publish_ns").at("p99")),
            spread_text(row.at("received_share"), 1, 3),
            row.contains("paired") ? ratio_text(row.at("paired").at("msgs_per_s")) : "",
            difference_text(row));
    }
    out += interval_lines("rate / that of the first, 95 % of the median:", ratios);
}

}  // namespace

json fanout_document(const FanoutConfig& config, const std::vector<FanoutRow>& rows,
                     const perf::Clock& clock, const std::vector<int>& cpus,
                     const std::vector<perf::Warning>& warnings, bool interrupted) {
    json result = config.kind == Feed::latest ? latest_json(rows[0]) : broadcast_json(rows, clock);
    if (interrupted) {
        result["partial"] = true;
    }
    json document =
        perf::envelope("bench-fanout", args_of(config), std::move(result), warnings, !interrupted);
    json& places = document["host"]["cpus"] = json::array();
    for (const int cpu : cpus) {
        places.push_back(perf::to_json(perf::place_of(cpu)));
    }
    return document;
}

std::string render_fanout(const json& document) {
    const json& args = document.at("args");
    const json& result = document.at("result");
    const bool value = args.at("kind") == "latest";
    std::string out = fmt::format(
        "{} fan-out, {} {}, {}{} bytes, wait {}, {} cpus\n", args.at("kind").get<std::string>(),
        args.at("subscribers").get<int>(), value ? "readers" : "subscribers",
        value ? "" : args.at("policy").get<std::string>() + ", ", args.at("size").get<int>(),
        args.at("wait").get<std::string>(), document.at("host").at("cpus").size());
    if (value) {
        fmt::format_to(std::back_inserter(out),
                       "a read, ns: alone {}; while it is written {}\n{} M writes/s; {} reads were "
                       "lapped\n",
                       spread_text(result.at("read_ns").at("alone"), 1, 1),
                       spread_text(result.at("read_ns").at("written"), 1, 1),
                       spread_text(result.at("writes_per_s"), 1e6, 2),
                       result.at("lapped").get<std::uint64_t>());
    } else {
        broadcast_text(out, result);
    }
    for (const json& warning : document.at("warnings")) {
        out += "warning: " + warning.at("msg").get<std::string>() + "\n";
    }
    return out;
}

}  // namespace shunt::bench
