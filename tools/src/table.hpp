// SPDX-License-Identifier: MIT
//
// Columns of text, as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

namespace shunt::tools {

class Table {
public:
    /// A head that begins with '>' is that of a column of numbers, set to the right.
    explicit Table(std::vector<std::string> heads);

    void add(std::vector<std::string> cells);
    /// Every line behind `indent`; heads in bold on a terminal. Ends in a newline.
    [[nodiscard]] std::string text(const std::string& indent = {}) const;

private:
    struct Column {
        std::string head;
        bool right;
        std::size_t width;
    };
    [[nodiscard]] std::string line(const std::vector<std::string>& cells) const;

    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace shunt::tools
