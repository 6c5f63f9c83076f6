// `berth schedule`: everything that a scheduler of a real cluster consists of, put together.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"

namespace berth::live {

struct ServiceOptions {
  config::Configuration config;
  std::string master;  // --master; may be empty
  std::chrono::nanoseconds max_in_unschedulable{std::chrono::minutes(5)};
  // Of SIGTERM: for bindings that are under way.
  std::chrono::nanoseconds stop_within{std::chrono::seconds(8)};
};

// How a service ended.
enum class ServiceEnd : std::uint8_t { kStopped, kLostLease };

class Service {
 public:
  // Fails where the configuration, the kubeconfig or a profile cannot be used. The clock outlives
  // the service.
  static base::Result<std::unique_ptr<Service>> Make(ServiceOptions options,
                                                     const framework::Registry& registry,
                                                     const base::Clock& clock);
  ~Service();

  // Schedules, on the calling thread, until `stop` is set; then finishes the bindings that are
  // under way. Once.
  ServiceEnd Run(const std::atomic<bool>& stop);

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace berth::live
