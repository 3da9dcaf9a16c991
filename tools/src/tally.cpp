// SPDX-License-Identifier: MIT
#include "tally.hpp"
#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

void Tally::begin() {
    if (begun_ == Clock::time_point{}) {
        begun_ = Clock::now();
    }
}

double Tally::elapsed_s() const {
    if (begun_ == Clock::time_point{}) {
        return 0;
    }
    const auto end = ended_ == Clock::time_point{} ? Clock::now() : ended_;
    return std::chrono::duration<double>{end - begun_}.count();
}

std::string Tally::amount() const {
    return bytes_text(static_cast<double>(bytes_));
}

std::string Tally::rate() const {
    return bytes_text(static_cast<double>(bytes_) / std::max(elapsed_s(), 1e-9)) + "/s";
}

std::string Tally::summary() const {
    return fmt::format("{} in {} messages, {}, {}", amount(), count_text(messages_),
                       seconds_text(elapsed_s()), rate());
}

nlohmann::json Tally::result() const {
    const double seconds = elapsed_s();
    const auto rate = [seconds](std::uint64_t amount) {
        return seconds > 0 ? nlohmann::json(static_cast<double>(amount) / seconds)
                           : nlohmann::json(nullptr);
    };
    return {{"bytes", bytes_},
            {"messages", messages_},
            {"elapsed_ns", static_cast<std::uint64_t>(seconds * 1e9)},
            {"bytes_per_s", rate(bytes_)},
            {"msgs_per_s", rate(messages_)}};
}

}  // namespace shunt::tools
