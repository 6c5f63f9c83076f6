#include "scheduler/sharedobject/shared_object_plugin.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"
#include "scheduler/sharedobject/guard.h"
#include "scheduler/sharedobject/host.h"
#include "scoring/kernels.h"

namespace berth::sharedobject {
namespace {

using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::NodeStatus;
using framework::Normalization;
using framework::PluginState;
using framework::PodContext;
using framework::Status;

// Different texts that one plugin may give as reasons for one kind of pod.
constexpr std::size_t kMaxReasons = 1000;
constexpr std::int64_t kMaxScore = 100;

// The plugin's bits are the engine's.
static_assert(BERTH_ON_ALLOCATABLE == cluster::kAllocatableChange);
static_assert(BERTH_ON_LABELS == cluster::kLabelChange);
static_assert(BERTH_ON_TAINTS == cluster::kTaintChange);
static_assert(BERTH_ON_PODS == cluster::kPodResourceChange);
static_assert(BERTH_ON_EVERYTHING == cluster::kClusterWide);
static_assert(BERTH_ADDED == framework::kAdd && BERTH_DELETED == framework::kDelete);
static_assert(BERTH_NODE_ALLOCATABLE_UPDATED == framework::kUpdateNodeAllocatable);
static_assert(BERTH_NODE_LABELS_UPDATED == framework::kUpdateNodeLabel);
static_assert(BERTH_NODE_TAINTS_UPDATED == framework::kUpdateNodeTaint);
static_assert(BERTH_NODE_ANNOTATIONS_UPDATED == framework::kUpdateNodeAnnotation);
static_assert(BERTH_POD_LABELS_UPDATED == framework::kUpdatePodLabel);
static_assert(BERTH_ALL_ACTIONS == framework::kAllActions);

// A text of the plugin's, taken over while its call is still guarded.
class TakenText {
 public:
  void Take(berth_string text) {
    if (text.data == nullptr) return;
    size_ = text.size;
    if (size_ <= BERTH_MAX_TEXT) std::memcpy(bytes_.data(), text.data, size_);
  }
  bool IsTooLong() const { return size_ > BERTH_MAX_TEXT; }
  std::string text() const { return base::Printable({bytes_.data(), size_}); }

 private:
  std::array<char, BERTH_MAX_TEXT> bytes_;
  std::size_t size_ = 0;
};

// Lives as long as the process: what Plugin::Name promises.
std::string_view StaticText(const std::string& text) {
  static std::mutex mutex;
  static auto* texts = new std::set<std::string, std::less<>>();
  const std::lock_guard lock(mutex);
  return *texts->insert(text).first;
}

class SharedObjectPlugin;

struct State final : PluginState {
  explicit State(const SharedObjectPlugin& owner) : plugin(owner) {}
  ~State() override;

  const SharedObjectPlugin& plugin;
  void* pod = nullptr;
  bool is_open = false;
  bool skips_filter = false;
  // Scratch and texts, also for questions that change nothing.
  mutable NodeMask rows;
  mutable scoring::Column<std::int64_t> column;
  mutable std::set<std::string, std::less<>> reasons;
};

class SharedObjectPlugin final : public framework::Plugin {
 public:
  SharedObjectPlugin(std::shared_ptr<Library> library, const config::SharedObjectArgs& args)
      : library_(std::move(library)),
        does_(library_->plugin()),
        name_(StaticText(library_->name())),
        fails_pods_(args.on_failure == config::OnFailure::kFail),
        rules_{library_->code(), args.timeout} {}
  ~SharedObjectPlugin() override {
    if (is_created_ && does_.destroy != nullptr) {
      (void)Ask("destroy", [this] { does_.destroy(instance_); });
    }
  }

  base::Result<void> Create(const std::string& args) {
    if (does_.create == nullptr) return {};
    std::int32_t code = BERTH_OK;
    TakenText error;
    const bool answered = Ask("create", [&] {
      berth_string text = {};
      code = does_.create(&Host(), {args.data(), args.size()}, &instance_, &text);
      if (code != BERTH_OK) error.Take(text);
    });
    if (!answered) return base::Fail(library_->WhyRefused());
    const std::string who = "plugin \"" + library_->name() + "\" (" + library_->path() + ")";
    if (code != BERTH_OK && error.IsTooLong()) return base::Fail(who + ": create failed");
    if (code != BERTH_OK) return base::Fail(who + ": " + error.text());
    is_created_ = true;
    return {};
  }

  void ClosePod(void* pod) const {
    (void)Ask("pod_close", [&] { does_.pod_close(instance_, pod); });
  }

  std::string_view Name() const override { return name_; }

  void AppendKey(const PodContext& context, std::string& key) const override {
    base::AppendKey(key, library_->outages().load(std::memory_order_relaxed));
    if (does_.pod_key == nullptr) return Plugin::AppendKey(context, key);
    const berth_cycle cycle{context};
    const std::size_t start = key.size();
    key.resize(start + kUsualKeyBytes);
    std::size_t size = AskKey(cycle, key, start);
    if (size > kUsualKeyBytes) {
      key.resize(start + std::min<std::size_t>(size, BERTH_MAX_KEY));
      if (AskKey(cycle, key, start) != size) Refuse("pod_key gave two answers about one pod");
    }
    key.resize(start + (library_->IsRefused() ? 0 : size));
  }

  std::unique_ptr<PluginState> NewState(const PodContext& context) const override {
    auto state = std::make_unique<State>(*this);
    OpenPod({context}, *state);
    return state;
  }

  framework::Dependencies DependsOn() const override {
    return {does_.filter == nullptr ? cluster::kNoChange : does_.filter_depends_on,
            does_.score == nullptr ? cluster::kNoChange : does_.score_depends_on};
  }

  bool IsIdle(const PodContext&) const override { return !fails_pods_ && library_->IsRefused(); }

  const std::atomic<std::uint64_t>* Outages() const override { return &library_->outages(); }

  framework::PreFilterResult PreFilter(const PodContext& context,
                                       PluginState& plugin_state) const override {
    auto& state = static_cast<State&>(plugin_state);
    error_.clear();
    state.skips_filter = does_.filter == nullptr;
    const berth_cycle cycle{context};
    if (!state.is_open) OpenPod(cycle, state);
    if (auto trouble = Trouble(); !trouble.ok()) return {std::move(trouble), {}};
    if (library_->IsRefused()) return Skip(state);
    if (does_.pre_filter == nullptr) {
      return state.skips_filter ? Skip(state) : framework::PreFilterResult();
    }
    return AskPreFilter(cycle, state);
  }

  void Filter(const PodContext& context, PluginState& plugin_state,
              NodeMask& nodes) const override {
    auto& state = static_cast<State&>(plugin_state);
    if (state.skips_filter) return;
    state.rows = nodes;
    if (!AskFilter({context}, state)) return;
    if (state.rows.IsSubsetOf(nodes)) return std::swap(nodes, state.rows);
    Refuse("filter set bits that were not set before");
  }

  NodeStatus Explain(const PodContext& context, const PluginState& plugin_state,
                     NodeIndex node) const override {
    const auto& state = static_cast<const State&>(plugin_state);
    if (state.skips_filter || library_->IsRefused()) return {};
    const berth_cycle cycle{context};
    return does_.explain == nullptr ? FilterOne(cycle, state, node)
                                    : AskExplain(cycle, state, node);
  }

  framework::Rejections ExplainAll(const PodContext& context, const PluginState& state,
                                   const NodeMask& nodes) const override {
    framework::Rejections rejections;
    nodes.ForEach([&](NodeIndex node) {
      NodeStatus status = Explain(context, state, node);
      if (status.ok()) {
        Refuse("explain found nothing wrong with a node that filter has taken out");
        status = WithoutWords(static_cast<const State&>(state));
      }
      rejections.Add(node, status, nodes.size());
    });
    return rejections;
  }

  Status PreScore(const PodContext&, PluginState&, const NodeMask&) const override {
    if (auto trouble = Trouble(); !trouble.ok()) return trouble;
    if (does_.score == nullptr || library_->IsRefused()) return {Code::kSkip, {}};
    return {};
  }

  void Score(const PodContext& context, PluginState& plugin_state, const NodeMask& nodes,
             std::span<std::int64_t> out) const override {
    auto& state = static_cast<State&>(plugin_state);
    const berth_cycle cycle{context};
    const bool scored = AskCode("score", [&] {
      return does_.score(instance_, &cycle, state.pod, nodes.words(), nodes.word_count(),
                         out.data());
    });
    if (!scored || !IsInRange(RawRange(), nodes, out.data(), "score")) ClearWords(nodes, out);
  }

  void ScoreNodes(const PodContext& context, PluginState& plugin_state,
                  std::span<const NodeIndex> nodes, std::span<std::int64_t> scores) const override {
    auto& state = static_cast<State&>(plugin_state);
    const berth_cycle cycle{context};
    if (does_.score_rows == nullptr) return ScoreFew(cycle, state, nodes, scores);
    const bool scored = AskCode("score_rows", [&] {
      return does_.score_rows(instance_, &cycle, state.pod, nodes.data(), nodes.size(),
                              scores.data());
    });
    const Range range = RawRange();
    const auto fits = [&](std::int64_t score) { return range.low <= score && score <= range.high; };
    if (scored && std::ranges::all_of(scores, fits)) return;
    if (scored) RefuseRange("score_rows", range);
    std::ranges::fill(scores, 0);
  }

  Normalization Normalize() const override {
    switch (does_.normalization) {
      case BERTH_NORMALIZE_MAX:
        return Normalization::kByMax;
      case BERTH_NORMALIZE_REVERSE:
        return Normalization::kByMaxReverse;
      case BERTH_NORMALIZE_OWN:
        return Normalization::kOwn;
      default:
        return Normalization::kNone;
    }
  }

  void NormalizeScores(const PodContext& context, PluginState& plugin_state, const NodeMask& nodes,
                       std::span<std::int64_t> scores) const override {
    auto& state = static_cast<State&>(plugin_state);
    const berth_cycle cycle{context};
    const bool normalized = AskCode("normalize", [&] {
      return does_.normalize(instance_, &cycle, state.pod, nodes.words(), nodes.word_count(),
                             scores.data());
    });
    if (!normalized || !IsInRange({0, kMaxScore}, nodes, scores.data(), "normalize")) {
      ClearWords(nodes, scores);
    }
  }

  Status Reserve(const PodContext& context, PluginState& plugin_state, const api::Pod& pod,
                 NodeIndex node) const override {
    auto& state = static_cast<State&>(plugin_state);
    if (auto trouble = Trouble(); !trouble.ok()) return trouble;
    if (does_.reserve == nullptr || library_->IsRefused()) return {};
    const berth_cycle cycle{context, &pod};
    TakenText reason;
    const Status status = AskVerdict("reserve", reason, [&](berth_string* text) {
      return does_.reserve(instance_, &cycle, state.pod, node, text);
    });
    if (status.code == Code::kSkip) RefuseCode("reserve", BERTH_SKIP);
    if (auto trouble = Trouble(); !trouble.ok()) return trouble;
    return library_->IsRefused() ? Status() : status;
  }

  void Unreserve(const PodContext& context, PluginState& plugin_state, const api::Pod& pod,
                 NodeIndex node) const override {
    auto& state = static_cast<State&>(plugin_state);
    if (does_.unreserve == nullptr) return;
    const berth_cycle cycle{context, &pod};
    (void)Ask("unreserve", [&] { does_.unreserve(instance_, &cycle, state.pod, node); });
  }

  std::vector<framework::EventRegistration> EventsToRegister() const override {
    if (does_.event_count == 0) return Plugin::EventsToRegister();
    std::vector<framework::EventRegistration> events;
    for (const berth_event& event : events_) {
      events.push_back({{ResourceOf(event.resource), event.actions}, false});
    }
    return events;
  }

  base::Result<void> TakeEvents() {
    bool known = true;
    const bool answered = Ask("the list of events", [&] {
      for (std::uint32_t i = 0; i < does_.event_count; ++i) {
        const berth_event& event = does_.events[i];
        known = known && event.resource <= BERTH_NODES && event.actions != 0 &&
                (event.actions & ~BERTH_ALL_ACTIONS) == 0;
      }
    });
    if (!answered) return base::Fail(library_->WhyRefused());
    if (!known) return base::Fail(library_->path() + ": registers for events that there are not");
    events_.assign(does_.events, does_.events + does_.event_count);
    return {};
  }

 private:
  struct Range {
    std::int64_t low;
    std::int64_t high;
  };
  static constexpr std::size_t kUsualKeyBytes = 128;

  static framework::EventResource ResourceOf(std::uint32_t resource) {
    switch (resource) {
      case BERTH_PODS:
        return framework::EventResource::kPod;
      case BERTH_NODES:
        return framework::EventResource::kNode;
      default:
        return framework::EventResource::kAny;
    }
  }

  void Refuse(const std::string& reason) const { library_->Refuse(reason); }
  void RefuseRange(const std::string& what, Range range) const {
    Refuse(what + " gave a score that is not in " + std::to_string(range.low) + ".." +
           std::to_string(range.high));
  }
  void RefuseCode(const std::string& what, std::int32_t code) const {
    Refuse(what + " returned " + std::to_string(code) + ", which it may not");
  }

  // False if there is no answer, now or ever.
  template <typename Call>
  bool Ask(const char* what, Call&& call) const {
    if (library_->IsRefused()) return false;
    const CallEnd end = RunGuarded(rules_, call);
    if (!end.ok()) Refuse(std::string(what) + " " + end.Text());
    return end.ok();
  }

  // The same where only BERTH_OK is an answer. An error that the plugin reports is for this cycle;
  // what has been kept of it is void.
  template <typename Call>
  bool AskCode(const char* what, Call&& call) const {
    std::int32_t code = BERTH_OK;
    if (!Ask(what, [&] { code = call(); })) return false;
    if (code == BERTH_OK) return true;
    if (code != BERTH_ERROR) {
      RefuseCode(what, code);
      return false;
    }
    error_ = std::string(what) + " failed";
    library_->Void();
    return false;
  }

  // Success where there is no answer.
  template <typename Call>
  Status AskVerdict(const char* what, TakenText& reason, Call&& call) const {
    std::int32_t code = BERTH_OK;
    const bool answered = Ask(what, [&] {
      berth_string text = {};
      code = call(&text);
      if (code != BERTH_OK) reason.Take(text);
    });
    if (!answered || code == BERTH_OK) return {};
    if (reason.IsTooLong()) {
      Refuse(std::string(what) + " gave a reason of more than " + std::to_string(BERTH_MAX_TEXT) +
             " bytes");
      return {};
    }
    switch (code) {
      case BERTH_UNSCHEDULABLE:
        return {Code::kUnschedulable, {Words(reason)}};
      case BERTH_UNRESOLVABLE:
        return {Code::kUnschedulableAndUnresolvable, {Words(reason)}};
      case BERTH_SKIP:
        return {Code::kSkip, {}};
      case BERTH_ERROR:
        return {Code::kError, {Words(reason)}};
      default:
        RefuseCode(what, code);
        return {};
    }
  }

  std::string Words(const TakenText& reason) const {
    std::string text = reason.text();
    return text.empty() ? "rejected by plugin " + library_->name() : text;
  }

  // What stands in the way of placing a pod with this plugin.
  Status Trouble() const {
    if (fails_pods_ && library_->IsRefused()) return {Code::kError, {library_->WhyRefused()}};
    if (!error_.empty()) {
      return {Code::kError, {"plugin \"" + library_->name() + "\": " + error_}};
    }
    return {};
  }

  static framework::PreFilterResult Skip(State& state) {
    state.skips_filter = true;
    return {{Code::kSkip, {}}, {}};
  }

  void OpenPod(const berth_cycle& cycle, State& state) const {
    state.is_open = does_.pod_open == nullptr || AskCode("pod_open", [&] {
                      return does_.pod_open(instance_, &cycle, &state.pod);
                    });
  }

  std::size_t AskKey(const berth_cycle& cycle, std::string& key, std::size_t start) const {
    std::size_t size = 0;
    const bool answered = Ask("pod_key", [&] {
      size = does_.pod_key(instance_, &cycle, key.data() + start, key.size() - start);
    });
    if (!answered) return 0;
    if (size <= BERTH_MAX_KEY) return size;
    Refuse("pod_key gave a key of more than " + std::to_string(BERTH_MAX_KEY) + " bytes");
    return 0;
  }

  framework::PreFilterResult AskPreFilter(const berth_cycle& cycle, State& state) const {
    state.rows.Resize(cycle.context.nodes().rows());
    state.rows.ClearAll();
    berth_pre_filter_result result = {{}, 0, state.rows.words(), state.rows.word_count()};
    TakenText reason;
    Status status = AskVerdict("pre_filter", reason, [&](berth_string* text) {
      const std::int32_t code = does_.pre_filter(instance_, &cycle, state.pod, &result);
      *text = result.reason;
      return code;
    });
    const bool narrows = result.narrowed != 0 && status.ok();
    if (narrows && !state.rows.IsSubsetOf(cycle.context.nodes().alive())) {
      Refuse("pre_filter narrowed the nodes to rows that hold none");
    }
    if (auto trouble = Trouble(); !trouble.ok()) return {std::move(trouble), {}};
    if (library_->IsRefused() || status.code == Code::kSkip) return Skip(state);
    if (narrows) return {{}, state.rows};
    // What narrows nothing and filters nothing is not asked further.
    return status.ok() && state.skips_filter ? Skip(state)
                                             : framework::PreFilterResult{std::move(status), {}};
  }

  // Over state.rows.
  bool AskFilter(const berth_cycle& cycle, const State& state) const {
    return AskCode("filter", [&] {
      return does_.filter(instance_, &cycle, state.pod, state.rows.words(),
                          state.rows.word_count());
    });
  }

  NodeStatus FilterOne(const berth_cycle& cycle, const State& state, NodeIndex node) const {
    state.rows.Resize(cycle.context.nodes().rows());
    state.rows.ClearAll();
    state.rows.Set(node);
    if (!AskFilter(cycle, state)) return {};
    if (!state.rows.Any()) return WithoutWords(state);
    if (!state.rows.Test(node) || state.rows.Count() != 1) {
      Refuse("filter set bits that were not set before");
    }
    return {};
  }

  NodeStatus AskExplain(const berth_cycle& cycle, const State& state, NodeIndex node) const {
    std::int32_t code = BERTH_OK;
    TakenText reason;
    const bool answered = Ask("explain", [&] {
      berth_string text = {};
      code = does_.explain(instance_, &cycle, state.pod, node, &text);
      if (code != BERTH_OK) reason.Take(text);
    });
    if (!answered || code == BERTH_OK) return {};
    if (code != BERTH_UNSCHEDULABLE && code != BERTH_UNRESOLVABLE) {
      RefuseCode("explain", code);
      return {};
    }
    if (reason.IsTooLong() || state.reasons.size() >= kMaxReasons) {
      Refuse(reason.IsTooLong()
                 ? "explain gave a reason of more than " + std::to_string(BERTH_MAX_TEXT) + " bytes"
                 : "explain gave more than " + std::to_string(kMaxReasons) + " different reasons");
      return {};
    }
    return {
        code == BERTH_UNSCHEDULABLE ? Code::kUnschedulable : Code::kUnschedulableAndUnresolvable,
        {*state.reasons.insert(Words(reason)).first}};
  }

  // Of a node that filter has taken out and nobody says why.
  NodeStatus WithoutWords(const State& state) const {
    return {Code::kUnschedulable,
            {*state.reasons.insert("node(s) rejected by plugin " + library_->name()).first}};
  }

  void ScoreFew(const berth_cycle& cycle, State& state, std::span<const NodeIndex> nodes,
                std::span<std::int64_t> scores) const {
    const std::size_t rows = cycle.context.nodes().rows();
    if (state.column.size() != rows) state.column.Resize(rows);
    state.rows.Resize(rows);
    state.rows.ClearAll();
    for (const NodeIndex node : nodes) state.rows.Set(node);
    Score(cycle.context, state, state.rows,
          {state.column.data(), state.rows.word_count() * scoring::kRowsPerWord});
    for (std::size_t i = 0; i < nodes.size(); ++i) scores[i] = state.column[nodes[i]];
  }

  Range RawRange() const {
    switch (does_.normalization) {
      case BERTH_NORMALIZE_NONE:
        return {0, kMaxScore};
      case BERTH_NORMALIZE_OWN:
        return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
      default:
        return {0, BERTH_MAX_RAW_SCORE};
    }
  }

  bool IsInRange(Range range, const NodeMask& nodes, const std::int64_t* scores,
                 const char* what) const {
    const auto found = scoring::MinMaxOf(scores, nodes.words(), nodes.word_count());
    // No node at all is {max, min}.
    if (found.min > found.max || (range.low <= found.min && found.max <= range.high)) return true;
    RefuseRange(what, range);
    return false;
  }

  static void ClearWords(const NodeMask& nodes, std::span<std::int64_t> scores) {
    for (std::size_t word = 0; word < nodes.word_count(); ++word) {
      if (nodes.words()[word] == 0) continue;
      std::fill_n(scores.data() + word * scoring::kRowsPerWord, scoring::kRowsPerWord, 0);
    }
  }

  std::shared_ptr<Library> library_;
  const berth_plugin_v1& does_;
  std::string_view name_;
  bool fails_pods_;
  CallRules rules_;
  void* instance_ = nullptr;
  bool is_created_ = false;
  std::vector<berth_event> events_;
  // That the plugin has reported in this cycle. Calls about one instance never overlap.
  mutable std::string error_;
};

State::~State() {
  if (pod != nullptr) plugin.ClosePod(pod);
}

}  // namespace

base::Result<std::unique_ptr<framework::Plugin>> MakePlugin(std::shared_ptr<Library> library,
                                                            const config::SharedObjectArgs& args) {
  auto plugin = std::make_unique<SharedObjectPlugin>(std::move(library), args);
  BERTH_TRY(plugin->TakeEvents());
  BERTH_TRY(plugin->Create(args.args));
  return std::unique_ptr<framework::Plugin>(std::move(plugin));
}

}  // namespace berth::sharedobject
