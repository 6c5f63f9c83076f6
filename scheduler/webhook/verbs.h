// The verbs of extender/v1 over HTTP.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/base/executor.h"
#include "scheduler/base/result.h"
#include "scheduler/metrics/registry.h"
#include "scheduler/serve/router.h"
#include "scheduler/webhook/node_memory.h"
#include "scheduler/webhook/oracle.h"
#include "scheduler/webhook/pod_memory.h"

namespace berth::webhook {

enum class Verb : std::uint8_t { kFilter, kPrioritize, kPreempt, kBind };
inline constexpr std::size_t kVerbCount = 4;

// "filter", ...: also the last part of the path.
std::string_view Name(Verb verb);

struct VerbOptions {
  std::vector<Verb> served = {Verb::kFilter, Verb::kPrioritize, Verb::kPreempt, Verb::kBind};
  // Of scores, what tells nodes apart; see RelativeHostPriorityListText.
  bool relative_scores = false;
  // Clients without a certificate get a 401: that of others was verified in the handshake.
  bool wants_certificate = false;
  // Before every answer: fails with what is missing yet, for a 503.
  std::function<base::Result<void>()> ready = [] { return base::Result<void>(); };
};

// Each request is read, answered and written on the thread that brings it, any number of them at a
// time; only the oracle decides what has to wait. What cannot be read gets a 400, with an Error
// where the answer of the verb has that field; what the oracle cannot answer an Error, or a 500
// where there is no such field. Thread-safe.
class Verbs {
 public:
  // All that is handed in outlives this.
  Verbs(Oracle& oracle, base::Executor& executor, metrics::Registry& registry,
        const base::Clock& clock, VerbOptions options);

  // POST /filter and so on. This outlives the router.
  void AddTo(serve::Router& router);

 private:
  struct Counted {
    metrics::Counter* ok = nullptr;
    metrics::Histogram* duration = nullptr;
  };
  using Answer = serve::HttpResponse (Verbs::*)(std::string_view body);

  void Handle(Verb verb, Answer answer, const serve::RequestPtr& request,
              const serve::Responder& respond);
  void HandleBind(const serve::RequestPtr& request, const serve::Responder& respond);
  // A refusal, if there is something against answering at all.
  std::optional<serve::HttpResponse> Refusal(const serve::HttpRequest& request) const;
  void Count(Verb verb, int status, base::Clock::Steady start);

  serve::HttpResponse Filter(std::string_view body);
  serve::HttpResponse Prioritize(std::string_view body);
  serve::HttpResponse Preempt(std::string_view body);

  // A question with what it views.
  struct Asked {
    ExtenderArgs args;
    std::vector<NodeMemory::NodePtr> nodes = {};
    Question question = {};
  };
  base::Result<Asked> Read(std::string_view body);

  Oracle& oracle_;
  const base::Clock& clock_;
  const VerbOptions options_;
  metrics::CounterFamily& requests_;
  std::array<Counted, kVerbCount> counted_ = {};
  NameLists name_lists_;
  PodMemory pods_;
  NodeMemory nodes_;
};

}  // namespace berth::webhook
