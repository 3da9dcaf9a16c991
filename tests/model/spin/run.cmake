# cmake -DMODEL=file.pml -DDEFINES=A=1;B -DWANTED=holds|fails -DWORK=dir -P run.cmake
# Generates, compiles and runs the verifier of one configuration: every state is stored, none is
# left out for want of memory or depth.
find_program(SPIN spin)
find_program(CC NAMES gcc cc)
if(NOT SPIN OR NOT CC)
  message(STATUS "spin or a C compiler is not installed")
  return()
endif()
list(TRANSFORM DEFINES PREPEND -D OUTPUT_VARIABLE defines)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${SPIN} ${defines} -a ${MODEL} WORKING_DIRECTORY ${WORK}
                OUTPUT_VARIABLE said ERROR_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CC} -O0 -w -DSAFETY -DCOLLAPSE -DNOFAIR -DVECTORSZ=2048 -DMEMLIM=2000
                        -o pan pan.c
                WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ./pan -E -m1000000 -w20 WORKING_DIRECTORY ${WORK} OUTPUT_VARIABLE said)
string(REGEX MATCH "[0-9]+ states, stored" states "${said}")
string(REGEX MATCH "errors: [0-9]+" errors "${said}")
message(STATUS "${states}, ${errors}")
if(said MATCHES "max search depth too small|out of memory|Search not completed" AND
   WANTED STREQUAL "holds")
  message(FATAL_ERROR "not exhausted:\n${said}")
elseif(WANTED STREQUAL "holds" AND NOT errors STREQUAL "errors: 0")
  message(FATAL_ERROR "an error was found:\n${said}")
elseif(WANTED STREQUAL "fails" AND NOT said MATCHES "pan:1: assertion violated")
  message(FATAL_ERROR "the seeded bug was not found:\n${said}")
endif()
file(REMOVE_RECURSE ${WORK})
