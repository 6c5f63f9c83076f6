#include "scheduler/extender/http_extender.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "scheduler/api/kind_reader.h"
#include "scheduler/extender/answers.h"
#include "scheduler/extender/requests.h"
#include "scheduler/kube/curl_client.h"

namespace berth::extender {
namespace {

using base::Fail;
using base::Result;
using cycle::ExtenderFilterResult;
using cycle::ExtenderNode;
using cycle::ExtenderVictims;
using cycle::ExtenderVictimsByNode;
using cycle::HostScore;

constexpr std::size_t kMaxAnswerBytes = std::size_t{256} << 20;
constexpr int kOk = 200;

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// What is wrong with an answer; empty if nothing is.
std::string ProblemOf(const kube::Response& response, const std::string& verb,
                      const std::string& url) {
  if (response.status == 0) return response.error;
  if (response.status == kOk) return "";
  return "failed " + verb + " with extender at URL " + url + ", code " +
         std::to_string(response.status);
}

class HttpExtender final : public cycle::Extender {
 public:
  HttpExtender(config::Extender config, std::unique_ptr<kube::Client> client,
               const ObjectTexts& texts)
      : config_(std::move(config)),
        texts_(texts),
        reader_("v1", "Node", specs_),
        client_(std::move(client)) {}

  const std::string& Name() const override { return config_.url_prefix; }
  bool IsIgnorable() const override { return config_.ignorable; }
  bool IsInterested(const api::Pod& pod) const override;
  bool IsFilter() const override { return !config_.filter_verb.empty(); }
  bool IsPrioritizer() const override { return !config_.prioritize_verb.empty(); }
  bool IsBinder() const override { return !config_.bind_verb.empty(); }
  bool SupportsPreemption() const override { return !config_.preempt_verb.empty(); }
  std::int64_t Weight() const override { return config_.weight; }

  Result<ExtenderFilterResult> Filter(const api::Pod& pod, const cluster::Cluster& cluster,
                                      std::span<const ExtenderNode> nodes) override;
  Result<std::vector<HostScore>> Prioritize(const api::Pod& pod, const cluster::Cluster& cluster,
                                            std::span<const ExtenderNode> nodes) override;
  Result<ExtenderVictimsByNode> Preempt(const api::Pod& pod, const cluster::Cluster& cluster,
                                        const ExtenderVictimsByNode& victims) override;
  void Bind(const api::Pod& pod, const std::string& node, Bound done) override;

 private:
  bool IsManaged(const api::ResourceList& list) const;
  bool AsksForManaged(const std::vector<api::Container>& containers) const;
  std::string Url(const std::string& verb) const {
    return WithoutSlash(config_.url_prefix) + "/" + verb;
  }
  kube::Request RequestOf(const std::string& verb, std::string body) const;
  // The body of the answer.
  Result<std::string> Ask(const std::string& verb, std::string body);
  Result<std::vector<ExtenderNode>> ByName(const std::vector<std::string>& names,
                                           const cluster::Cluster& cluster,
                                           std::span<const ExtenderNode> asked) const;
  Result<std::vector<ExtenderNode>> Returned(std::vector<std::string> objects,
                                             const cluster::Cluster& cluster);
  std::unexpected<base::Error> NotAsked(const std::string& node) const;
  Result<ExtenderVictims> VictimsOn(const std::string& node, const VictimsAnswer& answer,
                                    const cluster::Cluster& cluster) const;

  const config::Extender config_;
  const ObjectTexts& texts_;
  api::PodSpecTable specs_;
  api::KindReader reader_;  // of Filter, which is asked on one thread
  const std::unique_ptr<kube::Client> client_;
};

bool HttpExtender::IsManaged(const api::ResourceList& list) const {
  return std::ranges::any_of(list, [&](const auto& entry) {
    return std::ranges::find(config_.managed_resources, entry.first,
                             &config::ManagedResource::name) != config_.managed_resources.end();
  });
}

bool HttpExtender::AsksForManaged(const std::vector<api::Container>& containers) const {
  return std::ranges::any_of(containers, [&](const api::Container& container) {
    return IsManaged(container.resources.requests) || IsManaged(container.resources.limits);
  });
}

bool HttpExtender::IsInterested(const api::Pod& pod) const {
  return config_.managed_resources.empty() || AsksForManaged(pod.spec->containers) ||
         AsksForManaged(pod.spec->init_containers);
}

kube::Request HttpExtender::RequestOf(const std::string& verb, std::string body) const {
  kube::Request request{.method = kube::Method::kPost, .path = "/" + verb};
  request.body = std::move(body);
  // Less than a millisecond would be no limit at all.
  request.timeout = std::max(std::chrono::ceil<std::chrono::milliseconds>(config_.http_timeout),
                             std::chrono::milliseconds(1));
  return request;
}

Result<std::string> HttpExtender::Ask(const std::string& verb, std::string body) {
  kube::Response response = client_->Call(RequestOf(verb, std::move(body)));
  if (std::string problem = ProblemOf(response, verb, Url(verb)); !problem.empty()) {
    return Fail(std::move(problem));
  }
  return std::move(response.body);
}

// ---- Filter ----

std::unexpected<base::Error> HttpExtender::NotAsked(const std::string& node) const {
  return Fail("extender \"" + Name() + "\" claims a filtered node \"" + node +
              "\" which is not found in the input node list");
}

Result<std::vector<ExtenderNode>> HttpExtender::ByName(const std::vector<std::string>& names,
                                                       const cluster::Cluster& cluster,
                                                       std::span<const ExtenderNode> asked) const {
  std::map<cluster::NodeIndex, const ExtenderNode*> by_row;
  for (const ExtenderNode& node : asked) by_row[node.row] = &node;
  std::vector<ExtenderNode> nodes;
  for (const std::string& name : names) {
    const auto row = cluster.nodes.Find(name);
    const auto it = row ? by_row.find(*row) : by_row.end();
    if (it == by_row.end()) return NotAsked(name);
    nodes.push_back(*it->second);
  }
  return nodes;
}

Result<std::vector<ExtenderNode>> HttpExtender::Returned(std::vector<std::string> objects,
                                                         const cluster::Cluster& cluster) {
  std::vector<ExtenderNode> nodes;
  for (std::string& text : objects) {
    api::ClusterObjects read;
    if (auto done = reader_.ReadObject(api::PaddedText(text), read); !done) {
      return std::unexpected(done.error().Within("extender \"" + Name() + "\""));
    }
    api::Node& node = read.nodes.front();
    const auto row = cluster.nodes.Find(node.meta.name);
    if (!row) return NotAsked(node.meta.name);
    nodes.push_back({*row, std::make_shared<const cycle::ReturnedNode>(
                               cycle::ReturnedNode{std::move(node), std::move(text)})});
  }
  return nodes;
}

Result<ExtenderFilterResult> HttpExtender::Filter(const api::Pod& pod,
                                                  const cluster::Cluster& cluster,
                                                  std::span<const ExtenderNode> nodes) {
  const bool names_only = config_.node_cache_capable;
  BERTH_ASSIGN(const std::string text,
               Ask(config_.filter_verb, NodesQuestion(pod, cluster, nodes, names_only, texts_)));
  auto answer = ReadFilterAnswer(text);
  if (!answer) return std::unexpected(answer.error().Within(Url(config_.filter_verb)));
  if (!answer->error.empty()) return Fail(answer->error);
  ExtenderFilterResult result;
  if (names_only && answer->node_names) {
    BERTH_ASSIGN(result.nodes, ByName(*answer->node_names, cluster, nodes));
  } else if (answer->nodes) {
    BERTH_ASSIGN(result.nodes, Returned(*std::move(answer->nodes), cluster));
  }
  result.failed = std::move(answer->failed);
  result.unresolvable = std::move(answer->unresolvable);
  return result;
}

// ---- Prioritize ----

Result<std::vector<HostScore>> HttpExtender::Prioritize(const api::Pod& pod,
                                                        const cluster::Cluster& cluster,
                                                        std::span<const ExtenderNode> nodes) {
  BERTH_ASSIGN(const std::string text,
               Ask(config_.prioritize_verb,
                   NodesQuestion(pod, cluster, nodes, config_.node_cache_capable, texts_)));
  auto scores = ReadScores(text);
  if (!scores) return std::unexpected(scores.error().Within(Url(config_.prioritize_verb)));
  return scores;
}

// ---- Preempt ----

Result<ExtenderVictims> HttpExtender::VictimsOn(const std::string& node,
                                                const VictimsAnswer& answer,
                                                const cluster::Cluster& cluster) const {
  const auto row = cluster.nodes.Find(node);
  if (!row) return Fail("nodeinfo not found for node name \"" + node + "\"");
  ExtenderVictims victims{{}, answer.budgets_violated};
  const auto& there = cluster.PodsOn(*row);
  for (const std::string& uid : answer.uids) {
    const auto found = std::ranges::find_if(
        there, [&](cluster::PodIndex index) { return cluster.pod(index).meta.uid == uid; });
    if (found == there.end()) {
      return Fail("extender: " + Name() + " claims to preempt pod (UID: " + uid +
                  ") on node: " + node + ", but the pod is not found on that node");
    }
    victims.pods.push_back(*found);
  }
  return victims;
}

Result<ExtenderVictimsByNode> HttpExtender::Preempt(const api::Pod& pod,
                                                    const cluster::Cluster& cluster,
                                                    const ExtenderVictimsByNode& victims) {
  BERTH_ASSIGN(const std::string text,
               Ask(config_.preempt_verb,
                   VictimsQuestion(pod, cluster, victims, config_.node_cache_capable, texts_)));
  auto answer = ReadVictims(text);
  if (!answer) return std::unexpected(answer.error().Within(Url(config_.preempt_verb)));
  ExtenderVictimsByNode left;
  for (const auto& [node, on_node] : *answer) {
    BERTH_ASSIGN(left[node], VictimsOn(node, on_node, cluster));
  }
  return left;
}

// ---- Bind ----

void HttpExtender::Bind(const api::Pod& pod, const std::string& node, Bound done) {
  const std::string& verb = config_.bind_verb;
  client_->Send(RequestOf(verb, BindingQuestion(pod, node)),
                [done = std::move(done), url = Url(verb), verb](const kube::Response& response) {
                  std::string problem = ProblemOf(response, verb, url);
                  if (!problem.empty()) return done(Fail(std::move(problem)));
                  auto error = ReadBindingAnswer(response.body);
                  if (!error) return done(std::unexpected(error.error().Within(url)));
                  if (!error->empty()) return done(Fail(*std::move(error)));
                  done({});
                });
}

// ---- How it is reached ----

Result<kube::ClientConfig> ClientConfigOf(const config::Extender& extender) {
  const std::string& url = extender.url_prefix;
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return Fail("urlPrefix: neither http nor https: \"" + url + "\"");
  }
  kube::ClientConfig client;
  client.server = WithoutSlash(url);
  client.user_agent = "berth/extender";
  client.qps = 0;
  client.tries_again_later = false;
  client.max_response_bytes = kMaxAnswerBytes;
  const config::ExtenderTls tls = extender.tls.value_or(config::ExtenderTls());
  client.insecure_skip_tls_verify = tls.insecure;
  client.tls_server_name = tls.server_name;
  client.authority = {tls.ca_data, tls.ca_file};
  client.certificate = {tls.cert_data, tls.cert_file};
  client.key = {tls.key_data, tls.key_file};
  if (tls.insecure && !client.authority.empty()) {
    return Fail(
        "tlsConfig: specifying a root certificates file with the insecure flag is not "
        "allowed");
  }
  // As kube-scheduler has it: whoever is to be verified has to be named.
  if (extender.enable_https && client.authority.empty()) client.insecure_skip_tls_verify = true;
  return client;
}

Result<std::unique_ptr<cycle::Extender>> Make(const config::Extender& configured,
                                              const ObjectTexts& texts, const base::Clock& clock) {
  BERTH_ASSIGN(kube::ClientConfig config, ClientConfigOf(configured));
  BERTH_ASSIGN(auto client, kube::MakeClient(std::move(config), clock));
  return std::make_unique<HttpExtender>(configured, std::move(client), texts);
}

}  // namespace

Result<cycle::Extenders> MakeExtenders(std::span<const config::Extender> configured,
                                       const ObjectTexts& texts, const base::Clock& clock) {
  cycle::Extenders extenders;
  for (std::size_t i = 0; i < configured.size(); ++i) {
    auto made = Make(configured[i], texts, clock);
    if (!made) {
      return std::unexpected(made.error().Within("extenders[" + std::to_string(i) + "]"));
    }
    extenders.push_back(*std::move(made));
  }
  std::ranges::stable_partition(extenders,
                                [](const auto& extender) { return !extender->IsIgnorable(); });
  return extenders;
}

}  // namespace berth::extender
