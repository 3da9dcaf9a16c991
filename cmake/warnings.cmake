# One place for warning flags. Link shunt_warnings PRIVATE.
add_library(shunt_warnings INTERFACE)
target_compile_options(shunt_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough
  # g++ 12 gives false alarms: -Wrestrict (PR 105651), -Wmaybe-uninitialized on std::optional
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wno-interference-size -Wno-restrict
                                 -Wno-maybe-uninitialized>
  $<$<BOOL:${SHUNT_WERROR}>:-Werror>)
