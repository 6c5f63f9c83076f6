#include "bench/workloads/workload.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/workloads/pod_fields.h"
#include "scheduler/config/field_error.h"
#include "scheduler/config/parse.h"
#include "scheduler/config/reader.h"

namespace berth::bench {
namespace {

using base::Result;
using config::Field;
using config::FieldError;
using config::FieldReader;
using config::Into;
using config::ReadObject;
using config::Value;
using Json = nlohmann::ordered_json;

namespace fs = std::filesystem;

// A slip of the keyboard, not a cluster.
constexpr std::int64_t kMaxObjects = 10'000'000;

// ---- Small values ----

// A whole number, or the name of a parameter.
Result<void> ReadNumber(const Field& field, const Parameters& parameters, std::int64_t& out) {
  const auto* name = field.value.As<std::string>();
  if (name == nullptr) return config::Read(field, out);
  const auto it = parameters.find(*name);
  if (it == parameters.end()) {
    return FieldError(field.path, "must be an integer or a parameter of this file, but is " +
                                      config::Quoted(*name));
  }
  out = it->second;
  return {};
}

Result<void> ReadFraction(const Field& field, std::optional<double>& out) {
  if (const auto* integer = field.value.As<std::int64_t>()) {
    out = static_cast<double>(*integer);
  } else if (const auto* number = field.value.As<double>()) {
    out = *number;
  }
  if (!out) return FieldError(field.path, "must be a number");
  if (!(*out >= 0 && *out <= 1e6)) return FieldError(field.path, "must be from 0 to 1,000,000");
  return {};
}

Result<void> CheckCount(const Field& field, std::int64_t count) {
  if (count < 0 || count > kMaxObjects) {
    return config::InvalidValue(field.path, count, "must be from 0 to 10,000,000");
  }
  return {};
}

// A FieldReader for a number that may be a parameter.
FieldReader NumberInto(std::int64_t& out, const Parameters& parameters) {
  return [&](const Field& field) { return ReadNumber(field, parameters, out); };
}

FieldReader CountNumberInto(std::int64_t& out, const Parameters& parameters) {
  return [&](const Field& field) -> Result<void> {
    BERTH_TRY(ReadNumber(field, parameters, out));
    return CheckCount(field, out);
  };
}

Result<void> ReadCount(const Field& field, const Parameters& parameters, Count& out) {
  if (field.value.As<Value::Map>() == nullptr) {
    return CountNumberInto(out.fixed, parameters)(field);
  }
  BERTH_TRY(ReadObject(
      field, {{"perNode", [&](const Field& number) { return ReadFraction(number, out.per_node); }},
              {"atLeast", CountNumberInto(out.at_least, parameters)},
              {"atMost", CountNumberInto(out.at_most, parameters)}}));
  if (!out.per_node) return config::RequiredValue(config::ChildPath(field.path, "perNode"));
  if (out.at_least > out.at_most) return FieldError(field.path, "atLeast is above atMost");
  return {};
}

FieldReader CountInto(Count& out, const Parameters& parameters) {
  return [&](const Field& field) { return ReadCount(field, parameters, out); };
}

FieldReader CountInto(std::optional<Count>& out, const Parameters& parameters) {
  return [&](const Field& field) { return ReadCount(field, parameters, out.emplace()); };
}

// ---- Values that differ from object to object ----

// They go into JSON text as they are.
bool IsPlain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return c == '"' || c == '\\' || c == '<' || c == '>' || static_cast<unsigned char>(c) < ' ';
  });
}

Result<void> ReadItems(const Field& field, ValueRule& rule) {
  BERTH_TRY(config::Read(field, rule.items));
  if (rule.items.empty()) return FieldError(field.path, "must not be empty");
  for (const auto& item : rule.items) {
    if (!IsPlain(item)) {
      return config::InvalidValue(field.path, item, "must be without \", \\, < and >");
    }
  }
  return {};
}

FieldReader ItemsInto(ValueRule& rule, ValueRule::Kind kind) {
  return [&rule, kind](const Field& field) {
    rule.kind = kind;
    return ReadItems(field, rule);
  };
}

Result<void> ReadBetween(const Field& field, const Parameters& parameters, ValueRule& rule) {
  std::vector<std::int64_t> bounds;
  BERTH_TRY(config::ReadList(field, [&](const Field& item) {
    return ReadNumber(item, parameters, bounds.emplace_back());
  }));
  if (bounds.size() != 2 || bounds[0] > bounds[1]) {
    return FieldError(field.path, "must be two numbers, the smaller one first");
  }
  rule.kind = ValueRule::Kind::kBetween;
  rule.from = bounds[0];
  rule.to = bounds[1];
  return {};
}

// That rule is one kind and not several, and its numbers can be computed with.
Result<void> CheckRule(const Field& field, const ValueRule& rule) {
  const auto* map = field.value.As<Value::Map>();
  const auto stands_alone = [](const Value::Member& member) {
    return member.name == "cycle" || member.name == "choice" || member.name == "between";
  };
  if (map->empty() || (map->size() > 1 && std::ranges::any_of(*map, stands_alone))) {
    return FieldError(field.path, "must be one of cycle, choice, between and from");
  }
  constexpr std::int64_t kLimit = 1'000'000'000'000;
  const bool in_range = rule.from >= -kLimit && rule.from <= kLimit && rule.step >= 0 &&
                        rule.step <= kLimit / 1'000 && rule.modulo > 0;
  if (!in_range) return FieldError(field.path, "numbers out of range");
  return {};
}

Result<void> ReadRule(const Field& field, const Parameters& parameters, ValueRule& rule) {
  const auto sequence = [&](std::int64_t& out) -> FieldReader {
    return [&](const Field& number) {
      rule.kind = ValueRule::Kind::kSequence;
      return ReadNumber(number, parameters, out);
    };
  };
  BERTH_TRY(ReadObject(
      field, {{"cycle", ItemsInto(rule, ValueRule::Kind::kCycle)},
              {"choice", ItemsInto(rule, ValueRule::Kind::kChoice)},
              {"between", [&](const Field& item) { return ReadBetween(item, parameters, rule); }},
              {"from", sequence(rule.from)},
              {"step", sequence(rule.step)},
              {"modulo", sequence(rule.modulo)}}));
  return CheckRule(field, rule);
}

// The values of a group and their names, by position.
struct Slots {
  std::vector<std::string> names;
  std::vector<ValueRule> rules;
};

Result<void> ReadValues(const Field& field, const Parameters& parameters, Slots& slots) {
  const auto* map = field.value.As<Value::Map>();
  if (map == nullptr) return FieldError(field.path, "must be a map");
  for (const auto& [name, value] : *map) {
    const std::string path = config::ChildPath(field.path, name);
    if (name == "index" || name == "name" ||
        std::ranges::find(slots.names, name) != slots.names.end()) {
      return FieldError(path, "this name is taken");
    }
    slots.names.push_back(name);
    BERTH_TRY(ReadRule({value, path}, parameters, slots.rules.emplace_back()));
  }
  return {};
}

// ---- Objects with placeholders ----

Json ToJson(const Value& value);

struct Converter {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(const Value::List& list) const {
    Json out = Json::array();
    for (const auto& item : list) out.push_back(ToJson(item));
    return out;
  }
  Json operator()(const Value::Map& map) const {
    Json out = Json::object();
    for (const auto& [name, value] : map) out[name] = ToJson(value);
    return out;
  }
  template <typename Scalar>
  Json operator()(const Scalar& scalar) const {
    return scalar;
  }
};

Json ToJson(const Value& value) { return std::visit(Converter(), value.data); }

// Amounts are text in Kubernetes, where files may have plain numbers.
Json AmountsToJson(const Value& value) {
  Json out = Json::object();
  for (const auto& [name, amount] : *value.As<Value::Map>()) {
    const auto* number = amount.As<std::int64_t>();
    out[name] = number != nullptr ? Json(std::to_string(*number)) : ToJson(amount);
  }
  return out;
}

constexpr std::pair<std::string_view, int> kBuiltIn[] = {{"index", kIndexSlot},
                                                         {"name", kNameSlot}};
// Only objects that are put together here have these; an underscore keeps them out of files.
constexpr std::pair<std::string_view, int> kInternal[] = {
    {"_node", kNodeSlot}, {"_replica", kReplicaSlot}, {"_replicas", kCountSlot}};

std::optional<int> SlotOf(std::string_view name, const Slots& slots) {
  for (const auto& [known, slot] : kBuiltIn) {
    if (name == known) return slot;
  }
  for (const auto& [known, slot] : kInternal) {
    if (name == known) return slot;
  }
  const auto it = std::ranges::find(slots.names, name);
  if (it == slots.names.end()) return std::nullopt;
  return static_cast<int>(it - slots.names.begin());
}

Result<Pieces> Cut(std::string_view text, const Slots& slots, const std::string& path) {
  Pieces pieces;
  while (true) {
    const auto open = text.find('<');
    if (open == std::string_view::npos) break;
    const auto close = text.find('>', open);
    if (close == std::string_view::npos) return FieldError(path, "has a '<' without a '>'");
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto slot = SlotOf(name, slots);
    if (!slot) return FieldError(path, "there is no value for <" + std::string(name) + ">");
    pieces.push_back({std::string(text.substr(0, open)), *slot});
    text.remove_prefix(close + 1);
  }
  pieces.push_back({std::string(text), kNoSlot});
  return pieces;
}

// What a group says, before it is put together.
struct RawGroup {
  const Value* labels = nullptr;
  const Value* taints = nullptr;
  const Value* allocatable = nullptr;
  const Value* requests = nullptr;
  const Value* spec = nullptr;
  const Value* selector = nullptr;
  std::string namespace_name = "default";
  Slots slots;
};

FieldReader KeepInto(const Value*& out, const FieldReader& check) {
  return [&out, check](const Field& field) {
    out = &field.value;
    return check(field);
  };
}

Json LabelsOf(const RawGroup& raw) {
  return raw.labels != nullptr ? ToJson(*raw.labels) : Json::object();
}

Json NodeJson(const RawGroup& raw) {
  Json labels = LabelsOf(raw);
  labels["kubernetes.io/hostname"] = "<name>";
  Json spec = Json::object();
  if (raw.taints != nullptr) spec["taints"] = ToJson(*raw.taints);
  Json amounts = Json{{"cpu", "4"}, {"memory", "32Gi"}, {"pods", "110"}};
  if (raw.allocatable != nullptr) amounts.update(AmountsToJson(*raw.allocatable));
  return {{"apiVersion", "v1"},
          {"kind", "Node"},
          {"metadata", {{"name", "<name>"}, {"labels", std::move(labels)}}},
          {"spec", std::move(spec)},
          {"status",
           {{"capacity", amounts},
            {"allocatable", amounts},
            {"conditions", Json::array({{{"type", "Ready"}, {"status", "True"}}})}}}};
}

Json PodSpecJson(const RawGroup& raw) {
  Json container = {{"name", "main"}, {"image", "registry.example/app:1"}};
  if (raw.requests != nullptr) container["resources"]["requests"] = AmountsToJson(*raw.requests);
  Json spec = raw.spec != nullptr ? ToJson(*raw.spec) : Json::object();
  spec["containers"] = Json::array({std::move(container)});
  return spec;
}

Json PodJson(const RawGroup& raw, bool running) {
  Json spec = PodSpecJson(raw);
  if (running) spec["nodeName"] = "<_node>";
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           {{"name", "<name>"}, {"namespace", raw.namespace_name}, {"labels", LabelsOf(raw)}}},
          {"spec", std::move(spec)},
          {"status", {{"phase", running ? "Running" : "Pending"}}}};
}

// The label by which a Deployment knows its pods.
constexpr const char* kDeploymentLabel = "deployment";

Json WorkloadMeta(const RawGroup& raw) {
  return {{"name", "<name>"}, {"namespace", raw.namespace_name}, {"uid", "<name>"}};
}

Json DeploymentJson(const RawGroup& raw) {
  Json labels = LabelsOf(raw);
  labels[kDeploymentLabel] = "<name>";
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", WorkloadMeta(raw)},
          {"spec",
           {{"replicas", "<_replicas>"},
            {"selector", {{"matchLabels", {{kDeploymentLabel, "<name>"}}}}},
            {"template", {{"metadata", {{"labels", labels}}}, {"spec", PodSpecJson(raw)}}}}}};
}

Json ReplicaSetJson(const RawGroup& raw) {
  Json object = DeploymentJson(raw);
  object["kind"] = "ReplicaSet";
  return object;
}

Json ReplicaJson(const RawGroup& raw) {
  Json pod = PodJson(raw, false);
  pod["metadata"]["name"] = "<name>-<_replica>";
  pod["metadata"]["labels"][kDeploymentLabel] = "<name>";
  pod["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "apps/v1"},
                                                     {"kind", "ReplicaSet"},
                                                     {"name", "<name>"},
                                                     {"uid", "<name>"},
                                                     {"controller", true}}});
  return pod;
}

// The number of replicas stands in JSON without quotes.
std::string Unquoted(std::string text) {
  constexpr std::string_view kQuoted = "\"<_replicas>\"";
  const auto at = text.find(kQuoted);
  return at == std::string::npos ? text : text.replace(at, kQuoted.size(), "<_replicas>");
}

Result<Pieces> CutJson(const Json& object, const RawGroup& raw, const std::string& path) {
  return Cut(Unquoted(object.dump()), raw.slots, path);
}

// ---- Groups ----

Result<void> CheckName(const Field& field, const std::string& name) {
  const bool good = !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (good) return {};
  return config::InvalidValue(field.path, name, "must be of lower-case letters, digits and -");
}

FieldReader NameInto(std::string& out) {
  return [&out](const Field& field) -> Result<void> {
    BERTH_TRY(config::Read(field, out));
    return CheckName(field, out);
  };
}

FieldReader ValuesInto(Slots& slots, const Parameters& parameters) {
  return [&](const Field& field) { return ReadValues(field, parameters, slots); };
}

using GroupReader = std::function<Result<void>(const Field&, const Parameters&, Group&)>;

Result<void> ReadNamespaceGroup(const Field& field, const Parameters& parameters, Group& group) {
  RawGroup raw;
  group.name = "namespace";
  BERTH_TRY(ReadObject(field, {{"name", NameInto(group.name)},
                               {"count", CountInto(group.count, parameters)},
                               {"values", ValuesInto(raw.slots, parameters)},
                               {"labels", KeepInto(raw.labels, CheckTexts)}}));
  Json labels = LabelsOf(raw);
  labels["kubernetes.io/metadata.name"] = "<name>";
  const Json object = {{"apiVersion", "v1"},
                       {"kind", "Namespace"},
                       {"metadata", {{"name", "<name>"}, {"labels", std::move(labels)}}}};
  BERTH_ASSIGN(group.object, CutJson(object, raw, field.path));
  group.values = std::move(raw.slots.rules);
  return {};
}

Result<void> ReadServiceGroup(const Field& field, const Parameters& parameters, Group& group) {
  RawGroup raw;
  group.name = "service";
  BERTH_TRY(ReadObject(field, {{"name", NameInto(group.name)},
                               {"count", CountInto(group.count, parameters)},
                               {"values", ValuesInto(raw.slots, parameters)},
                               {"namespace", Into(raw.namespace_name)},
                               {"selector", KeepInto(raw.selector, CheckTexts)}}));
  if (raw.selector == nullptr) {
    return config::RequiredValue(config::ChildPath(field.path, "selector"));
  }
  const Json object = {{"apiVersion", "v1"},
                       {"kind", "Service"},
                       {"metadata", {{"name", "<name>"}, {"namespace", raw.namespace_name}}},
                       {"spec", {{"selector", ToJson(*raw.selector)}}}};
  BERTH_ASSIGN(group.object, CutJson(object, raw, field.path));
  group.values = std::move(raw.slots.rules);
  return {};
}

Result<void> ReadNodeGroup(const Field& field, const Parameters& parameters, Group& group) {
  RawGroup raw;
  if (group.name.empty()) group.name = "node";
  group.count.per_node = 1;
  BERTH_TRY(ReadObject(field, {{"name", NameInto(group.name)},
                               {"count",
                                [&](const Field& count) {
                                  group.count = {};
                                  return ReadCount(count, parameters, group.count);
                                }},
                               {"values", ValuesInto(raw.slots, parameters)},
                               {"labels", KeepInto(raw.labels, CheckTexts)},
                               {"taints", KeepInto(raw.taints, CheckTaints)},
                               {"allocatable", KeepInto(raw.allocatable, CheckAmounts)}}));
  BERTH_ASSIGN(group.object, CutJson(NodeJson(raw), raw, field.path));
  group.values = std::move(raw.slots.rules);
  return {};
}

Result<void> ReadRunningGroup(const Field& field, const Parameters& parameters, Group& group) {
  RawGroup raw;
  group.name = "running";
  BERTH_TRY(ReadObject(
      field, {{"name", NameInto(group.name)},
              {"count", CountInto(group.count, parameters)},
              {"values", ValuesInto(raw.slots, parameters)},
              {"namespace", Into(raw.namespace_name)},
              {"labels", KeepInto(raw.labels, CheckTexts)},
              {"requests", KeepInto(raw.requests, CheckAmounts)},
              {"spec", KeepInto(raw.spec, CheckPodSpec)},
              {"place", [&](const Field& word) {
                 return config::ReadEnum(
                     word, {{"in-turn", Place::kInTurn}, {"random", Place::kRandom}}, group.place);
               }}}));
  BERTH_ASSIGN(group.object, CutJson(PodJson(raw, true), raw, field.path));
  group.values = std::move(raw.slots.rules);
  return {};
}

Result<void> ReadArrivalGroup(const Field& field, const Parameters& parameters, Group& group) {
  RawGroup raw;
  group.name = "pod";
  BERTH_TRY(ReadObject(field, {{"name", NameInto(group.name)},
                               {"count", CountInto(group.count, parameters)},
                               {"replicas", CountInto(group.replicas, parameters)},
                               {"values", ValuesInto(raw.slots, parameters)},
                               {"namespace", Into(raw.namespace_name)},
                               {"labels", KeepInto(raw.labels, CheckTexts)},
                               {"requests", KeepInto(raw.requests, CheckAmounts)},
                               {"spec", KeepInto(raw.spec, CheckPodSpec)}}));
  if (group.replicas) {
    BERTH_ASSIGN(group.deployment, CutJson(DeploymentJson(raw), raw, field.path));
    BERTH_ASSIGN(group.replica_set, CutJson(ReplicaSetJson(raw), raw, field.path));
    BERTH_ASSIGN(group.object, CutJson(ReplicaJson(raw), raw, field.path));
  } else {
    BERTH_ASSIGN(group.object, CutJson(PodJson(raw, false), raw, field.path));
  }
  group.values = std::move(raw.slots.rules);
  return {};
}

// Names of objects come from those of their groups.
Result<void> CheckDistinct(const Field& field, const std::vector<Group>& groups) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (names.insert(groups[i].name).second) continue;
    return config::DuplicateValue(config::ItemPath(field.path, i) + ".name", groups[i].name);
  }
  return {};
}

FieldReader GroupsInto(std::vector<Group>& out, const Parameters& parameters, GroupReader read) {
  return [&, read = std::move(read)](const Field& field) -> Result<void> {
    BERTH_TRY(config::ReadList(
        field, [&](const Field& item) { return read(item, parameters, out.emplace_back()); }));
    return CheckDistinct(field, out);
  };
}

// ---- The rest of the file ----

Result<void> ReadOperation(const Field& field, const Parameters& parameters, OperationRule& out) {
  using Kind = OperationRule::Kind;
  bool has_node = false;
  out.node.name = "added-node";
  BERTH_TRY(ReadObject(field, {{"do",
                                [&](const Field& word) {
                                  return config::ReadEnum(word,
                                                          {{"add-node", Kind::kAddNode},
                                                           {"remove-node", Kind::kRemoveNode},
                                                           {"delete-pod", Kind::kDeletePod}},
                                                          out.kind);
                                }},
                               {"every", NumberInto(out.every, parameters)},
                               {"node", [&](const Field& node) {
                                  has_node = true;
                                  return ReadNodeGroup(node, parameters, out.node);
                                }}}));
  if (out.every < 1) {
    return config::InvalidValue(config::ChildPath(field.path, "every"), out.every,
                                "must be at least 1");
  }
  if (has_node != (out.kind == Kind::kAddNode)) {
    return FieldError(config::ChildPath(field.path, "node"),
                      "must be there for add-node, and only there");
  }
  return {};
}

FieldReader OperationsInto(std::vector<OperationRule>& out, const Parameters& parameters) {
  return [&](const Field& field) {
    return config::ReadList(field, [&](const Field& item) {
      return ReadOperation(item, parameters, out.emplace_back());
    });
  };
}

Result<void> ReadParameters(const Field& field, Parameters& out) {
  const auto* map = field.value.As<Value::Map>();
  if (map == nullptr) return FieldError(field.path, "must be a map");
  for (const auto& [name, value] : *map) {
    BERTH_TRY(config::Read({value, config::ChildPath(field.path, name)}, out[name]));
  }
  return {};
}

// The parameters of the file with the values that the caller has for them.
Result<Parameters> EffectiveParameters(const Value& document, const Parameters& given) {
  Parameters parameters;
  if (const auto* map = document.As<Value::Map>()) {
    for (const auto& [name, value] : *map) {
      if (name == "parameters") BERTH_TRY(ReadParameters({value, name}, parameters));
    }
  }
  for (const auto& [name, value] : given) {
    const auto it = parameters.find(name);
    if (it == parameters.end()) return FieldError("parameters", "there is no " + name);
    it->second = value;
  }
  return parameters;
}

Result<void> ReadSizes(const Field& field, std::vector<std::int64_t>& out) {
  BERTH_TRY(config::Read(field, out));
  for (const auto size : out) {
    if (size < 1 || size > kMaxObjects) {
      return config::InvalidValue(field.path, size, "must be from 1 to 10,000,000");
    }
  }
  return {};
}

Result<void> ReadDocument(const Value& document, const Parameters& parameters, Workload& out) {
  const Field whole{document, ""};
  BERTH_TRY(
      ReadObject(whole, {{"description", Into(out.description)},
                         {"sizes", [&](const Field& field) { return ReadSizes(field, out.sizes); }},
                         {"parameters", [](const Field&) -> Result<void> { return {}; }},
                         {"namespaces", GroupsInto(out.namespaces, parameters, ReadNamespaceGroup)},
                         {"services", GroupsInto(out.services, parameters, ReadServiceGroup)},
                         {"nodes", GroupsInto(out.nodes, parameters, ReadNodeGroup)},
                         {"running", GroupsInto(out.running, parameters, ReadRunningGroup)},
                         {"arrivals", GroupsInto(out.arrivals, parameters, ReadArrivalGroup)},
                         {"order",
                          [&](const Field& field) {
                            return config::ReadEnum(field,
                                                    {{"written", Order::kWritten},
                                                     {"in-turn", Order::kInTurn},
                                                     {"shuffled", Order::kShuffled}},
                                                    out.order);
                          }},
                         {"operations", OperationsInto(out.operations, parameters)}}));
  if (out.description.empty()) return config::RequiredValue("description");
  if (out.nodes.empty()) return config::RequiredValue("nodes");
  if (out.arrivals.empty()) return config::RequiredValue("arrivals");
  std::vector<Group> pods = out.running;
  pods.insert(pods.end(), out.arrivals.begin(), out.arrivals.end());
  return CheckDistinct({document, "pods"}, pods);
}

bool IsWorkloadFile(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".json";
}

}  // namespace

std::int64_t Count::For(std::int64_t nodes) const {
  if (!per_node) return fixed;
  return std::clamp<std::int64_t>(std::llround(*per_node * static_cast<double>(nodes)), at_least,
                                  at_most);
}

Result<Workload> ParseWorkload(std::string_view text, const std::string& source,
                               const Parameters& parameters) {
  const auto fail = [&](const base::Error& error) { return std::unexpected(error.Within(source)); };
  auto document = config::ParseDocument(text);
  if (!document) return fail(document.error());
  auto effective = EffectiveParameters(*document, parameters);
  if (!effective) return fail(effective.error());
  Workload workload;
  workload.name = fs::path(source).stem();
  if (auto read = ReadDocument(*document, *effective, workload); !read) {
    return fail(read.error());
  }
  return workload;
}

Result<Workload> ReadWorkload(const std::string& path, const Parameters& parameters) {
  std::ifstream in(path, std::ios::binary);
  if (!in || fs::is_directory(path)) return base::Fail(path + ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return base::Fail(path + ": cannot be read");
  return ParseWorkload(text, path, parameters);
}

Result<std::vector<std::string>> ListWorkloads(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (IsWorkloadFile(entry.path())) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  if (files.empty()) return base::Fail(folder + ": there are no workload files");
  return files;
}

}  // namespace berth::bench
