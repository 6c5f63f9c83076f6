#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cel/device_selector.h"
#include "scheduler/cluster/devices.h"

namespace berth::plugins::dra {

// Which devices one request selects: all selectors of its class and its own, each evaluated once
// for devices of equal content, whatever the request. Not thread-safe.
class SelectorMatcher {
 public:
  // What the errors of the selectors of the request begin with is the claim's, and is put before
  // them by the caller: see Error.
  SelectorMatcher(const api::DeviceClass& device_class, const api::DeviceRequest& request,
                  cluster::Devices& devices);

  struct Failure {
    bool of_class = false;  // else of the claim
    std::string text;       // "selector #0: CEL runtime error: no such key: model"
  };

  // True, false or a failure, which failure() then tells.
  enum class Verdict : std::uint8_t { kNo, kYes, kFailed };
  Verdict Match(const std::string& driver, const cluster::SliceDevice& device);
  const Failure& failure() const { return failure_; }

 private:
  struct Selector {
    std::string expression;
    bool of_class;
    std::size_t index;
    std::shared_ptr<std::vector<cluster::SelectorAnswer>> answers;  // by content
    std::optional<base::Result<cel::DeviceSelector>> compiled;      // when first evaluated
  };

  Verdict Evaluate(const std::string& driver, const cluster::SliceDevice& device);
  Verdict Evaluate(Selector& selector, const cel::Value& device);
  Verdict Fail(const Selector& selector, const std::string& what);

  std::vector<Selector> selectors_;
  Failure failure_;
};

}  // namespace berth::plugins::dra
