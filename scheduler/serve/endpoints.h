// What a component of Kubernetes tells of itself over HTTP, entered into a router.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "scheduler/base/clock.h"
#include "scheduler/metrics/registry.h"
#include "scheduler/serve/health.h"
#include "scheduler/serve/router.h"

namespace berth::serve {

// GET: the metrics, as OpenMetrics for those who ask for that. DELETE sets them back. The registry
// must outlive the router.
void AddMetrics(Router& router, const std::string& path, metrics::Registry& registry);

// /NAME and /NAME/CHECK.
void AddHealth(Router& router, std::shared_ptr<const HealthEndpoint> endpoint);

// GET /configz. The function gives the configuration as JSON, {"componentconfig": ...}.
void AddConfigz(Router& router, std::function<std::string()> json);

// PUT /debug/flags/v: how much is logged, as a number in the body.
void AddVerbosity(Router& router, std::function<void(int)> set);

// GET /flagz: names and values of all flags. Text, or JSON if Accept asks for
// application/json;as=Flagz;g=config.k8s.io;v=v1beta1 (or v1alpha1).
void AddFlagz(Router& router, const std::string& component,
              std::map<std::string, std::string> flags);

struct StatuszInfo {
  std::string component;
  std::string binary_version = {};     // "1.36.0"
  std::string emulation_version = {};  // "1.36"; may be empty
  std::int64_t start_wall_nanoseconds = 0;
};
// GET /statusz: since when this runs and what it is; in the formats of /flagz. To be added last: it
// names the paths that there are.
void AddStatusz(Router& router, const base::Clock& clock, StatuszInfo info);

}  // namespace berth::serve
