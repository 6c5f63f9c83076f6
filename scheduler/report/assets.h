// The files of web/ and the chart library, as they were when Berth was built.
#pragma once

#include <string_view>
#include <vector>

namespace berth::report {

struct Assets {
  std::string_view page;                  // HTML with places for the others
  std::string_view style;                 // CSS
  std::string_view d3;                    // the chart library
  std::string_view licence;               // of d3
  std::vector<std::string_view> scripts;  // ours, in the order in which they run
};

const Assets& EmbeddedAssets();

}  // namespace berth::report
