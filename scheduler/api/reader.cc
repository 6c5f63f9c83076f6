#include "scheduler/api/reader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "scheduler/api/decode_objects.h"
#include "scheduler/api/identify.h"
#include "scheduler/api/json_split.h"
#include "scheduler/api/json_value.h"
#include "scheduler/api/yaml_to_json.h"

namespace berth::api {

using base::Error;
using base::Fail;
using base::Result;

static_assert(PaddedText::kPadding >= JsonParser::kPadding);

// One object that is to be decoded, or counted if `decoder` is nullptr.
struct ReadTask {
  std::string_view text;
  std::string_view kind;
  std::string_view api_version;
  ObjectDecoder decoder = nullptr;
};

namespace {

constexpr std::string_view kListSuffix = "List";

// Objects that one parser decodes in one go: enough to pay for its buffers.
constexpr std::size_t kBatchObjects = 256;

bool IsListKind(std::string_view kind) { return kind.ends_with(kListSuffix); }

// "Service.serving.knative.dev": a kind that may be called like one of ours.
std::string QualifiedKind(std::string_view api_version, std::string_view kind) {
  constexpr std::size_t kMaxKindBytes = 128;
  const auto slash = api_version.find('/');
  std::string name(kind.substr(0, kMaxKindBytes));
  if (slash == std::string_view::npos || FindDecoder("", kind) == nullptr) return name;
  return name + "." + std::string(api_version.substr(0, std::min(slash, kMaxKindBytes)));
}

// ---- From text to tasks ----

// Takes the lists apart, those in lists too.
class Flattener {
 public:
  explicit Flattener(std::string_view whole, std::vector<ReadTask>& tasks)
      : whole_(whole), tasks_(tasks) {}

  Result<void> Run(std::string_view text, std::size_t depth) {
    auto documents = SplitJson(text);
    if (!documents) return std::unexpected(std::move(documents).error());
    for (const JsonDocument& document : *documents) BERTH_TRY(Add(document, depth));
    return {};
  }

 private:
  Result<void> Add(const JsonDocument& document, std::size_t depth) {
    const JsonSpan& object = document.object;
    const bool list = IsListKind(object.kind) || (object.kind.empty() && document.has_items);
    if (!list) return Add(object, {}, depth);
    if (!document.has_items) return {};
    // The items of a PodList are Pods and need not say so; those of a List do.
    JsonSpan defaults;
    if (object.kind != kListSuffix && !object.kind.empty()) {
      defaults.kind = object.kind.substr(0, object.kind.size() - kListSuffix.size());
      defaults.api_version = object.api_version;
    }
    tasks_.reserve(tasks_.size() + document.items.size());
    for (const JsonSpan& item : document.items) BERTH_TRY(Add(item, defaults, depth));
    return {};
  }

  Result<void> Add(const JsonSpan& object, const JsonSpan& defaults, std::size_t depth) {
    ReadTask task{object.text, object.kind, object.api_version, nullptr};
    if (task.kind.empty()) task.kind = defaults.kind;
    if (task.api_version.empty()) task.api_version = defaults.api_version;
    if (task.kind.empty()) return FailAt(object, "an object has no kind");
    if (IsListKind(task.kind)) return AddNested(object, depth);
    task.decoder = FindDecoder(task.api_version, task.kind);
    tasks_.push_back(task);
    return {};
  }

  Result<void> AddNested(const JsonSpan& object, std::size_t depth) {
    if (depth >= kMaxListDepth) return FailAt(object, "lists are nested too deeply");
    return Run(object.text, depth + 1);
  }

  std::unexpected<Error> FailAt(const JsonSpan& object, std::string_view what) const {
    const auto offset = static_cast<std::size_t>(object.text.data() - whole_.data());
    return Fail(LineAndColumn(whole_, offset) + ": " + std::string(what));
  }

  std::string_view whole_;
  std::vector<ReadTask>& tasks_;
};

template <typename T>
void MoveAppend(std::vector<T>& from, std::vector<T>& to) {
  if (to.capacity() == 0) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
  std::vector<T>().swap(from);
}

void MoveAppend(StorageObjects& from, StorageObjects& to) {
  MoveAppend(from.claims, to.claims);
  MoveAppend(from.volumes, to.volumes);
  MoveAppend(from.classes, to.classes);
  MoveAppend(from.csi_nodes, to.csi_nodes);
  MoveAppend(from.csi_drivers, to.csi_drivers);
  MoveAppend(from.csi_capacities, to.csi_capacities);
  MoveAppend(from.attachments, to.attachments);
}

void MoveAppend(ClusterObjects& from, ClusterObjects& to) {
  MoveAppend(from.nodes, to.nodes);
  MoveAppend(from.pods, to.pods);
  MoveAppend(from.namespaces, to.namespaces);
  MoveAppend(from.services, to.services);
  MoveAppend(from.replication_controllers, to.replication_controllers);
  MoveAppend(from.replica_sets, to.replica_sets);
  MoveAppend(from.stateful_sets, to.stateful_sets);
  MoveAppend(from.priority_classes, to.priority_classes);
  MoveAppend(from.runtime_classes, to.runtime_classes);
  MoveAppend(from.pod_disruption_budgets, to.pod_disruption_budgets);
  MoveAppend(from.pod_groups, to.pod_groups);
  MoveAppend(from.resource_slices, to.resource_slices);
  MoveAppend(from.device_classes, to.device_classes);
  MoveAppend(from.resource_claims, to.resource_claims);
  MoveAppend(from.resource_claim_templates, to.resource_claim_templates);
  MoveAppend(from.workloads, to.workloads);
  MoveAppend(from.storage, to.storage);
  MoveAppend(from.node_origins, to.node_origins);
  MoveAppend(from.pod_origins, to.pod_origins);
  MoveAppend(from.workload_origins, to.workload_origins);
  MoveAppend(from.texts, to.texts);
  for (const auto& [kind, count] : from.ignored) to.ignored[kind] += count;
}

// ---- Decoding ----

// A run of tasks, decoded by one thread.
struct Batch {
  ClusterObjects objects;
  std::optional<Error> error;
};

class BatchDecoder {
 public:
  BatchDecoder(std::string_view whole, PodSpecTable& specs, bool keeps_texts)
      : whole_(whole), specs_(specs), keeps_texts_(keeps_texts) {}

  // Decodes one task; false when batch.error has been set.
  bool Run(const ReadTask& task, Origin origin, Batch& batch) {
    ClusterObjects& objects = batch.objects;
    if (task.decoder == nullptr) {
      ++objects.ignored[QualifiedKind(task.api_version, task.kind)];
      return true;
    }
    DecodeErrors errors;
    const JsonWalk walk = parser_.Read(
        task.text, [&](JsonValue value) { return task.decoder(errors, value, specs_, objects); });
    if (walk != JsonWalk::kDone) {
      batch.error = Describe(task, walk, errors);
      return false;
    }
    const bool has_text = objects.node_origins.size() < objects.nodes.size() ||
                          objects.pod_origins.size() < objects.pods.size();
    if (keeps_texts_ && has_text) objects.texts.emplace_back(origin.sequence, task.text);
    if (objects.node_origins.size() < objects.nodes.size()) objects.node_origins.push_back(origin);
    if (objects.pod_origins.size() < objects.pods.size()) objects.pod_origins.push_back(origin);
    if (objects.workload_origins.size() < objects.workloads.size()) {
      objects.workload_origins.push_back(origin);
    }
    return true;
  }

 private:
  Error Describe(const ReadTask& task, JsonWalk walk, const DecodeErrors& errors) {
    std::string what = errors.message();
    if (walk == JsonWalk::kMalformed || errors.malformed()) {
      const auto offset = static_cast<std::size_t>(task.text.data() - whole_.data());
      what = (what.empty() ? "malformed JSON" : what) + " (the object starts at " +
             LineAndColumn(whole_, offset) + ")";
    }
    return Error(what).Within(Identify(task.text, task.kind));
  }

  std::string_view whole_;
  PodSpecTable& specs_;
  bool keeps_texts_;
  JsonParser parser_;
};

}  // namespace

Result<void> Reader::ReadJson(const PaddedText& text, const std::string& source) {
  auto read = ReadDocuments(text, source);
  if (!read) return std::unexpected(read.error().Within(source));
  return {};
}

Result<void> Reader::ReadYaml(std::string_view text, const std::string& source) {
  auto json = YamlToJson(text);
  if (!json) return std::unexpected(json.error().Within(source));
  return ReadJson(*json, source);
}

Result<void> Reader::ReadDocuments(const PaddedText& text, const std::string& source) {
  std::vector<ReadTask> tasks;
  const std::string_view whole = text.view();
  BERTH_TRY(Flattener(whole, tasks).Run(whole, 0));
  StartSource(source);
  return Run(tasks, whole);
}

Result<void> Reader::Run(const std::vector<ReadTask>& tasks, std::string_view text) {
  const auto source = static_cast<std::uint32_t>(objects_.sources.size() - 1);
  std::vector<Batch> batches((tasks.size() + kBatchObjects - 1) / kBatchObjects);
  executor_.ParallelFor(batches.size(), 1, [&](std::size_t begin, std::size_t end) {
    BatchDecoder decoder(text, specs_, keeps_texts_);
    for (std::size_t b = begin; b < end; ++b) {
      const std::size_t last = std::min((b + 1) * kBatchObjects, tasks.size());
      for (std::size_t i = b * kBatchObjects; i < last; ++i) {
        const Origin origin{source, next_sequence_ + static_cast<std::uint32_t>(i)};
        if (!decoder.Run(tasks[i], origin, batches[b])) break;
      }
    }
  });
  next_sequence_ += static_cast<std::uint32_t>(tasks.size());
  std::size_t pods = objects_.pods.size();
  for (const Batch& batch : batches) pods += batch.objects.pods.size();
  objects_.pods.reserve(pods);
  for (Batch& batch : batches) {
    if (batch.error) return std::unexpected(*std::move(batch.error));
    MoveAppend(batch.objects, objects_);
  }
  return {};
}

void Reader::StartSource(const std::string& source) { objects_.sources.push_back(source); }

Origin Reader::NextOrigin() {
  return {static_cast<std::uint32_t>(objects_.sources.size() - 1), next_sequence_++};
}

void Reader::Add(Node node) {
  objects_.nodes.push_back(std::move(node));
  objects_.node_origins.push_back(NextOrigin());
}

void Reader::Add(Pod pod) {
  objects_.pods.push_back(std::move(pod));
  objects_.pod_origins.push_back(NextOrigin());
}

ClusterObjects Reader::Take() { return std::exchange(objects_, ClusterObjects()); }

}  // namespace berth::api
