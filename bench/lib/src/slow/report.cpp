// SPDX-License-Identifier: MIT
#include "bench/lib/src/slow/report.hpp"

#include "bench/lib/src/render_parts.hpp"
#include "bench/lib/src/report_view.hpp"
#include "bench/lib/src/words.hpp"

#include <shunt_perf/cpus.hpp>
#include <shunt_perf/statistics.hpp>

#include <fmt/format.h>

#include <iterator>
#include <string>

namespace shunt::bench {
namespace {

using nlohmann::json;

json args_of(const SlowConfig& config, const std::vector<SlowRow>& rows) {
    json names = json::array();
    for (const SlowRow& row : rows) {
        names.push_back(row.contender->name);
    }
    return {{"mode", "slow"},
            {"rows", std::move(names)},
            {"work_ns", config.work.count()},
            {"size", config.size},
            {"capacity", config.capacity},
            {"wait", to_word(config.wait)},
            {"pages", to_word(config.pages)},
            {"cpus", config.cpus},
            {"repeats", config.repeats},
            {"slice_ms", config.slice.count()}};
}

template <class Figure>
json spread_of(const SlowRow& row, Figure&& figure) {
    std::vector<double> figures;
    for (const SlowResult& result : row.results) {
        figures.push_back(figure(result));
    }
    return or_null(perf::spread(figures));
}

double share(std::uint64_t part, std::uint64_t all) {
    return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

json row_json(const SlowRow& row, const SlowConfig& config, const Scale& scale) {
    perf::Histogram send;
    for (const SlowResult& result : row.results) {
        send.merge(result.send.sparse());
    }
    const double work_s = std::chrono::duration<double>(config.work).count();
    return {
        {"name", row.contender->name},
        {"when_full", row.contender->when_full},
        {"received_per_s", spread_of(row, [](const SlowResult& r) { return r.received.per_s; })},
        {"of_bound",
         config.work.count() == 0
             ? json(nullptr)
             : spread_of(row, [&](const SlowResult& r) { return r.received.per_s * work_s; })},
        {"sent_per_s", spread_of(row, [](const SlowResult& r) { return r.accepted_per_s; })},
        {"found_full",
         spread_of(row, [](const SlowResult& r) { return share(r.found_full, r.offered); })},
        {"dropped_share",
         spread_of(row, [](const SlowResult& r) { return share(r.dropped, r.offered); })},
        {"delivered_share", spread_of(row,
                                      [](const SlowResult& r) {
                                          return share(r.received.received,
                                                       r.received.received + r.received.lost);
                                      })},
        {"send_ns", percentiles_json(send, scale)},
        {"hdr", hdr_text(send, scale)}};
}

json repeat_json(const SlowRow& row, const SlowResult& result, const Scale& scale) {
    return {{"name", row.contender->name},
            {"offered", result.offered},
            {"found_full", result.found_full},
            {"dropped", result.dropped},
            {"accepted", result.accepted},
            {"received", result.received.received},
            {"lost", result.received.lost},
            {"sent_per_s", rounded(result.accepted_per_s)},
            {"received_per_s", rounded(result.received.per_s)},
            {"send_ns", percentiles_json(result.send, scale)}};
}

std::string share_text(const json& spread) {
    return spread.is_null() ? "-"
                            : fmt::format("{:.1f} %", spread.at("median").get<double>() * 100);
}

std::string rate_text(const json& spread) {
    return spread.is_null() ? "-" : rate(spread.at("median"));
}

}  // namespace

json slow_document(const SlowConfig& config, const std::vector<SlowRow>& rows,
                   const perf::Clock& clock, const std::vector<int>& cpus,
                   const std::vector<perf::Warning>& warnings, bool interrupted) {
    const Scale scale{clock};
    json result{{"rows", json::array()}, {"repeats", json::array()}};
    for (const SlowRow& row : rows) {
        result["rows"].push_back(row_json(row, config, scale));
    }
    for (std::size_t i = 0; i < rows[0].results.size(); ++i) {
        json one = json::array();
        for (const SlowRow& row : rows) {
            if (i < row.results.size()) {
                one.push_back(repeat_json(row, row.results[i], scale));
            }
        }
        result["repeats"].push_back({{"rows", std::move(one)}});
    }
    result["bound_per_s"] =
        config.work.count() == 0
            ? json(nullptr)
            : json(rounded(1 / std::chrono::duration<double>(config.work).count()));
    if (interrupted) {
        result["partial"] = true;
    }
    json document = perf::envelope("bench-slow", args_of(config, rows), std::move(result), warnings,
                                   !interrupted);
    json& places = document["host"]["cpus"] = json::array();
    for (const int cpu : cpus) {
        places.push_back(perf::to_json(perf::place_of(cpu)));
    }
    return document;
}

std::string render_slow(const json& document) {
    const json& args = document.at("args");
    const json& result = document.at("result");
    std::string out =
        fmt::format("a receiver that works for {} ns a message{}, {} bytes, capacity {}, wait {}\n",
                    args.at("work_ns").get<std::int64_t>(),
                    result.at("bound_per_s").is_null()
                        ? ""
                        : fmt::format(" ({} messages/s at most)", rate(result.at("bound_per_s"))),
                    args.at("size").get<int>(), args.at("capacity").get<std::uint64_t>(),
                    args.at("wait").get<std::string>());
    const auto add = [&](const auto&... cells) {
        fmt::format_to(std::back_inserter(out),
                       "{:<11} {:>9} {:>8} {:>9} {:>8} {:>7} {:>7} {:>8} {:>9}  {}\n", cells...);
    };
    add("", "received", "of bound", "accepted", "send p50", "p99", "p99.9", "was full", "delivered",
        "when full, it");
    for (const json& row : result.at("rows")) {
        const json& ns = row.at("send_ns");
        add(row.at("name").get<std::string>(), rate_text(row.at("received_per_s")),
            share_text(row.at("of_bound")), rate_text(row.at("sent_per_s")), number(ns.at("p50")),
            number(ns.at("p99")), number(ns.at("p999")), share_text(row.at("found_full")),
            share_text(row.at("delivered_share")), row.at("when_full").get<std::string>());
    }
    out += "rates are messages/s, send is ns from the first attempt on\n";
    for (const json& warning : document.at("warnings")) {
        out += "warning: " + warning.at("msg").get<std::string>() + "\n";
    }
    return out;
}

}  // namespace shunt::bench
