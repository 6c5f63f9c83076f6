// The plugins of one profile, ready to run: in which order, with which weights, and with what they
// have already computed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/config/profile.h"
#include "scheduler/framework/registry.h"
#include "scheduler/framework/state_cache.h"

namespace berth::framework {

// One plugin of the profile at one extension point.
struct ActivePlugin {
  const Plugin* plugin;
  std::size_t slot;         // which of the profile's plugins
  std::int64_t weight = 0;  // at Score
};

// The states that the plugins of a profile have for one pod class.
struct ClassPlan {
  std::vector<std::shared_ptr<CachedState>> states;  // by slot
  std::uint64_t object_version = 0;
};

// Not thread-safe: one scheduling cycle at a time.
class ProfileRuntime {
 public:
  // Fails where the profile names a plugin that the registry does not have, or a plugin refuses
  // its arguments.
  static base::Result<std::unique_ptr<ProfileRuntime>> Make(const config::Profile& profile,
                                                            const Registry& registry,
                                                            ColumnCaching caching);

  const config::Profile& profile() const { return profile_; }
  ColumnCaching caching() const { return caching_; }
  const std::vector<ActivePlugin>& At(config::ExtensionPoint point) const {
    return active_[static_cast<std::size_t>(point)];
  }

  // The plan of the context's pod class, made on first sight and made anew when Services,
  // controllers or namespaces have changed. Valid until the next call.
  ClassPlan& PlanFor(const PodContext& context);

 private:
  ProfileRuntime(config::Profile profile, ColumnCaching caching)
      : profile_(std::move(profile)), caching_(caching) {}

  config::Profile profile_;
  ColumnCaching caching_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::vector<StateCache> caches_;  // by slot
  std::array<std::vector<ActivePlugin>, config::kExtensionPointCount> active_;
  std::vector<ClassPlan> plans_;  // by PodClassId
};

}  // namespace berth::framework
