// SPDX-License-Identifier: MIT
//
// Audio between two processes: blocks of interleaved float32 samples over an spsc channel of bytes,
// in place and aligned to 64 bytes, on a timeline that counts frames. The consumer asks for as many
// frames as it wants, whatever the producer's blocks are, by a deadline; it always gets as many:
// what is not there in time is silence, or the last block again, and it is counted who was late.
// What comes after it was needed is left out, so the timeline holds.
//
// All calls of a port belong to one thread at a time. try_ calls are wait-free, take no lock and
// allocate nothing: they may be made in an audio callback; with the _quiet ones, or in a polling
// channel, not even a sleeper is woken by the kernel (port().notify() does that, from any thread).
#pragma once

#include <shunt/audio/consumer.hpp>
#include <shunt/audio/format.hpp>
#include <shunt/audio/producer.hpp>
