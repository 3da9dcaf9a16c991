// SPDX-License-Identifier: MIT
//
// Company of a test whose processes may only compute: how they get ready, and what they end by.
#pragma once

#include "process/support/company.hpp"
#include "process/support/faces.hpp"
#include "process/support/quiet.hpp"
#include "process/support/shared.hpp"

#include "unit/allocators/sandbox.hpp"

#include <shunt/core/layout/wake.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace shunt::process_test {

using layout::RegionId;

// Each scenario has a channel of its own: its processes die with their ports open.
inline std::string channel_name;

class QuietCompany : public Company {
protected:
    void SetUp() override {
#if SHUNT_UNDER_SANITIZER
        GTEST_SKIP() << "a sanitizer's runtime makes system calls of its own";
#endif
        if (!may_be_quiet()) {
            GTEST_SKIP() << "seccomp is refused: a process cannot give up its system calls";
        }
        wrong_line = &*line_;
    }
    void TearDown() override {
        wrong_line = nullptr;
    }
    static void another_channel() {
        static int count = 0;
        channel_name = "stream-" + std::to_string(++count);
    }

    // The rest of a life in which nothing may be called but _exit. Ports stay open: closing calls.
    template <class Body>
    static int quietly(Body&& body) {
        (void)no_stop();
        (void)pattern(0);
        be_quiet();
        body();
        ::_exit(0);
    }
    template <class Port>
    static Port& ready(const Options& options) {
        auto* const port = new Port{channel_name, options};
        port->prepare_rt();
        return *port;
    }
    testing::AssertionResult ends(Child& child, const std::string& how) const {
        const std::string end = child.wait();
        return end == how ? testing::AssertionSuccess()
                          : testing::AssertionFailure()
                                << end << ", line " << line_->load(std::memory_order_seq_cst)
                                << "; wanted " << how;
    }

    static bool somebody_sleeps(const channel::Port& port, RegionId region) {
        const auto& words = *object_at<layout::WakeRegion>(port.participant().region(region));
        return words.sleepers.load(std::memory_order_seq_cst) != 0;
    }

    Shared<std::atomic<std::uint32_t>> line_;
};

}  // namespace shunt::process_test
