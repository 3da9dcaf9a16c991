// SPDX-License-Identifier: MIT
#include "terminal.hpp"

#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace shunt::tools {

namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kStartOfLine = "\r\x1b[K";

bool is_set(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

bool colours(int descriptor) {
    const char* const terminal = std::getenv("TERM");
    return is_terminal(descriptor) && !is_set("NO_COLOR") && terminal != nullptr &&
           std::string_view{terminal} != "dumb";
}

void to_stderr(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

}  // namespace

bool is_terminal(int descriptor) noexcept {
    return ::isatty(descriptor) == 1;
}

std::size_t columns_of(int descriptor) noexcept {
    winsize size{};
    const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
    return known ? size.ws_col : 100;
}

std::string bold(std::string_view text) {
    static const bool on = colours(STDOUT_FILENO);
    std::string out{on ? kBold : std::string_view{}};
    out += text;
    out += on ? kPlain : std::string_view{};
    return out;
}

void say(std::string_view line) {
    to_stderr(std::string{line} + "\n");
}

void say_error(std::string_view line) {
    const std::size_t head = line.find(": ");
    if (head == std::string_view::npos || !colours(STDERR_FILENO)) {
        say(line);
        return;
    }
    std::string text{kRed};
    text += line.substr(0, head);
    text += kPlain;
    text += line.substr(head);
    say(text);
}

Progress::Progress(bool off) : on_{!off && is_terminal(STDERR_FILENO)} {}

bool Progress::due() {
    if (!on_ || Clock::now() < next_) {
        return false;
    }
    next_ = Clock::now() + std::chrono::milliseconds{200};
    return true;
}

void Progress::show(const std::string& line) {
    if (on_) {
        const std::size_t room = columns_of(STDERR_FILENO) - 1;
        to_stderr(std::string{kStartOfLine} + line.substr(0, room));
        shown_ = true;
    }
}

void Progress::note(const std::string& line) {
    if (on_) {
        clear();
        say(line);
    }
}

void Progress::clear() {
    if (shown_) {
        to_stderr(kStartOfLine);
        shown_ = false;
    }
}

}  // namespace shunt::tools
