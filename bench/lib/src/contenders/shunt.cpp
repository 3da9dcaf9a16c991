// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/shunt.hpp"

#include "bench/lib/src/contenders/shunt_ends.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/channel/directory.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/spsc.hpp>

#include <fmt/format.h>

#include <span>
#include <vector>

namespace shunt::bench {

namespace {

template <std::size_t N>
using Ends = ShuntEnds<spsc::Producer<Message<N>>, spsc::Consumer<Message<N>>>;

// Polling: single attempts, the harness waits between them. Parks: the port's own blocking calls.
template <std::size_t N, bool InMemory, bool Parks>
class PushLink {
public:
    static constexpr bool kBatches = false;

    PushLink(Ends<N>& ends, const Task& task) noexcept : ends_{ends}, outgoing_{task.fields} {}
    void prepare(std::uint64_t seq) noexcept { outgoing_.write(seq); }
    bool try_send(std::uint64_t) {
        if constexpr (Parks) {
            return done(ends_.out->push(outgoing_.get()), Status::full);
        } else {
            return done(ends_.out->try_push(outgoing_.get()), Status::full);
        }
    }
    bool try_receive() {
        if constexpr (Parks) {
            return done(ends_.in->pop(incoming_), Status::empty);
        } else {
            return done(ends_.in->try_pop(incoming_), Status::empty);
        }
    }
    [[nodiscard]] std::uint64_t accept() const noexcept { return read(incoming_); }

private:
    Ends<N>& ends_;
    Outgoing<N, InMemory> outgoing_;
    Message<N> incoming_{};
};

// The payload is written into the ring and read from it.
template <std::size_t N, bool Parks>
class InPlaceLink {
public:
    static constexpr bool kBatches = false;

    InPlaceLink(Ends<N>& ends, const Task& task) noexcept : ends_{ends}, fields_{task.fields} {}
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) {
        Message<N>* const place = ends_.out->try_claim();
        if (place == nullptr) [[unlikely]] {
            return wait_for_room();
        }
        if (fields_ == 0) {
            write(*place, seq);
        } else {
            write(bytes_of(*place), N, seq, fields_);
        }
        ends_.out->publish();
        return true;
    }
    bool try_receive() {
        incoming_ = ends_.in->try_peek();
        if constexpr (Parks) {
            if (incoming_ == nullptr) {
                (void)done(ends_.in->wait(channel::kNoDeadline), Status::empty);
            }
        }
        return incoming_ != nullptr;
    }
    [[nodiscard]] std::uint64_t accept() noexcept {
        const std::uint64_t seq = read(*incoming_);
        ends_.in->release();
        return seq;
    }

private:
    bool wait_for_room() {
        if constexpr (Parks) {
            (void)done(ends_.out->wait(channel::kNoDeadline), Status::full);
        }
        return false;
    }

    Ends<N>& ends_;
    unsigned fields_;
    const Message<N>* incoming_ = nullptr;
};

template <std::size_t N, bool Parks>
class BatchLink {
public:
    static constexpr bool kBatches = true;

    BatchLink(Ends<N>& ends, const Task& task)
        : ends_{ends}, outgoing_{task.batch, task.fields}, incoming_(task.batch) {}
    void prepare(std::uint64_t seq, std::size_t n) noexcept { outgoing_.write(seq, n); }
    std::size_t try_send(std::size_t sent, std::size_t n) {
        const std::size_t pushed =
            ends_.out->try_push_n(std::span(outgoing_.data() + sent, n - sent));
        if constexpr (Parks) {
            if (pushed == 0) {
                (void)done(ends_.out->wait(channel::kNoDeadline), Status::full);
            }
        }
        return pushed;
    }
    std::size_t try_receive(std::size_t most) {
        const std::size_t popped = ends_.in->try_pop_n(std::span(incoming_.data(), most));
        if constexpr (Parks) {
            if (popped == 0) {
                (void)done(ends_.in->wait(channel::kNoDeadline), Status::empty);
            }
        }
        return popped;
    }
    [[nodiscard]] std::uint64_t accept(std::size_t i) const noexcept { return read(incoming_[i]); }

private:
    Ends<N>& ends_;
    OutgoingBatch<N> outgoing_;
    std::vector<Message<N>> incoming_;
};

template <std::size_t N, class Link>
void run_typed(Stage& stage) {
    Ends<N> ends(stage);
    Link link(ends, stage.task());
    run_link(link, stage);
}

template <std::size_t N, bool Parks>
void run_form(Stage& stage) {
    const Task& task = stage.task();
    if (task.batch > 1) {
        run_typed<N, BatchLink<N, Parks>>(stage);
    } else if (task.in_place) {
        run_typed<N, InPlaceLink<N, Parks>>(stage);
    } else {
        with_memory<N>(task.fields,
                       [&]<bool InMemory>() { run_typed<N, PushLink<N, InMemory, Parks>>(stage); });
    }
}

void run(Stage& stage) {
    if (stage.task().bytes) {
        run_shunt_bytes(stage);
        return;
    }
    (void)with_typed_size(stage.task().size, [&]<std::size_t N>() {
        if (stage.task().wait == shunt::wait::park) {
            run_form<N, true>(stage);
        } else {
            run_form<N, false>(stage);
        }
    });
}

void check(const Task& task) {
    if (!task.bytes) {
        if (slots_bytes_of(task) == 0) {
            throw Failure(Exit::usage, fmt::format("no ring holds {} messages of {} bytes",
                                                   task.capacity, task.size));
        }
        return;
    }
    const auto shape = ring::BytesShape::of(task.capacity, kLineBytes, layout::kFrameHeaderBytes);
    if (task.size > shape.max_message()) {
        throw Failure(
            Exit::usage,
            fmt::format("messages of {} bytes need a bytes ring of at least {}, eight times "
                        "as much; --capacity is {} bytes",
                        task.size, 8 * task.size, task.capacity));
    }
}

// Whoever joins such a channel and leaves it is its last participant and removes it.
void remove_channel(const channel::Folder& directory, const std::string& name, const Task& task) {
    if (!directory.open_file(channel::channel_file(name), false)) {
        return;
    }
    const Options options = shunt_options(task);
    if (task.bytes) {
        spsc::BytesProducer(name, options).close();
        return;
    }
    (void)with_typed_size(
        task.size, [&]<std::size_t N>() { spsc::Producer<Message<N>>(name, options).close(); });
}

}  // namespace

void remove_channels(const Task& task) noexcept {
    try {
        const channel::Folder directory = channel::open_directory();
        remove_channel(directory, there_of(task), task);
        remove_channel(directory, back_of(task), task);
    } catch (const std::exception&) {
        // What is left has nobody living in it; a collector finds it.
    }
}

const Contender kShunt{"shunt", check, [](const Task&) { return std::uint64_t{0}; }, run};

}  // namespace shunt::bench
