// SPDX-License-Identifier: MIT
//
// A piece of the cold path, of which every system call and every allocation fails once, with each
// errno that a full, tight or strange host may give, in a process of its own. Then: no crash and no
// hang; an Error says what was asked and what happened, or the call did without; nothing is leaked
// (descriptors, mappings, files, locks, seats); the next try works; and at the end nothing is left.
#pragma once

#include "process/support/company.hpp"
#include "process/support/fail_nth.hpp"
#include "process/support/shared.hpp"

#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/spsc.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "unit/allocators/sandbox.hpp"

namespace shunt::process_test {

inline constexpr const char* kName =
    "orders.of-a-long-name";  // too long to lie in a std::string itself

// What a child holds; the work under test fills it.
struct Ports {
    std::unique_ptr<spsc::Producer<std::uint64_t>> out;
    std::unique_ptr<spsc::Consumer<std::uint64_t>> in;
    std::unique_ptr<channel::Observer> observer;
    std::unique_ptr<Child> peer;                  // a process that lives
    std::vector<std::shared_ptr<void>> of_crowd;  // ports of the kinds with many, as they came
};

// A piece of the cold path. `work` is done once with a failure in it and, if it threw, once more.
struct Work {
    std::function<void(Ports&)> before;
    std::function<void(Ports&)> work;
    std::function<void(Ports&)> settle = [](Ports&) {};  // what a failure that was swallowed left
    bool may_end = false;  // an error after the last step leaves in good order, and so the channel
};

inline Options options(pages how) {
    Options options;
    options.capacity = how == pages::base ? 896 : 150'000;
    options.pages = how;
    options.open_timeout = std::chrono::milliseconds{2000};
    options.seat_timeout = std::chrono::milliseconds{100};
    return options;
}
inline Options joining(pages how) {
    Options joining = options(how);
    joining.capacity = kAnyCapacity;
    return joining;
}
inline void open_out(Ports& ports, const Options& how) {
    ports.out = std::make_unique<spsc::Producer<std::uint64_t>>(kName, how);
}
inline void open_in(Ports& ports, const Options& how) {
    ports.in = std::make_unique<spsc::Consumer<std::uint64_t>>(kName, how);
}
inline void one_dies(const std::function<void(Ports&)>& open) {
    Child child{[&] {
        static Ports never_closed;
        open(never_closed);
        return 0;
    }};
    sandbox::must(child.wait() == "exit 0", "a child that dies");
}

// A producer in another process, and a consumer here.
inline void open_apart(Ports& ports) {
    Shared<Word> there;
    ports.peer = std::make_unique<Child>([&] {
        static Ports never_closed;
        open_out(never_closed, options(pages::base));
        there->set(1);
        for (;;) {
            ::pause();
        }
        return 0;
    });
    sandbox::must(there->reaches(1), "a peer");
    Options in_loop = joining(pages::base);
    in_loop.events = events::io_uring;
    open_in(ports, in_loop);
}
inline bool rings_here() {
    Child child{[] {
        Ports ports;
        open_apart(ports);
        (void)ports.in->fd();
        return 0;
    }};
    return child.wait() == "exit 0";
}

// All that a process can leak.
struct Holdings {
    std::uint64_t descriptors = 0;
    std::string mappings;  // of files of ours
    std::vector<std::string> files;
    std::uint64_t locks = 0;
    std::uint64_t living = 0;  // seats

    bool operator==(const Holdings&) const = default;
    [[nodiscard]] std::string text() const {
        std::string names;
        for (const std::string& file : files) {
            names += " " + file;
        }
        return std::to_string(descriptors) + " descriptors, " + std::to_string(locks) + " locks, " +
               std::to_string(living) + " living, files:" + names + ", mappings: " + mappings;
    }
};

inline Holdings holdings(const Playground& ground) {
    Holdings held;
    held.descriptors = open_descriptors(::getpid());
    const std::string maps = read_text("/proc/self/maps").value_or("");
    for (std::size_t at = 0; at < maps.size();) {
        const std::size_t end = std::min(maps.find('\n', at), maps.size());
        const std::string line = maps.substr(at, end - at);
        at = end + 1;
        if (const std::size_t path = line.find(" /"); line.find("rw-s") != std::string::npos) {
            held.mappings += line.substr(std::min(path, line.size())) + ";";
        }
    }
    held.files = ground.files();
    for (const std::string& slots : slots_files()) {
        held.files.push_back(slots);
    }
    struct stat status {};
    if (::stat(ground.file_of(kName).c_str(), &status) == 0) {
        held.locks = locks_on({status.st_dev, status.st_ino});
    }
    for (const channel::Listed& listed : channel::list()) {
        held.living += static_cast<std::uint64_t>(
            std::count_if(listed.peers.begin(), listed.peers.end(),
                          [](const channel::Peer& peer) { return peer.alive; }));
    }
    return held;
}

// What one run came to, in shared memory.
struct Told {
    Calls calls;
    std::size_t allocations = 0;
    bool failed = false;  // the failure was made
    bool threw = false;
    char error[600] = {};
    char fault[1200] = {};
};

// Which failure: the nth call of a number with an errno, or (errno 0) the nth allocation; 0: none.
struct Failure {
    long number = -1;
    std::size_t nth = 0;
    int error = 0;
};

class NthFailure : public Company {
protected:
    void SetUp() override {
#if SHUNT_UNDER_SANITIZER
        GTEST_SKIP() << "a sanitizer's runtime makes system calls of its own";
#endif
        if (!may_trap()) {
            GTEST_SKIP() << "seccomp is refused: system calls cannot be trapped";
        }
        // What a process does once is done: the work is the same in every child.
        Ports ports;
        open_out(ports, options(pages::base));
        open_in(ports, joining(pages::base));
    }

    // The life of a child.
    int live(const Work& work, Failure failure) const {
        ::alarm(20);  // a hang ends by a signal
        const Holdings at_first = holdings(ground_);
        {
            Ports ports;
            work.before(ports);
            const Holdings before = holdings(ground_);
            trap_calls(told_->calls);
            attempt(work, ports, failure);
            if (told_->threw) {
                Holdings after = holdings(ground_);
                if (work.may_end && after.files.empty()) {
                    after.files = before.files;
                }
                differ("after the error", before, after);
                work.work(ports);
            }
            work.settle(ports);
        }
        differ("at the end", at_first, holdings(ground_));
        return told_->fault[0] == '\0' ? 0 : 1;
    }
    void attempt(const Work& work, Ports& ports, Failure failure) const {
        std::string text;
        const bool of_memory = failure.nth != 0 && failure.error == 0;
        begin_allocations(of_memory ? failure.nth : 0);
        begin_calls(failure.number, of_memory ? 0 : failure.nth, failure.error);
        try {
            work.work(ports);
            end_calls();
            told_->allocations = end_allocations(told_->failed);
        } catch (const std::exception& error) {
            end_calls();
            told_->allocations = end_allocations(told_->failed);
            told_->threw = true;
            text = error.what();
            if (const auto* ours = dynamic_cast<const Error*>(&error)) {
                judge(*ours);
            }
        }
        told_->failed = told_->failed || told_->calls.failed;
        std::snprintf(told_->error, sizeof(told_->error), "%s", text.c_str());
    }
    // Asked; what to do, where the code is the kernel's and not one of ours with its own words.
    void judge(const Error& error) const {
        const std::string text = error.what();
        if (text.find(kName) == std::string::npos &&
            text.find(ground_.path()) == std::string::npos) {
            fault("does not say what was asked: " + text);
        }
        if (error.code().category() != error_category() && text.find("; ") == std::string::npos) {
            fault("does not say what to do: " + text);
        }
    }
    void differ(const std::string& when, const Holdings& wanted, const Holdings& held) const {
        if (!(wanted == held)) {
            fault(when + ": " + held.text() + "\n  instead of " + wanted.text());
        }
    }
    void fault(const std::string& text) const {
        if (told_->fault[0] == '\0') {
            std::snprintf(told_->fault, sizeof(told_->fault), "%s", text.c_str());
        }
    }

    // Empty, or what went wrong.
    std::string run(const Work& work, Failure failure) {
        *told_ = Told{};
        remove_what_is_left();  // by a run that failed
        Child child{[&] { return live(work, failure); }};
        const std::string end = child.wait();
        return end == "exit 0" ? "" : end + ": " + told_->fault + " [" + told_->error + "]";
    }

    void remove_what_is_left() const {
        for (const std::string& file : ground_.files()) {
            std::filesystem::remove_all(ground_.path() + "/" + file);
        }
        if (own_huge_pages().empty()) {
            for (const HugeMount& mount : huge_mounts()) {
                std::filesystem::remove_all(mount.path + "/" + channel::slots_root_name());
            }
        }
    }

    // Which call of its number the i-th is.
    static std::size_t same_calls(const std::vector<Call>& calls, std::size_t i) {
        return 1 + static_cast<std::size_t>(std::count_if(
                       calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(i),
                       [&](const Call& call) { return call.number == calls[i].number; }));
    }
    static std::vector<int> one_of(const std::vector<int>& errors, std::size_t i) {
        return errors.empty() ? errors : std::vector<int>{errors[i % errors.size()]};
    }

    // `some`: one errno a call, in turn, but in a full run.
    void every_failure(const char* name, const Work& work, bool some = false) {
        some = some && std::getenv("SHUNT_TEST_FULL") == nullptr;
        ASSERT_EQ(run(work, {}), "") << "without a failure";
        const std::vector<Call> calls(told_->calls.made, told_->calls.made + told_->calls.count);
        const std::size_t allocations = told_->allocations;
        ASSERT_LT(told_->calls.count, Calls::kMost);
        std::size_t runs = 0;
        int thrown = 0;
        for (std::size_t i = 0; i < calls.size(); ++i) {
            std::vector<int> errors;
            EXPECT_TRUE(plausible_errors(calls[i], errors)) << name_of_call(calls[i]);
            const Failure place{calls[i].number, same_calls(calls, i), 0};
            for (const int error : some ? one_of(errors, i) : errors) {
                const Failure failure{place.number, place.nth, error};
                const std::string fault = run(work, failure);
                EXPECT_EQ(fault, "") << "call " << i + 1 << " of " << calls.size() << ", "
                                     << name_of_call(calls[i]) << ": " << std::strerror(error);
                // How often /proc is read depends on how long its files are.
                EXPECT_TRUE(told_->failed || calls[i].number == SYS_read)
                    << "call " << i + 1 << " was not reached";
                ++runs;
                thrown += told_->threw ? 1 : 0;
                if (told_->threw && std::getenv("SHUNT_TEST_SHOW") != nullptr) {
                    std::printf("  %s %s: %s\n", name_of_call(calls[i]).c_str(),
                                std::strerror(error), told_->error);
                }
            }
        }
        for (std::size_t nth = 1; nth <= allocations; ++nth) {
            EXPECT_EQ(run(work, {-1, nth, 0}), "") << "allocation " << nth << " of " << allocations;
            EXPECT_TRUE(told_->failed) << "allocation " << nth << " was not reached";
        }
        std::printf("%s: %zu calls, %zu failures of them (%d told as errors); %zu allocations\n",
                    name, calls.size(), runs, thrown, allocations);
    }

    Shared<Told> told_;
};

inline void nothing(Ports&) {}

}  // namespace shunt::process_test
