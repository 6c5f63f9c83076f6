#include "scheduler/live/cluster_watch.h"

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/live/informer.h"
#include "scheduler/live/take_objects.h"

namespace berth::live {
namespace {

// Which plugins look at what beside nodes, pods and namespaces.
struct Interest {
  std::string_view kind;
  std::vector<std::string_view> plugins;
  bool wakes_extenders = false;  // see ExtenderEvents
};

const std::vector<Interest>& Interests() {
  static const std::vector<std::string_view> kVolumes = {"VolumeBinding", "VolumeRestrictions",
                                                         "NodeVolumeLimits", "VolumeZone"};
  static const std::vector<std::string_view> kDevices = {"DynamicResources", "NodeResourcesFit",
                                                         "NodeResourcesBalancedAllocation"};
  static const std::vector<Interest> interests = {
      {"Service", {"PodTopologySpread"}},
      {"ReplicationController", {"PodTopologySpread"}},
      {"ReplicaSet", {"PodTopologySpread"}},
      {"StatefulSet", {"PodTopologySpread"}},
      {"PodDisruptionBudget", {"DefaultPreemption"}},
      {"PersistentVolume", kVolumes, true},
      {"PersistentVolumeClaim", kVolumes, true},
      {"StorageClass", kVolumes, true},
      {"CSINode", kVolumes, true},
      {"CSIDriver", kVolumes, true},
      {"CSIStorageCapacity", kVolumes, true},
      {"VolumeAttachment", kVolumes},
      {"ResourceClaim", kDevices, true},
      {"ResourceSlice", kDevices},
      {"DeviceClass", kDevices, true},
  };
  return interests;
}

bool IsNeeded(std::string_view kind, const queue::Profiles& profiles) {
  const auto interest = std::ranges::find(Interests(), kind, &Interest::kind);
  if (interest == Interests().end()) return true;
  if (profiles.has_extenders() && interest->wakes_extenders) return true;
  for (const auto point : {config::ExtensionPoint::kPreFilter, config::ExtensionPoint::kFilter,
                           config::ExtensionPoint::kPostFilter, config::ExtensionPoint::kScore}) {
    const auto names = profiles.PluginsAt(point);
    for (const std::string_view plugin : interest->plugins) {
      if (std::ranges::find(names, plugin) != names.end()) return true;
    }
  }
  return false;
}

kube::WatchedResource ResourceOf(const WatchedKind& kind) {
  const auto slash = kind.path.rfind('/');
  return {.name = std::string(kind.path.substr(slash + 1)),
          .path = std::string(kind.path),
          .field_selector = std::string(kind.field_selector)};
}

// Pods by age, as the queue has those of one priority.
template <typename T>
auto PlaceOf(const T& object) {
  const api::ObjectMeta& meta = object.meta;
  if constexpr (std::is_same_v<T, api::Pod>) {
    return std::tie(meta.creation_timestamp, meta.namespace_name, meta.name);
  } else {
    return std::tie(meta.namespace_name, meta.name);
  }
}

template <typename T>
void CopyAll(const ObjectStore<T>& store, api::ClusterObjects& objects) {
  std::vector<std::shared_ptr<const T>> found;
  found.reserve(store.size());
  store.ForEach([&](const std::shared_ptr<const T>& object) { found.push_back(object); });
  std::ranges::sort(found,
                    [](const auto& a, const auto& b) { return PlaceOf<T>(*a) < PlaceOf<T>(*b); });
  for (const auto& object : found) PutObject<T>(*object, objects);
}

void DropPodsWithoutTheirNode(api::ClusterObjects& objects) {
  std::unordered_set<std::string_view> names;
  for (const api::Node& node : objects.nodes) names.insert(node.meta.name);
  std::erase_if(objects.pods, [&](const api::Pod& pod) {
    return !pod.node_name.empty() && !names.contains(pod.node_name);
  });
}

// As if one file had held the nodes and then the pods.
void SetOrigins(api::ClusterObjects& objects) {
  objects.sources = {"the cluster"};
  std::uint32_t sequence = 0;
  const auto count = [&](std::size_t size, std::vector<api::Origin>& origins) {
    for (std::size_t i = 0; i < size; ++i) origins.push_back({0, sequence++});
  };
  count(objects.nodes.size(), objects.node_origins);
  count(objects.pods.size(), objects.pod_origins);
}

}  // namespace

// One kind. The reflector ends before what it calls.
struct ClusterWatch::Watch {
  virtual ~Watch() = default;
  virtual void CopyTo(api::ClusterObjects& objects) const = 0;
  std::unique_ptr<kube::WatchSink> informer;
  std::unique_ptr<kube::Reflector> reflector;
};

template <typename T>
struct ClusterWatch::StoreOfAnother final : Watch {
  explicit StoreOfAnother(const ObjectStore<T>& filled) : store(filled) {}
  void CopyTo(api::ClusterObjects& objects) const override { CopyAll(store, objects); }
  const ObjectStore<T>& store;
};

// With a store of its own, for kinds that nobody else keeps.
template <typename T>
struct ClusterWatch::OwnStore final : Watch {
  ~OwnStore() override { reflector.reset(); }
  void CopyTo(api::ClusterObjects& objects) const override { CopyAll(store, objects); }
  ObjectStore<T> store;
};

ClusterWatch::ClusterWatch(Scheduler& scheduler, kube::Client& client, const base::Clock& clock,
                           std::uint64_t seed)
    : scheduler_(scheduler), client_(client), clock_(clock), seed_(seed) {
  Add(scheduler.node_store());
  Add(scheduler.pod_store());
  Add<api::Namespace>();
  Add<api::Service>();
  Add<api::ReplicationController>();
  Add<ReplicaSet>();
  Add<StatefulSet>();
  Add<api::PodDisruptionBudget>();
  Add<api::PersistentVolume>();
  Add<api::PersistentVolumeClaim>();
  Add<api::StorageClass>();
  Add<api::CsiNode>();
  Add<api::CsiDriver>();
  Add<api::CsiStorageCapacity>();
  Add<api::VolumeAttachment>();
  Add<api::ResourceClaim>();
  Add<api::ResourceSlice>();
  Add<api::DeviceClass>();
}

ClusterWatch::~ClusterWatch() { Stop(); }

template <typename T>
void ClusterWatch::Begin(Watch& watch, ObjectStore<T>& store) {
  waiting_.insert(kWatched<T>.kind);
  watch.informer = std::make_unique<Informer<T>>(
      scheduler_.inbox(), store, specs_,
      [this](ObjectVersions<T> change) {
        ++version_;
        scheduler_.objects().Changed(std::move(change));
      },
      [this] {
        if (waiting_.erase(kWatched<T>.kind) > 0) {
          base::log::Info(2, "Caches populated", {{"type", kWatched<T>.kind}});
        }
      },
      scheduler_.texts());
  watch.reflector = std::make_unique<kube::Reflector>(client_, clock_, seed_++,
                                                      ResourceOf(kWatched<T>), *watch.informer);
}

template <typename T>
void ClusterWatch::Add(ObjectStore<T>& store) {
  auto watch = std::make_unique<StoreOfAnother<T>>(store);
  Begin(*watch, store);
  watches_.push_back(std::move(watch));
}

template <typename T>
void ClusterWatch::Add() {
  if (!IsNeeded(kWatched<T>.kind, scheduler_.profiles())) return;
  auto watch = std::make_unique<OwnStore<T>>();
  Begin(*watch, watch->store);
  watches_.push_back(std::move(watch));
}

void ClusterWatch::Start() {
  for (const auto& watch : watches_) watch->reflector->Start();
}

void ClusterWatch::Stop() {
  for (const auto& watch : watches_) watch->reflector->Stop();
}

api::ClusterObjects ClusterWatch::Copy() const {
  api::ClusterObjects objects;
  for (const auto& watch : watches_) watch->CopyTo(objects);
  DropPodsWithoutTheirNode(objects);
  SetOrigins(objects);
  return objects;
}

}  // namespace berth::live
