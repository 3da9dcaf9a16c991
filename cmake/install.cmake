# Install, export and pkg-config. Targets shunt::core (header-only) and shunt::shunt (the library).
# A package consumer needs CMake >= 3.23 (file sets) or pkg-config, and nothing that we build with.
include(CMakePackageConfigHelpers)

set(SHUNT_INSTALL_CMAKEDIR ${CMAKE_INSTALL_LIBDIR}/cmake/shunt
    CACHE STRING "Where the CMake package goes, relative to the prefix")

set_target_properties(shunt PROPERTIES EXPORT_NAME shunt)
install(TARGETS shunt_core EXPORT shunt-targets FILE_SET HEADERS)
install(TARGETS shunt EXPORT shunt-targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET allocators DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILE_SET transport DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET shunt_command)
  install(TARGETS shunt_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT shunt-targets NAMESPACE shunt:: DESTINATION ${SHUNT_INSTALL_CMAKEDIR})

configure_package_config_file(cmake/shunt-config.cmake.in ${PROJECT_BINARY_DIR}/shunt-config.cmake
  INSTALL_DESTINATION ${SHUNT_INSTALL_CMAKEDIR}
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the bytes in shared memory as well as the API.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/shunt-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/shunt-config.cmake
              ${PROJECT_BINARY_DIR}/shunt-config-version.cmake
  DESTINATION ${SHUNT_INSTALL_CMAKEDIR})

# shunt.pc finds the prefix from its own place, so an installed tree can be moved.
file(RELATIVE_PATH SHUNT_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/shunt.pc.in ${PROJECT_BINARY_DIR}/shunt.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/shunt.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
