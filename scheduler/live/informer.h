// From the texts of one kind of object to changes on the scheduler's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "scheduler/api/kind_reader.h"
#include "scheduler/base/log.h"
#include "scheduler/extender/object_texts.h"
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
  // list. `texts` may be null; for pods and nodes it gets their JSON, on the scheduler's thread.
  Informer(Inbox& inbox, ObjectStore<T>& store, api::PodSpecTable& specs, Changed changed,
           std::function<void()> synced, extender::ObjectTexts* texts = nullptr)
      : inbox_(inbox),
        store_(store),
        reader_(kWatched<T>.api_version, kWatched<T>.kind, specs),
        changed_(std::move(changed)),
        synced_(std::move(synced)),
        texts_(kHasTexts ? texts : nullptr) {}

  void OnListBegin() override {
    inbox_.Post([this] { store_.BeginList(); });
  }

  void OnListPage(std::string_view body) override {
    api::ClusterObjects read;
    std::vector<base::Error> problems;
    std::vector<std::string> texts;
    auto* wanted = texts_ == nullptr ? nullptr : &texts;
    if (auto listed = reader_.ReadList(api::PaddedText(body), read, problems, wanted); !listed) {
      problems.push_back(std::move(listed).error());
    }
    for (const base::Error& problem : problems) Report(problem);
    inbox_.Post([this, objects = Take(read), texts = std::move(texts)]() mutable {
      for (std::size_t i = 0; i < objects.size(); ++i) {
        if (!texts.empty()) KeepText(*objects[i], std::move(texts[i]));
        auto change = store_.Set(std::move(objects[i]));
        if (IsNews(change)) changed_(std::move(change));
      }
    });
  }

  void OnListEnd(std::string_view) override {
    inbox_.Post([this] {
      for (auto& gone : store_.EndList()) {
        DropText(*gone.before);
        changed_(std::move(gone));
      }
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
    std::string text(texts_ == nullptr ? "" : object);
    inbox_.Post([this, type, one = std::move(objects.front()), text = std::move(text)]() mutable {
      if (type != kube::WatchEventType::kDeleted) {
        KeepText(*one, std::move(text));
        return changed_(store_.Set(std::move(one)));
      }
      DropText(*one);
      auto gone = store_.Remove(KeyOf(one->meta));
      if (gone.before != nullptr) changed_(std::move(gone));
    });
  }

  void OnFailure(std::string_view text) override {
    base::log::Error(text, "Failed to watch", {{"type", kWatched<T>.kind}});
  }

 private:
  static constexpr bool kHasTexts = std::is_same_v<T, api::Pod> || std::is_same_v<T, api::Node>;

  void KeepText([[maybe_unused]] const T& object, [[maybe_unused]] std::string text) {
    if constexpr (kHasTexts) {
      if (texts_ != nullptr) texts_->Set(object, std::move(text));
    }
  }
  void DropText([[maybe_unused]] const T& object) {
    if constexpr (kHasTexts) {
      if (texts_ != nullptr) texts_->Remove(object);
    }
  }

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
  extender::ObjectTexts* texts_;
};

}  // namespace berth::live
