#include "scheduler/cycle/permit.h"

#include <algorithm>
#include <string>
#include <utility>

namespace berth::cycle {

using framework::Code;
using framework::PermitResult;

namespace {

constexpr std::chrono::minutes kMaxTimeout{15};
constexpr const char* kWaiting = "one or more plugins asked to wait and no plugin rejected pod";

// Takes over that one more plugin waits.
void AddWait(PermitResult one, PermitResult& all) {
  const auto timeout = std::min<std::chrono::nanoseconds>(one.timeout, kMaxTimeout);
  all.timeout = all.status.ok() ? timeout : std::min(all.timeout, timeout);
  all.status = std::move(one.status);
}

}  // namespace

PermitResult Permit(cluster::Cluster& cluster, const framework::ProfileRuntime& profile,
                    const cluster::PodClass& pod_class, const api::Pod& pod,
                    framework::NodeIndex node) {
  const framework::PodContext context{cluster, pod_class};
  PermitResult all;
  for (const auto& active : profile.At(config::ExtensionPoint::kPermit)) {
    PermitResult one = active.plugin->Permit(context, pod, node);
    if (one.status.ok()) continue;
    if (one.status.code == Code::kWait) {
      AddWait(std::move(one), all);
      continue;
    }
    if (framework::IsRejected(one.status.code)) return one;
    const std::string name(active.plugin->Name());
    return {{Code::kError, {"running Permit plugin \"" + name + "\": " + one.status.Message()}}};
  }
  if (!all.status.ok()) all.status.reasons.emplace_back(kWaiting);
  return all;
}

}  // namespace berth::cycle
