// Objects of one known kind, as an API server sends them: single ones, and lists page by page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/json_value.h"
#include "scheduler/api/padded_text.h"
#include "scheduler/api/pod_spec_table.h"
#include "scheduler/base/result.h"

namespace berth::api {

// Appends what it reads to the list of its kind. Nothing is defaulted: the API server has done so.
// One thread at a time.
class KindReader {
 public:
  // The kind must be one that is read (a programming error otherwise). The table outlives this.
  KindReader(std::string_view api_version, std::string_view kind, PodSpecTable& specs);

  // Fails with kind, name and field where the object is not what it should be; then `out` is as it
  // was.
  base::Result<void> ReadObject(const PaddedText& text, ClusterObjects& out);

  // The same of a text behind which JsonParser::kPadding bytes may be read.
  base::Result<void> ReadObject(std::string_view padded, ClusterObjects& out) {
    return Read(padded, out);
  }

  // All items that can be read; what is wrong with the others goes to `problems`. Fails where the
  // text is not a list. If `texts` is given, it gets the JSON of each that was read, in order.
  base::Result<void> ReadList(const PaddedText& text, ClusterObjects& out,
                              std::vector<base::Error>& problems,
                              std::vector<std::string>* texts = nullptr);

 private:
  // `text` has bytes behind it that may be read.
  base::Result<void> Read(std::string_view text, ClusterObjects& out);

  std::string api_version_;
  std::string kind_;
  PodSpecTable& specs_;
  JsonParser parser_;
};

}  // namespace berth::api
