// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/shunt.hpp"

#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"

#include <shunt/broadcast.hpp>
#include <shunt/channel/directory.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/mpmc.hpp>
#include <shunt/mpsc.hpp>
#include <shunt/spsc.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

namespace shunt::bench {

namespace {

void run(Stage& stage) {
    const Task& task = stage.task();
    if (task.blocks) {
        run_shunt_blocks(stage);
    } else if (task.kind == Kind::mpmc) {
        run_shunt_many(stage);
    } else if (task.kind == Kind::mpsc) {
        run_shunt_lanes(stage);
    } else if (task.kind == Kind::broadcast) {
        run_shunt_broadcast(stage);
    } else if (task.bytes) {
        run_shunt_bytes(stage);
    } else if (task.batch > 1) {
        run_shunt_batch(stage);
    } else if (task.in_place) {
        run_shunt_in_place(stage);
    } else {
        run_shunt_push(stage);
    }
}

// Typed ports that park are compiled for a choice of sizes, and their payload for one way to write.
void check_parked(const Task& task) {
    if (!waits_by_itself(task)) {
        return;
    }
    if (!is_parked_size(task.size)) {
        throw Failure(Exit::usage,
                      fmt::format("messages of {} bytes are not compiled for a port that sleeps; "
                                  "sizes are {}, or any from 8 on with --bytes",
                                  task.size, fmt::join(kParkedSizes, ", ")));
    }
    if (task.fields != 0 && task.batch == 1 && !task.in_place) {
        throw Failure(Exit::usage,
                      "--fields is compiled for ports that poll: leave it, or --wait, away");
    }
}

void check(const Task& task) {
    if (task.pop == shunt::pop::copy && task.in_place) {
        throw Failure(Exit::usage,
                      "a message that is read in place is not popped: leave --in-place away, or "
                      "--pop copy and the peer shunt-copy");
    }
    if (!task.bytes || task.kind == Kind::mpmc) {
        if (!task.bytes) {
            task.kind == Kind::spsc ? check_parked(task) : check_many(task);
        }
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

// The channel brings its own.
std::uint64_t no_memory(const Task&) {
    return 0;
}

// The same on a channel of its own, and short.
Task rehearsal_of(Task task) {
    task.channel += ".rehearsal";
    task.round_trips = kFirstTrips;
    task.rehearse = false;
    return task;
}

// Whoever joins such a channel and leaves it is its last participant and removes it.
void remove_channel(const channel::Folder& directory, const std::string& name, const Task& task) {
    if (!directory.open_file(channel::channel_file(name), false)) {
        return;
    }
    const Options options = shunt_options(task);
    if (task.blocks && task.bytes) {
        mpmc::BlockBytesProducer(name, options).close();
        return;
    }
    if (task.blocks) {
        with_many_size(
            task, [&]<std::size_t N>() { mpmc::BlockProducer<Message<N>>(name, options).close(); });
        return;
    }
    if (task.bytes) {
        task.kind == Kind::mpmc ? mpmc::BytesProducer(name, options).close()
                                : spsc::BytesProducer(name, options).close();
        return;
    }
    if (task.kind == Kind::mpmc) {
        with_many_size(task,
                       [&]<std::size_t N>() { mpmc::Producer<Message<N>>(name, options).close(); });
        return;
    }
    if (task.kind == Kind::mpsc) {
        with_many_size(task,
                       [&]<std::size_t N>() { mpsc::Producer<Message<N>>(name, options).close(); });
        return;
    }
    if (task.kind == Kind::broadcast) {
        with_many_size(task, [&]<std::size_t N>() {
            broadcast::Publisher<Message<N>>(name, options).close();
        });
        return;
    }
    (void)with_typed_size(
        task.size, [&]<std::size_t N>() { spsc::Producer<Message<N>>(name, options).close(); });
}

}  // namespace

void remove_channels(const Task& task) noexcept {
    try {
        const channel::Folder directory = channel::open_directory();
        for (const Task& each : {task, rehearsal_of(task)}) {
            remove_channel(directory, there_of(each), each);
            remove_channel(directory, back_of(each), each);
        }
    } catch (const std::exception&) {
        // What is left has nobody living in it; a collector finds it.
    }
}

void rehearse(Stage& stage) {
    const Task task = rehearsal_of(stage.task());
    const auto sheet = std::make_unique<Sheet>();
    const auto histogram = std::make_unique<perf::Histogram>();
    Stage rehearsal = stage.apart(task, *sheet, *histogram);
    run(rehearsal);
}

bool is_shunt(const Contender& contender) noexcept {
    return contender.run == kShunt.run;
}

const Contender kShunt{"shunt", check, no_memory, run};
const Contender kSpsc{"spsc", check, no_memory, run};
const Contender kShuntThroughput{"shunt-throughput", check, no_memory, run};
const Contender kShuntPark{"shunt-park", check, no_memory, run};
const Contender kShuntThreads{"shunt-threads", check, no_memory, run, true};
const Contender kShuntCopy{"shunt-copy", check, no_memory, run};
const Contender kShuntBlocks{"shunt-blocks", check, no_memory, run};
const Contender kShuntUnprepared{"shunt-unprepared", check, no_memory, run};
const Contender kShuntRehearsed{"shunt-rehearsed", check, no_memory, run};

}  // namespace shunt::bench
