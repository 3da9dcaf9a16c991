// SPDX-License-Identifier: MIT
//
// Who listens to a feed: the subscribers of a broadcast channel, the readers of a latest value, as
// their words say. It looks from outside, and holds nobody up.
#pragma once

#include <shunt/channel/list.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shunt::tools {

class Listeners {
public:
    /// The channel is there; where it has several publishers: to that lane. Throws Error.
    explicit Listeners(const std::string& channel, std::optional<std::uint32_t> lane = {})
        : channel_{channel::observe(channel)}, lane_{lane} {}

    /// Those who miss nothing that is published from now on: a living gate, and one who has asked
    /// for a message and was told that there is none yet. Between its opening and that a subscriber
    /// is not counted.
    [[nodiscard]] std::uint64_t ready() const;

    struct Gate {
        std::uint32_t pid = 0;
        std::uint64_t token = 0;
        std::uint64_t read_pos = 0;
        friend bool operator==(const Gate&, const Gate&) = default;
    };
    /// The living gate that has read least; nothing: there is none.
    [[nodiscard]] std::optional<Gate> slowest_gate() const;

private:
    [[nodiscard]] const std::vector<channel::SubscriberCondition>& seats_in(
        const channel::Condition& condition) const;

    channel::Observer channel_;
    std::optional<std::uint32_t> lane_;
};

}  // namespace shunt::tools
