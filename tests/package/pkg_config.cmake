# Builds and runs the consumer with nothing but a compiler and pkg-config.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

find_program(pkg_config NAMES pkg-config REQUIRED)
set(ENV{PKG_CONFIG_PATH} ${PREFIX}/${LIBDIR}/pkgconfig)
execute_process(COMMAND ${pkg_config} --cflags --libs shunt OUTPUT_VARIABLE flags
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")

set(build ${WORK}/pkg_config)
file(REMOVE_RECURSE ${build})
file(MAKE_DIRECTORY ${build})
run(${CXX} -std=c++20 -O2 ${CMAKE_CURRENT_LIST_DIR}/consumer/consumer.cpp
    -o ${build}/consumer ${flags})
run_installed(${build}/consumer)
file(REMOVE_RECURSE ${build})
