# Language level, warnings, sanitizers and compiler cache, as one interface target that every
# target of ours links: berth_options. Third-party headers are SYSTEM and stay outside it.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(BERTH_SANITIZE "" CACHE STRING "Comma-separated sanitizers, e.g. address,undefined or thread")
option(BERTH_COVERAGE "Instrument for coverage" OFF)
option(BERTH_THREAD_EXECUTOR
  "Run parallel work on std::thread instead of oneTBB (ThreadSanitizer cannot see TBB's locks)" OFF)
option(BERTH_DCHECKS "Check internal invariants at run time (see base/check.h)" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(berth_options INTERFACE)
target_include_directories(berth_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(berth_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Werror
  # Scores are Kubernetes' integers: no fused multiply-add may change a rounding.
  -ffp-contract=off)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  # Every x86 server since 2009 has these (popcount among them); what is newer is left to Highway,
  # which looks at the CPU at run time.
  target_compile_options(berth_options INTERFACE -march=x86-64-v2)
endif()
if(BERTH_DCHECKS)
  target_compile_definitions(berth_options INTERFACE BERTH_DCHECKS=1)
endif()
if(BERTH_THREAD_EXECUTOR)
  target_compile_definitions(berth_options INTERFACE BERTH_THREAD_EXECUTOR=1)
endif()
if(BERTH_SANITIZE)
  target_compile_options(berth_options INTERFACE -fsanitize=${BERTH_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(berth_options INTERFACE -fsanitize=${BERTH_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees false overruns in instrumented standard library code.
    target_compile_options(berth_options INTERFACE -Wno-stringop-overflow -Wno-stringop-overread
      -Wno-array-bounds -Wno-maybe-uninitialized -Wno-restrict)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports -Wrestrict inside std::string::operator+ (gcc.gnu.org/PR105651), and cannot bound
  # the copies inside boost's small_vector.
  target_compile_options(berth_options INTERFACE -Wno-restrict -Wno-stringop-overread)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of libstdc++ 12 uses a function that the library itself calls deprecated.
  target_compile_options(berth_options INTERFACE -Wno-deprecated-declarations)
endif()
if(BERTH_COVERAGE)
  target_compile_options(berth_options INTERFACE --coverage)
  target_link_options(berth_options INTERFACE --coverage)
endif()
