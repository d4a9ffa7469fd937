# The compiler and how it is called. clang 19 is what the project is built and tested with.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines: temporaries inside a co_await expression are "
    "destroyed twice. Use clang 19: cmake -DCMAKE_CXX_COMPILER=clang++-19, or the presets.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")  # asserts stay on: a broken invariant must stop the process

find_program(GARNER_LLD NAMES ld.lld-19 ld.lld)
if(GARNER_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
find_program(GARNER_CCACHE ccache)
if(GARNER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${GARNER_CCACHE})
endif()

set(GARNER_SANITIZE "" CACHE STRING "thread, fuzzer (with address and undefined, also for the tests), or nothing")
if(GARNER_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(GARNER_SANITIZE STREQUAL "fuzzer")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
                      -D_GLIBCXX_ASSERTIONS)
  add_link_options(-fsanitize=address,undefined)
elseif(GARNER_SANITIZE)
  message(FATAL_ERROR "GARNER_SANITIZE must be thread, fuzzer or empty, not '${GARNER_SANITIZE}'")
endif()

add_library(garner_flags INTERFACE)
target_compile_options(garner_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-gnu-statement-expression
  $<$<CXX_COMPILER_ID:Clang>:-Xclang=-fno-pch-timestamp>)

# What tests themselves are compiled with. Under a sanitizer the optimiser and the fuzzers' counters take most of the time, and only what is tested repays them.
add_library(garner_test_flags INTERFACE)
target_link_libraries(garner_test_flags INTERFACE garner_flags)
if(GARNER_SANITIZE)
  target_compile_options(garner_test_flags INTERFACE -O0 -fno-sanitize=fuzzer-no-link)
endif()
