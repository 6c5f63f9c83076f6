#include "scheduler/webhook/cluster_view.h"

#include <algorithm>
#include <utility>

#include "scheduler/live/pod_status.h"

namespace berth::webhook {

using base::Result;

ClusterView::ClusterView(kube::Client& client) : client_(client) {}
ClusterView::~ClusterView() = default;

Result<std::unique_ptr<ClusterView>> ClusterView::Make(const config::Configuration& config,
                                                       const framework::Registry& registry,
                                                       kube::Client& client,
                                                       const base::Clock& clock) {
  std::unique_ptr<ClusterView> view(new ClusterView(client));
  BERTH_ASSIGN(view->scheduler_,
               live::Scheduler::Make(config, registry, {}, client, clock, view->silence_,
                                     view->silence_, [] { return false; }));
  view->engine_ =
      std::make_unique<Engine>(view->scheduler_->cluster(), view->scheduler_->profiles(),
                               config.profiles.front().scheduler_name);
  return view;
}

void ClusterView::TakeNews() {
  const std::scoped_lock lock(mutex_);
  scheduler_->Step(false);
}

const std::shared_ptr<const NodeRows>& ClusterView::RowsOf(NameList& list) {
  const cluster::NodeTable& nodes = scheduler_->cluster().nodes;
  const std::uint64_t version = nodes.topology_version();
  if (list.rows == nullptr || list.version != version) {
    list.rows = std::make_shared<const NodeRows>(FindRows(nodes, list.names.all));
    list.version = version;
  }
  return list.rows;
}

std::shared_ptr<const api::Pod> ClusterView::Known(const std::shared_ptr<const api::Pod>& pod) {
  auto watched = scheduler_->pod_store().Find(live::KeyOf(pod->meta));
  const bool is_same = watched != nullptr && watched->meta.uid == pod->meta.uid &&
                       watched->meta.resource_version == pod->meta.resource_version;
  return is_same ? watched : pod;
}

Result<FilterAnswer> ClusterView::Filter(const Question& question) {
  const std::scoped_lock lock(mutex_);
  FilterAnswer answer{.rows = RowsOf(*question.names), .nodes = {}};
  answer.nodes = engine_->Filter(*Known(question.pod), answer.rows->known);
  return answer;
}

Result<ScoreAnswer> ClusterView::Score(const Question& question) {
  const std::scoped_lock lock(mutex_);
  ScoreAnswer answer{.rows = RowsOf(*question.names), .scores = {}};
  answer.scores = engine_->Score(*Known(question.pod), answer.rows->known);
  return answer;
}

// A victim that is not there (any more) is in nobody's way; a node that is not there is no place.
Result<std::vector<bool>> ClusterView::FitsAfter(const api::Pod& pod,
                                                 std::span<const NodeVictims> victims) {
  const std::scoped_lock lock(mutex_);
  const cluster::Cluster& cluster = scheduler_->cluster();
  std::vector<cycle::Departure> departures;
  std::vector<std::size_t> asked;  // which of the victims each departure is
  for (std::size_t i = 0; i < victims.size(); ++i) {
    const auto row = cluster.nodes.Find(victims[i].node);
    if (!row) continue;
    cycle::Departure& departure = departures.emplace_back(*row);
    asked.push_back(i);
    for (const std::string& uid : victims[i].uids) {
      const auto index = scheduler_->pods().IndexOf(uid);
      if (index && cluster.NodeOf(*index) == *row &&
          std::ranges::find(departure.pods, *index) == departure.pods.end()) {
        departure.pods.push_back(*index);
      }
    }
  }
  const std::vector<bool> fits = engine_->FitsAfter(pod, departures);
  std::vector<bool> all(victims.size());
  for (std::size_t i = 0; i < asked.size(); ++i) all[asked[i]] = fits[i];
  return all;
}

void ClusterView::Bind(const ExtenderBindingArgs& binding,
                       std::function<void(const std::string& error)> done) {
  api::Pod pod;
  pod.meta.name = binding.pod_name;
  pod.meta.namespace_name = binding.pod_namespace;
  pod.meta.uid = binding.pod_uid;
  framework::ApiWrite write = live::BindingOf(pod, binding.node);
  client_.Send(
      {.method = kube::Method::kPost, .path = std::move(write.path), .body = std::move(write.body)},
      [done = std::move(done)](const kube::Response& response) {
        done(response.ok() ? "" : kube::ErrorText(response));
      });
}

}  // namespace berth::webhook
