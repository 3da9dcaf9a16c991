// SPDX-License-Identifier: MIT
#include "report_page.hpp"

#include "command.hpp"
#include "report_c2c.hpp"
#include "report_crowd.hpp"
#include "report_html.hpp"
#include "report_jitter.hpp"
#include "report_rows.hpp"

#include <shunt_perf/svg.hpp>

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace shunt::tools {

namespace {

using nlohmann::json;
using perf::svg::Element;

// Of documents without rows of contenders.
constexpr std::pair<std::string_view, void (*)(Element&, const Part&)> kSections[] = {
    {"bench-fanin", add_fanin_section},
    {"bench-fanout", add_fanout_section},
    {"bench-slow", add_slow_section},
    {"c2c", add_c2c_section},
    {"jitter", add_jitter_section}};

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

// What is not known is left out.
std::string machine_of(const Part& document) {
    std::string text;
    const auto add = [&](const char* group, const char* key, const char* before) {
        const auto in = document.find(group);
        if (const auto value = in ? in->find(key) : std::nullopt) {
            text += (text.empty() ? "" : ", ") + (before + text_of(value->value()));
        }
    };
    add("host", "cpu_model", "");
    add("host", "os", "");
    add("host", "kernel", "Linux ");
    add("host", "cpus_relation", "the two cpus: ");
    add("tool", "version", "shunt ");
    add("tool", "git", "git ");
    add("tool", "compiler", "");
    add("tool", "flags", "");
    return text;
}

Element folded_facts(const std::string& summary, const Part& document, const std::string& key) {
    const auto part = document.find(key);
    return folded(summary, facts_of(part ? part->value() : json::object()));
}

void add_document(Element& to, const Measured& measured) {
    const Part document{measured.document};
    to.add(wordy("h2", fmt::format("{}: {}", measured.command, measured.path)));
    if (const auto typed = document.find("command")) {
        to.add(Element{"p"}.add(wordy("code", typed->text())));
    }
    to.add(wordy("p", machine_of(document)));
    if (const auto error = document.find("error")) {
        to.add(wordy("p", "It ended with: " + error->text()));
    }
    for (const Part& warning : document.items("warnings")) {
        to.add(wordy("p", "Warning: " + warning.text("msg", "")));
    }
    if (has_rows(measured.command)) {
        add_rows_section(to, measured);
    }
    for (const auto& [command, add] : kSections) {
        if (measured.command == command) {
            add(to, document);
        }
    }
    to.add(folded_facts("The machine", document, "host"));
    to.add(folded_facts("Every option", document, "args"));
    to.add(download(measured));
}

}  // namespace

std::string report_page(const std::string& title, std::span<const Measured> documents) {
    Element body{"body"};
    body.add(wordy("h1", title));
    for (const Measured& measured : documents) {
        try {
            add_document(body, measured);
        } catch (const Damaged& damaged) {
            throw Failure(Exit::integrity,
                          fmt::format("{}: damaged: {}", measured.path, damaged.what()));
        }
    }
    return perf::svg::page_of(title, report_css(), body);
}

}  // namespace shunt::tools
