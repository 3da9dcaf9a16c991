// SPDX-License-Identifier: MIT
//
// A named mpmc channel of fixed-size messages, or of byte messages of any length up to a greatest:
// any number of producers and consumers, each message to one consumer, taken in the order in which
// it was claimed. The ring is core/ring/mpmc.hpp; the ports add the name, waiting, waking, ends and
// deaths. Whoever comes first makes the channel.
//
// A participant that dies is found out by the blocking calls of any other, and by recover(). What
// it had claimed becomes a gap: a consumer is told its position and its owner, once. What it had in
// hand goes to another consumer, flagged as redelivered, or is dropped and counted, as the
// channel's .on_orphan says. A process that exits with a port open counts as dead.
//
// All calls of a port belong to one thread at a time, but for notify() and interrupt(), which any
// thread may make. try_ calls are lock-free; in a polling channel, and in their _quiet forms, they
// never enter the kernel; in a wakeable channel they do so only to wake a registered sleeper. A
// participant that is stopped with a claim keeps the consumers from what lies behind it: `busy`.
//
// In a channel with blocks (BlockProducer, BlockConsumer, BlockBytesProducer, BlockBytesConsumer;
// core/ring/blocks.hpp) a message lies beside the ring until it is published, and only then has a
// position: a producer that is stopped while it fills one holds nobody up, one that dies leaves no
// gap, and publish() may say `full`. It has up to 2^15 messages, and a block for each and for each
// port.
#pragma once

#include <shunt/mpmc/bytes.hpp>
#include <shunt/mpmc/consumer.hpp>
#include <shunt/mpmc/producer.hpp>
