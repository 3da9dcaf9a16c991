# Writes build_stamp.hpp: version, commit, compiler and flags. The file changes only when they do.
find_package(Git QUIET)
set(GIT_TEXT "unknown")
if(Git_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=12
                  WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE described
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(GIT_TEXT "${described}")
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// SPDX-License-Identifier: MIT
//
// Written by the build.
#pragma once

namespace shunt::perf {

inline constexpr const char* kVersion = "@VERSION@";
inline constexpr const char* kGit = "@GIT_TEXT@";
inline constexpr const char* kCompiler = "@COMPILER@";
inline constexpr const char* kFlags = "@FLAGS@";

}  // namespace shunt::perf
]])
