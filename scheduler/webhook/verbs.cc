#include "scheduler/webhook/verbs.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "scheduler/webhook/answers.h"
#include "scheduler/webhook/go_string.h"

namespace berth::webhook {

using base::Result;
using serve::HttpResponse;

namespace {

constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kUnauthorized = 401;
constexpr int kServerError = 500;
constexpr int kUnavailable = 503;
constexpr std::int64_t kTopScore = 10;
constexpr std::string_view kNotKnown = "node(s) not known to the extender";

// After larger texts a parser's memory is given back.
constexpr std::size_t kUsualBody = 4 << 20;

// One a thread, kept for its memory.
api::JsonParser& ThreadParser() {
  thread_local std::unique_ptr<api::JsonParser> parser = std::make_unique<api::JsonParser>();
  return *parser;
}

// The parser for one text.
class BorrowedParser {
 public:
  explicit BorrowedParser(std::size_t text_size) {
    if (text_size > kUsualBody) own_ = std::make_unique<api::JsonParser>();
  }
  api::JsonParser& operator*() { return own_ != nullptr ? *own_ : ThreadParser(); }

 private:
  std::unique_ptr<api::JsonParser> own_;
};

HttpResponse Json(std::string body, int status = kOk) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.content_type = "application/json";
  return response;
}

HttpResponse FilterError(const base::Error& error, int status) {
  return Json(FilterResultText({.error = error.message()}), status);
}

// The body with readable bytes behind it: as it came, or a copy.
class PaddedBody {
 public:
  explicit PaddedBody(const std::string& body) : view_(body) {
    if (body.capacity() - body.size() >= api::JsonParser::kPadding) return;
    copy_.reserve(body.size() + api::JsonParser::kPadding);
    copy_ = body;
    view_ = copy_;
  }
  std::string_view view() const { return view_; }

 private:
  std::string copy_;
  std::string_view view_;
};
static_assert(serve::kBodyPadding >= api::JsonParser::kPadding);

// What a filter came to, by position in the request.
class Verdicts {
 public:
  explicit Verdicts(const FilterAnswer& answer) : answer_(answer) {
    if (answer.nodes.rejected.empty()) return;
    which_.resize(answer.nodes.feasible.size());
    for (std::size_t i = 0; i < answer.nodes.rejected.size(); ++i) {
      answer.nodes.rejected[i].nodes.ForEach([&](scoring::NodeIndex row) { which_[row] = i; });
    }
  }

  bool AllPass() const { return answer_.rows->all_known && which_.empty(); }
  bool Passes(std::size_t position) const {
    const auto row = answer_.rows->rows[position];
    return row != kUnknownRow && answer_.nodes.feasible.Test(row);
  }
  // Of a node that does not pass.
  void AddTo(std::size_t position, std::string_view name, ExtenderFilterResult& result) const {
    const auto row = answer_.rows->rows[position];
    if (row == kUnknownRow) {
      result.failed_and_unresolvable.emplace_back(name, kNotKnown);
      return;
    }
    const cycle::RejectedNodes& why = answer_.nodes.rejected[which_[row]];
    (why.unresolvable ? result.failed_and_unresolvable : result.failed)
        .emplace_back(name, why.reason);
  }

 private:
  const FilterAnswer& answer_;
  std::vector<std::size_t> which_;  // of the rejected groups, by row
};

HttpResponse FilterResponse(const ExtenderArgs& args, const NameList& list,
                            const FilterAnswer& answer) {
  const Verdicts verdicts(answer);
  const bool by_name = args.node_names.has_value();
  ExtenderFilterResult result;
  if (verdicts.AllPass()) {
    if (by_name) {
      result.node_names = *args.node_names;
    } else {
      result.nodes = *args.nodes;
    }
    return Json(FilterResultText(std::move(result)));
  }
  std::string names = "[";
  if (!by_name) result.nodes.emplace();
  for (std::size_t i = 0; i < list.names.all.size(); ++i) {
    if (!verdicts.Passes(i)) {
      verdicts.AddTo(i, list.names.all[i], result);
    } else if (!by_name) {
      result.nodes->push_back((*args.nodes)[i]);
    } else {
      if (names.size() > 1) names += ',';
      AppendGoString(list.names.all[i], names);
    }
  }
  names += ']';
  if (by_name) result.node_names = names;
  return Json(FilterResultText(std::move(result)));
}

// What may stand in a path: names of Kubernetes' objects.
Result<void> CheckName(std::string_view field, std::string_view name) {
  if (name.empty()) return base::Fail(std::string(field) + ": required");
  const bool is_name = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
  if (!is_name || name == "." || name == "..") {
    return base::Fail(std::string(field) + ": not a name of an object");
  }
  return {};
}

Result<ExtenderBindingArgs> ReadBinding(const std::string& text) {
  const PaddedBody body(text);
  BERTH_ASSIGN(ExtenderBindingArgs args, ReadBindingArgs(body.view(), ThreadParser()));
  BERTH_TRY(CheckName("PodName", args.pod_name));
  BERTH_TRY(CheckName("PodNamespace", args.pod_namespace));
  BERTH_TRY(CheckName("Node", args.node));
  return args;
}

}  // namespace

std::string_view Name(Verb verb) {
  switch (verb) {
    case Verb::kFilter:
      return "filter";
    case Verb::kPrioritize:
      return "prioritize";
    case Verb::kPreempt:
      return "preempt";
    case Verb::kBind:
      return "bind";
  }
  return "";
}

Verbs::Verbs(Oracle& oracle, base::Executor& executor, metrics::Registry& registry,
             const base::Clock& clock, VerbOptions options)
    : oracle_(oracle),
      clock_(clock),
      options_(std::move(options)),
      requests_(registry.AddCounter({.name = "berth_extender_requests_total",
                                     .help = "Requests of schedulers, by verb and HTTP status.",
                                     .stability = metrics::Stability::kUnmarked,
                                     .labels = {"verb", "code"}})),
      nodes_(executor) {
  auto& durations = registry.AddHistogram(
      {.name = "berth_extender_request_duration_seconds",
       .help = "From the last byte of a scheduler's request to the whole answer, in seconds.",
       .stability = metrics::Stability::kUnmarked,
       .labels = {"verb"}},
      metrics::ExponentialBuckets(0.0001, 2, 15));
  for (const Verb verb : options_.served) {
    const std::string name(Name(verb));
    counted_[static_cast<std::size_t>(verb)] = {&requests_.With({name, std::to_string(kOk)}),
                                                &durations.With({name})};
  }
}

void Verbs::AddTo(serve::Router& router) {
  for (const Verb verb : options_.served) {
    const std::string path = "/" + std::string(Name(verb));
    if (verb == Verb::kBind) {
      router.Add("POST", path, [this](const auto& request, const auto& respond) {
        HandleBind(request, respond);
      });
      continue;
    }
    const Answer answer = verb == Verb::kFilter       ? &Verbs::Filter
                          : verb == Verb::kPrioritize ? &Verbs::Prioritize
                                                      : &Verbs::Preempt;
    router.Add("POST", path, [this, verb, answer](const auto& request, const auto& respond) {
      Handle(verb, answer, request, respond);
    });
  }
}

std::optional<HttpResponse> Verbs::Refusal(const serve::HttpRequest& request) const {
  if (options_.wants_certificate && request.certificates == nullptr) {
    return serve::ErrorResponse(kUnauthorized, "a client certificate is required");
  }
  if (auto ready = options_.ready(); !ready) {
    return serve::ErrorResponse(kUnavailable, ready.error().message());
  }
  return std::nullopt;
}

void Verbs::Count(Verb verb, int status, base::Clock::Steady start) {
  const Counted& counted = counted_[static_cast<std::size_t>(verb)];
  counted.duration->Observe(clock_.Now() - start);
  if (status == kOk) return counted.ok->Increment();
  requests_.With({std::string(Name(verb)), std::to_string(status)}).Increment();
}

void Verbs::Handle(Verb verb, Answer answer, const serve::RequestPtr& request,
                   const serve::Responder& respond) {
  const auto start = clock_.Now();
  auto response = Refusal(*request);
  if (!response) response = (this->*answer)(PaddedBody(request->body).view());
  Count(verb, response->status, start);
  respond(*std::move(response));
}

void Verbs::HandleBind(const serve::RequestPtr& request, const serve::Responder& respond) {
  const auto start = clock_.Now();
  if (auto refusal = Refusal(*request)) {
    Count(Verb::kBind, refusal->status, start);
    return respond(*std::move(refusal));
  }
  const auto args = ReadBinding(request->body);
  if (!args) {
    Count(Verb::kBind, kBadRequest, start);
    return respond(Json(BindingResultText(args.error().message()), kBadRequest));
  }
  oracle_.Bind(*args, [this, respond, start](const std::string& error) {
    Count(Verb::kBind, kOk, start);
    respond(Json(BindingResultText(error)));
  });
}

Result<Verbs::Asked> Verbs::Read(std::string_view body) {
  BorrowedParser parser(body.size());
  Asked asked;
  BERTH_ASSIGN(asked.args, ReadExtenderArgs(body, *parser));
  BERTH_ASSIGN(asked.question.pod, pods_.Get(asked.args.pod));
  if (asked.args.node_names) {
    BERTH_ASSIGN(asked.question.names, name_lists_.Get(*asked.args.node_names, *parser));
    return asked;
  }
  if (!asked.args.nodes) return base::Fail("NodeNames: required, unless there are Nodes");
  BERTH_ASSIGN(asked.nodes, nodes_.Get(*asked.args.nodes));
  asked.question.names = std::make_shared<NameList>();
  auto& names = asked.question.names->names.all;
  names.reserve(asked.nodes.size());
  for (const auto& node : asked.nodes) names.emplace_back(node->meta.name);
  asked.question.nodes = asked.nodes;
  return asked;
}

HttpResponse Verbs::Filter(std::string_view body) {
  const auto asked = Read(body);
  if (!asked) return FilterError(asked.error(), kBadRequest);
  const auto answer = oracle_.Filter(asked->question);
  if (!answer) return FilterError(answer.error(), kOk);
  if (!answer->nodes.error.empty()) return FilterError(base::Error(answer->nodes.error), kOk);
  return FilterResponse(asked->args, *asked->question.names, *answer);
}

HttpResponse Verbs::Prioritize(std::string_view body) {
  const auto asked = Read(body);
  if (!asked) return serve::ErrorResponse(kBadRequest, asked.error().message());
  const auto answer = oracle_.Score(asked->question);
  if (!answer) return serve::ErrorResponse(kServerError, answer.error().message());
  const cycle::ScoredNodes& scores = answer->scores;
  if (!scores.error.empty()) return serve::ErrorResponse(kServerError, scores.error);
  std::vector<std::int64_t> out;
  out.reserve(answer->rows->rows.size());
  for (const auto row : answer->rows->rows) {
    const std::int64_t score = row == kUnknownRow ? 0 : scores.Scaled(row, kTopScore);
    out.push_back(std::clamp<std::int64_t>(score, 0, kTopScore));
  }
  const auto write =
      options_.relative_scores ? &RelativeHostPriorityListText : &HostPriorityListText;
  return Json(write(asked->question.names->names.all, out));
}

HttpResponse Verbs::Preempt(std::string_view body) {
  BorrowedParser parser(body.size());
  auto args = ReadPreemptionArgs(body, *parser);
  if (!args) return serve::ErrorResponse(kBadRequest, args.error().message());
  const auto pod = pods_.Get(args->pod);
  if (!pod) return serve::ErrorResponse(kBadRequest, pod.error().message());
  if (!args->victims) return Json(PreemptionResultText(std::nullopt));
  const auto fits = oracle_.FitsAfter(**pod, *args->victims);
  if (!fits) return serve::ErrorResponse(kServerError, fits.error().message());
  std::vector<NodeVictims> kept;
  for (std::size_t i = 0; i < fits->size(); ++i) {
    if ((*fits)[i]) kept.push_back(std::move((*args->victims)[i]));
  }
  return Json(PreemptionResultText(kept));
}

}  // namespace berth::webhook
