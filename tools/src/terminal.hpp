// SPDX-License-Identifier: MIT
//
// What is for people and not for scripts: lines on stderr, a progress line, colours. Colours only
// on a terminal, and not where NO_COLOR is set or TERM is "dumb".
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace shunt::tools {

[[nodiscard]] bool is_terminal(int descriptor) noexcept;
/// Columns of the terminal on `descriptor`; 100 where it is none.
[[nodiscard]] std::size_t columns_of(int descriptor) noexcept;

/// `text` in bold, if stdout shows it so.
[[nodiscard]] std::string bold(std::string_view text);

/// One line to stderr, whatever stderr is.
void say(std::string_view line);
/// The same for an error; its head, up to the first ": ", stands out on a terminal.
void say_error(std::string_view line);

/// A line on stderr that is written over as things go on. Nothing at all unless stderr is a
/// terminal, and nothing where `off`.
class Progress {
public:
    explicit Progress(bool off = false);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// True, at most five times a second, if there is somebody to show something to.
    [[nodiscard]] bool due();
    void show(const std::string& line);
    /// A line that stays, above the one that is written over.
    void note(const std::string& line);
    void clear();
    [[nodiscard]] bool on() const noexcept { return on_; }

private:
    using Clock = std::chrono::steady_clock;

    bool on_;
    bool shown_ = false;
    Clock::time_point next_ = Clock::now() + std::chrono::milliseconds{200};
};

}  // namespace shunt::tools
