# Builds and runs the consumer against the installed CMake package.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

set(build ${WORK}/find_package)
file(REMOVE_RECURSE ${build})
run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${build}
    -DCMAKE_PREFIX_PATH=${PREFIX} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${build})
run_installed(${build}/core_only)
run_installed(${build}/consumer)
file(REMOVE_RECURSE ${build})
