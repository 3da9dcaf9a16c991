// SPDX-License-Identifier: MIT
#include "process/stepper/ledger.hpp"

#include <algorithm>
#include <cstdio>

namespace shunt::stepper {
namespace {

using Number = unsigned long long;

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return out + "\"";
}

std::string field(std::string_view name, std::string_view value) {
    return quoted(name) + ": " + quoted(value);
}
std::string field(std::string_view name, std::uint64_t value) {
    return quoted(name) + ": " + std::to_string(value);
}

std::string counts(const Tally& tally) {
    return field("points", tally.points) + ", " + field("injected", tally.injected) + ", " +
           field("survived", tally.survived) + ", " + field("missed", tally.missed);
}

std::string json_of(const Row& row) {
    std::string text = "{" + field("kind", row.kind) + ", " + field("ware", row.ware) + ", " +
                       field("pages", row.pages) + ", " + field("operation", row.operation) + ", " +
                       field("how", to_string(row.how)) + ", " + counts(row.tally);
    if (row.tally.bound.steps != 0) {
        text += ", " + field("max_steps", row.tally.bound.steps) + ", " +
                field("call", row.tally.bound.call);
    }
    if (!row.tally.bound.held.empty()) {
        text += ", " + field("held", row.tally.bound.held);
    }
    return text + "}";
}

// Rows of one operation and way, together.
struct Sum {
    std::string_view kind;
    std::string_view operation;
    How how;
    Tally tally;
};

std::vector<Sum> sums_of(const std::vector<Row>& rows) {
    std::vector<Sum> sums;
    for (const Row& row : rows) {
        const auto same = std::find_if(sums.begin(), sums.end(), [&](const Sum& sum) {
            return sum.kind == row.kind && sum.operation == row.operation && sum.how == row.how;
        });
        if (same == sums.end()) {
            sums.push_back({row.kind, row.operation, row.how, row.tally});
        } else {
            same->tally.add(row.tally);
        }
    }
    return sums;
}

}  // namespace

Tally Ledger::totals() const {
    Tally all;
    for (const Row& row : rows) {
        all.add(row.tally);
    }
    return all;
}

Tally Ledger::totals(How how) const {
    Tally all;
    for (const Row& row : rows) {
        if (row.how == how) {
            all.add(row.tally);
        }
    }
    return all;
}

void print_table(const Ledger& ledger) {
    std::printf("%-6s %-16s %-8s %8s %8s %8s %7s   %s\n", "kind", "operation", "how", "points",
                "injected", "survived", "missed", "most steps of a call beside it");
    for (const Sum& sum : sums_of(ledger.rows)) {
        const Bound& bound = sum.tally.bound;
        std::string beside = bound.steps == 0 ? "" : std::to_string(bound.steps) + " " + bound.call;
        if (!bound.held.empty()) {
            beside += "; held: " + bound.held;
        }
        std::printf("%-6.*s %-16.*s %-8.*s %8llu %8llu %8llu %7llu   %s\n",
                    static_cast<int>(sum.kind.size()), sum.kind.data(),
                    static_cast<int>(sum.operation.size()), sum.operation.data(),
                    static_cast<int>(to_string(sum.how).size()), to_string(sum.how).data(),
                    static_cast<Number>(sum.tally.points), static_cast<Number>(sum.tally.injected),
                    static_cast<Number>(sum.tally.survived), static_cast<Number>(sum.tally.missed),
                    beside.c_str());
    }
    std::printf("%s, seed %llu, 2 MiB pages: %s\n", std::string{ledger.mode}.c_str(),
                static_cast<Number>(ledger.seed), ledger.huge ? "yes" : "none to be had");
    for (const Row& row : ledger.rows) {
        for (const std::string& fault : row.tally.faults) {
            std::printf("%.*s %.*s, %.*s, %.*s, %.*s: %s\n", static_cast<int>(row.kind.size()),
                        row.kind.data(), static_cast<int>(row.operation.size()),
                        row.operation.data(), static_cast<int>(to_string(row.how).size()),
                        to_string(row.how).data(), static_cast<int>(row.ware.size()),
                        row.ware.data(), static_cast<int>(row.pages.size()), row.pages.data(),
                        fault.c_str());
        }
    }
}

std::string to_json(const Ledger& ledger) {
    std::string text = "{\n" + field("schema", "shunt/stepper/1") + ",\n" +
                       field("mode", ledger.mode) + ",\n" + field("seed", ledger.seed) +
                       ",\n\"rows\": [\n";
    for (std::size_t i = 0; i < ledger.rows.size(); ++i) {
        text += "  " + json_of(ledger.rows[i]) + (i + 1 < ledger.rows.size() ? ",\n" : "\n");
    }
    text += "],\n\"totals\": {\n";
    for (const How how : kHows) {
        text += "  " + quoted(to_string(how)) + ": {" + counts(ledger.totals(how)) + "},\n";
    }
    return text + "  \"all\": {" + counts(ledger.totals()) + "}\n}\n}\n";
}

}  // namespace shunt::stepper
