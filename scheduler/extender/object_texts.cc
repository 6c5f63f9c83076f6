#include "scheduler/extender/object_texts.h"

#include <utility>

#include "scheduler/extender/known_json.h"

namespace berth::extender {

TextsWanted WantedBy(std::span<const config::Extender> extenders) {
  TextsWanted wanted;
  for (const config::Extender& extender : extenders) {
    const bool filters = !extender.filter_verb.empty() || !extender.prioritize_verb.empty();
    const bool preempts = !extender.preempt_verb.empty();
    wanted.pods |= filters || preempts;
    wanted.nodes |= filters && !extender.node_cache_capable;
    wanted.placed_pods |= preempts && !extender.node_cache_capable;
  }
  return wanted;
}

void ObjectTexts::Set(const api::Pod& pod, std::string text) {
  if (pod.node_name.empty() ? wanted_.pods : wanted_.placed_pods) {
    pods_.insert_or_assign(pod.Key(), std::move(text));
  } else {
    Remove(pod);
  }
}

void ObjectTexts::Set(const api::Node& node, std::string text) {
  if (wanted_.nodes) nodes_.insert_or_assign(node.meta.name, std::move(text));
}

void ObjectTexts::Append(const api::Pod& pod, std::string& out) const {
  const auto it = pods_.find(pod.Key());
  out += it == pods_.end() ? KnownPodJson(pod) : it->second;
}

void ObjectTexts::Append(const api::Node& node, std::string& out) const {
  const auto it = nodes_.find(node.meta.name);
  out += it == nodes_.end() ? KnownNodeJson(node) : it->second;
}

}  // namespace berth::extender
