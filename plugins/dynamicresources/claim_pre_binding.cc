#include "plugins/dynamicresources/claim_pre_binding.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "plugins/dynamicresources/binding_conditions.h"
#include "plugins/dynamicresources/pod_claims.h"

namespace berth::plugins {

using dra::Binding;
using framework::ApiAnswer;
using framework::ApiWrite;
using framework::Code;
using framework::PodContext;
using framework::PreBindStep;
using framework::Status;

namespace {

PreBindStep Fail(std::string error) { return Status{Code::kError, {std::move(error)}}; }

api::ClaimConsumer ConsumerOf(const api::Pod& pod) {
  return {"", "pods", pod.meta.name, pod.meta.uid};
}

bool HasConditions(const api::ResourceClaim& claim) {
  return claim.allocation && std::ranges::any_of(claim.allocation->devices, [](const auto& device) {
           return !device.binding_conditions.empty();
         });
}

}  // namespace

ClaimPreBinding::ClaimPreBinding(const api::Pod& pod, std::string node_name,
                                 std::optional<dra::ExtendedClaim> extended,
                                 std::chrono::nanoseconds timeout)
    : pod_(pod),
      node_name_(std::move(node_name)),
      extended_(std::move(extended)),
      left_(timeout),
      stage_(extended_ ? Stage::kCreate : Stage::kWrite) {}

std::vector<const cluster::Claim*> ClaimPreBinding::Claims(const PodContext& context) const {
  const cluster::Devices& devices = context.cluster.devices;
  const std::string& namespace_name = pod_.meta.namespace_name;
  const cluster::Claimant claimant{pod_.meta.name, pod_.meta.uid, pod_.status.resource_claims, ""};
  auto claims = dra::ClaimsOf(devices, namespace_name, *pod_.spec, claimant);
  if (!claims) return {};
  if (!extended_name_.empty()) {
    const cluster::Claim* made = devices.FindClaim(namespace_name, extended_name_);
    if (made != nullptr) claims->push_back(made);
  }
  return *std::move(claims);
}

PreBindStep ClaimPreBinding::Next(const PodContext& context, const ApiAnswer* answer) {
  if (answer != nullptr && !answer->ok()) return Fail(answer->error);
  switch (stage_) {
    case Stage::kCreate: {
      if (answer == nullptr) {
        const cluster::Claim* assumed = context.cluster.devices.FindClaim(
            pod_.meta.namespace_name, cluster::ExtendedClaimName(pod_.meta.name));
        if (assumed == nullptr) return Fail("the claim for extended resources is gone");
        return dra::CreateClaim(assumed->object, pod_);
      }
      if (auto adopted = AdoptCreated(context, answer->body); !adopted) {
        return Fail(adopted.error().message());
      }
      return StartWrites(context);
    }
    case Stage::kWrite:
      if (answer == nullptr) return StartWrites(context);
      if (next_ < writes_.size()) return writes_[next_++];
      stage_ = Stage::kReadiness;
      return CheckReadiness(context);
    case Stage::kReadiness:
      return CheckReadiness(context);
  }
  return Status{};
}

base::Result<void> ClaimPreBinding::AdoptCreated(const PodContext& context,
                                                 const std::string& created) {
  cluster::Devices& devices = context.cluster.devices;
  const std::string& namespace_name = pod_.meta.namespace_name;
  const std::string assumed_name = cluster::ExtendedClaimName(pod_.meta.name);
  const cluster::Claim* assumed = devices.FindClaim(namespace_name, assumed_name);
  const auto json = nlohmann::json::parse(created, nullptr, false);
  const auto text = [&](const char* field) -> std::string {
    if (!json.is_object() || !json.contains("metadata")) return "";
    const auto& meta = json["metadata"];
    return meta.is_object() && meta.contains(field) && meta[field].is_string()
               ? meta[field].get<std::string>()
               : "";
  };
  if (assumed == nullptr || text("name").empty()) {
    return base::Fail("the claim for extended resources was made without a name");
  }
  api::ResourceClaim claim = assumed->object;
  auto allocation = std::exchange(claim.allocation, std::nullopt);
  claim.reserved_for.clear();
  claim.meta.name = extended_name_ = text("name");
  claim.meta.uid = text("uid");
  claim.meta.resource_version = text("resourceVersion");
  devices.RemoveClaim(namespace_name, assumed_name);
  devices.SetClaim(std::move(claim));
  if (allocation) devices.Assume(namespace_name, extended_name_, *std::move(allocation));
  devices.AddConsumer(namespace_name, extended_name_, ConsumerOf(pod_));
  return {};
}

PreBindStep ClaimPreBinding::StartWrites(const PodContext& context) {
  stage_ = Stage::kWrite;
  const api::Time now = context.cluster.devices.now().value_or(0);
  for (const cluster::Claim* claim : Claims(context)) {
    if (claim->pending) writes_.push_back(dra::AddFinalizer(claim->object));
    writes_.push_back(dra::WriteStatus(claim->object, claim->pending, ConsumerOf(pod_), now));
  }
  if (!extended_name_.empty()) {
    writes_.push_back(
        {framework::WriteKind::kStrategicPatch,
         "/api/v1/namespaces/" + pod_.meta.namespace_name + "/pods/" + pod_.meta.name + "/status",
         dra::ExtendedStatusPatch(extended_name_, extended_->mappings)});
  }
  if (writes_.empty()) return Status{};
  return writes_[next_++];
}

PreBindStep ClaimPreBinding::CheckReadiness(const PodContext& context) {
  std::vector<const api::ResourceClaim*> claims;
  for (const cluster::Claim* claim : Claims(context)) claims.push_back(&claim->object);
  const bool has_conditions =
      std::ranges::any_of(claims, [](const auto* claim) { return HasConditions(*claim); });
  if (!has_conditions) return Status{};
  if (!announced_) {
    announced_ = true;
    return framework::PreBindEvent{
        "BindingConditionsPending",
        "waiting for binding conditions for device on node " + node_name_};
  }
  switch (dra::BindingOf(claims, context.cluster.devices.now(), left_)) {
    case Binding::kReady:
      return Status{};
    case Binding::kFailed:
      return Fail("claim binding conditions failed");
    case Binding::kTimedOut:
      return Fail("claim binding timeout");
    case Binding::kPending:
      break;
  }
  if (left_ <= std::chrono::nanoseconds::zero()) return Fail("claim binding timeout");
  left_ -= dra::kBindingCheckInterval;
  return framework::PreBindWait{dra::kBindingCheckInterval};
}

std::vector<ApiWrite> ClaimPreBinding::Undo(const PodContext& context) {
  std::vector<ApiWrite> writes;
  if (next_ == 0) return writes;
  for (const cluster::Claim* claim : Claims(context)) {
    if (claim->object.meta.name == extended_name_) {
      writes.push_back(dra::DeleteClaim(claim->object));
    } else {
      writes.push_back(dra::RemoveConsumer(claim->object, pod_.meta.uid));
    }
  }
  return writes;
}

}  // namespace berth::plugins
