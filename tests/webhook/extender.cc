#include "tests/webhook/extender.h"

#include <gtest/gtest.h>

#include <utility>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/live/informer.h"

namespace berth::webhook {
namespace {

// Hands on to a view that somebody else owns.
class Forwarding final : public Oracle {
 public:
  explicit Forwarding(Oracle& to) : to_(to) {}
  base::Result<FilterAnswer> Filter(const Question& question) override {
    return to_.Filter(question);
  }
  base::Result<ScoreAnswer> Score(const Question& question) override { return to_.Score(question); }
  base::Result<std::vector<bool>> FitsAfter(const api::Pod& pod,
                                            std::span<const NodeVictims> victims) override {
    return to_.FitsAfter(pod, victims);
  }
  void Bind(const ExtenderBindingArgs& binding,
            std::function<void(const std::string& error)> done) override {
    to_.Bind(binding, std::move(done));
  }

 private:
  Oracle& to_;
};

}  // namespace

Json NodeJson(const std::string& name, const NodeFields& fields) {
  const Json room = {{"cpu", fields.cpu}, {"memory", "8Gi"}, {"pods", "10"}};
  Json node = {{"metadata", {{"name", name}}},
               {"spec", Json::object()},
               {"status", {{"capacity", room}, {"allocatable", room}}}};
  if (!fields.padding.empty()) node["metadata"]["annotations"]["padding"] = fields.padding;
  if (fields.is_tainted) {
    node["spec"]["taints"] = Json::array({{{"key", "k"}, {"effect", "NoSchedule"}}});
  }
  return node;
}

Json PodJson(const std::string& name, const std::string& cpu, const std::string& node) {
  Json pod = {{"metadata", {{"name", name}, {"namespace", "default"}, {"uid", "uid-" + name}}},
              {"spec",
               {{"schedulerName", "default-scheduler"},
                {"containers",
                 Json::array({{{"name", "c"}, {"resources", {{"requests", {{"cpu", cpu}}}}}}})}}}};
  if (!node.empty()) pod["spec"]["nodeName"] = node;
  return pod;
}

std::string ByName(const Json& pod, const std::vector<std::string>& names) {
  return Json{{"Pod", pod}, {"Nodes", nullptr}, {"NodeNames", names}}.dump();
}

std::string WithNodes(const Json& pod, const std::vector<Json>& nodes) {
  const Json list = {{"metadata", Json::object()}, {"items", nodes}};
  return Json{{"Pod", pod}, {"Nodes", list}, {"NodeNames", nullptr}}.dump();
}

std::string PostText(std::string_view verb, std::string_view body) {
  return "POST /" + std::string(verb) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

Extender::Extender(std::unique_ptr<Oracle> oracle, VerbOptions options,
                   serve::HttpServerOptions server)
    : oracle_(std::move(oracle)),
      verbs_(std::make_unique<Verbs>(*oracle_, *executor_, registry, clock_, std::move(options))) {
  verbs_->AddTo(router_);
  server.bind_address = "127.0.0.1";
  auto started = serve::HttpServer::Start(server, [this](const auto& request, const auto& respond) {
    router_.Answer(request, respond);
  });
  EXPECT_TRUE(started.has_value()) << started.error().message();
  server_ = *std::move(started);
}

serve::Answer Extender::Post(std::string_view verb, std::string_view body) const {
  serve::TestClient client(port());
  client.Send(PostText(verb, body));
  return client.Read();
}

Json Extender::Ask(std::string_view verb, std::string_view body) const {
  const serve::Answer answer = Post(verb, body);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/json");
  return Json::parse(answer.body);
}

std::unique_ptr<Oracle> GivenOracle(const config::Configuration& config, std::size_t clusters) {
  auto made = GivenClusters::Make(config, plugins::MakeRegistry(), clusters);
  EXPECT_TRUE(made.has_value()) << made.error().message();
  return *std::move(made);
}

std::unique_ptr<Oracle> GivenOracle(std::size_t clusters) {
  return GivenOracle(config::DefaultConfiguration(), clusters);
}

WatchedCluster::WatchedCluster() : WatchedCluster(config::DefaultConfiguration()) {}

WatchedCluster::WatchedCluster(const config::Configuration& config) {
  auto made = ClusterView::Make(config, plugins::MakeRegistry(), api, clock);
  EXPECT_TRUE(made.has_value()) << made.error().message();
  view = *std::move(made);
  live::Scheduler& scheduler = view->scheduler();
  const auto changed = [&scheduler](auto change) {
    scheduler.objects().Changed(std::move(change));
  };
  nodes_ = std::make_unique<live::Informer<api::Node>>(scheduler.inbox(), scheduler.node_store(),
                                                       specs_, changed, [] {});
  pods_ = std::make_unique<live::Informer<api::Pod>>(scheduler.inbox(), scheduler.pod_store(),
                                                     specs_, changed, [] {});
}

void WatchedCluster::Show() {
  while (api.Show(support::kNodes, *nodes_)) {
  }
  while (api.Show(support::kPods, *pods_)) {
  }
  view->TakeNews();
}

std::unique_ptr<Oracle> WatchedCluster::oracle() { return std::make_unique<Forwarding>(*view); }

}  // namespace berth::webhook
