# One place for warning flags. Link shunt_warnings PRIVATE.
add_library(shunt_warnings INTERFACE)
target_compile_options(shunt_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough
  # -Wrestrict: false alarms in g++ 12 (PR 105651)
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wno-interference-size -Wno-restrict>
  $<$<BOOL:${SHUNT_WERROR}>:-Werror>)
