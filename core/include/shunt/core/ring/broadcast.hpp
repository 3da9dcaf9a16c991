// SPDX-License-Identifier: MIT
//
// The broadcast log: one publisher, any number of subscribers, each of which sees every message, or
// knows exactly how many it did not see. The publisher goes around the log and overwrites what is
// oldest. Of subscribers it looks at gates alone (broadcast_gate.hpp, G1 to G5), those that are not
// to lose anything, and at these once in a quarter of the log. Any other that is overtaken counts
// its loss and goes on. The log needs to be writable by the publisher alone. It makes no system
// call, allocates nothing, waits for nobody: where a gate stands it says `full`, or evicts it.
//
// Invariants
//   B1  One publisher at a time writes slots and PublisherWords; a successor begins after the
//       registry has told of its predecessor's leave or death. A subscriber writes its own
//       SubscriberWords and nothing else.
//   B2  A slot's stamp only grows: writing(p), readable(p), writing(p + N), ... (writing(p) may be
//       stored once more, by a successor or behind an abandoned claim). Between writing(p) and
//       readable(p) the slot's bytes change; at no other time.
//   B3  write_pos is the number of the next message to be published, or, between the two stores
//       that publish, one less. So a successor continues at write_pos, or one further where that
//       slot is readable; what was torn there is written again, and nobody has seen it.
//   B4  Whoever sees a stamp of position q sees write_pos >= q.
//   B5  A subscriber delivers what it copied only if the stamp was readable(p) before the copy and
//       is so behind it. Each word is stored behind writing(p + N), and loaded before the second
//       look; so one word of a later message in the copy shows in that look.
//
// So received + lost = published, for each subscriber, from where it began.
//
// A message read in place (try_peek) may change while it is read; it is used only if still_valid()
// or release() says so afterwards. That is formally a data race on the payload's bytes, which no
// result depends on.
//
// Edges
//   broadcast.publish    LogWriter -> LogReader  the message is complete
//   broadcast.overwrite  LogWriter -> LogReader  a word of a later message: its stamp is there
//   broadcast.newest     LogWriter -> LogReader  write_pos is as new as a stamp that was seen
#pragma once

#include <shunt/core/ring/broadcast_bytes.hpp>
#include <shunt/core/ring/broadcast_gate.hpp>
#include <shunt/core/ring/broadcast_publisher.hpp>
#include <shunt/core/ring/broadcast_subscriber.hpp>
