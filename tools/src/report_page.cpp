// SPDX-License-Identifier: MIT
#include "report_page.hpp"

#include "command.hpp"
#include "report_charts.hpp"

#include <shunt_perf/svg.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace shunt::tools {

namespace {

using nlohmann::json;
using perf::svg::Element;

constexpr std::string_view kCss =
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.2em .8em .2em 0;text-align:right;white-space:nowrap;"
    "border-bottom:1px solid var(--shunt-faint)}"
    "th{font-weight:600}th:first-child,td:first-child,table.words td{text-align:left}"
    "table.words td{white-space:normal;vertical-align:top}"
    "div.wide{overflow-x:auto}code{overflow-wrap:anywhere}"
    "a{color:var(--shunt-1)}small,summary{color:var(--shunt-quiet)}"
    "h2{margin-top:2em;border-top:2px solid var(--shunt-faint);padding-top:.6em}";

Element wordy(std::string_view name, std::string_view text) {
    return std::move(Element{name}.write(text));
}

class Table {
public:
    explicit Table(std::string_view css = "") {
        if (!css.empty()) {
            table_.set("class", css);
        }
    }
    void head(std::span<const std::string> cells) { row("th", cells); }
    void row(std::span<const std::string> cells) { row("td", cells); }
    /// Scrolls by itself where the page is narrow.
    [[nodiscard]] Element element() const {
        return std::move(Element{"div"}.set("class", "wide").add(table_));
    }

private:
    void row(std::string_view cell, std::span<const std::string> cells) {
        Element line{"tr"};
        for (const std::string& text : cells) {
            line.add(wordy(cell, text));
        }
        table_.add(line);
    }
    Element table_{"table"};
};

std::string time_text(const std::optional<double>& ns) {
    return ns ? perf::svg::duration_text(*ns) : "–";
}
std::string count_text(const std::optional<double>& value) {
    return value ? fmt::format("{:.0f}", *value) : "–";
}

Element table_of(const Rows& rows) {
    Table table;
    const bool rates = !rows.empty() && rows.front()->rate().has_value();
    table.head(
        rates ? std::vector<std::string>{"", "messages/s", "lowest", "highest", "shunt over it"}
              : std::vector<std::string>{"", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max",
                                         "samples", "shunt over it"});
    for (const MeasuredRow* const row : rows) {
        std::vector<std::string> cells{row->name};
        if (rates) {
            const auto other = [&](const char* key) {
                const auto it = row->figures.find(key);
                return it != row->figures.end() && it->is_number()
                           ? std::optional(it->get<double>())
                           : std::nullopt;
            };
            cells.push_back(count_text(row->rate()));
            cells.push_back(count_text(other("msgs_per_s_low")));
            cells.push_back(count_text(other("msgs_per_s_high")));
        } else {
            for (const char* const of : {"min", "p50", "p90", "p99", "p999", "p9999", "max"}) {
                cells.push_back(time_text(row->percentile(of)));
            }
            cells.push_back(count_text(row->percentile("samples")));
        }
        cells.push_back(row->ratio ? fmt::format("{:.3g}", *row->ratio) : "–");
        table.row(cells);
    }
    return table.element();
}

// What each row is, where the document says so.
std::optional<Element> about_of(const Rows& rows) {
    constexpr std::array kFields{"what",  "waits",    "copies",  "capacity",
                                 "order", "settings", "version", "command"};
    Table table{"words"};
    table.head(std::vector<std::string>{"", "what", "between", "waits", "copies", "capacity",
                                        "order and loss", "helper threads", "settings", "version",
                                        "command"});
    bool any = false;
    for (const MeasuredRow* const row : rows) {
        const auto about = row->figures.find("about");
        if (about == row->figures.end() || !about->is_object()) {
            continue;
        }
        any = true;
        std::vector<std::string> cells{row->name};
        if (about->value("oversubscribed", false)) {
            cells.front() += " (oversubscribed: more threads than cpus)";
        }
        for (const char* const field : kFields) {
            const auto it = about->find(field);
            cells.push_back(it == about->end() ? ""
                            : it->is_string()  ? it->get<std::string>()
                                               : it->dump());
        }
        table.row(cells);
    }
    return any ? std::optional(table.element()) : std::nullopt;
}

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.is_null() ? "–" : value.dump();
}

Element facts_of(const json& of) {
    Table table{"words"};
    const json flat = of.flatten();
    for (const auto& [path, value] : flat.items()) {
        std::string name = path.substr(std::min<std::size_t>(1, path.size()));
        std::replace(name.begin(), name.end(), '/', ' ');
        table.row(std::vector<std::string>{name, text_of(value)});
    }
    return table.element();
}

Element folded(const std::string& summary, const Element& inside) {
    return std::move(Element{"details"}.add(wordy("summary", summary)).add(inside));
}

Element figure(const Element& drawing) {
    return std::move(Element{"figure"}.add(drawing));
}

std::string head_of(const MeasuredSize& size) {
    return size.pace.empty() ? fmt::format("{} B", size.size)
                             : fmt::format("{} B, {}", size.size, size.pace);
}

// One way and there and back are not to be compared.
void add_group(Element& to, const std::string& head, const Rows& rows) {
    if (rows.empty()) {
        return;
    }
    to.add(table_of(rows));
    if (std::any_of(rows.begin(), rows.end(), [](const auto* row) { return row->blocks(); })) {
        to.add(wordy("p", "Who sleeps until a message comes is compared with shunt that does."));
    }
    if (rows.size() > 1) {
        to.add(figure(row_chart(head, rows)));
    }
    const Rows lines = shown_as_lines(rows);
    const bool any = std::any_of(lines.begin(), lines.end(),
                                 [](const MeasuredRow* row) { return bool{row->histogram}; });
    if (any) {
        if (lines.size() < rows.size()) {
            to.add(wordy("p", fmt::format("The lines are of the {} fastest.", lines.size())));
        }
        to.add(figure(percentile_chart(head, lines)));
        to.add(figure(slower_than_chart(head, lines)));
    }
}

void add_size(Element& to, const MeasuredSize& size) {
    const std::string head = head_of(size);
    to.add(wordy("h3", head));
    Rows processes;
    Rows threads;
    Rows calls;
    for (const MeasuredRow* const row : by_speed(size.rows)) {
        (row->round_trip ? calls : row->in_threads() ? threads : processes).push_back(row);
    }
    add_group(to, head, processes);
    if (!threads.empty()) {
        to.add(wordy("h4", "Between two threads of one process"));
        add_group(to, head + ", threads", threads);
    }
    if (!calls.empty()) {
        to.add(wordy("h4", "Request and reply: there and back"));
        add_group(to, head + ", there and back", calls);
    }
    if (const auto about = about_of(by_speed(size.rows))) {
        to.add(folded("What each row is", *about));
    }
}

// The document itself, to be had from the page.
Element download(const Measured& measured) {
    std::string href = "data:application/json;charset=utf-8,";
    for (const char c : measured.text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') ||
                           std::string_view{"-_.,:{}[]"}.find(c) != std::string_view::npos;
        if (plain) {
            href += c;
        } else {
            href += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    const std::size_t slash = measured.path.find_last_of('/');
    const std::string name = measured.path == "-" ? "report.json" : measured.path.substr(slash + 1);
    Element link{"a"};
    link.set("href", href).set("download", name).write("The document as it was read");
    return std::move(
        Element{"p"}.add(link).write(fmt::format(" ({} bytes)", measured.text.size())));
}

std::string machine_of(const json& document) {
    const json host = document.value("host", json::object());
    const json tool = document.value("tool", json::object());
    const auto of = [](const json& in, const char* key) {
        const auto it = in.find(key);
        return it == in.end() ? std::string("?") : text_of(*it);
    };
    return fmt::format("{}, {}, Linux {}; the two cpus: {}; shunt {} (git {}), {} {}",
                       of(host, "cpu_model"), of(host, "os"), of(host, "kernel"),
                       of(host, "cpus_relation"), of(tool, "version"), of(tool, "git"),
                       of(tool, "compiler"), of(tool, "flags"));
}

void add_document(Element& to, const Measured& measured) {
    const json& document = measured.document;
    to.add(wordy("h2", fmt::format("{}: {}", measured.command, measured.path)));
    if (const auto typed = document.find("command"); typed != document.end()) {
        to.add(Element{"p"}.add(wordy("code", text_of(*typed))));
    }
    to.add(wordy("p", machine_of(document)));
    for (const json& warning : document.value("warnings", json::array())) {
        to.add(wordy("p", "Warning: " + text_of(warning.value("msg", json("")))));
    }
    Rows one_way = by_speed(measured.sizes.front().rows);
    one_way.erase(std::remove_if(one_way.begin(), one_way.end(),
                                 [](const MeasuredRow* row) { return row->round_trip; }),
                  one_way.end());
    std::vector<std::string> names;
    for (const MeasuredRow* const row : shown_as_lines(one_way)) {
        names.push_back(row->name);
    }
    if (measured.sizes.size() > 1 && measured.sizes.front().pace.empty()) {
        to.add(figure(size_chart("By size", measured, names)));
    }
    for (const MeasuredSize& size : measured.sizes) {
        add_size(to, size);
    }
    if (measured.repeats.size() > 1) {
        const auto counted = std::count_if(measured.repeats.begin(), measured.repeats.end(),
                                           [](const Repeat& repeat) { return repeat.counted; });
        to.add(wordy("h3", "From repeat to repeat"));
        to.add(wordy("p", fmt::format("{} of {} repeats count: the machine was the same before and "
                                      "after them.",
                                      counted, measured.repeats.size())));
        to.add(figure(repeat_chart(head_of(measured.sizes.front()), measured, names)));
    }
    if (const json absent = document.at("result").value("absent", json::object());
        !absent.empty()) {
        to.add(wordy("h3", "Absent"));
        to.add(facts_of(absent));
    }
    to.add(folded("The machine", facts_of(document.value("host", json::object()))));
    to.add(folded("Every option", facts_of(document.value("args", json::object()))));
    to.add(download(measured));
}

}  // namespace

std::string report_page(const std::string& title, std::span<const Measured> documents) {
    Element body{"body"};
    body.add(wordy("h1", title));
    for (const Measured& measured : documents) {
        try {
            add_document(body, measured);
        } catch (const json::exception& error) {
            throw Failure(Exit::integrity,
                          fmt::format("{}: damaged: {}", measured.path, error.what()));
        }
    }
    return perf::svg::page_of(title, kCss, body);
}

}  // namespace shunt::tools
