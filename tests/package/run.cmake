# run(COMMAND...): a step of a test; what it printed is shown only if it fails.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result STREQUAL "0")
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "exit ${result} from: ${command}\n${output}")
  endif()
endfunction()

# run_installed(PROGRAM ARGUMENT...): with the installed library, if that is shared, and a channel
# directory of its own.
function(run_installed program)
  get_filename_component(name ${program} NAME)
  set(channels ${WORK}/${name}-${STEP}.channels)
  file(MAKE_DIRECTORY ${channels})
  file(CHMOD ${channels} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${PREFIX}/${LIBDIR} SHUNT_DIR=${channels}
      ${program} ${ARGN})
  file(GLOB left ${channels}/*)
  file(REMOVE_RECURSE ${channels})
  if(left)
    message(FATAL_ERROR "${program} left behind: ${left}")
  endif()
endfunction()
