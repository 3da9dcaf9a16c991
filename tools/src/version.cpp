// SPDX-License-Identifier: MIT
//
// shunt version: what this build is, and what it has that another may not have.
#include "command.hpp"

#include <shunt/core/layout/segment.hpp>
#include <shunt_bench/config.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt version\n"
    "  shunt version --json | jq -r .tool.git";

constexpr bool kChecked =
#ifdef NDEBUG
    false;
#else
    true;
#endif

#if defined(__SANITIZE_ADDRESS__)
constexpr const char* kSanitizer = "address";
#elif defined(__SANITIZE_THREAD__)
constexpr const char* kSanitizer = "thread";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    constexpr const char* kSanitizer = "address";
#elif __has_feature(thread_sanitizer)
    constexpr const char* kSanitizer = "thread";
#else
    constexpr const char* kSanitizer = nullptr;
#endif
#else
    constexpr const char* kSanitizer = nullptr;
#endif

std::vector<std::string> peers() {
    std::vector<std::string> all;
    for (const bench::Kind kind : bench::kKinds) {
        for (const std::string_view name : bench::peer_names(kind)) {
            if (std::find(all.begin(), all.end(), name) == all.end()) {
                all.emplace_back(name);
            }
        }
    }
    return all;
}

Outcome version() {
    const nlohmann::json tool = perf::tool_stamp();
    const auto text = [&tool](const char* key) { return tool.at(key).get<std::string>(); };
    Outcome outcome;
    outcome.result = {
        {"version", tool.at("version")},
        {"git", tool.at("git")},
        {"compiler", tool.at("compiler")},
        {"flags", tool.at("flags")},
        {"layout_version", layout::kLayoutVersion},
        {"assertions", kChecked},
        {"sanitizer", kSanitizer == nullptr ? nlohmann::json(nullptr) : nlohmann::json(kSanitizer)},
        {"bench_peers", peers()}};
    outcome.text = fmt::format(
        "shunt {} (git {}), layout {}\nbuilt by {}, flags: {}\nassertions: {}, sanitizer: {}\n"
        "bench peers: {}\n",
        text("version"), text("git"), layout::kLayoutVersion, text("compiler"), text("flags"),
        kChecked ? "on" : "off", kSanitizer == nullptr ? "none" : kSanitizer,
        fmt::join(peers(), ", "));
    return outcome;
}

}  // namespace

void add_version(CLI::App& app, Invocation& invocation) {
    add_command(app, invocation, "version", "Show what this build is", kExamples, version);
}

}  // namespace shunt::tools
