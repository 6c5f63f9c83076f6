#include "plugins/nodevolumelimits/node_volume_limits.h"

#include <algorithm>
#include <string>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"
#include "scheduler/cluster/csi_migration.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::EventResource;
using framework::Hint;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

struct State final : framework::PluginState {
  // Of this cycle.
  std::vector<cluster::CountedVolume> wanted;
  std::string missing;  // the words, if a claim does not exist
  // Drivers that a node must have, with the words where it lacks them.
  std::vector<std::pair<std::string, std::string>> needed_drivers;
};

bool HasDriver(const PodContext& context, NodeIndex node, const std::string& driver) {
  const auto* record = context.cluster.storage.FindCsiNode(context.nodes().Name(node));
  if (record == nullptr) return false;
  const auto& drivers = record->object.drivers;
  return std::ranges::find(drivers, driver, &api::CsiNodeDriver::name) != drivers.end();
}

// The first driver that the node lacks; nullptr if there is none.
const std::string* LackedBy(const PodContext& context, const State& state, NodeIndex node) {
  for (const auto& [driver, words] : state.needed_drivers) {
    if (!HasDriver(context, node, driver)) return &words;
  }
  return nullptr;
}

void FindNeededDrivers(const PodContext& context, State& state) {
  const cluster::Storage& storage = context.cluster.storage;
  state.needed_drivers.clear();
  for (const cluster::CountedVolume& volume : state.wanted) {
    const std::string driver(storage.node_volumes.DriverName(volume));
    const auto* object = storage.FindCsiDriver(driver);
    if (object == nullptr || !object->prevent_pod_scheduling_if_missing) continue;
    state.needed_drivers.emplace_back(driver, driver + " CSI driver is not installed on the node");
  }
}

bool HasAny(const cluster::PodVolumes* volumes) {
  return volumes != nullptr && (!volumes->claims.empty() || !volumes->counted.empty());
}

std::string MissingClaim(const PodContext& context) {
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) {
    if (context.cluster.storage.claim(claim.id).object != nullptr) continue;
    const std::string space(context.cluster.symbols.Text(context.pod.namespace_name));
    return "looking up PVC " + space + "/" + claim.name + ": persistentvolumeclaim \"" +
           claim.name + "\" not found";
  }
  return "";
}

bool NamesAnyClaim(const api::PodSpec& spec) {
  return std::ranges::any_of(spec.volumes, [](const api::Volume& volume) {
    return volume.kind == api::VolumeKind::kPersistentVolumeClaim ||
           volume.kind == api::VolumeKind::kEphemeral;
  });
}

// Whether the pod spells out a volume that a CSI driver has taken over; of this one if it is named.
bool SpellsOutMigrated(const api::PodSpec& spec, std::string_view driver = {}) {
  return std::ranges::any_of(spec.volumes, [&](const api::Volume& volume) {
    const auto plugin = cluster::InTreePluginOf(volume.kind);
    return plugin != cluster::InTreePlugin::kNone &&
           (driver.empty() || cluster::CsiDriverOf(plugin) == driver);
  });
}

// Whether a driver may attach more volumes to the node than before.
bool AttachesMore(const api::CsiNode& before, const api::CsiNode& after) {
  return std::ranges::any_of(after.drivers, [&](const api::CsiNodeDriver& driver) {
    const auto then = std::ranges::find(before.drivers, driver.name, &api::CsiNodeDriver::name);
    return then != before.drivers.end() && driver.allocatable_count && then->allocatable_count &&
           *driver.allocatable_count > *then->allocatable_count;
  });
}

bool HasNewDriver(const api::CsiNode& before, const api::CsiNode& after) {
  return std::ranges::any_of(after.drivers, [&](const api::CsiNodeDriver& driver) {
    return std::ranges::find(before.drivers, driver.name, &api::CsiNodeDriver::name) ==
           before.drivers.end();
  });
}

// One volume less is attached somewhere: a claim of the pod may have waited for that, or a volume
// of the same driver that it spells out.
bool MayUse(const api::PodSpec& spec, const api::VolumeAttachment& detached) {
  return NamesAnyClaim(spec) ||
         (!detached.attacher.empty() && SpellsOutMigrated(spec, detached.attacher));
}

}  // namespace

bool NodeVolumeLimits::IsIdle(const PodContext& context) const {
  return !HasAny(context.pod.volumes.get());
}

void NodeVolumeLimits::AppendKey(const PodContext& context, std::string& key) const {
  if (HasAny(context.pod.volumes.get())) base::AppendKey(key, context.pod.id);
}

std::unique_ptr<framework::PluginState> NodeVolumeLimits::NewState(const PodContext&) const {
  return std::make_unique<State>();
}

framework::PreFilterResult NodeVolumeLimits::PreFilter(const PodContext& context,
                                                       framework::PluginState& plugin_state) const {
  if (!HasAny(context.pod.volumes.get())) return {{Code::kSkip, {}}, {}};
  auto& state = static_cast<State&>(plugin_state);
  cluster::NodeVolumes& node_volumes = context.cluster.storage.node_volumes;
  node_volumes.Refresh();
  state.wanted = node_volumes.CountedOf(*context.pod.volumes);
  state.missing = MissingClaim(context);
  if (heeds_missing_drivers_) FindNeededDrivers(context, state);
  return {};
}

void NodeVolumeLimits::Filter(const PodContext& context, framework::PluginState& plugin_state,
                              NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (!state.missing.empty()) return nodes.ClearAll();
  if (!state.wanted.empty()) context.cluster.storage.node_volumes.Filter(state.wanted, nodes);
  if (state.needed_drivers.empty()) return;
  const NodeMask asked = nodes;
  asked.ForEach([&](NodeIndex node) {
    if (LackedBy(context, state, node) != nullptr) nodes.Clear(node);
  });
}

framework::NodeStatus NodeVolumeLimits::Explain(const PodContext& context,
                                                const framework::PluginState& plugin_state,
                                                NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (!state.missing.empty()) return {Code::kUnschedulableAndUnresolvable, {state.missing}};
  if (const auto* words = LackedBy(context, state, node)) return {Code::kUnschedulable, {*words}};
  if (!context.cluster.storage.node_volumes.Exceeds(node, state.wanted)) return {};
  return {Code::kUnschedulable, {"node(s) exceed max volume count"}};
}

std::vector<framework::Remedy> NodeVolumeLimits::Advise(const PodContext& context,
                                                        const framework::PluginState& plugin_state,
                                                        const NodeMask& nodes) const {
  constexpr std::size_t kFew = 3;
  if (!static_cast<const State&>(plugin_state).missing.empty()) return {};
  std::vector<std::string> claims;
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) claims.push_back(claim.name);
  framework::Obstacle full{
      "a CSI driver has attached as many volumes as it can to the node" +
          (claims.empty() ? "" : "; claims of the pod: " + base::ListFew(claims, kFew)),
      "take pods with volumes of the driver off the node",
      {{"persistentVolumeClaims", std::move(claims)}}};
  return {{{std::move(full)}, nodes}};
}

bool NodeVolumeLimits::AddTraits(const PodContext&, framework::PluginState& state,
                                 framework::Traits&) const {
  return static_cast<const State&>(state).wanted.empty();
}

std::vector<framework::EventRegistration> NodeVolumeLimits::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kCsiNode, framework::kAdd | framework::kUpdate}},
          {{EventResource::kPod, framework::kDelete}},
          {{EventResource::kPersistentVolumeClaim, framework::kAdd}},
          {{EventResource::kVolumeAttachment, framework::kDelete}}};
}

base::Result<Hint> NodeVolumeLimits::QueueingHint(const PodContext&, const api::Pod& pod,
                                                  const framework::ObjectChange& change) const {
  if (change.event.resource == EventResource::kCsiNode) {
    BERTH_ASSIGN(const auto node, framework::VersionsOf<api::CsiNode>(change));
    return framework::QueueIf(!node.IsUpdate() || AttachesMore(*node.before, *node.after) ||
                              (heeds_missing_drivers_ && HasNewDriver(*node.before, *node.after)));
  }
  if (change.event.resource == EventResource::kPersistentVolumeClaim) {
    BERTH_ASSIGN(const auto claim, framework::VersionsOf<api::PersistentVolumeClaim>(change));
    return framework::QueueIf(cluster::UsesClaim(pod, claim.Any()));
  }
  if (change.event.resource == EventResource::kVolumeAttachment) {
    BERTH_ASSIGN(const auto detached, framework::VersionsOf<api::VolumeAttachment>(change));
    return framework::QueueIf(MayUse(*pod.spec, detached.Any()));
  }
  BERTH_ASSIGN(const auto gone, framework::VersionsOf<api::Pod>(change));
  const api::PodSpec& spec = *gone.Any().spec;
  return framework::QueueIf(framework::HoldsRoom(gone.Any()) &&
                            (NamesAnyClaim(spec) || SpellsOutMigrated(spec)));
}

}  // namespace berth::plugins
