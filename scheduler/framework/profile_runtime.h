// The plugins of one profile, ready to run: in which order, with which weights, and with what they
// have already computed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/config/profile.h"
#include "scheduler/framework/node_groups.h"
#include "scheduler/framework/registry.h"
#include "scheduler/framework/state_cache.h"
#include "scheduler/framework/steady_columns.h"

namespace berth::framework {

// One plugin of the profile at one extension point.
struct ActivePlugin {
  const Plugin* plugin;
  std::size_t slot;         // which of the profile's plugins
  std::int64_t weight = 0;  // at Score
};

// The states that the plugins of a profile have for one pod class.
struct ClassPlan {
  std::vector<std::shared_ptr<CachedState>> states;  // by slot; null for idle plugins
  std::uint64_t idle_slots = 0;                      // a bit each
  std::shared_ptr<SteadyEntry> steady;               // of all steady plugins; null without caching
  std::unique_ptr<NodeGroups> groups;                // null: not worth it, or not yet
  std::uint64_t groups_used = 0;
  // Cycles that had to look at every node, since steady columns did not settle them.
  std::uint32_t slow_cycles = 0;

  bool IsIdle(std::size_t slot) const { return (idle_slots >> slot & 1) != 0; }
  std::uint64_t object_version = 0;  // 0: not made
  bool is_known = false;             // has been asked for
};

// Not thread-safe: one scheduling cycle at a time.
class ProfileRuntime {
 public:
  // Fails where the profile names a plugin that the registry does not have, or a plugin refuses
  // its arguments.
  static base::Result<std::unique_ptr<ProfileRuntime>> Make(const config::Profile& profile,
                                                            const Registry& registry,
                                                            ColumnCaching caching);

  const config::Profile& profile() const { return profile_; }
  ColumnCaching caching() const { return caching_; }
  const std::vector<ActivePlugin>& At(config::ExtensionPoint point) const {
    return active_[static_cast<std::size_t>(point)];
  }

  // The plugins at Filter and Score that are not in the steady columns, in their order.
  const std::vector<ActivePlugin>& changing_filters() const { return changing_filters_; }
  const std::vector<ActivePlugin>& changing_scores() const { return changing_scores_; }

  // Of all plugins at Score together.
  std::int64_t score_weights() const { return score_weights_; }

  // Those of both that depend on pods anywhere, without repetition.
  const std::vector<ActivePlugin>& changing_plugins() const { return changing_plugins_; }

  // The plan of the context's pod class, made on first sight and made anew when Services,
  // controllers, namespaces or the images that are known have changed. Valid until the next call.
  ClassPlan& PlanFor(const PodContext& context);

  // The steady columns of a plan; nullptr if there are none (yet). They are not up to date. Made at
  // the second use, or at the first if more are expected.
  SteadyColumns* SteadyOf(ClassPlan& plan, bool expects_more);

  // The groups of a plan that needs them; nullptr for others. They are not up to date. Made at the
  // third slow cycle, or at once if many pods of the class are known.
  NodeGroups* GroupsOf(const PodContext& context, ClassPlan& plan);

 private:
  ProfileRuntime(config::Profile profile, ColumnCaching caching)
      : profile_(std::move(profile)), caching_(caching) {}

  std::uint64_t OutagesSoFar() const;
  void SplitSteadyFromChanging();
  ClassPlan& Remake(const PodContext& context, std::uint64_t version, bool is_lone);
  void MakePlan(const PodContext& context, bool expects_more, ClassPlan& plan);
  std::shared_ptr<SteadyEntry> SteadyFor(const PodContext& context, const ClassPlan& plan);
  std::shared_ptr<SteadyEntry> MakeSteady(const PodContext& context, const ClassPlan& plan) const;
  void DropOldColumns();
  // Whether plugins that change their minds about all nodes have a say in it.
  bool MayChange(const ClassPlan& plan) const;
  void DropOldGroups();

  config::Profile profile_;
  ColumnCaching caching_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::vector<StateCache> caches_;                          // by slot
  std::vector<const std::atomic<std::uint64_t>*> outages_;  // of plugins that may have any
  std::array<std::vector<ActivePlugin>, config::kExtensionPointCount> active_;
  std::vector<ActivePlugin> steady_filters_;
  std::vector<ActivePlugin> steady_scores_;
  std::vector<ActivePlugin> changing_filters_;
  std::vector<ActivePlugin> changing_scores_;
  std::vector<ActivePlugin> changing_plugins_;
  std::vector<std::size_t> steady_slots_;  // of the steady filters and scores, without repetition
  std::int64_t score_weights_ = 0;
  std::uint64_t idle_slots_ = 0;  // of plugins that only sort or hold back, a bit each
  std::vector<ClassPlan> plans_;  // by PodClassId
  // Of the class of one pod that was asked about last, and not before: where all pods are
  // different, a plan of each would only fill the memory.
  ClassPlan lone_plan_;
  cluster::PodClassId lone_class_ = 0;
  std::uint32_t lone_uses_ = 0;
  boost::unordered_flat_map<std::string, std::shared_ptr<SteadyEntry>> steady_;
  std::size_t steady_columns_ = 0;  // entries that hold columns
  std::size_t max_steady_columns_ = 1;
  std::size_t grouped_plans_ = 0;
  std::uint64_t clock_ = 0;
  std::string key_;  // scratch
};

}  // namespace berth::framework
