// SPDX-License-Identifier: MIT
//
// A program as a user starts it, most often the `shunt` command: a process, its standard streams,
// its end. It dies with the test, however that ends. What it should print is the tests' business.
#pragma once

#include "process/support/child.hpp"
#include "process/support/playground.hpp"

#include <shunt/allocators/file.hpp>

#include <nlohmann/json.hpp>

#include <sys/types.h>

#include <sched.h>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace shunt::process_test {

/// How a command ended and what it printed.
struct Ended {
    int exit = -1;    // -1: killed by a signal
    std::string end;  // "exit 0", "signal 9"
    std::string out;  // of a command whose stdout is not a pipe
    std::string err;

    [[nodiscard]] nlohmann::json document() const;
};

class Command {
public:
    struct Streams {
        bool feed = false;       // stdin is a pipe: feed(); else empty
        bool drain = false;      // stdout is a pipe: take(); else kept for Ended::out
        std::string terminal{};  // path of one that is stderr; empty: kept for err()
        const char* program = SHUNT_COMMAND;
    };

    /// Needs a Place.
    explicit Command(const std::vector<std::string>& args) : Command(args, Streams{}) {}
    Command(const std::vector<std::string>& args, Streams streams);
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return child_.pid(); }
    void signal(int number) const noexcept;
    /// Waits for the end.
    [[nodiscard]] Ended wait();
    /// SIGKILL, and waits for the end.
    void kill() { child_.end(); }
    /// What it has printed to stderr by now.
    [[nodiscard]] std::string err() const;
    /// True while it sleeps in this system call.
    [[nodiscard]] bool sleeps_in(long system_call) const { return child_.sleeps_in(system_call); }

    /// Writes all of it to stdin.
    void feed(const std::string& bytes) const;
    void feed_no_more();
    /// Reads exactly so many bytes from stdout, or fewer where it ends.
    [[nodiscard]] std::string take(std::size_t bytes) const;
    [[nodiscard]] std::string take_all() const;
    /// Bytes in stdout that nobody has taken.
    [[nodiscard]] int untaken() const;
    void take_no_more();

private:
    Child child_;
    FileHandle in_;
    FileHandle out_;
    std::string out_path_;
    std::string err_path_;
};

/// A terminal without a screen.
class Terminal {
public:
    Terminal();

    /// Empty where this host has none.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// All that was written to it by now.
    [[nodiscard]] const std::string& shown();

private:
    FileHandle screen_;
    std::string path_;
    std::string shown_;
};

/// From its start to its end.
[[nodiscard]] Ended run(const std::vector<std::string>& args);

/// Looks until it is so; false: it never was.
template <class Look>
[[nodiscard]] bool until(Look&& look) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!look()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        ::sched_yield();
    }
    return true;
}

[[nodiscard]] inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

[[nodiscard]] std::string content_of(const std::string& path);
void write_file(const std::string& path, const std::string& content);
/// 0 where there is no such file.
[[nodiscard]] std::size_t size_of(const std::string& path);

/// Bytes without a pattern, the same for the same seed.
[[nodiscard]] std::string noise(std::size_t bytes, unsigned seed);

/// A $SHUNT_DIR of its own, and a folder in it for files that are no channels. One at a time.
class Place {
public:
    Place();

    [[nodiscard]] const std::string& directory() const noexcept { return playground_.path(); }
    [[nodiscard]] std::string file(const std::string& name) const;
    /// Files of channels in $SHUNT_DIR.
    [[nodiscard]] std::vector<std::string> channels() const;

private:
    Playground playground_;
};

}  // namespace shunt::process_test
