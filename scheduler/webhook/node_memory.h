// The nodes of requests, decoded.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/executor.h"
#include "scheduler/base/result.h"
#include "scheduler/webhook/byte_hash.h"

namespace berth::webhook {

// A node that comes with the same bytes again is not decoded again; the others are decoded in
// parallel. Known again by the fingerprint of their bytes. What has not come for long goes first.
// Thread-safe.
class NodeMemory {
 public:
  using NodePtr = std::shared_ptr<const api::Node>;

  // Remembers nodes of up to about `most_text_bytes` of JSON. The executor outlives this.
  explicit NodeMemory(base::Executor& executor, std::size_t most_text_bytes = kUsualBytes)
      : executor_(executor), generation_bytes_(most_text_bytes / 2) {}

  // `texts` are Node objects, each with api::JsonParser::kPadding readable bytes behind it. Fails
  // with the first that cannot be read: "Nodes.items[3]: ...". Equal texts give the same pointer as
  // long as they are remembered.
  base::Result<std::vector<NodePtr>> Get(std::span<const std::string_view> texts);

  std::size_t decoded() const;  // so far

 private:
  static constexpr std::size_t kUsualBytes = std::size_t{256} << 20;
  using Map = boost::unordered_flat_map<ByteHash, NodePtr, ByteHashHash>;

  // Those that are not remembered, by position.
  std::vector<std::size_t> Find(std::span<const ByteHash> hashes, std::vector<NodePtr>& out);
  base::Result<void> Decode(std::span<const std::string_view> texts,
                            std::span<const std::size_t> wanted, std::vector<NodePtr>& out);
  void Keep(const ByteHash& hash, NodePtr node);

  base::Executor& executor_;
  const std::size_t generation_bytes_;
  mutable std::mutex mutex_;
  // Two generations: what is used is young; when the young ones are too many they become the old
  // ones, which are dropped.
  Map young_;
  Map old_;
  std::size_t young_bytes_ = 0;
  std::size_t decoded_ = 0;
};

}  // namespace berth::webhook
