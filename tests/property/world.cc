#include "tests/property/world.h"

#include <iterator>

#include "plugins/registry.h"
#include "scheduler/base/check.h"
#include "scheduler/config/load.h"
#include "scheduler/cycle/reserve.h"

namespace berth::property {
namespace {

using cluster::NodeIndex;
using cluster::PodIndex;

constexpr const char* kVariedProfiles[] = {
    R"(profiles:
- pluginConfig:
  - name: NodeResourcesFit
    args:
      ignoredResources: [example.com/gpu]
      scoringStrategy:
        type: MostAllocated
        resources: [{name: cpu, weight: 2}, {name: memory, weight: 1}, {name: ephemeral-storage, weight: 3}]
  - name: NodeResourcesBalancedAllocation
    args:
      resources: [{name: cpu, weight: 1}, {name: memory, weight: 1}, {name: example.com/gpu, weight: 1}]
  - name: InterPodAffinity
    args: {hardPodAffinityWeight: 30, ignorePreferredTermsOfExistingPods: true}
)",
    R"(profiles:
- plugins:
    score:
      disabled: [{name: TaintToleration}, {name: ImageLocality}]
      enabled: [{name: ImageLocality, weight: 9}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: cpu, weight: 3}, {name: memory, weight: 1}, {name: example.com/gpu, weight: 7}]
        requestedToCapacityRatio:
          shape: [{utilization: 5, score: 0}, {utilization: 60, score: 10}, {utilization: 90, score: 3}]
  - name: PodTopologySpread
    args:
      defaultingType: List
      defaultConstraints:
      - {maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway}
)",
    R"(profiles:
- pluginConfig:
  - name: NodeAffinity
    args:
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - matchExpressions: [{key: disk, operator: Exists}]
          - matchExpressions: [{key: generation, operator: Gt, values: ["1"]}]
        preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 7
          preference: {matchExpressions: [{key: disk, operator: In, values: [ssd]}]}
  - name: InterPodAffinity
    args: {hardPodAffinityWeight: 0}
)",
};

config::Profile ProfileOf(const std::string& body) {
  const auto configuration = config::LoadText(
      "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" + body,
      "profile");
  BERTH_CHECK(configuration.has_value());
  return configuration->profiles.front();
}

}  // namespace

config::Profile DefaultProfile() { return config::DefaultConfiguration().profiles.front(); }

config::Profile VariedProfile(std::uint64_t number) {
  const std::uint64_t choice = number % (std::size(kVariedProfiles) + 1);
  return choice == 0 ? DefaultProfile() : ProfileOf(kVariedProfiles[choice - 1]);
}

std::unique_ptr<framework::ProfileRuntime> MakeRuntime(const config::Profile& profile,
                                                       framework::ColumnCaching caching) {
  auto runtime = framework::ProfileRuntime::Make(profile, plugins::MakeRegistry(), caching);
  BERTH_CHECK(runtime.has_value());
  return *std::move(runtime);
}

World::World(WorldOptions options)
    : options_(std::move(options)),
      draw_(options_.seed),
      draw_devices_(draw_.random()),
      cluster_(std::make_unique<cluster::Cluster>()),
      runtime_(MakeRuntime(options_.profile, options_.caching)),
      algorithm_(*cluster_, options_.algorithm) {
  for (int i = 0; i < 2; ++i) AddNamespace();
  for (auto& object : draw_.StorageClasses()) cluster_->storage.SetClass(std::move(object));
  for (int i = 0; i < 20; ++i) SetStorage();
  if (options_.devices) {
    for (auto& object : support::DeviceClasses()) cluster_->devices.SetClass(std::move(object));
  }
  for (std::size_t i = 0; i < options_.nodes; ++i) AddNode();
  for (std::size_t i = 0; i < options_.nodes; ++i) AddRunningPod();
}

// ---- Changes ----

void World::AddNode() {
  const auto node = draw_.Node("node-" + std::to_string(next_node_++));
  nodes_.emplace(cluster_->AddNode(node), node);
  if (draw_.random().Chance(2, 3)) SetCsiNode(node->meta.name);
  if (options_.devices && draw_.random().Chance(2, 3)) {
    cluster_->devices.SetSlice(draw_devices_.Slice(node->meta.name));
  }
}

NodeIndex World::SomeRow() {
  const auto skipped = static_cast<std::ptrdiff_t>(draw_.random().Below(nodes_.size()));
  return std::next(nodes_.begin(), skipped)->first;
}

void World::ChangeNode() {
  const NodeIndex row = SomeRow();
  const auto changed = draw_.Changed(*nodes_.at(row));
  nodes_[row] = changed;
  cluster_->UpdateNode(row, changed);
}

void World::RemoveNode() {
  const NodeIndex row = SomeRow();
  std::erase_if(pods_, [&](const auto& entry) { return cluster_->NodeOf(entry.first) == row; });
  const auto removed = nodes_.at(row);
  nodes_.erase(row);
  cluster_->RemoveNode(row);
  // Sometimes it comes back at once, as a node that registers anew.
  if (draw_.random().Chance(1, 3)) nodes_.emplace(cluster_->AddNode(removed), removed);
}

void World::Place(std::shared_ptr<const api::Pod> pod, NodeIndex row) {
  const PodIndex index = cluster_->AddPod(pod, row);
  pods_[index] = std::move(pod);
}

PodIndex World::AddRunningPod() {
  const auto pod = draw_.RunningPod();
  const PodIndex index = cluster_->AddPod(pod, SomeRow());
  pods_[index] = pod;
  return index;
}

void World::RemovePod(PodIndex index) {
  const auto pod = pods_.at(index);
  cluster::Devices& devices = cluster_->devices;
  for (const auto& claim : pod->spec->resource_claims) {
    devices.Release(pod->meta.namespace_name, claim.resource_claim_name, pod->Key());
  }
  devices.RemoveClaim(pod->meta.namespace_name, cluster::ExtendedClaimName(pod->meta.name));
  pods_.erase(index);
  cluster_->RemovePod(index);
}

void World::RemoveSomePod() {
  if (pods_.empty()) return;
  const auto skipped = static_cast<std::ptrdiff_t>(draw_.random().Below(pods_.size()));
  RemovePod(std::next(pods_.begin(), skipped)->first);
}

void World::AddNamespace() {
  const api::Namespace object = draw_.Namespace();
  namespaces_.push_back(object);
  cluster_->SetNamespace(object);
}

void World::AddOwner() {
  if (draw_.random().Chance(1, 2)) {
    services_.push_back(draw_.Service());
    cluster_->owners.SetService(services_.back());
  } else {
    replica_sets_.push_back(draw_.ReplicaSet());
    cluster_->owners.SetReplicaSet(replica_sets_.back());
  }
}

void World::SetCsiNode(const std::string& node) {
  const auto object = draw_.CsiNode(node);
  csi_nodes_[node] = object;
  cluster_->storage.SetCsiNode(object);
}

void World::SetStorage() {
  cluster::Storage& storage = cluster_->storage;
  switch (draw_.random().Below(8)) {
    case 0:
      if (!nodes_.empty()) SetCsiNode(nodes_.at(SomeRow())->meta.name);
      return;
    case 1: {
      const auto claim = draw_.Claim();
      claims_.erase(claim.meta.namespace_name + "/" + claim.meta.name);
      return storage.RemoveClaim(claim.meta.namespace_name, claim.meta.name);
    }
    case 2: {
      const auto volume = draw_.Volume();
      volumes_.erase(volume.meta.name);
      return storage.RemoveVolume(volume.meta.name);
    }
    case 3:
    case 4: {
      const auto volume = draw_.Volume();
      volumes_[volume.meta.name] = volume;
      return storage.SetVolume(volume);
    }
    default: {
      const auto claim = draw_.Claim();
      claims_[claim.meta.namespace_name + "/" + claim.meta.name] = claim;
      return storage.SetClaim(claim);
    }
  }
}

void World::SetDevices() {
  cluster::Devices& devices = cluster_->devices;
  const std::string node =
      draw_.random().Chance(1, 4) || nodes_.empty() ? "" : nodes_.at(SomeRow())->meta.name;
  const api::ResourceSlice slice = draw_devices_.Slice(node);
  if (draw_.random().Chance(1, 4)) return devices.RemoveSlice(slice.meta.name);
  devices.SetSlice(slice);
}

void World::Change() {
  if (options_.devices && draw_.random().Chance(1, 4)) return SetDevices();
  const bool pods_only = options_.calm && !draw_.random().Chance(1, 16);
  switch (draw_.random().Below(pods_only ? 7 : 19)) {
    case 16:
    case 17:
    case 18:
      return SetStorage();
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return RemoveSomePod();
    case 5:
    case 6:
      AddRunningPod();
      return;
    case 7:
      return AddNode();
    case 8:
      if (nodes_.size() > 1) RemoveNode();
      return;
    case 9:
      return AddNamespace();
    case 10:
      return AddOwner();
    default:
      return ChangeNode();
  }
}

void World::Step(const Visit& visit) {
  if (draw_.random().Chance(2, 5)) return Change();
  DecidePod(visit);
}

void World::Steps(int count, const Visit& visit) {
  for (int i = 0; i < count; ++i) Step(visit);
}

// ---- Decisions ----

std::shared_ptr<const api::Pod> World::WithClaim(std::shared_ptr<const api::Pod> pod) {
  if (!options_.devices || draw_.random().Chance(1, 2)) return pod;
  const bool is_shared = draw_.random().Chance(1, 3);
  const std::string name =
      is_shared ? "shared-" + std::to_string(draw_.random().Below(3)) : pod->meta.name;
  cluster::Devices& devices = cluster_->devices;
  if (devices.FindClaim(pod->meta.namespace_name, name) == nullptr) {
    devices.SetClaim(draw_devices_.Claim(pod->meta.namespace_name, name));
  }
  auto spec = std::make_shared<api::PodSpec>(*pod->spec);
  spec->resource_claims.push_back({"claim", name, ""});
  auto claimant = std::make_shared<api::Pod>(*pod);
  claimant->spec = std::move(spec);
  claimant->meta.uid = pod->Key();
  return claimant;
}

std::shared_ptr<const api::Pod> World::DrawPod() {
  if (templates_.size() < options_.templates) {
    templates_.push_back(WithClaim(draw_.PendingPod()));
    return templates_.back();
  }
  if (templates_.empty()) return WithClaim(draw_.PendingPod());
  return templates_[draw_.random().Below(templates_.size())];
}

void World::DecidePod(const Visit& visit) {
  const auto pod = DrawPod();
  const cluster::PodClass& pod_class = cluster_->classes.ClassOfPending(*pod);
  const auto decision = algorithm_.Schedule(*runtime_, pod_class);
  if (decision.by_groups) ++decided_by_groups_;
  const auto diagnosis = algorithm_.Diagnose(*runtime_, pod_class);
  const auto scores = algorithm_.ExplainScores(*runtime_, pod_class);
  const DecidedPod decided{*pod, pod_class, decision, diagnosis, scores};
  Tell(decided);
  if (visit) visit(decided);
  if (decision.outcome != cycle::Outcome::kChosen) return;
  if (options_.devices) {
    if (!cycle::Reserve(*cluster_, *runtime_, pod_class, *pod, decision.node).ok()) return;
    cluster_->devices.Commit();
  }
  Place(pod, decision.node);
}

void World::Tell(const DecidedPod& decided) {
  const auto name = [&](NodeIndex row) { return " " + cluster_->nodes.Name(row); };
  const cycle::Decision& decision = decided.decision;
  transcript_ += decided.pod.Key() + " feasible " + std::to_string(decision.feasible);
  if (decision.outcome == cycle::Outcome::kChosen) {
    transcript_ += " chosen" + name(decision.node) + " total " + std::to_string(decision.total);
  }
  transcript_ += " best " + std::to_string(decision.best_count) + " error " + decision.error +
                 " message " + decided.diagnosis.Message();
  decided.diagnosis.ForEachRejected(
      [&](NodeIndex row, std::string_view plugin, const framework::NodeStatus& status) {
        transcript_ += name(row) + " " + std::string(plugin);
        for (const auto reason : status.reasons) transcript_ += ", " + std::string(reason);
      });
  for (const auto& plugin : decided.scores.plugins) {
    transcript_ += " " + std::string(plugin.plugin);
    decided.scores.feasible.ForEach(
        [&](NodeIndex row) { transcript_ += " " + std::to_string(plugin.scores[row]); });
  }
  transcript_ += '\n';
}

// ---- What there is ----

support::Scene World::Scene() const {
  support::Scene scene;
  for (const auto& [row, node] : nodes_) scene.nodes.push_back(node.get());
  for (const auto& [index, pod] : pods_) {
    scene.pods.push_back({pod.get(), nodes_.at(cluster_->NodeOf(index)).get()});
  }
  for (const auto& object : namespaces_) scene.namespaces[object.meta.name] = object.meta.labels;
  scene.claims = claims_;
  scene.volumes = volumes_;
  for (auto& object : draw_.StorageClasses()) scene.classes[object.meta.name] = object;
  scene.csi_nodes = csi_nodes_;
  return scene;
}

std::unique_ptr<cluster::Cluster> World::Rebuilt() const {
  auto rebuilt = std::make_unique<cluster::Cluster>();
  for (const auto& object : namespaces_) rebuilt->SetNamespace(object);
  for (const auto& service : services_) rebuilt->owners.SetService(service);
  for (const auto& set : replica_sets_) rebuilt->owners.SetReplicaSet(set);
  for (auto& object : draw_.StorageClasses()) rebuilt->storage.SetClass(std::move(object));
  for (const auto& [key, claim] : claims_) rebuilt->storage.SetClaim(claim);
  for (const auto& [name, volume] : volumes_) rebuilt->storage.SetVolume(volume);
  for (const auto& [name, object] : csi_nodes_) rebuilt->storage.SetCsiNode(object);
  for (const auto& [row, node] : nodes_) rebuilt->AddNode(node);
  for (const auto& [index, pod] : pods_) {
    rebuilt->AddPod(pod, *rebuilt->nodes.Find(cluster_->nodes.Name(cluster_->NodeOf(index))));
  }
  return rebuilt;
}

}  // namespace berth::property
