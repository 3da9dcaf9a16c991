// SPDX-License-Identifier: MIT
//
// The two shapes that peers have. By calls: the kernel carries the message, in one call of each
// side. By a bell: the message lies in memory that both have, and the kernel tells of it. Both are
// links of bench/lib's loops; what is of one peer is its Way, made before the pair is forked, so
// that both sides have its descriptors.
//
//   by calls   void send(side, bytes, size)       all of it; blocks where there is no room, or is
//                                                 bool: false, none yet, ask again
//              bool receive(side, bytes, size)    all of it; false: nothing yet, ask again
//   by a bell  void ring(side)                    tells the other side, once
//              void listen(side)                  returns when told once; may return earlier
//
// A Way is made once and serves every repeat: what was sent in one was received in it. `side` is
// the caller's own.
#pragma once

#include "bench/lib/src/loops.hpp"
#include "bench/lib/src/task.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace shunt::peers {

/// The kernel refuses `call`; ends a run.
[[noreturn]] inline void refused(const std::string& call) {
    throw bench::Failure(bench::Exit::runtime,
                         call + ": " + std::system_category().message(errno) +
                             "; leave that peer out with --only, or lift the limit");
}

/// What a library said in the middle of a run.
[[noreturn]] inline void failed(const std::string& call, const std::string& words) {
    throw bench::Failure(bench::Exit::runtime, call + ": " + words);
}

/// A message of another length than all of them have.
inline void check_size(std::string_view key, std::size_t got, std::size_t size) {
    if (got != size) {
        throw bench::Failure(bench::Exit::integrity,
                             std::string{key} + ": a message of " + std::to_string(got) +
                                 " bytes in place of " + std::to_string(size));
    }
}

/// The Way of a peer; made by the first who asks, the parent.
template <class Way>
[[nodiscard]] Way& way() {
    static Way made;
    return made;
}

/// As what a refusal of making it says; nothing: it was made.
template <class Way>
[[nodiscard]] std::optional<std::string> absence() {
    try {
        (void)way<Way>();
        return std::nullopt;
    } catch (const bench::Failure& why) {
        return why.what();
    }
}

/// What a Way has to say of shared memory of its own: nothing.
struct PlainWay {
    [[nodiscard]] static constexpr std::uint64_t bytes() noexcept { return 0; }
    /// By each side before the first message; `memory` is zero, or as the other side has left it.
    void open(bench::Stage& /*stage*/, std::byte* /*memory*/) {}
    /// By each side after the last one.
    void close() {}
};

template <class Way>
class CallLink {
public:
    static constexpr bool kBatches = false;

    CallLink(Way& way, const bench::Stage& stage, const bench::Task& task)
        : way_{way}, side_{stage.side()}, fields_{task.fields}, sent_(task.size), got_(task.size) {}

    void prepare(std::uint64_t seq) noexcept {
        bench::write(sent_.data(), sent_.size(), seq, fields_);
    }
    bool try_send(std::uint64_t) {
        if constexpr (std::is_void_v<decltype(way_.send(side_, sent_.data(), sent_.size()))>) {
            way_.send(side_, sent_.data(), sent_.size());
            return true;
        } else {
            return way_.send(side_, sent_.data(), sent_.size());
        }
    }
    bool try_receive(std::uint64_t& seq) {
        if (!way_.receive(side_, got_.data(), got_.size())) {
            return false;
        }
        seq = bench::read(got_.data(), got_.size());
        return true;
    }

private:
    Way& way_;
    unsigned side_;
    unsigned fields_;
    std::vector<std::byte> sent_;
    std::vector<std::byte> got_;
};

/// A message in memory that both have, one each way, and how many there were.
class Buffer {
public:
    using Count = std::atomic<std::uint64_t>;
    static_assert(Count::is_always_lock_free && sizeof(Count) == 8);

    explicit Buffer(std::byte* memory) noexcept
        : count_{*object_at<Count>(memory)}, bytes_{memory + kLinePairBytes} {}
    [[nodiscard]] static constexpr std::uint64_t bytes(std::size_t size) noexcept {
        return kLinePairBytes + align_up(size, kLinePairBytes);
    }

    void put(const std::byte* message, std::size_t size) noexcept {
        std::memcpy(bytes_, message, size);
        // edge peers.buffer release -> Buffer::get: the message is there
        count_.store(++seen_, std::memory_order_release);
    }
    /// False: no new one.
    [[nodiscard]] bool get(std::byte* message, std::size_t size) noexcept {
        // edge peers.buffer acquire <- Buffer::put: the message is there
        if (count_.load(std::memory_order_acquire) == seen_) {
            return false;
        }
        ++seen_;
        std::memcpy(message, bytes_, size);
        return true;
    }

private:
    Count& count_;
    std::byte* bytes_;
    std::uint64_t seen_ = 0;
};

template <class Way>
class BellLink {
public:
    static constexpr bool kBatches = false;

    BellLink(Way& way, Buffer out, Buffer in, const bench::Stage& stage, const bench::Task& task)
        : way_{way},
          side_{stage.side()},
          fields_{task.fields},
          out_{out},
          in_{in},
          sent_(task.size),
          got_(task.size) {}

    void prepare(std::uint64_t seq) noexcept {
        bench::write(sent_.data(), sent_.size(), seq, fields_);
    }
    bool try_send(std::uint64_t) {
        out_.put(sent_.data(), sent_.size());
        way_.ring(side_);
        return true;
    }
    bool try_receive(std::uint64_t& seq) {
        way_.listen(side_);
        if (!in_.get(got_.data(), got_.size())) {
            return false;
        }
        seq = bench::read(got_.data(), got_.size());
        return true;
    }

private:
    Way& way_;
    unsigned side_;
    unsigned fields_;
    Buffer out_;
    Buffer in_;
    std::vector<std::byte> sent_;
    std::vector<std::byte> got_;
};

template <class Way>
void check(const bench::Task& /*task*/) {
    (void)way<Way>();
}

template <class Way, class Link>
void run_by(bench::Stage& stage) {
    way<Way>().open(stage, stage.task().memory);
    Link link{way<Way>(), stage, stage.task()};
    bench::run_link(link, stage);
    way<Way>().close();
}

template <class Way>
void run_by_bell(bench::Stage& stage) {
    const bench::Task& task = stage.task();
    const Buffer there{task.memory};
    const Buffer back{task.memory + Buffer::bytes(task.size)};
    way<Way>().open(stage, task.memory + 2 * Buffer::bytes(task.size));
    BellLink<Way> link{way<Way>(), stage.first() ? there : back, stage.first() ? back : there,
                       stage, task};
    bench::run_link(link, stage);
}

template <class Way>
[[nodiscard]] constexpr bench::Contender by_calls(std::string_view key) noexcept {
    return {key, check<Way>, [](const bench::Task&) { return Way::bytes(); },
            run_by<Way, CallLink<Way>>};
}

template <class Way>
[[nodiscard]] constexpr bench::Contender by_bell(std::string_view key) noexcept {
    return {key, check<Way>,
            [](const bench::Task& task) { return 2 * Buffer::bytes(task.size) + Way::bytes(); },
            run_by_bell<Way>};
}

}  // namespace shunt::peers
