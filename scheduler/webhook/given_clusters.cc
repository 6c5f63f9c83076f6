#include "scheduler/webhook/given_clusters.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

#include "scheduler/webhook/engine.h"

namespace berth::webhook {

using base::Result;
using NodePtr = std::shared_ptr<const api::Node>;

namespace {

// What a cluster has learnt (classes of pods, labels) it keeps; at some time it begins anew.
constexpr std::size_t kMostClasses = 20'000;
constexpr std::size_t kMostChanges = 1'000'000;

// Nodes are remembered objects: their addresses tell whether they are the same.
std::uint64_t FingerprintOf(std::span<const NodePtr> nodes) {
  return HashBytes({reinterpret_cast<const char*>(nodes.data()), nodes.size_bytes()}).low;
}

base::Result<void> WantNodes(const Question& question) {
  if (question.nodes.size() == question.names->names.all.size()) return {};
  return base::Fail(
      "NodeNames: this extender has no view of the cluster; give it credentials, or set "
      "nodeCacheCapable to false so that requests hold the nodes");
}

}  // namespace

// One cluster with its engine.
struct GivenClusters::Given {
  cluster::Cluster cluster;
  std::unique_ptr<queue::Profiles> profiles;
  std::unique_ptr<Engine> engine;
  struct Known {
    NodePtr node;
    cluster::NodeIndex row = 0;
    std::uint64_t seen = 0;  // in which update
  };
  boost::unordered_flat_map<std::string_view, Known> known;  // by name, a view of the node's
  std::uint64_t updates = 0;
  std::size_t changes = 0;

  static Result<std::unique_ptr<Given>> Make(const config::Configuration& config,
                                             const framework::Registry& registry) {
    auto given = std::make_unique<Given>();
    BERTH_ASSIGN(given->profiles, queue::Profiles::Make(config, registry, given->cluster));
    given->engine = std::make_unique<Engine>(given->cluster, *given->profiles,
                                             config.profiles.front().scheduler_name);
    return given;
  }

  bool IsWornOut() const { return cluster.classes.size() > kMostClasses || changes > kMostChanges; }

  // From now on there are these nodes and no others; of two with one name the last.
  void Become(std::span<const NodePtr> nodes) {
    ++updates;
    for (const NodePtr& node : nodes) Put(node);
    std::vector<std::string_view> gone;
    for (const auto& [name, entry] : known) {
      if (entry.seen != updates) gone.push_back(name);
    }
    for (const std::string_view name : gone) Remove(name);
  }

  void Put(const NodePtr& node) {
    const auto it = known.find(node->meta.name);
    if (it == known.end()) {
      ++changes;
      known.emplace(node->meta.name, Known{node, cluster.AddNode(node), updates});
      return;
    }
    const cluster::NodeIndex row = it->second.row;
    if (it->second.node == node) {
      it->second.seen = updates;
      return;
    }
    ++changes;
    const NodePtr before = it->second.node;  // the key is a view of its name
    known.erase(it);
    cluster.UpdateNode(row, node);
    known.emplace(node->meta.name, Known{node, row, updates});
  }

  void Remove(std::string_view name) {
    ++changes;
    const auto it = known.find(name);
    const NodePtr before = it->second.node;
    cluster.RemoveNode(it->second.row);
    known.erase(it);
  }
};

struct GivenClusters::Slot {
  std::unique_ptr<Given> given;
  std::vector<NodePtr> nodes;  // as they were last asked about
  std::shared_ptr<const NodeRows> rows;
  std::uint64_t fingerprint = 0;
  std::uint64_t used = 0;
  bool busy = false;
};

// One cluster for one question: that with the same nodes if it is free, else that which was not
// used for the longest time.
class GivenClusters::Lease {
 public:
  Lease(GivenClusters& owner, std::uint64_t fingerprint) : owner_(owner) {
    std::unique_lock lock(owner.mutex_);
    owner.free_.wait(lock, [&] { return Choose(fingerprint); });
    slot_->busy = true;
    slot_->used = ++owner.clock_;
  }
  ~Lease() {
    {
      const std::scoped_lock lock(owner_.mutex_);
      slot_->busy = false;
    }
    owner_.free_.notify_one();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // The engine over exactly these nodes.
  Result<Engine*> With(const Question& question, std::uint64_t fingerprint) {
    if (slot_->given->IsWornOut()) {
      slot_->rows.reset();
      BERTH_ASSIGN(slot_->given, Given::Make(owner_.config_, owner_.registry_));
    }
    if (slot_->rows == nullptr || !std::ranges::equal(slot_->nodes, question.nodes)) {
      slot_->given->Become(question.nodes);
      slot_->nodes.assign(question.nodes.begin(), question.nodes.end());
      slot_->fingerprint = fingerprint;
      slot_->rows = std::make_shared<const NodeRows>(
          FindRows(slot_->given->cluster.nodes, question.names->names.all));
    }
    return slot_->given->engine.get();
  }
  const std::shared_ptr<const NodeRows>& rows() const { return slot_->rows; }

 private:
  bool Choose(std::uint64_t fingerprint) {
    slot_ = nullptr;
    for (const auto& slot : owner_.slots_) {
      if (slot->busy) continue;
      const bool is_better = slot_ == nullptr || slot->fingerprint == fingerprint ||
                             (slot_->fingerprint != fingerprint && slot->used < slot_->used);
      if (is_better) slot_ = slot.get();
    }
    return slot_ != nullptr;
  }

  GivenClusters& owner_;
  Slot* slot_ = nullptr;
};

GivenClusters::GivenClusters(config::Configuration config, framework::Registry registry)
    : config_(std::move(config)), registry_(std::move(registry)) {}
GivenClusters::~GivenClusters() = default;

Result<std::unique_ptr<GivenClusters>> GivenClusters::Make(const config::Configuration& config,
                                                           const framework::Registry& registry,
                                                           std::size_t clusters) {
  std::unique_ptr<GivenClusters> made(new GivenClusters(config, registry));
  for (std::size_t i = 0; i < std::max<std::size_t>(clusters, 1); ++i) {
    auto slot = std::make_unique<Slot>();
    BERTH_ASSIGN(slot->given, Given::Make(made->config_, made->registry_));
    made->slots_.push_back(std::move(slot));
  }
  return made;
}

Result<FilterAnswer> GivenClusters::Filter(const Question& question) {
  BERTH_TRY(WantNodes(question));
  const std::uint64_t fingerprint = FingerprintOf(question.nodes);
  Lease lease(*this, fingerprint);
  BERTH_ASSIGN(Engine * engine, lease.With(question, fingerprint));
  return FilterAnswer{lease.rows(), engine->Filter(*question.pod, lease.rows()->known)};
}

Result<ScoreAnswer> GivenClusters::Score(const Question& question) {
  BERTH_TRY(WantNodes(question));
  const std::uint64_t fingerprint = FingerprintOf(question.nodes);
  Lease lease(*this, fingerprint);
  BERTH_ASSIGN(Engine * engine, lease.With(question, fingerprint));
  return ScoreAnswer{lease.rows(), engine->Score(*question.pod, lease.rows()->known)};
}

Result<std::vector<bool>> GivenClusters::FitsAfter(const api::Pod&,
                                                   std::span<const NodeVictims> victims) {
  return std::vector<bool>(victims.size(), true);
}

void GivenClusters::Bind(const ExtenderBindingArgs&,
                         std::function<void(const std::string& error)> done) {
  done("this extender has no credentials for the API server and cannot bind");
}

}  // namespace berth::webhook
