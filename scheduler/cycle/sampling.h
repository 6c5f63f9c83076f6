// kube-scheduler's sampling: how many feasible nodes are enough, and which nodes that makes it see.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/node_mask.h"

namespace berth::cycle {

using scoring::NodeIndex;
using scoring::NodeMask;

// numFeasibleNodesToFind: all below 100 nodes; else the percentage (0: 50 - nodes / 125, at least
// 5), at least 100 nodes.
std::size_t FeasibleNodesToFind(std::int32_t percentage, std::size_t nodes);

// What a search over a list of nodes saw.
struct Sample {
  std::size_t feasible = 0;
  std::size_t rejected = 0;
};

// The position in the node list of candidate number k % candidates: where kube-scheduler's search
// over the candidates begins. 0 without candidates.
std::size_t PositionOfCandidate(const scoring::Column<NodeIndex>& order, const NodeMask& candidates,
                                std::size_t k);

// Walks the candidates from position `start` of the node list on, around its end, and keeps in
// `feasible` the first `wanted` that are in it; the walk ends at the one after them, so that nodes
// rejected before it are seen as well.
Sample KeepFirstFeasible(const scoring::Column<NodeIndex>& order, const NodeMask& candidates,
                         std::size_t start, std::size_t wanted, NodeMask& feasible);

// The first `count` candidates from position `start` of the node list on, around its end.
NodeMask FirstCandidates(const scoring::Column<NodeIndex>& order, const NodeMask& candidates,
                         std::size_t start, std::size_t count);

}  // namespace berth::cycle
