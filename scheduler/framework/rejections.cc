#include "scheduler/framework/rejections.h"

#include <algorithm>

namespace berth::framework {

void Rejections::Add(scoring::NodeIndex node, const NodeStatus& status, std::size_t rows) {
  // Neighbours are often rejected for the same reason.
  if (last_ >= groups_.size() || groups_[last_].status != status) {
    const auto it = std::ranges::find(groups_, status, &Rejection::status);
    last_ = static_cast<std::size_t>(it - groups_.begin());
    if (it == groups_.end()) groups_.push_back({status, scoring::NodeMask(rows)});
  }
  groups_[last_].nodes.Set(node);
}

void Rejections::Add(scoring::NodeMask nodes, NodeStatus status) {
  if (!nodes.Any()) return;
  const auto it = std::ranges::find(groups_, status, &Rejection::status);
  if (it != groups_.end()) return it->nodes.Or(nodes);
  groups_.push_back({std::move(status), std::move(nodes)});
}

Rejections Rejections::Of(scoring::NodeMask nodes, NodeStatus status) {
  Rejections rejections;
  rejections.Add(std::move(nodes), std::move(status));
  return rejections;
}

template <typename Change>
void Rejections::Split(const scoring::NodeMask& nodes, Change change) {
  const std::size_t count = groups_.size();
  for (std::size_t i = 0; i < count; ++i) {
    scoring::NodeMask hit = groups_[i].nodes;
    hit.And(nodes);
    if (!hit.Any()) continue;
    if (hit == groups_[i].nodes) {
      change(groups_[i].status);
      continue;
    }
    groups_[i].nodes.AndNot(nodes);
    groups_.push_back({groups_[i].status, std::move(hit)});
    change(groups_.back().status);
  }
}

void Rejections::AddReason(const scoring::NodeMask& nodes, std::string_view reason) {
  Split(nodes, [reason](NodeStatus& status) { status.reasons.push_back(reason); });
}

void Rejections::SetCode(const scoring::NodeMask& nodes, Code code) {
  Split(nodes, [code](NodeStatus& status) { status.code = code; });
}

}  // namespace berth::framework
