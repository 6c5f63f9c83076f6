// From the texts of one kind of object to changes on the scheduler's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/api/kind_reader.h"
#include "scheduler/base/log.h"
#include "scheduler/kube/reflector.h"
#include "scheduler/live/inbox.h"
#include "scheduler/live/object_store.h"
#include "scheduler/live/take_objects.h"
#include "scheduler/live/watched_kinds.h"

namespace berth::live {

// Objects are decoded on the client's thread, which also drops what nobody here looks at; the store
// and everything behind `changed` belong to the scheduler's. An object that cannot be read is
// passed over with a line in the log: one bad object must not stop a scheduler.
template <typename T>
class Informer final : public kube::WatchSink {
 public:
  using Changed = std::function<void(ObjectVersions<T>)>;

  // What is handed in outlives this. `synced` is called on the scheduler's thread after each whole
  // list.
  Informer(Inbox& inbox, ObjectStore<T>& store, api::PodSpecTable& specs, Changed changed,
           std::function<void()> synced)
      : inbox_(inbox),
        store_(store),
        reader_(kWatched<T>.api_version, kWatched<T>.kind, specs),
        changed_(std::move(changed)),
        synced_(std::move(synced)) {}

  void OnListBegin() override {
    inbox_.Post([this] { store_.BeginList(); });
  }

  void OnListPage(std::string_view body) override {
    api::ClusterObjects read;
    std::vector<base::Error> problems;
    if (auto listed = reader_.ReadList(api::PaddedText(body), read, problems); !listed) {
      problems.push_back(std::move(listed).error());
    }
    for (const base::Error& problem : problems) Report(problem);
    inbox_.Post([this, objects = Take(read)]() mutable {
      for (auto& object : objects) {
        auto change = store_.Set(std::move(object));
        if (IsNews(change)) changed_(std::move(change));
      }
    });
  }

  void OnListEnd(std::string_view) override {
    inbox_.Post([this] {
      for (auto& gone : store_.EndList()) changed_(std::move(gone));
      synced_();
    });
  }

  void OnEvent(kube::WatchEventType type, std::string_view object) override {
    api::ClusterObjects read;
    if (auto done = reader_.ReadObject(api::PaddedText(object), read); !done) {
      return Report(done.error());
    }
    auto objects = Take(read);
    if (objects.empty()) return;
    inbox_.Post([this, type, one = std::move(objects.front())]() mutable {
      if (type != kube::WatchEventType::kDeleted) return changed_(store_.Set(std::move(one)));
      auto gone = store_.Remove(KeyOf(one->meta));
      if (gone.before != nullptr) changed_(std::move(gone));
    });
  }

  void OnFailure(std::string_view text) override {
    base::log::Error(text, "Failed to watch", {{"type", kWatched<T>.kind}});
  }

 private:
  // A list that begins anew has much that is known already, and may have been decided upon.
  static bool IsNews(const ObjectVersions<T>& change) {
    if (change.before == nullptr) return true;
    const api::ObjectMeta& before = change.before->meta;
    const api::ObjectMeta& after = change.after->meta;
    return before.resource_version.empty() || before.resource_version != after.resource_version ||
           before.uid != after.uid;
  }

  static std::vector<std::shared_ptr<const T>> Take(api::ClusterObjects& read) {
    std::vector<std::shared_ptr<const T>> objects;
    TakeObjects<T>(
        read, [&](T object) { objects.push_back(std::make_shared<const T>(std::move(object))); });
    return objects;
  }

  void Report(const base::Error& problem) const {
    base::log::Error(problem.message(), "An object cannot be read and is passed over",
                     {{"type", kWatched<T>.kind}});
  }

  Inbox& inbox_;
  ObjectStore<T>& store_;
  api::KindReader reader_;
  Changed changed_;
  std::function<void()> synced_;
};

}  // namespace berth::live
