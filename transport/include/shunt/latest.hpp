// SPDX-License-Identifier: MIT
//
// A named channel that holds the latest value of something, of a fixed size or of bytes of any
// length up to a greatest: one writer, any number of readers. A reader gets the newest value,
// whole, and may miss any number of those before it. The algorithm is core/ring/latest.hpp; the
// ports add the name, waiting, waking, ends and deaths.
//
// The writer makes the channel; a reader waits for it (`.open_timeout`). The writer waits for
// nobody, ever. A reader maps the values and their count read-only: it cannot write them, and
// nothing that it does or leaves undone stops the writer or other readers.
//
// A value has a version: how many were stored up to it, itself included. 0: there is none yet.
// Versions never go back, for one reader or from one to another, whoever writes.
//
// A writer that dies anywhere leaves the last whole value in place, and readers go on with it; a
// successor goes on with the next version. wait_changed() tells of the end, `peer_dead` or
// `closed`, once, and then waits for the successor. With linger::drained, the default, the channel
// goes with its last graceful closer where somebody has loaded the newest value; else it stays.
//
// All calls of a port belong to one thread at a time, but for notify() and interrupt(), which any
// thread may make. Storing and loading are wait-free; in a polling channel, and in their _quiet
// forms, they never enter the kernel; in a wakeable channel the writer does so only to wake
// registered sleepers, all of them by one system call.
#pragma once

#include <shunt/channel/wait_any.hpp>
#include <shunt/latest/bytes.hpp>
#include <shunt/latest/reader.hpp>
#include <shunt/latest/writer.hpp>
