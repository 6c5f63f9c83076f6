// The nodes that a request names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cluster/node_table.h"
#include "scheduler/webhook/byte_hash.h"
#include "scheduler/webhook/requests.h"

namespace berth::webhook {

inline constexpr scoring::NodeIndex kUnknownRow = ~scoring::NodeIndex{0};

// Where the nodes of a list are in a cluster.
struct NodeRows {
  std::vector<scoring::NodeIndex> rows;  // parallel to the names; kUnknownRow where there is none
  scoring::NodeMask known;
  bool all_known = true;
};
NodeRows FindRows(const cluster::NodeTable& nodes, const std::vector<std::string_view>& names);

struct NameList {
  std::string text;  // "[...]"; "" where the names come from elsewhere
  Names names;       // views of the text

  // Under the lock of the cluster view: where they were when its nodes had this version.
  std::shared_ptr<const NodeRows> rows = {};
  std::uint64_t version = 0;
};

// The last lists: kube-scheduler asks about the same nodes again and again, so that names need be
// neither parsed nor looked up. Known again by all their bytes. Thread-safe.
class NameLists {
 public:
  // `array` as in ReadNames.
  base::Result<std::shared_ptr<NameList>> Get(std::string_view array, api::JsonParser& parser);

 private:
  static constexpr std::size_t kMost = 8;
  struct Entry {
    ByteHash hash;
    std::shared_ptr<NameList> list;
    std::uint64_t used = 0;
  };

  std::shared_ptr<NameList> Find(const ByteHash& hash, std::string_view array);
  void Keep(const ByteHash& hash, std::shared_ptr<NameList> list);

  std::mutex mutex_;
  std::vector<Entry> entries_;
  std::uint64_t clock_ = 0;
};

}  // namespace berth::webhook
