# The libraries that shunt-peers can measure, as far as they are here: each has an interface target
# shunt_peers_KEY. What is missing costs a row, which then says so, and nothing else.
option(SHUNT_PEERS "Let shunt-peers measure the libraries that are installed" ON)

find_package(PkgConfig QUIET)

# KEY by a header of its own, and libraries.
function(shunt_peer_by_header key header)
  find_path(SHUNT_PEERS_${key}_INCLUDE ${header})
  mark_as_advanced(SHUNT_PEERS_${key}_INCLUDE)
  if(SHUNT_PEERS_${key}_INCLUDE)
    add_library(shunt_peers_${key} INTERFACE)
    target_include_directories(shunt_peers_${key} SYSTEM INTERFACE ${SHUNT_PEERS_${key}_INCLUDE})
    target_link_libraries(shunt_peers_${key} INTERFACE ${ARGN})
  endif()
endfunction()

if(SHUNT_PEERS)
  shunt_peer_by_header(atomic_queue atomic_queue/atomic_queue.h)
  shunt_peer_by_header(ck_ring ck_ring.h)
  shunt_peer_by_header(concurrentqueue concurrentqueue/concurrentqueue.h)
  shunt_peer_by_header(readerwriterqueue readerwriterqueue.h)
endif()

# "PACKAGE VERSION" as Debian has it installed; elsewhere the package alone.
function(shunt_package_version package out)
  set(version "")
  find_program(SHUNT_DPKG_QUERY dpkg-query)
  mark_as_advanced(SHUNT_DPKG_QUERY)
  if(SHUNT_DPKG_QUERY)
    execute_process(COMMAND ${SHUNT_DPKG_QUERY} -W -f " \${Version}" ${package}
                    OUTPUT_VARIABLE version ERROR_QUIET)
  endif()
  set(${out} "${package}${version}" PARENT_SCOPE)
endfunction()

# Each line of `packages`: its file and its library, or the words of not_built.cpp.
file(STRINGS packages lines REGEX "^[a-z]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS packages)
set(missing "")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([a-z_]+) +(.+)$" line "${line}")
  set(key ${CMAKE_MATCH_1})
  set(package ${CMAKE_MATCH_2})
  if(TARGET shunt_peers_${key})
    shunt_package_version(${package} version)
    target_sources(shunt_peers PRIVATE src/${key}.cpp)
    set_source_files_properties(src/${key}.cpp PROPERTIES COMPILE_DEFINITIONS
                                "SHUNT_PEER_VERSION=\"${version}\"")
    target_link_libraries(shunt_peers PRIVATE shunt_peers_${key})
  else()
    list(APPEND missing "${key} (${package})")
    string(TOUPPER ${key} key)
    set_property(SOURCE src/not_built.cpp APPEND PROPERTY COMPILE_DEFINITIONS
                 "SHUNT_NO_${key}=\"${package}\"")
  endif()
endforeach()
if(missing)
  list(JOIN missing ", " missing)
  message(STATUS "shunt-peers without: ${missing}")
endif()
