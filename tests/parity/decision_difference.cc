#include "tests/parity/decision_difference.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace berth::parity {
namespace {

using nlohmann::json;

// null where the field is absent.
const json& Field(const json& object, const std::string& name) {
  static const json absent;
  const auto it = object.find(name);
  return it == object.end() ? absent : *it;
}

std::string Differing(const std::string& what, const json& recorded, const json& ours) {
  return what + ": recorded " + recorded.dump() + ", ours " + ours.dump();
}

std::string FieldDifference(const std::string& name, const json& recorded, const json& ours) {
  const json& want = Field(recorded, name);
  const json& got = Field(ours, name);
  return want == got ? "" : Differing(name, want, got);
}

std::string BestDifference(const json& recorded, const json& ours) {
  if (!recorded.contains("bestCount")) return FieldDifference("best", recorded, ours);
  const json& counted = Field(ours, "bestCount");
  const json count = counted.is_null() ? json(Field(ours, "best").size()) : counted;
  return recorded["bestCount"] == count ? "" : Differing("bestCount", recorded["bestCount"], count);
}

std::vector<std::string> SortedReasons(const json& node) {
  std::vector<std::string> reasons;
  if (const json& list = Field(node, "reasons"); !list.is_null()) list.get_to(reasons);
  std::ranges::sort(reasons);
  return reasons;
}

std::set<std::string> KeysOfBoth(const json& a, const json& b) {
  std::set<std::string> keys;
  for (const json* object : {&a, &b}) {
    for (const auto& item : object->items()) keys.insert(item.key());
  }
  return keys;
}

std::string ScoreDifference(const json& recorded, const json& ours) {
  const json& want = Field(recorded, "scores");
  const json& got = Field(ours, "scores");
  for (const auto& plugin : KeysOfBoth(want, got)) {
    const auto score = [&](const json& scores) { return scores.value(plugin, std::int64_t{0}); };
    const std::int64_t a = want.is_null() ? 0 : score(want);
    const std::int64_t b = got.is_null() ? 0 : score(got);
    if (a != b) return Differing("score of " + plugin, a, b);
  }
  return "";
}

std::string NodeDifference(const json& recorded, const json& ours) {
  if (recorded.is_null() || ours.is_null()) return Differing("whole", recorded, ours);
  for (const auto* name : {"code", "plugin", "total"}) {
    if (auto difference = FieldDifference(name, recorded, ours); !difference.empty()) {
      return difference;
    }
  }
  if (SortedReasons(recorded) != SortedReasons(ours)) {
    return Differing("reasons", SortedReasons(recorded), SortedReasons(ours));
  }
  return ScoreDifference(recorded, ours);
}

std::string NodesDifference(const json& recorded, const json& ours) {
  if (!recorded.contains("nodes")) return "";
  const json& want = recorded["nodes"];
  const json& got = Field(ours, "nodes");
  for (const auto& node : KeysOfBoth(want, got)) {
    auto difference = NodeDifference(Field(want, node), Field(got, node));
    if (!difference.empty()) return "node " + node + ": " + difference;
  }
  return "";
}

// Which of several nodes preemption takes is left to chance in kube-scheduler: any recorded will
// do.
std::string NominatedDifference(const json& recorded, const json& ours) {
  const json& allowed = Field(recorded, "nominated");
  const json& got = Field(ours, "nominated");
  if (allowed.is_null() != got.is_null()) return Differing("nominated", allowed, got);
  if (got.is_null()) return "";
  for (const auto& node : got) {
    if (std::ranges::find(allowed, node) == allowed.end()) {
      return Differing("nominated", allowed, got);
    }
    const auto& name = node.get_ref<const std::string&>();
    auto victims = Field(Field(ours, "victims"), name);
    std::sort(victims.begin(), victims.end());
    const json& want = Field(Field(recorded, "victims"), name);
    if (want != victims) return Differing("victims on " + name, want, victims);
  }
  return "";
}

}  // namespace

std::string FirstDifference(const json& recorded, const json& ours) {
  for (const auto* name : {"pod", "feasible", "chosen", "prefilter", "prefilterPlugin",
                           "prefilterCode", "message", "postFilter", "error", "nominatedNode"}) {
    if (auto difference = FieldDifference(name, recorded, ours); !difference.empty()) {
      return difference;
    }
  }
  auto difference = BestDifference(recorded, ours);
  if (difference.empty()) difference = NominatedDifference(recorded, ours);
  return difference.empty() ? NodesDifference(recorded, ours) : difference;
}

}  // namespace berth::parity
