// A device of dynamic resource allocation and how pods ask for one, as YAML.
#pragma once

#include <string>

namespace berth::simulate {

// The class "gpu", one device of it on the node, and the template "t" of claims for one.
inline std::string OneDeviceOn(const std::string& node) {
  return R"(
---
kind: DeviceClass
apiVersion: resource.k8s.io/v1
metadata: {name: gpu}
spec: {}
---
kind: ResourceSlice
apiVersion: resource.k8s.io/v1
metadata: {name: s}
spec:
  driver: d
  nodeName: )" +
         node + R"(
  pool: {name: )" +
         node + R"(, generation: 1, resourceSliceCount: 1}
  devices: [{name: one}]
---
kind: ResourceClaimTemplate
apiVersion: resource.k8s.io/v1
metadata: {name: t}
spec: {spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu}}]}}}
)";
}

}  // namespace berth::simulate
