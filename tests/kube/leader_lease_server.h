// An API server that has one Lease, or none.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "scheduler/kube/client.h"
#include "tests/kube/event_fake_client.h"

namespace berth::kube {

class LeaseServer {
 public:
  static constexpr const char* kLeases =
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
  static constexpr const char* kPath =
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler";

  Response Handle(const Request& request) {
    ++requests;
    EXPECT_EQ(request.path, request.method == Method::kPost ? kLeases : kPath);
    if (request.method == Method::kGet) return lease ? Ok() : NotFound();
    auto sent = nlohmann::json::parse(request.body);
    if (request.method == Method::kPost) {
      if (lease) return StatusResponse(409, "AlreadyExists", "it exists");
      return Store(std::move(sent));
    }
    if (!lease) return NotFound();
    if (sent["metadata"]["resourceVersion"] != (*lease)["metadata"]["resourceVersion"]) {
      return StatusResponse(409, "Conflict", "the object has been modified");
    }
    return Store(std::move(sent));
  }

  // As if somebody else had written it.
  Response Store(nlohmann::json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    lease = std::move(object);
    return Ok();
  }

  // Held by another, whose clock says whatever `renewed` says.
  void HoldBy(const std::string& holder,
              const std::string& renewed = "2001-01-01T00:00:00.000000Z") {
    nlohmann::json object = lease.value_or(nlohmann::json::object());
    object["spec"]["holderIdentity"] = holder;
    object["spec"]["leaseDurationSeconds"] = 15;
    object["spec"]["acquireTime"] = "2001-01-01T00:00:00.000000Z";
    object["spec"]["renewTime"] = renewed;
    object["spec"]["leaseTransitions"] = 3;
    Store(object);
  }

  nlohmann::json spec() const { return lease ? (*lease)["spec"] : nlohmann::json(); }
  std::string holder() const { return lease ? spec()["holderIdentity"].get<std::string>() : ""; }

  std::optional<nlohmann::json> lease;
  int requests = 0;

 private:
  Response Ok() const { return {.status = 200, .body = lease->dump()}; }
  static Response NotFound() { return StatusResponse(404, "NotFound", "not found"); }

  int version_ = 100;
};

}  // namespace berth::kube
