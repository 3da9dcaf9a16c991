// SPDX-License-Identifier: MIT
//
// A place on the file system for one peer, gone from it before the pair is forked: what is needed
// of it stays open.
#pragma once

#include "bench/peers/src/link.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace shunt::peers {

/// An empty directory of its own in $TMPDIR, or /tmp; removed with all that is in it.
class TemporaryDirectory {
public:
    TemporaryDirectory() : path_{std::filesystem::temp_directory_path() / "shunt-peers-XXXXXX"} {
        if (::mkdtemp(path_.data()) == nullptr) {
            refused("mkdtemp " + path_);
        }
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace shunt::peers
