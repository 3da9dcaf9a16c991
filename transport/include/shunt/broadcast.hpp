// SPDX-License-Identifier: MIT
//
// A named broadcast channel of fixed-size messages, or of byte messages of any length up to a
// greatest: one publisher, any number of subscribers, each of which gets every message or knows
// exactly how many it did not get. The log is core/ring/broadcast.hpp; the ports add the name,
// waiting, waking, ends and deaths.
//
// The publisher makes the channel; a subscriber waits for it (`.open_timeout`). The publisher goes
// around the log and overwrites what is oldest. A lossy subscriber that it overtakes is told
// `lapped`, once for each loss; lost() has grown then, and the next call goes on where `.resume`
// says. A conflating one gets the newest message each time. A gated one loses nothing: the
// publisher waits for it, evicts it, or drops the message, as its `.on_slow` says; one that dies is
// waited for no more. A subscriber maps the log and the publisher's words read-only: whatever it
// does, it cannot hurt the publisher, but for having it wait, nor other subscribers.
//
// A publisher that dies anywhere leaves nothing torn: what it had not published nobody has seen,
// and a successor goes on at that position. Subscribers read to the end, are told `peer_dead` or
// `closed`, once, and wait for the successor. A process that exits with a port open counts as dead.
//
// LanePublisher, LaneSubscriber and their kin are the same for several publishers at a time
// (`.lanes`). Each has a lane, a log of its own, and waits for no other; a subscriber goes through
// the lanes by turns. A publisher's messages keep their order, those of different ones come as the
// turns go; received + lost = published in each lane. One that leaves or dies leaves its lane to
// the next publisher that comes, at once, and subscribers read on where they were. The end of the
// stream means that at least one publisher was there, and the last registered one closed.
//
// All calls of a port belong to one thread at a time, but for notify() and interrupt(), which any
// thread may make. try_ calls, and publish() where there is no gate, are wait-free; in a polling
// channel, and in their _quiet forms, they never enter the kernel; in a wakeable channel the
// publisher does so only to wake registered sleepers, all of them by one system call.
#pragma once

#include <shunt/broadcast/bytes.hpp>
#include <shunt/broadcast/lanes.hpp>
#include <shunt/broadcast/publisher.hpp>
#include <shunt/broadcast/subscriber.hpp>
#include <shunt/channel/wait_any.hpp>
