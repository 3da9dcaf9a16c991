// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/temporary.hpp"

#include <shunt/allocators/file.hpp>

#include <fcntl.h>
#include <unistd.h>

namespace shunt::peers {
namespace {

constexpr off_t kPayloadAt = 64;  // behind the count of messages

// The payload is written first, then how many there were, which the other one reads again and
// again.
class Way : public PlainWay {
public:
    Way() {
        const TemporaryDirectory directory;
        for (unsigned side = 0; side < 2; ++side) {
            const std::string name = directory.file(std::to_string(side));
            from_[side] = FileHandle::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
            if (!from_[side]) {
                refused("a file " + name);
            }
        }
    }
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        sent_ = got_ = 0;
        if (stage.first()) {
            for (const FileHandle& file : from_) {
                write_at(file, &sent_, sizeof(sent_), 0);
            }
        }
        stage.meet();
    }
    void send(unsigned side, const std::byte* bytes, std::size_t size) {
        write_at(from_[side], bytes, size, kPayloadAt);
        ++sent_;
        write_at(from_[side], &sent_, sizeof(sent_), 0);
    }
    bool receive(unsigned side, std::byte* bytes, std::size_t size) {
        const int from = from_[1 - side].get();
        std::uint64_t there = 0;
        if (::pread(from, &there, sizeof(there), 0) != sizeof(there)) {
            refused("pread");
        }
        if (there == got_) {
            return false;
        }
        got_ = there;
        if (::pread(from, bytes, size, kPayloadAt) != static_cast<ssize_t>(size)) {
            refused("pread");
        }
        return true;
    }

private:
    static void write_at(const FileHandle& to, const void* bytes, std::size_t size, off_t at) {
        if (::pwrite(to.get(), bytes, size, at) != static_cast<ssize_t>(size)) {
            refused("pwrite");
        }
    }

    FileHandle from_[2];  // of who writes it
    std::uint64_t sent_ = 0;
    std::uint64_t got_ = 0;
};

constexpr bench::Contender kContender = by_calls<Way>("plain_file");

}  // namespace

const Peer kPlainFile{.key = "plain_file",
                      .what = "a file in $TMPDIR, pwrite and pread; a counter in it is polled",
                      .waits = Waits::busy,
                      .copies = 2,
                      .capacity = "1 message",
                      .order = "in order",
                      .settings = "none",
                      .version = {},
                      .contender = &kContender,
                      .absent = absence<Way>,
                      .pingpong_only = kRoomForOne};

}  // namespace shunt::peers
