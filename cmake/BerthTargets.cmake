# One target a component, each with its own list of dependencies.

# berth_library(NAME SOURCES a.cc ... [DEPS berth_x ...] [PRIVATE_DEPS lib ...])
function(berth_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(${NAME} PUBLIC ${ARG_DEPS} PRIVATE berth_options ${ARG_PRIVATE_DEPS})
  target_include_directories(${NAME} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# berth_test(NAME SOURCES a_test.cc ... [DEPS ...]) makes one GoogleTest program and one ctest entry a
# test case, so that a skipped test is reported by name.
function(berth_test NAME)
  if(NOT BERTH_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE berth_options ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${NAME} DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

# berth_bench(NAME SOURCES a_bench.cc ... [DEPS ...]) makes one google benchmark program.
function(berth_bench NAME)
  if(NOT BERTH_BUILD_BENCHMARKS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE berth_options ${ARG_DEPS} benchmark::benchmark_main berth_allocator)
endfunction()

# berth_fuzzer(NAME SOURCES a_fuzz.cc ... [DEPS ...]) makes one libFuzzer program; without the fuzz
# preset nothing is built.
function(berth_fuzzer NAME)
  if(NOT BERTH_BUILD_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE berth_options ${ARG_DEPS})
  target_compile_options(${NAME} PRIVATE -fsanitize=fuzzer)
  target_link_options(${NAME} PRIVATE -fsanitize=fuzzer)
endfunction()

if(BERTH_BUILD_TESTS)
  include(GoogleTest)
endif()
