// `berth schedule`: everything that a scheduler of a real cluster consists of, put together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"
#include "scheduler/live/serving.h"
#include "scheduler/metrics/registry.h"

namespace berth::live {

struct ServiceOptions {
  config::Configuration config;
  std::string master;  // --master; may be empty
  std::chrono::nanoseconds max_in_unschedulable{std::chrono::minutes(5)};
  ServingOptions serving = {};
  metrics::RegistryOptions metrics = {};
  // After SIGTERM: for bindings that are under way, the lease and what is just being answered.
  std::chrono::nanoseconds stop_within{std::chrono::seconds(8)};
};

// How a service ended.
enum class ServiceEnd : std::uint8_t { kStopped, kLostLease };

// What a service is asked from outside, by flags that are looked at often.
struct ServiceSignals {
  std::atomic<bool> stop = false;
  mutable std::atomic<bool> compare_cache = false;  // taken back once it has been done
};

// Threads: the one that calls Run is the scheduler's, on which all that it knows is changed; each
// client has one (watches are decoded there), and so have events, the election and the server.
class Service {
 public:
  // Fails where the configuration, the kubeconfig or a profile cannot be used, or the port is
  // taken. The clock outlives the service.
  static base::Result<std::unique_ptr<Service>> Make(ServiceOptions options,
                                                     const framework::Registry& registry,
                                                     const base::Clock& clock);
  ~Service();

  // Watches at once; schedules, on the calling thread, as soon as all is known and while it leads,
  // until it is asked to stop or has lost the lease. Then finishes the bindings that are under way,
  // unless the lease is lost, and gives the lease back. Once.
  ServiceEnd Run(const ServiceSignals& signals);

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace berth::live
