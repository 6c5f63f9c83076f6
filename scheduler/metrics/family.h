// The metrics of one name, told apart by the values of their labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/metrics/counter.h"
#include "scheduler/metrics/gauge.h"
#include "scheduler/metrics/histogram.h"

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace berth::metrics {

// What Kubernetes promises of a metric; it stands in front of the help text.
enum class Stability : std::uint8_t { kUnmarked, kInternal, kAlpha, kBeta, kStable };

struct Definition {
  std::string name;  // in full: "scheduler_pending_pods"
  std::string help;  // without the stability
  Stability stability = Stability::kAlpha;
  std::vector<std::string> labels = {};
  // One that is not enabled can be written to as any other, but nobody sees it: its feature is off.
  bool enabled = true;
};

// One a label, in the order of Definition::labels.
using LabelValues = std::vector<std::string>;

// For each label that is restricted the values that it may have.
using AllowedValues = std::map<std::string, std::set<std::string>>;

// What all families are to the registry.
class FamilyBase {
 public:
  FamilyBase(Definition definition, AllowedValues allowed);
  virtual ~FamilyBase() = default;
  FamilyBase(const FamilyBase&) = delete;
  FamilyBase& operator=(const FamilyBase&) = delete;

  const Definition& definition() const { return definition_; }

  // Everything but the series.
  void Describe(prometheus::MetricFamily& out) const;
  // Appends the series.
  virtual void Collect(prometheus::MetricFamily& out) const = 0;
  // Back to zero, where that makes sense: what counts, and not what says how things are.
  virtual void Reset() {}

 protected:
  // A value that is not allowed becomes "unexpected".
  void Restrict(LabelValues& values) const;

 private:
  virtual void DescribeType(prometheus::MetricFamily& out) const = 0;

  const Definition definition_;
  const AllowedValues allowed_;
};

// Thread-safe.
template <typename Metric>
class Family final : public FamilyBase {
 public:
  using Make = std::function<std::unique_ptr<Metric>()>;
  // More series than this share one, whose labels all say "overflow".
  static constexpr std::size_t kMostSeries = 10'000;

  Family(Definition definition, AllowedValues allowed, Make make);

  // The metric with these values, made if there is none; it stays where it is as long as the
  // registry. Takes a lock: on a hot path, ask once and keep the reference.
  Metric& With(LabelValues values);
  // Of a family without labels.
  Metric& Only() const { return *only_; }

  void Collect(prometheus::MetricFamily& out) const override;
  void Reset() override;

 private:
  void DescribeType(prometheus::MetricFamily& out) const override;

  const Make make_;
  mutable std::mutex mutex_;
  std::map<LabelValues, std::unique_ptr<Metric>> series_;
  Metric* only_ = nullptr;
};

using CounterFamily = Family<Counter>;
using GaugeFamily = Family<Gauge>;
using HistogramFamily = Family<Histogram>;

enum class ComputedKind : std::uint8_t { kCounter, kGauge };
// Called for each series of a family that is computed when somebody looks.
using Emit = std::function<void(LabelValues values, double value)>;
using Compute = std::function<void(const Emit& emit)>;

class ComputedFamily final : public FamilyBase {
 public:
  ComputedFamily(Definition definition, AllowedValues allowed, ComputedKind kind, Compute compute)
      : FamilyBase(std::move(definition), std::move(allowed)),
        kind_(kind),
        compute_(std::move(compute)) {}

  void Collect(prometheus::MetricFamily& out) const override;

 private:
  void DescribeType(prometheus::MetricFamily& out) const override;

  const ComputedKind kind_;
  const Compute compute_;
};

}  // namespace berth::metrics
