// SPDX-License-Identifier: MIT
#include "table.hpp"
#include "terminal.hpp"

#include <algorithm>

namespace shunt::tools {

Table::Table(std::vector<std::string> heads) {
    for (std::string& head : heads) {
        const bool right = head.starts_with('>');
        std::string name = right ? head.substr(1) : std::move(head);
        const std::size_t width = name.size();
        columns_.push_back({std::move(name), right, width});
    }
}

void Table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        columns_[i].width = std::max(columns_[i].width, cells[i].size());
    }
    rows_.push_back(std::move(cells));
}

std::string Table::line(const std::vector<std::string>& cells) const {
    std::string out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const std::string pad(columns_[i].width - cells[i].size(), ' ');
        out += i == 0 ? "" : "  ";
        out += columns_[i].right ? pad + cells[i] : cells[i] + pad;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

std::string Table::text(const std::string& indent) const {
    std::vector<std::string> heads;
    for (const Column& column : columns_) {
        heads.push_back(column.head);
    }
    std::string out = indent + bold(line(heads)) + "\n";
    for (const auto& row : rows_) {
        out += indent + line(row) + "\n";
    }
    return out;
}

}  // namespace shunt::tools
