// SPDX-License-Identifier: MIT
//
// Every interleaving of two sides that sleep and wake each other, of spurious wake-ups, and of
// deaths, that of a waker between its publish and its wake-up among them.
#include "model/explore.hpp"
#include "model/wake_program.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::model {
namespace {

using Of56 = test::Blob<56, 8>;
using Of24 = test::Blob<24, 8>;

template <class T>
void holds(const std::string& what, const WakeCase& c, Limits limits) {
    WakeProgram<T, ModelPolicy> program{c};
    expect_holds("wake-" + what + "-" + std::to_string(sizeof(T)) + "x" +
                     std::to_string(c.line.slots) + "-" + std::to_string(c.line.messages) + "-" +
                     std::to_string(limits.deaths) + "-" + std::to_string(limits.spurious),
                 program, limits);
}

TEST(ExploreWake, NoWakeUpIsLost) {
    for (const int spurious : {0, 1}) {
        holds<Of56>("singles", {.line = {.messages = 3}}, {.spurious = spurious});
        holds<Of56>("singles", {.line = {.slots = 2, .messages = 5}}, {.spurious = spurious});
        holds<Of24>("singles", {.line = {.messages = 4}}, {.spurious = spurious});
    }
}

TEST(ExploreWake, ABatchIsOneWakeUp) {
    holds<Of24>("batches",
                {.line = {.messages = 5, .push = Push::batch, .pop = Pop::batch, .batch = 3}},
                {.spurious = 1});
}

TEST(ExploreWake, InPlace) {
    holds<Of24>("in-place", {.line = {.messages = 4, .push = Push::claim, .pop = Pop::peek}},
                {.spurious = 1});
}

TEST(ExploreWake, WhatQuietCallsOweIsDoneByNotify) {
    holds<Of56>("quiet", {.line = {.slots = 2, .messages = 5}, .quiet = true}, {.spurious = 1});
    holds<Of56>("quiet", {.line = {.slots = 2, .messages = 3}, .quiet = true}, {.deaths = 1});
}

TEST(ExploreWake, ASuccessorWakesWhomTheDeadHadToWake) {
    holds<Of56>("successor", {.line = {.messages = 2}}, {.deaths = 1, .spurious = 1});
    holds<Of56>("successor", {.line = {.slots = 2, .messages = 3}}, {.deaths = 1});
    holds<Of24>("successor", {.line = {.messages = 3}}, {.deaths = 1});
    holds<Of56>("successor", {.line = {.messages = 2}}, {.deaths = 2});
}

// Nobody comes: the bound of the sleep, and what was committed before the death is delivered.
TEST(ExploreWake, ASurvivorFindsTheDeathAndWhatPrecededIt) {
    holds<Of56>("survivor", {.line = {.messages = 3}, .recovery = Recovery::survivor},
                {.deaths = 1});
    holds<Of56>("survivor", {.line = {.slots = 2, .messages = 4}, .recovery = Recovery::survivor},
                {.deaths = 1, .spurious = 1});
}

TEST(ExploreWake, ABitOfTheDeadSwallowsNoWakeUp) {
    for (const bool ghost : {false, true}) {
        CrowdProgram<ModelPolicy> one{1, ghost};
        expect_holds(ghost ? "crowd-1-ghost" : "crowd-1", one, {.spurious = ghost ? 0 : 1});
        CrowdProgram<ModelPolicy> two{2, ghost};
        expect_holds(ghost ? "crowd-2-ghost" : "crowd-2", two, {.preemptions = 4});
    }
}

}  // namespace
}  // namespace shunt::model
