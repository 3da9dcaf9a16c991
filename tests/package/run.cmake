# run(COMMAND...): a step of a test; what it printed is shown only if it fails.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result STREQUAL "0")
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "exit ${result} from: ${command}\n${output}")
  endif()
endfunction()
