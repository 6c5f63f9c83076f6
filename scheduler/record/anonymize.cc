#include "scheduler/record/anonymize.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "scheduler/api/identify.h"
#include "scheduler/api/json_split.h"
#include "scheduler/api/reader.h"
#include "scheduler/record/project.h"
#include "scheduler/record/shape.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/ownership.h"

namespace berth::record {
namespace {

using base::Fail;
using base::Result;
using Json = nlohmann::json;

constexpr std::string_view kListSuffix = "List";
constexpr std::size_t kMaxReplicas = 100'000;

struct Item {
  std::string_view text;
  std::string_view api_version;
  std::string_view kind;
  const std::string* file;
};

// ---- Objects of files ----

// With what the list that it is in says of it.
Result<void> AddItems(std::string_view text, const std::string& file, std::size_t depth,
                      std::vector<Item>& items);

Result<void> AddItem(const api::JsonSpan& object, const api::JsonSpan& list,
                     const std::string& file, std::size_t depth, std::vector<Item>& items) {
  Item item{object.text, object.api_version, object.kind, &file};
  if (item.kind.empty() && list.kind.size() > kListSuffix.size()) {
    item.kind = list.kind.substr(0, list.kind.size() - kListSuffix.size());
  }
  if (item.api_version.empty()) item.api_version = list.api_version;
  if (item.kind.empty()) return Fail("an object has no kind");
  if (item.kind.ends_with(kListSuffix)) return AddItems(object.text, file, depth + 1, items);
  items.push_back(item);
  return {};
}

Result<void> AddItems(std::string_view text, const std::string& file, std::size_t depth,
                      std::vector<Item>& items) {
  if (depth > api::kMaxListDepth) return Fail("lists are nested too deeply");
  BERTH_ASSIGN(const auto documents, api::SplitJson(text));
  for (const api::JsonDocument& document : documents) {
    const bool is_list = document.object.kind.ends_with(kListSuffix) ||
                         (document.object.kind.empty() && document.has_items);
    if (!is_list) BERTH_TRY(AddItem(document.object, {}, file, depth, items));
    if (!is_list) continue;
    for (const api::JsonSpan& item : document.items) {
      BERTH_TRY(AddItem(item, document.object, file, depth, items));
    }
  }
  return {};
}

Result<std::vector<Item>> ItemsOf(const std::vector<simulate::JsonFile>& files) {
  std::vector<Item> items;
  for (const simulate::JsonFile& file : files) {
    if (auto added = AddItems(file.text.view(), file.name, 0, items); !added) {
      return std::unexpected(added.error().Within(file.name));
    }
  }
  return items;
}

std::unexpected<base::Error> FailAt(const Item& item, std::string_view what) {
  return Fail(*item.file + ": " + api::Identify(item.text, item.kind) + ": " + std::string(what));
}

// ---- Which workloads have their pods in the input ----

class Controlled {
 public:
  static Result<Controlled> In(const std::vector<simulate::JsonFile>& files,
                               base::Executor& executor) {
    api::Reader reader(executor);
    for (const simulate::JsonFile& file : files) BERTH_TRY(reader.ReadJson(file.text, file.name));
    const api::ClusterObjects objects = reader.Take();
    const simulate::Ownership ownership(objects);
    Controlled controlled;
    for (const api::Workload& workload : objects.workloads) {
      if (!ownership.Controls(workload)) continue;
      controlled.keys_.insert(KeyOf(simulate::KindName(workload.kind), workload.meta.namespace_name,
                                    workload.meta.name));
    }
    return controlled;
  }

  bool Has(const Item& item) const {
    return !keys_.empty() && keys_.contains(api::Identify(item.text, item.kind));
  }

 private:
  // As api::Identify says it.
  static std::string KeyOf(std::string_view kind, const std::string& space,
                           const std::string& name) {
    return std::string(kind) + " " + (space.empty() ? name : space + "/" + name);
  }

  std::set<std::string> keys_;
};

// ---- Names that controllers put together ----

const Json& MemberOf(const Json& object, const char* name) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

std::string NameIn(const Json& object) {
  const Json& name = MemberOf(object, "name");
  return name.is_string() ? name.get<std::string>() : std::string();
}

// Claims of generic ephemeral volumes are called POD-VOLUME.
Result<void> AddEphemeralClaims(const Json& pod, Names& names) {
  const std::string name = NameIn(MemberOf(pod, "metadata"));
  for (const Json& volume : MemberOf(MemberOf(pod, "spec"), "volumes")) {
    const std::string mount = NameIn(volume);
    if (!MemberOf(volume, "ephemeral").is_object() || name.empty() || mount.empty()) continue;
    BERTH_TRY(names.AddClaim(name + "-" + mount,
                             {{TextKind::kPod, name}, {TextKind::kVolumeName, mount}}));
  }
  return {};
}

std::size_t NumberOr(const Json& value, std::size_t otherwise) {
  return value.is_number_unsigned() ? value.get<std::size_t>() : otherwise;
}

// Those of a StatefulSet TEMPLATE-SET-ORDINAL.
Result<void> AddClaimsOfSet(const Json& set, Names& names) {
  const std::string name = NameIn(MemberOf(set, "metadata"));
  const Json& spec = MemberOf(set, "spec");
  const std::size_t count = std::min(NumberOr(MemberOf(spec, "replicas"), 1), kMaxReplicas);
  const std::size_t first = NumberOr(MemberOf(MemberOf(spec, "ordinals"), "start"), 0);
  for (const Json& claim : MemberOf(spec, "volumeClaimTemplates")) {
    const std::string mount = NameIn(MemberOf(claim, "metadata"));
    for (std::size_t i = first; i < first + count; ++i) {
      const std::string ordinal = std::to_string(i);
      BERTH_TRY(names.AddClaim(
          mount + "-" + name + "-" + ordinal,
          {{TextKind::kVolumeName, mount}, {TextKind::kOwner, name}, {TextKind::kKept, ordinal}}));
    }
  }
  return {};
}

Result<void> AddMadeNames(const Item& item, Names& names) {
  const auto has = [&](std::string_view word) {
    return item.text.find(word) != std::string_view::npos;
  };
  const bool is_pod = item.kind == "Pod" && has("\"ephemeral\"");
  const bool is_set = item.kind == "StatefulSet" && has("\"volumeClaimTemplates\"");
  if (!is_pod && !is_set) return {};
  const Json object = Json::parse(item.text, nullptr, false);
  const auto added = is_pod ? AddEphemeralClaims(object, names) : AddClaimsOfSet(object, names);
  return added ? Result<void>() : FailAt(item, added.error().message());
}

// ---- All together ----

constexpr std::array<std::string_view, 4> kDeviceKinds = {"ResourceSlice", "DeviceClass",
                                                          "ResourceClaim", "ResourceClaimTemplate"};

Result<void> CheckDevices(const Item& item, bool keep_devices) {
  const bool is_device = std::ranges::find(kDeviceKinds, item.kind) != kDeviceKinds.end();
  if (keep_devices || !is_device || ShapeOf(item.api_version, item.kind) == nullptr) return {};
  return FailAt(item,
                "expressions speak of drivers and attributes of devices; with --keep-devices they "
                "stay as they are");
}

struct Work {
  Item item;
  ShapePointer shape;
};

bool SelectsPods(std::string_view kind) {
  return kind == "ReplicaSet" || kind == "StatefulSet" || kind == "ReplicationController";
}

// A workload that has made its pods stays only where it says which pods belong together.
ShapePointer ShapeFor(const Item& item, const Controlled& controlled) {
  ShapePointer shape = ShapeOf(item.api_version, item.kind);
  if (shape == nullptr || !controlled.Has(item)) return shape;
  return SelectsPods(item.kind) ? LiveShapeOf(item.api_version, item.kind) : nullptr;
}

Result<std::vector<Work>> WorkOn(const std::vector<Item>& items, const Controlled& controlled,
                                 bool keep_devices, Anonymized& out) {
  std::vector<Work> work;
  for (const Item& item : items) {
    BERTH_TRY(CheckDevices(item, keep_devices));
    ShapePointer shape = ShapeFor(item, controlled);
    if (shape == nullptr) {
      ++out.dropped[ShapeOf(item.api_version, item.kind) ? std::string(item.kind) : "other kinds"];
    } else {
      work.push_back({item, std::move(shape)});
    }
  }
  return work;
}

Result<std::string> Run(const Work& work, Names& names) {
  auto projected =
      Project(work.item.text, {work.item.api_version, work.item.kind}, *work.shape, names);
  if (!projected) return FailAt(work.item, projected.error().message());
  return std::move(projected->json);
}

}  // namespace

Result<Anonymized> Anonymize(const AnonymizeOptions& options, KeyedHash hash,
                             base::Executor& executor) {
  BERTH_ASSIGN(const auto files, simulate::ReadAsJson(options.inputs));
  BERTH_ASSIGN(const Controlled controlled, Controlled::In(files, executor));
  BERTH_ASSIGN(const std::vector<Item> items, ItemsOf(files));
  Anonymized out;
  BERTH_ASSIGN(const std::vector<Work> work, WorkOn(items, controlled, options.keep_devices, out));
  out.names = std::make_unique<Names>(std::move(hash), options.keep);
  for (const Work& one : work) BERTH_TRY(AddMadeNames(one.item, *out.names));
  for (const Work& one : work) BERTH_TRY(Run(one, *out.names));
  out.names->Finish();
  out.text = R"({"kind":"List","apiVersion":"v1","items":[)";
  for (const Work& one : work) {
    BERTH_ASSIGN(const std::string json, Run(one, *out.names));
    out.text.append(out.objects++ == 0 ? "\n" : ",\n").append(json);
  }
  out.text += "\n]}\n";
  return out;
}

}  // namespace berth::record
