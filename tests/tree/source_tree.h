// The sources and CMake lists of this repository, as far as they say who depends on whom.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::tree {

struct Include {
  std::string file;    // from the root of the repository: "scoring/select.h"
  int line = 0;        // from 1
  std::string header;  // without the brackets or quotes
  bool quoted = false;

  // "scoring/select.h:4: <header>", for messages.
  std::string Where() const;
};

// One berth_library(), berth_bench() or add_executable() with what it links.
struct Target {
  std::string name;
  std::string folder;             // of its CMakeLists.txt, from the root
  std::vector<std::string> deps;  // DEPS and PRIVATE_DEPS, or target_link_libraries
};

// The #include of one line of a source; nothing where it has none. A commented-out include is none.
std::optional<Include> ParseInclude(std::string_view line);

// The includes of all .h and .cc files under the given folders of the repository, sorted by file.
std::vector<Include> ReadIncludes(const std::filesystem::path& root,
                                  const std::vector<std::string>& folders);

// The targets that a CMakeLists.txt in `folder` declares.
std::vector<Target> ParseTargets(std::string_view cmake_lists, const std::string& folder);

// The targets of all CMakeLists.txt under the given folders.
std::vector<Target> ReadTargets(const std::filesystem::path& root,
                                const std::vector<std::string>& folders);

}  // namespace berth::tree
