// SPDX-License-Identifier: MIT
//
// What every sub-command shares: exit codes, how it ends, and how that is reported. Data and
// documents go to stdout, everything else to stderr. A sub-command adds itself to the CLI and
// leaves a body that returns an Outcome; nothing here knows what any of them does.
#pragma once

#include <shunt_perf/environment.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace CLI {
class App;
}

namespace shunt::tools {

/// Exit codes of every sub-command.
enum class Exit : int {
    ok = 0,
    runtime = 1,
    usage = 2,
    not_found = 3,
    timed_out = 4,
    limit = 5,      // a limit given on the command line was exceeded
    integrity = 6,  // lost, doubled, reordered or foreign data
    refused = 7,    // a measurement that would mean nothing
    permission = 8,
    unsupported = 77,
    interrupted = 130,
};

/// Ends a sub-command. what() is one line: what was asked, what happened, what to do.
class Failure : public std::runtime_error {
public:
    Failure(Exit exit, const std::string& text) : std::runtime_error(text), exit_{exit} {}
    [[nodiscard]] Exit exit() const noexcept { return exit_; }

private:
    Exit exit_;
};

/// How a sub-command ended.
struct Outcome {
    nlohmann::json result = nlohmann::json::object();
    std::vector<perf::Warning> warnings;
    nlohmann::json document;  // the whole document, where the body made one; else null
    std::string text;         // for people, to stdout
    std::string error;        // one line, to stderr; empty: none
    int exit = 0;

    /// Takes over why the body ended: its text, and the exit code that goes with it.
    void fail(const std::exception& why);
};

/// The sub-command that was asked for, or the program that has none.
struct Invocation {
    std::string name;             // "ls", "bench-pingpong"
    std::string typed = "shunt";  // "shunt ls", "shunt bench pingpong"
    const CLI::App* app = nullptr;
    bool json = false;
    std::function<Outcome()> body;
    std::string line;  // all of the command line; empty where none was
};

/// The exit code that goes with an error of the library or of the kernel.
[[nodiscard]] Exit exit_of(const std::error_code& code) noexcept;

/// A sub-command of `parent`: its description, its example for --help, and --json. When the command
/// line names it, `body` becomes the invocation's.
CLI::App* add_command(CLI::App& parent, Invocation& invocation, const std::string& name,
                      const std::string& description, const std::string& example,
                      std::function<Outcome()> body);

/// The same for a program that is one command: `app` itself, whose name is the program's.
void make_command(CLI::App& app, Invocation& invocation, const std::string& name,
                  const std::string& example, std::function<Outcome()> body);

/// Every option of the sub-command as it was given, or its default; names without dashes.
[[nodiscard]] nlohmann::json arguments_of(const CLI::App& app);

/// The document of an outcome.
[[nodiscard]] nlohmann::json document_of(const Invocation& invocation, const Outcome& outcome);

/// A check for an option: the text must pass `parse`, which throws std::invalid_argument.
template <class Parse>
std::function<std::string(const std::string&)> parses(Parse parse) {
    return [parse](const std::string& text) -> std::string {
        try {
            (void)parse(text);
            return {};
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
}

/// A program but for its main(), which has made its commands: parses, runs the one that was asked
/// for, reports. Returns the exit code.
[[nodiscard]] int run_program(CLI::App& app, Invocation& invocation, int argc,
                              const char* const* argv);
/// The program `shunt`.
[[nodiscard]] int run_command(int argc, const char* const* argv);

// The sub-commands, a file each.
void add_bench(CLI::App& app, Invocation& invocation);
void add_c2c(CLI::App& app, Invocation& invocation);
void add_demo(CLI::App& app, Invocation& invocation);
void add_gc(CLI::App& app, Invocation& invocation);
void add_info(CLI::App& app, Invocation& invocation);
void add_jitter(CLI::App& app, Invocation& invocation);
void add_ls(CLI::App& app, Invocation& invocation);
void add_report(CLI::App& app, Invocation& invocation);
void add_recv(CLI::App& app, Invocation& invocation);
void add_send(CLI::App& app, Invocation& invocation);
void add_version(CLI::App& app, Invocation& invocation);

}  // namespace shunt::tools
