#include "scheduler/framework/profile_runtime.h"

#include <map>

namespace berth::framework {
namespace {

using config::ExtensionPoint;

// What a profile does while it decides. Reserve, Permit and binding belong to the binding cycle.
constexpr ExtensionPoint kDecidingPoints[] = {
    ExtensionPoint::kPreEnqueue, ExtensionPoint::kQueueSort, ExtensionPoint::kPreFilter,
    ExtensionPoint::kFilter,     ExtensionPoint::kPreScore,  ExtensionPoint::kScore,
};

base::Result<std::unique_ptr<Plugin>> MakePlugin(const std::string& name,
                                                 const config::Profile& profile,
                                                 const Registry& registry) {
  const auto factory = registry.find(name);
  if (factory == registry.end()) {
    return base::Fail("profile \"" + profile.scheduler_name + "\": plugin \"" + name +
                      "\" does not exist");
  }
  const auto* args = profile.args.Find(name);
  return factory->second(args == nullptr ? config::PluginArgs() : *args);
}

}  // namespace

base::Result<std::unique_ptr<ProfileRuntime>> ProfileRuntime::Make(const config::Profile& profile,
                                                                   const Registry& registry,
                                                                   ColumnCaching caching) {
  std::unique_ptr<ProfileRuntime> runtime(new ProfileRuntime(profile, caching));
  std::map<std::string, std::size_t> slots;
  for (const ExtensionPoint point : kDecidingPoints) {
    for (const auto& [name, weight] : profile.At(point)) {
      auto slot = slots.find(name);
      if (slot == slots.end()) {
        BERTH_ASSIGN(auto plugin, MakePlugin(name, profile, registry));
        slot = slots.emplace(name, runtime->plugins_.size()).first;
        runtime->caches_.emplace_back(*plugin);
        runtime->plugins_.push_back(std::move(plugin));
      }
      runtime->active_[static_cast<std::size_t>(point)].push_back(
          {runtime->plugins_[slot->second].get(), slot->second, weight});
    }
  }
  return runtime;
}

ClassPlan& ProfileRuntime::PlanFor(const PodContext& context) {
  const auto id = context.pod.id;
  if (id >= plans_.size()) plans_.resize(std::max<std::size_t>(id + 1, plans_.size() * 2));
  ClassPlan& plan = plans_[id];
  const std::uint64_t version =
      1 + context.cluster.owners.version() + context.cluster.namespace_version();
  if (plan.object_version == version && caching_ == ColumnCaching::kOn) return plan;
  plan.object_version = version;
  plan.states.clear();
  for (std::size_t slot = 0; slot < plugins_.size(); ++slot) {
    plan.states.push_back(
        caching_ == ColumnCaching::kOn
            ? caches_[slot].Get(context)
            : std::make_shared<CachedState>(*plugins_[slot], plugins_[slot]->NewState(context)));
  }
  return plan;
}

}  // namespace berth::framework
