#include "scheduler/simulate/kept_texts.h"

#include <algorithm>

#include "scheduler/extender/known_json.h"

namespace berth::simulate {
namespace {

// Null for an object that was not read as such.
const std::string* TextOf(const api::ClusterObjects& objects, const api::Origin& origin) {
  const auto it = std::ranges::lower_bound(objects.texts, origin.sequence, {},
                                           &std::pair<std::uint32_t, std::string>::first);
  return it == objects.texts.end() || it->first != origin.sequence ? nullptr : &it->second;
}

}  // namespace

void KeepTexts(const api::ClusterObjects& objects, extender::ObjectTexts& texts) {
  const extender::TextsWanted& wanted = texts.wanted();
  for (std::size_t i = 0; wanted.nodes && i < objects.node_origins.size(); ++i) {
    const std::string* text = TextOf(objects, objects.node_origins[i]);
    const api::Node& node = objects.nodes[i];
    if (text != nullptr) texts.Set(node, extender::CompletedNodeJson(*text, node));
  }
  for (std::size_t i = 0; wanted.pods && i < objects.pod_origins.size(); ++i) {
    const std::string* text = TextOf(objects, objects.pod_origins[i]);
    const api::Pod& pod = objects.pods[i];
    const bool is_wanted = wanted.placed_pods || pod.node_name.empty();
    if (text != nullptr && is_wanted) texts.Set(pod, extender::CompletedPodJson(*text, pod));
  }
}

}  // namespace berth::simulate
