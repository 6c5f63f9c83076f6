# The libraries that Berth stands on: Debian 12 packages, listed in tools/install-dependencies.

find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(Boost 1.81 EXACT REQUIRED)
find_package(hwy 1.0 REQUIRED CONFIG)
find_package(simdjson 3.0 REQUIRED CONFIG)
find_package(yaml-cpp 0.7 REQUIRED CONFIG)
find_package(nlohmann_json 3.11 REQUIRED CONFIG)
find_package(CLI11 2.1 REQUIRED CONFIG)
find_package(ZLIB REQUIRED)
find_package(spdlog 1.10 REQUIRED CONFIG)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
# Debian's libprotobuf has no CMake configuration; gRPC's wants its targets to be there.
find_package(Protobuf 3.21 REQUIRED MODULE)
find_package(gRPC 1.51 REQUIRED CONFIG)
# Debian's RE2 has no CMake configuration.
find_path(RE2_INCLUDE_DIR re2/re2.h REQUIRED)
find_library(RE2_LIBRARY re2 REQUIRED)
if(NOT TARGET re2::re2)
  add_library(re2::re2 UNKNOWN IMPORTED)
  set_target_properties(re2::re2 PROPERTIES
    IMPORTED_LOCATION ${RE2_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${RE2_INCLUDE_DIR})
endif()
find_package(mimalloc 2.0 REQUIRED CONFIG)
# For programs, not for libraries: it takes the place of malloc in all of the process. A pod that is
# like no other costs dozens of small blocks that go again at once, of which glibc's malloc makes a
# tenth of the decision. Sanitizers have an allocator of their own.
add_library(berth_allocator INTERFACE)
if(NOT BERTH_SANITIZE)
  target_link_libraries(berth_allocator INTERFACE "-Wl,--no-as-needed" mimalloc)
  target_compile_definitions(berth_allocator INTERFACE BERTH_MIMALLOC=1)
  target_sources(berth_allocator INTERFACE ${PROJECT_SOURCE_DIR}/scheduler/base/allocator.cc)
endif()
if(BERTH_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED CONFIG)
endif()
if(BERTH_BUILD_BENCHMARKS)
  find_package(benchmark 1.7 REQUIRED CONFIG)
endif()
