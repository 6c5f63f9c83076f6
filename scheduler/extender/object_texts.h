// The JSON of pods and nodes, kept beside the objects that were decoded from it: extenders see them
// as the API server has them, with every field that no scheduler knows.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <span>
#include <string>

#include "scheduler/api/objects.h"
#include "scheduler/config/configuration.h"

namespace berth::extender {

// Whose text somebody will ask for. Nothing else is kept.
struct TextsWanted {
  bool pods = false;         // those without a node
  bool placed_pods = false;  // the others: as victims
  bool nodes = false;

  bool any() const { return pods || nodes; }
};
TextsWanted WantedBy(std::span<const config::Extender> extenders);

// Written by one thread, and by nobody while others read.
class ObjectTexts {
 public:
  explicit ObjectTexts(TextsWanted wanted) : wanted_(wanted) {}

  const TextsWanted& wanted() const { return wanted_; }

  // In the place of the text that there was; nothing stays where it is not wanted.
  void Set(const api::Pod& pod, std::string text);
  void Set(const api::Node& node, std::string text);
  void Remove(const api::Pod& pod) { pods_.erase(pod.Key()); }
  void Remove(const api::Node& node) { nodes_.erase(node.meta.name); }

  // Its text, or what is known of it.
  void Append(const api::Pod& pod, std::string& out) const;
  void Append(const api::Node& node, std::string& out) const;

  std::size_t size() const { return pods_.size() + nodes_.size(); }

 private:
  TextsWanted wanted_;
  boost::unordered_flat_map<std::string, std::string> pods_;  // by namespace/name
  boost::unordered_flat_map<std::string, std::string> nodes_;
};

}  // namespace berth::extender
