#include "plugins/noderesources/resource_terms.h"

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

const std::int64_t* UsedOf(cluster::ResourceId resource, const cluster::NodeTable& nodes,
                           UsedColumn used) {
  if (used == UsedColumn::kNonZeroRequested) {
    if (resource == cluster::kCpu) return nodes.non_zero_milli_cpu().data();
    if (resource == cluster::kMemory) return nodes.non_zero_memory().data();
  }
  return nodes.requested(resource).data();
}

const float* FreePercentOf(cluster::ResourceId resource, const cluster::NodeTable& nodes,
                           UsedColumn used) {
  if (used == UsedColumn::kNonZeroRequested) {
    if (resource == cluster::kCpu) return nodes.non_zero_free_cpu().data();
    if (resource == cluster::kMemory) return nodes.non_zero_free_memory().data();
  }
  return nodes.free_percent(resource).data();
}

}  // namespace

std::vector<ScoredResource> ScoredResources(const std::vector<config::ResourceSpec>& configured,
                                            const cluster::ResourceVector& requests,
                                            const framework::PodContext& context) {
  std::vector<ScoredResource> scored;
  for (const auto& [name, weight] : configured) {
    const auto resource = context.cluster.resources.Intern(name);
    if (resource == cluster::ResourceNames::kNoResource) continue;
    const std::int64_t request = requests[resource];
    if (request == 0 && resource >= cluster::kFirstScalar) continue;
    scored.push_back({resource, request, weight, nullptr});
    if (StandsForDevices(context, resource)) {
      scored.back().devices = std::make_shared<DeviceColumns>(context, resource);
    }
  }
  return scored;
}

void AppendKey(const std::vector<ScoredResource>& resources, std::string& key) {
  base::AppendKey(key, resources.size());
  for (const auto& [resource, request, weight, devices] : resources) {
    base::AppendKey(key, resource);
    base::AppendKey(key, request);
    base::AppendKey(key, devices == nullptr ? std::uint64_t{0} : devices->class_version());
  }
}

boost::container::small_vector<scoring::ResourceTerm, 4> Terms(
    const std::vector<ScoredResource>& resources, const framework::PodContext& context,
    UsedColumn used) {
  const cluster::NodeTable& nodes = context.nodes();
  boost::container::small_vector<scoring::ResourceTerm, 4> terms;
  terms.reserve(resources.size());
  for (const auto& [resource, request, weight, devices] : resources) {
    if (devices != nullptr) {
      devices->Refresh(context);
      terms.push_back({devices->capacity().data(), devices->used().data(), request, weight,
                       devices->reciprocal().data(), devices->used_fraction().data(), false});
      continue;
    }
    terms.push_back({nodes.allocatable(resource).data(), UsedOf(resource, nodes, used), request,
                     weight, nodes.reciprocal(resource).data(),
                     nodes.requested_fraction(resource).data(), nodes.IsPlain(resource, request)});
  }
  return terms;
}

std::vector<scoring::BoundTerm> BoundTerms(const std::vector<ScoredResource>& resources,
                                           const cluster::NodeTable& nodes, UsedColumn used) {
  std::vector<scoring::BoundTerm> terms;
  terms.reserve(resources.size());
  std::int64_t weights = 0;
  for (const auto& [resource, request, weight, devices] : resources) {
    weights += weight;
    if (devices != nullptr) return {};
    if (!nodes.IsPlain(resource, request) || weights > scoring::kMaxBoundWeight) return {};
    terms.push_back({FreePercentOf(resource, nodes, used), nodes.percent_per_unit(resource).data(),
                     static_cast<float>(request), static_cast<float>(weight)});
  }
  return terms;
}

}  // namespace berth::plugins
