#include "plugins/volumebinding/volume_pre_binding.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace berth::plugins {

using framework::Code;
using framework::PreBindStep;
using framework::Status;

namespace {

PreBindStep Fail(std::string error) { return Status{Code::kError, {std::move(error)}}; }

// Versions are opaque by the letter; in practice they are etcd's counter, which Kubernetes itself
// compares as numbers too (since 1.35 officially).
std::uint64_t VersionNumber(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

VolumePreBinding::VolumePreBinding(BindingPlan plan, framework::NodeIndex node,
                                   std::string node_name, std::chrono::nanoseconds timeout)
    : plan_(std::move(plan)), node_(node), node_name_(std::move(node_name)), left_(timeout) {}

PreBindStep VolumePreBinding::Next(const framework::PodContext& context,
                                   const framework::ApiAnswer* answer) {
  if (!started_) {
    started_ = true;
    writes_ = WritesOf(context.cluster.storage, plan_);
  }
  if (answer != nullptr) {
    if (!answer->ok()) return Fail(answer->error);
    RememberVersion(writes_[next_ - 1].path, answer->body);
  }
  if (next_ < writes_.size()) return writes_[next_++];
  if (answer != nullptr) return framework::PreBindWait{kCheckInterval};
  return Check(context);
}

PreBindStep VolumePreBinding::Check(const framework::PodContext& context) {
  // The node may have gone meanwhile, and its row may be another node's.
  if (context.nodes().Find(node_name_) != node_) {
    return Fail("node \"" + node_name_ + "\" not found");
  }
  if (HasSeenWrites(context.cluster.storage)) {
    BindingCheck check = CheckBinding(context, plan_, node_);
    if (check.progress == BindingProgress::kBound) return Status{};
    if (check.progress == BindingProgress::kFailed) return Fail(std::move(check.error));
  }
  if (left_ <= std::chrono::nanoseconds::zero()) return Fail(std::string(kTimeoutText));
  left_ -= kCheckInterval;
  return framework::PreBindWait{kCheckInterval};
}

void VolumePreBinding::RememberVersion(const std::string& path, const std::string& object) {
  const auto json = nlohmann::json::parse(object, nullptr, false);
  if (!json.is_object() || !json.contains("metadata") || !json["metadata"].is_object()) return;
  const auto version = json["metadata"].find("resourceVersion");
  if (version == json["metadata"].end() || !version->is_string()) return;
  versions_[path] = VersionNumber(version->get_ref<const std::string&>());
}

bool VolumePreBinding::HasSeenWrites(const cluster::Storage& storage) const {
  const auto seen = [&](const auto* object, const std::string& path) {
    const auto written = versions_.find(path);
    // One that is gone has been seen: the check says so.
    return object == nullptr || written == versions_.end() ||
           VersionNumber(object->meta.resource_version) >= written->second;
  };
  // WritesOf has the volumes first, then the claims.
  std::size_t i = 0;
  for (const cluster::VolumeId id : plan_.volumes) {
    if (!seen(storage.volume(id).object.get(), writes_[i++].path)) return false;
  }
  for (const cluster::ClaimId id : plan_.claims) {
    if (!seen(storage.claim(id).object.get(), writes_[i++].path)) return false;
  }
  return true;
}

}  // namespace berth::plugins
