// SPDX-License-Identifier: MIT
//
// shunt ls: every channel of $SHUNT_DIR in a line. What cannot be read is listed with its reason.
#include "channel_view.hpp"
#include "command.hpp"
#include "quantity.hpp"
#include "table.hpp"

#include <shunt/channel/directory.hpp>
#include <shunt/core/error.hpp>

#include <fmt/format.h>

#include <optional>

namespace shunt::tools {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt ls\n"
    "  shunt ls --json | jq '.result.channels[] | select(.unread > 0) .name'\n\n"
    "A channel is active (both sides live), has no consumer or no producer, or nobody.\n"
    "Exit codes: 0 whatever the channels are like, 8 the directory is not ours.";

// What the rings and control page say, beyond what a listing knows.
struct Glance {
    std::optional<std::uint64_t> unread;
    bool broken = false;
    std::string reason;  // why there was no looking
};

Glance glance_at(const channel::Listed& listed) {
    Glance glance;
    if (!listed.header || listed.stale) {
        glance.reason = listed.reason;
        return glance;
    }
    try {
        const channel::Condition condition = channel::Observer{listed.name}.condition();
        glance.broken = condition.broken;
        if (condition.ring.plausible) {
            glance.unread = condition.ring.unread();
        }
    } catch (const Error& error) {
        glance.reason = error.what();
    }
    return glance;
}

std::string state_of(const channel::Listed& listed, const Glance& glance) {
    if (listed.stale) {
        return "stale";
    }
    if (!listed.header || !glance.reason.empty()) {
        return "unreadable";
    }
    return glance.broken ? "broken" : std::string{state_text(listed.peers)};
}

std::string peers_text(const std::vector<channel::Peer>& peers) {
    std::string text;
    for (const channel::Peer& peer : peers) {
        const char* const role = peer.role == layout::Role::producer   ? "P"
                                 : peer.role == layout::Role::consumer ? "C"
                                                                       : "?";
        text += fmt::format("{}{}:{}{}", text.empty() ? "" : " ", role, peer.pid,
                            peer.alive ? "" : "(dead)");
    }
    return text.empty() ? "-" : text;
}

nlohmann::json to_json(const channel::Listed& listed, const Glance& glance) {
    nlohmann::json out = {{"name", listed.name},
                          {"path", listed.path},
                          {"state", state_of(listed, glance)},
                          {"reason", glance.reason.empty() ? nlohmann::json(nullptr)
                                                           : nlohmann::json(glance.reason)}};
    if (listed.header) {
        const layout::Header& header = *listed.header;
        const std::string type = type_name_of(header);
        out["kind"] = kind_text(header);
        out["element_bytes"] = header.element_bytes;
        out["type_name"] = type.empty() ? nlohmann::json(nullptr) : nlohmann::json(type);
        out["capacity"] = header.capacity;
        out["unit"] = is_bytes_ring(header) ? "bytes" : "messages";
        out["page_bytes"] = page_bytes_of(header);
        out["wake"] = wake_text(header.wake_mode);
        out["linger"] = linger_text(header.linger);
        out["unread"] = glance.unread ? nlohmann::json(*glance.unread) : nlohmann::json(nullptr);
        out["peers"] = nlohmann::json::array();
        for (const channel::Peer& peer : listed.peers) {
            out["peers"].push_back(tools::to_json(header, peer));
        }
    }
    return out;
}

void add_row(Table& table, const channel::Listed& listed, const Glance& glance) {
    if (!listed.header) {
        table.add({listed.name, "-", "-", "-", "-", "-", "-", state_of(listed, glance)});
        return;
    }
    const layout::Header& header = *listed.header;
    table.add({listed.name, kind_text(header), element_text(header), capacity_text(header),
               exact_bytes_text(page_bytes_of(header)),
               glance.unread ? amount_text(header, *glance.unread) : "-", peers_text(listed.peers),
               state_of(listed, glance)});
}

Outcome ls() {
    Outcome outcome;
    Table table{{"NAME", "KIND", "ELEMENT", ">CAPACITY", ">PAGES", ">UNREAD", "PEERS", "STATE"}};
    std::string reasons;
    auto channels = nlohmann::json::array();
    for (const channel::Listed& listed : channel::list()) {
        const Glance glance = glance_at(listed);
        add_row(table, listed, glance);
        channels.push_back(to_json(listed, glance));
        if (!glance.reason.empty()) {
            reasons += listed.name + ": " + printable(glance.reason) + "\n";
        }
    }
    const std::string directory = channel::directory_path();
    outcome.text = channels.empty() ? "no channels in " + directory + "\n"
                                    : table.text() + (reasons.empty() ? "" : "\n" + reasons);
    outcome.result = {{"directory", directory}, {"channels", std::move(channels)}};
    return outcome;
}

}  // namespace

void add_ls(CLI::App& app, Invocation& invocation) {
    add_command(app, invocation, "ls", "List the channels", kExamples, ls);
}

}  // namespace shunt::tools
