// What would have to change for a plugin to let a pod onto nodes that it rejects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "scoring/node_mask.h"

namespace berth::framework {

// A value by name, for programs. Names are static text in Kubernetes' camelCase.
using FactValue = std::variant<std::int64_t, std::string, std::vector<std::string>>;
using Facts = std::vector<std::pair<std::string_view, FactValue>>;

// One thing in the way, told for people (`text`, `change`) and once more for programs (`facts`).
struct Obstacle {
  std::string text;    // what is in the way: "untolerated taint {dedicated=gpu:NoSchedule}"
  std::string change;  // what takes it away, an imperative: "add the toleration ..."; may be empty
  Facts facts;
};

// Everything that stands between a pod and some nodes, as far as one plugin is concerned: once all
// obstacles are gone, and nothing else has changed, the plugin rejects none of the nodes any more.
// That is a promise, which tests/property holds. Plain value.
struct Remedy {
  std::vector<Obstacle> obstacles;  // at least one
  scoring::NodeMask nodes;          // at least one
};

// The easiest first: fewest obstacles, then most nodes, then by their texts.
void SortByEase(std::vector<Remedy>& remedies);

}  // namespace berth::framework
