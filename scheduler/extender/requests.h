// The questions to an extender as JSON: ExtenderArgs and its like, with Go's spelling. Pure
// functions.
#pragma once

#include <span>
#include <string>

#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/extender.h"
#include "scheduler/extender/object_texts.h"

namespace berth::extender {

// Of filter and prioritize: names where the extender keeps the nodes itself, whole nodes otherwise.
std::string NodesQuestion(const api::Pod& pod, const cluster::Cluster& cluster,
                          std::span<const cycle::ExtenderNode> nodes, bool names_only,
                          const ObjectTexts& texts);

// Of preempt: uids of the victims, or whole pods.
std::string VictimsQuestion(const api::Pod& pod, const cluster::Cluster& cluster,
                            const cycle::ExtenderVictimsByNode& victims, bool names_only,
                            const ObjectTexts& texts);

// Of bind.
std::string BindingQuestion(const api::Pod& pod, const std::string& node);

}  // namespace berth::extender
