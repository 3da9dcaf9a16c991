# SHUNT_SANITIZE instruments everything that is built, tests and library alike.
if(SHUNT_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SHUNT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT SHUNT_SANITIZE STREQUAL "")
  message(FATAL_ERROR "SHUNT_SANITIZE is '${SHUNT_SANITIZE}'; use 'address' or 'thread'")
endif()
