// SPDX-License-Identifier: MIT
//
// A work queue that survives its workers: paths of files go out by mpmc, each to one worker;
// checksums come back by mpsc, a lane for each worker. Any worker may be killed at any moment and
// replaced: what it had in hand goes to another, and what it had sent is read.
//
//   find /usr/lib -type f | work_queue feed      as many `work_queue work` as you like, and
//   work_queue gather | sort                     the same as: find ... | work_queue alone | sort
//
// A worker that comes when all is done waits for the next feeder.
#include <shunt/mpmc.hpp>
#include <shunt/mpsc.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

using shunt::Status;

constexpr std::size_t kLongestPath = 479;

struct Job {
    std::uint64_t number;
    char path[kLongestPath + 1];
};
SHUNT_TYPE(Job, "work.Job/1");

struct Sum {
    Job job;
    std::uint64_t checksum;
    std::uint64_t bytes;
    std::int64_t error;  // errno, of a file that could not be read
};
SHUNT_TYPE(Sum, "work.Sum/1");

namespace {

Sum sum_of(const Job& job) {
    Sum sum{job, 0xcbf29ce484222325u, 0, 0};  // FNV-1a
    const int file = ::open(job.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    std::array<unsigned char, 65536> bytes;
    ssize_t got = file < 0 ? -1 : ::read(file, bytes.data(), bytes.size());
    while (got > 0) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
            sum.checksum = (sum.checksum ^ bytes[i]) * 0x100000001b3u;
        }
        sum.bytes += static_cast<std::uint64_t>(got);
        got = ::read(file, bytes.data(), bytes.size());
    }
    sum.error = got < 0 ? errno : 0;
    if (file >= 0) {
        ::close(file);
    }
    return sum;
}

void print(const Sum& sum) {
    if (sum.error != 0) {
        std::printf("%s: %s\n", sum.job.path, std::strerror(static_cast<int>(sum.error)));
    } else {
        std::printf("%s: %016" PRIx64 ", %" PRIu64 " bytes\n", sum.job.path, sum.checksum,
                    sum.bytes);
    }
}

// Calls use(job) for each line of the input; how many were too long.
template <class Use>
int each_job(Use&& use) {
    int left_out = 0;
    Job job{};
    for (std::string path; std::getline(std::cin, path);) {
        if (path.size() > kLongestPath) {
            std::fprintf(stderr, "left out, more than %zu bytes: %s\n", kLongestPath, path.c_str());
            ++left_out;
            continue;
        }
        std::memcpy(job.path, path.c_str(), path.size() + 1);
        use(job);
        ++job.number;
    }
    return left_out;
}

// What comes back when the last consumer is gone; another may come.
template <class Port, class Message>
void send(Port& out, const Message& message) {
    while (!out.push(message)) {
    }
}

int feed() {
    shunt::mpmc::Producer<Job> out("work.jobs");
    return each_job([&](const Job& job) { send(out, job); }) == 0 ? 0 : 1;
}

// A job is released when its result is sent: whoever dies in between leaves it to another, and the
// gatherer may get its result twice.
int work() {
    shunt::mpmc::Consumer<Job> in("work.jobs");
    shunt::mpsc::Producer<Sum> out("work.sums");
    for (;;) {
        if (const Job* const job = in.try_peek(); job != nullptr) {
            send(out, sum_of(*job));
            in.release();
        } else if (in.wait(shunt::channel::kNoDeadline) == Status::closed) {
            return 0;  // the feeder has left, and nobody has a job in hand
        }
    }
}

int gather() {
    shunt::mpsc::Consumer<Sum> in("work.sums");
    std::vector<bool> seen;
    Sum sum;
    for (;;) {
        const Status status = in.pop(sum);
        if (status == Status::closed) {
            return 0;  // the last worker has left
        }
        if (!status) {
            continue;  // the last worker died; another may come
        }
        if (sum.job.number >= seen.size()) {
            seen.resize(sum.job.number + 1);
        }
        if (!seen[sum.job.number]) {
            seen[sum.job.number] = true;
            print(sum);
        }
    }
}

int alone() {
    return each_job([](const Job& job) { print(sum_of(job)); }) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view role{argc == 2 ? argv[1] : ""};
    try {
        return role == "feed"     ? feed()
               : role == "work"   ? work()
               : role == "gather" ? gather()
               : role == "alone"
                   ? alone()
                   : (std::fputs("usage: work_queue feed|work|gather|alone\n", stderr), 2);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "work_queue: %s\n", error.what());
        return 1;
    }
}
