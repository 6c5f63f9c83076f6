#include "scheduler/webhook/node_memory.h"

#include <optional>
#include <string>
#include <utility>

#include "scheduler/api/kind_reader.h"

namespace berth::webhook {
namespace {

constexpr std::size_t kHashGrain = 64;
constexpr std::size_t kDecodeGrain = 16;

base::Result<NodeMemory::NodePtr> DecodeOne(api::KindReader& reader, std::string_view text) {
  api::ClusterObjects read;
  BERTH_TRY(reader.ReadObject(text, read));
  return std::make_shared<const api::Node>(std::move(read.nodes.front()));
}

}  // namespace

std::vector<std::size_t> NodeMemory::Find(std::span<const ByteHash> hashes,
                                          std::vector<NodePtr>& out) {
  std::vector<std::size_t> missing;
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (const auto it = young_.find(hashes[i]); it != young_.end()) {
      out[i] = it->second;
    } else if (const auto old = old_.find(hashes[i]); old != old_.end()) {
      out[i] = old->second;
      Keep(hashes[i], out[i]);
    } else {
      missing.push_back(i);
    }
  }
  return missing;
}

base::Result<void> NodeMemory::Decode(std::span<const std::string_view> texts,
                                      std::span<const std::size_t> wanted,
                                      std::vector<NodePtr>& out) {
  std::vector<std::optional<base::Error>> errors(wanted.size());
  executor_.ParallelFor(wanted.size(), kDecodeGrain, [&](std::size_t begin, std::size_t end) {
    api::PodSpecTable no_specs;
    api::KindReader reader("v1", "Node", no_specs);
    for (std::size_t i = begin; i < end; ++i) {
      auto node = DecodeOne(reader, texts[wanted[i]]);
      if (node) {
        out[wanted[i]] = *std::move(node);
      } else {
        errors[i] = std::move(node).error();
      }
    }
  });
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!errors[i]) continue;
    return std::unexpected(errors[i]->Within("Nodes.items[" + std::to_string(wanted[i]) + "]"));
  }
  return {};
}

void NodeMemory::Keep(const ByteHash& hash, NodePtr node) {
  if (!young_.emplace(hash, std::move(node)).second) return;
  young_bytes_ += hash.size;
  if (young_bytes_ <= generation_bytes_) return;
  old_ = std::exchange(young_, {});
  young_bytes_ = 0;
}

base::Result<std::vector<NodeMemory::NodePtr>> NodeMemory::Get(
    std::span<const std::string_view> texts) {
  std::vector<ByteHash> hashes(texts.size());
  executor_.ParallelFor(texts.size(), kHashGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) hashes[i] = HashBytes(texts[i]);
  });
  std::vector<NodePtr> nodes(texts.size());
  const std::vector<std::size_t> missing = Find(hashes, nodes);
  if (missing.empty()) return nodes;
  BERTH_TRY(Decode(texts, missing, nodes));
  const std::scoped_lock lock(mutex_);
  for (const std::size_t i : missing) Keep(hashes[i], nodes[i]);
  decoded_ += missing.size();
  return nodes;
}

std::size_t NodeMemory::decoded() const {
  const std::scoped_lock lock(mutex_);
  return decoded_;
}

}  // namespace berth::webhook
