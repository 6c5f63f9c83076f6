// Parts of objects as kubectl and manifests write them, for messages. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/api/objects.h"

namespace berth::api {

// "NoSchedule", "PreferNoSchedule", "NoExecute"; empty for every effect.
std::string_view NameOf(TaintEffect effect);

// "dedicated=gpu:NoSchedule", "spot:NoExecute".
std::string TextOf(const Taint& taint);

// "disk in (ssd,nvme)", "disk", "!disk", "size > 4".
std::string TextOf(const Requirement& requirement);

// "app=web,tier notin (cache)"; "everything" and, for an absent one, "nothing".
std::string TextOf(const std::optional<LabelSelector>& selector);

// An amount as scheduling counts it (milli-units of cpu, units of all else) as a quantity: "1500m",
// "3Gi", "2".
std::string AmountText(std::string_view resource, std::int64_t amount);

}  // namespace berth::api
