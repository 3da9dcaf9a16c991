// SPDX-License-Identifier: MIT
#include "command.hpp"
#include "terminal.hpp"

#include <shunt/core/error.hpp>
#include <shunt_bench/config.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace shunt::tools {

namespace {

using nlohmann::json;

constexpr const char* kFooter =
    "Examples:\n"
    "  shunt demo                                 see it work on this machine\n"
    "  tar c dir | shunt send backup              in one terminal, and in another:\n"
    "  shunt recv backup | tar x -C /elsewhere\n\n"
    "Exit codes: 0 ok, 1 error, 2 usage, 3 not found, 4 timed out, 5 limit exceeded,\n"
    "6 data lost or changed, 7 measurement refused, 8 permission, 77 unsupported here,\n"
    "130 interrupted.\n"
    "Channels live in $SHUNT_DIR (default /dev/shm/shunt-UID).";

// Scripts want numbers where an option takes one.
json value_of(const CLI::Option& option, const std::string& text) {
    const std::string type = option.get_type_name();
    const json number =
        type == "N" || type == "SECONDS" ? json::parse(text, nullptr, false) : json(nullptr);
    return number.is_number() ? number : json(text);
}

json value_of(const CLI::Option& option) {
    if (option.get_items_expected_max() == 0) {  // a flag
        return option.count() != 0;
    }
    if (option.count() == 0) {
        const std::string& preset = option.get_default_str();
        return preset.empty() ? json(nullptr) : value_of(option, preset);
    }
    if (option.get_items_expected_max() > 1) {
        json values = json::array();
        for (const std::string& text : option.results()) {
            values.push_back(value_of(option, text));
        }
        return values;
    }
    return value_of(option, option.results().back());
}

// As it can be given to a shell again.
std::string command_line(int argc, const char* const* argv) {
    std::string line;
    for (int i = 0; i < argc; ++i) {
        std::string word = argv[i];
        if (i == 0) {
            word.erase(0, word.find_last_of('/') + 1);
        }
        const bool plain = !word.empty() && word.find_first_not_of(
                                                "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
                                                "OPQRSTUVWXYZ-_=+,.:/@%") == std::string::npos;
        if (!plain) {
            for (std::size_t at = 0; (at = word.find('\'', at)) != std::string::npos; at += 4) {
                word.replace(at, 1, "'\\''");
            }
            word = "'" + word + "'";
        }
        line += (i == 0 ? "" : " ") + word;
    }
    return line;
}

// To stdout, all of it. False: it could not be written.
bool print(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            say_error(fmt::format("shunt: cannot write to stdout: {}",
                                  std::system_category().message(errno)));
            return false;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return true;
}

int report(const Invocation& invocation, const Outcome& outcome) {
    if (!outcome.error.empty()) {
        say_error(invocation.typed + ": " + outcome.error);
    }
    const std::string text =
        invocation.json
            ? document_of(invocation, outcome).dump(2, ' ', false, json::error_handler_t::replace) +
                  "\n"
            : outcome.text;
    const bool printed = print(text);
    return printed || outcome.exit != 0 ? outcome.exit : static_cast<int>(Exit::runtime);
}

Outcome run_body(const Invocation& invocation) {
    try {
        return invocation.body();
    } catch (const std::exception& error) {
        Outcome outcome;
        outcome.fail(error);
        return outcome;
    }
}

// Which sub-command a wrong command line meant, as far as it can be told.
struct Meant {
    const CLI::App* app;
    std::string name;     // "bench-pingpong"
    std::string typed;    // "shunt bench pingpong"
    std::string unknown;  // the word in the place of a sub-command that is none
    bool json = false;
};

std::vector<const CLI::App*> sub_commands(const CLI::App& app, std::string_view name = {}) {
    return app.get_subcommands(
        [name](const CLI::App* sub) { return name.empty() || sub->get_name() == name; });
}

Meant meant_by(const CLI::App& app, int argc, const char* const* argv) {
    Meant meant{&app, {}, app.get_name(), {}};
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        meant.json = meant.json || word == "--json";
        if (const auto subs = sub_commands(*meant.app, word); !word.empty() && !subs.empty()) {
            meant.app = subs.front();
            meant.name += meant.name.empty() ? "" : "-";
            meant.name += word;
            meant.typed.append(" ").append(word);
        } else if (meant.unknown.empty() && !word.starts_with('-') &&
                   !sub_commands(*meant.app).empty()) {
            meant.unknown = word;
        }
    }
    return meant;
}

std::string usage_error(const Meant& meant, const CLI::ParseError& error) {
    if (!meant.unknown.empty()) {
        return fmt::format("there is no sub-command '{}'", meant.unknown);
    }
    const bool needs_one = !sub_commands(*meant.app).empty();
    return needs_one && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr
               ? "a sub-command is missing"
               : error.what();
}

int report_usage(const Meant& meant, const CLI::ParseError& error) {
    Invocation invocation;
    invocation.name = meant.name;
    invocation.typed = meant.typed;
    invocation.json = meant.json;
    Outcome outcome;
    outcome.error = fmt::format("{}; see '{} --help'", usage_error(meant, error), meant.typed);
    std::replace(outcome.error.begin(), outcome.error.end(), '\n', ' ');
    outcome.exit = static_cast<int>(Exit::usage);
    return report(invocation, outcome);
}

}  // namespace

Exit exit_of(const std::error_code& code) noexcept {
    if (code.category() != error_category()) {
        return code == std::errc::permission_denied || code == std::errc::operation_not_permitted
                   ? Exit::permission
                   : Exit::runtime;
    }
    switch (static_cast<Errc>(code.value())) {
        case Errc::bad_argument:
            return Exit::usage;
        case Errc::not_found:
            return Exit::not_found;
        case Errc::timed_out:
            return Exit::timed_out;
        case Errc::no_permission:
        case Errc::unsafe_directory:
            return Exit::permission;
        default:
            return Exit::runtime;
    }
}

void Outcome::fail(const std::exception& why) {
    error = why.what();
    if (const auto* ours = dynamic_cast<const Failure*>(&why)) {
        exit = static_cast<int>(ours->exit());
    } else if (const auto* bench = dynamic_cast<const bench::Failure*>(&why)) {
        exit = bench->exit_code();
    } else if (const auto* system = dynamic_cast<const std::system_error*>(&why)) {
        exit = static_cast<int>(exit_of(system->code()));
    } else {
        exit = static_cast<int>(Exit::runtime);
    }
}

void make_command(CLI::App& app, Invocation& invocation, const std::string& name,
                  const std::string& example, std::function<Outcome()> body) {
    app.footer(example);
    app.option_defaults()->always_capture_default();
    CLI::Option* const json_flag = app.add_flag("--json");
    json_flag->description("Print one JSON document to stdout in place of text");
    std::string typed = app.get_name();
    for (const CLI::App* above = app.get_parent(); above != nullptr; above = above->get_parent()) {
        typed = above->get_name() + " " + typed;
    }
    app.final_callback([&invocation, &app, json_flag, name, typed, body = std::move(body)] {
        invocation = {name, typed, &app, json_flag->count() != 0, body, {}};
    });
}

CLI::App* add_command(CLI::App& parent, Invocation& invocation, const std::string& name,
                      const std::string& description, const std::string& example,
                      std::function<Outcome()> body) {
    CLI::App* const app = parent.add_subcommand(name, description);
    const std::string path = parent.get_parent() == nullptr ? name : parent.get_name() + "-" + name;
    make_command(*app, invocation, path, example, std::move(body));
    return app;
}

json arguments_of(const CLI::App& app) {
    json arguments = json::object();
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = option->get_single_name();
        if (name != "help" && name != "json") {
            arguments[name] = value_of(*option);
        }
    }
    return arguments;
}

json document_of(const Invocation& invocation, const Outcome& outcome) {
    if (!outcome.document.is_null()) {
        json document = outcome.document;
        document["command"] = invocation.line;
        return document;
    }
    json document =
        perf::envelope(invocation.name.empty() ? "usage" : invocation.name,
                       invocation.app == nullptr ? json::object() : arguments_of(*invocation.app),
                       outcome.result, outcome.warnings, outcome.exit == 0);
    document["command"] = invocation.line;
    document["exit"] = outcome.exit;
    if (!outcome.error.empty()) {
        document["error"] = outcome.error;
    }
    return document;
}

int run_program(CLI::App& app, Invocation& invocation, int argc, const char* const* argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return print(app.help()) ? 0 : static_cast<int>(Exit::runtime);
    } catch (const CLI::ParseError& error) {
        return report_usage(meant_by(app, argc, argv), error);
    }
    invocation.line = command_line(argc, argv);
    return report(invocation, run_body(invocation));
}

int run_command(int argc, const char* const* argv) {
    CLI::App app{"shunt: messages between processes through shared memory", "shunt"};
    Invocation invocation;
    app.footer(kFooter);
    app.require_subcommand(1);
    add_demo(app, invocation);
    add_ls(app, invocation);
    add_info(app, invocation);
    add_gc(app, invocation);
    add_send(app, invocation);
    add_recv(app, invocation);
    add_bench(app, invocation);
    add_c2c(app, invocation);
    add_jitter(app, invocation);
    add_report(app, invocation);
    add_version(app, invocation);
    return run_program(app, invocation, argc, argv);
}

}  // namespace shunt::tools
