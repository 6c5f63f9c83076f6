#include "scheduler/simulate/unsupported.h"

namespace berth::simulate {

std::string UnsupportedFeature(const api::PodSpec& spec) {
  if (!spec.resource_claims.empty()) {
    return "spec.resourceClaims: claim \"" + spec.resource_claims.front().name +
           "\" needs DynamicResources, which is not supported yet";
  }
  return "";
}

}  // namespace berth::simulate
