#include "plugins/registry.h"

#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "plugins/bestfit/best_fit.h"
#include "plugins/defaultpreemption/default_preemption.h"
#include "plugins/dotproduct/dot_product.h"
#include "plugins/dynamicresources/dynamic_resources.h"
#include "plugins/fragmentationgradientdescent/fragmentation_gradient_descent.h"
#include "plugins/gangscheduling/gang_scheduling.h"
#include "plugins/gpuclustering/gpu_clustering.h"
#include "plugins/gpupacking/gpu_packing.h"
#include "plugins/gpushare/gpu_share.h"
#include "plugins/imagelocality/image_locality.h"
#include "plugins/interpodaffinity/inter_pod_affinity.h"
#include "plugins/nodeaffinity/node_affinity.h"
#include "plugins/nodedeclaredfeatures/node_declared_features.h"
#include "plugins/nodename/node_name.h"
#include "plugins/nodeports/node_ports.h"
#include "plugins/noderesources/balanced_allocation.h"
#include "plugins/noderesources/fit.h"
#include "plugins/nodeunschedulable/node_unschedulable.h"
#include "plugins/nodevolumelimits/node_volume_limits.h"
#include "plugins/podtopologyspread/pod_topology_spread.h"
#include "plugins/queuesort/priority_sort.h"
#include "plugins/random/random.h"
#include "plugins/schedulinggates/scheduling_gates.h"
#include "plugins/tainttoleration/taint_toleration.h"
#include "plugins/volumebinding/volume_binding.h"
#include "plugins/volumerestrictions/volume_restrictions.h"
#include "plugins/volumezone/volume_zone.h"

namespace berth::plugins {
namespace {

using Made = base::Result<std::unique_ptr<framework::Plugin>>;

// For plugins that heed feature gates and for those that do not, with and without arguments;
// without any in the profile they get the defaults.
template <typename PluginType>
Made Make(const config::PluginArgs&, const config::FeatureGates& gates) {
  if constexpr (std::is_constructible_v<PluginType, const config::FeatureGates&>) {
    return std::make_unique<PluginType>(gates);
  } else {
    return std::make_unique<PluginType>();
  }
}

template <typename PluginType, typename Args>
Made MakeWith(const config::PluginArgs& args, const config::FeatureGates& gates) {
  const auto* given = std::get_if<Args>(&args);
  Args own = given == nullptr ? Args() : *given;
  if constexpr (std::is_constructible_v<PluginType, Args, const config::FeatureGates&>) {
    return std::make_unique<PluginType>(std::move(own), gates);
  } else {
    return std::make_unique<PluginType>(std::move(own));
  }
}

}  // namespace

framework::Registry MakeRegistry() {
  return {
      {"BestFit", Make<BestFit>},
      {"DefaultPreemption", MakeWith<DefaultPreemption, config::DefaultPreemptionArgs>},
      {"DotProduct", Make<DotProduct>},
      {"DynamicResources", MakeWith<DynamicResources, config::DynamicResourcesArgs>},
      {"FragmentationGradientDescent",
       MakeWith<FragmentationGradientDescent, config::FragmentationGradientDescentArgs>},
      {"GangScheduling", Make<GangScheduling>},
      {"GpuClustering", Make<GpuClustering>},
      {"GpuPacking", Make<GpuPacking>},
      {"GpuShare", MakeWith<GpuShare, config::GpuShareArgs>},
      {"ImageLocality", Make<ImageLocality>},
      {"InterPodAffinity", MakeWith<InterPodAffinity, config::InterPodAffinityArgs>},
      {"NodeAffinity", MakeWith<NodeAffinity, config::NodeAffinityArgs>},
      {"NodeDeclaredFeatures", Make<NodeDeclaredFeatures>},
      {"NodeName", Make<NodeName>},
      {"NodePorts", Make<NodePorts>},
      {"NodeResourcesBalancedAllocation",
       MakeWith<BalancedAllocation, config::NodeResourcesBalancedAllocationArgs>},
      {"NodeResourcesFit", MakeWith<Fit, config::NodeResourcesFitArgs>},
      {"NodeUnschedulable", Make<NodeUnschedulable>},
      {"NodeVolumeLimits", Make<NodeVolumeLimits>},
      {"PodTopologySpread", MakeWith<PodTopologySpread, config::PodTopologySpreadArgs>},
      {"PrioritySort", Make<PrioritySort>},
      {"Random", MakeWith<Random, config::RandomArgs>},
      {"SchedulingGates", Make<SchedulingGates>},
      {"TaintToleration", Make<TaintToleration>},
      {"VolumeBinding", MakeWith<VolumeBinding, config::VolumeBindingArgs>},
      {"VolumeRestrictions", Make<VolumeRestrictions>},
      {"VolumeZone", Make<VolumeZone>},
  };
}

}  // namespace berth::plugins
