#include "scheduler/record/snapshot.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "scheduler/api/json_split.h"
#include "scheduler/api/rfc3339.h"
#include "scheduler/kube/escaped.h"
#include "scheduler/kube/watch_line.h"
#include "scheduler/record/kinds.h"
#include "scheduler/record/project.h"
#include "scheduler/record/shape.h"
#include "scheduler/simulate/recording.h"

namespace berth::record {
namespace {

using base::Fail;
using base::Result;
using live::WatchedKind;

constexpr int kPageSize = 500;
constexpr std::chrono::seconds kListTimeout{60};
constexpr int kMaxTries = 5;  // of a snapshot

enum class Listing : std::uint8_t { kDone, kAbsent, kForgotten, kUnknownVersion };

struct ListedObjects {
  ListedKind listed;
  std::vector<Projected> objects;
};

// Thrown away where a list has to begin anew.
class KindLister {
 public:
  KindLister(kube::Client& client, const std::atomic<bool>& interrupted, const WatchedKind& kind)
      : client_(client),
        interrupted_(interrupted),
        kind_(kind),
        shape_(LiveShapeOf(kind.api_version, kind.kind)) {}

  // `version`: exactly as it was then; empty: as it is now.
  Result<Listing> List(const std::string& version, ListedObjects& out) {
    out = {.listed = {kind_, "", {}}, .objects = {}};
    std::string next;
    do {
      if (interrupted_) return Fail("interrupted");
      const kube::Response response =
          client_.Call({.path = PageOf(version, next), .timeout = kListTimeout});
      if (const auto other = Otherwise(response)) return *other;
      if (!response.ok()) return FailWith(kube::ErrorText(response));
      auto metadata = kube::ReadListMetadata(response.body);
      if (!metadata) return FailWith(metadata.error().message());
      if (auto taken = TakeItems(response.body, out); !taken) {
        return FailWith(taken.error().message());
      }
      out.listed.version = std::move(metadata->resource_version);
      next = std::move(metadata->continue_token);
    } while (!next.empty());
    return Listing::kDone;
  }

 private:
  std::string PageOf(const std::string& version, const std::string& next) const {
    std::string path = std::string(kind_.path) + "?limit=" + std::to_string(kPageSize);
    if (!kind_.field_selector.empty()) {
      path += "&fieldSelector=" + kube::Escaped(kind_.field_selector);
    }
    // The token knows the version.
    if (!next.empty()) return path + "&continue=" + kube::Escaped(next);
    if (!version.empty()) path += "&resourceVersion=" + version + "&resourceVersionMatch=Exact";
    return path;
  }

  static std::optional<Listing> Otherwise(const kube::Response& response) {
    constexpr int kNotFound = 404;
    constexpr int kGone = 410;
    if (response.status == kNotFound) return Listing::kAbsent;
    if (response.status == kGone) return Listing::kForgotten;
    if (response.body.find("Too large resource version") != std::string::npos) {
      return Listing::kUnknownVersion;
    }
    return std::nullopt;
  }

  Result<void> TakeItems(const std::string& body, ListedObjects& out) const {
    BERTH_ASSIGN(const auto documents, api::SplitJson(body));
    if (documents.size() != 1) return Fail("the answer is not a list");
    SameTexts same;
    for (const api::JsonSpan& item : documents.front().items) {
      BERTH_ASSIGN(Projected object,
                   Project(item.text, {kind_.api_version, kind_.kind}, *shape_, same));
      out.listed.seen[object.Key()] = object.version;
      out.objects.push_back(std::move(object));
    }
    return {};
  }

  std::unexpected<base::Error> FailWith(const std::string& what) const {
    const auto slash = kind_.path.rfind('/');
    return Fail("list " + std::string(kind_.path.substr(slash + 1)) + ": " + what);
  }

  kube::Client& client_;
  const std::atomic<bool>& interrupted_;
  const WatchedKind& kind_;
  ShapePointer shape_;
};

// All kinds, in their order.
class ClusterLister {
 public:
  ClusterLister(kube::Client& client, const std::atomic<bool>& interrupted)
      : client_(client), interrupted_(interrupted) {}

  // False where the version was forgotten on the way.
  Result<bool> List(Snapshot& snapshot) {
    snapshot = {};
    node_names_.clear();
    for (const WatchedKind& kind : RecordedKinds()) {
      KindLister lister(client_, interrupted_, kind);
      ListedObjects found;
      BERTH_ASSIGN(Listing listing, lister.List(snapshot.version, found));
      if (listing == Listing::kUnknownVersion) {
        snapshot.at_once.emplace_back(kind.kind);
        BERTH_ASSIGN(listing, lister.List("", found));
      }
      if (listing == Listing::kForgotten) return false;
      if (listing == Listing::kAbsent) {
        snapshot.absent.emplace_back(kind.kind);
      } else {
        Take(std::move(found), snapshot);
      }
    }
    return true;
  }

 private:
  void Take(ListedObjects found, Snapshot& snapshot) {
    const std::string_view kind = found.listed.kind.kind;
    if (kind == "Node") {
      snapshot.version = found.listed.version;
      snapshot.nodes = found.objects.size();
      for (const Projected& node : found.objects) node_names_.insert(node.name);
    }
    if (kind == "Pod") ArrangePods(found.objects, snapshot);
    for (Projected& object : found.objects) snapshot.objects.push_back(std::move(object.json));
    snapshot.kinds.push_back(std::move(found.listed));
  }

  // By age, as a queue has those of one priority. Times of one form sort as texts.
  void ArrangePods(std::vector<Projected>& pods, Snapshot& snapshot) const {
    const auto has_lost_its_node = [&](const Projected& pod) {
      return !pod.node_name.empty() && !node_names_.contains(pod.node_name);
    };
    snapshot.pods_without_node = std::erase_if(pods, has_lost_its_node);
    snapshot.pods = pods.size();
    std::ranges::sort(pods, [](const Projected& a, const Projected& b) {
      return std::tie(a.created, a.namespace_name, a.name) <
             std::tie(b.created, b.namespace_name, b.name);
    });
  }

  kube::Client& client_;
  const std::atomic<bool>& interrupted_;
  std::unordered_set<std::string> node_names_;
};

}  // namespace

Result<Snapshot> TakeSnapshot(kube::Client& client, const std::atomic<bool>& interrupted) {
  ClusterLister lister(client, interrupted);
  Snapshot snapshot;
  for (int i = 0; i < kMaxTries; ++i) {
    BERTH_ASSIGN(const bool whole, lister.List(snapshot));
    if (whole && snapshot.version.empty())
      return Fail("list nodes: the API server does not serve them");
    if (whole) return snapshot;
  }
  return Fail("the API server forgets versions sooner than all can be listed, " +
              std::to_string(kMaxTries) + " times in a row");
}

std::string SnapshotText(const Snapshot& snapshot, std::int64_t taken_at_nanoseconds) {
  std::string text(simulate::kRecordingStart);
  text += R"({"format":"berth/v1alpha1","taken":")" + api::FormatRfc3339(taken_at_nanoseconds);
  text += R"(","resourceVersion":")" + snapshot.version + R"("},"items":[)";
  for (std::size_t i = 0; i < snapshot.objects.size(); ++i) {
    text.append(i == 0 ? "\n" : ",\n").append(snapshot.objects[i]);
  }
  text += simulate::kSnapshotEnd;
  return text;
}

}  // namespace berth::record
