// SPDX-License-Identifier: MIT
//
// How a test explores: with a name for the schedule, so that a failure can be run again.
#pragma once

#include "model/explorer.hpp"

#include <string>

namespace shunt::model {

/// Explores, prints what that took, and makes the test fail where the program does. With
/// SHUNT_MODEL_REPLAY=NAME:SCHEDULE in the environment it runs that schedule instead, and prints
/// every access; programs of another name are passed over.
void expect_holds(const std::string& name, Program& program, Limits limits);

/// The test fails unless exploring finds something wrong, whose schedule shows it again.
void expect_fails(const std::string& name, Program& program, Limits limits,
                  const std::string& with);

}  // namespace shunt::model
