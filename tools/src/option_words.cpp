// SPDX-License-Identifier: MIT
#include "command.hpp"
#include "option_words.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <stdexcept>

namespace shunt::tools {

pages pages_of(const std::string& word) {
    if (word == "4k") {
        return pages::base;
    }
    if (word == "2m") {
        return pages::huge_2m;
    }
    if (word.empty() || word == "prefer") {
        return pages::prefer_huge;
    }
    throw std::invalid_argument("'" + word + "' is no page size: write 4k, 2m or prefer");
}

wait wait_of(const std::string& word) {
    if (word == "spin") {
        return wait::spin;
    }
    if (word == "spin_pause") {
        return wait::spin_pause;
    }
    if (word == "park") {
        return wait::park;
    }
    throw std::invalid_argument("'" + word + "' is no way to wait: write spin, spin_pause or park");
}

void add_geometry(CLI::App& app, PortWords& words) {
    app.add_option("--pages", words.pages,
                   "Memory of a channel that is made: 4k, 2m (or fail), prefer (default)")
        ->type_name("P")
        ->check(parses(pages_of));
    app.add_option("--capacity", words.capacity,
                   "Bytes that the channel holds (default: as it is, else 1M)")
        ->type_name("BYTES")
        ->check(parses(parse_bytes));
}

void add_waiting(CLI::App& app, PortWords& words, const std::string& peer) {
    app.add_option("--wait", words.wait, "How to wait: park, spin, spin_pause")
        ->type_name("W")
        ->check(parses(wait_of))
        ->capture_default_str();
    app.add_option("--open-timeout", words.open_timeout, "How long to wait for a " + peer)
        ->type_name("SECONDS")
        ->check(parses(parse_seconds))
        ->capture_default_str();
    app.add_option("--peer-timeout", words.peer_timeout,
                   "How long to wait for a successor of a " + peer + " that left or died")
        ->type_name("SECONDS")
        ->check(parses(parse_seconds))
        ->capture_default_str();
}

Options options_of(const PortWords& words) {
    Options options;
    options.pages = pages_of(words.pages);
    if (!words.capacity.empty()) {
        options.capacity = parse_bytes(words.capacity);
    }
    options.wait = wait_of(words.wait);
    options.open_timeout =
        std::chrono::milliseconds{static_cast<std::int64_t>(words.open_timeout * 1000)};
    options.seat_timeout = std::chrono::seconds{1};  // a killed predecessor may take a while to go
    return options;
}

Patience patience_of(const PortWords& words) {
    return {Seconds{words.open_timeout}, Seconds{words.peer_timeout}};
}

}  // namespace shunt::tools
