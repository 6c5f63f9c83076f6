#include "scheduler/framework/profile_runtime.h"

#include <algorithm>
#include <map>

#include "scheduler/base/check.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/config/supported.h"

namespace berth::framework {
namespace {

using config::ExtensionPoint;

// Where plugins have a say, from the queue to right before the Binding.
constexpr ExtensionPoint kPluginPoints[] = {
    ExtensionPoint::kPreEnqueue, ExtensionPoint::kQueueSort, ExtensionPoint::kPreFilter,
    ExtensionPoint::kFilter,     ExtensionPoint::kPreScore,  ExtensionPoint::kScore,
    ExtensionPoint::kReserve,    ExtensionPoint::kPermit,    ExtensionPoint::kPreBind,
    ExtensionPoint::kPostFilter,
};

// Those that are about one pod class, and have its state.
constexpr ExtensionPoint kPointsWithState[] = {
    ExtensionPoint::kPreFilter, ExtensionPoint::kFilter,  ExtensionPoint::kPreScore,
    ExtensionPoint::kScore,     ExtensionPoint::kReserve,
};

// How much memory steady columns may take; beyond it the least recently used go.
constexpr std::size_t kSteadyBytes = std::size_t{1} << 29;
constexpr std::size_t kSteadyBytesPerRow = 26;
constexpr std::size_t kMinSteadyColumns = 64;
// The same for groups of nodes.
constexpr std::size_t kGroupBytes = std::size_t{1} << 30;
constexpr std::size_t kUsualGroups = 32;
constexpr std::size_t kMinGroupedPlans = 16;
constexpr std::uint32_t kManyPods = 8;
// A pod is decided, diagnosed and perhaps looks for victims; what is asked for more often than that
// comes again.
constexpr std::uint32_t kMostLoneUses = 4;
constexpr std::size_t kMaxPlugins = 64;  // bits of ClassPlan::idle_slots

base::Result<std::unique_ptr<Plugin>> MakePlugin(const std::string& name,
                                                 const config::Profile& profile,
                                                 const Registry& registry) {
  const auto* args = profile.args.Find(name);
  const std::string_view kind = args == nullptr ? "" : config::ExternalKind(*args);
  const auto factory = registry.find(kind.empty() ? std::string_view(name) : kind);
  if (factory == registry.end()) {
    return base::Fail("profile \"" + profile.scheduler_name + "\": plugin \"" + name +
                      "\" does not exist");
  }
  return factory->second(args == nullptr ? config::PluginArgs() : *args, profile.gates);
}

}  // namespace

base::Result<std::unique_ptr<ProfileRuntime>> ProfileRuntime::Make(const config::Profile& profile,
                                                                   const Registry& registry,
                                                                   ColumnCaching caching) {
  std::unique_ptr<ProfileRuntime> runtime(new ProfileRuntime(profile, caching));
  std::map<std::string, std::size_t> slots;
  for (const ExtensionPoint point : kPluginPoints) {
    for (const auto& [name, weight] : profile.At(point)) {
      auto slot = slots.find(name);
      if (slot == slots.end()) {
        BERTH_ASSIGN(auto plugin, MakePlugin(name, profile, registry));
        slot = slots.emplace(name, runtime->plugins_.size()).first;
        runtime->caches_.emplace_back(*plugin);
        if (const auto* outages = plugin->Outages()) runtime->outages_.push_back(outages);
        runtime->plugins_.push_back(std::move(plugin));
      }
      runtime->active_[static_cast<std::size_t>(point)].push_back(
          {runtime->plugins_[slot->second].get(), slot->second, weight});
    }
  }
  BERTH_CHECK(runtime->plugins_.size() <= kMaxPlugins);
  runtime->SplitSteadyFromChanging();
  return runtime;
}

void ProfileRuntime::SplitSteadyFromChanging() {
  const auto is_steady = [](cluster::ChangeSet kinds) {
    return (kinds & cluster::kClusterWide) == 0;
  };
  for (const ActivePlugin& active : At(ExtensionPoint::kFilter)) {
    (is_steady(active.plugin->DependsOn().filter) ? steady_filters_ : changing_filters_)
        .push_back(active);
  }
  for (const ActivePlugin& active : At(ExtensionPoint::kScore)) {
    const bool steady = is_steady(active.plugin->DependsOn().score) &&
                        active.plugin->Normalize() == Normalization::kNone;
    (steady ? steady_scores_ : changing_scores_).push_back(active);
    score_weights_ += active.weight;
  }
  for (const auto* list : {&changing_filters_, &changing_scores_}) {
    for (const ActivePlugin& active : *list) {
      const bool wide = (active.plugin->DependsOn().filter & cluster::kClusterWide) != 0 ||
                        (active.plugin->DependsOn().score & cluster::kClusterWide) != 0;
      const bool known = std::ranges::find(changing_plugins_, active.slot, &ActivePlugin::slot) !=
                         changing_plugins_.end();
      if (wide && !known) changing_plugins_.push_back(active);
    }
  }
  for (const auto* list : {&steady_filters_, &steady_scores_}) {
    for (const ActivePlugin& active : *list) steady_slots_.push_back(active.slot);
  }
  idle_slots_ = ~std::uint64_t{0};
  for (const ExtensionPoint point : kPointsWithState) {
    for (const ActivePlugin& active : At(point)) idle_slots_ &= ~(std::uint64_t{1} << active.slot);
  }
  std::ranges::sort(steady_slots_);
  steady_slots_.erase(std::ranges::unique(steady_slots_).begin(), steady_slots_.end());
}

std::uint64_t ProfileRuntime::OutagesSoFar() const {
  std::uint64_t sum = 0;
  for (const auto* outages : outages_) sum += outages->load(std::memory_order_relaxed);
  return sum;
}

ClassPlan& ProfileRuntime::PlanFor(const PodContext& context) {
  const auto id = context.pod.id;
  if (id >= plans_.size()) plans_.resize(std::max<std::size_t>(id + 1, plans_.size() * 2));
  ClassPlan& plan = plans_[id];
  const cluster::Devices& devices = context.cluster.devices;
  // What a claim comes to changes with the claims, and with the time where devices are bound late.
  const std::uint64_t claims =
      context.pod.claimant == nullptr
          ? 0
          : devices.claim_version() + static_cast<std::uint64_t>(devices.now().value_or(0));
  const std::uint64_t version =
      1 + OutagesSoFar() + context.cluster.owners.version() + context.cluster.namespace_version() +
      context.cluster.images.known_version() + devices.class_version() + claims;
  const bool caches = caching_ == ColumnCaching::kOn;
  if (caches && plan.object_version == version) return plan;
  const bool is_alone = caches && context.cluster.classes.PodsAsked(context.pod) == 1;
  const bool is_at_hand = lone_class_ == id && lone_plan_.object_version == version;
  if (is_alone && is_at_hand && ++lone_uses_ < kMostLoneUses) return lone_plan_;
  const bool is_lone = is_alone && !plan.is_known;
  plan.is_known = true;
  return Remake(context, version, is_lone);
}

ClassPlan& ProfileRuntime::Remake(const PodContext& context, std::uint64_t version, bool is_lone) {
  if (is_lone) {
    lone_class_ = context.pod.id;
    lone_uses_ = 0;
  }
  ClassPlan& plan = is_lone ? lone_plan_ : plans_[context.pod.id];
  if (plan.groups != nullptr) --grouped_plans_;
  plan = {};
  plan.is_known = true;
  plan.object_version = version;
  MakePlan(context, !is_lone, plan);
  return plan;
}

void ProfileRuntime::MakePlan(const PodContext& context, bool expects_more, ClassPlan& plan) {
  plan.states.reserve(plugins_.size());
  bool has_steady = caching_ == ColumnCaching::kOn;
  for (std::size_t slot = 0; slot < plugins_.size(); ++slot) {
    const std::uint64_t bit = std::uint64_t{1} << slot;
    if ((idle_slots_ & bit) != 0 || plugins_[slot]->IsIdle(context)) {
      plan.idle_slots |= bit;
      plan.states.push_back(nullptr);
      continue;
    }
    if (caching_ == ColumnCaching::kOff) {
      plan.states.push_back(
          std::make_shared<CachedState>(*plugins_[slot], plugins_[slot]->NewState(context)));
      continue;
    }
    auto [state, is_kept] = caches_[slot].Get(context, expects_more);
    plan.states.push_back(std::move(state));
    has_steady = has_steady && (is_kept || !std::ranges::binary_search(steady_slots_, slot));
  }
  if (has_steady) plan.steady = SteadyFor(context, plan);
  max_steady_columns_ = std::max(
      kMinSteadyColumns, kSteadyBytes / (kSteadyBytesPerRow * (context.nodes().rows() + 1)));
}

std::shared_ptr<SteadyEntry> ProfileRuntime::SteadyFor(const PodContext& context,
                                                       const ClassPlan& plan) {
  // The entry keeps its states alive, so an address means the same state as long as it is a key.
  key_.clear();
  for (const std::size_t slot : steady_slots_) {
    base::AppendKey(key_, reinterpret_cast<std::uintptr_t>(plan.states[slot].get()));
  }
  auto& entry = steady_[key_];
  if (entry == nullptr) entry = MakeSteady(context, plan);
  return entry;
}

std::shared_ptr<SteadyEntry> ProfileRuntime::MakeSteady(const PodContext& context,
                                                        const ClassPlan& plan) const {
  std::vector<std::shared_ptr<CachedState>> states;
  for (const std::size_t slot : steady_slots_) states.push_back(plan.states[slot]);
  std::vector<SteadyColumns::Filter> filters;
  for (const ActivePlugin& active : steady_filters_) {
    if (plan.IsIdle(active.slot)) continue;
    filters.push_back({active.plugin, plan.states[active.slot]});
  }
  std::vector<SteadyColumns::Score> scores;
  for (const ActivePlugin& active : steady_scores_) {
    if (plan.IsIdle(active.slot)) continue;
    const auto& state = plan.states[active.slot];
    if (!active.plugin->PreScore(context, state->state(), context.nodes().alive()).ok()) continue;
    scores.push_back({active.plugin, state, active.weight});
  }
  return std::make_shared<SteadyEntry>(std::move(states), std::move(filters), std::move(scores));
}

SteadyColumns* ProfileRuntime::SteadyOf(ClassPlan& plan, bool expects_more) {
  if (plan.steady == nullptr) return nullptr;
  const bool had_columns = plan.steady->has_columns();
  if (!had_columns && steady_columns_ >= max_steady_columns_) DropOldColumns();
  SteadyColumns* columns = plan.steady->Use(++clock_, expects_more);
  if (!had_columns && columns != nullptr) ++steady_columns_;
  return columns;
}

bool ProfileRuntime::MayChange(const ClassPlan& plan) const {
  return plan.slow_cycles > 0 ||
         std::ranges::any_of(changing_plugins_,
                             [&](const ActivePlugin& active) { return !plan.IsIdle(active.slot); });
}

NodeGroups* ProfileRuntime::GroupsOf(const PodContext& context, ClassPlan& plan) {
  if (&plan == &lone_plan_) return nullptr;
  if (plan.groups == nullptr) {
    const bool many = context.cluster.classes.PodsAsked(context.pod) >= kManyPods;
    if (plan.slow_cycles < 2 && !(many && MayChange(plan))) return nullptr;
    const std::size_t rows = context.nodes().rows();
    const std::size_t plan_bytes = NodeGroups::BytesPerGroup(rows) * kUsualGroups + rows;
    if (grouped_plans_ >= std::max(kMinGroupedPlans, kGroupBytes / plan_bytes)) DropOldGroups();
    plan.groups = std::make_unique<NodeGroups>();
    ++grouped_plans_;
  }
  plan.groups_used = clock_;
  return plan.groups.get();
}

void ProfileRuntime::DropOldGroups() {
  std::vector<ClassPlan*> holders;
  for (ClassPlan& plan : plans_) {
    if (plan.groups != nullptr) holders.push_back(&plan);
  }
  const auto middle = holders.begin() + static_cast<std::ptrdiff_t>(holders.size() / 2);
  std::ranges::nth_element(holders, middle, {}, &ClassPlan::groups_used);
  for (auto it = holders.begin(); it != middle; ++it) (*it)->groups.reset();
  grouped_plans_ = static_cast<std::size_t>(holders.end() - middle);
}

void ProfileRuntime::DropOldColumns() {
  std::vector<SteadyEntry*> holders;
  for (const auto& [key, entry] : steady_) {
    if (entry->has_columns()) holders.push_back(entry.get());
  }
  const auto middle = holders.begin() + static_cast<std::ptrdiff_t>(holders.size() / 2);
  std::ranges::nth_element(holders, middle, {}, &SteadyEntry::last_use);
  for (auto it = holders.begin(); it != middle; ++it) (*it)->DropColumns();
  steady_columns_ = static_cast<std::size_t>(holders.end() - middle);
  // Entries that no plan holds any more go for good.
  boost::unordered::erase_if(steady_,
                             [](const auto& item) { return item.second.use_count() == 1; });
}

}  // namespace berth::framework
