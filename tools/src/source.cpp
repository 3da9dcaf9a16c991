// SPDX-License-Identifier: MIT
#include "command.hpp"
#include "source.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/core/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace shunt::tools {

namespace {

std::string text_of(int error) {
    return std::system_category().message(error);
}

class DescriptorSource : public Source {
public:
    DescriptorSource(int descriptor, std::string name, bool whole, const Interrupts& interrupts)
        : descriptor_{descriptor}, name_{std::move(name)}, whole_{whole}, interrupts_{interrupts} {
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0) {
            fail(errno);
        }
        if (S_ISDIR(status.st_mode)) {
            fail(EISDIR);
        }
        if (S_ISREG(status.st_mode)) {
            bytes_ = static_cast<std::uint64_t>(status.st_size);
        }
    }

    std::size_t read(std::span<std::byte> place) override {
        std::size_t done = 0;
        while (done < place.size()) {
            const std::size_t more = read_some(place.subspan(done));
            done += more;
            if (more == 0 || !whole_) {
                break;
            }
        }
        return done;
    }

    bool seek(std::uint64_t offset) override {
        if (bytes_) {
            if (offset > *bytes_ ||
                ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET) < 0) {
                too_short(*bytes_, offset);
            }
            return true;
        }
        std::array<std::byte, 65536> skipped;
        for (std::uint64_t at = 0; at < offset;) {
            const std::uint64_t left = std::min<std::uint64_t>(skipped.size(), offset - at);
            const std::size_t more = read_some(std::span{skipped}.first(left));
            if (more == 0 && interrupts_.requested()) {
                return false;
            }
            if (more == 0) {
                too_short(at, offset);
            }
            at += more;
        }
        return true;
    }

    std::optional<std::uint64_t> total() const override { return bytes_; }

private:
    std::size_t read_some(std::span<std::byte> place) {
        for (;;) {
            if (!bytes_ && !may_read()) {
                return 0;
            }
            const ssize_t got = ::read(descriptor_, place.data(), place.size());
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR && errno != EAGAIN) {
                fail(errno);
            }
        }
    }

    // Of what is no regular file: waits until there is something. False: a request came.
    [[nodiscard]] bool may_read() const {
        return !interrupts_.requested() && interrupts_.wait_for(descriptor_, POLLIN);
    }

    [[noreturn]] void fail(int error) const {
        throw Failure(error == EACCES ? Exit::permission : Exit::runtime,
                      fmt::format("cannot read {}: {}", name_, text_of(error)));
    }

    [[noreturn]] void too_short(std::uint64_t has, std::uint64_t wanted) const {
        throw Failure(Exit::integrity,
                      fmt::format("cannot resume: {} bytes were sent before, and {} has only {}; "
                                  "give the same input as then",
                                  wanted, name_, has));
    }

    int descriptor_;
    std::string name_;
    bool whole_;
    const Interrupts& interrupts_;
    std::optional<std::uint64_t> bytes_;  // of a regular file
};

class FileSource final : public DescriptorSource {
public:
    FileSource(FileHandle file, const std::string& path, bool whole, const Interrupts& interrupts)
        : DescriptorSource{file.get(), "'" + path + "'", whole, interrupts},
          file_{std::move(file)} {}

private:
    FileHandle file_;
};

class Generated final : public Source {
public:
    explicit Generated(std::optional<std::uint64_t> total) : total_{total} {}

    std::size_t read(std::span<std::byte> place) override {
        const std::uint64_t left = total_ ? *total_ - at_ : place.size();
        place = place.first(std::min<std::uint64_t>(left, place.size()));
        for (std::size_t done = 0; done < place.size();) {
            const std::uint64_t word = word_at(at_ / 8);
            const std::size_t skip = at_ % 8;
            const std::size_t n = std::min(8 - skip, place.size() - done);
            std::memcpy(&place[done], bytes_of(word) + skip, n);
            done += n;
            at_ += n;
        }
        return place.size();
    }

    bool seek(std::uint64_t offset) override {
        if (total_ && offset > *total_) {
            throw Failure(Exit::integrity,
                          fmt::format("cannot resume: {} bytes were sent before, and --size and "
                                      "--count make only {}; give the same as then",
                                      offset, *total_));
        }
        at_ = offset;
        return true;
    }

    std::optional<std::uint64_t> total() const override { return total_; }

private:
    // splitmix64, Sebastiano Vigna.
    static std::uint64_t word_at(std::uint64_t index) noexcept {
        std::uint64_t z = (index + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    std::optional<std::uint64_t> total_;
    std::uint64_t at_ = 0;
};

}  // namespace

std::unique_ptr<Source> open_file(const std::string& path, bool whole,
                                  const Interrupts& interrupts) {
    FileHandle file = FileHandle::open(path.c_str(), O_RDONLY);
    if (!file) {
        const int error = errno;
        const Exit exit = error == ENOENT ? Exit::not_found
                          : error == EACCES ? Exit::permission
                                            : Exit::runtime;
        throw Failure(exit, fmt::format("cannot read '{}': {}", path, text_of(error)));
    }
    return std::make_unique<FileSource>(std::move(file), path, whole, interrupts);
}

std::unique_ptr<Source> standard_input(bool whole, const Interrupts& interrupts) {
    return std::make_unique<DescriptorSource>(STDIN_FILENO, "standard input", whole, interrupts);
}

std::unique_ptr<Source> generated(std::optional<std::uint64_t> total) {
    return std::make_unique<Generated>(total);
}

}  // namespace shunt::tools
