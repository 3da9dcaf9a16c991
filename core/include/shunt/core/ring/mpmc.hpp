// SPDX-License-Identifier: MIT
//
// The owner-word ring: many producers, many consumers, each message to one of them, over memory
// that the caller supplies. The first thing that a claim or a taking does to shared memory is a CAS
// that names who did it; so whoever dies anywhere leaves a slot that says whose it was, and anybody
// can set it right once the kernel has said that this one is dead (mpmc_recover.hpp). It makes no
// system call, allocates nothing, waits for nobody.
//
// Invariants
//   M1  Positions are claimed and taken in their order, each once. A hint is never beyond the next.
//   M2  Between the CAS that names a holder and the holder's last store nobody else changes the
//       word, but recovery, when the holder is dead.
//   M3  A slot's word never has a value twice: the lap grows with each round, tries with each
//       inheritance, and between the two the states come in one order.
//   M4  A word of lap l, FREE, is a slot whose message of lap l - 1 nobody will read any more.
//   M5  Recovery changes a word only by a CAS from the exact value that names the dead one, after
//       the registry has said once more that this one is dead; any number at once may do it.
//   M6  An orphan lies behind read_hint, where nobody looks; orphan_epoch grows after it was made
//       and before its maker forgets of it, and a consumer that sees it grown looks at every slot.
//
// A consumer that pops by copy (MpmcConsumer::try_pop_copy) names nobody: it copies a message that
// stays READY, and one CAS makes it FREE of the next lap, which by M3 fails if anybody took it. Who
// dies before that CAS leaves the message to the others, as new; who dies behind it, and had not
// acted on the message, loses it. Both ways may be mixed.
//
// What the answers mean. FULL: the slot of the position before by one lap has not been released; as
// messages are read in place, this can be so while others behind it have been. EMPTY: every message
// that was claimed before the look has been taken. BUSY: the next position is claimed, and its
// claimant lives, or its death has not been noticed; messages behind it have to wait for it.
//
// Edges
//   mpmc.publish  MpmcProducer -> MpmcConsumer   the message is complete; or given up
//   mpmc.free     MpmcConsumer -> MpmcProducer   the message has been read
//   mpmc.hint     whoever moved on -> the next   every word before the hint is at least as new
//   mpmc.recover  recover_slots -> MpmcConsumer  orphans are to be found
#pragma once

#include <shunt/core/ring/mpmc_bytes.hpp>
#include <shunt/core/ring/mpmc_fixed.hpp>
#include <shunt/core/ring/mpmc_recover.hpp>
