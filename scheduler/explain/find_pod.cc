#include "scheduler/explain/find_pod.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "scheduler/base/text.h"

namespace berth::explain {
namespace {

constexpr std::size_t kMaxAlike = 5;
constexpr std::size_t kMaxShown = 80;  // of a name that somebody typed

std::size_t CommonPrefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// Names of the namespace that begin as the wanted one does, for at least half of it; the most alike
// first, then by name.
std::vector<std::string> AlikeNames(const api::ClusterObjects& objects, const PodName& wanted) {
  std::vector<std::pair<std::size_t, std::string>> alike;
  for (const api::Pod& pod : objects.pods) {
    if (pod.meta.namespace_name != wanted.namespace_name) continue;
    const std::size_t common = CommonPrefix(pod.meta.name, wanted.name);
    if (common * 2 >= wanted.name.size()) alike.emplace_back(common, pod.meta.name);
  }
  std::ranges::sort(alike, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> names;
  for (auto& [common, name] : alike) names.push_back(std::move(name));
  return names;
}

bool HasNamespace(const api::ClusterObjects& objects, const std::string& name) {
  return std::ranges::any_of(objects.pods,
                             [&](const api::Pod& pod) { return pod.meta.namespace_name == name; });
}

}  // namespace

base::Result<PodName> ParsePodName(std::string_view text) {
  const auto slash = text.find('/');
  const bool whole = slash != std::string_view::npos && slash > 0 && slash + 1 < text.size() &&
                     text.find('/', slash + 1) == std::string_view::npos;
  if (!whole) {
    return base::Fail("must be NAMESPACE/NAME, not \"" +
                      base::Printable(text.substr(0, kMaxShown)) + "\"");
  }
  return PodName{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

base::Result<const api::Pod*> FindPod(const api::ClusterObjects& objects, const PodName& name) {
  const auto it = std::ranges::find_if(objects.pods, [&](const api::Pod& pod) {
    return pod.meta.name == name.name && pod.meta.namespace_name == name.namespace_name;
  });
  if (it != objects.pods.end()) return &*it;
  const std::string key = base::Printable(name.namespace_name.substr(0, kMaxShown)) + "/" +
                          base::Printable(name.name.substr(0, kMaxShown));
  if (!HasNamespace(objects, name.namespace_name)) {
    return base::Fail("there is no pod " + key + ", nor any other in its namespace");
  }
  const auto alike = AlikeNames(objects, name);
  std::string text = "there is no pod " + key;
  if (!alike.empty()) {
    text += "; in its namespace there are " + base::Printable(base::ListFew(alike, kMaxAlike));
  }
  return base::Fail(std::move(text));
}

}  // namespace berth::explain
