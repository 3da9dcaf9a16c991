// SPDX-License-Identifier: MIT
//
// No signal reaches the threads that are made while one of these lives: Ctrl-C is the affair of the
// thread that measures.
#pragma once

#include <pthread.h>
#include <csignal>

namespace shunt::perf {

class Undisturbed {
public:
    Undisturbed() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~Undisturbed() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    Undisturbed(const Undisturbed&) = delete;
    Undisturbed& operator=(const Undisturbed&) = delete;

private:
    sigset_t before_{};
};

}  // namespace shunt::perf
