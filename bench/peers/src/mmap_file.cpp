// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/temporary.hpp"

#include <shunt/allocators/file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace shunt::peers {
namespace {

constexpr std::uint64_t kBytes = std::uint64_t{1} << 20;

// The buffers lie in a file of a file system, mapped by both.
class Way : public PlainWay {
public:
    Way() {
        const TemporaryDirectory directory;
        const std::string name = directory.file("mapped");
        const FileHandle file = FileHandle::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
        if (!file || ::ftruncate(file.get(), static_cast<off_t>(kBytes)) != 0) {
            refused("a file " + name);
        }
        void* const at = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
        if (at == MAP_FAILED) {
            refused("mmap of " + name);
        }
        memory_ = static_cast<std::byte*>(at);
    }
    ~Way() { ::munmap(memory_, kBytes); }
    Way(const Way&) = delete;
    Way& operator=(const Way&) = delete;

    void open(bench::Stage& stage, std::byte* /*memory*/) {
        const std::uint64_t each = Buffer::bytes(stage.task().size);
        if (2 * each > kBytes) {
            throw bench::Failure(bench::Exit::usage, "mmap_file has room for 500 KiB");
        }
        if (stage.first()) {
            std::memset(memory_, 0, 2 * each);
        }
        stage.meet();
        out_.emplace(memory_ + (stage.first() ? 0 : each));
        in_.emplace(memory_ + (stage.first() ? each : 0));
    }
    void send(unsigned /*side*/, const std::byte* bytes, std::size_t size) {
        out_->put(bytes, size);
    }
    bool receive(unsigned /*side*/, std::byte* bytes, std::size_t size) {
        return in_->get(bytes, size);
    }

private:
    std::byte* memory_ = nullptr;
    std::optional<Buffer> out_;
    std::optional<Buffer> in_;
};

constexpr bench::Contender kContender = by_calls<Way>("mmap_file");

}  // namespace

const Peer kMmapFile{.key = "mmap_file",
                     .what = "a file in $TMPDIR, mapped by both; a counter is polled",
                     .waits = Waits::busy,
                     .copies = 2,
                     .capacity = "1 message",
                     .order = "in order",
                     .settings = "MAP_SHARED",
                     .version = {},
                     .contender = &kContender,
                     .absent = absence<Way>,
                     .pingpong_only = kRoomForOne};

}  // namespace shunt::peers
