// SPDX-License-Identifier: MIT
//
// What went through one end of a channel, since when, and how fast.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace shunt::tools {

class Tally {
public:
    using Clock = std::chrono::steady_clock;

    /// The first message is about to go through; later calls change nothing.
    void begin();
    void count(std::uint64_t bytes) noexcept {
        bytes_ += bytes;
        ++messages_;
    }
    void end() { ended_ = Clock::now(); }

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
    /// "300.0 MiB", "250.0 MiB/s".
    [[nodiscard]] std::string amount() const;
    [[nodiscard]] std::string rate() const;
    /// "300.0 MiB in 4,801 messages, 1.2 s, 250.0 MiB/s".
    [[nodiscard]] std::string summary() const;
    /// bytes, messages, elapsed_ns, bytes_per_s, msgs_per_s
    [[nodiscard]] nlohmann::json result() const;

private:
    [[nodiscard]] double elapsed_s() const;

    Clock::time_point begun_{};
    Clock::time_point ended_{};
    std::uint64_t bytes_ = 0;
    std::uint64_t messages_ = 0;
};

}  // namespace shunt::tools
